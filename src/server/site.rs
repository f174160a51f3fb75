//! A site's own record: what it is called, when its days end, its rules and its two standing places.

use super::storage::{Storage, StorageError};
use crate::domain::{FefoPolicy, LocationId, LocationKind, MasterRecord, Site, SiteId, SiteZone};

/// What to set; what is absent stays as it is.
#[derive(Debug, Clone, Default)]
pub struct SiteChange {
    /// The name on screens.
    pub name: Option<String>,
    /// Decides when a day ends.
    pub zone: Option<SiteZone>,
    /// What the scan of a later lot does.
    pub fefo: Option<FefoPolicy>,
    /// The code of the place where receipts are booked.
    pub dock: Option<String>,
    /// The code of the place where picked goods wait.
    pub staging: Option<String>,
}

/// Why a site was not set.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A new site needs it.
    #[error("a new site needs its {0}")]
    Missing(&'static str),
    /// No place has that code.
    #[error("there is no place {0:?}; import the locations first")]
    NoPlace(String),
    /// The place is for something else.
    #[error("the place {code:?} is not a {wanted}")]
    OtherKind {
        /// Its code.
        code: String,
        /// What it should be.
        wanted: &'static str,
    },
}

/// Makes or changes a site.
///
/// # Errors
/// [`SiteError`] where nothing was saved.
pub async fn set_site(storage: &Storage, id: SiteId, change: SiteChange) -> Result<Site, SiteError> {
    let (head, records) = storage.records(id).await?;
    let before = records.iter().find_map(|record| match record {
        MasterRecord::Site(site) => Some(site.clone()),
        _ => None,
    });
    let place = |code: Option<String>, kind: LocationKind, wanted: &'static str| {
        code.map(|code| place(&records, &code, kind, wanted)).transpose()
    };
    let dock = place(change.dock, LocationKind::Dock, "dock")?;
    let staging = place(change.staging, LocationKind::Staging, "staging place")?;
    let old = before.as_ref();
    let site = Site {
        id,
        name: change.name.or(old.map(|site| site.name.clone())).ok_or(SiteError::Missing("name"))?,
        zone: change.zone.or(old.map(|site| site.zone)).ok_or(SiteError::Missing("time zone"))?,
        fefo: change.fefo.or(old.map(|site| site.fefo)).unwrap_or(FefoPolicy::AskReason),
        dock: dock.or(old.map(|site| site.dock)).ok_or(SiteError::Missing("dock"))?,
        staging: staging.or(old.map(|site| site.staging)).ok_or(SiteError::Missing("staging place"))?,
    };
    storage.append_master_after(id, head, vec![MasterRecord::Site(site.clone())]).await?;
    Ok(site)
}

fn place(
    records: &[MasterRecord],
    code: &str,
    kind: LocationKind,
    wanted: &'static str,
) -> Result<LocationId, SiteError> {
    let found = records.iter().find_map(|record| match record {
        MasterRecord::Location(location) if location.code == code && location.active => Some(location),
        _ => None,
    });
    match found {
        Some(location) if location.kind == kind => Ok(location.id),
        Some(_) => Err(SiteError::OtherKind { code: code.to_owned(), wanted }),
        None => Err(SiteError::NoPlace(code.to_owned())),
    }
}
