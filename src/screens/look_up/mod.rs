//! Look up: scan anything, and read what it is, where it is, since when, where it came from and where it went.

mod describe;
mod subject;

pub(super) use describe::{describe, open_holds};
pub(super) use subject::Subject;

use super::ages::frame_of;
use super::hold::HoldPage;
use super::jobs::{Opened, open_order};
use super::resolve::Scan;
use super::screen::{Answer, Desk, Drawn, Frame, Next, Screen, button};
use super::view::{Button, LookUpPage, Page, Tone};
use super::words::{Common, Looking, Words};
use crate::domain::{Direction, OrderStatus};
use crate::store::StoreError;

/// The page that answers what a thing is.
#[derive(Default)]
pub(super) struct LookUp {
    subject: Option<Subject>,
    page: Option<LookUpPage>,
    /// What can be done with it.
    next: Option<Button>,
}

/// Before the first scan.
pub(super) fn blank(prompt: String) -> LookUpPage {
    LookUpPage {
        prompt,
        heading: String::new(),
        status: String::new(),
        tone: Tone::Quiet,
        facts: Vec::new(),
        sections: Vec::new(),
        as_of: String::new(),
    }
}

impl LookUp {
    fn read(&mut self, desk: &Desk<'_>) -> Result<(), StoreError> {
        let Some(subject) = &self.subject else { return Ok(()) };
        self.page = Some(describe(desk.store, subject, &frame_of(desk))?);
        self.next = match subject {
            Subject::Order(id) => match desk.store.order(*id)? {
                Some(order) if order.status == OrderStatus::Open => Some(button(
                    "open",
                    desk.say(match order.direction {
                        Direction::Inbound => Looking::ReceiveIt,
                        Direction::Outbound => Looking::PickIt,
                    }),
                )),
                _ => None,
            },
            Subject::Item(_) => None,
            _ => Some(button("hold", desk.say(Looking::HoldIt))),
        };
        Ok(())
    }
}

/// Green where it is in order, red where it is stopped or expired.
pub(super) fn answer(page: &LookUpPage, what: &str, words: Words) -> Answer {
    match page.tone {
        Tone::Refused => return Answer::refused(format!("{what}: {}.", page.status)),
        Tone::Question => return Answer::question(format!("{what}: {}", page.status)),
        _ => {}
    }
    Answer::accepted(words.say(Looking::Found { what }))
}

impl Screen for LookUp {
    fn name(&self) -> &'static str {
        "look_up"
    }

    fn refresh(&mut self, desk: &mut Desk<'_>) -> Result<(), StoreError> {
        self.read(desk)
    }

    fn on_scan(&mut self, desk: &mut Desk<'_>, scan: &Scan) -> Result<Answer, StoreError> {
        let Some(subject) = Subject::of(scan) else {
            return Ok(Answer::pass(desk.say(Looking::NotKnown)));
        };
        let what = subject.name(desk.store, desk.words)?;
        self.subject = Some(subject);
        self.read(desk)?;
        Ok(self.page.as_ref().map_or_else(Answer::silent, |page| answer(page, &what, desk.words)))
    }

    fn gathers(&self) -> bool {
        true
    }

    fn on_tap(&mut self, desk: &mut Desk<'_>, id: &str) -> Result<Answer, StoreError> {
        match (id, &self.subject) {
            ("hold", Some(subject)) => {
                if !HoldPage::may(desk.user.role) {
                    return Ok(Answer::refused(HoldPage::only_supervisors(desk.words)));
                }
                let page = HoldPage::for_subject(subject.clone());
                Ok(Answer::silent().then(Next::Open(Box::new(page))))
            }
            ("open", Some(Subject::Order(id))) => {
                let Some(order) = desk.store.order(*id)?.filter(|order| order.status == OrderStatus::Open)
                else {
                    return Ok(Answer::refused(desk.say(Common::NoPageForThis)));
                };
                Ok(match open_order(desk, &order)? {
                    Opened::Page(page, text) => Answer::accepted(text).then(Next::Replace(page)),
                    Opened::Not(text) => Answer::refused(text),
                })
            }
            _ => Ok(Answer::silent()),
        }
    }

    fn view(&self, frame: &Frame<'_>) -> Drawn {
        let words = frame.words;
        let page = self.page.clone().unwrap_or_else(|| blank(words.say(Looking::ScanAnything)));
        let mut drawn = Drawn::new(words.say(Looking::Title), Page::LookUp(page));
        drawn.primary = self.next.clone();
        drawn
    }
}
