//! Home: the tiles with what waits, and the place where any scan opens the right job.

use super::jobs::{self, Job, Opened};
use super::resolve::Scan;
use super::screen::{Answer, Desk, Drawn, Frame, Next, Screen, button};
use super::view::{HomePage, Page, Tile};
use super::words::{Common, Words};
use crate::domain::Direction;
use crate::store::StoreError;
use chrono::Timelike;

/// The home page.
#[derive(Debug, Default)]
pub(super) struct Home {
    inbound: u64,
    outbound: u64,
    waiting: u64,
    /// The stock has not come to its end once.
    fetching: bool,
}

impl Home {
    fn detail(&self, job: Job, words: Words) -> String {
        let some = |count: u64| (count > 0).then(|| count.to_string());
        match job {
            Job::Receive => some(self.inbound).map(|count| words.say(Common::Due { count: &count })),
            Job::PutAway => some(self.waiting).map(|count| words.say(Common::Wait { count: &count })),
            Job::Pick => some(self.outbound).map(|count| words.say(Common::Due { count: &count })),
            _ => None,
        }
        .unwrap_or_default()
    }
}

impl Screen for Home {
    fn name(&self) -> &'static str {
        "home"
    }

    fn refresh(&mut self, desk: &mut Desk<'_>) -> Result<(), StoreError> {
        self.inbound = desk.store.count_open_orders(Direction::Inbound)?;
        self.outbound = desk.store.count_open_orders(Direction::Outbound)?;
        self.waiting = desk.store.count_dock_stock()?;
        self.fetching = desk.store.sync_status()?.site_as_of.is_none();
        Ok(())
    }

    fn on_scan(&mut self, desk: &mut Desk<'_>, scan: &Scan) -> Result<Answer, StoreError> {
        Ok(match jobs::begun_by(desk, scan)? {
            Some(Opened::Page(mut page, _)) => {
                let answer = page.on_scan(desk, scan)?;
                answer.then(Next::Open(page))
            }
            Some(Opened::Not(text)) => Answer::refused(text),
            None => Answer::pass(desk.say(Common::NoPageForThis)),
        })
    }

    fn gathers(&self) -> bool {
        true
    }

    fn on_tap(&mut self, _desk: &mut Desk<'_>, _id: &str) -> Result<Answer, StoreError> {
        Ok(Answer::silent())
    }

    fn view(&self, frame: &Frame<'_>) -> Drawn {
        let words = frame.words;
        let name = frame.user.name.split_whitespace().next().unwrap_or_default();
        let greeting = match frame.site.zone.local(frame.now).hour() {
            4..=11 => Common::Morning { name },
            12..=17 => Common::Afternoon { name },
            _ => Common::Evening { name },
        };
        let tiles = Job::ALL
            .into_iter()
            .filter(|job| frame.user.role >= job.role())
            .map(|job| Tile {
                id: job.tap().to_owned(),
                label: job.label(words),
                detail: self.detail(job, words),
            })
            .collect();
        let greeting = if self.fetching { Common::FetchingStock } else { greeting };
        let page = HomePage { greeting: words.say(greeting), tiles, hint: words.say(Common::ScanAnything) };
        Drawn {
            primary: Some(button("sign_out", words.say(Common::SignOut))),
            secondary: vec![button("hand_in", words.say(Common::HandIn))],
            ..Drawn::new(frame.site.name.clone(), Page::Home(page))
        }
    }
}
