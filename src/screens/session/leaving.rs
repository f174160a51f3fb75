//! Coming and going: what is in hand is saved before another job or another person begins.

use super::{Run, Session};
use crate::domain::User;
use crate::screens::home::Home;
use crate::screens::jobs;
use crate::screens::screen::{Answer, Desk, Leave, Next};
use crate::screens::sign_in::Verdict;
use crate::screens::words::Common;
use crate::store::StoreError;

impl Session {
    /// Saves what is in hand on every page above home, from the top down, and closes them; `Err` with the page's words
    /// where one cannot be left yet.
    pub(super) fn leave_all(&mut self, run: &mut Run<'_>) -> Result<Result<String, Answer>, StoreError> {
        let mut saved = String::new();
        loop {
            match self.with_top(run, |page, desk| page.leave(desk))? {
                Some(Leave::NotYet(answer)) => return Ok(Err(answer)),
                Some(Leave::Ready(words) | Leave::Saved(words)) => saved = join(&saved, &words),
                None => {}
            }
            if self.stack.len() < 2 {
                return Ok(Ok(saved));
            }
            self.stack.pop();
        }
    }

    /// Saves the work in hand, then opens another job over home.
    pub(super) fn leave_for(
        &mut self,
        run: &mut Run<'_>,
        open: impl FnOnce(&mut Desk<'_>) -> Result<jobs::Opened, StoreError>,
    ) -> Result<Answer, StoreError> {
        // What cannot be opened leaves everything as it is.
        let (page, text) = match self.with_top(run, |_, desk| open(desk))? {
            Some(jobs::Opened::Page(page, text)) => (page, text),
            Some(jobs::Opened::Not(text)) => return Ok(Answer::refused(text)),
            None => return Ok(Answer::silent()),
        };
        Ok(match self.leave_all(run)? {
            Ok(saved) => Answer::accepted(join(&saved, &text)).then(Next::Open(page)),
            Err(answer) => answer,
        })
    }

    /// Saves the work in hand and closes the page on top.
    pub(super) fn back(&mut self, run: &mut Run<'_>) -> Result<Answer, StoreError> {
        if self.stack.len() < 2 {
            return Ok(Answer::silent());
        }
        let answer = match self.with_top(run, |page, desk| page.leave(desk))? {
            Some(Leave::NotYet(answer)) => return Ok(answer),
            Some(Leave::Saved(words)) => Answer::accepted(words).undoable(),
            Some(Leave::Ready(words)) => Answer::note(words),
            None => Answer::silent(),
        };
        Ok(answer.then(Next::Close))
    }

    /// What the server changed may concern the page on top, and the operator.
    pub(super) fn sync_changed(&mut self, run: &mut Run<'_>) -> Result<Option<Answer>, StoreError> {
        if let Some(user) = &self.user {
            match run.store.user(user.id)? {
                Some(user) if !user.active => {
                    // What came in before is a fact; what cannot be saved now was never called saved.
                    let _ = self.leave_all(run)?;
                    let text = self.words().say(Common::BadgeEnded { name: &user.name });
                    self.sign_out(run)?;
                    return Ok(Some(Answer::refused(text)));
                }
                Some(user) => self.user = Some(user),
                None => {}
            }
        }
        self.with_top(run, |page, desk| page.refresh(desk))?;
        self.hand_in(run)
    }

    pub(super) fn change_user(&mut self, run: &mut Run<'_>, user: &User) -> Result<Answer, StoreError> {
        if let Err(answer) = self.leave_all(run)? {
            return Ok(answer);
        }
        self.sign_out(run)?;
        let words = self.words();
        let verdict = self.sign_in.on_badge(run.store, user, run.now, self.site.as_ref(), words)?;
        self.follow(run, verdict)
    }

    pub(super) fn tap_sign_out(&mut self, run: &mut Run<'_>) -> Result<Answer, StoreError> {
        Ok(match self.leave_all(run)? {
            Ok(_) => {
                let text = self.words().say(Common::SignedOut);
                self.sign_out(run)?;
                Answer::note(text)
            }
            Err(answer) => answer,
        })
    }

    pub(super) fn follow(&mut self, run: &mut Run<'_>, verdict: Verdict) -> Result<Answer, StoreError> {
        match verdict {
            Verdict::Answer(answer) => Ok(answer),
            Verdict::Welcome(user) => {
                let user = *user;
                self.user = Some(user.clone());
                self.signed_in = run.now;
                self.stack.clear();
                self.stack.push(Box::new(Home::default()));
                self.handing_in = None;
                self.read_status(run)?;
                if let Some(answer) = self.reopen(run, &user)? {
                    return Ok(answer);
                }
                let text = self.words().say(Common::Welcome { name: &user.name });
                let home = Box::new(Home::default());
                Ok(Answer::accepted(text).then(Next::Replace(home)))
            }
        }
    }

    /// What could be saved is saved; what is forgotten here was told to be dropped.
    pub(super) fn sign_out(&mut self, run: &mut Run<'_>) -> Result<(), StoreError> {
        self.stack.clear();
        self.keep(run)?;
        self.user = None;
        self.entry = None;
        self.gather.forget();
        self.sign_in.forget();
        Ok(())
    }
}

/// Two sentences, of which either may be empty.
fn join(first: &str, second: &str) -> String {
    [first, second].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
}
