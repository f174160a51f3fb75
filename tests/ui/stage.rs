//! A window of its own for each test: software renderer, mocked time, no display.

use firstout::app::{Screens, ui};
use firstout::screens::View;
use i_slint_backend_testing::{TestingBackend, TestingBackendOptions, mock_elapsed_time};
use slint::{ComponentHandle, Global, PhysicalSize};
use std::path::PathBuf;
use std::time::Duration;

/// The sizes that every page is checked at.
pub const SIZES: [(u32, u32); 3] = [(480, 800), (720, 1280), (800, 480)];

pub struct Stage {
    pub window: ui::AppWindow,
    pub screens: Screens,
}

impl Stage {
    pub fn new(width: u32, height: u32) -> Self {
        let backend = TestingBackend::new(TestingBackendOptions {
            mock_time: true,
            threading: false,
            renderer_name: Some("software".into()),
        });
        slint::platform::set_platform(Box::new(backend)).ok();
        let window = ui::AppWindow::new().unwrap();
        window.window().set_size(PhysicalSize::new(width, height));
        window.show().unwrap();
        let stage = Self { window, screens: Screens::default() };
        stage.wait(20);
        stage
    }

    pub fn wait(&self, ms: u64) {
        mock_elapsed_time(Duration::from_millis(ms));
    }

    pub fn german(&self) {
        slint::select_bundled_translation("de").unwrap();
    }

    pub fn night(&self, night: bool) {
        ui::Theme::get(&self.window).set_night(night);
        self.wait(5);
    }

    pub fn show(&mut self, view: View) {
        self.screens.show(&self.window, view);
        self.wait(5);
    }

    /// Writes `target/ui/<name>.png`.
    pub fn picture(&self, name: &str) {
        let shot = self.window.window().take_snapshot().unwrap();
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/ui");
        std::fs::create_dir_all(&folder).unwrap();
        let file = std::fs::File::create(folder.join(format!("{name}.png"))).unwrap();
        let mut encoder = png::Encoder::new(file, shot.width(), shot.height());
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header().unwrap().write_image_data(shot.as_bytes()).unwrap();
    }
}
