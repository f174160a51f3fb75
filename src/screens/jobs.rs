//! Which jobs there are, who may do them, and which page begins each. The only place that knows every page.

use super::carry::Carry;
use super::orders::Orders;
use super::receive::Receive;
use super::resolve::Scan;
use super::screen::{Desk, Screen};
use super::words::{Common, Words};
use crate::domain::{Direction, MoveKind, Order, Role};
use crate::store::StoreError;

/// A job on the home page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Goods-in.
    Receive,
    /// From the dock into storage.
    PutAway,
    /// From place to place.
    Move,
}

/// Whether a job could be opened.
pub(super) enum Opened {
    /// Its page, and words for the strip.
    Page(Box<dyn Screen>, String),
    /// Why not, and what to do instead.
    Not(String),
}

impl Job {
    /// In the order of the tiles.
    pub const ALL: [Self; 3] = [Self::Receive, Self::PutAway, Self::Move];

    /// What its tile sends.
    #[must_use]
    pub fn tap(self) -> &'static str {
        match self {
            Self::Receive => "tile:receive",
            Self::PutAway => "tile:put_away",
            Self::Move => "tile:move",
        }
    }

    /// Its name.
    #[must_use]
    pub fn label(self, words: Words) -> String {
        words.say(match self {
            Self::Receive => Common::TileReceive,
            Self::PutAway => Common::TilePutAway,
            Self::Move => Common::TileMove,
        })
    }

    /// The least role that may do it.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            Self::Receive => Role::Clerk,
            Self::PutAway | Self::Move => Role::Picker,
        }
    }
}

/// The job that a tap opens, on whatever page.
pub(super) fn of_tap(id: &str) -> Option<Job> {
    Job::ALL.into_iter().find(|job| job.tap() == id)
}

/// The page where a job begins.
pub(super) fn open(desk: &Desk<'_>, job: Job) -> Result<Opened, StoreError> {
    if let Some(no) = not_allowed(desk, job) {
        return Ok(Opened::Not(no));
    }
    let page: Box<dyn Screen> = match job {
        Job::Receive => Box::new(Orders::new(Direction::Inbound)),
        Job::PutAway => Box::new(Carry::new(MoveKind::PutAway)),
        Job::Move => Box::new(Carry::new(MoveKind::Move)),
    };
    Ok(Opened::Page(page, String::new()))
}

/// The page for an open order's papers.
pub(super) fn open_order(desk: &mut Desk<'_>, order: &Order) -> Result<Opened, StoreError> {
    let text = desk.say(Common::OrderOpened { number: &order.number });
    match order.direction {
        Direction::Inbound => Ok(match not_allowed(desk, Job::Receive) {
            Some(no) => Opened::Not(no),
            None => Opened::Page(Box::new(Receive::for_order(desk, order.clone())?), text),
        }),
        Direction::Outbound => Ok(Opened::Not(desk.say(Common::NoPageForThis))),
    }
}

/// The page that a scan on the home page begins by itself; the page is told of the scan next.
pub(super) fn begun_by(desk: &Desk<'_>, scan: &Scan) -> Result<Option<Opened>, StoreError> {
    if let Some(page) = Receive::begun_by(desk, scan)? {
        return Ok(Some(match not_allowed(desk, Job::Receive) {
            Some(no) => Opened::Not(no),
            None => Opened::Page(Box::new(page), String::new()),
        }));
    }
    Ok(Carry::begun_by(desk, scan)?.map(|page| Opened::Page(Box::new(page), String::new())))
}

fn not_allowed(desk: &Desk<'_>, job: Job) -> Option<String> {
    let job_name = job.label(desk.words);
    (desk.user.role < job.role()).then(|| desk.say(Common::NotYourJob { job: &job_name }))
}
