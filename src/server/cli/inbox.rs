//! `firstout-server serve --inbox`: looks into folders while the server runs.

use anyhow::Context as _;
use firstout::domain::SiteId;
use firstout::server::Clock;
use firstout::server::import::Inbox;
use firstout::server::storage::Storage;
use std::path::Path;
use std::time::Duration;

/// Between two looks; a file is taken once it has not changed for that long.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Makes the folders of `FOLDER` or `SITE=FOLDER`.
///
/// # Errors
/// Where a site is no number or a folder cannot be made.
pub fn inbox(text: &str) -> anyhow::Result<Inbox> {
    let (site, folder) = match text.split_once('=') {
        Some((site, folder)) => (
            site.parse().with_context(|| format!("{text}: write SITE=FOLDER, for example 2=/srv/in"))?,
            folder,
        ),
        None => (1, text),
    };
    Ok(Inbox::new(SiteId(site), Path::new(folder))?)
}

/// Looks into the folders until the runtime ends.
pub fn watch(storage: Storage, clock: Clock, mut inboxes: Vec<Inbox>) {
    if inboxes.is_empty() {
        return;
    }
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        loop {
            tick.tick().await;
            for inbox in &mut inboxes {
                match inbox.look(&storage, clock()).await {
                    Ok(pickups) => {
                        for pickup in pickups {
                            let file = pickup.file.display();
                            tracing::info!(name = pickup.name, saved = pickup.saved, %file, "file taken");
                        }
                    }
                    Err(error) => tracing::error!(%error, "cannot look for files"),
                }
            }
        }
    });
}
