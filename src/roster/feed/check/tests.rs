//! Every rule of Honestly, broken once.

use super::*;

fn columns() -> Columns {
    crate::roster::samples::columns(&[("Department", "department")])
}

const HEADER: &str = "\"ImportId\",\"Email\",\"Firstname\",\"Lastname\",\"Language\",\"ReportsToId\",\"Department\"\n";

fn file(rows: &[&str]) -> String {
    let quoted = |row: &&str| format!("\"{}\"\n", row.split('|').collect::<Vec<_>>().join("\",\""));
    HEADER.to_owned() + &rows.iter().map(quoted).collect::<String>()
}

#[test]
fn a_file_that_keeps_every_rule_may_be_sent() {
    let longest = "ü".repeat(100);
    let text = file(&["1|a@x.de|Ada|Öz|de||Sales", &format!("2|b@x.de|Bo|\"\"Quoted\"\"||1|{longest}")]);
    assert_eq!(check(text.as_bytes(), &columns()), []);
    assert_eq!(check(HEADER.as_bytes(), &columns()), []);
}

#[test]
fn every_rule_has_its_breach() {
    let one = |row: &str| (row.to_owned(), "1|a@x.de|Ada|Öz|de||Sales".to_owned());
    let too_long = "ü".repeat(101);
    let cases = [
        (one("2||Bo|X|||"), "Email of \"2\" is empty"),
        (one("2|b@x.de| |X|||"), "Firstname of \"2\" is empty"),
        (one("2|b@x.de|Bo||||"), "Lastname of \"2\" is empty"),
        (one("|b@x.de|Bo|X|||"), "ImportId of \"\" is empty"),
        (one("1|b@x.de|Bo|X|||"), "ImportId of \"1\" appears twice"),
        (one("2|A@x.de|Bo|X|||"), "Email of \"2\" appears twice"),
        (one("2|b@x.de|Bo|X||9|"), "the supervisor of \"2\" is not in the file"),
        (one("2|b@x.de|Bo|X|xx||"), "the language of \"2\" is not a code"),
        (one("2|b@x.de|Bo|X|DE||"), "the language of \"2\" is not a code"),
        (one(&format!("2|b@x.de|Bo|X|||{too_long}")), "Department of \"2\" has 101 characters"),
        (one(&format!("2|b@x.de|{too_long}|X|||")), "Firstname of \"2\" has 101 characters"),
    ];
    for ((row, other), expected) in cases {
        let breaches = check(file(&[&other, &row]).as_bytes(), &columns());
        assert!(breaches.iter().any(|breach| breach.to_string().starts_with(expected)), "{row}: {breaches:?}");
    }
}

#[test]
fn bytes_that_are_no_feed_are_refused() {
    let good = file(&["1|a@x.de|Ada|Öz|de||Sales"]);
    let cases: [(Vec<u8>, Breach); 7] = [
        (Vec::new(), Breach::NotCsv),
        (format!("\u{feff}{good}").into_bytes(), Breach::ByteOrderMark),
        (vec![b'"', 0xff, b'"'], Breach::NotUtf8),
        (good.replace('"', "").into_bytes(), Breach::NotCsv),
        (good.replace('\n', "\r\n").into_bytes(), Breach::NotCsv),
        (format!("{good}\"1\"\n").into_bytes(), Breach::NotCsv),
        (good.replace("Email", "email").into_bytes(), Breach::Header("Email".into())),
    ];
    for (bytes, expected) in cases {
        let breaches = check(&bytes, &columns());
        assert!(breaches.contains(&expected), "{expected:?}: {breaches:?}");
    }
}
