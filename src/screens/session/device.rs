//! What belongs to the device and not to a job: how it looks, which language it speaks, and handing it in.

use super::{Run, Session};
use crate::domain::Timestamp;
use crate::screens::screen::{Answer, Drawn, button};
use crate::screens::view::{Button, Page, SignInPage, Tone};
use crate::screens::words::{Common, Language, Words};
use crate::store::{Reader, StoreError};
use chrono::Timelike;

/// Hours of the site's clock in which an automatic screen is light.
const DAY_HOURS: std::ops::Range<u32> = 6..20;
const LOOK: &str = "look";
const LANGUAGE: &str = "language";

/// How the screen looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    /// By the site's clock.
    #[default]
    Auto,
    /// Dark on light.
    Day,
    /// Light on dark.
    Night,
}

impl Look {
    fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Day => "day",
            Self::Night => "night",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        [Self::Auto, Self::Day, Self::Night].into_iter().find(|look| look.name() == name)
    }

    fn words(self) -> Common<'static> {
        match self {
            Self::Auto => Common::LookAuto,
            Self::Day => Common::LookDay,
            Self::Night => Common::LookNight,
        }
    }
}

/// The language that was chosen on this device.
#[must_use]
pub fn chosen_language(store: &Reader) -> Option<Language> {
    store.setting(LANGUAGE).ok().flatten().and_then(|tag| Language::of_tag(&tag))
}

/// How far handing in is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HandIn {
    /// True once it was said that it is safe.
    safe: bool,
    /// Whose work is in hand here and not saved.
    open: Option<String>,
}

impl Session {
    pub(super) fn read_choices(&mut self, run: &Run<'_>) -> Result<(), StoreError> {
        let look = run.store.setting(LOOK)?.and_then(|name| Look::of_name(&name));
        self.look = look.unwrap_or(self.config.look);
        self.language = run.store.setting(LANGUAGE)?.and_then(|tag| Language::of_tag(&tag));
        Ok(())
    }

    pub(super) fn is_night(&self, now: Timestamp) -> bool {
        match self.look {
            Look::Auto => self.auto_is_night(now),
            look => look == Look::Night,
        }
    }

    /// Day, night, automatic. The first tap always changes something, so that nobody has to guess.
    pub(super) fn tap_look(&mut self, run: &mut Run<'_>) -> Result<Answer, StoreError> {
        let next = match (self.look, self.auto_is_night(run.now)) {
            (Look::Auto, true) | (Look::Night, false) => Look::Day,
            (Look::Auto, false) | (Look::Day, true) => Look::Night,
            (Look::Night, true) | (Look::Day, false) => Look::Auto,
        };
        run.store.keep_setting(LOOK, next.name())?;
        self.look = next;
        Ok(Answer::silent())
    }

    fn auto_is_night(&self, now: Timestamp) -> bool {
        self.site.as_ref().is_some_and(|site| !DAY_HOURS.contains(&site.zone.local(now).hour()))
    }

    fn look_button(&self, words: Words) -> Button {
        button("look", words.say(self.look.words()))
    }

    /// For all who have no language of their own.
    pub(super) fn tap_language(&mut self, run: &mut Run<'_>) -> Result<Answer, StoreError> {
        let next = self.words().language.other();
        run.store.keep_setting(LANGUAGE, next.tag())?;
        self.language = Some(next);
        // What was said in the other language is said no more.
        self.strip = None;
        self.with_top(run, |page, desk| page.refresh(desk))?;
        Ok(Answer::silent())
    }

    /// Saves what is in hand and signs out; what waits stays, and is sent as long as the device is on.
    pub(super) fn tap_hand_in(&mut self, run: &mut Run<'_>) -> Result<Answer, StoreError> {
        if self.user.is_some() {
            if let Err(answer) = self.leave_all(run)? {
                return Ok(answer);
            }
            self.sign_out(run)?;
        }
        self.handing_in = Some(HandIn { safe: false, open: None });
        self.read_status(run)?;
        Ok(self.hand_in(run)?.unwrap_or_else(|| Answer::note(self.words().say(Common::HandInTrying))))
    }

    /// The answer once it is safe, said once; `None` before and after.
    pub(super) fn hand_in(&mut self, run: &Run<'_>) -> Result<Option<Answer>, StoreError> {
        if self.handing_in.is_none() {
            return Ok(None);
        }
        let open = self.cut_short(run)?.map(|(user, _)| user.name);
        let safe = self.tally.pending == 0 && open.is_none();
        let said = self.handing_in.replace(HandIn { safe, open }).is_some_and(|before| before.safe);
        Ok((safe && !said).then(|| Answer::done(self.words().say(Common::HandInSafeSaid))))
    }

    /// The sync page is the device's own page too.
    pub(super) fn with_choices(&self, mut drawn: Drawn, words: Words) -> Drawn {
        if matches!(drawn.page, Page::Sync(_)) {
            drawn.secondary.push(button("hand_in", words.say(Common::HandIn)));
            drawn.secondary.push(self.look_button(words));
        }
        drawn
    }

    /// What is shown while nobody is signed in.
    pub(super) fn outside(&self, words: Words) -> Drawn {
        let mut drawn = self.sign_in.view(self.site.as_ref(), &self.config.device_name, words);
        if self.site.is_some() {
            let language = button("language", words.say(Common::OtherLanguage));
            drawn.secondary = vec![self.look_button(words), language];
        }
        let (Some(hand_in), Page::SignIn(page)) = (&self.handing_in, &mut drawn.page) else { return drawn };
        *page = hand_in_page(hand_in, self.tally.pending, &self.config.device_name, words);
        drawn.title = words.say(Common::HandIn);
        if self.tally.pending > 0 {
            drawn.primary = Some(button("sync_now", words.say(crate::screens::words::Syncing::TryNow)));
        }
        drawn
    }
}

fn hand_in_page(hand_in: &HandIn, pending: u64, device: &str, words: Words) -> SignInPage {
    let count = words.number(pending.try_into().unwrap_or(i64::MAX));
    let (prompt, detail, tone) = match &hand_in.open {
        _ if pending > 0 => {
            (Common::HandInWaits { count: &count }, words.say(Common::HandInKeepOn), Tone::Question)
        }
        Some(name) => {
            (Common::HandInOpen { name }, words.say(Common::HandInOpenWhy { name }), Tone::Question)
        }
        None => (Common::HandInSafe, words.say(Common::HandInAllSent { device }), Tone::Done),
    };
    SignInPage { prompt: words.say(prompt), detail, tone }
}
