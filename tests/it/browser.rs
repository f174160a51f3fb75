//! The console in a real browser: a supervisor's shift end, with pictures of each page in `target/console/`.

use crate::console::demo_server;
use crate::console_cases::orders;
use crate::server_database::Db;
use crate::server_support::{Handheld, TestServer, movement, receipt};
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use firstout::demo::DEMO_PIN;
use firstout::domain::{Body, Dispatch, Move, MoveKind, OrderId, PartyId};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The longest wait for the page behind a click.
const PAGE_WAIT_MAX: Duration = Duration::from_secs(20);

/// chromedriver on a free port; it is killed with this value.
struct Driver {
    child: Child,
    url: String,
}

impl Driver {
    fn start() -> Self {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is missing: apt-get install chromium chromium-driver");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| line.split_once("successfully on port ").map(|(_, port)| port.to_owned()))
            .expect("chromedriver says its port");
        let port = port.trim_end_matches('.');
        Self { child, url: format!("http://127.0.0.1:{port}") }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command of Chromium's beside those of WebDriver: what media the page is told of.
#[derive(Debug)]
struct Emulate(serde_json::Value);

impl WebDriverCompatibleCommand for Emulate {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (hyper::Method, Option<String>) {
        let body = serde_json::json!({ "cmd": "Emulation.setEmulatedMedia", "params": self.0 });
        (hyper::Method::POST, Some(body.to_string()))
    }
}

struct Browser {
    client: Client,
    at: String,
    pictures: PathBuf,
}

impl Browser {
    async fn open(driver: &Driver, server: &TestServer) -> Self {
        let arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"];
        let options = serde_json::json!({ "goog:chromeOptions": { "args": arguments } });
        let serde_json::Value::Object(options) = options else { unreachable!() };
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(options)
            .connect(&driver.url)
            .await
            .expect("a browser: apt-get install chromium chromium-driver");
        let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../console");
        std::fs::create_dir_all(&pictures).unwrap();
        Self { client, at: format!("http://{}", server.addr), pictures }
    }

    async fn go(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.at)).await.unwrap();
    }

    async fn text(&self, css: &str) -> String {
        self.client.find(Locator::Css(css)).await.unwrap_or_else(|_| panic!("{css}")).text().await.unwrap()
    }

    async fn title(&self) -> String {
        self.text("h1").await
    }

    async fn fill(&self, css: &str, text: &str) {
        let field = self.client.find(Locator::Css(css)).await.unwrap_or_else(|_| panic!("{css}"));
        field.clear().await.ok();
        field.send_keys(text).await.unwrap();
    }

    /// Clicks, and waits for the page that follows.
    async fn click(&self, css: &str) {
        let button = self.client.find(Locator::Css(css)).await.unwrap_or_else(|_| panic!("{css}"));
        self.client.execute("document.documentElement.dataset.old = 1", Vec::new()).await.unwrap();
        button.click().await.unwrap();
        let new = "return document.readyState === 'complete' && !document.documentElement.dataset.old";
        let begun = Instant::now();
        // While pages change, a question can fail.
        while self.client.execute(new, Vec::new()).await.ok() != Some(true.into()) {
            assert!(begun.elapsed() < PAGE_WAIT_MAX, "no page follows {css}");
            tokio::task::yield_now().await;
        }
    }

    /// As a computer that is set to light or to dark shows it.
    async fn set_colours(&self, scheme: &str) {
        let features = serde_json::json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let command = Emulate(serde_json::json!({ "features": features }));
        self.client.issue_cmd(command).await.unwrap();
    }

    /// On a desktop and on a phone, by day and by night; nothing may be wider than the phone.
    async fn picture(&self, name: &str) {
        for (kind, width, height) in [("desktop", 1280, 900), ("phone", 390, 844)] {
            self.client.set_window_size(width, height).await.unwrap();
            for (scheme, suffix) in [("dark", "-dark"), ("light", "")] {
                self.set_colours(scheme).await;
                let png = self.client.screenshot().await.unwrap();
                std::fs::write(self.pictures.join(format!("{name}-{kind}{suffix}.png")), png).unwrap();
            }
            let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
            let beyond = self.client.execute(wide, Vec::new()).await.unwrap();
            assert_eq!(beyond, 0, "{name} is too wide on a {kind}");
        }
        self.client.set_window_size(1280, 900).await.unwrap();
    }
}

fn moved(device: &mut Handheld, count: usize) {
    for _ in 0..count {
        let lines = vec![movement("L2231", 1, 5, 6)];
        device.confirm(Body::Move(Move { kind: MoveKind::Move, lines }));
    }
}

#[test]
fn a_supervisor_ends_the_shift() {
    let server = demo_server(Db::Sqlite, "browser");
    let mut device = server.enrol("HH-01");
    moved(&mut device, 5);
    device.push(0, 3);
    assert_eq!(device.get("/v1/hello?head=5&app=0.1.0&battery=18").status, 200);
    let customers = orders(&server);
    let driver = Driver::start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let end = runtime.block_on(async {
        let browser = Browser::open(&driver, &server).await;
        let told = tokio::spawn(shift_end(browser, device, customers)).await;
        told.err()
    });
    if let Some(error) = end {
        std::panic::resume_unwind(error.into_panic());
    }
}

async fn shift_end(browser: Browser, mut device: Handheld, customers: [(OrderId, PartyId); 2]) {
    sign_in(&browser).await;
    clearance(&browser, &device).await;
    import(&browser).await;
    discrepancy(&browser).await;
    recall(&browser, &mut device, customers).await;
    webhooks(&browser).await;
    for (path, name) in [
        ("/stock", "stock"),
        ("/items/1", "item"),
        ("/expiry", "expiry"),
        ("/orders", "orders"),
        ("/orders/1", "order"),
        ("/lot?item=1&lot=L2231", "lot"),
        ("/holds", "holds"),
        ("/audit?check", "audit"),
        ("/people", "people"),
        ("/search?q=oat", "search"),
    ] {
        browser.go(path).await;
        assert!(!browser.title().await.is_empty());
        browser.picture(name).await;
    }
    browser.client.close().await.unwrap();
}

async fn sign_in(browser: &Browser) {
    browser.go("/").await;
    browser.fill("input[name=badge]", "BADGE-1004").await;
    browser.fill("input[name=pin]", "1111").await;
    browser.click("button").await;
    assert!(browser.text("[role=alert]").await.contains("The badge or the PIN is not right"));
    browser.picture("sign-in").await;
    browser.fill("input[name=badge]", "BADGE-1004").await;
    browser.fill("input[name=pin]", DEMO_PIN).await;
    browser.click("button").await;
}

async fn clearance(browser: &Browser, device: &Handheld) {
    assert!(browser.title().await.contains("HH-01 holds 2 events"), "{}", browser.title().await);
    assert_eq!(browser.text("td .badge").await, "waiting 2");
    browser.picture("shift-end-waiting").await;
    device.push(3, 5);
    browser.go("/").await;
    assert_eq!(browser.text("td .badge").await, "cleared");
    browser.click("form[action='/devices/sign-off'] button").await;
    assert_eq!(browser.text("[role=status]").await, "Signed off.");
    assert_eq!(browser.text("td .badge").await, "signed off");
    browser.picture("shift-end-signed-off").await;
    browser.click("td a").await;
    assert!(browser.text(".story").await.contains("Moved"));
    browser.picture("device").await;
}

async fn import(browser: &Browser) {
    let folder = std::env::temp_dir().join(format!("firstout-browser-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let wrong = folder.join("items.csv");
    std::fs::write(&wrong, "item,name,gtin\nB-1,Browser item,4006381333932\nB-2,,\n").unwrap();
    let right = folder.join("items-2.csv");
    std::fs::write(&right, "item,name,gtin\nB-1,Browser item,4006381333931\n").unwrap();
    browser.go("/imports").await;
    browser.fill("input[type=file]", wrong.to_str().unwrap()).await;
    browser.click("button[value=import]").await;
    assert_eq!(browser.title().await, "Nothing was saved: the file has 2 problems.");
    assert!(browser.text("tbody").await.contains("the check digit is 2, it should be 1"));
    browser.picture("import-problems").await;
    browser.fill("input[type=file]", right.to_str().unwrap()).await;
    browser.click("button[value=try]").await;
    assert_eq!(browser.title().await, "The file is good: 1 new, 0 changed, 0 as before.");
    browser.fill("input[type=file]", right.to_str().unwrap()).await;
    browser.click("button[value=import]").await;
    assert_eq!(browser.title().await, "Saved: 1 new, 0 changed, 0 as before.");
    browser.fill("input[type=search]", "Browser item").await;
    browser.click("form.find button").await;
    assert!(browser.title().await.contains("Browser item: nothing in stock"), "{}", browser.title().await);
    std::fs::remove_dir_all(folder).unwrap();
}

async fn discrepancy(browser: &Browser) {
    browser.go("/discrepancies").await;
    let before = browser.title().await;
    assert!(before.contains("not add up"), "{before}");
    browser.picture("discrepancies").await;
    browser.click("td a").await;
    assert!(browser.text(".story").await.contains("HH-01"));
    browser.picture("discrepancy").await;
    browser.fill("textarea", "Counted: there were six more behind the pallet.").await;
    browser.click("main button.first").await;
    assert_eq!(browser.text("[role=status]").await, "Settled.");
    assert_ne!(browser.title().await, before);
    browser.go("/discrepancies?settled").await;
    assert!(browser.text("tbody").await.contains("settled"));
}

async fn recall(browser: &Browser, device: &mut Handheld, customers: [(OrderId, PartyId); 2]) {
    device.confirm(receipt(100));
    for (units, (order, customer)) in [30, 12].into_iter().zip(customers) {
        device.confirm(Body::Dispatch(Dispatch {
            order,
            customer,
            lines: vec![movement("L1", units, 10, -2)],
        }));
    }
    device.push(5, 8);
    browser.go("/lot?item=7&lot=L1").await;
    for (field, value) in [("kind", "recall"), ("reason", "recall")] {
        let select = browser.client.find(Locator::Css(&format!("select[name={field}]"))).await.unwrap();
        select.select_by_value(value).await.unwrap();
    }
    browser.fill("input[name=note]", "Supplier's notice of today").await;
    browser.click("main form button.first").await;
    assert!(browser.text("[role=status]").await.starts_with("Stopped."));
    browser.click("td a").await;
    assert!(
        browser.title().await.contains("58 to fetch from 1 place, 42 at 2 customers"),
        "{}",
        browser.title().await
    );
    assert!(browser.text("main").await.contains("The only device does not know it yet"));
    browser.picture("recall").await;
}

/// Made, shown once, told, disabled and enabled, with the forms alone.
async fn webhooks(browser: &Browser) {
    browser.go("/webhooks").await;
    assert_eq!(browser.title().await, "No program is told of what happens here.");
    for (name, path) in [("erp", "firstout"), ("quality", "recalls?key=4f1c")] {
        browser.fill("input[name=name][required]", name).await;
        browser.fill("input[name=url]", &format!("https://{name}.example/{path}")).await;
        for topic in ["goods.received", "recall.placed"] {
            let topic = browser.client.find(Locator::Css(&format!("input[value='{topic}']"))).await;
            topic.unwrap().click().await.unwrap();
        }
        browser.click("button[value=add]").await;
        assert!(browser.text("[role=status] code").await.starts_with("whsec_"));
    }
    browser.picture("webhook-secret").await;
    browser.click("button[value=disable]").await;
    assert!(browser.text("[role=status]").await.starts_with("Disabled."));
    assert!(browser.title().await.starts_with("1 of 2 webhooks is not told: erp disabled"));
    browser.picture("webhooks").await;
    browser.click("button[value=enable]").await;
    assert!(browser.title().await.starts_with("2 webhooks"), "{}", browser.title().await);
}
