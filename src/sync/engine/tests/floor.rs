//! A floor for the engine to stand on: a server and a store, both only as facts, and a trace of what was asked.

use crate::domain::{DeviceId, SiteId, Timestamp};
use crate::sync::engine::{Action, Ask, Engine, Facts, Failure, Input, Output, Reply, Snapshot};
use crate::sync::wire::{
    EventEntry, Hash, Head, Heads, Hello, MasterEntry, PullReply, PullRequest, PushReply, ServerEpoch,
    Status, Stream,
};
use uuid::Uuid;

/// The head of a stream of so many empty records.
pub fn head(seq: u64) -> Head {
    let hash =
        (1..=seq).fold(Hash::default(), |hash, at| Hash::chain_stream(hash, at, Status::Accepted, b"{}"));
    Head { seq, hash }
}

/// A server and a store, both only as facts; every answer is made from them.
pub struct Floor {
    /// The server hands out snapshots of an empty ledger.
    pub empty_snapshots: bool,
    pub engine: Engine,
    pub now: Timestamp,
    pub facts: Facts,
    pub hello: Hello,
    /// Number and content of the request that is out.
    pub out: Option<(u64, Ask)>,
    pub trace: Vec<String>,
    pub wake: Option<Timestamp>,
    /// Milliseconds that each answer takes.
    pub trip_ms: i64,
}

impl Floor {
    pub fn new() -> Self {
        let server_id = Uuid::from_u128(1);
        let server_epoch = ServerEpoch(Uuid::from_u128(2));
        Self {
            empty_snapshots: false,
            engine: Engine::new(7),
            now: Timestamp(1_000_000_000),
            facts: Facts {
                device: DeviceId(Uuid::from_u128(3)),
                epoch: 1,
                site: SiteId(1),
                server_id,
                server_epoch,
                last_seq: 0,
                pending: 0,
                control: head(0),
                master: head(0),
                site_cursor: head(0),
            },
            hello: Hello {
                service: "firstout".into(),
                server_id,
                server_epoch,
                protocol: [1, 1],
                now: Timestamp(0),
                device_epoch: 1,
                device_last_seq: 0,
                device_last_hash: None,
                heads: Heads::default(),
                revoked: false,
                checkpoint_key: None,
            },
            out: None,
            trace: Vec::new(),
            wake: None,
            trip_ms: 0,
        }
    }

    pub fn heads(mut self, control: u64, master: u64, site: u64) -> Self {
        self.hello.heads = Heads { control: head(control), master: head(master), site: head(site) };
        self
    }

    pub fn events(mut self, acked: u64, pending: u64) -> Self {
        self.facts.last_seq = acked + pending;
        self.facts.pending = pending;
        self.hello.device_last_seq = acked;
        self
    }

    pub fn start(&mut self) {
        self.feed(Input::Started(Some(self.facts.clone())));
    }

    pub fn confirm(&mut self) {
        self.facts.pending += 1;
        self.facts.last_seq += 1;
        let Facts { pending, last_seq, .. } = self.facts;
        self.feed(Input::EventConfirmed { pending, last_seq });
    }

    pub fn feed(&mut self, input: Input) {
        self.engine.handle(self.now, input);
        while let Some(output) = self.engine.poll() {
            match output {
                Output::Send(number, ask) => {
                    assert!(self.out.is_none(), "two requests at a time");
                    self.trace.push(line(&ask));
                    self.out = Some((number, ask));
                }
                Output::Store(action) => {
                    let done = self.perform(&action);
                    self.trace.push(done);
                    self.engine.handle(self.now, Input::Stored(Some(self.facts.clone())));
                }
                Output::WakeAt(at) => self.wake = Some(at),
            }
        }
    }

    fn perform(&mut self, action: &Action) -> String {
        let facts = &mut self.facts;
        match action {
            Action::NoteContact { skew_ms, .. } => format!("  contact {skew_ms:?}"),
            Action::NoteProblem(problem) => format!("  problem {problem}"),
            Action::ApplyPush(reply) => {
                facts.pending = facts.last_seq - reply.acked_through;
                format!("  acked {}", reply.acked_through)
            }
            Action::ApplyPull(reply) => {
                match reply.stream {
                    Stream::Control => facts.control = reply.next,
                    Stream::Master => facts.master = reply.next,
                    Stream::Site => facts.site_cursor = reply.next,
                }
                format!("  {} {}", reply.stream.name(), reply.next.seq)
            }
            Action::ApplySnapshot(_) => {
                if !self.empty_snapshots {
                    facts.site_cursor = self.hello.heads.site;
                }
                format!("  snapshot {}", facts.site_cursor.seq)
            }
            Action::Rewind { server_epoch, device_last_seq, .. } => {
                facts.server_epoch = *server_epoch;
                facts.pending = facts.last_seq - device_last_seq;
                (facts.control, facts.master, facts.site_cursor) = (head(0), head(0), head(0));
                format!("  rewind {device_last_seq}")
            }
            Action::NewEpoch(epoch) => {
                (facts.epoch, facts.last_seq) = (*epoch, facts.pending);
                format!("  epoch {epoch}")
            }
        }
    }

    /// The answer of a server that works.
    pub fn answer(&mut self) -> Reply {
        let (_, ask) = self.out.clone().unwrap();
        match ask {
            Ask::Hello(_) => {
                let now = self.now.plus_ms(self.trip_ms / 2);
                Reply::Hello(Hello { now, ..self.hello.clone() })
            }
            Ask::Push { after, events_max, .. } => {
                let acked_through = self.facts.last_seq.min(after + events_max as u64);
                self.hello.device_last_seq = acked_through;
                self.hello.device_epoch = self.facts.epoch;
                self.hello.heads.site = head(self.hello.heads.site.seq + acked_through - after);
                Reply::Pushed(PushReply { acked_through, results: vec![], retry_after_s: None })
            }
            Ask::Pull(request) => {
                let end = match request.stream {
                    Stream::Control => self.hello.heads.control,
                    Stream::Master => self.hello.heads.master,
                    Stream::Site => self.hello.heads.site,
                };
                Reply::Pulled(page(&request, end))
            }
            Ask::Snapshot => Reply::Snapshot(Snapshot::Memory(vec![])),
        }
    }

    pub fn reply(&mut self, reply: Reply) {
        let (number, _) = self.out.take().unwrap();
        self.now = self.now.plus_ms(self.trip_ms);
        self.feed(Input::Replied(number, reply));
    }

    pub fn fail(&mut self, failure: Failure) {
        let (number, _) = self.out.take().unwrap();
        self.feed(Input::Failed(number, failure));
    }

    /// Answers until nothing is asked any more.
    pub fn settle(&mut self) {
        while self.out.is_some() {
            assert!(self.trace.len() < 1_000, "it never ends: {:?}", &self.trace[980..]);
            let reply = self.answer();
            self.reply(reply);
        }
    }

    /// Lets the time pass until the engine wants to be woken.
    pub fn sleep(&mut self) -> i64 {
        let due = self.wake.take().expect("it said when");
        let waited = due.ms_since(self.now);
        self.now = due;
        self.feed(Input::Woke);
        waited
    }

    #[track_caller]
    pub fn expect(&mut self, expected: &[&str]) {
        assert_eq!(self.trace, expected, "\n{}", self.trace.join("\n"));
        self.trace.clear();
    }
}

/// A page of empty records.
fn page(request: &PullRequest, end: Head) -> PullReply {
    let mut reply = PullReply {
        stream: request.stream,
        events: vec![],
        records: vec![],
        next: Head { seq: request.after, hash: request.hash },
        head: end,
        backed_up_through: 0,
        backed_up_epoch: 0,
    };
    for stream_seq in (request.after + 1..=end.seq).take(request.limit) {
        let next = Hash::chain_stream(reply.next.hash, stream_seq, Status::Accepted, b"{}");
        match request.stream {
            Stream::Master => reply.records.push(MasterEntry { stream_seq, bytes: "{}".into() }),
            Stream::Control | Stream::Site => reply.events.push(EventEntry {
                stream_seq,
                status: Status::Accepted,
                received: Timestamp(0),
                device: DeviceId(Uuid::from_u128(9)),
                epoch: 1,
                seq: stream_seq,
                bytes: "{}".into(),
            }),
        }
        reply.next = Head { seq: stream_seq, hash: next };
    }
    reply
}

fn line(ask: &Ask) -> String {
    match ask {
        Ask::Hello(_) => "hello".into(),
        Ask::Push { after, events_max, .. } => format!("push {after} +{events_max}"),
        Ask::Pull(request) => format!("pull {} {} +{}", request.stream.name(), request.after, request.limit),
        Ask::Snapshot => "snapshot".into(),
    }
}
