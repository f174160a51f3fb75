//! A window of its own for each test: software renderer, mocked time, no display.

use firstout::app::{Screens, ui};
use firstout::screens::View;
use i_slint_backend_testing::{
    AccessibleRole, ElementHandle, ElementQuery, TestingBackend, TestingBackendOptions, mock_elapsed_time,
};
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{ComponentHandle, Global, LogicalPosition, PhysicalSize};
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

    /// Everything that can be tapped, with its id.
    pub fn controls(&self) -> Vec<(String, ElementHandle)> {
        let buttons = ElementQuery::from_root(&self.window)
            .match_descendants()
            .match_accessible_role(AccessibleRole::Button)
            .find_all();
        let named = buttons.into_iter().filter(|it| it.accessible_enabled() != Some(false));
        let mut controls: Vec<(String, ElementHandle)> = vec![];
        for it in named {
            let id = it.accessible_id().unwrap_or_default().to_string();
            // A component and the element that it is made of are one control.
            if !controls.iter().any(|(known, old)| *known == id && overlap(old, &it)) {
                controls.push((id, it));
            }
        }
        controls
    }

    pub fn control(&self, id: &str) -> Option<ElementHandle> {
        self.controls().into_iter().find(|(name, _)| name == id).map(|(_, control)| control)
    }

    /// The first text of that id.
    pub fn text(&self, id: &str) -> ElementHandle {
        let found = ElementQuery::from_root(&self.window).match_descendants().find_all();
        let mut own = found.into_iter().filter(|it| it.accessible_id().is_some_and(|own| own == id));
        own.next().unwrap_or_else(|| panic!("no text {id:?}"))
    }

    /// So much of the display is covered, from above, below, left and right.
    pub fn bezel(&self, top: f32, bottom: f32, left: f32, right: f32) {
        let shell = ui::Shell::get(&self.window);
        shell.set_bezel_top(top);
        shell.set_bezel_bottom(bottom);
        shell.set_bezel_left(left);
        shell.set_bezel_right(right);
        self.wait(5);
    }

    /// A finger in the middle of it.
    pub fn click(&self, control: &ElementHandle) {
        let (at, size) = (control.absolute_position(), control.size());
        let position = LogicalPosition::new(at.x + size.width / 2.0, at.y + size.height / 2.0);
        let (window, button) = (self.window.window(), PointerEventButton::Left);
        window.dispatch_event(WindowEvent::PointerPressed { position, button });
        self.wait(120);
        window.dispatch_event(WindowEvent::PointerReleased { position, button });
        self.wait(5);
    }

    /// The colour of one pixel.
    pub fn pixel(&self, x: u32, y: u32) -> [u8; 4] {
        let shot = self.window.window().take_snapshot().unwrap();
        let pixel = shot.as_slice()[(y * shot.width() + x) as usize];
        [pixel.r, pixel.g, pixel.b, pixel.a]
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

fn overlap(one: &ElementHandle, other: &ElementHandle) -> bool {
    let (a, b) = (one.absolute_position(), other.absolute_position());
    (a.x - b.x).abs() < 1.0 && (a.y - b.y).abs() < 1.0
}
