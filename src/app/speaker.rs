//! The sound device: one open stream that plays what it is handed and is silent otherwise.

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{FromSample, Sample, SampleFormat, SizedSample, StreamConfig};
use std::sync::{Arc, Mutex, PoisonError};

/// What is still to be played.
type Queue = Arc<Mutex<std::vec::IntoIter<f32>>>;

/// An open sound device.
pub struct Speaker {
    rate_hz: u32,
    queue: Queue,
    _stream: cpal::Stream,
}

impl Speaker {
    /// The system's own; `None`, and a line in the log, where there is none.
    #[must_use]
    pub fn open() -> Option<Self> {
        // Asking ALSA where there is no card prints a page of its own errors.
        if cfg!(target_os = "linux") && !std::path::Path::new("/dev/snd").exists() {
            tracing::warn!("no sound device; answers are shown, not heard");
            return None;
        }
        match Self::try_open() {
            Ok(speaker) => Some(speaker),
            Err(error) => {
                tracing::warn!(%error, "the sound device cannot be used; answers are shown, not heard");
                None
            }
        }
    }

    fn try_open() -> Result<Self, Box<dyn std::error::Error>> {
        let device = cpal::default_host().default_output_device().ok_or("no default device")?;
        let config = device.default_output_config()?;
        let queue = Queue::default();
        let stream = match config.sample_format() {
            SampleFormat::F32 => stream::<f32>(&device, config.config(), &queue),
            SampleFormat::I16 => stream::<i16>(&device, config.config(), &queue),
            SampleFormat::I32 => stream::<i32>(&device, config.config(), &queue),
            SampleFormat::U8 => stream::<u8>(&device, config.config(), &queue),
            other => return Err(format!("it wants samples as {other}").into()),
        }?;
        stream.play()?;
        Ok(Self { rate_hz: config.sample_rate(), queue, _stream: stream })
    }

    /// Samples a second.
    #[must_use]
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Plays this now; a newer answer cuts off an older one.
    pub fn play(&self, samples: Vec<f32>) {
        *self.queue.lock().unwrap_or_else(PoisonError::into_inner) = samples.into_iter();
    }
}

fn stream<T: SizedSample + FromSample<f32>>(
    device: &cpal::Device,
    config: StreamConfig,
    queue: &Queue,
) -> Result<cpal::Stream, cpal::Error> {
    let channels = usize::from(config.channels).max(1);
    let queue = Arc::clone(queue);
    let write = move |data: &mut [T], _: &cpal::OutputCallbackInfo| {
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        for frame in data.chunks_mut(channels) {
            frame.fill(T::from_sample(queue.next().unwrap_or(f32::EQUILIBRIUM)));
        }
    };
    device.build_output_stream(config, write, |error| tracing::debug!(%error, "sound"), None)
}
