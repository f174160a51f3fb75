//! Plays a flow's steps to a session.

use super::fill::fill_demo;
use super::{Count, Step, compare};
use crate::domain::Timestamp;
use crate::screens::{EventIds, Input, Session, SessionConfig, View};
use crate::store::{Store, StoreError};
use std::fmt;

/// Milliseconds between two inputs where the flow does not say: a quick, deliberate hand.
pub const PACE_MS: i64 = 2_000;

/// Why a flow does not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowError {
    /// The line of the flow file.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for FlowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for FlowError {}

/// A session that is played to.
pub struct Runner<'a> {
    store: &'a mut Store,
    ids: &'a mut dyn EventIds,
    config: SessionConfig,
    session: Session,
    now: Timestamp,
    wait_ms: i64,
    scans: u32,
    taps: u32,
}

impl<'a> Runner<'a> {
    /// A session that begins at `now`.
    pub fn new(
        store: &'a mut Store,
        ids: &'a mut dyn EventIds,
        config: SessionConfig,
        now: Timestamp,
    ) -> Self {
        let session = Session::new(config.clone());
        Self { store, ids, config, session, now, wait_ms: PACE_MS, scans: 0, taps: 0 }
    }

    /// The clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The file, for a test that looks behind the screen.
    pub fn store(&mut self) -> &mut Store {
        self.store
    }

    /// Takes one step; the view where there was an input.
    ///
    /// # Errors
    /// What is not as the step expects.
    pub fn step(&mut self, line: usize, step: &Step) -> Result<Option<View>, FlowError> {
        let failed = |what: String| FlowError { line, what };
        if let Some(time) = &step.time {
            self.now = Timestamp::parse(time).map_err(|error| failed(format!("{time:?}: {error}")))?;
        }
        if let Some(seed) = step.demo {
            self.fill(seed).map_err(|error| failed(error.to_string()))?;
        }
        if let Some(ms) = step.wait_ms {
            self.wait_ms = ms;
        }
        if step.restart == Some(true) {
            self.session = Session::new(self.config.clone());
        }
        let view = input_of(step).map_err(failed)?.map(|input| self.input(input));
        if let Some(expected) = &step.expect {
            let shown = view.clone().unwrap_or_else(|| self.session.view(self.now));
            let shown = serde_json::to_value(&shown).map_err(|error| failed(error.to_string()))?;
            compare(expected, &shown).map_err(|mismatch| failed(mismatch.to_string()))?;
        }
        if let Some(count) = step.count {
            self.count(count).map_err(failed)?;
        }
        Ok(view)
    }

    fn fill(&mut self, seed: u64) -> Result<(), StoreError> {
        if self.store.identity()?.is_none() {
            fill_demo(self.store, seed, self.now.utc().date_naive(), self.now)?;
        }
        Ok(())
    }

    /// Gives the session one input, at the pace of the flow.
    pub fn input(&mut self, input: Input) -> View {
        match input {
            Input::Scan { .. } | Input::Text(_) => self.scans += 1,
            Input::Tap(_) => self.taps += 1,
            Input::Tick | Input::SyncChanged | Input::Enrolment(_) => {}
        }
        self.now = self.now.plus_ms(std::mem::replace(&mut self.wait_ms, PACE_MS));
        self.session.handle(self.store, input, self.now, self.ids)
    }

    fn count(&mut self, expected: Count) -> Result<(), String> {
        let (scans, taps) = (std::mem::take(&mut self.scans), std::mem::take(&mut self.taps));
        for (name, expected, found) in [("scans", expected.scans, scans), ("taps", expected.taps, taps)] {
            if let Some(expected) = expected
                && expected != found
            {
                return Err(format!("expected {expected} {name}, there were {found}"));
            }
        }
        Ok(())
    }
}

fn input_of(step: &Step) -> Result<Option<Input>, String> {
    let mut inputs = Vec::new();
    inputs.extend(step.scan.as_ref().map(|text| Input::Scan { bytes: text.clone().into_bytes() }));
    if let Some(hex) = &step.scan_hex {
        let bytes = unhex(hex).ok_or_else(|| "scan_hex takes pairs of hexadecimal digits".to_owned())?;
        inputs.push(Input::Scan { bytes });
    }
    inputs.extend(step.tap.as_ref().map(|id| Input::Tap(id.clone())));
    inputs.extend(step.text.as_ref().map(|text| Input::Text(text.clone())));
    inputs.extend(step.tick.filter(|tick| *tick).map(|_| Input::Tick));
    // The worker's first word to a new session.
    inputs.extend(step.sync.or(step.restart).filter(|told| *told).map(|_| Input::SyncChanged));
    let input = inputs.pop();
    if inputs.is_empty() { Ok(input) } else { Err("one input a line".to_owned()) }
}

fn unhex(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes();
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => {
            let digit = |byte: &u8| char::from(*byte).to_digit(16);
            u8::try_from(digit(high)? * 16 + digit(low)?).ok()
        }
        _ => None,
    });
    pairs.collect()
}
