//! The table: what was measured, its limit, and whether it was kept.

use std::fmt;
use std::time::{Duration, Instant};

/// Times of one thing, measured again and again.
#[derive(Default)]
pub struct Times(Vec<Duration>);

impl Times {
    pub fn measure<T>(&mut self, what: impl FnOnce() -> T) -> T {
        let begin = Instant::now();
        let result = what();
        self.0.push(begin.elapsed());
        result
    }

    /// What was measured elsewhere.
    #[cfg(any(feature = "gui", feature = "server"))]
    pub fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// How often.
    #[cfg(feature = "server")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    fn at(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        sorted.get((sorted.len().saturating_sub(1)) * percent / 100).copied().unwrap_or_default()
    }

    pub fn median(&self) -> Duration {
        self.at(50)
    }

    pub fn p99(&self) -> Duration {
        self.at(99)
    }
}

struct Row {
    name: String,
    median: String,
    p99: String,
    limit: String,
    ratio: String,
    kept: Option<bool>,
}

/// All rows of a run.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Report {
    /// A limit that is a multiple of a baseline measured in turn.
    pub fn against(&mut self, name: &str, times: &Times, base: &Times, median_max: f64, p99_max: f64) {
        let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64().max(f64::EPSILON);
        let (median, p99) = (ratio(times.median(), base.median()), ratio(times.p99(), base.p99()));
        self.rows.push(Row {
            name: format!("{name}: the bare baseline"),
            median: show(base.median()),
            p99: show(base.p99()),
            limit: String::new(),
            ratio: String::new(),
            kept: None,
        });
        let p99_limit = if p99_max.is_finite() { format!(", p99 {p99_max}×") } else { String::new() };
        self.rows.push(Row {
            name: name.to_owned(),
            median: show(times.median()),
            p99: show(times.p99()),
            limit: format!("median {median_max}×{p99_limit}"),
            ratio: format!("{median:.2}×, {p99:.2}×"),
            kept: Some(median <= median_max && p99 <= p99_max),
        });
    }

    /// Another baseline, for the reader: without a limit.
    #[cfg(feature = "server")]
    pub fn beside(&mut self, name: &str, times: &Times, base: &Times) {
        let ratio = times.median().as_secs_f64() / base.median().as_secs_f64().max(f64::EPSILON);
        self.rows.push(Row {
            name: name.to_owned(),
            median: show(base.median()),
            p99: show(base.p99()),
            limit: String::new(),
            ratio: format!("{ratio:.2}×"),
            kept: None,
        });
    }

    /// A limit in time, on the median.
    pub fn within(&mut self, name: &str, times: &Times, limit: Duration) {
        let ratio = times.median().as_secs_f64() / limit.as_secs_f64();
        self.rows.push(Row {
            name: name.to_owned(),
            median: show(times.median()),
            p99: show(times.p99()),
            limit: show(limit),
            ratio: format!("{ratio:.2}"),
            kept: Some(ratio <= 1.0),
        });
    }

    /// A limit in time, on the 99th percentile.
    #[cfg(any(feature = "gui", feature = "server"))]
    pub fn within_p99(&mut self, name: &str, times: &Times, limit: Duration) {
        let ratio = times.p99().as_secs_f64() / limit.as_secs_f64();
        self.rows.push(Row {
            name: name.to_owned(),
            median: show(times.median()),
            p99: show(times.p99()),
            limit: format!("p99 {}", show(limit)),
            ratio: format!("{ratio:.2}"),
            kept: Some(ratio <= 1.0),
        });
    }

    /// A limit on a size.
    #[cfg(any(feature = "gui", feature = "server"))]
    pub fn size(&mut self, name: &str, mib: f64, limit_mib: f64) {
        self.rows.push(Row {
            name: name.to_owned(),
            median: format!("{mib:.1} MiB"),
            p99: String::new(),
            limit: format!("{limit_mib:.0} MiB"),
            ratio: format!("{:.2}", mib / limit_mib),
            kept: Some(mib <= limit_mib),
        });
    }

    /// A limit on a file, in bytes.
    pub fn file(&mut self, name: &str, bytes: u64, limit: u64) {
        self.rows.push(Row {
            name: name.to_owned(),
            median: megabytes(bytes),
            p99: String::new(),
            limit: megabytes(limit),
            ratio: format!("{:.2}", bytes as f64 / limit as f64),
            kept: Some(bytes <= limit),
        });
    }

    /// A share of what was measured before, without a limit of its own.
    pub fn share(&mut self, name: &str, bytes: u64) {
        let (median, none) = (megabytes(bytes), String::new());
        let (p99, limit, ratio) = (none.clone(), none.clone(), none);
        self.rows.push(Row { name: name.to_owned(), median, p99, limit, ratio, kept: None });
    }

    /// Times without a limit.
    #[cfg(feature = "gui")]
    pub fn measured(&mut self, name: &str, times: &Times) {
        self.rows.push(Row {
            name: name.to_owned(),
            median: show(times.median()),
            p99: show(times.p99()),
            limit: String::new(),
            ratio: String::new(),
            kept: None,
        });
    }

    /// A limit on how much is done in a second, which must be reached.
    #[cfg(feature = "server")]
    pub fn rate(&mut self, name: &str, each_s: f64, least: f64) {
        self.rows.push(Row {
            name: name.to_owned(),
            median: format!("{each_s:.0}"),
            p99: String::new(),
            limit: format!("at least {least:.0}"),
            ratio: format!("{:.2}", each_s / least),
            kept: Some(each_s >= least),
        });
    }

    /// A line below the table.
    #[cfg(any(feature = "gui", feature = "server"))]
    pub fn note(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }

    pub fn missed(&self) -> bool {
        self.rows.iter().any(|row| row.kept == Some(false))
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn show(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds >= 1.0 => format!("{seconds:.2} s"),
        seconds if seconds >= 1e-3 => format!("{:.2} ms", seconds * 1e3),
        seconds => format!("{:.2} µs", seconds * 1e6),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |f: &mut fmt::Formatter<'_>, c: [&str; 6]| {
            writeln!(f, "{:<48} {:>10} {:>10}  {:<22} {:<16} {}", c[0], c[1], c[2], c[3], c[4], c[5])
        };
        line(f, ["name", "median", "p99", "limit", "ratio", "verdict"])?;
        for row in &self.rows {
            let verdict = match row.kept {
                None => "",
                Some(true) => "kept",
                Some(false) => "MISSED",
            };
            line(f, [&row.name, &row.median, &row.p99, &row.limit, &row.ratio, verdict])?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "{note}"))
    }
}
