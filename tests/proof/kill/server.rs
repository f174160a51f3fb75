//! The server is killed while a handheld is enrolled, pushes and fetches, a person signs in and a backup is made.

use super::{Killer, Moment, Part, spawn};
use crate::Scratch;
use crate::dice::Dice;
use crate::model::SITE;
use crate::real::{Handheld, Hands, Server};
use crate::report::Outcome;
use crate::vfs;
use crate::world;
use firstout::domain::{Role, Timestamp};
use firstout::server::people::{NewUser, PeopleError, add};
use firstout::server::storage::StorageError;
use firstout::server::{Config, start_background, system_clock};
use firstout::sync::driver::sync_once;
use firstout::sync::engine::{Activity, Failure, Reply};
use firstout::sync::transport::{Request, Transport};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout};
use std::sync::Arc;

/// Rounds of sync in a server's life.
const ROUNDS: u64 = 5;
pub const BADGE: &str = "proof-badge";
pub const PIN: &str = "246810";

/// Serves until it is killed, or nobody is there any more; does what it is told by line.
pub fn live(last: usize, folder: &str) {
    let killer = Arc::new(Killer::after(last));
    let _guard = vfs::watch(folder, Arc::clone(&killer) as Arc<dyn vfs::Watch>);
    let data = Path::new(folder).join("data");
    let background = start_background(Config::local(&data)).unwrap();
    background.run(async |storage| storage.append_master(SITE, world::records()).await).unwrap();
    let mut out = std::io::stdout();
    let mut say =
        |line: &str| out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush()).unwrap();
    say(&background.addr.to_string());
    for line in std::io::stdin().lines() {
        match line.unwrap().as_str() {
            "token" => say(background.token(SITE, "").unwrap().reveal()),
            "backup" => {
                let file = data.join("copy");
                let made = background.run::<_, StorageError, _>(async |storage| storage.backup(&file).await);
                say(if made.unwrap().problems.is_empty() { "backed up" } else { "not sound" });
            }
            _ => {
                let (name, language) = ("Sue".to_owned(), String::new());
                let (badge, pin) = (BADGE.to_owned(), Some(PIN.to_owned()));
                let new = NewUser { name, badge, role: Role::Supervisor, language, pin };
                let now = system_clock()();
                let added = background.run::<_, PeopleError, _>(async move |storage| {
                    add(&storage, SITE, new, "proof", now).await
                });
                added.unwrap();
                say("added");
            }
        }
    }
    say(&format!("calls {}", killer.recorder.len()));
}

/// The other end of a server's pipes.
struct Victim {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    moment: Moment,
    said: u64,
}

impl Victim {
    fn start(home: &Scratch, moment: Moment) -> Self {
        let mut child = spawn(&format!("server 0 {} {}", moment.call(), home.text()));
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, to, from, moment, said: 0 }
    }

    /// Something was answered; the moment may have come.
    fn tick(&mut self) {
        if matches!(self.moment, Moment::Line(line) if line == self.said) {
            let _ = self.child.kill();
        }
        self.said += 1;
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.tick();
        let read = self.from.read_line(&mut line).ok()?;
        (read > 0 && line.ends_with('\n')).then(|| line.trim_end().to_owned())
    }

    fn ask(&mut self, what: &str) -> Option<String> {
        self.to.write_all(format!("{what}\n").as_bytes()).ok()?;
        self.line()
    }
}

/// Notes what the server acknowledged; the control notes it when it is sent.
pub struct Noting<'a, T, F> {
    pub net: T,
    /// A request is about to be sent.
    pub tick: F,
    pub acked: &'a mut u64,
    pub hasty: bool,
}

impl<T: Transport, F: FnMut()> Transport for Noting<'_, T, F> {
    fn send(&mut self, request: &Request) -> Result<Reply, Failure> {
        (self.tick)();
        if let (true, Request::Push(push)) = (self.hasty, request) {
            *self.acked = push.head().seq;
        }
        let answer = self.net.send(request);
        if let Ok(Reply::Pushed(reply)) = &answer {
            *self.acked = (*self.acked).max(reply.acked_through);
        }
        answer
    }
}

/// A life from the first start on; what the handheld has and how much of it was acknowledged, and the calls it took
/// where nobody was killed.
fn life(
    home: &Scratch,
    dice: &mut Dice,
    moment: Moment,
    hasty: bool,
) -> (Option<Handheld>, u64, Option<u64>) {
    let mut victim = Victim::start(home, moment);
    let (mut handheld, mut acked) = (None, 0);
    let worked = work(&mut victim, dice, &mut handheld, &mut acked, hasty);
    let Victim { mut child, to, mut from, .. } = victim;
    drop(to);
    let mut rest = String::new();
    let _ = from.read_to_string(&mut rest);
    child.wait().unwrap();
    let calls = rest.trim().strip_prefix("calls ").and_then(|calls| calls.parse().ok());
    (handheld, acked, worked.and(calls))
}

/// `None` where the server was gone before the end.
fn work(
    victim: &mut Victim,
    dice: &mut Dice,
    found: &mut Option<Handheld>,
    acked: &mut u64,
    hasty: bool,
) -> Option<()> {
    let addr: SocketAddr = victim.line()?.parse().ok()?;
    let token = victim.ask("token")?;
    let handheld = found.insert(Handheld::enrolled(addr, &token, dice)?);
    for round in 0..ROUNDS {
        for _ in 0..=dice.below(3) {
            handheld.confirm(dice, now());
        }
        let url = format!("http://{addr}");
        let net = handheld.transport(&url, "", system_clock());
        let mut net = Noting { net, tick: || victim.tick(), acked, hasty };
        let report = sync_once(&mut handheld.store, &mut net, now);
        match (round, report.activity) {
            (1, Activity::InStep(_)) => {
                victim.ask("person")?;
                sign_in(addr)?;
            }
            (3, Activity::InStep(_)) => drop(victim.ask("backup")?),
            (_, Activity::InStep(_)) => {}
            _ => return None,
        }
    }
    Some(())
}

pub fn now() -> Timestamp {
    system_clock()()
}

pub fn sign_in(addr: SocketAddr) -> Option<()> {
    let form = format!("badge={BADGE}&pin={PIN}");
    let head = "POST /sign-in HTTP/1.0\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded";
    let mut stream = TcpStream::connect(addr).ok()?;
    write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{form}", form.len()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.starts_with("HTTP/1.0 303").then_some(())
}

/// Part 3 kills at calls, part 4 at any moment.
pub fn play(part: &Part<'_>, hasty: bool, mine: &mut Outcome) {
    let measured =
        |moment| life(&Scratch::new("kill-server"), &mut Dice::new(part.plan.seed), moment, false).2;
    let calls = measured(Moment::Line(u64::MAX)).expect("a life without a kill comes to its end");
    // Requests and lines; those after the last one are no moments.
    let all = if part.number == 3 { calls } else { 6 * ROUNDS };
    for place in part.places(all.max(part.cases * u64::from(part.number == 4))) {
        let moment =
            if part.number == 3 { Moment::Call(place as usize + 1) } else { Moment::Line(place % all) };
        mine.cases += 1;
        mine.kills += 1;
        if let Err(why) = one(part.plan.seed, moment, hasty, mine) {
            part.found(mine, place, &format!("the server is killed at {moment:?} of {calls}: {why}"));
        }
    }
}

fn one(seed: u64, moment: Moment, hasty: bool, mine: &mut Outcome) -> Result<(), String> {
    let home = Scratch::new("kill-server");
    let mut dice = Dice::new(seed);
    let (handheld, acked, _) = life(&home, &mut dice, moment, hasty);
    let hands = Hands::new();
    hands.set(now());
    // Up again on the same files.
    let server = Server::again(&hands, home);
    if handheld.is_none() {
        // It may not have come so far.
        server.background.run(async |storage| storage.append_master(SITE, world::records()).await).unwrap();
    }
    let problems = server.problems();
    if !problems.is_empty() {
        return Err(problems.join("; "));
    }
    let mut handheld = handheld.unwrap_or_else(|| server.enrol(server.addr, &mut dice));
    let ledger = server.ledger();
    let (missing, altered) = ledger.lacks(&handheld.beeped[..acked as usize]);
    mine.acked += acked;
    mine.lost += missing;
    if missing + altered > 0 {
        return Err(format!("{missing} of {acked} acknowledged events are not there"));
    }
    // And the work goes on.
    let waits = handheld.store.pending();
    handheld.confirm(&mut dice, hands.now());
    let mut net = handheld.transport(&format!("http://{}", server.addr), "", hands.clock());
    let report = sync_once(&mut handheld.store, &mut net, || hands.now());
    if !matches!(report.activity, Activity::InStep(_)) {
        return Err(format!("with {waits} waiting it says {:?}", report.activity));
    }
    let (missing, altered, foreign) = ledger.compare(&handheld);
    mine.lost += missing;
    mine.dup += foreign;
    let same = handheld.shown() == ledger.stock();
    match (missing + altered + foreign, same) {
        (0, true) => Ok(()),
        other => Err(format!("{missing} missing, {altered} altered, {foreign} too many, {other:?}")),
    }
}
