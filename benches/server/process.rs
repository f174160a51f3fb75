//! The server's program as a process of its own, so that its memory is its own.

use crate::database::number;
use firstout::server::storage::Place;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub struct Process {
    child: Child,
    pub addr: SocketAddr,
}

fn program(place: &Place, data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firstout-server"));
    let database = match place {
        Place::Sqlite(file) => format!("sqlite:{}", file.display()),
        Place::Postgres(url) => url.clone(),
    };
    command.arg("--data").arg(data).env("FIRSTOUT_DATABASE", database).env("FIRSTOUT_LOG", "error");
    command
}

impl Process {
    pub fn start(place: &Place, data: &Path) -> Self {
        let arguments = ["serve", "--insecure-http", "--listen", "127.0.0.1:0", "--until-stdin-ends"];
        let mut command = program(place, data);
        let command =
            command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the server's program");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its words")).read_line(&mut line).expect("a line");
        let addr = line.trim().strip_prefix("listening on http://").expect("an address").parse();
        Self { child, addr: addr.expect("an address") }
    }

    /// The most memory that it ever had.
    pub fn resident_mib_most(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("/proc");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
        line.trim().trim_end_matches("kB").trim().parse::<f64>().expect("a number") / 1_024.0
    }

    /// The processor time that it has used; the same on a busy machine.
    pub fn cpu(&self) -> Duration {
        cpu(&self.child.id().to_string())
    }

    /// Bytes that it has handed to the system to be written, to files and sockets.
    pub fn written_mib(&self) -> f64 {
        let io = std::fs::read_to_string(format!("/proc/{}/io", self.child.id())).expect("/proc");
        let line = io.lines().find_map(|line| line.strip_prefix("wchar:")).expect("wchar");
        line.trim().parse::<f64>().expect("a number") / 1_048_576.0
    }

    pub fn stop(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().expect("it ends").success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processor time of a process, or of this one where it is `self`.
pub fn cpu(process: &str) -> Duration {
    /// Of the kernel's interface (`USER_HZ`), on every machine.
    const TICKS_PER_S: u64 = 100;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("/proc");
    // The name may hold anything; behind it, user and system time are the 12th and 13th.
    let (_, rest) = stat.rsplit_once(')').expect("a name");
    let ticks: u64 =
        rest.split_whitespace().skip(11).take(2).map(|text| text.parse::<u64>().expect("ticks")).sum();
    Duration::from_millis(ticks * 1_000 / TICKS_PER_S)
}

/// Nothing is lost or doubled: so many events, each once, in a dense stream; chains are whole, projections are the fold.
pub fn verify(place: &Place, data: &Path, events: usize) {
    for sql in [
        "SELECT count(*) FROM event",
        "SELECT count(DISTINCT event_id) FROM event",
        "SELECT max(stream_seq) FROM event",
    ] {
        assert_eq!(usize::try_from(number(place, sql)), Ok(events), "{sql}");
    }
    let open = "SELECT count(*) FROM discrepancy";
    assert_eq!(number(place, open), 0, "{open}: a day like others");
    let said = program(place, data).arg("verify").output().expect("the server's program");
    let text = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success(), "{text}");
    eprintln!("  {}", text.trim().replace('\n', "; "));
}
