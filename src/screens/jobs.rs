//! Which jobs there are, who may do them, and which page begins each. The only place that knows every page.

use super::calibrate::Calibrate;
use super::carry::Carry;
use super::dispatch::Dispatch;
use super::hold::HoldPage;
use super::kept::Kept;
use super::look_up::LookUp;
use super::orders::Orders;
use super::pick::{Pick, is_picked};
use super::receive::Receive;
use super::resolve::{Meaning, Scan};
use super::screen::{Answer, Desk, Screen};
use super::sync_status::SyncStatusPage;
use super::words::{Common, Loading, Picking, Scanner, Words};
use crate::domain::{Direction, MoveKind, Order, OrderStatus, Role};
use crate::store::StoreError;

/// A job on the home page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Goods-in.
    Receive,
    /// From the dock into storage.
    PutAway,
    /// The walk over an order's lines.
    Pick,
    /// From place to place.
    Move,
    /// Loading the truck.
    Dispatch,
    /// What, where, since when.
    LookUp,
    /// Stop something, or let it go.
    Hold,
    /// How safe everything is; behind the badge.
    Sync,
    /// How the scanner talks; behind the badge.
    Calibrate,
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
    pub const ALL: [Self; 7] =
        [Self::Receive, Self::PutAway, Self::Pick, Self::Move, Self::Dispatch, Self::LookUp, Self::Hold];

    /// What its tile sends.
    #[must_use]
    pub fn tap(self) -> &'static str {
        match self {
            Self::Receive => "tile:receive",
            Self::PutAway => "tile:put_away",
            Self::Pick => "tile:pick",
            Self::Move => "tile:move",
            Self::Dispatch => "tile:dispatch",
            Self::LookUp => "tile:look_up",
            Self::Hold => "tile:hold",
            Self::Sync => "badge",
            Self::Calibrate => "calibrate",
        }
    }

    /// Its name.
    #[must_use]
    pub fn label(self, words: Words) -> String {
        words.say(match self {
            Self::Receive => Common::TileReceive,
            Self::PutAway => Common::TilePutAway,
            Self::Pick => Common::TilePick,
            Self::Move => Common::TileMove,
            Self::Dispatch => Common::TileDispatch,
            Self::LookUp => Common::TileLookUp,
            Self::Hold => Common::TileHold,
            Self::Sync => Common::TileSync,
            Self::Calibrate => return words.say(Scanner::Title),
        })
    }

    /// The least role that may do it.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            Self::Receive => Role::Clerk,
            Self::Hold => Role::Supervisor,
            _ => Role::Picker,
        }
    }
}

/// The job that a tap opens, on whatever page.
pub(super) fn of_tap(id: &str) -> Option<Job> {
    Job::ALL.into_iter().chain([Job::Sync, Job::Calibrate]).find(|job| job.tap() == id)
}

/// The page where a job begins.
pub(super) fn open(desk: &Desk<'_>, job: Job) -> Result<Opened, StoreError> {
    if let Some(no) = not_allowed(desk, job) {
        return Ok(Opened::Not(no));
    }
    let page: Box<dyn Screen> = match job {
        Job::Receive | Job::Pick | Job::Dispatch => Box::new(Orders::new(job)),
        Job::PutAway => Box::new(Carry::new(MoveKind::PutAway)),
        Job::Move => Box::new(Carry::new(MoveKind::Move)),
        Job::LookUp => Box::new(LookUp::default()),
        Job::Hold => Box::new(HoldPage::default()),
        Job::Sync => Box::new(SyncStatusPage::default()),
        Job::Calibrate => Box::new(Calibrate::default()),
    };
    Ok(Opened::Page(page, String::new()))
}

/// The page for an open order's papers: what is picked already is loaded.
pub(super) fn open_order(desk: &mut Desk<'_>, order: &Order) -> Result<Opened, StoreError> {
    let job = match order.direction {
        Direction::Inbound => Job::Receive,
        Direction::Outbound if is_picked(desk.store, order)? => Job::Dispatch,
        Direction::Outbound => Job::Pick,
    };
    open_order_for(desk, order, job)
}

/// The page for an open order in that job.
pub(super) fn open_order_for(desk: &mut Desk<'_>, order: &Order, job: Job) -> Result<Opened, StoreError> {
    if let Some(no) = not_allowed(desk, job) {
        return Ok(Opened::Not(no));
    }
    let order = order.clone();
    let text = desk.say(Common::OrderOpened { number: &order.number });
    let page: Box<dyn Screen> = match job {
        Job::Dispatch => Box::new(Dispatch::for_order(desk, order)?),
        Job::Pick => Box::new(Pick::for_order(desk, order)?),
        _ => Box::new(Receive::for_order(desk, order)?),
    };
    Ok(Opened::Page(page, text))
}

/// A page that is open again, and what it says of what was in hand.
pub(super) type Reopened = (Box<dyn Screen>, Answer);

/// The page that was open when the device went out, with what was in hand, and words that do not call it saved.
pub(super) fn reopen(desk: &mut Desk<'_>, kept: &Kept) -> Result<Option<Reopened>, StoreError> {
    let open = |desk: &Desk<'_>, id| {
        Ok::<_, StoreError>(desk.store.order(id)?.filter(|order| order.status == OrderStatus::Open))
    };
    Ok(match kept {
        Kept::Receive(kept) => {
            let (page, answer) = Receive::reopen(desk, kept)?;
            Some((Box::new(page), answer))
        }
        Kept::Carry(kept) => {
            let (page, answer) = Carry::reopen(desk, kept)?;
            Some((Box::new(page), answer))
        }
        Kept::Pick(kept) => match open(desk, kept.order)? {
            Some(order) => {
                let title = desk.say(Picking::Order { number: &order.number });
                let page = Pick::reopen(desk, order, kept)?;
                Some((Box::new(page), back_again(desk, &title)))
            }
            None => None,
        },
        Kept::Dispatch { order } => match open(desk, *order)? {
            Some(order) => {
                let title = desk.say(Loading::Order { number: &order.number });
                Some((Box::new(Dispatch::for_order(desk, order)?), back_again(desk, &title)))
            }
            None => None,
        },
    })
}

/// Nothing was in hand.
pub(super) fn back_again(desk: &Desk<'_>, title: &str) -> Answer {
    Answer::note(desk.say(Common::BackAgain { title }))
}

/// The page that a scan on the home page begins by itself; the page is told of the scan next.
pub(super) fn begun_by(desk: &Desk<'_>, scan: &Scan) -> Result<Option<Opened>, StoreError> {
    if let Some(page) = Receive::begun_by(desk, scan)? {
        return Ok(Some(match not_allowed(desk, Job::Receive) {
            Some(no) => Opened::Not(no),
            None => Opened::Page(Box::new(page), String::new()),
        }));
    }
    if let Some(page) = Carry::begun_by(desk, scan)? {
        return Ok(Some(Opened::Page(Box::new(page), String::new())));
    }
    let is_thing = matches!(scan.meaning, Meaning::Goods(_) | Meaning::Location(_) | Meaning::Hu(..));
    Ok(is_thing.then(|| Opened::Page(Box::new(LookUp::default()), String::new())))
}

fn not_allowed(desk: &Desk<'_>, job: Job) -> Option<String> {
    let job_name = job.label(desk.words);
    (desk.user.role < job.role()).then(|| desk.say(Common::NotYourJob { job: &job_name }))
}
