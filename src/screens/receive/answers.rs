//! Answers to the questions about a line: by a tap, or by scanning on, which means the first answer.

use super::super::screen::{Answer, Desk};
use super::super::words::{Common, Receiving, Words, reason_of_id};
use super::line::Doubt;
use super::{Candidate, Receive, question};
use crate::store::StoreError;

impl Receive {
    /// Gives every open question its first answer; says what was not taken.
    pub(super) fn first_answers(&mut self, desk: &mut Desk<'_>) -> Result<String, StoreError> {
        // Each answer settles one of five doubts or ends the candidate.
        for _ in 0..6 {
            let first = match &self.candidate {
                Some(Candidate::Line { line, adds }) => self
                    .doubt(line, *adds, desk.today)
                    .and_then(|doubt| question::sheet(&doubt, line, desk.words).answers.into_iter().next()),
                _ => None,
            };
            match first {
                Some(answer) if answer.id != "leave" => {
                    self.answer(desk, &answer.id)?;
                }
                _ => break,
            }
        }
        Ok(self.leave_candidate(desk.words))
    }

    pub(super) fn leave_candidate(&mut self, words: Words) -> String {
        match self.candidate.take() {
            Some(Candidate::Line { line, .. }) => {
                words.say(Receiving::NotTaken { what: &line.label.name(words) })
            }
            Some(Candidate::Pallet { code, .. }) => {
                let what = words.say(Common::Pallet { code: code.as_str() });
                words.say(Receiving::NotTaken { what: &what })
            }
            None => String::new(),
        }
    }

    /// A tap on the sheet.
    pub(super) fn answer(&mut self, desk: &mut Desk<'_>, id: &str) -> Result<Answer, StoreError> {
        let Some(candidate) = self.candidate.clone() else { return Ok(Answer::silent()) };
        if id == "leave" {
            let text = self.leave_candidate(desk.words);
            return Ok(Answer::note(text));
        }
        let (mut line, adds, doubt) = match candidate {
            Candidate::Pallet { code, lines, .. } => {
                return match reason_of_id(id) {
                    Some(reason) => self.save_pallet(desk, &code, &lines, Some(reason)),
                    None => Ok(Answer::silent()),
                };
            }
            Candidate::Line { line, adds } => {
                let doubt = self.doubt(&line, adds, desk.today);
                (line, adds, doubt)
            }
        };
        let reason = reason_of_id(id);
        match (doubt, id) {
            (Some(Doubt::WhichLot { .. }), "lot:0") => line.settled.lot = true,
            (Some(Doubt::WhichLot { .. }), _) if id.starts_with("lot:") => {
                let index = id.strip_prefix("lot:").and_then(|index| index.parse::<usize>().ok());
                let other = index.and_then(|index| line.label.alternatives.get(index.checked_sub(1)?));
                let Some(other) = other.cloned() else { return Ok(Answer::silent()) };
                // What was swallowed may have been the count.
                if line.quantity == line.label.quantity {
                    line.quantity = other.quantity;
                }
                line.label = other;
                line.settled.lot = true;
                line.known = None;
            }
            (Some(Doubt::NotOnOrder), _) if reason.is_some() => line.settled.order = true,
            (Some(Doubt::Expired { .. } | Doubt::ShortLife { .. }), _) if reason.is_some() => {
                line.settled.life = true;
            }
            (Some(Doubt::DateDiffers { .. }), "known") => {
                if let Some(known) = &line.known {
                    (line.label.expiry, line.label.best_before, line.label.produced) =
                        (known.expiry, known.best_before, known.produced);
                }
            }
            (Some(Doubt::DateDiffers { .. }), _) if reason.is_some() => line.settled.date = true,
            (Some(Doubt::TooMany { rest, .. }), "rest") => line.quantity = rest,
            (Some(Doubt::TooMany { .. }), _) if reason.is_some() => line.settled.many = true,
            _ => return Ok(Answer::silent()),
        }
        line.reason = reason.or(line.reason);
        self.settle(desk, *line, adds)
    }
}
