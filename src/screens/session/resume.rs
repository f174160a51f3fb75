//! After a pulled battery: what was open and in hand comes back, and is never called saved.

use super::{Run, Session};
use crate::domain::User;
use crate::screens::jobs;
use crate::screens::kept::Kept;
use crate::screens::screen::{Answer, Next};
use crate::screens::sign_in::Verdict;
use crate::screens::words::Common;
use crate::store::StoreError;

/// Back within this time after the last thing done, an operator without a PIN need not scan the badge again: a battery
/// is changed in it, and a handheld that lies about is as long unlocked.
pub const RESUME_MS: i64 = 2 * 60_000;

impl Session {
    /// Keeps in the file what the page has open and in hand, where that changed.
    pub(super) fn keep(&mut self, run: &mut Run<'_>) -> Result<(), StoreError> {
        let Some(user) = &self.user else { return Ok(()) };
        let kept = self.stack.iter().rev().find_map(|page| page.kept());
        let record = kept.and_then(|kept| kept.record());
        if record != self.kept {
            run.store.keep_unfinished(user.id, run.now, record.as_deref())?;
            self.kept = record;
        }
        Ok(())
    }

    /// What was left when the device went out: its operator goes on at once, or is asked for the badge.
    pub(super) fn resume(&mut self, run: &mut Run<'_>) -> Result<Option<Answer>, StoreError> {
        let Some((user, at)) = self.cut_short(run)? else { return Ok(None) };
        let last = run.store.last_confirmed()?.map_or(at, |confirmed| confirmed.max(at));
        if user.pin.is_none() && (0..=RESUME_MS).contains(&run.now.ms_since(last)) {
            return self.follow(run, Verdict::Welcome(Box::new(user))).map(Some);
        }
        let text = Common::CutShort { name: &user.name };
        Ok(Some(Answer::question(self.words().say(text))))
    }

    /// Whose work was cut short last, and when.
    pub(super) fn cut_short(
        &self,
        run: &Run<'_>,
    ) -> Result<Option<(User, crate::domain::Timestamp)>, StoreError> {
        for row in run.store.unfinished()? {
            if let Some(user) = run.store.user(row.operator)?.filter(|user| user.active) {
                return Ok(Some((user, row.at)));
            }
        }
        Ok(None)
    }

    /// Opens the page that this operator was thrown out of; home is below it already.
    pub(super) fn reopen(&mut self, run: &mut Run<'_>, user: &User) -> Result<Option<Answer>, StoreError> {
        let row = run.store.unfinished()?.into_iter().find(|row| row.operator == user.id);
        self.kept = row.map(|row| row.record);
        let Some(kept) = self.kept.as_deref().and_then(Kept::read) else { return Ok(None) };
        let opened = self.with_top(run, |_, desk| jobs::reopen(desk, &kept))?.flatten();
        Ok(opened.map(|(page, answer)| answer.then(Next::Open(page))))
    }
}
