//! Whole stories in mails, in both languages, as people read them: a hold that grows and is approved, one that is corrected, runs
//! that fail and recover. `tests/golden/mails-*.txt` has them.

use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::golden;
use crate::guard::{digest, inactive, people};
use crate::personio::{Personio, refusal};
use crate::smtpd::Smtpd;
use crate::snapshot::lasting;
use crate::stage::Stage;

/// Twenty-six people at a destination, HR in this language, and operators of their own.
fn company(smtpd: &Smtpd, language: &str) -> (Personio, Stage) {
    let personio = Personio::with(people(1..=26));
    let stage = Stage::new(&personio);
    stage.connect(&[]).expect(0);
    let to = smtpd.settings("smtp://localhost", "operators = [\"ops@example.com\"]\ntimeout_seconds = 20");
    let to = to.replace(", \"it@example.com\"", "");
    let url = stage.home().join("employees.csv").display().to_string();
    stage.configure(
        &personio,
        &format!(
            "{to}language = \"{language}\"\n[review]\npage = \"review.html\"\ncompany = \"Müller & Söhne\"\n\
             contact = \"it@example.com\"\n[delivery]\nto = \"file://{url}\"\n"
        ),
    );
    let held = stage.run(&["sync"]).expect(20);
    stage.run(&["sync", "--approve", &digest(&held), "--by", "Mona Weber"]).expect(0);
    (personio, stage)
}

/// Everybody but these has their last day behind them.
fn all_but(gone: std::ops::RangeInclusive<i64>) -> Vec<crate::personio::Person> {
    let (first, last) = (*gone.start(), *gone.end());
    people((1..=26).filter(|id| *id < first || *id > last)).into_iter().chain(inactive(gone)).collect()
}

/// The mails with their heads, as they differ from no other day's: ids of mails are numbered in the order in which they come.
fn told(smtpd: &Smtpd) -> String {
    static MOMENT: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\b\d{1,2}( [A-Z][a-z]+ |\.\d{1,2}\.)\d{4}, \d\d:\d\d( Uhr)?").unwrap());
    static SIGNED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(VERSION (?:on|auf)) \S+\n").unwrap());
    static APPROVER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(Mona Weber, (?:entered by|eingegeben von)) \S+ (on|auf) [\w-]+").unwrap());
    let (mut text, mut ids) = (String::new(), Vec::new());
    for mail in smtpd.mails() {
        let header = |name: &str| mail["headers"][name].as_str().unwrap_or_default().to_owned();
        ids.push(header("message-id"));
        let number = |id: String| ids.iter().position(|one| *one == id).map_or(id, |at| format!("<{}>", at + 1));
        let to: Vec<&str> = mail["to"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let _ = writeln!(text, "=== {}", to.join(", "));
        for name in ["Subject", "Message-ID", "In-Reply-To", "References"] {
            let value = number(header(&name.to_lowercase()));
            if !value.is_empty() {
                let _ = writeln!(text, "{name}: {value}");
            }
        }
        let _ = writeln!(text, "\n{}", mail["text"].as_str().unwrap());
    }
    let text = MOMENT.replace_all(&lasting(&text), "TIME").into_owned();
    let text = SIGNED.replace_all(&text, "$1 HOST\n").into_owned();
    APPROVER.replace_all(&text, "$1 USER $2 HOST").into_owned()
}

#[test]
fn a_hold_that_grows_one_that_is_corrected_and_runs_that_fail_are_told_so() {
    for language in ["en", "de"] {
        let Some(smtpd) = Smtpd::start(&[]) else { return };
        let (personio, stage) = company(&smtpd, language);
        personio.set_people(all_but(2..=9));
        stage.run(&["sync"]).expect(20);
        personio.set_people(all_but(2..=12));
        stage.run(&["sync"]).expect(20);
        personio.set_people(all_but(2..=13));
        let larger = stage.run(&["sync"]).expect(20);
        personio.set_people(all_but(2..=13).into_iter().chain(people(40..=40)));
        stage.run(&["sync", "--approve", &digest(&larger), "--by", "Mona Weber"]).expect(0);
        let stay = || people([1].into_iter().chain(20..=26).chain([40])).into_iter();
        personio.set_people(stay().chain(inactive(14..=19)));
        stage.run(&["sync"]).expect(20);
        personio.set_people(stay().chain(people(14..=19)));
        stage.run(&["sync"]).expect(0);
        personio.interfere(|_, _| Some(refusal(403)));
        stage.run(&["sync"]).expect(77);
        stage.run(&["sync"]).expect(77);
        personio.behave();
        stage.run(&["sync"]).expect(0);
        golden::assert_is(&format!("tests/golden/mails-{language}.txt"), &told(&smtpd));
    }
}
