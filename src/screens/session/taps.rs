//! Taps that work on every page: keys, undo, back, jobs.

use super::{Run, Session};
use crate::domain::{Body, Unit};
use crate::ledger::command;
use crate::screens::entry::{Asked, Entry, Key};
use crate::screens::jobs;
use crate::screens::message::refusal_words;
use crate::screens::screen::{Answer, Next};
use crate::screens::what::what;
use crate::screens::words::Common;
use crate::store::StoreError;

impl Session {
    pub(super) fn on_tap(&mut self, run: &mut Run<'_>, id: &str) -> Result<Answer, StoreError> {
        if let Some(key) = id.strip_prefix("key:") {
            return self.on_key(run, key);
        }
        self.entry = None;
        if let Some(answer) = self.answer_lot(run, id)? {
            return Ok(answer);
        }
        match id {
            "type" => {
                let entry = Entry::new(Asked::Code, self.words().say(Common::TypeCode));
                Ok(Answer::silent().asking(entry))
            }
            "undo" => self.undo(run),
            "back" => self.back(run),
            "sign_out" => self.tap_sign_out(run),
            "hand_in" => self.tap_hand_in(run),
            "look" => self.tap_look(run),
            "language" => self.tap_language(run),
            "sync_now" if self.user.is_none() => Ok(Answer::note(self.words().say(Common::HandInTrying))),
            _ => match jobs::of_tap(id) {
                Some(job) => {
                    let opened = self.with_top(run, |_, desk| jobs::open(desk, job))?;
                    Ok(match opened {
                        Some(jobs::Opened::Page(page, _)) => Answer::silent().then(Next::Open(page)),
                        Some(jobs::Opened::Not(text)) => Answer::refused(text),
                        None => Answer::silent(),
                    })
                }
                None => {
                    let answer = self.with_top(run, |page, desk| page.on_tap(desk, id))?;
                    Ok(answer.unwrap_or_else(Answer::silent))
                }
            },
        }
    }

    pub(super) fn on_key(&mut self, run: &mut Run<'_>, key: &str) -> Result<Answer, StoreError> {
        let Some(mut entry) = self.entry.take() else { return Ok(Answer::silent()) };
        match entry.key(key) {
            Key::Typed => Ok(Answer::silent().asking(entry)),
            Key::Cancel => {
                self.sign_in.forget();
                if let Some(page) = self.stack.last_mut() {
                    page.on_cancel();
                }
                Ok(Answer::silent())
            }
            Key::Ok(text) if entry.asked == Asked::Code => self.on_bytes(run, text.as_bytes()),
            Key::Ok(text) if self.user.is_none() => {
                let words = self.words();
                let (now, site) = (run.now, self.site.as_ref());
                let verdict = self.sign_in.on_pin(run.store, entry, &text, now, site, words)?;
                self.follow(run, verdict)
            }
            Key::Ok(text) => {
                let kept = Entry { text: text.clone(), ..entry.clone() };
                match self.with_top(run, |page, desk| page.on_entry(desk, entry, &text)) {
                    Ok(answer) => Ok(answer.unwrap_or_else(Answer::silent)),
                    Err(error) => Ok(self.failed(run, &error).asking(kept)),
                }
            }
        }
    }

    /// What is in hand is dropped; else the last thing of this operator in this session is taken back, by an event.
    pub(super) fn undo(&mut self, run: &mut Run<'_>) -> Result<Answer, StoreError> {
        let words = self.words();
        let waits = self.gather.named(run.now, words);
        self.gather.forget();
        if let Some(dropped) = waits {
            return Ok(Answer::note(words.say(Common::Dropped { what: &dropped })));
        }
        if let Some(dropped) = self.stack.last_mut().and_then(|page| page.drop_in_hand(words)) {
            return Ok(Answer::note(words.say(Common::Dropped { what: &dropped })));
        }
        let since = self.signed_in;
        let answer = self.with_top(run, |page, desk| {
            let Some(event) = desk.store.last_undoable(desk.user.id, since)? else {
                return Ok(Answer::refused(desk.say(Common::NothingToUndo)));
            };
            let body = match command::undo(desk.user.role, &event, false) {
                Ok(body) => body,
                Err(refusal) => return Ok(Answer::refused(refusal_words(&refusal, Unit::Each, desk.words))),
            };
            let taken_back = what(desk.store, &event.body, desk.words)?;
            desk.confirm(body)?;
            // It is taken back; what the page shows is read again with the next input at the latest.
            if let Err(error) = page.undone(desk, &event.body) {
                desk.store.note(&error);
            }
            // What was stopped stays so until the server agrees, also here.
            let text = match event.body {
                Body::Hold(_) => Common::HoldTakenBack,
                _ => Common::TakenBack { what: &taken_back },
            };
            Ok(Answer::accepted(desk.say(text)))
        })?;
        Ok(answer.unwrap_or_else(Answer::silent))
    }
}
