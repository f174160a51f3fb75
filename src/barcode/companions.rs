//! Which elements ask for others and which ones exclude each other (GS1 General Specifications 4.13, data relationships).
//!
//! They are judged over all symbols of one thing, so a scan session calls [`judge`] with the elements it has
//! gathered; one symbol may well hold the lot alone.

use super::ai::{Lookup, lookup};
use super::issue::IssueCode;
use super::reading::Element;

/// What does not go together in a list of elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// [`IssueCode::MissingCompanion`], [`IssueCode::ExcludedCompanion`] or [`IssueCode::RepeatedAiDiffers`].
    pub code: IssueCode,
    /// The element's place in the list.
    pub element: usize,
    /// The place of the other element that it is about, where there is one.
    pub other: Option<usize>,
    /// What in words.
    pub message: String,
}

/// One row for one AI or one range of AIs.
pub(super) struct Companions {
    pub ais: &'static str,
    /// Of each text one alternative has to be there: AIs joined by `+`, or a pattern with `n` for any digit.
    pub needs: &'static [&'static str],
    /// None of these may be there; an AI does not exclude itself.
    pub excludes: &'static str,
}

const fn row(ais: &'static str, needs: &'static [&'static str], excludes: &'static str) -> Companions {
    Companions { ais, needs, excludes }
}

/// What is missing beside, excluded by or contradicts other elements of the list, in its order.
///
/// Broken elements neither ask for others nor answer for them.
#[must_use]
pub fn judge(elements: &[Element]) -> Vec<Finding> {
    let valid = || elements.iter().enumerate().filter(|(_, element)| element.valid);
    let present: Vec<&str> = valid().map(|(_, element)| element.ai).collect();
    let mut findings = Vec::new();
    for (place, element) in valid() {
        let earlier =
            || valid().take_while(|(at, _)| *at < place).filter(|(_, other)| other.ai == element.ai);
        let mut found =
            |code, other, message| findings.push(Finding { code, element: place, other, message });
        if let Some((other, _)) = earlier().find(|(_, other)| other.value != element.value) {
            let message = format!("AI {} has two values", element.ai);
            found(IssueCode::RepeatedAiDiffers, Some(other), message);
        }
        if earlier().next().is_some() || !is_ai(element.ai) {
            continue;
        }
        let Some(row) = COMPANIONS.iter().find(|row| covers(row.ais, element.ai)) else { continue };
        for need in row.needs.iter().filter(|need| !is_met(need, &present)) {
            let wanted = need.replace(',', " or ").replace('+', " with ");
            found(IssueCode::MissingCompanion, None, format!("AI {} asks for AI {wanted}", element.ai));
        }
        let excluded = |(_, other): &(usize, &Element)| {
            other.ai != element.ai && row.excludes.split(',').any(|form| fits(form, other.ai))
        };
        if let Some((at, other)) = valid().find(excluded) {
            let message = format!("AI {} must not stand beside AI {}", element.ai, other.ai);
            found(IssueCode::ExcludedCompanion, Some(at), message);
        }
    }
    findings
}

/// True where an element of the label asks for this AI, and nothing on the label answers.
pub(super) fn asks_for(present: &[&str], wanted: &str) -> bool {
    let names = |need: &&&str| need.split([',', '+']).any(|form| fits(form, wanted));
    let rows = present.iter().filter_map(|ai| COMPANIONS.iter().find(|row| covers(row.ais, ai)));
    rows.flat_map(|row| row.needs).filter(names).any(|need| !is_met(need, present))
}

/// False for the data identifiers of other standards, which ask for nothing.
fn is_ai(text: &str) -> bool {
    matches!(lookup(text.as_bytes()), Lookup::Row(_))
}

fn covers(ais: &str, ai: &str) -> bool {
    let (first, last) = ais.split_once('-').unwrap_or((ais, ais));
    first.len() == ai.len() && first <= ai && ai <= last
}

fn is_met(need: &str, present: &[&str]) -> bool {
    let has = |form: &str| present.iter().any(|ai| fits(form, ai));
    need.split(',').any(|alternative| alternative.split('+').all(has))
}

/// `form` is an AI, where `n` stands for any digit.
fn fits(form: &str, ai: &str) -> bool {
    form.len() == ai.len() && form.bytes().zip(ai.bytes()).all(|(form, digit)| form == b'n' || form == digit)
}

/// After the GS1 Barcode Syntax Dictionary, release 2026-01-27; AIs without such rules have no row.
pub(super) static COMPANIONS: &[Companions] = &[
    row("01", &[], "255,37"),
    row("02", &["37"], "01,03"),
    row("03", &[], "01,02,37"),
    row("10", &["01,02,03,8006,8026"], ""),
    row("11", &["01,02,03,8006,8026"], ""),
    row("12", &["8020"], ""),
    row("13", &["01,02,03,8006,8026"], ""),
    row("15", &["01,02,03,8006,8026"], ""),
    row("16", &["01,02,03,8006,8026"], ""),
    row("17", &["01,02,03,255,8006,8026"], ""),
    row("20", &["01,02,8006,8026"], ""),
    row("21", &["01,03,8006"], "235"),
    row("22", &["01"], ""),
    row("235", &["01"], ""),
    row("240", &["01,02,8006,8026"], ""),
    row("241", &["01,02,8006,8026"], ""),
    row("242", &["01,02,8006,8026"], ""),
    row("243", &["01"], ""),
    row("250", &["01,8006", "21"], ""),
    row("251", &["01,8006"], ""),
    row("254", &["414"], ""),
    row("255", &[], "01,02,415,8006,8020,8026"),
    row("30", &["01,02"], ""),
    row("3100-3105", &["01,02"], "310n"),
    row("3110-3115", &["01,02"], "311n"),
    row("3120-3125", &["01,02"], "312n"),
    row("3130-3135", &["01,02"], "313n"),
    row("3140-3145", &["01,02"], "314n"),
    row("3150-3155", &["01,02"], "315n"),
    row("3160-3165", &["01,02"], "316n"),
    row("3200-3205", &["01,02"], "320n"),
    row("3210-3215", &["01,02"], "321n"),
    row("3220-3225", &["01,02"], "322n"),
    row("3230-3235", &["01,02"], "323n"),
    row("3240-3245", &["01,02"], "324n"),
    row("3250-3255", &["01,02"], "325n"),
    row("3260-3265", &["01,02"], "326n"),
    row("3270-3275", &["01,02"], "327n"),
    row("3280-3285", &["01,02"], "328n"),
    row("3290-3295", &["01,02"], "329n"),
    row("3300-3305", &["00,01"], "330n"),
    row("3310-3315", &["00,01"], "331n"),
    row("3320-3325", &["00,01"], "332n"),
    row("3330-3335", &["00,01"], "333n"),
    row("3340-3345", &["00,01"], "334n"),
    row("3350-3355", &["00,01"], "335n"),
    row("3360-3365", &["00,01"], "336n"),
    row("3370-3375", &["01"], "337n"),
    row("3400-3405", &["00,01"], "340n"),
    row("3410-3415", &["00,01"], "341n"),
    row("3420-3425", &["00,01"], "342n"),
    row("3430-3435", &["00,01"], "343n"),
    row("3440-3445", &["00,01"], "344n"),
    row("3450-3455", &["00,01"], "345n"),
    row("3460-3465", &["00,01"], "346n"),
    row("3470-3475", &["00,01"], "347n"),
    row("3480-3485", &["00,01"], "348n"),
    row("3490-3495", &["00,01"], "349n"),
    row("3500-3505", &["01,02"], "350n"),
    row("3510-3515", &["01,02"], "351n"),
    row("3520-3525", &["01,02"], "352n"),
    row("3530-3535", &["00,01"], "353n"),
    row("3540-3545", &["00,01"], "354n"),
    row("3550-3555", &["00,01"], "355n"),
    row("3560-3565", &["01,02"], "356n"),
    row("3570-3575", &["01,02"], "357n"),
    row("3600-3605", &["01,02"], "360n"),
    row("3610-3615", &["01,02"], "361n"),
    row("3620-3625", &["00,01"], "362n"),
    row("3630-3635", &["00,01"], "363n"),
    row("3640-3645", &["01,02"], "364n"),
    row("3650-3655", &["01,02"], "365n"),
    row("3660-3665", &["01,02"], "366n"),
    row("3670-3675", &["00,01"], "367n"),
    row("3680-3685", &["00,01"], "368n"),
    row("3690-3695", &["00,01"], "369n"),
    row("37", &["00", "02,8026"], ""),
    row("3900-3909", &["255,8020"], "390n,391n,394n,8111"),
    row("3910-3919", &["8020"], "391n"),
    row("3920-3929", &["01", "30,31nn,32nn,35nn,36nn"], "392n,393n"),
    row("3930-3939", &["30,31nn,32nn,35nn,36nn"], "393n"),
    row("3940-3943", &["255"], "394n,8111"),
    row("3950-3955", &["30,31nn,32nn,35nn,36nn"], "392n,393n,395n,8005"),
    row("403", &["00"], ""),
    row("415", &["8020"], ""),
    row("420", &[], "421"),
    row("421", &[], "4307"),
    row("422", &["01,02,8006,8026"], "426"),
    row("423", &["01,02"], "426"),
    row("424", &["01,02"], "426"),
    row("425", &["01,02"], "426"),
    row("426", &["01,02"], ""),
    row("427", &["01,02", "422"], ""),
    row("4300", &["00"], ""),
    row("4301", &["00"], ""),
    row("4302", &["00"], ""),
    row("4303", &["4302"], ""),
    row("4304", &["00"], ""),
    row("4305", &["00"], ""),
    row("4306", &["00"], ""),
    row("4307", &["00"], ""),
    row("4308", &["00"], ""),
    row("4309", &["00"], ""),
    row("4310", &["00"], ""),
    row("4311", &["00"], ""),
    row("4312", &["00"], ""),
    row("4313", &["4312"], ""),
    row("4314", &["00"], ""),
    row("4315", &["00"], ""),
    row("4316", &["00"], ""),
    row("4317", &["00"], ""),
    row("4318", &["00"], ""),
    row("4319", &["00"], ""),
    row("4320", &["00"], ""),
    row("4321", &["00"], ""),
    row("4322", &["00"], ""),
    row("4323", &["00"], ""),
    row("4324", &["00"], ""),
    row("4325", &["00"], ""),
    row("4326", &["00"], ""),
    row("4330", &["00"], "4331"),
    row("4331", &["00"], "4330"),
    row("4332", &["00"], "4333"),
    row("4333", &["00"], "4332"),
    row("7001", &["01,02,8006,8026"], ""),
    row("7002", &["01,02"], ""),
    row("7003", &["01,02"], ""),
    row("7004", &["01+10"], ""),
    row("7005", &["01,02"], ""),
    row("7006", &["01,02"], ""),
    row("7007", &["01,02"], ""),
    row("7008", &["01,02"], ""),
    row("7009", &["01,02"], ""),
    row("7010", &["01,02"], ""),
    row("7011", &["01,02"], ""),
    row("7020", &["01,8006", "416"], ""),
    row("7021", &["01,8006"], ""),
    row("7022", &["7021"], ""),
    row("7030", &["01,02"], ""),
    row("7031", &["01,02"], ""),
    row("7032", &["01,02"], ""),
    row("7033", &["01,02"], ""),
    row("7034", &["01,02"], ""),
    row("7035", &["01,02"], ""),
    row("7036", &["01,02"], ""),
    row("7037", &["01,02"], ""),
    row("7038", &["01,02"], ""),
    row("7039", &["01,02"], ""),
    row("7041", &["00"], ""),
    row("710", &["01"], ""),
    row("711", &["01"], ""),
    row("712", &["01"], ""),
    row("713", &["01"], ""),
    row("714", &["01"], ""),
    row("715", &["01"], ""),
    row("716", &["01"], ""),
    row("717", &["01"], ""),
    row("7230", &["01,8004"], ""),
    row("7231", &["01,8004"], ""),
    row("7232", &["01,8004"], ""),
    row("7233", &["01,8004"], ""),
    row("7234", &["01,8004"], ""),
    row("7235", &["01,8004"], ""),
    row("7236", &["01,8004"], ""),
    row("7237", &["01,8004"], ""),
    row("7238", &["01,8004"], ""),
    row("7239", &["01,8004"], ""),
    row("7240", &["01,8006"], ""),
    row("7241", &["8017,8018"], ""),
    row("7242", &["8017,8018"], ""),
    row("7250", &["8018"], "7251"),
    row("7251", &["8018"], "7250"),
    row("7252", &["8018"], ""),
    row("7253", &["8017,8018"], "7256,7259"),
    row("7254", &["8017,8018"], "7256,7259"),
    row("7255", &["8017,8018"], "7256,7259"),
    row("7256", &["8017,8018"], ""),
    row("7257", &["8018"], ""),
    row("7258", &["8018+7259"], ""),
    row("7259", &["8018"], "7256"),
    row("8001", &["01"], ""),
    row("8005", &["01,02"], ""),
    row("8006", &[], "01,37"),
    row("8007", &["415"], ""),
    row("8008", &["01,02"], ""),
    row("8009", &["00,01"], ""),
    row("8011", &["8010"], ""),
    row("8012", &["01,8006"], ""),
    row("8014", &["01"], ""),
    row("8017", &[], "8018"),
    row("8018", &[], "8017"),
    row("8019", &["8017,8018"], ""),
    row("8020", &["415"], ""),
    row("8026", &["37"], "02,8006"),
    row("8030", &["00,01+21,253,255,8003,8004,8006+21,8010+8011,8017,8018"], ""),
    row("8040", &["01+21"], ""),
    row("8041", &["01+21+8040"], ""),
    row("8042", &["01+21+8040"], ""),
    row("8043", &["01+21+8040"], ""),
    row("8111", &["255"], ""),
    row("8200", &["01"], ""),
];

#[cfg(test)]
mod tests {
    use super::super::tests::today;
    use super::super::{Profile, read};
    use super::*;

    /// The symbols are words, `^` stands for the separator; a finding is `code AI`.
    fn check(symbols: &str, expected: &str) {
        let label = |symbol: &str| format!("]C1{}", symbol.replace('^', "\u{1d}"));
        let read = |symbol| read(label(symbol).as_bytes(), &Profile::default(), today());
        let readings: Vec<_> = symbols.split(' ').map(read).collect();
        let elements: Vec<_> = readings.iter().flat_map(|reading| reading.elements()).collect();
        let findings = judge(&elements).into_iter();
        let words: Vec<_> =
            findings.map(|f| format!("{} {}", f.code.as_str(), elements[f.element].ai)).collect();
        assert_eq!(words.join(", "), expected, "{symbols}");
    }

    #[test]
    fn companions_may_stand_in_another_symbol() {
        check("10L1", "missing-companion 10");
        check("10L1 0109506000134352", "");
        check("17270630^10L1 02095060001343523724 00395060000000000016", "");
        check("0209506000134352", "missing-companion 02");
        check("2501 0109506000134352", "missing-companion 250");
    }

    #[test]
    fn alternatives_may_be_pairs_and_patterns() {
        check("0109506000134352 7004100", "missing-companion 7004");
        check("0109506000134352 7004100 10A", "");
        check("0109506000134352 3922150", "missing-companion 3922");
        check("0109506000134352 3922150 3103001250", "");
    }

    #[test]
    fn some_exclude_each_other() {
        check("0109506000134352 3724", "excluded-companion 01, missing-companion 37, missing-companion 37");
        check(
            "0109506000134352 00395060000000000016 0209506000134352 3724",
            "excluded-companion 01, excluded-companion 02",
        );
        check("0109506000134352 3103001250 3102001250", "excluded-companion 3103, excluded-companion 3102");
    }

    #[test]
    fn one_ai_has_one_value() {
        check("0109506000134352 10A 10A", "");
        check("0109506000134352 10A 10B", "repeated-ai-differs 10");
    }
}
