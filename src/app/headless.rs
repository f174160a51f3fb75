//! The same window without a display: drawn by the software renderer into memory.
//!
//! For the tour and the frame bench. Events, timers and animations run when the caller says so.

#![expect(clippy::disallowed_methods, reason = "the app reads the clock")]

use super::ui::AppWindow;
use slint::platform::software_renderer::{MinimalSoftwareWindow, RepaintBufferType};
use slint::platform::{Platform, PlatformError, WindowAdapter, WindowEvent};
use slint::{ComponentHandle, PhysicalSize, Rgb8Pixel};
use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// A clock that goes only when it is told to.
#[derive(Debug, Clone, Default)]
pub struct SteadyClock(Rc<Cell<u64>>);

impl SteadyClock {
    /// Milliseconds so far.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.0.get()
    }

    /// Goes on.
    pub fn advance(&self, ms: u64) {
        self.0.set(self.0.get() + ms);
    }
}

struct Offscreen {
    window: Rc<MinimalSoftwareWindow>,
    began: Instant,
    ahead: SteadyClock,
}

impl Platform for Offscreen {
    fn create_window_adapter(&self) -> Result<Rc<dyn WindowAdapter>, PlatformError> {
        Ok(self.window.clone())
    }

    fn duration_since_start(&self) -> Duration {
        self.began.elapsed() + Duration::from_millis(self.ahead.now_ms())
    }
}

/// A canvas that the next window of this thread is drawn on.
pub struct Canvas {
    window: Rc<MinimalSoftwareWindow>,
    pixels: Vec<Rgb8Pixel>,
    size: PhysicalSize,
    ahead: SteadyClock,
}

impl Canvas {
    /// Makes this thread's windows appear here. Once in a process.
    ///
    /// # Errors
    /// Where another platform is in use already.
    pub fn install(width: u32, height: u32) -> Result<Self, PlatformError> {
        let window = MinimalSoftwareWindow::new(RepaintBufferType::ReusedBuffer);
        let ahead = SteadyClock::default();
        let platform = Offscreen { window: window.clone(), began: Instant::now(), ahead: ahead.clone() };
        slint::platform::set_platform(Box::new(platform))
            .map_err(|error| PlatformError::Other(error.to_string()))?;
        let mut canvas = Self { window, pixels: Vec::new(), size: PhysicalSize::default(), ahead };
        canvas.resize(width, height);
        Ok(canvas)
    }

    /// Another size, from the next frame on.
    pub fn resize(&mut self, width: u32, height: u32) {
        self.size = PhysicalSize::new(width, height);
        self.pixels = vec![Rgb8Pixel::default(); (width * height) as usize];
        self.window.set_size(self.size);
    }

    /// Lets so much time go by for timers and animations, without waiting for it.
    pub fn skip_ms(&self, ms: u64) {
        self.ahead.advance(ms);
    }

    /// Runs what is due and paints what changed; false where nothing did.
    pub fn paint(&mut self) -> bool {
        slint::platform::update_timers_and_animations();
        let (pixels, stride) = (&mut self.pixels, self.size.width as usize);
        self.window.draw_if_needed(|renderer| {
            renderer.render(pixels, stride);
        })
    }

    /// One key, down and up; 0x1D comes as F8, as scanners send it.
    pub fn key(&self, window: &AppWindow, c: char) {
        let text = if c == '\u{1d}' { slint::platform::Key::F8.into() } else { slint::SharedString::from(c) };
        window.window().dispatch_event(WindowEvent::KeyPressed { text: text.clone() });
        window.window().dispatch_event(WindowEvent::KeyReleased { text });
    }

    /// Writes what was painted last as a PNG.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn save(&self, file: &Path) -> std::io::Result<()> {
        let bytes: Vec<u8> = self.pixels.iter().flat_map(|pixel| [pixel.r, pixel.g, pixel.b]).collect();
        let mut encoder = png::Encoder::new(std::fs::File::create(file)?, self.size.width, self.size.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(std::io::Error::other)?;
        writer.write_image_data(&bytes).map_err(std::io::Error::other)
    }
}
