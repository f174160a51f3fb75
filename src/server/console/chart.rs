//! Bars as SVG, made here so that pages need no script.

use std::fmt::Write as _;

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bar {
    /// Below it.
    pub label: &'static str,
    /// How much.
    pub value: u64,
    /// A class of the style sheet: `good`, `warn`, `bad` or none.
    pub tone: &'static str,
}

const WIDTH: u64 = 720;
const HEIGHT: u64 = 200;
/// Room for the numbers above and the names below.
const EDGE: u64 = 26;
const GAP: u64 = 14;

/// The bars side by side, the highest one as high as the picture.
pub(super) fn bars(title: &str, bars: &[Bar]) -> String {
    let most = bars.iter().map(|bar| bar.value).max().unwrap_or(0).max(1);
    let count = u64::try_from(bars.len()).unwrap_or(1).max(1);
    let width = (WIDTH - GAP * (count - 1)) / count;
    let mut svg = format!(
        r#"<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{}">"#,
        escaped(title)
    );
    for (bar, n) in bars.iter().zip(0_u64..) {
        let room = HEIGHT - 2 * EDGE;
        // A little is still seen.
        let height = match bar.value {
            0 => 0,
            value => (value.saturating_mul(room) / most).max(2),
        };
        let (x, y) = (n * (width + GAP), HEIGHT - EDGE - height);
        let middle = x + width / 2;
        let (label, value, tone) = (bar.label, bar.value, bar.tone);
        let _ = write!(
            svg,
            r#"<rect class="bar {tone}" x="{x}" y="{y}" width="{width}" height="{height}" rx="3"/><text x="{middle}" y="{}" text-anchor="middle">{value}</text><text class="muted" x="{middle}" y="{}" text-anchor="middle">{}</text>"#,
            y - 8,
            HEIGHT - 6,
            escaped(label)
        );
    }
    svg.push_str("</svg>");
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_fills_the_picture_and_none_divides_by_zero() {
        let bar = |value| Bar { label: "a<b", value, tone: "warn" };
        let svg = bars("x \"y\"", &[bar(0), bar(1), bar(1000)]);
        assert!(svg.contains(r#"height="148""#) && svg.contains(r#"height="2""#), "{svg}");
        assert!(svg.contains("a&lt;b") && svg.contains("x &quot;y&quot;"), "{svg}");
        assert!(bars("", &[]).ends_with("</svg>"));
        assert!(bars("", &[bar(u64::MAX)]).contains("18446744073709551615"));
    }
}
