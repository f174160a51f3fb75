//! Shift end: is everything safe, and what needs somebody?

use super::error::PageError;
use super::seat::Seat;
use super::shell::{Shell, done, html};
use super::{qr, words};
use crate::domain::{DeviceId, UserId};
use crate::server::devices::{DeviceError, IN_REACH_MS, invite};
use crate::server::http::App;
use crate::server::people::named;
use crate::server::storage::Act;
use crate::server::storage::console::{DeviceState, EventRow, Names, Wanted};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

/// A battery that may not last the shift, in per cent.
const BATTERY_LOW: u8 = 20;

/// What a supervisor has to know of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Everything is here, and somebody said so.
    SignedOff,
    /// Everything that it told of is here, and it was heard of lately.
    Cleared,
    /// So many events are still on it.
    Waiting(u64),
    /// All that it told of is here, but it was not heard of for long: it may hold more.
    Silent,
    /// It was enrolled and has never spoken.
    Never,
    /// It may not speak any more.
    Revoked,
}

fn verdict(device: &DeviceState, now: crate::domain::Timestamp) -> Verdict {
    let silent = now.ms_since(device.last_contact) > IN_REACH_MS;
    match device {
        device if device.revoked => Verdict::Revoked,
        device if device.last_contact.0 <= 0 => Verdict::Never,
        device if device.waiting() > 0 => Verdict::Waiting(device.waiting()),
        device if device.is_signed_off() => Verdict::SignedOff,
        _ if silent => Verdict::Silent,
        _ => Verdict::Cleared,
    }
}

/// One line of the table.
struct Row {
    id: DeviceId,
    name: String,
    tone: &'static str,
    verdict: String,
    sub: String,
    contact: String,
    accepted: u64,
    reported: u64,
    clock: String,
    app: String,
    battery: String,
    is_low: bool,
    records: String,
    quarantined: u64,
    can_sign_off: bool,
}

impl Row {
    fn new(device: DeviceState, seat: &Seat, names: &Names) -> Self {
        let now = seat.now;
        let verdict = verdict(&device, now);
        let (tone, words) = match verdict {
            Verdict::SignedOff => ("good", "signed off".to_owned()),
            Verdict::Cleared => ("good", "cleared".to_owned()),
            Verdict::Waiting(count) => ("bad", format!("waiting {count}")),
            Verdict::Silent => {
                ("warn", format!("silent for {}", words::span(now.ms_since(device.last_contact))))
            }
            Verdict::Never => ("warn", "never seen".to_owned()),
            Verdict::Revoked => ("", "revoked".to_owned()),
        };
        let sub = match (&device.sign_off, verdict) {
            (Some(by), Verdict::SignedOff) => {
                format!("{} by {}", words::ago(now, by.at), names.person(by.by))
            }
            (Some(_), Verdict::Cleared | Verdict::Silent) => "worked since the last sign-off".to_owned(),
            _ => String::new(),
        };
        let skew_s = device.skew_ms / 1_000;
        let clock = match skew_s.unsigned_abs() {
            0..=30 => String::new(),
            _ => format!(
                "{} {}",
                words::span(device.skew_ms.saturating_abs()),
                if skew_s > 0 { "slow" } else { "fast" }
            ),
        };
        Self {
            id: device.device,
            name: device.name,
            tone,
            verdict: words,
            sub,
            contact: words::ago(now, device.last_contact),
            accepted: device.accepted,
            reported: device.reported,
            clock,
            battery: device.battery.map_or(String::new(), |level| format!("{level} %")),
            is_low: device.battery.is_some_and(|level| level <= BATTERY_LOW),
            records: match device.records_behind {
                _ if device.app.is_empty() => String::new(),
                0 => "up to date".to_owned(),
                1 => "1 change behind".to_owned(),
                behind => format!("{behind} changes behind"),
            },
            app: device.app,
            quarantined: device.quarantined,
            can_sign_off: matches!(verdict, Verdict::Cleared | Verdict::Silent),
        }
    }
}

#[derive(Template)]
#[template(path = "devices.html", config = "src/server/console/askama.toml")]
struct Page {
    shell: Shell,
    title: &'static str,
    reload_s: u32,
    lead: String,
    tiles: Vec<Tile>,
    rows: Vec<Row>,
    /// What a new device scans, as a picture and as text.
    invitation: Option<(String, String)>,
}

struct Tile {
    number: String,
    words: &'static str,
    tone: &'static str,
    href: &'static str,
}

async fn made(app: &App, seat: &Seat, invitation: Option<String>) -> Result<Page, PageError> {
    let devices = app.storage.devices(seat.site).await?;
    let mut wanted = Wanted::default();
    for sign_off in devices.iter().filter_map(|device| device.sign_off) {
        wanted.user(sign_off.by);
    }
    let names = app.storage.names(seat.site, wanted).await?;
    let lead = lead(&devices, seat);
    let waiting: u64 = devices.iter().filter(|device| !device.revoked).map(DeviceState::waiting).sum();
    let holds = app.storage.count_open_holds(seat.site).await?;
    let shell = Shell::new(app, seat, "/").await?;
    let tile = |number: u64, words, tone: &'static str, href| Tile {
        number: words::grouped(i64::try_from(number).unwrap_or(i64::MAX)),
        words,
        tone: if number > 0 { tone } else { "good" },
        href,
    };
    let open = shell.discrepancies;
    let tiles = vec![
        tile(waiting, "events still on devices", "bad", "/"),
        Tile { number: words::open(open), ..tile(open, "open discrepancies", "warn", "/discrepancies") },
        tile(holds, "open holds", "", "/holds"),
    ];
    Ok(Page {
        shell,
        title: "Shift end",
        reload_s: if invitation.is_some() { 0 } else { 10 },
        lead,
        tiles,
        rows: devices.into_iter().map(|device| Row::new(device, seat, &names)).collect(),
        invitation: invitation.map(|text| (qr::svg(&text, "Code for the new device"), text)),
    })
}

/// "11 of 12 devices are cleared; HH-07 holds 43 events, last seen 12 min ago."
fn lead(devices: &[DeviceState], seat: &Seat) -> String {
    let active: Vec<_> = devices.iter().filter(|device| !device.revoked).collect();
    let is_clear =
        |device: &DeviceState| matches!(verdict(device, seat.now), Verdict::Cleared | Verdict::SignedOff);
    let clear = active.iter().filter(|device| is_clear(device)).count();
    let worst = active.iter().filter(|device| !is_clear(device)).max_by_key(|device| device.waiting());
    let rest = match worst {
        None if active.is_empty() => return "No device is enrolled yet.".to_owned(),
        None => "everything that was told of is here".to_owned(),
        Some(device) => match verdict(device, seat.now) {
            Verdict::Waiting(count) => {
                let plural = if count == 1 { "event" } else { "events" };
                format!(
                    "{} holds {count} {plural}, last seen {}",
                    device.name,
                    words::ago(seat.now, device.last_contact)
                )
            }
            Verdict::Never => format!("{} has never been seen", device.name),
            _ => format!("{} was last seen {}", device.name, words::ago(seat.now, device.last_contact)),
        },
    };
    let verb = if active.len() == 1 { "device is" } else { "devices are" };
    format!("{clear} of {} {verb} cleared; {rest}.", active.len())
}

pub(super) async fn page(State(app): State<App>, seat: Seat) -> Result<Response, PageError> {
    html(&made(&app, &seat, None).await?)
}

#[derive(Template)]
#[template(path = "tiles.html", config = "src/server/console/askama.toml")]
struct Tiles {
    lead: String,
    tiles: Vec<Tile>,
}

/// The tiles alone, for screens on a wall that poll them.
pub(super) async fn tiles(State(app): State<App>, seat: Seat) -> Result<Response, PageError> {
    let page = made(&app, &seat, None).await?;
    html(&Tiles { lead: page.lead, tiles: page.tiles })
}

#[derive(Deserialize)]
pub(super) struct SignOffForm {
    token: String,
    device: Uuid,
}

pub(super) async fn sign_off(
    State(app): State<App>,
    seat: Seat,
    Form(form): Form<SignOffForm>,
) -> Result<Response, PageError> {
    seat.check(&form.token)?;
    let device = DeviceId(form.device);
    if !app.storage.sign_off(seat.site, device, seat.id(), seat.now).await? {
        return Ok(done("/", "not-cleared"));
    }
    app.storage.note(seat.site, seat.act(Act::DeviceSignedOff, format!("device {device}"))).await?;
    Ok(done("/", "signed-off"))
}

#[derive(Deserialize)]
pub(super) struct EnrolForm {
    token: String,
    #[serde(default)]
    name: String,
}

pub(super) async fn enrol(
    State(app): State<App>,
    seat: Seat,
    headers: HeaderMap,
    Form(form): Form<EnrolForm>,
) -> Result<Response, PageError> {
    seat.check(&form.token)?;
    let name: String = form.name.trim().chars().filter(|c| !c.is_control()).take(40).collect();
    let by = named(&seat.user);
    let invited = match invite(&app.storage, seat.site, &name, None, &by, seat.now).await {
        // Nobody said where handhelds reach the server: where this browser does.
        Err(DeviceError::NoUrl) => {
            let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
            let url = format!("https://{host}");
            invite(&app.storage, seat.site, &name, Some(url), &by, seat.now).await
        }
        invited => invited,
    };
    let invitation = invited.map_err(|error| match error {
        DeviceError::Storage(error) => error.into(),
        DeviceError::Secret(error) => error.into(),
        error => PageError::Wrong(error.to_string()),
    })?;
    html(&made(&app, &seat, Some(invitation.to_string())).await?)
}

#[derive(Template)]
#[template(path = "device.html", config = "src/server/console/askama.toml")]
struct DevicePage {
    shell: Shell,
    title: String,
    reload_s: u32,
    row: Row,
    revoked: bool,
    stories: Vec<super::story::Story>,
}

/// One device and its newest events.
pub(super) async fn one(
    State(app): State<App>,
    seat: Seat,
    Path(device): Path<Uuid>,
) -> Result<Response, PageError> {
    let device = DeviceId(device);
    let found = app.storage.devices(seat.site).await?.into_iter().find(|state| state.device == device);
    let state = found.ok_or(PageError::NotFound("device"))?;
    let events: Vec<EventRow> = app.storage.events_before(seat.site, Some(device), u64::MAX, 50).await?;
    let mut wanted = super::story::wanted(&events, seat.site);
    wanted.user(state.sign_off.map_or(UserId::NOBODY, |sign_off| sign_off.by));
    let names = app.storage.names(seat.site, wanted).await?;
    html(&DevicePage {
        shell: Shell::new(&app, &seat, "/").await?,
        title: state.name.clone(),
        reload_s: 0,
        revoked: state.revoked,
        row: Row::new(state, &seat, &names),
        stories: events.iter().map(|event| super::story::tell(event, &names)).collect(),
    })
}

#[derive(Deserialize)]
pub(super) struct RevokeForm {
    token: String,
    device: Uuid,
}

pub(super) async fn revoke(
    State(app): State<App>,
    seat: Seat,
    Form(form): Form<RevokeForm>,
) -> Result<Response, PageError> {
    seat.check(&form.token)?;
    let device = DeviceId(form.device);
    if app.storage.device(seat.site, device).await?.is_none() {
        return Err(PageError::NotFound("device"));
    }
    let entry = seat.act(Act::DeviceRevoked, format!("device {device}"));
    app.storage.revoke(seat.site, device, entry).await?;
    Ok(done(&format!("/devices/{device}"), "revoked"))
}
