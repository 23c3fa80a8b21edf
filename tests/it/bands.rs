//! Groups of a date are bands, and nothing keeps the date; who reports to somebody away reports to the next above.

use serde_json::json;

use crate::personio::{Person, Personio, person};
use crate::stage::Stage;

const TENURE: &str = "[groups]\nhire_date = { name = \"Tenure\", bands = [\"6m\", \"3y\"] }\n";

/// Somebody who began on this day.
fn since(id: i64, day: &str) -> Person {
    person(id, "Ada", &format!("L{}", "x".repeat(id as usize)), &format!("{id}@example.org"))
        .with("hire_date", json!(format!("{day}T00:00:00+01:00")))
}

fn stage(personio: &Personio, more: &str) -> Stage {
    let stage = Stage::new(personio);
    let csv = stage.home().join("employees.csv");
    stage.configure(personio, &format!("{more}[delivery]\nto = \"file://{}\"\n", csv.display()));
    stage.connect(&["--no-sync"]).expect(0);
    stage
}

/// Carries out what is held.
fn approve(stage: &Stage, more: &[&str]) {
    let held = stage.run(&[&["sync", "--json"], more].concat()).expect(20).json();
    let digest = held["plan"]["digest"].as_str().unwrap().to_owned();
    stage.run(&[&["sync", "--approve", &digest], more].concat()).expect(0);
}

fn file(stage: &Stage) -> String {
    std::fs::read_to_string(stage.home().join("employees.csv")).unwrap()
}

#[test]
fn the_file_and_the_mirror_have_the_band_and_never_the_date() {
    let days = ["2001-04-05", "2019-11-12", "2020-01-02"];
    let personio = Personio::with([
        since(1, days[0]),
        since(2, days[1]),
        since(3, days[2]),
        since(4, "2020-01-02").with("hire_date", json!(null)),
    ]);
    let stage = stage(&personio, TENURE);
    let page = stage.home().join("page.html");
    stage.run(&["sync", "--dry-run", "--review", page.to_str().unwrap()]).expect(20);
    approve(&stage, &[]);
    let sent = file(&stage);
    assert!(sent.lines().next().unwrap().contains("\"Tenure\""), "{sent}");
    assert_eq!(sent.matches("\"3 years and more\"").count(), 3, "{sent}");
    for (path, bytes) in stage.files() {
        let text = String::from_utf8_lossy(&bytes);
        for day in days {
            assert!(!text.contains(day) && !text.contains(&day.replace('-', "")), "{day} in {}", path.display());
        }
    }
    // A right that is taken away keeps the band.
    personio.set_people([since(1, days[0]).without("hire_date"), since(2, days[1]).without("hire_date")]);
    let explained = stage.run(&["sync", "--dry-run", "--explain", "1"]).expect(0).stdout;
    assert!(explained.contains("Tenure: withheld, the credential may not read it -> 3 years and more"), "{explained}");
}

#[test]
fn a_later_day_shows_later_bands_and_a_day_ahead_is_blank() {
    let personio = Personio::with([since(1, "2026-01-31"), since(2, "2020-02-29")]);
    let stage = stage(&personio, TENURE);
    for (day, expected) in [
        ("2026-07-30", ["under 6 months", "3 years and more"]),
        ("2026-07-31", ["6 months to 3 years", "3 years and more"]),
        ("2023-02-28", ["none", "6 months to 3 years"]),
        ("2023-03-01", ["none", "3 years and more"]),
    ] {
        for (id, band) in ["1", "2"].iter().zip(expected) {
            let told = stage.run(&["sync", "--dry-run", "--as-of", day, "--explain", id]).expect(0).stdout;
            let line = told.lines().find(|line| line.trim_start().starts_with("Tenure: ")).unwrap();
            assert!(line.ends_with(&format!("-> {band}")), "{day}: {line}");
        }
    }
}

#[test]
fn bands_that_are_none_are_refused_with_their_line() {
    let personio = Personio::with([since(1, "2020-01-01")]);
    let stage = Stage::connected(&personio);
    let cases = [
        ("bands = []", "expected one or more times"),
        ("bands = [\"3y\", \"1y\"]", "each longer than the one before"),
        ("bands = [\"12m\", \"1y\"]", "each longer than the one before"),
        ("bands = [\"0y\"]", "expected a time since the date"),
        ("bands = [\"-1y\"]", "expected a time since the date"),
        ("bands = [\"1 week\"]", "expected a time since the date"),
        ("bands = [\"1y\"], names = [\"all\"]", "expected 2 names"),
        ("names = [\"all\"]", "there are none"),
        ("bands = [\"1y\"], names = [\"a\", \"A \"]", "two bands have one name"),
        ("bands = [\"1y\"], split = true", "bands have names of their own"),
        ("bands = [\"1y\"], values = { a = \"b\" }", "bands have names of their own"),
    ];
    for (table, expected) in cases {
        stage.configure(&personio, &format!("[groups]\nhire_date = {{ name = \"Tenure\", {table} }}\n"));
        let refused = stage.run(&["check-config"]).expect(78);
        assert!(
            refused.stderr.contains(expected) && refused.stderr.contains("config.toml:8:"),
            "{table}: {refused:#?}"
        );
    }
    stage.configure(&personio, "[groups]\nfirst_name = { name = \"FN\", bands = [\"1y\"] }\n");
    assert!(stage.run(&["check-config"]).expect(78).stderr.contains("bands are of a date, and this attribute is none"));
}

#[test]
fn a_date_without_bands_is_told_to_make_a_group_for_each_day() {
    let personio = Personio::with([since(1, "2020-01-01"), since(2, "2021-01-01")]);
    let stage = Stage::connected(&personio);
    for (group, told) in
        [("hire_date = \"Since\"\n", true), ("hire_date = { name = \"Since\", bands = [\"1y\"] }\n", false)]
    {
        stage.configure(&personio, &format!("[groups]\n{group}"));
        let plan = stage.run(&["sync", "--dry-run", "--json"]).expect(0).json();
        let kinds: Vec<_> = plan["notes"].as_array().unwrap().iter().map(|note| &note["kind"]).collect();
        assert_eq!(kinds.contains(&&json!("group_of_each_day")), told, "{kinds:?}");
    }
}

#[test]
fn the_next_above_takes_the_place_of_a_supervisor_who_is_not_in() {
    let people = || {
        [
            since(1, "2010-01-01"),
            since(2, "2011-01-01").supervisor(1).with("status", json!("leave")),
            since(3, "2012-01-01").supervisor(2).with("status", json!("inactive")),
            since(4, "2013-01-01").supervisor(3),
            since(5, "2014-01-01").supervisor(99),
        ]
    };
    let personio = Personio::with(people());
    for (key, expected) in [("empty", ["", ""]), ("next", ["1", ""])] {
        let stage = stage(&personio, &format!("[people]\nsupervisor_away = \"{key}\"\n"));
        approve(&stage, &[]);
        let sent = file(&stage);
        let line = |id: &str| sent.lines().find(|line| line.starts_with(&format!("\"{id}\""))).unwrap().to_owned();
        for (id, supervisor) in ["4", "5"].iter().zip(expected) {
            assert_eq!(line(id).split(',').nth(5).unwrap(), format!("\"{supervisor}\""), "{key}: {sent}");
        }
        let told = stage.run(&["sync", "--dry-run", "--explain", "4"]).expect(0).stdout;
        assert!(told.contains("is out, left, status inactive)"), "{told}");
        let told = stage.run(&["sync", "--dry-run", "--explain", "5"]).expect(0).stdout;
        assert!(told.contains("(employee 99 is not listed)"), "{told}");
    }
}

/// Also of somebody about whom nothing is decided when the column gets bands.
#[test]
fn no_date_stays_where_a_column_of_days_gets_bands() {
    let personio = Personio::with([since(1, "2001-04-05"), since(2, "2019-11-12"), since(3, "2020-01-02")]);
    let stage = Stage::new(&personio);
    let csv = stage.home().join("employees.csv");
    let configure = |groups: &str| {
        stage.configure(&personio, &format!("{groups}[delivery]\nto = \"file://{}\"\n", csv.display()));
    };
    configure("[groups]\nhire_date = \"Tenure\"\n");
    stage.connect(&["--no-sync"]).expect(0);
    approve(&stage, &[]);
    assert!(file(&stage).contains("2019-11-12"));
    personio.set_people([
        since(1, "2001-04-05").with("status", json!("")),
        since(2, "2019-11-12").without("hire_date"),
        since(3, "2020-01-02"),
    ]);
    configure(TENURE);
    stage.run(&["sync"]).expect(0);
    let sent = file(&stage);
    assert!(!sent.contains("2001-04-05") && !sent.contains("2019-11-12"), "{sent}");
    assert_eq!(stage.groups("hire_date"), ["3 years and more"]);
}
