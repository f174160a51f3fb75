//! Compares a view with the part of it that a flow expects.

use serde_json::Value;
use std::fmt;

/// Where a view is not as expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// For example `page.receive.goods.lot`.
    pub path: String,
    /// What the flow says.
    pub expected: Value,
    /// What the view says; null for nothing.
    pub found: Value,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, found {}", self.path, self.expected, self.found)
    }
}

/// Compares `found` with the part `expected`.
///
/// An object's members have to be there and match; an array's elements have to occur in their order; a string that begins
/// with `~` has to occur in the found string; anything else has to be equal.
///
/// # Errors
/// The first difference.
pub fn compare(expected: &Value, found: &Value) -> Result<(), Mismatch> {
    at("", expected, found)
}

fn at(path: &str, expected: &Value, found: &Value) -> Result<(), Mismatch> {
    let differs = || Mismatch {
        path: if path.is_empty() { "view".to_owned() } else { path.to_owned() },
        expected: expected.clone(),
        found: found.clone(),
    };
    match (expected, found) {
        (Value::Object(members), Value::Object(have)) => {
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                at(&path, value, have.get(name).unwrap_or(&Value::Null))?;
            }
            Ok(())
        }
        (Value::Array(wanted), Value::Array(have)) => {
            let mut rest = have.iter();
            for value in wanted {
                if !rest.any(|found| at(path, value, found).is_ok()) {
                    return Err(differs());
                }
            }
            if wanted.is_empty() && !have.is_empty() { Err(differs()) } else { Ok(()) }
        }
        (Value::String(wanted), Value::String(have)) => {
            let fits = match wanted.strip_prefix('~') {
                Some(part) => have.contains(part),
                None => wanted == have,
            };
            if fits { Ok(()) } else { Err(differs()) }
        }
        _ if expected == found => Ok(()),
        _ => Err(differs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(expected: Value, path: Option<&str>) {
        let found = json!({"strip": {"text": "Lot L2231 accepted", "undo": true}, "rows": [{"id": "a"}, {"id": "b"}], "sheet": null});
        let result = compare(&expected, &found).map_err(|mismatch| mismatch.path);
        assert_eq!(result, path.map_or(Ok(()), |path| Err(path.to_owned())), "{expected}");
    }

    #[test]
    fn a_part_is_enough() {
        check(json!({"strip": {"undo": true}}), None);
        check(json!({"strip": {"text": "~L2231"}}), None);
        check(json!({"rows": [{"id": "b"}], "sheet": null}), None);
        check(json!({"rows": [{"id": "a"}, {"id": "b"}]}), None);
    }

    #[test]
    fn a_difference_is_named() {
        check(json!({"strip": {"text": "L2231"}}), Some("strip.text"));
        check(json!({"strip": {"text": "~L2250"}}), Some("strip.text"));
        check(json!({"rows": [{"id": "b"}, {"id": "a"}]}), Some("rows"));
        check(json!({"rows": []}), Some("rows"));
        check(json!({"sheet": {"title": "x"}}), Some("sheet"));
        check(json!({"nothing": 1}), Some("nothing"));
    }
}
