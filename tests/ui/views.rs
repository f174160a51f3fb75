//! One view of each page, in English and German, as the view-models make them.

use super::sheets;
use firstout::screens::*;

pub fn button(id: &str, label: &str) -> Button {
    Button { id: id.into(), label: label.into(), enabled: true }
}

fn row(id: &str, title: &str, detail: &str, value: &str, tone: Tone) -> Row {
    Row { id: id.into(), title: title.into(), detail: detail.into(), value: value.into(), tone }
}

pub fn fact(label: &str, value: &str) -> Fact {
    Fact { label: label.into(), value: value.into() }
}

fn strip(tone: Tone, text: &str, undo: bool) -> Option<Strip> {
    Some(Strip { tone, text: text.into(), undo })
}

fn base(title: &str, page: Page) -> View {
    View {
        title: title.into(),
        progress: String::new(),
        can_go_back: true,
        badge: Badge { text: "12".into(), pending: 12, level: BadgeLevel::Waiting },
        holds_age: String::new(),
        page,
        primary: None,
        secondary: vec![],
        steps: vec![],
        counts: false,
        strip: None,
        sheet: None,
        keypad: None,
        flash: Flash { tone: Tone::Quiet, count: 0 },
        night: false,
    }
}

/// Chooses the words.
pub struct Tongue(bool);

impl Tongue {
    pub fn say<'a>(&self, english: &'a str, german: &'a str) -> &'a str {
        if self.0 { german } else { english }
    }
}

/// Every page and overlay by name.
pub fn all(german: bool) -> Vec<(&'static str, View)> {
    let t = Tongue(german);
    let mut views = vec![
        ("sign-in", sign_in(&t)),
        ("enrol", enrol(&t)),
        ("no-site", no_site(&t)),
        ("home", home(&t)),
        ("orders", orders(&t)),
        ("receive-empty", receive_empty(&t)),
        ("receive", receive(&t)),
        ("receive-missing", receive_missing(&t)),
        ("put-away-list", put_away_list(&t)),
        ("put-away", put_away(&t)),
        ("move", movement(&t)),
        ("pick", pick(&t)),
        ("pick-here", pick_here(&t)),
        ("pick-done", pick_done(&t)),
        ("dispatch", dispatch(&t)),
        ("look-up-empty", look_up_empty(&t)),
        ("look-up", look_up(&t)),
        ("hold", hold(&t)),
        ("sync", sync(&t)),
        ("calibrate-linear", calibrate(&t, 1)),
        ("calibrate-square", calibrate(&t, 2)),
        ("calibrate-found", calibrate_found(&t)),
    ];
    views.push(("question", sheets::question(&t)));
    views.push(("which-lot", sheets::which_lot(&t)));
    views.push(("reasons", sheets::reasons(&t)));
    views.push(("refused", refused(&t)));
    views.push(("pin", keypad(sign_in(&t), KeypadKind::Pin, "PIN", "•••", "")));
    let how_many = t.say("How many?", "Wie viele?");
    views.push(("quantity", keypad(pick_here(&t), KeypadKind::Number, how_many, "24", "")));
    let there = t.say("Only 18 are there. Enter less.", "Nur 18 sind da. Weniger eingeben.");
    views.push(("quantity-refused", keypad(pick_here(&t), KeypadKind::Number, how_many, "", there)));
    let lot = t.say("Lot number", "Chargennummer");
    views.push(("code", keypad(receive_missing(&t), KeypadKind::Code, lot, "L2231-B", "")));
    views
}

/// The English one of that name.
pub fn named(name: &str) -> View {
    all(false).into_iter().find(|(it, _)| *it == name).unwrap_or_else(|| panic!("no view {name:?}")).1
}

fn sign_in(t: &Tongue) -> View {
    let page = SignInPage {
        prompt: t.say("Scan your badge", "Ausweis scannen").into(),
        detail: "Lindhafen · HH-07".into(),
        tone: Tone::Quiet,
    };
    View {
        can_go_back: false,
        badge: Badge { text: t.say("safe", "sicher").into(), pending: 0, level: BadgeLevel::Safe },
        ..base("Firstout", Page::SignIn(page))
    }
}

fn enrol(t: &Tongue) -> View {
    let prompt = t.say("Scan the office's code", "Code vom Büro scannen");
    let detail = t.say(
        "The office shows it on the console. It lasts ten minutes.",
        "Das Büro zeigt ihn auf der Konsole. Er gilt zehn Minuten.",
    );
    let said = t.say(
        "This code is used up or too old. Scan a new one.",
        "Der Code ist verbraucht oder zu alt. Einen neuen scannen.",
    );
    refused_code(t, prompt, detail, said)
}

/// A handheld that is enrolled at a server without a site, and the longest of the words about codes.
fn no_site(t: &Tongue) -> View {
    let prompt = t.say(
        "The server has no warehouse yet. The office must make one.",
        "Der Server hat noch kein Lager. Das Büro muss eines anlegen.",
    );
    let said = t.say(
        "This device cannot do that now. Restart it, then scan again.",
        "Das Gerät kann das gerade nicht. Neu starten, dann noch einmal scannen.",
    );
    refused_code(t, prompt, "HH-07", said)
}

fn refused_code(t: &Tongue, prompt: &str, detail: &str, said: &str) -> View {
    let page = SignInPage { prompt: prompt.into(), detail: detail.into(), tone: Tone::Quiet };
    View { strip: strip(Tone::Refused, said, false), page: Page::SignIn(page), ..sign_in(t) }
}

fn home(t: &Tongue) -> View {
    let tile = |id: &str, label: &str, detail: &str| Tile {
        id: format!("tile:{id}"),
        label: label.into(),
        detail: detail.into(),
    };
    let page = HomePage {
        greeting: t.say("Good morning, Mara", "Guten Morgen, Mara").into(),
        tiles: vec![
            tile("receive", t.say("Receive", "Wareneingang"), t.say("2 due", "2 offen")),
            tile("put_away", t.say("Put away", "Einlagern"), t.say("14 wait", "14 warten")),
            tile("pick", t.say("Pick", "Kommissionieren"), t.say("Orders: 6", "Aufträge: 6")),
            tile("move", t.say("Move", "Umlagern"), ""),
            tile("dispatch", t.say("Dispatch", "Verladen"), t.say("Orders: 1", "Aufträge: 1")),
            tile("look_up", t.say("Look up", "Nachsehen"), ""),
            tile("hold", t.say("Hold", "Sperren"), ""),
        ],
        hint: t.say("Scan anything to begin", "Zum Anfangen etwas scannen").into(),
    };
    View {
        can_go_back: false,
        primary: Some(button("sign_out", t.say("Sign out", "Abmelden"))),
        strip: strip(
            Tone::Accepted,
            t.say(
                "Hello Mara Lindqvist. Scan anything to begin.",
                "Hallo Mara Lindqvist. Zum Anfangen etwas scannen.",
            ),
            false,
        ),
        ..base("Lindhafen", Page::Home(page))
    }
}

fn orders(t: &Tongue) -> View {
    let due = t.say("due 24 Nov 2026", "fällig 24. Nov. 2026");
    let of = |done: u32, all: u32| if t.0 { format!("{done} von {all}") } else { format!("{done} of {all}") };
    let page = ListPage {
        prompt: t.say("Scan an order or tap it", "Auftrag scannen oder antippen").into(),
        rows: vec![
            row("order:1", "10442 · Café Morgenrot", due, &of(3, 18), Tone::Question),
            row("order:2", "10443 · Stadtapotheke am Markt", due, &of(0, 4), Tone::Quiet),
            row("order:3", "10447 · Weinhandlung Bacchus", due, &of(0, 11), Tone::Quiet),
            row("order:4", "10449 · Northfarm Kitchen", due, &of(6, 6), Tone::Accepted),
            row("order:5", "10451 · Hotel Seeblick", due, &of(0, 32), Tone::Quiet),
        ],
    };
    View {
        secondary: vec![button("more", t.say("More", "Weitere"))],
        ..base(t.say("Orders to pick", "Aufträge zu picken"), Page::Orders(page))
    }
}

fn goods(t: &Tongue) -> Goods {
    Goods {
        item: "Oat drink barista 1 l".into(),
        lot: t.say("Lot L2231", "Charge L2231").into(),
        good_to: t.say("good to 14 Mar 2027", "haltbar bis 14. März 2027").into(),
        in_days: t.say("in 111 days", "in 111 Tagen").into(),
    }
}

fn waiting_rows() -> Vec<Row> {
    vec![
        row("", "Espresso beans 1 kg", "0 of 60", "60", Tone::Quiet),
        row("", "Ibuprofen 400 mg, 20 tablets", "120 of 120", "✓", Tone::Accepted),
        row("", "Riesling Kabinett 2024 0.75 l", "0 of 180", "180", Tone::Quiet),
    ]
}

fn receive_empty(t: &Tongue) -> View {
    let page = ReceivePage {
        prompt: t.say("Scan a box", "Karton scannen").into(),
        goods: None,
        missing: vec![],
        quantity: String::new(),
        quantity_detail: String::new(),
        rows: waiting_rows(),
    };
    View {
        progress: "1/4".into(),
        secondary: vec![button("close", t.say("Close the order", "Auftrag abschließen"))],
        strip: strip(Tone::Accepted, t.say("Order PO-7731 opened.", "Auftrag PO-7731 geöffnet."), false),
        ..base("PO-7731 · Northfarm", Page::Receive(page))
    }
}

fn receive(t: &Tongue) -> View {
    let page = ReceivePage {
        prompt: t
            .say(
                "Scan the next box. It saves this line.",
                "Nächsten Karton scannen. Das speichert die Zeile.",
            )
            .into(),
        goods: Some(goods(t)),
        missing: vec![],
        quantity: "24".into(),
        quantity_detail: t.say("of 240 each\n= 2 cases", "von 240 Stück\n= 2 Kartons").into(),
        rows: waiting_rows(),
    };
    View {
        progress: "2/4".into(),
        primary: Some(button("done", t.say("Save", "Speichern"))),
        secondary: vec![button("damaged", t.say("Damaged", "Beschädigt"))],
        strip: strip(
            Tone::Accepted,
            t.say("Espresso beans 1 kg · 60 saved", "Espressobohnen 1 kg · 60 gespeichert"),
            true,
        ),
        flash: Flash { tone: Tone::Accepted, count: 3 },
        ..base("PO-7731 · Northfarm", Page::Receive(page))
    }
}

fn receive_missing(t: &Tongue) -> View {
    let mut view = receive(t);
    if let Page::Receive(page) = &mut view.page {
        page.prompt = t.say("Scan the lot, or type it", "Charge scannen oder eingeben").into();
        page.goods = Some(Goods { item: "Oat drink barista 1 l".into(), ..Goods::default() });
        page.missing = vec![t.say("Lot number", "Chargennummer").into(), t.say("Date", "Datum").into()];
    }
    view.flash = Flash { tone: Tone::Quiet, count: 3 };
    view
}

fn put_away_list(t: &Tongue) -> View {
    let page = MovePage {
        prompt: t.say("Scan what to put away", "Scannen, was einzulagern ist").into(),
        goods: None,
        quantity: String::new(),
        quantity_detail: String::new(),
        from: String::new(),
        suggestion: String::new(),
        suggestion_reason: String::new(),
        rows: vec![
            row("", "Oat drink barista 1 l", "Lot L2231 · DOCK-1", "240", Tone::Quiet),
            row("", "Espresso beans 1 kg", "Lot K118 · DOCK-1", "60", Tone::Quiet),
            row("", "Hand cream 75 ml", "Lot 4471C · DOCK-2", "1,152", Tone::Quiet),
        ],
    };
    base(t.say("Put away", "Einlagern"), Page::PutAway(page))
}

fn put_away(t: &Tongue) -> View {
    let page = MovePage {
        prompt: t.say("Take it to", "Bringen nach").into(),
        goods: Some(goods(t)),
        quantity: "240".into(),
        quantity_detail: t.say("each\n= 20 cases", "Stück\n= 20 Kartons").into(),
        from: t.say("from DOCK-1", "von DOCK-1").into(),
        suggestion: "A-03-2".into(),
        suggestion_reason: t.say("same lot is there", "dieselbe Charge ist dort").into(),
        rows: vec![],
    };
    View {
        strip: strip(
            Tone::Accepted,
            t.say("Oat drink barista 1 l, 240 in hand", "Oat drink barista 1 l, 240 in der Hand"),
            true,
        ),
        ..base(t.say("Put away", "Einlagern"), Page::PutAway(page))
    }
}

pub fn movement(t: &Tongue) -> View {
    let page = MovePage {
        prompt: t.say("Scan where it goes", "Scannen, wohin es geht").into(),
        goods: Some(Goods {
            item: t.say("Pallet 0034 0123 4500 0000 17", "Palette 0034 0123 4500 0000 17").into(),
            ..Goods::default()
        }),
        quantity: "4".into(),
        quantity_detail: t.say("lots, the whole pallet", "Chargen, die ganze Palette").into(),
        from: t.say("from B-11-1", "von B-11-1").into(),
        suggestion: String::new(),
        suggestion_reason: String::new(),
        rows: vec![
            row("", "Oat drink barista 1 l", "Lot L2231", "120", Tone::Quiet),
            row("", "Espresso beans 1 kg", "Lot K118", "60", Tone::Quiet),
        ],
    };
    base(t.say("Move", "Umlagern"), Page::Move(page))
}

fn pick(t: &Tongue) -> View {
    let page = PickPage {
        prompt: t.say("Go to", "Gehe zu").into(),
        location: "A-03-2".into(),
        at_location: false,
        goods: goods(t),
        quantity: "24".into(),
        quantity_detail: t.say("each\n= 2 cases", "Stück\n= 2 Kartons").into(),
        skipped: vec![t.say("L2198 expired 3 Nov 2026", "L2198 abgelaufen am 3. Nov. 2026").into()],
    };
    View {
        progress: "3/18".into(),
        holds_age: t.say("holds as of 13:58", "Sperren vom Stand 13:58").into(),
        secondary: vec![
            button("short", t.say("Short", "Fehlmenge")),
            button("other", t.say("Other lot", "Andere Charge")),
        ],
        strip: strip(
            Tone::Accepted,
            t.say("12 Espresso beans 1 kg picked", "12 Espresso beans 1 kg gepickt"),
            true,
        ),
        ..base("10442", Page::Pick(page))
    }
}

pub fn pick_here(t: &Tongue) -> View {
    let mut view = pick(t);
    if let Page::Pick(page) = &mut view.page {
        page.prompt = t.say("Scan the lot", "Charge scannen").into();
        page.at_location = true;
        page.skipped.clear();
    }
    view.strip = strip(
        Tone::Accepted,
        t.say("A-03-2 is right. Scan the lot.", "A-03-2 stimmt. Charge scannen."),
        false,
    );
    view.flash = Flash { tone: Tone::Accepted, count: 8 };
    view
}

fn pick_done(t: &Tongue) -> View {
    let page = PickPage {
        prompt: t.say("Everything is picked", "Alles ist gepickt").into(),
        location: String::new(),
        at_location: false,
        goods: Goods::default(),
        quantity: String::new(),
        quantity_detail: String::new(),
        skipped: vec![],
    };
    View {
        progress: "18/18".into(),
        primary: Some(button("next", t.say("Next order", "Nächster Auftrag"))),
        strip: strip(
            Tone::Done,
            t.say(
                "Order 10442 is picked. Bring it to STAGE-1.",
                "Auftrag 10442 ist gepickt. Nach STAGE-1 bringen.",
            ),
            true,
        ),
        flash: Flash { tone: Tone::Done, count: 9 },
        ..base("10442", Page::Pick(page))
    }
}

fn dispatch(t: &Tongue) -> View {
    let page = DispatchPage {
        prompt: t.say("Scan what goes on the truck", "Scannen, was auf den Lkw geht").into(),
        customer: "Café Morgenrot".into(),
        loaded: t.say("5 of 7 loaded", "5 von 7 verladen").into(),
        rows: vec![
            row("", "Oat drink barista 1 l", t.say("Lot L2231", "Charge L2231"), "24", Tone::Accepted),
            row("", "Espresso beans 1 kg", t.say("Lot K118", "Charge K118"), "6", Tone::Accepted),
            row("", "Riesling Kabinett 2024", t.say("Lot W24-7", "Charge W24-7"), "12", Tone::Quiet),
            row(
                "",
                "Hand cream 75 ml",
                t.say("Lot 4471C · on hold", "Charge 4471C · gesperrt"),
                "48",
                Tone::Refused,
            ),
        ],
    };
    View {
        progress: "5/7".into(),
        holds_age: t.say("holds as of 13:58", "Sperren vom Stand 13:58").into(),
        primary: Some(button("close", t.say("Close the order", "Auftrag abschließen"))),
        strip: strip(
            Tone::Accepted,
            t.say("6 Espresso beans 1 kg loaded", "6 Espresso beans 1 kg verladen"),
            true,
        ),
        ..base("10442", Page::Dispatch(page))
    }
}

fn look_up_empty(t: &Tongue) -> View {
    let page = LookUpPage {
        prompt: t.say("Scan anything", "Irgendetwas scannen").into(),
        heading: String::new(),
        status: String::new(),
        tone: Tone::Quiet,
        facts: vec![],
        sections: vec![],
        as_of: String::new(),
    };
    base(t.say("Look up", "Nachsehen"), Page::LookUp(page))
}

fn look_up(t: &Tongue) -> View {
    let section = |title: &str, rows| Section { title: title.into(), rows };
    let page = LookUpPage {
        prompt: t.say("Scan anything", "Irgendetwas scannen").into(),
        heading: t.say("Lot L2231", "Charge L2231").into(),
        status: t.say("available", "verfügbar").into(),
        tone: Tone::Accepted,
        facts: vec![
            fact(t.say("Item", "Artikel"), "Oat drink barista 1 l"),
            fact(
                t.say("Good to", "Haltbar bis"),
                t.say("14 Mar 2027, in 111 days", "14. März 2027, in 111 Tagen"),
            ),
            fact(t.say("Made on", "Hergestellt"), t.say("14 Sep 2026", "14. Sep. 2026")),
        ],
        sections: vec![
            section(
                t.say("Where it is", "Wo sie ist"),
                vec![
                    row("", "A-03-2", t.say("since 2 Nov", "seit 2. Nov."), "120", Tone::Quiet),
                    row("", "B-11-1", t.say("since 14 Nov", "seit 14. Nov."), "48", Tone::Quiet),
                ],
            ),
            section(
                t.say("Came from", "Kam von"),
                vec![row("", "Northfarm", "PO-7698 · 2 Nov 2026", "240", Tone::Quiet)],
            ),
            section(
                t.say("Went to", "Ging an"),
                vec![row("", "Café Morgenrot", "10398 · 9 Nov 2026", "72", Tone::Quiet)],
            ),
        ],
        as_of: t.say("as this device knew it at 13:58", "Stand dieses Geräts um 13:58").into(),
    };
    base(t.say("Look up", "Nachsehen"), Page::LookUp(page))
}

fn hold(t: &Tongue) -> View {
    let mut view = look_up(t);
    if let Page::LookUp(mut page) = view.page {
        page.status = t.say("on hold since 13:58 · Quality", "gesperrt seit 13:58 · Qualität").into();
        page.tone = Tone::Refused;
        view = View {
            primary: Some(button("release", t.say("Release", "Freigeben"))),
            ..base(t.say("Hold", "Sperren"), Page::Hold(page))
        };
    }
    view.strip = strip(
        Tone::Accepted,
        t.say("Lot L2231 is on hold everywhere.", "Charge L2231 ist überall gesperrt."),
        true,
    );
    view
}

fn sync(t: &Tongue) -> View {
    let page = SyncPage {
        headline: t.say("12 not yet on the server", "12 noch nicht auf dem Server").into(),
        facts: vec![
            fact(t.say("Oldest", "Älteste"), "14:02 · 38 min"),
            fact(t.say("Last contact", "Letzter Kontakt"), "13:58"),
            fact(t.say("Holds as of", "Sperren vom Stand"), "13:58"),
            fact(t.say("Room left", "Platz für"), "49,988"),
            fact(t.say("Device", "Gerät"), "HH-07"),
        ],
        reassurance: t
            .say(
                "Everything is saved on this device. It will be sent by itself.",
                "Alles ist auf diesem Gerät gespeichert. Es wird von selbst gesendet.",
            )
            .into(),
        problem: t.say("The server does not answer.", "Der Server antwortet nicht.").into(),
    };
    View {
        badge: Badge { text: "12".into(), pending: 12, level: BadgeLevel::Late },
        primary: Some(button("sync_now", t.say("Try now", "Jetzt versuchen"))),
        secondary: vec![button("calibrate", "Scanner")],
        ..base(t.say("Sync", "Abgleich"), Page::Sync(page))
    }
}

fn calibrate(t: &Tongue, step: usize) -> View {
    let (kind, data) = match step {
        1 => (SymbolKind::Gs1_128, "10AB12\u{1d}2134"),
        _ => (SymbolKind::Gs1DataMatrix, "91ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
    };
    let page = CalibratePage {
        prompt: t.say("Scan this code", "Diesen Code scannen").into(),
        symbol: Some(Symbol { kind, data: data.into() }),
        hint: t
            .say(
                "Too small here? The office prints these codes.",
                "Hier zu klein? Das Büro druckt diese Codes.",
            )
            .into(),
        tone: Tone::Quiet,
        facts: vec![],
        advice: vec![],
    };
    View {
        progress: format!("{} {} 4", step + 1, t.say("of", "von")),
        primary: Some(button("again", t.say("Start again", "Noch einmal"))),
        strip: strip(Tone::Accepted, t.say("Good. Scan the next one.", "Gut. Den nächsten scannen."), false),
        ..base(t.say("Set up the scanner", "Scanner einrichten"), Page::Calibrate(page))
    }
}

fn calibrate_found(t: &Tongue) -> View {
    let page = CalibratePage {
        prompt: t.say("The scanner is understood", "Der Scanner wird verstanden").into(),
        symbol: None,
        hint: String::new(),
        tone: Tone::Accepted,
        facts: vec![
            fact(t.say("separator", "Trennzeichen"), "{GS}"),
            fact(t.say("before each code", "vor jedem Code"), t.say("nothing", "nichts")),
            fact(t.say("after each code", "nach jedem Code"), t.say("nothing", "nichts")),
            fact(t.say("names the code type", "nennt die Codeart"), t.say("no", "nein")),
            fact(t.say("keys swapped", "Tasten vertauscht"), "18"),
        ],
        advice: vec![
            t.say(
                "Turn on its code identifiers (AIM). It reads safer.",
                "Code-Kennungen (AIM) einschalten. Das liest sicherer.",
            )
            .into(),
        ],
    };
    View {
        primary: Some(button("done", t.say("Done", "Fertig"))),
        secondary: vec![button("again", t.say("Start again", "Noch einmal"))],
        strip: strip(
            Tone::Done,
            t.say(
                "Saved on this device. Go on working.",
                "Auf diesem Gerät gespeichert. Einfach weiterarbeiten.",
            ),
            false,
        ),
        ..base(t.say("Set up the scanner", "Scanner einrichten"), Page::Calibrate(page))
    }
}

fn refused(t: &Tongue) -> View {
    View {
        strip: strip(
            Tone::Refused,
            t.say(
                "Wrong lot. Take L2231, good to 14 Mar, shelf A-03-2.",
                "Falsche Charge. Nimm L2231, haltbar bis 14. März, Regal A-03-2.",
            ),
            false,
        ),
        flash: Flash { tone: Tone::Refused, count: 12 },
        ..pick_here(t)
    }
}

fn keypad(view: View, kind: KeypadKind, prompt: &str, text: &str, problem: &str) -> View {
    let keypad = Keypad { prompt: prompt.into(), text: text.into(), kind, problem: problem.into() };
    View { keypad: Some(keypad), flash: Flash { tone: Tone::Quiet, count: view.flash.count }, ..view }
}
