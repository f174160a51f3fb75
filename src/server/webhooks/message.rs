//! An entry of the ledger as the messages that it is: what happened, and each thing that it showed not to add up.

use super::topic::Topic;
use crate::domain::{Body, HoldTarget, LotNumber, SiteId, Timestamp};
use crate::server::storage::console::Names;
use crate::server::storage::export::EventLine;
use serde::Serialize;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Bytes of the hash that a message's id shows.
const ID_BYTES: usize = 16;

/// A message to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The entry that it is of.
    pub seq: u64,
    /// Which of the entry's messages it is, counted over all that there could be.
    pub part: u32,
    /// The same for each try, on every server, and after a restore.
    pub id: String,
    /// Its JSON.
    pub body: String,
}

/// Something that does not add up, as an entry brought it up.
#[derive(Debug, Clone)]
pub(in crate::server) struct Opened {
    /// The entry.
    pub(in crate::server) seq: u64,
    /// What makes it one and the same.
    pub(in crate::server) identity: String,
    /// What kind, as a stable code.
    pub(in crate::server) kind: String,
    /// JSON of a discrepancy, or words.
    pub(in crate::server) detail: String,
    /// Since when.
    pub(in crate::server) opened: Timestamp,
}

#[derive(Serialize)]
struct Payload<'a, D> {
    r#type: &'a str,
    timestamp: &'a str,
    site: SiteId,
    data: D,
}

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(flatten)]
    line: &'a EventLine,
    /// What a hold, a recall or a release is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Target>,
}

#[derive(Serialize)]
struct Target {
    item: Option<String>,
    lot: Option<String>,
    location: Option<String>,
    hu: Option<String>,
}

#[derive(Serialize)]
struct Discrepancy<'a> {
    identity: &'a str,
    kind: &'a str,
    detail: Json,
    opened: String,
    entry: &'a EventLine,
}

/// What stops are on, in an entry of the ledger.
pub(in crate::server) fn target_of(body: &Body) -> Option<&HoldTarget> {
    match body {
        Body::Hold(hold) => Some(&hold.target),
        Body::Release(release) => Some(&release.target),
        Body::Undo(undo) => target_of(&undo.body),
        _ => None,
    }
}

/// The messages of an entry that are wanted, in their order.
#[must_use]
pub(in crate::server) fn messages(
    site: SiteId,
    wanted: &[Topic],
    line: &EventLine,
    opened: &[Opened],
    names: &Names,
) -> Vec<Message> {
    let mut found = Vec::new();
    let seq = line.seq;
    let body: Option<Body> = line.body.clone().and_then(|body| serde_json::from_value(body).ok());
    let counts = matches!(line.status, "accepted" | "flagged");
    let news = body.as_ref().filter(|_| counts).and_then(Topic::of);
    if let (Some((topic, undone)), Some(event)) = (news, line.event)
        && wanted.contains(&topic)
    {
        let kind = if undone { format!("{topic}.undone") } else { topic.to_string() };
        let target = body.as_ref().and_then(target_of).map(|target| named(target, names));
        let payload = Payload {
            r#type: &kind,
            timestamp: line.at.as_deref().unwrap_or(&line.received),
            site,
            data: Entry { line, target },
        };
        found.extend(message((seq, 0), site, &kind, &event.to_string(), &payload));
    }
    if wanted.contains(&Topic::DiscrepancyOpened) {
        let kind = Topic::DiscrepancyOpened.as_str();
        for (part, opened) in (1..).zip(opened) {
            let (since, detail) = (opened.opened.to_string(), opened.detail.clone());
            let detail = serde_json::from_str(&detail).unwrap_or(Json::String(detail));
            let Opened { identity, kind: code, .. } = opened;
            let data = Discrepancy { identity, kind: code, detail, opened: since.clone(), entry: line };
            let payload = Payload { r#type: kind, timestamp: &since, site, data };
            found.extend(message((seq, part), site, kind, identity, &payload));
        }
    }
    found
}

/// What an administrator sends to see whether it arrives; `number` makes it one and the same.
#[must_use]
pub(super) fn test(site: SiteId, name: &str, number: i64) -> Option<Message> {
    let kind = "webhook.test";
    let data = serde_json::json!({ "webhook": name });
    let payload = Payload { r#type: kind, timestamp: &Timestamp(number).to_string(), site, data };
    message((0, 0), site, kind, &format!("{name} {number}"), &payload)
}

fn message<D: Serialize>(
    (seq, part): (u64, u32),
    site: SiteId,
    kind: &str,
    source: &str,
    payload: &Payload<'_, D>,
) -> Option<Message> {
    let body = serde_json::to_string(payload).ok()?;
    let hash = Sha256::digest(format!("firstout/webhook/1\0{site}\0{kind}\0{source}"));
    let mut id = "msg_".to_owned();
    for byte in hash.iter().take(ID_BYTES) {
        let _ = write!(id, "{byte:02x}");
    }
    Some(Message { seq, part, id, body })
}

fn named(target: &HoldTarget, names: &Names) -> Target {
    let (mut item, mut lot, mut location, mut hu) = Default::default();
    match target {
        HoldTarget::Lot(key) => {
            item = Some(
                names.item(key.item).map_or_else(|| names.item_name(key.item), |item| item.code.clone()),
            );
            lot = key.lot.as_ref().map(LotNumber::to_string);
        }
        HoldTarget::Location(id) => location = Some(names.place(*id)),
        HoldTarget::Hu(code) => hu = Some(code.to_string()),
    }
    Target { item, lot, location, hu }
}
