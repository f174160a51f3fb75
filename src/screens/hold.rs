//! Hold and release: a supervisor stops a lot, a place or a pallet on every device, and lets it go again.

use super::ages::frame_of;
use super::gather::ask_for;
use super::look_up::{Subject, answer, blank, describe, open_holds};
use super::resolve::{Meaning, Scan};
use super::screen::{Answer, Desk, Drawn, Frame, Screen, button};
use super::view::{Button, LookUpPage, Page, Row, Section, Sheet, Tone};
use super::words::{Holding, Words, reason_id, reason_of_id};
use crate::domain::{EventId, HoldKind, HoldState, HoldTarget, Reason, Role};
use crate::ledger::{RELEASE_ROLE_MIN, command};
use crate::store::StoreError;

/// Open stops in sight before the first scan.
const ROWS: usize = 5;
/// Why something is stopped.
const WHY: [Reason; 5] =
    [Reason::Quality, Reason::Damaged, Reason::Temperature, Reason::Expired, Reason::Other];
/// Why a stop may end.
const RELEASE: [Reason; 3] = [Reason::Checked, Reason::Agreed, Reason::Other];

/// What is asked.
#[derive(Debug, Clone, Copy)]
enum Question {
    Kind,
    Why(HoldKind),
    Release(EventId),
}

/// The page that stops things.
#[derive(Default)]
pub(super) struct HoldPage {
    subject: Option<Subject>,
    page: Option<LookUpPage>,
    /// The subject's name in a sentence.
    name: String,
    /// Open stops on the subject, or everywhere before the first scan; and whether their release is on its way.
    open: Vec<(HoldState, bool)>,
    question: Option<Question>,
}

impl HoldPage {
    /// The page for something that was looked up.
    pub(super) fn for_subject(subject: Subject) -> Self {
        Self { subject: Some(subject), ..Self::default() }
    }

    /// True for those who may hold and release.
    pub(super) fn may(role: Role) -> bool {
        role >= RELEASE_ROLE_MIN
    }

    /// What everybody else is told.
    pub(super) fn only_supervisors(words: Words) -> String {
        words.say(Holding::OnlySupervisor)
    }

    fn target(&self) -> Option<HoldTarget> {
        self.subject.as_ref().and_then(Subject::target)
    }

    fn read(&mut self, desk: &Desk<'_>) -> Result<(), StoreError> {
        let holds = match (&self.subject, self.target()) {
            (Some(subject), Some(target)) => {
                self.page = Some(describe(desk.store, subject, &frame_of(desk))?);
                self.name = subject.name(desk.store, desk.words)?;
                open_holds(desk.store, &target)?
            }
            _ => {
                let mut holds = desk.store.holds()?;
                self.page = Some(overview(desk, &holds)?);
                holds.truncate(ROWS);
                holds
            }
        };
        self.open.clear();
        for state in holds {
            let pending = desk.store.release_pending(state.id)?;
            self.open.push((state, pending));
        }
        Ok(())
    }

    fn place(&mut self, desk: &mut Desk<'_>, kind: HoldKind, reason: Reason) -> Result<Answer, StoreError> {
        let Some(target) = self.target() else { return Ok(Answer::refused(desk.say(Holding::ScanAgain))) };
        let Ok(body) = command::hold(desk.user.role, target, kind, reason, String::new()) else {
            return Ok(Answer::refused(Self::only_supervisors(desk.words)));
        };
        desk.confirm(body)?;
        self.question = None;
        self.read(desk)?;
        Ok(Answer::accepted(desk.say(Holding::Held { what: &self.name })).undoable())
    }

    fn release(&mut self, desk: &mut Desk<'_>, id: EventId, reason: Reason) -> Result<Answer, StoreError> {
        let what = self.name.clone();
        self.question = None;
        let Some((state, pending)) = self.open.iter().find(|(state, _)| state.id == id).cloned() else {
            return Ok(Answer::silent());
        };
        match command::release(desk.user.role, &state, pending, reason) {
            Ok(body) => {
                desk.confirm(body)?;
                self.read(desk)?;
                Ok(Answer::accepted(desk.say(Holding::ReleaseSent { what: &what })))
            }
            Err(command::Refusal::NotAllowed { .. }) => {
                Ok(Answer::refused(Self::only_supervisors(desk.words)))
            }
            Err(_) => Ok(Answer::refused(desk.say(Holding::ReleaseWaits { what: &what }))),
        }
    }

    /// Asks for the end of the gravest stop that nobody has asked for yet.
    fn ask_release(&mut self, desk: &Desk<'_>) -> Answer {
        let what = &self.name;
        let text = match self.open.iter().find(|(_, pending)| !pending) {
            Some((state, _)) => {
                let text = desk.say(Holding::QRelease { what });
                self.question = Some(Question::Release(state.id));
                return Answer::question(text);
            }
            None if self.open.is_empty() => desk.say(Holding::NotStopped { what }),
            None => desk.say(Holding::ReleaseWaits { what }),
        };
        Answer::refused(text)
    }

    fn sheet(&self, asked: Question, words: Words) -> Sheet {
        let what = &self.name;
        let why = |reasons: &[Reason]| -> Vec<Button> {
            reasons
                .iter()
                .map(|reason| button(&reason_id(*reason), words.reason(*reason).to_owned()))
                .collect()
        };
        let (title, mut answers) = match asked {
            Question::Kind => {
                let kinds = KINDS.iter().map(|(id, kind)| button(id, words.say(kind_words(*kind)))).collect();
                (words.say(Holding::QKind { what }), kinds)
            }
            Question::Why(_) => (words.say(Holding::QWhy), why(&WHY)),
            Question::Release(_) => (words.say(Holding::QRelease { what }), why(&RELEASE)),
        };
        answers.push(button("leave", words.say(Holding::Leave)));
        Sheet { tone: Tone::Question, title, facts: Vec::new(), note: String::new(), answers }
    }
}

const KINDS: [(&str, HoldKind); 4] = [
    ("kind:hold", HoldKind::Hold),
    ("kind:quarantine", HoldKind::Quarantine),
    ("kind:damaged", HoldKind::Damaged),
    ("kind:recall", HoldKind::Recall),
];

fn kind_words(kind: HoldKind) -> Holding<'static> {
    match kind {
        HoldKind::Hold => Holding::KindHold,
        HoldKind::Quarantine => Holding::KindQuarantine,
        HoldKind::Damaged => Holding::KindDamaged,
        HoldKind::Recall => Holding::KindRecall,
    }
}

/// What is stopped now, newest first.
fn overview(desk: &Desk<'_>, holds: &[HoldState]) -> Result<LookUpPage, StoreError> {
    let mut page = blank(desk.say(Holding::ScanTarget));
    if holds.is_empty() {
        return Ok(page);
    }
    page.heading = desk.say(Holding::ScanTarget);
    let mut rows = Vec::new();
    for (index, state) in holds.iter().take(ROWS).enumerate() {
        let subject = describe(desk.store, &Subject::of_target(&state.hold.target), &frame_of(desk))?;
        rows.push(Row {
            id: format!("open:{index}"),
            title: subject.heading,
            detail: desk.words.reason(state.hold.reason).to_owned(),
            value: desk.say(kind_words(state.hold.kind)),
            tone: Tone::Refused,
        });
    }
    page.sections.push(Section { title: desk.say(Holding::StoppedNow), rows });
    Ok(page)
}

impl Screen for HoldPage {
    fn name(&self) -> &'static str {
        "hold"
    }

    fn refresh(&mut self, desk: &mut Desk<'_>) -> Result<(), StoreError> {
        self.read(desk)
    }

    fn on_scan(&mut self, desk: &mut Desk<'_>, scan: &Scan) -> Result<Answer, StoreError> {
        let subject = match Subject::of(scan) {
            Some(Subject::Item(_)) => {
                let asked = match &scan.meaning {
                    Meaning::Goods(label) => ask_for(label, desk.words),
                    _ => None,
                };
                return Ok(asked.unwrap_or_else(|| Answer::pass(desk.say(Holding::ScanAgain))));
            }
            Some(Subject::Order(_)) | None => return Ok(Answer::pass(desk.say(Holding::ScanAgain))),
            Some(subject) => subject,
        };
        self.subject = Some(subject);
        self.question = None;
        self.read(desk)?;
        if self.open.is_empty() {
            return Ok(self
                .page
                .as_ref()
                .map_or_else(Answer::silent, |page| answer(page, &self.name, desk.words)));
        }
        Ok(Answer::question(desk.say(Holding::Stopped { what: &self.name })))
    }

    fn gathers(&self) -> bool {
        true
    }

    fn on_tap(&mut self, desk: &mut Desk<'_>, id: &str) -> Result<Answer, StoreError> {
        if let Some(reason) = reason_of_id(id) {
            return match self.question {
                Some(Question::Why(kind)) => self.place(desk, kind, reason),
                Some(Question::Release(hold)) => self.release(desk, hold, reason),
                _ => Ok(Answer::silent()),
            };
        }
        if let Some((_, kind)) = KINDS.iter().find(|(name, _)| *name == id) {
            if *kind == HoldKind::Recall {
                return self.place(desk, *kind, Reason::Recall);
            }
            self.question = Some(Question::Why(*kind));
            return Ok(Answer::silent());
        }
        if let Some(index) = id.strip_prefix("open:").and_then(|index| index.parse::<usize>().ok()) {
            if let Some((state, _)) = self.open.get(index) {
                self.subject = Some(Subject::of_target(&state.hold.target));
                self.read(desk)?;
            }
            return Ok(Answer::silent());
        }
        match id {
            "hold" if self.target().is_some() => {
                self.question = Some(Question::Kind);
                Ok(Answer::silent())
            }
            "release" => Ok(self.ask_release(desk)),
            "leave" => {
                self.question = None;
                Ok(Answer::silent())
            }
            _ => Ok(Answer::silent()),
        }
    }

    fn view(&self, frame: &Frame<'_>) -> Drawn {
        let words = frame.words;
        let page = self.page.clone().unwrap_or_else(|| blank(words.say(Holding::ScanTarget)));
        let mut drawn = Drawn::new(words.say(Holding::Title), Page::Hold(page));
        if self.target().is_some() {
            if self.open.is_empty() {
                drawn.primary = Some(button("hold", words.say(Holding::Hold)));
            } else {
                drawn.primary = Some(button("release", words.say(Holding::Release)));
                drawn.secondary.push(button("hold", words.say(Holding::Hold)));
            }
        }
        drawn.sheet = self.question.map(|asked| self.sheet(asked, words));
        drawn
    }
}
