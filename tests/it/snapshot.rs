//! Whole outputs of commands, compared with `tests/golden/outputs/`; what differs from run to run has a word in its place.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{NaiveDate, TimeDelta, Utc};
use regex::{Captures, Regex};

use crate::golden;
use crate::stage::Ended;

impl Ended {
    /// Compares exit code, standard output and standard error with `tests/golden/outputs/NAME.txt`.
    #[track_caller]
    pub fn snapshot(self, name: &str) -> Self {
        let text = format!("exit code {}\n--- stdout\n{}--- stderr\n{}", self.code, self.stdout, self.stderr);
        golden::assert_is(&format!("tests/golden/outputs/{name}.txt"), &lasting(&text));
        self
    }
}

/// The text with a word for everything that is another one in the next run. Yesterday, today and tomorrow are one word, for
/// midnight may pass while a test runs, and a zone may be a day ahead. Other days stay: tests choose them.
pub fn lasting(text: &str) -> String {
    static HOME: LazyLock<Regex> = LazyLock::new(|| {
        let folder = regex::escape(&std::env::temp_dir().display().to_string());
        Regex::new(&format!(r"{folder}/\.tmp[A-Za-z0-9]{{6}}")).unwrap()
    });
    static PORT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b127\.0\.0\.1:\d+").unwrap());
    static MOMENT: LazyLock<Regex> = LazyLock::new(|| {
        let time = r"[ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d| UTC| CES?T)?";
        let weekday = r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, )?";
        Regex::new(&format!(r"\b{weekday}(?<day>\d{{4}}-\d\d-\d\d)(?<time>{time})?\b")).unwrap()
    });
    static DURATION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b\d+\.\d+ s\b|\bage=\d+s").unwrap());
    static TEMPORARY: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\.honestly-sync-[A-Za-z0-9]{6}\.").unwrap());
    static TRIES: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bafter (1 try|\d+ tries)\b").unwrap());
    static DIGEST: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b[0-9a-f]{12}\b").unwrap());
    static APPROVER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?<by>pproved +by )\S+ on [\w.-]+").unwrap());

    let text = text.replace(concat!("honestly-sync ", env!("CARGO_PKG_VERSION")), "honestly-sync VERSION");
    let text = HOME.replace_all(&text, "HOME");
    let text = APPROVER.replace_all(&text, "${by}USER on HOST");
    let text = PORT.replace_all(&text, "127.0.0.1:PORT");
    let today = Utc::now().date_naive();
    let text = MOMENT.replace_all(&text, |found: &Captures<'_>| {
        let near = |day: NaiveDate| (day - today).abs() <= TimeDelta::days(1);
        match (found["day"].parse().is_ok_and(near), found.name("time")) {
            (false, _) => found[0].to_owned(),
            (true, None) => "DAY".to_owned(),
            (true, Some(_)) => "TIME".to_owned(),
        }
    });
    let text = DURATION.replace_all(&text, "DURATION");
    let text = TEMPORARY.replace_all(&text, ".honestly-sync-TEMPORARY.");
    let text = TRIES.replace_all(&text, "after TRIES");
    let mut digests = BTreeMap::new();
    let text = DIGEST.replace_all(&text, |found: &Captures<'_>| {
        let next = digests.len() + 1;
        format!("DIGEST{}", digests.entry(found[0].to_owned()).or_insert(next))
    });
    text.into_owned()
}

#[test]
fn what_differs_from_run_to_run_has_a_word_in_its_place_and_all_else_stays() {
    let now = Utc::now();
    let day = |days: i64| (now + TimeDelta::days(days)).date_naive();
    let home = tempfile::tempdir().unwrap();
    let cases = [
        (format!("--config {}/config.toml", home.path().display()), "--config HOME/config.toml"),
        ("http://127.0.0.1:40123/v1 and 127.0.0.2:1".to_owned(), "http://127.0.0.1:PORT/v1 and 127.0.0.2:1"),
        (format!("{} {} {}", day(-1), day(0), day(1)), "DAY DAY DAY"),
        (now.format("since %Y-%m-%d %H:%M; %Y-%m-%dT%H:%M:%S%.3fZ").to_string(), "since TIME; TIME"),
        (now.format("on %A, %Y-%m-%d; %Y-%m-%d %H:%M CEST, in step").to_string(), "on DAY; TIME, in step"),
        ("gave up after 1 try, gave up after 12 tries".to_owned(), "gave up after TRIES, gave up after TRIES"),
        ("HOME/.honestly-sync-K4qyLz.tmp".to_owned(), "HOME/.honestly-sync-TEMPORARY.tmp"),
        ("left, last day 2021-01-31, at 2021-01-31 10:00".to_owned(), "left, last day 2021-01-31, at 2021-01-31 10:00"),
        ("after 0.31 s, age=12s, within 60 s".to_owned(), "after DURATION, DURATION, within 60 s"),
        ("0265f02c5481, 8eadc56e16c8, 0265f02c5481, 0265f02c".to_owned(), "DIGEST1, DIGEST2, DIGEST1, 0265f02c"),
        (concat!("honestly-sync ", env!("CARGO_PKG_VERSION")).to_owned(), "honestly-sync VERSION"),
    ];
    for (text, expected) in cases {
        assert_eq!(lasting(&text), expected, "{text}");
    }
}

/// Each is what one test reads, and tells something that no other one does.
#[test]
fn every_output_that_is_kept_is_compared_with_by_one_place_and_like_no_other() {
    let files = |folder: &str| {
        let entries = std::fs::read_dir(golden::in_repository(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect::<Vec<_>>()
    };
    let tests: String = files("tests/it").iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let mut texts = BTreeMap::new();
    for path in files("tests/golden/outputs") {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert_eq!(tests.matches(&format!("\"{name}\"")).count(), 1, "{name}");
        let twin = texts.insert(std::fs::read_to_string(path).unwrap(), name.clone());
        assert_eq!(twin, None, "{name} says the same");
    }
}
