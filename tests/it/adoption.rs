//! People who are in Honestly already become the mirror's first state.

use crate::personio::{Personio, person};
use crate::stage::Stage;

const FILE: &str = "\
\"ImportId\",\"Email\",\"Firstname\",\"Lastname\",\"Language\",\"ReportsToId\",\"Department\"
\"E-17\",\"ADA@example.org\",\"Ada\",\"Lovelace\",\"\",\"\",\"Engineering\"
\"2\",\"zoe@example.org\",\"Zoe\",\"Brandt\",\"\",\"E-17\",\"Engineering\"
\"E-99\",\"former@example.org\",\"Former\",\"Colleague\",\"\",\"\",\"Sales\"
";

fn company() -> Personio {
    Personio::with([
        person(1, "Ada", "Lovelace", "ada@example.org"),
        person(2, "Zoe", "Brandt", "zoe@example.org").supervisor(1),
        person(3, "New", "Hire", "new@example.org"),
    ])
}

#[test]
fn the_first_plan_after_an_adoption_shows_what_honestly_would_gain_and_lose() {
    let personio = company();
    let stage = Stage::new(&personio);
    let file = stage.home().join("employees.csv");
    std::fs::write(&file, FILE).unwrap();
    stage.connect(&["--no-sync", "--adopt", file.to_str().unwrap()]).expect(0).snapshot("adoption");
    let status = stage.run(&["status"]).expect(0).stdout;
    assert!(status.starts_with("Never in step"), "an adoption is no sync: {status}");

    // Nobody without a profile at Personio goes unseen, however few they are.
    let before = stage.contents();
    let held = stage.run(&["sync", "--json"]).expect(20);
    let plan = held.json()["plan"].clone();
    let ids = |of: &str| plan[of].as_array().unwrap().iter().map(|one| one["id"].as_i64()).collect::<Vec<_>>();
    assert_eq!((ids("add"), ids("update"), ids("remove")), (vec![Some(3)], vec![Some(1)], vec![None]));
    assert_eq!(plan["remove"][0]["import_id"], "E-99");
    assert_eq!(plan["update"][0]["changes"][0]["field"], "email");
    stage.run(&["sync"]).expect(20).snapshot("adoption-held");
    assert_eq!(stage.contents(), before);

    stage.run(&["sync", "--approve", plan["digest"].as_str().unwrap()]).expect(0);
    let kept: String =
        stage.sqlite().query_row("SELECT import_id FROM identities WHERE employee = 1", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, "E-17");
    assert_eq!(stage.run(&["sync"]).expect(0).stderr, "");
}

#[test]
fn a_file_that_cannot_be_used_or_a_mirror_with_people_adopts_nobody() {
    let personio = company();
    let stage = Stage::new(&personio);
    let file = stage.home().join("employees.csv");
    let adopt = ["--no-sync", "--adopt", file.to_str().unwrap()];
    stage.connect(&adopt).expect(2).snapshot("adoption-of-no-file");
    std::fs::write(&file, FILE.replace("ADA@example.org", "nobody")).unwrap();
    stage.connect(&adopt).expect(2).snapshot("adoption-of-a-line-that-is-wrong");
    std::fs::write(&file, FILE).unwrap();
    stage.run(&["sync"]).expect(0);
    let before = stage.contents();
    stage.connect(&adopt).expect(78).snapshot("adoption-over-people");
    assert_eq!(stage.contents(), before);
}

/// Whether the number that stands for the line is somewhere.
fn shows_number(text: &str, line: usize) -> bool {
    let number = format!("-{line}");
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_digit());
    let begins = |before: &str| !before.ends_with(|c: char| c.is_alphanumeric());
    text.match_indices(&number).any(|(at, _)| begins(&text[..at]) && ends(&text[at + number.len()..]))
}

#[test]
fn whoever_has_no_profile_is_told_by_name_and_import_id_and_the_number_that_stands_for_them_is_shown_nowhere() {
    const HEADER: &str = "ImportId,Email,Firstname,Lastname,ReportsToId\n";
    let personio = company();
    let stage = Stage::new(&personio);
    let file = stage.home().join("employees.csv");
    // Line 3 has no match, and line 4 an address and another name.
    let lines = "2,zoe@example.org,Zoe,Brandt,E-99\nE-99,former@example.org,Former,Colleague,\nE-5,ada@example.org,Other,Body,\n";
    std::fs::write(&file, format!("{HEADER}{lines}")).unwrap();
    let page = stage.home().join("page.html");
    let mut told = String::new();
    let mut tell = |arguments: &[&str], code: i32| {
        let ended = stage.run(arguments).expect(code);
        told.push_str(&format!("{}\n{}\n", ended.stdout, ended.stderr));
        ended
    };
    let adopt = ["--no-sync", "--adopt", file.to_str().unwrap()];
    let adopted = stage.connect(&adopt).expect(0).snapshot("adoption-of-somebody-under-another-name");
    let preview = ["sync", "--dry-run", "--full", "--review", page.to_str().unwrap()];
    tell(&preview, 20).snapshot("adoption-of-somebody-without-a-profile");
    tell(&["sync", "--dry-run", "--explain", "Former"], 0);
    tell(&["sync", "--dry-run", "--explain", "Former", "--json"], 0);
    tell(&["sync", "--dry-run", "--explain", "former@example.org"], 0);
    tell(&["sync", "--dry-run", "--explain", "or"], 0);
    tell(&["-vv", "sync", "--dry-run", "--json"], 20);
    let held = tell(&["sync", "--json"], 20);
    tell(&["status", "--json"], 0);
    let digest = held.json()["plan"]["digest"].as_str().unwrap().to_owned();
    let before = tell(&["status", "--employee", "Former"], 0);
    assert!(before.stdout.starts_with("Without a profile at Personio: import id E-99 Former Colleague"), "{before:#?}");
    tell(&["sync", "--approve", &digest], 0);
    for json in [&["--json"][..], &[]] {
        tell(&[&["status"], json].concat(), 0);
        tell(&[&["status", "--run", "latest"], json].concat(), 0);
        tell(&[&["status", "--employee", "Former"], json].concat(), 0);
        tell(&[&["status", "--employee", "or"], json].concat(), 0);
        tell(&[&["status", "--employee", "2"], json].concat(), 0);
    }
    told.push_str(&std::fs::read_to_string(&page).unwrap());
    told.push_str(&adopted.stdout);
    for line in [3, 4] {
        assert!(!shows_number(&told, line), "{told}");
    }
}

#[test]
fn nobody_listed_is_locked_out_by_a_line_that_has_their_import_id() {
    let personio = company();
    let stage = Stage::new(&personio);
    let file = stage.home().join("employees.csv");
    std::fs::write(&file, FILE.replace("\"E-99\"", "\"3\"")).unwrap();
    let adopt = ["--no-sync", "--adopt", file.to_str().unwrap()];
    stage.connect(&adopt).expect(0).snapshot("adoption-of-an-import-id-of-a-newcomer");
    // Somebody else's line is not theirs unseen.
    let held = stage.run(&["sync", "--json"]).expect(20);
    let plan = held.json()["plan"].clone();
    assert_eq!(plan["update"].as_array().unwrap().len(), 2, "{plan}");
    stage.run(&["sync", "--approve", plan["digest"].as_str().unwrap()]).expect(0);
    assert_eq!(stage.people().last().unwrap(), &(3, "new@example.org".to_owned()));
    assert_eq!(stage.run(&["sync"]).expect(0).stderr, "");
}

#[test]
fn import_ids_that_differ_by_leading_zeros_alone_are_said_first() {
    let personio = company();
    let stage = Stage::new(&personio);
    let file = stage.home().join("employees.csv");
    let with_zeros = FILE.replace("\"2\"", "\"002\"").replace("\"E-99\"", "\"03\"");
    let adopt = ["--no-sync", "--adopt", file.to_str().unwrap()];
    // Two lines with one address contradict each other.
    std::fs::write(&file, with_zeros.replace("former@", "zoe@")).unwrap();
    stage.connect(&adopt).expect(2).snapshot("adoption-with-leading-zeros-and-one-address-twice");
    std::fs::write(&file, with_zeros).unwrap();
    stage.connect(&adopt).expect(0).snapshot("adoption-with-leading-zeros");
}
