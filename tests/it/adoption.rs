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
    let adopted = stage.connect(&["--no-sync", "--adopt", file.to_str().unwrap()]).expect(0);
    assert!(adopted.stdout.contains("Adopted 3 people: 2 matched"), "{adopted:#?}");
    assert!(adopted.stdout.contains("(1): E-99"), "{adopted:#?}");
    let status = stage.run(&["status"]).expect(0).stdout;
    assert!(status.starts_with("Never in step"), "an adoption is no sync: {status}");

    // Nobody without a profile at Personio goes unseen, however few they are.
    let before = stage.contents();
    let held = stage.run(&["sync", "--json"]).expect(20);
    let plan = held.json()["plan"].clone();
    let ids = |of: &str| plan[of].as_array().unwrap().iter().map(|one| one["id"].as_i64().unwrap()).collect::<Vec<_>>();
    assert_eq!((ids("add"), ids("update"), ids("remove")), (vec![3], vec![1], vec![-1]));
    assert_eq!(plan["update"][0]["changes"][0]["field"], "email");
    assert!(held.stderr.contains("no profile at Personio"), "{held:#?}");
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
    let missing = stage.connect(&adopt).expect(2);
    assert!(missing.stderr.contains("cannot read"), "{missing:#?}");
    std::fs::write(&file, FILE.replace("ADA@example.org", "nobody")).unwrap();
    let refused = stage.connect(&adopt).expect(2);
    assert!(refused.stderr.contains("line 2: the e-mail address is not valid"), "{refused:#?}");
    std::fs::write(&file, FILE).unwrap();
    stage.run(&["sync"]).expect(0);
    let before = stage.contents();
    let refused = stage.connect(&adopt).expect(78);
    assert!(refused.stderr.contains("has people already"), "{refused:#?}");
    assert_eq!(stage.contents(), before);
}
