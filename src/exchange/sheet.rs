//! A printable sheet of labels: one HTML file with every barcode as inline SVG.

use super::{Label, Symbology, code128};
use datamatrix::{DataMatrix, SymbolList};

/// Width of one module of a linear symbol, in millimetres: readable by handheld scanners at arm's length.
const LINEAR_MODULE_MM: f64 = 0.33;
/// Height of the bars, in millimetres.
const LINEAR_HEIGHT_MM: f64 = 15.0;
/// Data of a linear symbol that needs the whole width of the paper, in characters.
const WIDE_CHARS_MIN: usize = 30;
/// Quiet zone on both sides of a linear symbol, in modules (ISO/IEC 15417 asks for 10).
const LINEAR_QUIET: usize = 10;
/// Width of one module of a DataMatrix, in millimetres.
const MATRIX_MODULE_MM: f64 = 0.6;
/// Quiet zone around a DataMatrix, in modules (ISO/IEC 16022 asks for 1).
const MATRIX_QUIET: usize = 2;

/// Dark and light squares, row by row, without quiet zones.
struct Pattern {
    width: usize,
    rows: Vec<Vec<bool>>,
}

/// Labels, group by group in the order given, as one self-contained HTML page for A4 paper.
///
/// A label that cannot be drawn is listed with the reason.
#[must_use]
pub fn labels_html(labels: &[Label]) -> String {
    let mut html = String::from(include_str!("sheet_head.html"));
    for group in labels.chunk_by(|one, next| one.group == next.group) {
        if let Some(first) = group.first() {
            html.push_str(&format!("<section>\n<h2>{}</h2>\n", escape(&first.group)));
        }
        group.iter().for_each(|label| html.push_str(&card(label)));
        html.push_str("</section>\n");
    }
    html.push_str("</body>\n</html>\n");
    html
}

fn card(label: &Label) -> String {
    let barcode =
        label_svg(label).unwrap_or_else(|reason| format!("<p>Not drawn: {}</p>\n", escape(&reason)));
    let kind = match label.symbology {
        Symbology::Gs1DataMatrix => "matrix",
        Symbology::Gs1_128 | Symbology::Code128 if label.data().len() >= WIDE_CHARS_MIN => "wide",
        Symbology::Gs1_128 | Symbology::Code128 => "linear",
    };
    format!(
        "<figure class=\"{kind}\">\n{barcode}<figcaption><b>{}</b><span>{}</span></figcaption>\n</figure>\n",
        escape(&label.title),
        escape(&label.human_readable)
    )
}

/// One label's barcode as an SVG element with its quiet zone, in millimetres.
///
/// # Errors
/// The reason, in words, where the data does not fit the symbology.
pub fn label_svg(label: &Label) -> Result<String, String> {
    let pattern = pattern(label)?;
    Ok(match label.symbology {
        Symbology::Gs1DataMatrix => {
            svg(&pattern, MATRIX_QUIET, MATRIX_QUIET, MATRIX_MODULE_MM, MATRIX_MODULE_MM)
        }
        Symbology::Gs1_128 | Symbology::Code128 => {
            svg(&pattern, LINEAR_QUIET, 0, LINEAR_MODULE_MM, LINEAR_HEIGHT_MM)
        }
    })
}

/// One label's barcode as dark and light modules, row by row, without quiet zones; a linear one has one row.
///
/// # Errors
/// The reason, in words, where the data does not fit the symbology.
pub fn label_modules(label: &Label) -> Result<Vec<Vec<bool>>, String> {
    pattern(label).map(|pattern| pattern.rows)
}

fn pattern(label: &Label) -> Result<Pattern, String> {
    let linear = |gs1| {
        let row = code128::modules(label.data(), gs1).map_err(|error| error.to_string())?;
        Ok(Pattern { width: row.len(), rows: vec![row] })
    };
    match label.symbology {
        Symbology::Code128 => linear(false),
        Symbology::Gs1_128 => linear(true),
        Symbology::Gs1DataMatrix => {
            let sizes = SymbolList::default().enforce_square();
            let symbol = DataMatrix::encode_gs1(label.data().as_bytes(), sizes)
                .map_err(|_| "the data does not fit into a DataMatrix".to_owned())?;
            let bitmap = symbol.bitmap();
            let rows = bitmap.bits().chunks(bitmap.width()).map(<[bool]>::to_vec).collect();
            Ok(Pattern { width: bitmap.width(), rows })
        }
    }
}

/// Draws each run of dark modules as one rectangle of a path; one unit is a module wide and a row high.
fn svg(pattern: &Pattern, quiet_x: usize, quiet_y: usize, module_mm: f64, row_mm: f64) -> String {
    let mut path = String::new();
    for (y, row) in pattern.rows.iter().enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, next| one == next) {
            if run.first() == Some(&true) {
                path.push_str(&format!("M{} {}h{}v1h-{}z", x + quiet_x, y + quiet_y, run.len(), run.len()));
            }
            x += run.len();
        }
    }
    let (width, height) = (pattern.width + 2 * quiet_x, pattern.rows.len() + 2 * quiet_y);
    let (width_mm, height_mm) = (millimetres(width, module_mm), millimetres(height, row_mm));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width_mm}mm\" height=\"{height_mm}mm\" \
         viewBox=\"0 0 {width} {height}\" preserveAspectRatio=\"none\" shape-rendering=\"crispEdges\">\
         <path d=\"{path}\"/></svg>\n"
    )
}

fn millimetres(modules: usize, module_mm: f64) -> String {
    format!("{:.2}", f64::from(u32::try_from(modules).unwrap_or(u32::MAX)) * module_mm)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::gs1::Elements;

    fn drawn(label: &Label) -> String {
        let line =
            |row: &Vec<bool>| row.iter().map(|dark| if *dark { '#' } else { '.' }).collect::<String>() + "\n";
        pattern(label).unwrap().rows.iter().map(line).collect()
    }

    #[test]
    fn a_case_label_has_this_pattern() {
        let elements = Elements::new().with("01", "09506000134352").with("17", "270314").with("10", "L2231");
        let label = Label::gs1_datamatrix("test", "Case", &elements);
        expect_test::expect![[r#"
            #.#.#.#.#.#.#.#.#.
            ##..####.#.#....##
            #...#.#...#.#.#.#.
            #.######.....#####
            ###.##....#....#..
            #....#.#.##..##..#
            #..#..###...##..#.
            #.##.#.#...#.#...#
            ###.#.##..##.#.##.
            ##..#####........#
            ###...#####..###..
            ###.##.##.#.#.##.#
            ###.#..#.##.####..
            ##.#.......#..##.#
            #..#...#..##....#.
            ####...#.###.#...#
            #....##.#....#.##.
            ##################
        "#]]
        .assert_eq(&drawn(&label));
    }

    #[test]
    fn groups_become_sections_and_words_are_escaped() {
        let labels = [
            Label::plain("badges", "Salt & <Pepper>", "B-1"),
            Label::plain("badges", "Second", "B-2"),
            Label::plain("receive", "Dock", "DOCK-1"),
        ];
        let html = labels_html(&labels);
        assert_eq!((html.matches("<section>").count(), html.matches("<svg ").count()), (2, 3));
        assert!(html.contains("<b>Salt &amp; &lt;Pepper&gt;</b>"));
        assert!(!html.contains("http-equiv") && !html.contains("<script") && !html.contains("src="));
    }

    #[test]
    fn what_cannot_be_drawn_is_said() {
        let html = labels_html(&[Label::plain("odd ones", "Umlaut", "\u{dc}1")]);
        assert!(html.contains("Not drawn"), "{html}");
    }

    #[test]
    fn the_whole_demo_can_be_drawn() {
        let warehouse = crate::demo::warehouse(1, "2026-11-23".parse().unwrap());
        for label in crate::demo::labels(&warehouse) {
            assert!(label_svg(&label).is_ok(), "{label:?}");
        }
    }
}
