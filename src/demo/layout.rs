//! The demo site's places: docks, aisles with pick faces below and reserve above, staging, dispatch, quarantine.

use super::catalogue::ZONES;
use crate::domain::{Location, LocationId, LocationKind};
use std::collections::BTreeMap;

/// Levels from the floor that pickers reach; the ones above are reserve.
const FACE_LEVELS: u8 = 2;

/// Bays that the story's own items stand in; nothing else is put there.
const STORY_BAYS: [&str; 4] = ["A-03-", "A-04-", "K-02-", "W-02-"];

/// All places, and which ones are free for stock.
pub struct Layout {
    pub locations: Vec<Location>,
    /// Pick faces of each zone in walk order.
    pub faces: BTreeMap<&'static str, Vec<LocationId>>,
    /// Reserve places of each zone in walk order.
    pub reserve: BTreeMap<&'static str, Vec<LocationId>>,
}

impl Layout {
    pub fn new() -> Self {
        let mut layout = Self { locations: Vec::new(), faces: BTreeMap::new(), reserve: BTreeMap::new() };
        layout.row("DOCK", 6, LocationKind::Dock, "dock");
        for &(zone, first, aisles, bays, levels, _) in ZONES {
            for aisle in 0..aisles {
                layout.aisle(zone, char::from(first as u8 + aisle), aisle % 2 == 1, bays, levels);
            }
        }
        layout.row("STAGE", 8, LocationKind::Staging, "staging");
        layout.row("SHIP", 6, LocationKind::Dispatch, "dispatch");
        layout.row("QUAR", 4, LocationKind::Quarantine, "quarantine");
        layout
    }

    /// The place with this sign.
    pub fn find(&self, code: &str) -> Option<LocationId> {
        self.locations.iter().find(|location| location.code == code).map(|location| location.id)
    }

    fn row(&mut self, name: &str, count: u8, kind: LocationKind, zone: &str) {
        for number in 1..=count {
            self.add(format!("{name}-{number}"), kind, zone);
        }
    }

    /// One aisle; every second one is walked back.
    fn aisle(&mut self, zone: &'static str, name: char, back: bool, bays: u8, levels: u8) {
        for step in 1..=bays {
            let bay = if back { bays + 1 - step } else { step };
            for level in 1..=levels {
                let code = format!("{name}-{bay:02}-{level}");
                let story = STORY_BAYS.iter().any(|bay| code.starts_with(bay));
                let (kind, free) = if level <= FACE_LEVELS {
                    (LocationKind::PickFace, &mut self.faces)
                } else {
                    (LocationKind::Storage, &mut self.reserve)
                };
                let free = free.entry(zone).or_default();
                if !story {
                    free.push(next_id(&self.locations));
                }
                self.add(code, kind, zone);
            }
        }
    }

    fn add(&mut self, code: String, kind: LocationKind, zone: &str) {
        let id = next_id(&self.locations);
        self.locations.push(Location {
            id,
            code,
            kind,
            zone: zone.to_owned(),
            walk: id.0 * 10,
            active: true,
        });
    }
}

fn next_id(locations: &[Location]) -> LocationId {
    LocationId(i64::try_from(locations.len()).unwrap_or(i64::MAX - 1) + 1)
}
