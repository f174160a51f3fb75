//! The program itself: starts with nothing configured, stops when told, loses nothing when killed, and says
//! what is wrong.

use crate::server_receiver::{Do, Receiver, different};
use crate::server_support::{Handheld, folder, receipt};
use firstout::domain::Timestamp;
use firstout::server::storage::{Place, Storage, StorageError};
use firstout::server::system_clock;
use firstout::server::webhooks::{Courier, LEASE_MS, Policy};
use firstout::sync::wire::Invitation;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn program(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firstout-server"));
    command.arg("--data").arg(data).args(arguments).env("FIRSTOUT_LOG", "warn");
    command
}

fn run(data: &Path, arguments: &[&str], expected: i32) -> String {
    let Output { status, stdout, stderr } = program(data, arguments).output().unwrap();
    let text = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(expected), "{arguments:?}: {text}");
    text
}

fn serve(data: &Path) -> (Child, SocketAddr) {
    serve_with(data, &[])
}

fn serve_with(data: &Path, more: &[&str]) -> (Child, SocketAddr) {
    let port_file = data.with_extension("port");
    let arguments =
        ["serve", "--insecure-http", "--listen", "127.0.0.1:0", "--port-file", port_file.to_str().unwrap()];
    let mut child = program(data, &arguments).args(more).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let addr = line.trim().strip_prefix("listening on http://").unwrap().parse().unwrap();
    assert_eq!(std::fs::read_to_string(&port_file).unwrap().trim().parse(), Ok(addr));
    std::fs::remove_file(port_file).unwrap();
    (child, addr)
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn enrol(data: &Path, addr: SocketAddr) -> Handheld {
    let said = run(data, &["enrol", "--plain", "--name", "HH-07"], 0);
    let invitation = Invitation::parse(&said).unwrap();
    assert_eq!((invitation.url, invitation.authority), (format!("http://{addr}"), None));
    Handheld::enrol(addr, &invitation.token, "x")
}

#[test]
fn it_serves_stops_and_survives_a_kill() {
    let data = folder("process");
    let (mut child, addr) = serve(&data);
    let mut handheld = enrol(&data, addr);
    handheld.confirm(receipt(3));
    assert_eq!(handheld.push_all().acked_through, 1);
    child.kill().unwrap();
    child.wait().unwrap();

    let (mut child, addr) = serve(&data);
    handheld.addr = addr;
    assert_eq!(handheld.hello().device_last_seq, 1, "what was answered is durable");
    signal(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));

    assert!(run(&data, &["verify"], 0).contains("projections equal to the fold"));
    let copy = data.with_extension("bak");
    assert!(run(&data, &["backup", copy.to_str().unwrap()], 0).contains("backed up and verified"));
    assert!(run(&data, &["restore", copy.to_str().unwrap()], 2).contains("holds a database already"));
    let restored = folder("process-restored");
    assert!(run(&restored, &["restore", copy.to_str().unwrap()], 0).contains("2 entries"));
    assert!(run(&restored, &["verify"], 0).contains("projections equal to the fold"));
    std::fs::remove_dir_all(restored).unwrap();
    std::fs::remove_file(copy).unwrap();
    let database = rusqlite::Connection::open(data.join("firstout.sqlite")).unwrap();
    database.execute("UPDATE stock SET units = units + 1 WHERE location = 10", []).unwrap();
    let told = run(&data, &["verify"], 2);
    assert!(told.contains("stored, but the events do not say so") && told.contains("\"units\":4"), "{told}");
    database.execute("UPDATE stock SET units = units - 1 WHERE location = 10", []).unwrap();
    database.execute("UPDATE event SET bytes = replace(bytes, 'L1', 'L2')", []).unwrap();
    assert!(run(&data, &["verify"], 2).contains("stream site is broken at entry 1"));
    database.execute("UPDATE refinery_schema_history SET version = 99 WHERE version = 1", []).unwrap();
    assert!(run(&data, &["serve"], 2).contains("use the newer program"));
    std::fs::remove_dir_all(data).unwrap();
}

#[test]
fn it_signs_what_it_has_and_is_held_to_it() {
    let data = folder("signed");
    let (mut child, addr) = serve(&data);
    let mut handheld = enrol(&data, addr);
    handheld.confirm(receipt(3));
    handheld.push_all();
    assert!(handheld.hello().checkpoint_key.is_some());
    let shelf = folder("signed-shelf");
    let file = |name: &str| shelf.join(name).to_str().unwrap().to_owned();
    let (first, second, sheet) = (file("first"), file("second"), file("sheet.html"));
    run(&data, &["checkpoint", "--out", &first, "--sheet", &sheet], 0);
    let text = std::fs::read_to_string(&first).unwrap();
    assert!(run(&data, &["checkpoint"], 0).contains("\n1\n"), "one entry");
    assert!(std::fs::read_to_string(sheet).unwrap().contains(&text));
    handheld.confirm(receipt(2));
    handheld.push(1, 2);
    run(&data, &["checkpoint", "--site", "1", "--out", &second], 0);
    run(&data, &["checkpoint", "--site", "2"], 2);
    signal(&child, "-TERM");
    child.wait().unwrap();

    let both = ["verify", "--checkpoint", &first, "--checkpoint", &second];
    let told = run(&data, &both, 0);
    assert!(told.starts_with("{\"verdict\":\"intact\""), "{told}");
    let key = std::fs::read_to_string(data.join("checkpoint.pub")).unwrap();
    run(&data, &["verify", "--checkpoint", &first, "--key", key.trim()], 0);
    let other = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    assert!(run(&data, &["verify", "--checkpoint", &first, "--key", other], 2).contains("another key"));
    std::fs::write(file("torn"), &text[..text.len() / 2]).unwrap();
    run(&data, &["verify", "--checkpoint", &file("torn")], 5);
    run(&data, &["verify", "--checkpoint", &file("missing")], 5);

    let database = rusqlite::Connection::open(data.join("firstout.sqlite")).unwrap();
    database.execute("UPDATE event SET received = received + 1 WHERE stream_seq = 1", []).unwrap();
    database.execute("UPDATE stream SET tree = NULL", []).unwrap();
    run(&data, &["verify"], 0);
    let told = run(&data, &both, 4);
    assert!(told.contains("\"entry\":1,\"through\":1"), "{told}");
    database.execute("UPDATE event SET received = received - 1 WHERE stream_seq = 1", []).unwrap();
    run(&data, &both, 0);
    database.execute("DELETE FROM event WHERE stream_seq = 2", []).unwrap();
    assert!(run(&data, &both, 3).contains("\"entry\":2,\"through\":2"));
    database.execute("UPDATE event SET bytes = replace(bytes, 'L1', 'L2')", []).unwrap();
    assert!(run(&data, &both, 2).contains("\"entry\":1"));
    std::fs::remove_dir_all(shelf).unwrap();
    std::fs::remove_dir_all(data).unwrap();
}

#[test]
fn it_fills_the_demo_warehouse_once() {
    let data = folder("demo");
    let arguments = ["seed-demo", "--seed", "7", "--today", "2026-11-23"];
    assert!(run(&data, &arguments, 0).contains(" 0 known, 0 odd"));
    assert!(run(&data, &arguments, 0).contains(" 0 events taken"));
    assert!(
        run(&data, &["seed-demo", "--seed", "8", "--today", "2026-11-23"], 2).contains("another warehouse")
    );
    run(&data, &["verify"], 0);
    std::fs::remove_dir_all(data).unwrap();
}

#[test]
fn it_says_what_keeps_it_from_starting() {
    let data = folder("refused");
    assert!(run(&data, &["verify"], 5).contains("there is no database"));
    let (mut child, addr) = serve(&data);
    // systemd starts it again after the others, not after these.
    assert!(run(&data, &["serve", "--lisen", "127.0.0.1:0"], 64).contains("--listen"));
    assert!(run(&data, &["--help"], 0).contains("serve"));
    let told = run(&data, &["serve", "--insecure-http", "--listen", &addr.to_string()], 2);
    assert!(told.contains("cannot listen on"), "{told}");
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    std::fs::remove_dir_all(&data).unwrap();
    std::fs::write(&data, "a file, not a folder").unwrap();
    run(&data, &["serve", "--listen", "127.0.0.1:0"], 2);
    std::fs::remove_file(data).unwrap();
}

#[test]
fn a_command_says_nothing_of_itself_unless_it_is_asked_to() {
    let data = folder("quiet");
    std::fs::create_dir_all(&data).unwrap();
    let file = data.join("suppliers.csv");
    std::fs::write(&file, "supplier,name\nSUP-1,Acme\n").unwrap();
    let import = |log: Option<&str>| {
        let mut command = program(&data, &["import", file.to_str().unwrap()]);
        match log {
            Some(log) => command.env("FIRSTOUT_LOG", log),
            None => command.env_remove("FIRSTOUT_LOG"),
        };
        let Output { status, stderr, .. } = command.output().unwrap();
        let text = String::from_utf8(stderr).unwrap();
        assert!(status.success(), "{text}");
        text
    };
    assert_eq!(import(None), "");
    assert!(import(Some("info")).contains("INFO"));
    std::fs::remove_dir_all(data).unwrap();
}

#[test]
fn a_server_does_not_outlive_who_started_it() {
    let data = folder("orphan");
    let mut child = Command::new(env!("CARGO_BIN_EXE_firstout-server"))
        .arg("--data")
        .arg(&data)
        .args(["serve", "--listen", "127.0.0.1:0", "--insecure-http", "--until-stdin-ends"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line)
        .unwrap();
    assert!(line.starts_with("listening on "), "{line}");
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    std::fs::remove_dir_all(data).unwrap();
}

/// Killed between the receiver's 2xx and its own note of it, a server says the same again: under the same id, and only it.
#[test]
fn what_was_told_when_the_server_was_killed_is_told_again_under_its_id() {
    let data = folder("webhook-kill");
    let inside = ["--webhooks-allow-private", "--webhooks-allow-http"];
    let (mut child, addr) = serve_with(&data, &inside);
    let mut handheld = enrol(&data, addr);
    // The second message is taken, and the answer never comes: the server is killed while it waits for it.
    let receiver = Receiver::start(|n| if n == 1 { Do::Wait } else { Do::Say("200 OK\r\n") });
    let url = receiver.url();
    let add =
        |name: &str| run(&data, &["webhook", "add", name, "--url", &url, "--topic", "goods.received"], 0);
    let said = add("erp");
    assert!(said.starts_with("whsec_") && said.contains("not https"), "{said}");
    let wrong = ["webhook", "add", "x", "--url", &url, "--topic", "goods.eaten"];
    assert!(run(&data, &wrong, 64).contains("there are goods.received"));
    for units in 1..=3 {
        handheld.confirm(receipt(units));
    }
    handheld.push_all();
    receiver.wait_for(2);
    child.kill().unwrap();
    child.wait().unwrap();
    let listed = run(&data, &["webhook", "list"], 0);
    assert!(listed.contains("told up to entry 1, 2 behind") && !listed.contains("whsec_"), "{listed}");

    // The killed server's lease runs out by the clock; here the clock is moved instead of waited for.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let turn = runtime.block_on(async {
        let storage = Storage::open(&Place::in_folder(&data), &data).await?;
        let late = Timestamp(system_clock()().0 + LEASE_MS);
        let policy = Policy { allow_private: true, allow_http: true, roots: Vec::new() };
        let (_close, closing) = tokio::sync::watch::channel(false);
        let courier = Courier::new(storage.clone(), std::sync::Arc::new(move || late), policy, closing);
        let turn = courier.turn().await?;
        storage.close().await;
        Ok::<_, StorageError>(turn)
    });
    assert_eq!(turn.unwrap().delivered, 2);
    let ids: Vec<_> = receiver.got().into_iter().map(|got| got.id).collect();
    assert_eq!((ids.len(), ids[1] == ids[2]), (4, true), "{ids:?}");
    assert!(ids[0] != ids[1] && ids[2] != ids[3]);

    // A server that is asked to stop leaves nothing held, and says so at once when it is back.
    let (child, addr) = serve_with(&data, &inside);
    handheld.addr = addr;
    run(&data, &["webhook", "test", "erp"], 0);
    receiver.wait_for_different(4);
    stopped(child);
    handheld.confirm(receipt(4));
    let (child, addr) = serve_with(&data, &inside);
    handheld.addr = addr;
    handheld.push(3, 4);
    receiver.wait_for_different(5);
    stopped(child);
    // One that may not is told, and tells.
    let (child, _) = serve_with(&data, &["--no-webhooks"]);
    run(&data, &["webhook", "test", "erp"], 0);
    assert_eq!(run(&data, &["webhook", "rotate", "erp"], 0).matches("whsec_").count(), 1);
    run(&data, &["webhook", "disable", "erp"], 0);
    assert!(run(&data, &["doctor"], 1).contains("webhook erp of site 1 is disabled"));
    run(&data, &["webhook", "enable", "erp"], 0);
    assert!(run(&data, &["doctor"], 1).contains("all 1 take what they are sent"));
    run(&data, &["webhook", "remove", "erp"], 0);
    assert!(run(&data, &["webhook", "remove", "erp"], 2).contains("has no webhook named"));
    stopped(child);
    assert_eq!(different(&receiver.got()), 5);
    std::fs::remove_dir_all(data).unwrap();
}

fn stopped(mut child: Child) {
    signal(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
