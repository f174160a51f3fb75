//! Scans: bounces, the page on top, the job a scan belongs to, and codes that nobody knows.

use super::{Input, PARK_BYTES_MAX, Run, Session};
use crate::barcode::{read, symbols};
use crate::domain::{Body, OrderStatus, Park, Timestamp};
use crate::screens::jobs;
use crate::screens::resolve::{Meaning, Scan, resolve};
use crate::screens::screen::{Answer, EventIds, Next};
use crate::screens::view::{Strip, Tone, View};
use crate::screens::words::Common;
use crate::store::{Store, StoreError};
use std::fmt::Write as _;

impl Session {
    /// Answers several symbols in one burst as if they had been scanned one after the other; `None` for one.
    ///
    /// A refusal in the middle is not covered by what follows it.
    pub(super) fn several(
        &mut self,
        store: &mut Store,
        input: &Input,
        now: Timestamp,
        ids: &mut dyn EventIds,
    ) -> Option<View> {
        let Input::Scan { bytes } = input else { return None };
        let parts = symbols(bytes, &self.config.profile);
        if parts.len() < 2 {
            return None;
        }
        let mut refused: Vec<String> = Vec::new();
        for part in parts {
            self.handle(store, Input::Scan { bytes: part.to_vec() }, now, ids);
            let strip = self.strip.as_ref().filter(|_| self.flash.tone == Tone::Refused);
            refused.extend(strip.map(|strip| strip.text.clone()));
        }
        if let (Some(strip), Some(first), true) =
            (&mut self.strip, refused.first(), self.flash.tone != Tone::Refused)
        {
            *strip = Strip { tone: Tone::Refused, text: format!("{first} {}", strip.text), ..strip.clone() };
            self.flash.tone = Tone::Refused;
        }
        Some(self.view(now))
    }

    pub(super) fn on_symbol(&mut self, run: &mut Run<'_>, bytes: &[u8]) -> Result<Answer, StoreError> {
        let bounced = self.last_scan.as_ref().is_some_and(|(last, at)| {
            last == bytes && (0..self.config.bounce_ms).contains(&run.now.ms_since(*at))
        });
        // A trigger that is held down goes on bouncing: the window begins again with each read.
        self.last_scan = Some((bytes.to_vec(), run.now));
        if bounced {
            let keep = self.entry.take();
            let note = Answer::note(self.words().say(Common::Bounce));
            return Ok(Answer { ask: keep, ..note });
        }
        self.on_bytes(run, bytes)
    }

    pub(super) fn on_bytes(&mut self, run: &mut Run<'_>, bytes: &[u8]) -> Result<Answer, StoreError> {
        let words = self.words();
        if bytes.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
            return Ok(Answer { ask: self.entry.take(), ..Answer::refused(words.say(Common::EmptyScan)) });
        }
        let profile = &self.config.profile;
        let scan = resolve(run.store, read(bytes, profile, self.today(run.now)), profile)?;
        if self.user.is_none() {
            let verdict = self.sign_in.on_scan(run.store, &scan, run.now, self.site.as_ref(), words)?;
            return self.follow(run, verdict);
        }
        if let Some(question) = self.ask_lot(run, &scan)? {
            return Ok(question);
        }
        self.told(run, scan, bytes)
    }

    /// What the page on top makes of a scan, or whoever else has a use for it.
    pub(super) fn told(&mut self, run: &mut Run<'_>, scan: Scan, bytes: &[u8]) -> Result<Answer, StoreError> {
        let (scan, answer) = self.tell_page(run, scan)?;
        let answer = match answer.next {
            Next::Pass => self.pass_on(run, &scan, bytes, answer.text)?,
            _ => answer,
        };
        // An open keypad stays where the scan changed nothing.
        let stays = answer.tone == Tone::Refused && answer.ask.is_none() && matches!(answer.next, Next::Stay);
        Ok(if stays { Answer { ask: self.entry.take(), ..answer } } else { answer })
    }

    /// What the page has no use for opens its own job; what nobody knows is kept.
    pub(super) fn pass_on(
        &mut self,
        run: &mut Run<'_>,
        scan: &Scan,
        bytes: &[u8],
        why: String,
    ) -> Result<Answer, StoreError> {
        let words = self.words();
        match &scan.meaning {
            Meaning::Badge(user) => self.change_user(run, user),
            Meaning::Order(order) => match order.status {
                OrderStatus::Closed => {
                    Ok(Answer::refused(words.say(Common::OrderClosed { number: &order.number })))
                }
                OrderStatus::Cancelled => {
                    Ok(Answer::refused(words.say(Common::OrderCancelled { number: &order.number })))
                }
                OrderStatus::Open => self.leave_for(run, |desk| jobs::open_order(desk, order)),
            },
            Meaning::Unknown => {
                let parked = self.park(run, bytes)?;
                // A label with rules of its own that breaks them is no unknown code.
                let reading = &scan.reading;
                let ruled = reading.symbology().is_gs1() || reading.symbology().is_trade();
                let broken = !reading.is_ok() && (ruled || reading.elements().len() > 0);
                Ok(if broken { Answer::refused(words.say(Common::Broken)) } else { parked })
            }
            Meaning::SeveralLots(lots) => {
                let lot = lots.first().and_then(|key| key.lot.as_ref()).map_or("", |lot| lot.as_str());
                Ok(Answer::refused(words.say(Common::SeveralItems { lot })))
            }
            _ => Ok(Answer::refused(why)),
        }
    }

    pub(super) fn park(&mut self, run: &mut Run<'_>, bytes: &[u8]) -> Result<Answer, StoreError> {
        let kept = bytes.get(..PARK_BYTES_MAX).unwrap_or(bytes);
        let bytes_hex = kept.iter().fold(String::with_capacity(kept.len() * 2), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        self.with_top(run, |page, desk| {
            desk.confirm(Body::Park(Park { bytes_hex, screen: page.name().to_owned() }))
        })?;
        Ok(Answer::refused(self.words().say(Common::Parked)))
    }
}
