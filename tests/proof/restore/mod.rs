//! Backups are made while handhelds work, and the server is put back to any of them while they work on.
//!
//! What a handheld still holds comes back, once. What it has let go was in a backup: where an older one than that is put
//! back, it is gone by that choice, and counted as `unknown`.

mod herd;

use super::dice::Dice;
use super::real::{Handheld, Hands, Ledger, Server};
use super::report::{self, Outcome};
use super::{Plan, Scratch};
use firstout::domain::EventId;
use firstout::server::storage::{StorageError, sqlite};
use firstout::store::KEEP_EVENTS_MS;
use firstout::sync::driver::sync_once;
use firstout::sync::engine::Activity;
use firstout::sync::wire::{PullReply, Stream};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Stories of the short run.
const CASES: u64 = 14;
const CONTROL_CASES: u64 = 4;
const ROUNDS: u64 = 10;
const DEVICES: usize = 4;

struct Story {
    hands: Hands,
    server: Option<Server>,
    addr: SocketAddr,
    dice: Dice,
    handhelds: Vec<Handheld>,
    folder: Scratch,
    copies: Vec<PathBuf>,
    /// Events that were in some copy.
    copied: BTreeSet<EventId>,
    /// The control: the server calls backed up what it has only heard of.
    hasty: bool,
    restores: u64,
}

/// Scans, then a round of sync, whatever comes of it.
fn work(handheld: &mut Handheld, addr: SocketAddr, hands: &Hands, mut dice: Dice) {
    for _ in 0..dice.below(4) {
        handheld.confirm(&mut dice, hands.now());
    }
    sync(handheld, addr, hands);
}

fn sync(handheld: &mut Handheld, addr: SocketAddr, hands: &Hands) -> Activity {
    let mut net = handheld.transport(&format!("http://{addr}"), "", hands.clock());
    sync_once(&mut handheld.store, &mut net, || hands.now()).activity
}

impl Story {
    fn new(seed: u64, hasty: bool) -> Self {
        let hands = Hands::new();
        let server = Server::start("restore", &hands, false);
        let mut dice = Dice::new(seed);
        let handhelds = (0..DEVICES).map(|_| server.admit(server.addr, &mut dice)).collect();
        let (addr, folder) = (server.addr, Scratch::new("copies"));
        let (copies, copied) = (vec![], BTreeSet::new());
        let mut story = Self {
            hands,
            addr,
            server: Some(server),
            dice,
            handhelds,
            folder,
            copies,
            copied,
            hasty,
            restores: 0,
        };
        story.back_up();
        story
    }

    fn server(&self) -> &Server {
        self.server.as_ref().expect("it is up")
    }

    /// All handhelds work at once, each on a thread; `beside` happens in the meantime.
    fn traffic(&mut self, beside: impl FnOnce(Option<Server>) -> Option<Server>) {
        let (addr, server) = (self.addr, self.server.take());
        let (hands, dice) = (&self.hands, &mut self.dice);
        self.server = std::thread::scope(|scope| {
            for handheld in &mut self.handhelds {
                let dice = Dice::new(dice.roll());
                scope.spawn(move || work(handheld, addr, hands, dice));
            }
            beside(server)
        });
    }

    fn back_up(&mut self) {
        let file = self.folder.path().join(format!("copy-{}", self.copies.len()));
        let place = file.clone();
        self.traffic(|server| {
            let up = server.as_ref().expect("it is up");
            let made = up.background.run::<_, StorageError, _>(async |storage| storage.backup(&place).await);
            assert_eq!(made.unwrap().problems, Vec::<String>::new());
            server
        });
        self.copied.extend(Ledger::open(&file).ids());
        self.copies.push(file);
    }

    /// A month goes by, and the handhelds let go of what is backed up.
    fn forget(&mut self) {
        self.traffic(|server| server);
        self.hands.later(KEEP_EVENTS_MS + 86_400_000);
        let now = self.hands.now();
        for handheld in &mut self.handhelds {
            let store = &mut handheld.store;
            if self.hasty {
                let next = store.cursor(Stream::Site).unwrap();
                let (stream, head, backed_up_through) = (Stream::Site, next, store.last_seq().unwrap());
                let backed_up_epoch = store.epoch().unwrap();
                let page = PullReply {
                    stream,
                    events: vec![],
                    records: vec![],
                    next,
                    head,
                    backed_up_through,
                    backed_up_epoch,
                };
                store.apply_pull(&page, now).unwrap();
            }
            while !store.purge(now).unwrap().through {}
        }
    }

    /// The server stops in the middle of the work and is put back to one of its copies. Events that are gone by this.
    fn restore(&mut self) -> BTreeSet<EventId> {
        let copy = self.dice.pick(&self.copies).clone();
        let before = self.handhelds[0].identity().server_epoch;
        self.traffic(|server| {
            drop(server);
            None
        });
        let home = Scratch::new("restored");
        let found = sqlite::restore(&copy, &home.path().join("data").join(sqlite::FILE)).unwrap();
        assert_eq!(found.problems, Vec::<String>::new());
        let server = Server::again(&self.hands, home);
        let now = server.background.run::<_, StorageError, _>(async |storage| storage.identity().await);
        assert_ne!(now.unwrap().epoch, before, "a restored server is another incarnation");
        self.addr = server.addr;
        let there = server.ledger().ids();
        self.server = Some(server);
        self.restores += 1;
        let held = |handheld: &Handheld, id| handheld.store.event(id).unwrap().is_some();
        let all = self.handhelds.iter().flat_map(|one| one.beeped.iter().map(move |(id, _)| (one, *id)));
        all.filter(|(one, id)| !there.contains(id) && !held(one, *id)).map(|(_, id)| id).collect()
    }

    fn play(&mut self, mine: &mut Outcome) -> Result<(), String> {
        let mut gone = BTreeSet::new();
        for round in 0..ROUNDS {
            self.hands.later(60_000);
            match self.dice.below(100) {
                0..=34 => self.traffic(|server| server),
                35..=59 => self.back_up(),
                60..=74 => self.forget(),
                _ => gone.extend(self.restore()),
            }
            if round + 1 == ROUNDS {
                gone.extend(self.restore());
            }
        }
        self.heal()?;
        self.check(&gone, mine)
    }

    fn heal(&mut self) -> Result<(), String> {
        for _ in 0..2 {
            for (handheld, number) in self.handhelds.iter_mut().zip(0..) {
                self.hands.later(1_000);
                let activity = sync(handheld, self.addr, &self.hands);
                if !matches!(activity, Activity::InStep(_)) || handheld.store.pending() > 0 {
                    let waits = handheld.store.pending();
                    return Err(format!("handheld {number} says {activity:?}, {waits} wait"));
                }
            }
        }
        Ok(())
    }

    fn check(&self, gone: &BTreeSet<EventId>, mine: &mut Outcome) -> Result<(), String> {
        let ledger = self.server().ledger();
        let (there, mut why) = (ledger.ids(), Ok(()));
        for handheld in &self.handhelds {
            let (_, altered, foreign) = ledger.compare(handheld);
            mine.dup += foreign;
            if altered + foreign > 0 {
                why = Err(format!("{altered} events are altered, {foreign} too many"));
            }
            for (id, _) in &handheld.beeped {
                mine.acked += 1;
                match there.contains(id) {
                    true => {}
                    false if gone.contains(id) && self.copied.contains(id) => mine.unknown += 1,
                    false => {
                        mine.lost += 1;
                        why = Err(format!("{id} is lost; the server was put back {} times", self.restores));
                    }
                }
            }
            if handheld.shown() != ledger.stock() {
                why = why.and(Err("a handheld shows another stock than the ledger says".to_owned()));
            }
        }
        let problems = self.server().problems();
        why.and(if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) })
    }
}

fn search(plan: &Plan, cases: u64, hasty: bool) -> Outcome {
    report::each_case(plan, cases, plan.only.map(|(_, case)| case), |case, mine: &mut Outcome| {
        let mut story = Story::new(plan.seed ^ (case << 32), hasty);
        mine.cases += 1;
        if let Err(why) = story.play(mine) {
            mine.corrupt += 1;
            mine.tell(
                || format!("story {case}: {why}"),
                || format!("./x soak restore --seed {} --only 0.{case}", plan.seed),
            );
        }
        mine.kills += story.restores;
        ControlFlow::Continue(())
    })
}

pub fn run(plan: &Plan) -> Outcome {
    // Part 1 is the herd alone.
    let herd_only = plan.only.is_some_and(|(part, _)| part == 1);
    let mut outcome =
        if herd_only { Outcome::default() } else { search(plan, plan.cases.unwrap_or(CASES), false) };
    let mut notes = format!(
        "{} restores; {} events that their devices had let go are gone with an older copy",
        outcome.kills, outcome.unknown
    );
    if plan.only.is_none_or(|only| only.0 == 1) {
        match herd::play(plan.seed, plan.cases.is_some() || plan.only.is_some(), &mut outcome) {
            Ok(said) => notes += &format!("; {said}"),
            Err(why) => {
                outcome.corrupt += 1;
                outcome.story.get_or_insert(format!("the herd: {why}"));
                outcome.repro.get_or_insert(format!("./x soak restore --seed {} --only 1.0", plan.seed));
            }
        }
    }
    let control = search(&Plan { only: None, ..plan.clone() }, CONTROL_CASES, true);
    if control.lost == 0 {
        outcome.corrupt += 1;
        outcome.story = Some("the control stays green: a server that calls backed up what is not".to_owned());
    }
    let first = control.story.unwrap_or_default();
    outcome.notes =
        format!("{notes}; control: {} events lost in {} stories: {first}", control.lost, control.cases);
    outcome
}
