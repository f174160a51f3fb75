//! What stops stock from being taken: the strongest stop on its lot, its place or its handling unit.

use super::super::StorageError;
use super::super::tx::{Kind, Many, Tx, values};
use crate::domain::{Hold, HoldKind, HoldTarget, LotKey, SiteId, StockKey};
use std::collections::{BTreeMap, BTreeSet};

static STOPS: Many = Many::new(include_str!("../sql/export_stops.sql"), &[("target", Kind::Text)]);

/// Stops by what they stop.
#[derive(Default)]
pub(super) struct Stops(BTreeMap<String, HoldKind>);

/// The form in which targets are stored.
fn text(target: &HoldTarget) -> Result<String, StorageError> {
    super::super::tx::json(target)
}

impl Stops {
    /// The open stops on those targets.
    pub(super) async fn read(
        site: SiteId,
        targets: impl IntoIterator<Item = HoldTarget>,
        tx: &mut dyn Tx,
    ) -> Result<Self, StorageError> {
        let targets = targets.into_iter().map(|target| text(&target)).collect::<Result<BTreeSet<_>, _>>()?;
        let keys: Vec<_> = targets.into_iter().map(|target| values![target].to_vec()).collect();
        let mut stops = BTreeMap::new();
        for mut row in tx.find(&STOPS, site.0, &keys).await? {
            let (target, hold): (String, Hold) = (row.text()?, row.json("hold")?);
            let strongest = stops.entry(target).or_insert(hold.kind);
            *strongest = hold.kind.max(*strongest);
        }
        Ok(Self(stops))
    }

    /// What stops one of the targets.
    pub(super) fn on(
        &self,
        targets: impl IntoIterator<Item = HoldTarget>,
    ) -> Result<Option<HoldKind>, StorageError> {
        let mut strongest = None;
        for target in targets {
            strongest = strongest.max(self.0.get(&text(&target)?).copied());
        }
        Ok(strongest)
    }
}

/// What can stop a balance.
pub(super) fn targets(key: &StockKey) -> impl Iterator<Item = HoldTarget> + use<> {
    let lot = HoldTarget::Lot(LotKey { item: key.item, lot: key.lot.clone() });
    let place = HoldTarget::Location(key.place.location);
    [lot, place].into_iter().chain(key.place.hu.clone().map(HoldTarget::Hu))
}

/// How a stop is called outside.
pub(super) fn word(kind: HoldKind) -> &'static str {
    match kind {
        HoldKind::Hold => "hold",
        HoldKind::Quarantine => "quarantine",
        HoldKind::Damaged => "damaged",
        HoldKind::Recall => "recall",
    }
}
