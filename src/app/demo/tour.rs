//! One day in the demo warehouse, played by scans against a real server, with a picture of each screen.

use super::folder::{self, Prepared};
use super::guide::Guide;
use super::{DemoArgs, say};
use crate::app::clock::now;
use crate::app::symbols::scanner_labels;
use crate::demo::{DEMO_PIN, OAT_DRINK};
use crate::screens::{Page, PickPage, Tone};
use anyhow::{Context as _, bail, ensure};

/// More stops than any order of the demo has.
const STOPS_MAX: usize = 60;

/// Plays the day. Its warehouse is made anew, so that every tour shows the same day.
///
/// # Errors
/// Where an answer is not the one that the story expects, with what was shown instead.
pub fn run(args: &DemoArgs) -> anyhow::Result<()> {
    let folder = args.dir.join("tour");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    let mut prepared = folder::prepare(&folder, args.seed, now())?;
    let mut guide = Guide::new(&args.dir)?;
    guide.night(args.night);
    guide.start(&prepared, args.language.as_deref().unwrap_or("en"))?;
    sign_in(&mut guide, &prepared)?;
    set_up_scanner(&mut guide)?;
    receive(&mut guide, &prepared)?;
    put_away(&mut guide, &prepared)?;
    pick(&mut guide, &prepared)?;
    dispatch(&mut guide)?;
    look_up_and_hold(&mut guide, &prepared)?;
    without_network(&mut guide, &mut prepared)?;
    shapes(&mut guide, &prepared)?;
    say(&format!("{} pictures of the day are in {}", guide.pictures(), args.dir.display()))
}

/// What the scanner sends for the label whose title begins like this.
fn label<'a>(prepared: &'a Prepared, group: &str, title: &str) -> anyhow::Result<&'a str> {
    let found = prepared.labels.iter().find(|label| label.group == group && label.title.starts_with(title));
    Ok(&found.with_context(|| format!("no label {title:?} in {group:?}"))?.scan_text)
}

/// A plain code, as on shelves.
fn plain(code: &str) -> String {
    format!("]C0{code}")
}

/// A case of this lot.
fn case(prepared: &Prepared, item: &str, lot: &str) -> anyhow::Result<String> {
    let item = prepared.warehouse.item_named(item).with_context(|| format!("no item {item:?}"))?;
    let pack = item.packs.iter().find(|pack| pack.name == "case").or(item.packs.first());
    let gtin = pack.with_context(|| format!("{} has no pack", item.name))?.gtin;
    Ok(if lot.is_empty() { format!("]d201{gtin}") } else { format!("]d201{gtin}10{lot}") })
}

fn sign_in(guide: &mut Guide, prepared: &Prepared) -> anyhow::Result<()> {
    guide.picture("sign-in")?;
    guide.scan(label(prepared, "badges", "Sam Supervisor")?, Tone::Quiet)?;
    guide.picture("pin")?;
    for key in DEMO_PIN.chars() {
        guide.tap(&format!("key:{key}"))?;
    }
    guide.tap("key:ok")?;
    guide.calm_picture("home")?;
    guide.tap("type")?;
    guide.picture("type-a-code")?;
    guide.tap("key:cancel")
}

/// The four codes, scanned from the screen: the device learns how its scanner talks.
fn set_up_scanner(guide: &mut Guide) -> anyhow::Result<()> {
    guide.tap("badge")?;
    guide.tap("calibrate")?;
    let codes = scanner_labels();
    for (number, code) in (1..).zip(&codes) {
        guide.calm_picture(&format!("scanner-code-{number}"))?;
        let last = number == codes.len();
        guide.scan(&code.scan_text, if last { Tone::Done } else { Tone::Accepted })?;
    }
    guide.picture("scanner-understood")?;
    guide.tap("done")?;
    guide.home()
}

/// A pallet that was announced is one scan; a line of a purchase order is one scan, saved by the next.
fn receive(guide: &mut Guide, prepared: &Prepared) -> anyhow::Result<()> {
    guide.tap("tile:receive")?;
    guide.picture("orders-in")?;
    guide.scan(label(prepared, "receive", "Pallet of")?, Tone::Accepted)?;
    guide.picture("receive-pallet")?;
    guide.scan(label(prepared, "receive", "Purchase order")?, Tone::Accepted)?;
    guide.calm_picture("receive-order")?;
    let cases =
        prepared.labels.iter().filter(|label| label.group == "receive" && label.title.starts_with("Case of"));
    for case in cases.take(2) {
        guide.scan(&case.scan_text, Tone::Accepted).or_else(|_| guide.expect(Tone::Quiet))?;
    }
    guide.picture("receive-line")?;
    guide.scan(label(prepared, "receive", "Shelf life too short")?, Tone::Question)?;
    guide.picture("receive-question")?;
    guide.tap("leave")?;
    guide.tap("done")?;
    guide.home()
}

fn put_away(guide: &mut Guide, prepared: &Prepared) -> anyhow::Result<()> {
    guide.tap("tile:put_away")?;
    guide.calm_picture("put-away-waiting")?;
    guide
        .scan(label(prepared, "put away", "Pallet of")?, Tone::Accepted)
        .or_else(|_| guide.expect(Tone::Quiet))?;
    guide.calm_picture("put-away")?;
    let Page::PutAway(page) = guide.view()?.page else { bail!("this is not put-away") };
    guide.scan(&plain(&page.suggestion), Tone::Accepted)?;
    guide.picture("put-away-done")?;
    guide.home()?;
    guide.tap("tile:move")?;
    guide
        .scan(label(prepared, "move", "Pallet of")?, Tone::Accepted)
        .or_else(|_| guide.expect(Tone::Quiet))?;
    guide.calm_picture("move")?;
    guide.scan(label(prepared, "move", "An empty place")?, Tone::Accepted)?;
    guide.home()
}

/// The walk over an order: another lot than the first one with a reason, one line short, the rest as told.
fn pick(guide: &mut Guide, prepared: &Prepared) -> anyhow::Result<()> {
    guide.scan(label(prepared, "pick", "Order")?, Tone::Accepted)?;
    guide.calm_picture("pick-go")?;
    let first = stop(guide)?;
    guide.scan(&plain(&first.location), Tone::Accepted)?;
    guide.calm_picture("pick-here")?;
    let mut others = prepared
        .labels
        .iter()
        .filter(|label| label.group == "pick" && label.title.contains(&first.goods.item));
    let later = others.next_back().context("no later lot is on the shelf")?;
    guide.scan(&later.scan_text, Tone::Question)?;
    guide.picture("pick-question")?;
    guide.tap("keep")?;
    guide.picture("pick-reason")?;
    guide.tap_answer(|id| id.starts_with("reason:"))?;
    guide.expect(Tone::Accepted)?;
    guide.picture("pick-saved")?;
    let second = stop(guide)?;
    guide.scan(&plain(&second.location), Tone::Accepted)?;
    guide.tap("short")?;
    guide.calm_picture("pick-short")?;
    guide.tap_answer(|id| id.starts_with("reason:"))?;
    for _ in 0..STOPS_MAX {
        let here = stop(guide)?;
        if here.goods.item.is_empty() {
            return guide.picture("pick-done");
        }
        if !here.at_location {
            guide.scan(&plain(&here.location), Tone::Accepted)?;
        }
        let lot = here.goods.lot.rsplit(' ').next().unwrap_or_default();
        guide
            .scan(&case(prepared, &here.goods.item, lot)?, Tone::Accepted)
            .or_else(|_| guide.expect(Tone::Done))?;
    }
    bail!("the order has no end: {:?}", guide.view()?.page)
}

fn stop(guide: &Guide) -> anyhow::Result<PickPage> {
    match guide.view()?.page {
        Page::Pick(page) => Ok(page),
        page => bail!("this is not picking: {page:?}"),
    }
}

fn dispatch(guide: &mut Guide) -> anyhow::Result<()> {
    guide.tap("load")?;
    guide.calm_picture("dispatch")?;
    let codes = guide.picked.clone();
    ensure!(!codes.is_empty(), "nothing was picked");
    for (i, code) in codes.iter().enumerate() {
        let Page::Dispatch(_) = guide.view()?.page else { break };
        guide.scan_any(code)?;
        if i == 1 {
            guide.picture("dispatch-loading")?;
        }
    }
    guide.tap("close")?;
    if guide.view()?.sheet.is_some() {
        guide.picture("dispatch-close")?;
        guide.tap("close_anyway")?;
    }
    guide.expect(Tone::Done)?;
    guide.picture("dispatch-done")?;
    guide.home()
}

/// Back to the supplier and forward to every customer; then a stop that holds at the next scan.
fn look_up_and_hold(guide: &mut Guide, prepared: &Prepared) -> anyhow::Result<()> {
    guide.tap("tile:look_up")?;
    guide.picture("look-up-empty")?;
    let order = prepared.labels.iter().find(|label| label.group == "pick" && label.title.contains(OAT_DRINK));
    guide.scan_any(&order.context("no label of the first line")?.scan_text)?;
    guide.calm_picture("look-up")?;
    guide.home()?;
    guide.scan(&plain("10443"), Tone::Accepted)?;
    let held = stop(guide)?;
    let lot = held.goods.lot.rsplit(' ').next().unwrap_or_default().to_owned();
    let code = case(prepared, &held.goods.item, &lot)?;
    guide.home()?;
    guide.tap("tile:hold")?;
    guide.scan_any(&code)?;
    guide.tap("hold")?;
    guide.picture("hold-kind")?;
    guide.tap_answer(|id| !id.is_empty())?;
    if guide.view()?.sheet.is_some() {
        guide.tap_answer(|id| id.starts_with("reason:"))?;
    }
    guide.picture("hold")?;
    guide.home()?;
    guide.scan(&plain("10443"), Tone::Accepted)?;
    guide.scan_any(&plain(&held.location))?;
    guide.scan(&code, Tone::Refused)?;
    guide.picture("held-lot-stops")?;
    guide.home()
}

/// The server is gone: work goes on, the badge counts; it is back: the outbox drains by itself.
fn without_network(guide: &mut Guide, prepared: &mut Prepared) -> anyhow::Result<()> {
    guide.until("a drained outbox", |view| view.badge.pending == 0)?;
    prepared.cut();
    guide.tap("tile:put_away")?;
    let pallets: Vec<String> = prepared
        .labels
        .iter()
        .filter(|label| label.group == "put away" && label.title.starts_with("Pallet of"))
        .skip(1)
        .map(|label| label.scan_text.clone())
        .collect();
    for pallet in &pallets {
        guide.scan_any(pallet)?;
        let Page::PutAway(page) = guide.view()?.page else { bail!("this is not put-away") };
        guide.scan(&plain(&page.suggestion), Tone::Accepted)?;
    }
    let waiting = guide.view()?.badge.pending;
    ensure!(waiting == pallets.len() as u64, "{waiting} events wait, {} were saved", pallets.len());
    guide.picture("offline")?;
    guide.tap("badge")?;
    guide.until(
        "word of the lost server",
        |view| matches!(&view.page, Page::Sync(page) if !page.problem.is_empty()),
    )?;
    guide.calm_picture("sync-offline")?;
    prepared.restore()?;
    guide.network_is_back()?;
    guide.until("a drained outbox", |view| {
        view.badge.pending == 0 && matches!(&view.page, Page::Sync(page) if page.problem.is_empty())
    })?;
    guide.calm_picture("sync-drained")?;
    guide.home()
}

/// The same pages at night, in German, in landscape and on a larger display.
fn shapes(guide: &mut Guide, prepared: &Prepared) -> anyhow::Result<()> {
    guide.start(prepared, "de")?;
    guide.scan(label(prepared, "badges", "Pia Picker")?, Tone::Accepted)?;
    guide.calm_picture("home-german")?;
    guide.scan(&plain("10443"), Tone::Accepted)?;
    guide.night(true);
    guide.calm_picture("pick-german-night")?;
    let here = stop(guide)?;
    guide.scan(&plain(&here.location), Tone::Accepted)?;
    guide.picture("pick-german-night-answer")?;
    guide.night(false);
    guide.resize(800, 480);
    guide.calm_picture("pick-german-landscape")?;
    guide.resize(720, 1280);
    guide.calm_picture("pick-german-large")
}
