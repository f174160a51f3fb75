//! The address: does a server answer there, and if not, could one.

use super::{Finding, Level};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const CODE: &str = "port";
const WAIT_MAX: Duration = Duration::from_secs(5);
/// What is read of an answer.
const ANSWER_BYTES_MAX: u64 = 4_096;
const WHY: &str = "Handhelds and browsers reach the server there, and nowhere else.";

pub(super) async fn port(listen: SocketAddr) -> Finding {
    let to = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::from((Ipv4Addr::LOCALHOST, listen.port())),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::from((Ipv6Addr::LOCALHOST, listen.port())),
        _ => listen,
    };
    match tokio::time::timeout(WAIT_MAX, asked(to)).await {
        Ok(Ok(true)) => Finding::fine(CODE, format!("a Firstout server answers at {to}")),
        Ok(Ok(false)) => Finding::new(
            CODE,
            Level::Problem,
            format!("something else answers at {to}"),
            WHY,
            "Find it with `ss -ltnp`, stop it, or give the server another port with --listen.",
        ),
        Err(_) => Finding::new(
            CODE,
            Level::Problem,
            format!("what listens at {to} does not answer within {} s", WAIT_MAX.as_secs()),
            WHY,
            "If it is the server, look at its log and restart it; otherwise find the other program with `ss -ltnp`.",
        ),
        Ok(Err(_)) => unheard(listen).await,
    }
}

/// True where it is a server like this one: on its secure port it says in plain words what to do.
async fn asked(to: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(to).await?;
    let mut answer = Vec::new();
    // Whoever closes without a word is another program, not nobody.
    let spoken = async {
        stream.write_all(b"GET /healthz HTTP/1.0\r\nhost: doctor\r\n\r\n").await?;
        (&mut stream).take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await
    };
    let _ = spoken.await;
    let answer = String::from_utf8_lossy(&answer);
    let plain = answer.contains("x-request-id") && answer.ends_with("\r\n\r\nok\n");
    Ok(plain || answer.contains("\"code\":\"https_only\""))
}

/// Nobody is there: could the server be?
async fn unheard(listen: SocketAddr) -> Finding {
    match TcpListener::bind(listen).await {
        Ok(_) => Finding::new(
            CODE,
            Level::Note,
            format!("nobody listens on {listen}; the address is free"),
            WHY,
            "Start the server: systemctl start firstout-server, or firstout-server serve. If it listens elsewhere, say so with --listen.",
        ),
        Err(error) => Finding::new(
            CODE,
            Level::Problem,
            format!("nobody can listen on {listen}: {error}"),
            WHY,
            "Use an address of this machine (0.0.0.0 for all of them) and a port above 1023.",
        ),
    }
}
