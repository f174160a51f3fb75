//! How full the handheld's battery is.

use std::path::Path;

/// Where Linux lists what gives power.
const SUPPLIES: &str = "/sys/class/power_supply";

/// Per cent; `None` where the system does not say (Android keeps it from apps that do not ask its own service).
#[must_use]
pub fn level() -> Option<u8> {
    level_in(Path::new(SUPPLIES))
}

/// The emptiest battery of the device itself: those of a mouse or a ring scanner say `Device`.
fn level_in(supplies: &Path) -> Option<u8> {
    let of = |supply: &Path| {
        let read = |name: &str| std::fs::read_to_string(supply.join(name)).ok();
        let is = |name: &str, value: &str| read(name).is_some_and(|text| text.trim() == value);
        let own = is("type", "Battery") && !is("scope", "Device");
        read("capacity").filter(|_| own)?.trim().parse().ok().filter(|level| *level <= 100)
    };
    let found = std::fs::read_dir(supplies).ok()?;
    found.filter_map(|entry| of(&entry.ok()?.path())).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_emptiest_battery_of_the_device_counts() {
        let folder = std::env::temp_dir().join(format!("firstout-battery-{}", std::process::id()));
        let supply = |name: &str, files: &[(&str, &str)]| {
            std::fs::create_dir_all(folder.join(name)).unwrap();
            for (file, text) in files {
                std::fs::write(folder.join(name).join(file), format!("{text}\n")).unwrap();
            }
        };
        assert_eq!(level_in(&folder), None);
        supply("AC", &[("type", "Mains"), ("capacity", "1")]);
        supply("ring", &[("type", "Battery"), ("scope", "Device"), ("capacity", "2")]);
        supply("odd", &[("type", "Battery"), ("capacity", "many")]);
        supply("wrong", &[("type", "Battery"), ("capacity", "255")]);
        assert_eq!(level_in(&folder), None);
        supply("BAT0", &[("type", "Battery"), ("capacity", "83")]);
        supply("BAT1", &[("type", "Battery"), ("scope", "System"), ("capacity", "41")]);
        assert_eq!(level_in(&folder), Some(41));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
