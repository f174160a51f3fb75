//! A profile as it is written in a file and kept on a device.

use super::profile::{LocalKind, Profile};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Why a text is not a profile.
#[derive(Debug, thiserror::Error)]
#[error("not a scanner profile: {0}")]
pub struct ProfileError(#[from] serde_json::Error);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ProfileFile {
    /// Begins with what [`Profile::default`] takes for separators and local codes, and adds to it.
    defaults: bool,
    separators: Vec<String>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
    /// What arrives, and what it stands for.
    keys: BTreeMap<char, char>,
    caps_lock: bool,
    local: Vec<LocalForm>,
    healthcare: bool,
}

impl Default for ProfileFile {
    fn default() -> Self {
        let [separators, prefixes, suffixes] = [const { Vec::new() }; 3];
        Self {
            defaults: true,
            separators,
            prefixes,
            suffixes,
            keys: BTreeMap::new(),
            caps_lock: false,
            local: Vec::new(),
            healthcare: false,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LocalForm {
    kind: LocalKind,
    pattern: String,
}

impl Profile {
    /// Reads `{"separators": ["F8"], "prefixes": [], "suffixes": ["#"], "keys": {"z": "y", "y": "z"},
    /// "caps_lock": false, "local": [{"kind": "location", "pattern": "L-*"}], "healthcare": false}`;
    /// `"defaults": false` begins with [`bare`](Self::bare).
    ///
    /// Separators, prefixes and suffixes are written as the scanner is set to send them; what the keyboard
    /// makes of them is taken back first.
    ///
    /// # Errors
    /// The text is no JSON, or has other fields than these.
    pub fn from_json(text: &str) -> Result<Self, ProfileError> {
        let file: ProfileFile = serde_json::from_str(text)?;
        let mut profile = if file.defaults { Self::default() } else { Self::bare() };
        profile = file.separators.iter().fold(profile, |profile, text| profile.with_separator(text));
        profile = file.prefixes.iter().fold(profile, |profile, text| profile.with_prefix(text));
        profile = file.suffixes.iter().fold(profile, |profile, text| profile.with_suffix(text));
        profile =
            file.local.iter().fold(profile, |profile, form| profile.with_local(form.kind, &form.pattern));
        let keys: Vec<_> = file.keys.into_iter().collect();
        Ok(profile.with_keys(&keys).with_caps_lock(file.caps_lock).with_healthcare(file.healthcare))
    }

    /// The text that [`from_json`](Self::from_json) reads as this profile.
    #[must_use]
    pub fn to_json(&self) -> String {
        let file = ProfileFile {
            defaults: false,
            separators: self.separators.clone(),
            prefixes: self.prefixes.clone(),
            suffixes: self.suffixes.clone(),
            keys: self.keyboard.pairs().collect(),
            caps_lock: self.keyboard.caps_lock,
            local: self
                .local
                .iter()
                .map(|(kind, pattern)| LocalForm { kind: *kind, pattern: pattern.clone() })
                .collect(),
            healthcare: self.is_healthcare(),
        };
        // It holds texts and flags only, which always serialize.
        serde_json::to_string(&file).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_describes_a_scanner() {
        let text = r#"{"defaults": false, "separators": ["F8"], "suffixes": ["~"], "keys": {"z": "y"},
            "caps_lock": true, "local": [{"kind": "location", "pattern": "L-*"}]}"#;
        let expected = Profile::bare().with_separator("F8").with_suffix("~");
        let expected = expected.with_keys(&[('z', 'y')]).with_caps_lock(true);
        assert_eq!(Profile::from_json(text).unwrap(), expected.with_local(LocalKind::Location, "L-*"));
        assert_eq!(Profile::from_json("{}").unwrap(), Profile::default());
        for text in ["", "{\"seperators\": []}", "{\"local\": [{\"kind\": \"x\", \"pattern\": \"A\"}]}"] {
            assert!(Profile::from_json(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let other = Profile::bare().with_prefix("]C1").with_suffix("\u{3}").with_separator("ß");
        let other = other.with_keys(&[('ü', '['), ('z', 'y'), ('y', 'z')]).with_caps_lock(true);
        for profile in [Profile::default(), Profile::bare(), other.with_healthcare(true)] {
            assert_eq!(Profile::from_json(&profile.to_json()).unwrap(), profile);
        }
    }
}
