//! Real TLS handshakes between the handheld's client and the server: whom it trusts, what it says otherwise, and that
//! nothing is lost by it.

use crate::server_database::Db;
use crate::server_support::{MORNING, SITE, TestServer, folder, new_key, raw, receipt};
use firstout::domain::{EventId, Timestamp, UserId};
use firstout::server::tls::Tls;
use firstout::store::{Draft, Identity, Store};
use firstout::sync::driver::sync_once;
use firstout::sync::engine::{Activity, Failure, Problem, TlsFault};
use firstout::sync::http::{Clock, Enrolled, HttpTransport, Signer, enrol};
use firstout::sync::wire::{Hash, Invitation};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

fn server_with(name: &str, tls: impl FnOnce(&Path) -> Tls) -> (TestServer, Hash) {
    let data = folder(name);
    std::fs::create_dir_all(&data).unwrap();
    let tls = tls(&data);
    let fingerprint = tls.fingerprint;
    (TestServer::start_with(Db::Sqlite, data, |config| config.tls = Some(tls)), fingerprint)
}

/// With an authority of its own.
fn server(name: &str) -> (TestServer, Hash) {
    server_with(name, |data| Tls::own(data, &names(&["127.0.0.1", "localhost"])).unwrap())
}

/// With a certificate from elsewhere for these names, valid in 2026 only.
fn server_of_2026(name: &str, hosts: &[&str]) -> (TestServer, Hash) {
    let year = |mut params: CertificateParams| {
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2027, 1, 1);
        params
    };
    server_with(name, |data| {
        let (ca_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut ca = year(CertificateParams::default());
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = ca.self_signed(&ca_key).unwrap();
        let leaf = year(CertificateParams::new(names(hosts)).unwrap());
        let leaf = leaf.signed_by(&key, &Issuer::new(ca, ca_key)).unwrap();
        let (chain, file) = (data.join("chain.pem"), data.join("key.pem"));
        std::fs::write(&chain, leaf.pem() + &authority.pem()).unwrap();
        std::fs::write(&file, key.serialize_pem()).unwrap();
        Tls::given(&chain, &file).unwrap()
    })
}

fn at(ms: i64) -> Clock {
    Arc::new(move || Timestamp(ms))
}

fn invitation(server: &TestServer, authority: Option<Hash>) -> Invitation {
    let token = server.background.token(SITE, "").unwrap().reveal().to_owned();
    Invitation { url: format!("https://{}", server.addr), authority, token }
}

/// A handheld's file.
struct Handheld {
    store: Store,
    folder: PathBuf,
}

impl Handheld {
    fn new(name: &str, invitation: &Invitation, clock: &Clock) -> Result<Self, Failure> {
        let key = new_key();
        let Enrolled { reply, roots } = enrol(invitation, "HH-01", &key, "", clock).unwrap()?;
        let folder = folder(name);
        std::fs::create_dir_all(&folder).unwrap();
        let (mut store, _) = Store::open(&folder.join("device.db"), Timestamp(MORNING)).unwrap();
        store
            .enrol(Identity {
                device: reply.device,
                epoch: reply.epoch,
                key,
                site: reply.site,
                server_id: reply.server_id,
                server_epoch: reply.server_epoch,
                server_url: invitation.url.clone(),
                roots,
                name: reply.name,
            })
            .unwrap();
        Ok(Self { store, folder })
    }

    fn confirm(&mut self) {
        let id = EventId(Uuid::now_v7());
        let draft = Draft { id, operator: UserId(1), at: Timestamp(MORNING), body: receipt(1) };
        self.store.confirm(draft).unwrap();
    }

    /// One round with that address at that time.
    fn sync(&mut self, url: &str, clock: &Clock) -> Activity {
        let Identity { site, device, key, roots, .. } = self.store.identity().unwrap().unwrap();
        let signer = Signer::new(site, device, key, Clock::clone(clock));
        let mut net = HttpTransport::new(url, signer, roots.as_bytes(), &self.folder).unwrap();
        sync_once(&mut self.store, &mut net, || clock()).activity
    }

    /// It does not work, it says why, and nothing is gone.
    #[track_caller]
    fn stuck(&mut self, url: &str, clock: &Clock, expected: Problem) {
        let before = self.store.pending();
        let activity = self.sync(url, clock);
        assert!(matches!(activity, Activity::Waiting(problem, _) if problem == expected), "{activity:?}");
        assert_eq!(self.store.pending(), before);
        let status = self.store.sync_status().unwrap();
        assert_eq!(status.last_problem.as_deref(), Some(expected.code()));
    }

    #[track_caller]
    fn in_step(&mut self, url: &str, clock: &Clock) {
        let activity = self.sync(url, clock);
        assert!(matches!(activity, Activity::InStep(_)), "{activity:?}");
        assert_eq!(self.store.pending(), 0);
    }
}

#[test]
fn the_scanned_authority_is_trusted_and_no_other() {
    let (server, fingerprint) = server("tls-own");
    let (other, others) = self::server("tls-other");
    let clock = at(MORNING);
    let invitation = invitation(&server, Some(fingerprint));

    // A code with another fingerprint: the token is not even sent, and works afterwards.
    let foreign = Invitation { authority: Some(others), ..invitation.clone() };
    let refused = Handheld::new("tls-foreign", &foreign, &clock).err();
    assert_eq!(refused, Some(Failure::Tls(TlsFault::Untrusted)));
    let none = Invitation { authority: None, ..invitation.clone() };
    assert_eq!(Handheld::new("tls-none", &none, &clock).err(), Some(Failure::Tls(TlsFault::Untrusted)));
    let plain = Invitation { url: format!("http://{}", server.addr), ..invitation.clone() };
    assert_eq!(Handheld::new("tls-plain", &plain, &clock).err(), Some(Failure::Tls(TlsFault::Plain)));

    let mut handheld = Handheld::new("tls-own", &invitation, &clock).unwrap();
    assert_eq!(handheld.store.identity().unwrap().unwrap().roots.matches("BEGIN CERTIFICATE").count(), 1);
    handheld.confirm();
    handheld.stuck(&format!("https://{}", other.addr), &clock, Problem::TlsUntrusted);
    handheld.in_step(&invitation.url, &clock);
    assert_eq!((server.entries(), other.entries()), (1, 0));
}

#[test]
fn a_clock_at_1970_gets_through_to_an_authority_of_ones_own() {
    let (server, fingerprint) = server("tls-clock");
    for ms in [0, 5_000, MORNING, 200 * 365 * DAY_MS] {
        let clock = at(ms);
        let invitation = invitation(&server, Some(fingerprint));
        let mut handheld = Handheld::new("tls-clock", &invitation, &clock).unwrap();
        handheld.confirm();
        handheld.in_step(&invitation.url, &clock);
    }
    assert_eq!(server.entries(), 4);
}

#[test]
fn a_certificate_that_is_out_of_date_is_called_so() {
    let (server, fingerprint) = server_of_2026("tls-expired", &["127.0.0.1"]);
    let (today, late, early) = (at(MORNING), at(MORNING + 90 * DAY_MS), at(MORNING - 400 * DAY_MS));
    let invitation = invitation(&server, Some(fingerprint));
    let refused = Handheld::new("tls-expired", &invitation, &late).err();
    assert_eq!(refused, Some(Failure::Tls(TlsFault::Time)));
    let mut handheld = Handheld::new("tls-expired", &invitation, &today).unwrap();
    handheld.confirm();
    handheld.stuck(&invitation.url, &late, Problem::TlsTime);
    handheld.stuck(&invitation.url, &early, Problem::TlsTime);
    handheld.in_step(&invitation.url, &today);
}

#[test]
fn a_certificate_for_another_address_is_called_so() {
    let (server, fingerprint) = server_of_2026("tls-name", &["localhost"]);
    let clock = at(MORNING);
    let by_name = format!("https://localhost:{}", server.addr.port());
    let invitation = invitation(&server, Some(fingerprint));
    let refused = Handheld::new("tls-name", &invitation, &clock).err();
    assert_eq!(refused, Some(Failure::Tls(TlsFault::Name)));
    let named = Invitation { url: by_name.clone(), ..invitation.clone() };
    let mut handheld = Handheld::new("tls-name", &named, &clock).unwrap();
    handheld.confirm();
    handheld.stuck(&invitation.url, &clock, Problem::TlsName);
    handheld.in_step(&by_name, &clock);
}

#[test]
fn http_and_https_are_told_apart() {
    let (secure, fingerprint) = server("tls-both");
    let plain = TestServer::start(Db::Sqlite, "tls-not");
    let clock = at(MORNING);
    let invitation = invitation(&secure, Some(fingerprint));
    let mut handheld = Handheld::new("tls-both", &invitation, &clock).unwrap();
    handheld.confirm();
    handheld.stuck(&format!("https://{}", plain.addr), &clock, Problem::TlsPlain);
    handheld.stuck(&format!("http://{}", secure.addr), &clock, Problem::Protocol);
    let told = raw(secure.addr, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!((told.status, told.code().as_str()), (400, "https_only"));
    handheld.in_step(&invitation.url, &clock);
}

#[test]
fn half_a_handshake_holds_up_nobody_for_long() {
    let data = folder("tls-half");
    let tls = Tls::own(&data, &names(&["127.0.0.1"])).unwrap();
    let fingerprint = tls.fingerprint;
    let server = TestServer::start_with(Db::Sqlite, data, |config| {
        config.tls = Some(tls);
        config.limits.connections_max = 3;
        config.limits.head_timeout = Duration::from_millis(300);
    });
    let invitation = invitation(&server, Some(fingerprint));
    // They take all the room that there is, and lose it again.
    let silent: Vec<_> = (0..3).map(|_| TcpStream::connect(server.addr).unwrap()).collect();
    let begun = Instant::now();
    let mut handheld = Handheld::new("tls-half", &invitation, &at(MORNING)).unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(200), "handshakes count against the limit");
    handheld.confirm();
    handheld.in_step(&invitation.url, &at(MORNING));
    drop(silent);
}

#[test]
fn a_stop_does_not_wait_for_handshakes() {
    let (server, _) = server("tls-stop");
    let silent = TcpStream::connect(server.addr).unwrap();
    // Accepted before the stop: a later connection was answered.
    let told = raw(server.addr, b"GET / HTTP/1.1\r\n\r\n");
    assert_eq!(told.status, 400);
    let begun = Instant::now();
    drop(server);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    drop(silent);
}

fn program(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firstout-server"));
    command.arg("--data").arg(data).args(arguments).env("FIRSTOUT_LOG", "warn");
    command
}

#[test]
fn the_program_makes_its_authority_once_and_invites_with_it() {
    use std::io::{BufRead as _, BufReader};
    use std::os::unix::fs::PermissionsExt as _;
    let data = folder("tls-program");
    let mut fingerprints = vec![];
    for _ in 0..2 {
        let mut child =
            program(&data, &["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addr: SocketAddr = line.trim().strip_prefix("listening on https://").unwrap().parse().unwrap();
        let said = program(&data, &["enrol", "--plain", "--name", "HH-07"]).output().unwrap();
        let invitation = Invitation::parse(&String::from_utf8(said.stdout).unwrap()).unwrap();
        assert_eq!(invitation.url, format!("https://{addr}"));
        fingerprints.push(invitation.authority.unwrap());
        let now: Clock = firstout::server::system_clock();
        let mut handheld = Handheld::new("tls-program", &invitation, &now).unwrap();
        handheld.confirm();
        handheld.in_step(&invitation.url, &now);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(fingerprints[0], fingerprints[1]);
    let mode = std::fs::metadata(data.join("tls/authority.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let refuse = |arguments: &[&str], expected: &str| {
        let output = program(&data, arguments).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && text.contains(expected), "{text}");
    };
    refuse(&["serve", "--insecure-http", "--listen", "0.0.0.0:0"], "for the loopback interface");
    refuse(
        &["serve", "--listen", "127.0.0.1:0", "--tls-cert", "/nowhere", "--tls-key", "/nowhere"],
        "/nowhere",
    );
    let (chain, key) = (data.join("tls/authority.pem"), data.join("other.key"));
    std::fs::write(&key, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let (chain, key) = (chain.to_str().unwrap(), key.to_str().unwrap());
    refuse(
        &["serve", "--listen", "127.0.0.1:0", "--tls-cert", chain, "--tls-key", key],
        "certificate cannot",
    );
    refuse(
        &["serve", "--listen", "127.0.0.1:0", "--tls-cert", key, "--tls-key", key],
        "holds no certificate",
    );
    std::fs::remove_dir_all(data).unwrap();
}
