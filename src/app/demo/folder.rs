//! The demo's folder: which warehouse, which port, the handheld's file, the labels. A second start goes on with it.

use super::server::{Serving, Site};
use crate::app::clock::now;
use crate::app::data::{self, EnrolArgs};
use crate::app::symbols::scanner_labels;
use crate::demo::{Warehouse, labels, warehouse};
use crate::domain::{Day, Timestamp};
use crate::exchange::{Label, labels_html};
use crate::sync::driver::sync_once;
use crate::sync::engine::Activity;
use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The name on the back of the demo's handheld.
const NAME: &str = "HH-07";

/// What a second start must not change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Begun {
    seed: u64,
    today: Day,
    address: SocketAddr,
}

/// The prepared demo.
pub struct Prepared {
    /// Where it lies.
    pub folder: PathBuf,
    /// The warehouse's server; `None` while it is cut off.
    pub serving: Option<Serving>,
    /// Where it listens.
    pub address: SocketAddr,
    site: Site,
    /// The handheld's file, enrolled.
    pub handheld: PathBuf,
    /// The printable sheet.
    pub sheet: PathBuf,
    /// The labels on it.
    pub labels: Vec<Label>,
    /// Everything that is in the warehouse.
    pub warehouse: Warehouse,
    /// False where an earlier demo goes on.
    pub fresh: bool,
}

impl Prepared {
    /// The server's address for handhelds and browsers.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The server is gone, at once.
    pub fn cut(&mut self) {
        self.serving = None;
    }

    /// It is back at the same address.
    ///
    /// # Errors
    /// Where it does not start there.
    pub fn restore(&mut self) -> anyhow::Result<()> {
        let serving = self.site.serve(Some(self.address))?;
        ensure!(serving.address() == self.address, "{} was taken meanwhile", self.address);
        self.serving = Some(serving);
        Ok(())
    }
}

/// Makes the folder, or goes on with the one that is there.
///
/// # Errors
/// Where the server's program is missing or fails, and where nothing can be written.
pub fn prepare(folder: &Path, seed: u64, now: Timestamp) -> anyhow::Result<Prepared> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let notes = folder.join("demo.json");
    let site = Site::beside(folder)?;
    let begun: Option<Begun> = match std::fs::read(&notes) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).context("demo.json is not the demo's")?),
        Err(_) => None,
    };
    let fresh = begun.is_none();
    let (seed, today) = begun.as_ref().map_or((seed, now.utc().date_naive()), |old| (old.seed, old.today));
    if fresh {
        site.seed(seed, &today.to_string())?;
    }
    let serving = site.serve(begun.as_ref().map(|old| old.address))?;
    let handheld = folder.join("handheld.db");
    enrol(&site, &serving, &handheld)?;
    let warehouse = warehouse(seed, today);
    let mut labels = labels(&warehouse);
    labels.extend(scanner_labels());
    let sheet = folder.join("labels.html");
    std::fs::write(&sheet, labels_html(&labels))?;
    let begun = Begun { seed, today, address: serving.address() };
    std::fs::write(&notes, serde_json::to_vec_pretty(&begun)?)?;
    let address = serving.address();
    Ok(Prepared {
        folder: folder.to_owned(),
        serving: Some(serving),
        address,
        site,
        handheld,
        sheet,
        labels,
        warehouse,
        fresh,
    })
}

/// Once; a handheld that knows another address of its server is told the new one by the demo's own transport.
fn enrol(site: &Site, serving: &Serving, handheld: &Path) -> anyhow::Result<()> {
    let (store, _) = data::open(handheld).map_err(|error| data::in_words(&error))?;
    if store.identity()?.is_some() {
        return Ok(());
    }
    drop(store);
    let args = EnrolArgs {
        invitation: Some(site.invitation(NAME, &serving.url())?),
        name: NAME.to_owned(),
        db: Some(handheld.to_owned()),
        roots: None,
        again: false,
    };
    let identity = data::enrol(&args)?;
    // The first snapshot, so that the window opens on a warehouse and not on an empty page.
    let folder = handheld.parent().unwrap_or(Path::new("."));
    let mut transport = data::transport(&identity, &serving.url(), folder)?;
    let (mut store, _) = data::open(handheld).map_err(|error| data::in_words(&error))?;
    let report = sync_once(&mut store, &mut transport, now);
    ensure!(
        matches!(report.activity, Activity::InStep(_)),
        "the first sync ended with {:?}",
        report.activity
    );
    Ok(())
}
