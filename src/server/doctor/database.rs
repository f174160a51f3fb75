//! The database: does it open, is it this program's, is it whole and backed up; and what it says of clocks and devices.

use super::{Ask, Finding, Level, span};
use crate::domain::Timestamp;
use crate::server::storage::{Checkup, Place, SeenDevice, Storage, StorageError, schema_of};
use crate::server::webhooks::Webhook;

/// A backup each night, with some room.
const BACKUP_MS_MAX: i64 = 26 * 3_600_000;
const BACKUP_MS_FAR: i64 = 7 * 86_400_000;
/// A device that was not heard of for a day is not only out of reach.
const SILENT_MS: i64 = 86_400_000;
/// Clocks that differ by more are wrong; the ledger flags it, too.
const SKEW_MS_MAX: i64 = 5 * 60_000;
/// So many devices must agree before the server's clock is doubted.
const WITNESSES: usize = 3;
/// 2026-01-01: no server of this program ran before.
const EARLIEST: Timestamp = Timestamp(1_767_225_600_000);
/// Devices that are named one by one.
const NAMED: usize = 5;

pub(super) async fn database(ask: &Ask, now: Timestamp, found: &mut Vec<Finding>) {
    let place = &ask.place;
    if !place.exists() {
        found.push(clock(now, None, &[]));
        return found.push(Finding::new(
            "database",
            Level::Warning,
            format!("there is no database at {place}"),
            "Everything that handhelds send is kept there.",
            "Name the right one with --data or --database, or start `firstout-server serve`, which makes it.",
        ));
    }
    let storage = match opened(ask, found).await {
        Ok(Some(storage)) => storage,
        Ok(None) => return found.push(clock(now, None, &[])),
        Err(error) => {
            found.push(clock(now, None, &[]));
            return found.push(cannot(format!("{place} cannot be used: {error}")));
        }
    };
    found.push(match storage.quick_check().await {
        Ok(None) => Finding::fine("integrity", whole(place)),
        Ok(Some(said)) => damaged(&said),
        Err(error) => damaged(&error.to_string()),
    });
    match storage.checkup().await {
        Ok(checkup) => {
            found.push(backup(&checkup, now));
            found.push(clock(now, checkup.newest, &checkup.devices));
            found.push(devices(&checkup.devices, now));
            found.extend(webhooks(&checkup.webhooks));
        }
        Err(error) => found.push(cannot(format!("{place} cannot be read: {error}"))),
    }
    storage.close().await;
}

/// The storage, where the database is of this program.
async fn opened(ask: &Ask, found: &mut Vec<Finding>) -> Result<Option<Storage>, StorageError> {
    let (has, known) = schema_of(&ask.place).await?;
    let what = format!("the database has schema {has}, this program knows up to {known}");
    if has > known {
        found.push(Finding::new(
            "schema",
            Level::Problem,
            what,
            "A newer program wrote it; this one would not understand it and does not start.",
            "Install the newer program again.",
        ));
        return Ok(None);
    }
    if has < known {
        found.push(Finding::new(
            "schema",
            Level::Warning,
            what,
            "The next start of this program brings it up to date, and the older one cannot use it any more.",
            "Make a backup with the older program, then restart the server; then run this again for the rest.",
        ));
        return Ok(None);
    }
    let storage = Storage::open(&ask.place, &ask.data).await?;
    storage.ready().await?;
    found.push(Finding::fine("database", format!("{} opens and can be written", ask.place)));
    found.push(Finding::fine("schema", format!("the database has schema {has}, which is this program's")));
    Ok(Some(storage))
}

fn cannot(what: String) -> Finding {
    Finding::new(
        "database",
        Level::Problem,
        what,
        "Nothing can be saved or shown; handhelds keep what they have and try again.",
        "Run this as the user that the server runs as. If the file is damaged, stop the server, keep the file, and restore \
         the newest backup: handhelds send again what it does not have.",
    )
}

fn whole(place: &Place) -> &'static str {
    match place {
        Place::Sqlite(_) => "the database's pages are whole; `firstout-server verify` checks what is in them",
        Place::Postgres(_) => {
            "PostgreSQL looks after its pages; `firstout-server verify` checks what is in them"
        }
    }
}

fn damaged(said: &str) -> Finding {
    Finding::new(
        "integrity",
        Level::Problem,
        format!("the database is damaged: {said}"),
        "What is damaged can be missing or wrong, and backups of it are refused.",
        "Stop the server, keep the file, and restore the newest backup: handhelds send again what it does not have. Then look at the disk.",
    )
}

fn backup(checkup: &Checkup, now: Timestamp) -> Finding {
    let behind = checkup.not_backed_up;
    let age_ms = checkup.last_backup.map(|at| now.ms_since(at));
    let (level, what) = match age_ms {
        _ if behind == 0 => return Finding::fine("backup", "everything is in a verified backup"),
        None => (Level::Warning, format!("there is no backup; {behind} entries are only here")),
        Some(ms) if ms <= BACKUP_MS_MAX => {
            let what = format!("the last backup is {} old; {behind} entries are newer", span(ms));
            return Finding::fine("backup", what);
        }
        Some(ms) => {
            let level = if ms > BACKUP_MS_FAR { Level::Problem } else { Level::Warning };
            (level, format!("the last backup is {} old; {behind} entries are newer", span(ms)))
        }
    };
    Finding::new(
        "backup",
        level,
        what,
        "If this disk is lost, what is in no backup comes back only from handhelds that still have it, and they keep everything until it is.",
        "Run `firstout-server backup FILE` from cron, onto another disk or machine.",
    )
}

fn clock(now: Timestamp, newest: Option<Timestamp>, devices: &[SeenDevice]) -> Finding {
    let todo = "Set this machine's clock and keep it right (chrony or systemd-timesyncd; see `timedatectl`).";
    let why = "Codes, sessions and signed requests are judged by this clock, and records are dated by it.";
    let problem = |what: String| Finding::new("clock", Level::Problem, what, why, todo);
    if now < EARLIEST {
        return problem(format!("this machine's clock says {now}"));
    }
    if let Some(newest) = newest.filter(|newest| newest.ms_since(now) > SKEW_MS_MAX) {
        return problem(format!("this machine's clock says {now}, but there are records of {newest}"));
    }
    let mut skews: Vec<i64> = devices
        .iter()
        .filter(|device| now.ms_since(device.last_contact) < SILENT_MS)
        .map(|device| device.skew_ms)
        .collect();
    skews.sort_unstable();
    let middle = skews.get(skews.len() / 2).copied().unwrap_or(0);
    if skews.len() >= WITNESSES && middle.abs() > SKEW_MS_MAX {
        let side = if middle > 0 { "ahead of" } else { "behind" };
        let what = format!("this machine's clock is {} {side} most handhelds'", span(middle.abs()));
        return Finding::new("clock", Level::Warning, what, why, todo);
    }
    Finding::fine("clock", format!("{now}, and nothing speaks against it"))
}

/// One finding for each webhook that does not get what it should.
fn webhooks(all: &[Webhook]) -> Vec<Finding> {
    let bad = |webhook: &&Webhook| webhook.state() != "active";
    let told = |webhook: &Webhook| {
        let Webhook { site, name, behind, problem, failing_since, .. } = webhook;
        let since = failing_since.map_or_else(String::new, |since| format!(" since {since} ({problem})"));
        let (level, state, todo) = match webhook.disabled {
            Some(_) => (
                Level::Warning,
                "is disabled",
                format!("Repair the receiver, then: firstout-server webhook enable {name} --site {site}"),
            ),
            None => (
                Level::Note,
                "fails",
                "It is tried again by itself, about once an hour, and disabled after five days.".to_owned(),
            ),
        };
        Finding::new(
            "webhooks",
            level,
            format!("webhook {name} of site {site} {state}{since}; {behind} entries behind"),
            "The program there does not hear what happens; nothing is lost, and it is told in order once it can be.",
            todo,
        )
    };
    let found: Vec<_> = all.iter().filter(bad).map(told).collect();
    if found.is_empty() && !all.is_empty() {
        return vec![Finding::fine("webhooks", format!("all {} take what they are sent", all.len()))];
    }
    found
}

fn devices(devices: &[SeenDevice], now: Timestamp) -> Finding {
    let silent: Vec<_> =
        devices.iter().filter(|device| now.ms_since(device.last_contact) > SILENT_MS).collect();
    let holding = silent.iter().filter(|device| device.waiting > 0).count();
    if silent.is_empty() {
        return Finding::fine("devices", format!("all {} were heard of within a day", devices.len()));
    }
    let told = |device: &&SeenDevice| {
        let since = match device.last_contact.0 {
            ..=0 => "never seen".to_owned(),
            _ => span(now.ms_since(device.last_contact)),
        };
        let holds =
            if device.waiting > 0 { format!(", holds {} events", device.waiting) } else { String::new() };
        format!("{} ({since}{holds})", device.name)
    };
    let mut names: Vec<_> = silent.clone();
    names.sort_by_key(|device| (device.waiting <= 0, device.last_contact));
    let names: Vec<String> = names.iter().take(NAMED).map(told).collect();
    let more = if silent.len() > NAMED { ", and more" } else { "" };
    let what = format!(
        "{} of {} devices were not heard of for a day: {}{more}",
        silent.len(),
        devices.len(),
        names.join(", ")
    );
    let level = if holding > 0 { Level::Warning } else { Level::Note };
    Finding::new(
        "devices",
        level,
        what,
        "What was scanned on them may be on them alone.",
        "Switch them on within reach of the network, or lock out what is lost: firstout-server revoke NAME.",
    )
}
