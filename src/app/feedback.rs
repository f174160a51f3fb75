//! Sound and vibration for each answer: short sine bursts, told apart with the eyes closed.
//!
//! Without a sound device the app goes on silently and says so once in the log.

use crate::screens::Tone;

/// One burst: hertz and milliseconds; 0 Hz is silence.
pub type Burst = (f32, u32);

/// How long a burst swells and fades, so that it does not click.
const EDGE_MS: u32 = 5;
/// Of full scale: a handheld's loudspeaker is small and the hall is loud.
const LEVEL: f32 = 0.8;

/// Accepted is short and high, a question comes twice, a refusal is low and long, done climbs.
#[must_use]
pub fn bursts(tone: Tone) -> &'static [Burst] {
    match tone {
        Tone::Quiet => &[],
        Tone::Accepted => &[(1_760.0, 90)],
        Tone::Question => &[(988.0, 120), (0.0, 70), (988.0, 120)],
        Tone::Refused => &[(196.0, 450)],
        Tone::Done => &[(1_047.0, 90), (1_319.0, 90), (1_568.0, 180)],
    }
}

/// How long a device shakes for it, on and off in turn, in milliseconds.
#[must_use]
pub fn shakes(tone: Tone) -> &'static [u32] {
    match tone {
        Tone::Quiet => &[],
        Tone::Accepted => &[40],
        Tone::Question => &[80, 60, 80],
        Tone::Refused => &[400],
        Tone::Done => &[40, 40, 40, 40, 120],
    }
}

/// The bursts as samples between -1 and 1.
#[must_use]
pub fn samples(bursts: &[Burst], rate_hz: u32) -> Vec<f32> {
    let per_ms = |ms: u32| (u64::from(rate_hz) * u64::from(ms) / 1_000) as usize;
    let edge = per_ms(EDGE_MS).max(1);
    let mut wave = Vec::with_capacity(bursts.iter().map(|burst| per_ms(burst.1)).sum());
    for &(hertz, ms) in bursts {
        let count = per_ms(ms);
        for i in 0..count {
            let swell = (i.min(count - i) as f32 / edge as f32).min(1.0);
            let turn = hertz * i as f32 / rate_hz as f32;
            wave.push((turn.fract() * std::f32::consts::TAU).sin() * swell * LEVEL);
        }
    }
    wave
}

/// Gets on and off times in milliseconds.
pub type Shake = Box<dyn FnMut(&[u32])>;

/// Plays and shakes; dropping it stops the sound.
pub struct Feedback {
    #[cfg(all(feature = "sound", not(target_os = "android")))]
    speaker: Option<super::speaker::Speaker>,
    shake: Shake,
}

impl Feedback {
    /// Desktops have nothing to shake.
    #[must_use]
    pub fn new(shake: Shake) -> Self {
        Self {
            #[cfg(all(feature = "sound", not(target_os = "android")))]
            speaker: super::speaker::Speaker::open(),
            shake,
        }
    }

    /// Answers without waiting.
    pub fn answer(&mut self, tone: Tone) {
        #[cfg(all(feature = "sound", not(target_os = "android")))]
        if let Some(speaker) = &self.speaker {
            speaker.play(samples(bursts(tone), speaker.rate_hz()));
        }
        let shakes = shakes(tone);
        if !shakes.is_empty() {
            (self.shake)(shakes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TONES: [Tone; 4] = [Tone::Accepted, Tone::Question, Tone::Refused, Tone::Done];

    #[test]
    fn every_answer_sounds_and_shakes_differently() {
        for (i, tone) in TONES.iter().enumerate() {
            assert!(!bursts(*tone).is_empty() && !shakes(*tone).is_empty());
            for other in &TONES[i + 1..] {
                assert_ne!(bursts(*tone), bursts(*other));
                assert_ne!(shakes(*tone), shakes(*other));
            }
        }
        assert!(bursts(Tone::Quiet).is_empty() && shakes(Tone::Quiet).is_empty());
    }

    #[test]
    fn a_burst_neither_clicks_nor_clips() {
        for tone in TONES {
            let wave = samples(bursts(tone), 48_000);
            let ms: u32 = bursts(tone).iter().map(|burst| burst.1).sum();
            assert_eq!(wave.len(), ms as usize * 48);
            assert!(wave.iter().all(|sample| sample.abs() <= LEVEL));
            assert!(wave[0].abs() < 0.01 && wave[wave.len() - 1].abs() < 0.1, "{tone:?}");
        }
    }

    #[test]
    fn accepted_is_high_and_refused_is_low() {
        let crossings = |tone| {
            let wave = samples(bursts(tone), 48_000);
            let count = wave.windows(2).filter(|pair| pair[0] <= 0.0 && pair[1] > 0.0).count();
            count as f32 * 48_000.0 / wave.len() as f32
        };
        assert!((crossings(Tone::Accepted) - 1_760.0).abs() < 30.0);
        assert!((crossings(Tone::Refused) - 196.0).abs() < 10.0);
    }
}
