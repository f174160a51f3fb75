//! What a screen shows, as plain data in the operator's words: the window draws it, flow files compare it.

use serde::Serialize;

/// The whole display after an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct View {
    /// The header's words, for example "Order 10442".
    pub title: String,
    /// Where in the job, for example "3/18"; empty where there is no such thing.
    pub progress: String,
    /// False on the page where the stack begins.
    pub can_go_back: bool,
    /// How many events are not yet safe on the server.
    pub badge: Badge,
    /// The age of the holds in words where it matters and is worth a word; else empty.
    pub holds_age: String,
    /// What the middle shows.
    pub page: Page,
    /// The full-width button at the bottom, for the case without a scan.
    pub primary: Option<Button>,
    /// Smaller ones beside or above it, at most three.
    pub secondary: Vec<Button>,
    /// At the quantity: one pack less, one more. Empty where there is nothing to step.
    pub steps: Vec<Button>,
    /// True where a tap on the quantity (`quantity`) opens the keypad.
    pub counts: bool,
    /// What the last scan was understood as.
    pub strip: Option<Strip>,
    /// A question in the lower half; the scanner stays live.
    pub sheet: Option<Sheet>,
    /// The own keypad, while a number or a code is typed.
    pub keypad: Option<Keypad>,
    /// The last answer, for frame, sound and vibration.
    pub flash: Flash,
    /// Light on dark.
    pub night: bool,
}

/// How safe what was done is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Badge {
    /// "safe", or "12" waiting.
    pub text: String,
    /// Events not yet on the server.
    pub pending: u64,
    /// Its colour and sign.
    pub level: BadgeLevel,
}

/// Colour and sign of the badge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BadgeLevel {
    /// ✓ Everything is on the server.
    Safe,
    /// ↑ Some wait.
    Waiting,
    /// ↑ The oldest waits for more than an hour.
    Late,
    /// ! The device is nearly full, or the server refused something, or the file is damaged.
    Alarm,
}

/// The answer to an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Nothing to say.
    Quiet,
    /// Green, tick, short high beep. For facts: only after the commit.
    Accepted,
    /// Amber, question mark, double beep.
    Question,
    /// Red, cross, low long tone.
    Refused,
    /// Blue, fanfare: a job is finished.
    Done,
}

/// The last answer; `count` grows with each, so that two equal ones flash twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Flash {
    /// Which answer.
    pub tone: Tone,
    /// How many there have been.
    pub count: u64,
}

/// The last-scan strip above the buttons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Strip {
    /// Its colour and sign.
    pub tone: Tone,
    /// What happened and what to do next.
    pub text: String,
    /// True where one tap (`undo`) takes it back.
    pub undo: bool,
}

/// Something to tap; `id` is what the tap sends.
///
/// Beside the ids in a view these work on every page: `undo`, `back`, `badge` (sync status), `type` (a code by keypad) and,
/// where a page shows a quantity that may be changed, `quantity`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Button {
    /// For example "short", "reason:damaged", "tile:receive".
    pub id: String,
    /// Its words.
    pub label: String,
    /// False where it is drawn but does nothing yet.
    pub enabled: bool,
}

/// A question with its answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sheet {
    /// Its colour: a question, or a refusal that says what to do instead.
    pub tone: Tone,
    /// "Another lot is first".
    pub title: String,
    /// Facts to compare, label and value: ("first", "L2231 · 14 Mar 2027").
    pub facts: Vec<Fact>,
    /// What it costs: "same shelf · 80 days lost"; may be empty.
    pub note: String,
    /// The answers, the recommended one first.
    pub answers: Vec<Button>,
}

/// A label with its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// What it says.
    pub value: String,
}

/// The own keypad.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Keypad {
    /// What is asked: "How many?", "PIN".
    pub prompt: String,
    /// What stands in the field; dots for a PIN.
    pub text: String,
    /// Digits only, or letters too.
    pub kind: KeypadKind,
    /// Why the last entry was refused; may be empty.
    pub problem: String,
}

/// Which keys a keypad has. Keys tap as `key:<char>`, `key:back`, `key:ok`, `key:cancel`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeypadKind {
    /// 0 to 9.
    Number,
    /// 0 to 9, nothing shown.
    Pin,
    /// Letters, digits, dash.
    Code,
}

/// What the middle of the display shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Page {
    /// Scan your badge.
    SignIn(SignInPage),
    /// The tiles.
    Home(HomePage),
    /// A list of orders to choose from (scanning one is quicker).
    Orders(ListPage),
    /// Goods-in.
    Receive(ReceivePage),
    /// From the dock into storage.
    PutAway(MovePage),
    /// From place to place.
    Move(MovePage),
    /// The walk over an order's lines.
    Pick(PickPage),
    /// Loading the truck.
    Dispatch(DispatchPage),
    /// What, where, since when; back and forward.
    LookUp(LookUpPage),
    /// Stop a lot, place or pallet, or let it go.
    Hold(LookUpPage),
    /// How safe everything is.
    Sync(SyncPage),
    /// How the scanner talks.
    Calibrate(CalibratePage),
}

/// Sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignInPage {
    /// "Scan your badge".
    pub prompt: String,
    /// The site and this device.
    pub detail: String,
    /// While a device is handed in: done once nothing waits, a question before. Else quiet.
    pub tone: Tone,
}

/// The tiles; a scan opens the right job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HomePage {
    /// "Good morning, Mara".
    pub greeting: String,
    /// `tile:<name>`.
    pub tiles: Vec<Tile>,
    /// "scan anything to begin".
    pub hint: String,
}

/// One job on the home page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tile {
    /// For example "tile:receive".
    pub id: String,
    /// "Receive".
    pub label: String,
    /// "2 due"; may be empty.
    pub detail: String,
}

/// Rows to choose from: at most as many as are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListPage {
    /// What to do: "Scan an order or tap it".
    pub prompt: String,
    /// The rows in sight.
    pub rows: Vec<Row>,
}

/// One row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What a tap sends; empty where a tap does nothing.
    pub id: String,
    /// Its first line.
    pub title: String,
    /// Its second line.
    pub detail: String,
    /// At its right end: a quantity or a date.
    pub value: String,
    /// Its colour and sign.
    pub tone: Tone,
}

/// An item, its lot and its date: what a picker reads from 60 cm.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Goods {
    /// Its name.
    pub item: String,
    /// "Lot L2231"; empty where unknown or untracked.
    pub lot: String,
    /// "good to 14 Mar 2027".
    pub good_to: String,
    /// "in 111 days".
    pub in_days: String,
}

/// Goods-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceivePage {
    /// What to do next: "Scan a box".
    pub prompt: String,
    /// The line in hand, saved by the next scan.
    pub goods: Option<Goods>,
    /// What the line in hand still lacks: "lot number", "date".
    pub missing: Vec<String>,
    /// Its quantity in base units, with words: "24".
    pub quantity: String,
    /// "of 240", "each", "= 2 cases".
    pub quantity_detail: String,
    /// Lines of the order still to come, those in sight.
    pub rows: Vec<Row>,
}

/// Put-away and move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MovePage {
    /// "Scan what to move", "Scan where it goes".
    pub prompt: String,
    /// What is in hand.
    pub goods: Option<Goods>,
    /// Its quantity.
    pub quantity: String,
    /// "each", "whole pallet, 4 lots".
    pub quantity_detail: String,
    /// Where it comes from.
    pub from: String,
    /// Where it should go: the biggest thing on the screen once something is in hand.
    pub suggestion: String,
    /// Why there: "same lot is there", "empty".
    pub suggestion_reason: String,
    /// What waits (put-away), those in sight.
    pub rows: Vec<Row>,
}

/// One stop of the pick walk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PickPage {
    /// "Go to", "Scan the lot", "Nothing left to pick".
    pub prompt: String,
    /// Where to go: "A-03-2".
    pub location: String,
    /// True once the location was scanned.
    pub at_location: bool,
    /// What to take.
    pub goods: Goods,
    /// How many base units: "24".
    pub quantity: String,
    /// "each · = 2 cases".
    pub quantity_detail: String,
    /// Earlier lots that were passed over, with the reason: "L2198 expired 3 Nov".
    pub skipped: Vec<String>,
}

/// Loading the truck.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DispatchPage {
    /// "Scan what goes on the truck".
    pub prompt: String,
    /// To whom.
    pub customer: String,
    /// "5 of 7 loaded".
    pub loaded: String,
    /// The picked lots, those in sight.
    pub rows: Vec<Row>,
}

/// What, where, since when; back to the source and forward to the customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LookUpPage {
    /// "Scan anything".
    pub prompt: String,
    /// What was found; empty before the first scan.
    pub heading: String,
    /// "on hold since 13:58", with its tone.
    pub status: String,
    /// The status' colour.
    pub tone: Tone,
    /// Label and value.
    pub facts: Vec<Fact>,
    /// Titled lists: "Where it is", "Came from", "Went to".
    pub sections: Vec<Section>,
    /// "as this device knew it at 13:58".
    pub as_of: String,
}

/// A titled list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Its title.
    pub title: String,
    /// The rows in sight.
    pub rows: Vec<Row>,
}

/// How safe everything is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SyncPage {
    /// "12 not yet on the server", "Everything is on the server".
    pub headline: String,
    /// Oldest, last contact, holds as of, queue room, device, server.
    pub facts: Vec<Fact>,
    /// "Everything is saved on this device. It will be sent by itself."
    pub reassurance: String,
    /// What went wrong last, in words; may be empty.
    pub problem: String,
}

/// How the scanner talks: four codes, then what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CalibratePage {
    /// "Scan this code", "The scanner is understood".
    pub prompt: String,
    /// The code to scan.
    pub symbol: Option<Symbol>,
    /// Where else it can be had; may be empty.
    pub hint: String,
    /// The prompt's colour once something was found.
    pub tone: Tone,
    /// What was found.
    pub facts: Vec<Fact>,
    /// What to change at the scanner.
    pub advice: Vec<String>,
}

/// A code to be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Symbol {
    /// Which barcode.
    pub kind: SymbolKind,
    /// What it holds, FNC1 as 0x1D.
    pub data: String,
}

/// Which barcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SymbolKind {
    /// Plain Code 128.
    Code128,
    /// Code 128 that starts with FNC1.
    Gs1_128,
    /// DataMatrix that starts with FNC1.
    Gs1DataMatrix,
}
