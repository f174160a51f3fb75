//! Contrast of everything that is read, from the theme's own colours: at least 7:1 (WCAG 2.2, 1.4.6), day and night.

use super::stage::Stage;
use firstout::app::ui::{Theme, ToneColours};
use slint::{Color, Global};

fn luminance(colour: Color) -> f64 {
    let part = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(colour.red()) + 0.7152 * part(colour.green()) + 0.0722 * part(colour.blue())
}

fn contrast(one: Color, other: Color) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn what_is_read_has_seven_to_one() {
    assert!((contrast(Color::from_rgb_u8(0, 0, 0), Color::from_rgb_u8(255, 255, 255)) - 21.0).abs() < 0.01);
    let stage = Stage::new(480, 800);
    for night in [false, true] {
        stage.night(night);
        let theme = Theme::get(&stage.window);
        let (ink, muted) = (theme.get_ink(), theme.get_muted());
        let tones: [(&str, ToneColours); 4] = [
            ("accepted", theme.get_accepted()),
            ("question", theme.get_question()),
            ("refused", theme.get_refused()),
            ("done", theme.get_done()),
        ];
        let mut pairs = vec![
            ("ink on ground".to_owned(), ink, theme.get_ground()),
            ("ink on surface".to_owned(), ink, theme.get_surface()),
            ("ink on pressed".to_owned(), ink, theme.get_pressed()),
            ("muted on ground".to_owned(), muted, theme.get_ground()),
            ("muted on surface".to_owned(), muted, theme.get_surface()),
            ("button".to_owned(), theme.get_on_action(), theme.get_action()),
            ("button held".to_owned(), theme.get_on_action(), theme.get_action_pressed()),
        ];
        for (name, tone) in tones {
            pairs.push((format!("{name} header"), tone.ink, tone.ground));
            pairs.push((format!("{name} strip"), ink, tone.wash));
            pairs.push((format!("{name} row"), muted, tone.wash));
        }
        for (name, front, back) in pairs {
            let ratio = contrast(front, back);
            assert!(ratio >= 7.0, "{name}, night: {night}: {ratio:.2}");
        }
    }
}

/// Colour is never alone, but it must still be another one than the page's.
#[test]
fn frames_stand_out_from_the_page() {
    let stage = Stage::new(480, 800);
    for night in [false, true] {
        stage.night(night);
        let theme = Theme::get(&stage.window);
        for tone in [theme.get_accepted(), theme.get_refused(), theme.get_done()] {
            assert!(contrast(tone.ground, theme.get_ground()) >= 4.5);
        }
        let amber = contrast(theme.get_question().ground, theme.get_ground());
        assert!(amber >= if night { 4.5 } else { 1.6 }, "{amber}");
    }
}
