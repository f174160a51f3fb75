//! View → window: maps what the view-models say to the globals of `ui/`, and nothing else.
//!
//! A page that did not change is not set again, so that lists keep their place and a frame paints only what moved.

use super::symbols;
use super::ui::{self, AppWindow};
use crate::screens::{self as view, View};
use slint::{Global, ModelRc, SharedString, VecModel};

/// The window's side of the view-models: remembers what it shows.
#[derive(Default)]
pub struct Screens {
    shown: Option<View>,
}

impl Screens {
    /// Draws `next`. Must be called on the window's thread.
    pub fn show(&mut self, window: &AppWindow, next: View) {
        let shell = ui::Shell::get(window);
        let before = self.shown.as_ref();
        if before.is_none_or(|before| before.page != next.page) {
            show_page(window, &shell, &next.page);
        }
        header(&shell, &next);
        lower_third(&shell, &next);
        sheet(&shell, next.sheet.as_ref());
        keypad(&shell, next.keypad.as_ref());
        // Last: the count lets the frame flash, and the frame's colour must be there by then.
        shell.set_flash(tone(next.flash.tone));
        shell.set_flash_count(i32::try_from(next.flash.count % 1_000_000).unwrap_or(0));
        self.shown = Some(next);
    }

    /// What is shown now.
    #[must_use]
    pub fn shown(&self) -> Option<&View> {
        self.shown.as_ref()
    }
}

fn header(shell: &ui::Shell, view: &View) {
    shell.set_title(text(&view.title));
    shell.set_progress(text(&view.progress));
    shell.set_can_go_back(view.can_go_back);
    shell.set_holds_age(text(&view.holds_age));
    shell.set_badge(text(&view.badge.text));
    shell.set_level(match view.badge.level {
        view::BadgeLevel::Safe => ui::Level::Safe,
        view::BadgeLevel::Waiting => ui::Level::Waiting,
        view::BadgeLevel::Late => ui::Level::Late,
        view::BadgeLevel::Alarm => ui::Level::Alarm,
    });
}

fn lower_third(shell: &ui::Shell, view: &View) {
    shell.set_has_primary(view.primary.is_some());
    if let Some(primary) = &view.primary {
        shell.set_primary(button(primary));
    }
    shell.set_secondary(model(&view.secondary, button));
    shell.set_steps(model(&view.steps, button));
    shell.set_counts(view.counts);
    shell.set_hint(match &view.page {
        view::Page::Home(home) => text(&home.hint),
        _ => SharedString::default(),
    });
    shell.set_has_strip(view.strip.is_some());
    if let Some(strip) = &view.strip {
        shell.set_strip_tone(tone(strip.tone));
        shell.set_strip_text(text(&strip.text));
        shell.set_strip_undo(strip.undo);
    }
}

fn sheet(shell: &ui::Shell, sheet: Option<&view::Sheet>) {
    if let Some(sheet) = sheet {
        shell.set_sheet_tone(tone(sheet.tone));
        shell.set_sheet_title(text(&sheet.title));
        shell.set_sheet_note(text(&sheet.note));
        shell.set_sheet_facts(model(&sheet.facts, fact));
        shell.set_sheet_answers(model(&sheet.answers, button));
        // Reasons stand beside each other; none is the better one.
        shell.set_sheet_recommends(
            !sheet.answers.first().is_some_and(|first| first.id.starts_with("reason:")),
        );
    }
    shell.set_has_sheet(sheet.is_some());
}

fn keypad(shell: &ui::Shell, keypad: Option<&view::Keypad>) {
    if let Some(keypad) = keypad {
        shell.set_keypad_prompt(text(&keypad.prompt));
        shell.set_keypad_text(text(&keypad.text));
        shell.set_keypad_problem(text(&keypad.problem));
        shell.set_keypad_kind(match keypad.kind {
            view::KeypadKind::Number => ui::KeypadKind::Number,
            view::KeypadKind::Pin => ui::KeypadKind::Pin,
            view::KeypadKind::Code => ui::KeypadKind::Code,
        });
    }
    shell.set_has_keypad(keypad.is_some());
}

fn show_page(window: &AppWindow, shell: &ui::Shell, page: &view::Page) {
    use view::Page;
    let screen = match page {
        Page::SignIn(page) => sign_in(window, page),
        Page::Home(page) => home(window, page),
        Page::Orders(page) => orders(window, page),
        Page::Receive(page) => receive(window, page),
        Page::PutAway(page) => movement(window, page, ui::Screen::PutAway),
        Page::Move(page) => movement(window, page, ui::Screen::Move),
        Page::Pick(page) => pick(window, page),
        Page::Dispatch(page) => dispatch(window, page),
        Page::LookUp(page) => look_up(window, page, ui::Screen::LookUp),
        Page::Hold(page) => look_up(window, page, ui::Screen::Hold),
        Page::Sync(page) => sync(window, page),
        Page::Calibrate(page) => calibrate(window, page),
    };
    shell.set_screen(screen);
}

fn sign_in(window: &AppWindow, page: &view::SignInPage) -> ui::Screen {
    let global = ui::SignIn::get(window);
    global.set_prompt(text(&page.prompt));
    global.set_detail(text(&page.detail));
    global.set_tone(tone(page.tone));
    ui::Screen::SignIn
}

fn home(window: &AppWindow, page: &view::HomePage) -> ui::Screen {
    let global = ui::Home::get(window);
    global.set_greeting(text(&page.greeting));
    global.set_tiles(model(&page.tiles, |tile| ui::TileData {
        id: text(&tile.id),
        label: text(&tile.label),
        detail: text(&tile.detail),
    }));
    ui::Screen::Home
}

fn orders(window: &AppWindow, page: &view::ListPage) -> ui::Screen {
    let global = ui::Orders::get(window);
    global.set_prompt(text(&page.prompt));
    global.set_rows(model(&page.rows, row));
    ui::Screen::Orders
}

fn receive(window: &AppWindow, page: &view::ReceivePage) -> ui::Screen {
    let global = ui::Receive::get(window);
    global.set_prompt(text(&page.prompt));
    global.set_has_goods(page.goods.is_some());
    global.set_goods(page.goods.as_ref().map(goods).unwrap_or_default());
    global.set_missing(model(&page.missing, |missing| text(missing)));
    global.set_quantity(text(&page.quantity));
    global.set_quantity_detail(text(&page.quantity_detail));
    global.set_rows(model(&page.rows, row));
    ui::Screen::Receive
}

fn movement(window: &AppWindow, page: &view::MovePage, screen: ui::Screen) -> ui::Screen {
    let global = ui::Movement::get(window);
    global.set_prompt(text(&page.prompt));
    global.set_has_goods(page.goods.is_some());
    global.set_goods(page.goods.as_ref().map(goods).unwrap_or_default());
    global.set_quantity(text(&page.quantity));
    global.set_quantity_detail(text(&page.quantity_detail));
    global.set_from(text(&page.from));
    global.set_suggestion(text(&page.suggestion));
    global.set_suggestion_reason(text(&page.suggestion_reason));
    global.set_rows(model(&page.rows, row));
    screen
}

fn pick(window: &AppWindow, page: &view::PickPage) -> ui::Screen {
    let global = ui::Pick::get(window);
    global.set_prompt(text(&page.prompt));
    global.set_location(text(&page.location));
    global.set_at_location(page.at_location);
    global.set_goods(goods(&page.goods));
    global.set_quantity(text(&page.quantity));
    global.set_quantity_detail(text(&page.quantity_detail));
    global.set_skipped(model(&page.skipped, |skipped| text(skipped)));
    ui::Screen::Pick
}

fn dispatch(window: &AppWindow, page: &view::DispatchPage) -> ui::Screen {
    let global = ui::Dispatch::get(window);
    global.set_prompt(text(&page.prompt));
    global.set_customer(text(&page.customer));
    global.set_loaded(text(&page.loaded));
    global.set_rows(model(&page.rows, row));
    ui::Screen::Dispatch
}

fn look_up(window: &AppWindow, page: &view::LookUpPage, screen: ui::Screen) -> ui::Screen {
    let global = ui::LookUp::get(window);
    global.set_prompt(text(&page.prompt));
    global.set_heading(text(&page.heading));
    global.set_status(text(&page.status));
    global.set_tone(tone(page.tone));
    global.set_facts(model(&page.facts, fact));
    global.set_as_of(text(&page.as_of));
    let rows: Vec<ui::RowData> = page.sections.iter().flat_map(section).collect();
    global.set_rows(ModelRc::new(VecModel::from(rows)));
    screen
}

fn sync(window: &AppWindow, page: &view::SyncPage) -> ui::Screen {
    let global = ui::Sync::get(window);
    global.set_headline(text(&page.headline));
    global.set_facts(model(&page.facts, fact));
    global.set_reassurance(text(&page.reassurance));
    global.set_problem(text(&page.problem));
    ui::Screen::Sync
}

fn calibrate(window: &AppWindow, page: &view::CalibratePage) -> ui::Screen {
    let global = ui::Calibrate::get(window);
    let drawn = page.symbol.as_ref().and_then(symbols::drawn);
    global.set_linear(
        page.symbol.as_ref().is_some_and(|symbol| symbol.kind != view::SymbolKind::Gs1DataMatrix),
    );
    global.set_columns(drawn.as_ref().map_or(0, |(_, columns)| *columns));
    global.set_code(drawn.map(|(image, _)| image).unwrap_or_default());
    global.set_prompt(text(&page.prompt));
    global.set_hint(text(&page.hint));
    global.set_tone(tone(page.tone));
    global.set_facts(model(&page.facts, fact));
    global.set_advice(model(&page.advice, |advice| text(advice)));
    ui::Screen::Calibrate
}

/// A titled list as one run of rows, its title first.
fn section(section: &view::Section) -> Vec<ui::RowData> {
    let title = ui::RowData { title: text(&section.title), heading: true, ..Default::default() };
    std::iter::once(title).chain(section.rows.iter().map(row)).collect()
}

fn text(words: &str) -> SharedString {
    SharedString::from(words)
}

fn model<T, U: Clone + 'static>(items: &[T], map: impl Fn(&T) -> U) -> ModelRc<U> {
    ModelRc::new(VecModel::from(items.iter().map(map).collect::<Vec<_>>()))
}

fn button(button: &view::Button) -> ui::ButtonData {
    ui::ButtonData { id: text(&button.id), label: text(&button.label), enabled: button.enabled }
}

fn fact(fact: &view::Fact) -> ui::FactData {
    ui::FactData { label: text(&fact.label), value: text(&fact.value) }
}

fn goods(goods: &view::Goods) -> ui::GoodsData {
    ui::GoodsData {
        item: text(&goods.item),
        lot: text(&goods.lot),
        good_to: text(&goods.good_to),
        in_days: text(&goods.in_days),
    }
}

fn row(row: &view::Row) -> ui::RowData {
    ui::RowData {
        id: text(&row.id),
        title: text(&row.title),
        detail: text(&row.detail),
        value: text(&row.value),
        tone: tone(row.tone),
        heading: false,
    }
}

fn tone(tone: view::Tone) -> ui::Tone {
    match tone {
        view::Tone::Quiet => ui::Tone::Quiet,
        view::Tone::Accepted => ui::Tone::Accepted,
        view::Tone::Question => ui::Tone::Question,
        view::Tone::Refused => ui::Tone::Refused,
        view::Tone::Done => ui::Tone::Done,
    }
}
