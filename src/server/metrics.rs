//! What is counted while the server works, for a monitoring system to fetch.
//!
//! Labels are few and known beforehand: routes as they are declared, codes, sites. No device, no path that somebody asked
//! for. What stands in the database (devices, discrepancies) is set just before it is told; the rest is counted in
//! memory and begins at 0 with each start.

use super::storage::SiteFigures;
use super::webhooks::Webhook;
use crate::domain::SiteId;
use crate::sync::wire::{Status, Stream};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Upper ends of the buckets for a request, in seconds; 2 s is what a reconnecting herd may wait at most.
const REQUEST_S: [f64; 13] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 30.0];
/// Of a transaction.
const WRITE_S: [f64; 11] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];
/// Of what is committed together, in requests.
const GROUP: [f64; 7] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
/// Of a snapshot.
const SNAPSHOT_S: [f64; 8] = [0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0];

type One = [(&'static str, String); 1];
type Two = [(&'static str, String); 2];
type Three = [(&'static str, String); 3];

/// The figures of one server.
pub struct Metrics {
    registry: Registry,
    requests: Family<Three, Counter>,
    request_seconds: Family<One, Histogram, fn() -> Histogram>,
    pushes: Family<One, Counter>,
    events: Family<One, Counter>,
    pulls: Family<One, Counter>,
    pulled: Family<One, Counter>,
    sign_in_failures: Family<One, Counter>,
    snapshot_seconds: Histogram,
    write_seconds: Histogram,
    write_group: Histogram,
    write_queue: Gauge,
    database_up: Gauge,
    resident: Gauge,
    push_bytes: Gauge,
    devices: Family<Two, Gauge>,
    devices_waiting_events: Family<One, Gauge>,
    oldest_pending: Family<One, Gauge<f64, std::sync::atomic::AtomicU64>>,
    discrepancies: Family<One, Gauge>,
    webhook_tries: Family<Two, Counter>,
    webhooks: Family<Two, Gauge>,
    webhooks_behind: Family<One, Gauge>,
}

/// Puts a metric into the registry and hands it back.
fn add<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

fn site(number: i64) -> (&'static str, String) {
    ("site", number.to_string())
}

impl Metrics {
    /// All figures at 0; `database` is the kind that it runs on.
    #[must_use]
    pub fn new(database: &'static str) -> Self {
        let mut registry = Registry::default();
        let r = &mut registry;
        let build = Info::new([("version", env!("CARGO_PKG_VERSION")), ("database", database)]);
        r.register("firstout_build", "Which program this is", build);
        let start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let started = Gauge::<f64, std::sync::atomic::AtomicU64>::default();
        started.set(start.as_secs_f64());
        r.register("process_start_time_seconds", "When this process began, in seconds since 1970", started);
        let requests_of: fn() -> Histogram = || Histogram::new(REQUEST_S);
        Self {
            requests: add(r, "firstout_http_requests", "Requests that were answered", Family::default()),
            request_seconds: add(
                r,
                "firstout_http_request_seconds",
                "From a request's head to its answer",
                Family::new_with_constructor(requests_of),
            ),
            pushes: add(r, "firstout_pushes", "Pushes of devices by what became of them", Family::default()),
            events: add(r, "firstout_events", "Events of devices by the verdict on them", Family::default()),
            pulls: add(r, "firstout_pulls", "Pages handed out, by stream", Family::default()),
            pulled: add(r, "firstout_pulled_entries", "Entries handed out, by stream", Family::default()),
            sign_in_failures: add(
                r,
                "firstout_sign_in_failures",
                "Sign-ins at the console that were refused",
                Family::default(),
            ),
            snapshot_seconds: add(
                r,
                "firstout_snapshot_build_seconds",
                "Snapshots that were made for new devices",
                Histogram::new(SNAPSHOT_S),
            ),
            write_seconds: add(
                r,
                "firstout_database_write_seconds",
                "A transaction that writes, from its beginning until it is on the disk",
                Histogram::new(WRITE_S),
            ),
            write_group: add(
                r,
                "firstout_database_write_group",
                "Requests that shared a transaction",
                Histogram::new(GROUP),
            ),
            write_queue: add(
                r,
                "firstout_database_write_queue",
                "Requests that wait for their turn to write",
                Gauge::default(),
            ),
            database_up: add(
                r,
                "firstout_database_up",
                "1 where the database answered for these figures",
                Gauge::default(),
            ),
            resident: add(r, "process_resident_memory_bytes", "Memory that is in use", Gauge::default()),
            push_bytes: add(
                r,
                "firstout_push_bytes",
                "Room that pushes have taken, by what their heads say",
                Gauge::default(),
            ),
            devices: add(r, "firstout_devices", "Devices by what is known of them", Family::default()),
            devices_waiting_events: add(
                r,
                "firstout_waiting_events",
                "Events that devices told of and that are not here",
                Family::default(),
            ),
            oldest_pending: add(
                r,
                "firstout_oldest_pending_seconds",
                "Since the last word of the device that holds events and was silent the longest",
                Family::default(),
            ),
            discrepancies: add(
                r,
                "firstout_discrepancies_open",
                "Discrepancies that nobody has closed",
                Family::default(),
            ),
            webhook_tries: add(
                r,
                "firstout_webhook_tries",
                "Messages to webhooks by whether they were taken",
                Family::default(),
            ),
            webhooks: add(r, "firstout_webhooks", "Webhooks by how they stand", Family::default()),
            webhooks_behind: add(
                r,
                "firstout_webhooks_behind_entries",
                "Entries of the ledger that the webhook which is the farthest behind was not told of",
                Family::default(),
            ),
            registry,
        }
    }

    /// A request was answered. `route` is the declared one, never what was asked for.
    pub fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        let route = ("route", route.to_owned());
        let labels = [("method", method.to_owned()), route.clone(), ("status", status.to_string())];
        self.requests.get_or_create(&labels).inc();
        self.request_seconds.get_or_create(&[route]).observe(took.as_secs_f64());
    }

    /// A push came to something: `stored`, `conflict`, `refused` or `failed`.
    pub fn push(&self, outcome: &'static str) {
        self.pushes.get_or_create(&[("outcome", outcome.to_owned())]).inc();
    }

    /// A verdict on an event.
    pub fn event(&self, status: Status) {
        let status = match status {
            Status::Accepted => "accepted",
            Status::Flagged => "flagged",
            Status::Quarantined => "quarantined",
            Status::Duplicate => "duplicate",
            Status::Refused => "refused",
        };
        self.events.get_or_create(&[("status", status.to_owned())]).inc();
    }

    /// A page of so many entries was handed out.
    pub fn pull(&self, stream: Stream, entries: usize) {
        let labels = [("stream", stream.name().to_owned())];
        self.pulls.get_or_create(&labels).inc();
        self.pulled.get_or_create(&labels).inc_by(entries as u64);
    }

    /// A sign-in was refused: `wrong`, `locked`, `role` or `rate`.
    pub fn sign_in_failure(&self, reason: &'static str) {
        self.sign_in_failures.get_or_create(&[("reason", reason.to_owned())]).inc();
    }

    /// A snapshot was made.
    pub fn snapshot(&self, took: Duration) {
        self.snapshot_seconds.observe(took.as_secs_f64());
    }

    /// Somebody begins to wait for a turn to write.
    pub fn write_waits(&self) {
        self.write_queue.inc();
    }

    /// So many have their turn, together.
    pub fn write_begins(&self, together: usize) {
        self.write_queue.dec_by(i64::try_from(together).unwrap_or(0));
        self.write_group.observe(together as f64);
    }

    /// A transaction that wrote has ended.
    pub fn write_ended(&self, took: Duration) {
        self.write_seconds.observe(took.as_secs_f64());
    }

    /// What stands in the database; `None` where it did not answer: then what it said before stays.
    pub fn figures(&self, sites: Option<&[SiteFigures]>) {
        self.database_up.set(sites.is_some().into());
        for of in sites.unwrap_or_default() {
            let place = site(of.site.0);
            for (state, count) in of.devices() {
                let labels = [place.clone(), ("state", state.to_owned())];
                self.devices.get_or_create(&labels).set(count);
            }
            let one = [place];
            self.devices_waiting_events.get_or_create(&one).set(of.waiting_events);
            self.oldest_pending.get_or_create(&one).set(of.oldest_pending_ms as f64 / 1_000.0);
            self.discrepancies.get_or_create(&one).set(of.discrepancies);
        }
    }

    /// A message to an endpoint was taken, or not.
    pub fn webhook(&self, of: SiteId, taken: bool) {
        let outcome = if taken { "delivered" } else { "failed" };
        self.webhook_tries.get_or_create(&[site(of.0), ("outcome", outcome.to_owned())]).inc();
    }

    /// How the endpoints of all sites stand.
    pub fn webhooks(&self, all: &[Webhook]) {
        // A site whose last one was removed must not stay as it was.
        self.webhooks.clear();
        self.webhooks_behind.clear();
        for webhook in all {
            let place = site(webhook.site.0);
            for state in ["active", "failing", "disabled"] {
                let labels = [place.clone(), ("state", state.to_owned())];
                self.webhooks.get_or_create(&labels).inc_by((webhook.state() == state).into());
            }
            if webhook.disabled.is_none() {
                let behind = self.webhooks_behind.get_or_create(&[place]).clone();
                behind.set(behind.get().max(i64::try_from(webhook.behind).unwrap_or(i64::MAX)));
            }
        }
    }

    /// So many bytes of room are taken by pushes.
    pub fn push_bytes(&self, taken: usize) {
        self.push_bytes.set(i64::try_from(taken).unwrap_or(i64::MAX));
    }

    /// Everything, in the text form of OpenMetrics.
    ///
    /// # Errors
    /// Where the text cannot be written, which a string always can.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        self.resident.set(resident_bytes().unwrap_or_default());
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Memory of this process that is in RAM; nothing where there is no `/proc`.
#[must_use]
pub fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_told_once_for_each_label() {
        let metrics = Metrics::new("sqlite");
        for (status, ms) in [(200, 3), (200, 400), (503, 1)] {
            metrics.request("POST", "/v1/push", status, Duration::from_millis(ms));
        }
        metrics.event(Status::Flagged);
        (0..5).for_each(|_| metrics.write_waits());
        metrics.write_begins(3);
        let text = metrics.text().unwrap();
        let expected = [
            "firstout_build_info{version=\"0.1.0\",database=\"sqlite\"} 1\n",
            "firstout_http_requests_total{method=\"POST\",route=\"/v1/push\",status=\"200\"} 2\n",
            "firstout_http_requests_total{method=\"POST\",route=\"/v1/push\",status=\"503\"} 1\n",
            "firstout_http_request_seconds_bucket{le=\"0.005\",route=\"/v1/push\"} 2\n",
            "firstout_http_request_seconds_count{route=\"/v1/push\"} 3\n",
            "firstout_events_total{status=\"flagged\"} 1\n",
            "firstout_database_write_queue 2\n",
            "firstout_database_write_group_bucket{le=\"4.0\"} 1\n",
            "firstout_database_up 0\n",
            "# EOF\n",
        ];
        for line in expected {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("process_resident_memory_bytes 0\n"), "{text}");
    }
}
