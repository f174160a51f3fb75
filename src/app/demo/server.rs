//! The sibling program `firstout-server` as a child of the demo: seeded, enrolled at, started, stopped.

use anyhow::{Context as _, bail, ensure};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

const SERVER: &str = "firstout-server";
/// What the server says before its address.
const READY: &str = "listening on https://";

/// Where the server's program and its data are.
#[derive(Debug, Clone)]
pub struct Site {
    program: PathBuf,
    data: PathBuf,
}

impl Site {
    /// The program beside this one, its data in `folder`.
    ///
    /// # Errors
    /// Where it was not built.
    pub fn beside(folder: &Path) -> anyhow::Result<Self> {
        let here = std::env::current_exe()?;
        let program = here.with_file_name(format!("{SERVER}{}", std::env::consts::EXE_SUFFIX));
        ensure!(program.exists(), "{} is missing; build it with: cargo build --bins", program.display());
        Ok(Self { program, data: folder.join("server") })
    }

    /// Fills the data folder with the demo warehouse.
    ///
    /// # Errors
    /// What the server says.
    pub fn seed(&self, seed: u64, today: &str) -> anyhow::Result<String> {
        self.run(&["seed-demo", "--seed", &seed.to_string(), "--today", today])
    }

    /// A one-time invitation for a handheld of that name.
    ///
    /// # Errors
    /// What the server says.
    pub fn invitation(&self, name: &str, url: &str) -> anyhow::Result<String> {
        self.run(&["enrol", "--plain", "--name", name, "--url", url])
    }

    /// Serves on `wanted`, or on any free port where that is taken.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn serve(&self, wanted: Option<SocketAddr>) -> anyhow::Result<Serving> {
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        match wanted {
            Some(address) => self.serve_on(address).or_else(|_| self.serve_on(free)),
            None => self.serve_on(free),
        }
    }

    fn serve_on(&self, address: SocketAddr) -> anyhow::Result<Serving> {
        let mut child = Command::new(&self.program)
            .arg("--data")
            .arg(&self.data)
            .args(["serve", "--until-stdin-ends", "--listen", &address.to_string()])
            .env("FIRSTOUT_LOG", std::env::var("FIRSTOUT_LOG").unwrap_or_else(|_| "warn".to_owned()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let mut serving = Serving { child, address };
        match line.trim().strip_prefix(READY).and_then(|text| text.parse().ok()) {
            Some(bound) => {
                serving.address = bound;
                Ok(serving)
            }
            None => bail!("{SERVER} did not start on {address}"),
        }
    }

    fn run(&self, args: &[&str]) -> anyhow::Result<String> {
        let Output { status, stdout, stderr } =
            Command::new(&self.program).arg("--data").arg(&self.data).args(args).output()?;
        let said = String::from_utf8_lossy(&stdout).trim().to_owned();
        ensure!(status.success(), "{SERVER} {}: {}", args.join(" "), String::from_utf8_lossy(&stderr).trim());
        Ok(said)
    }
}

/// The running server; it is stopped with this value, and also when this program dies, for it holds the other end of its
/// input.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    address: SocketAddr,
}

impl Serving {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address for handhelds and browsers.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }
}

impl Drop for Serving {
    /// As a power cut would: what it acknowledged is on its disk.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
