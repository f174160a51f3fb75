//! What comes before HTTP on a secure port: the handshake, and a word for those who forget the `s` of `https`.

use super::tls::Tls;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The first byte of every TLS connection: a handshake record.
const HANDSHAKE: u8 = 0x16;
/// What is read of a plain request, so that closing does not cut off the answer.
const PLAIN_BYTES_MAX: u64 = 64 * 1024;
const PLAIN_TIME_MAX: Duration = Duration::from_secs(2);
const PLAIN_BODY: &str =
    "{\"code\":\"https_only\",\"message\":\"this port speaks https; begin the address with https://\"}";

/// A secure connection, where one comes about in time.
pub(super) async fn handshake(stream: TcpStream, tls: &Tls, wait: Duration) -> Option<TlsStream<TcpStream>> {
    match tokio::time::timeout(wait, secure(stream, tls)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::debug!(%error, "no secure connection");
            None
        }
        Err(_) => None,
    }
}

async fn secure(mut stream: TcpStream, tls: &Tls) -> std::io::Result<Option<TlsStream<TcpStream>>> {
    let mut first = [0];
    if stream.peek(&mut first).await? > 0 && first != [HANDSHAKE] {
        let length = PLAIN_BODY.len();
        let head = format!(
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(PLAIN_BODY.as_bytes()).await?;
        stream.shutdown().await?;
        let mut rest = stream.take(PLAIN_BYTES_MAX);
        let mut nowhere = tokio::io::sink();
        let drained = tokio::io::copy(&mut rest, &mut nowhere);
        let _ = tokio::time::timeout(PLAIN_TIME_MAX, drained).await;
        return Ok(None);
    }
    TlsAcceptor::from(Arc::clone(&tls.config)).accept(stream).await.map(Some)
}
