//! `/api/v1/openapi.json` and the server say the same: each route is in the document and the other way round, each
//! parameter is taken, each answer has the fields and the types that are written there.

use crate::server_api::ITEMS;
use crate::server_api_lists::Shop;
use crate::server_database::{Db, on_every_database};
use crate::server_support::{Answer, SITE, TestServer, call};
use firstout::server::api_keys::Scope;
use serde_json::Value;
use std::collections::BTreeSet;

const DOCUMENT: &str = "/api/v1/openapi.json";
/// A webhook to be, once for each test.
const HOOK: &str = r#"{"name": "hook", "url": "https://erp.example/", "topics": ["order.closed"]}"#;

fn document(server: &TestServer) -> Value {
    let answer = call(server.addr, "GET", DOCUMENT, &[], b"");
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// Method, path and what is written about each operation.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.push((method.to_uppercase(), path.clone(), operation));
        }
    }
    found
}

fn ask(server: &TestServer, method: &str, path: &str, key: &str) -> Answer {
    let bearer = format!("Bearer {key}");
    let path = path.replace("{kind}", "items").replace("{name}", "hook");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = if path.starts_with("/api/v1/webhooks") { HOOK } else { ITEMS };
    call(server.addr, method, &path, &headers, body.as_bytes())
}

fn every_route_is_documented_and_every_document_is_a_route(db: Db) {
    let server = TestServer::start(db, "api-document");
    let document = document(&server);
    assert_eq!(
        (document["openapi"].as_str(), document["info"]["title"].as_str()),
        (Some("3.1.0"), Some("Firstout"))
    );
    let operations = operations(&document);
    let mut keys = 0;
    for (method, path, operation) in &operations {
        assert!(path.starts_with("/api/v1/"), "{path}");
        assert!(operation["summary"].as_str().or(operation["description"].as_str()).is_some(), "{path}");
        for other in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            if !operations.iter().any(|(method, at, _)| method == other && at == path) {
                assert_eq!(ask(&server, other, path, "").code(), "method_not_allowed", "{other} {path}");
            }
        }
        if path == DOCUMENT {
            continue;
        }
        assert_eq!(ask(&server, method, path, "").code(), "unauthorized", "{path}");
        let scope = operation["security"][0]["key"][0].as_str().unwrap();
        for each in Scope::ALL {
            keys += 1;
            let key = server.key(SITE, &format!("{each} {keys}"), &[*each]);
            let answer = ask(&server, method, path, &key);
            let is_let_in = answer.status != 403;
            assert_eq!(is_let_in, each.as_str() == scope, "{each} {path}: {}", answer.text());
        }
    }
    // The router is made of documented handlers alone.
    let source = include_str!("../../src/server/api/mod.rs");
    assert_eq!(
        (source.matches("routes!(").count(), source.matches(".route(").count()),
        (operations.len(), 0)
    );
    // What refers to something refers to what is there.
    let text = document.to_string();
    let references: BTreeSet<_> =
        text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(references.len() > 10, "{references:?}");
    let lost: Vec<_> = references.into_iter().filter(|at| document.pointer(at).is_none()).collect();
    assert_eq!(lost, Vec::<&str>::new());
    let scheme = &document["components"]["securitySchemes"]["key"];
    assert_eq!((scheme["type"].as_str(), scheme["scheme"].as_str()), (Some("http"), Some("bearer")));
}

fn every_parameter_is_the_documented_one(db: Db) {
    let server = TestServer::start(db, "api-params");
    let key = server.key(SITE, "all", Scope::ALL);
    for (method, path, operation) in operations(&document(&server)) {
        if path == DOCUMENT {
            continue;
        }
        let parameters = operation["parameters"].as_array().unwrap().iter();
        let in_query = parameters.filter(|parameter| parameter["in"] == "query");
        let written: BTreeSet<_> =
            in_query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect();
        let message: Value = ask(&server, &method, &format!("{path}?no_such=1"), &key).json();
        let message = message["message"].as_str().unwrap().to_owned();
        let known = message.split_once("expected ").map_or("", |(_, known)| known);
        assert!(!known.is_empty() || message.contains("there are no fields"), "{path}: {message}");
        let known: BTreeSet<_> = known.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        assert_eq!(known, written, "{path}");
    }
}

/// What does not fit a schema, in words.
fn misfits(value: &Value, schema: &Value, document: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#'));
        let target = target.unwrap_or_else(|| panic!("{reference} leads nowhere"));
        return misfits(value, target, document, at, found);
    }
    if let Some(choices) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
        let fits = |choice: &&Value| {
            let mut found = Vec::new();
            misfits(value, choice, document, at, &mut found);
            found.is_empty()
        };
        if !choices.iter().any(|choice| fits(&choice)) {
            found.push(format!("{at}: {value} fits none of {choices:?}"));
        }
        return;
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return found.push(format!("{at}: {schema} says no type")),
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !kinds.contains(&kind) {
        return found.push(format!("{at}: {kind}, and not {kinds:?}"));
    }
    if let (Some(items), Some(schema)) = (value.as_array(), schema.get("items")) {
        items.iter().for_each(|item| misfits(item, schema, document, &format!("{at}[]"), found));
    }
    let (Some(fields), Some(known)) = (value.as_object(), schema["properties"].as_object()) else { return };
    for (name, value) in fields {
        match known.get(name) {
            Some(schema) => misfits(value, schema, document, &format!("{at}.{name}"), found),
            None => found.push(format!("{at}.{name}: not in the document")),
        }
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            found.push(format!("{at}.{name}: required, and not there"));
        }
    }
}

#[track_caller]
fn fits(document: &Value, operation: &Value, path: &str, answer: &Answer) {
    let status = answer.status.to_string();
    let written = &operation["responses"][&status];
    assert!(written.is_object(), "{path}: {status} is not in the document: {}", answer.text());
    let schema = &written["content"]["application/json"]["schema"];
    let mut found = Vec::new();
    misfits(&answer.json(), schema, document, path, &mut found);
    assert_eq!(found, Vec::<String>::new(), "{status} {}", answer.text());
}

fn answers_are_what_the_document_says(db: Db) {
    let shop = Shop::open(db, "api-answers");
    let document = document(&shop.server);
    // A webhook is made before it is changed, and taken away last.
    let mut operations = operations(&document);
    operations
        .sort_by_key(|(method, path, _)| (method == "DELETE", path.contains("{name}"), method == "GET"));
    for (method, path, operation) in operations {
        if path == DOCUMENT {
            continue;
        }
        let address = if path.contains("/lots/") { format!("{path}?item=OAT&lot=L9") } else { path.clone() };
        let good = ask(&shop.server, &method, &address, &shop.key);
        assert!(matches!(good.status, 200 | 201), "{path}: {}", good.text());
        fits(&document, operation, &path, &good);
        let wrong = ask(&shop.server, &method, &format!("{path}?no_such=1"), &shop.key);
        assert_eq!(wrong.status, 400);
        fits(&document, operation, &path, &wrong);
        let nobody = ask(&shop.server, &method, &path, "");
        assert_eq!(nobody.status, 401);
        fits(&document, operation, &path, &nobody);
        // CSV has the fields of a row, in whatever order; events flatten their changes.
        let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        let Some(page) = schema["$ref"].as_str().and_then(|at| document.pointer(&at[1..])) else { continue };
        let Some(row) = page["properties"]["rows"]["items"].as_object() else { continue };
        let row = row
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|at| document.pointer(&at[1..]))
            .unwrap_or(&page["properties"]["rows"]["items"]);
        let mut fields: BTreeSet<_> = row["properties"].as_object().unwrap().keys().cloned().collect();
        if fields.remove("changes") {
            fields.remove("body");
            let change = &document["components"]["schemas"]["Change"]["properties"];
            fields.extend(change.as_object().unwrap().keys().cloned());
        }
        let mark = if address.contains('?') { '&' } else { '?' };
        let csv = ask(&shop.server, &method, &format!("{address}{mark}format=csv"), &shop.key).text();
        let head: BTreeSet<_> =
            csv.lines().next().unwrap().split(',').map(|cell| cell.trim_matches('"').to_owned()).collect();
        assert_eq!(head, fields, "{path}");
    }
    let import = &document["paths"]["/api/v1/imports/{kind}"]["post"];
    let path = "/api/v1/imports/items";
    fits(&document, import, path, &shop.server.send(&shop.key, "items", "item,nmae\nX,Y\n"));
    fits(&document, import, path, &shop.server.send(&shop.key, "nothing", ITEMS));
    let mut misses = Vec::new();
    misfits(
        &serde_json::json!({"rows": 1, "odd": 2}),
        &document["components"]["schemas"]["Error"],
        &document,
        "x",
        &mut misses,
    );
    assert_eq!(misses.len(), 4, "the check finds what is wrong: {misses:?}");
}

on_every_database!(
    every_route_is_documented_and_every_document_is_a_route,
    every_parameter_is_the_documented_one,
    answers_are_what_the_document_says,
);
