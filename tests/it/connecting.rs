//! `connect`: where the secret comes from, what is proven before anything is stored, and what becomes of each attribute.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::guard::digest;
use crate::personio::{CLIENT_ID, Person, Personio, SECRET, person, refusal};
use crate::stage::{Ended, Stage, ended};

fn two() -> Vec<Person> {
    vec![person(1, "Ada", "Lovelace", "ada@example.org"), person(2, "Grace", "Hopper", "grace@example.org")]
}

fn stored(stage: &Stage) -> Option<String> {
    let text = std::fs::read_to_string(stage.credential()).ok()?;
    let credential: Value = serde_json::from_str(&text).unwrap();
    let mode = std::fs::metadata(stage.credential()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(credential["client_id"], CLIENT_ID);
    Some(credential["client_secret"].as_str().unwrap().to_owned())
}

fn connect_with(stage: &Stage, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
    let mut command = stage.command(&["connect", "--no-sync"]);
    ended(command.args(arguments).envs(environment.iter().copied()))
}

#[test]
fn the_secret_comes_from_where_the_operator_has_it() {
    let personio = Personio::with(two());
    let hint = "a secret on the command line can be seen by other users";
    let id = ["--client-id", CLIENT_ID];
    let from_environment = ("HONESTLY_SYNC_SECRET", SECRET);
    let cases: [(&[&str], &[(&str, &str)], i32, &str); 8] = [
        (&[id[0], id[1], "--secret", SECRET], &[], 0, hint),
        (&[id[0], id[1], "--secret", SECRET], &[("HONESTLY_SYNC_SECRET", "another")], 0, hint),
        (&[id[0], id[1]], &[from_environment], 0, ""),
        (&[], &[from_environment, ("HONESTLY_SYNC_CLIENT_ID", CLIENT_ID)], 0, ""),
        (&[id[0], id[1]], &[], 2, "no secret, and no terminal to ask for it"),
        (&[id[0], id[1], "--secret"], &[from_environment], 2, "no secret, and no terminal to ask for it"),
        (&[], &[from_environment], 2, "no client id"),
        (&[id[0], id[1], "--secret", "-"], &[], 2, "the secret is empty"),
    ];
    for (arguments, environment, code, said) in cases {
        let stage = Stage::new(&personio);
        let connected = connect_with(&stage, arguments, environment).expect(code);
        assert_eq!(stored(&stage).as_deref(), (code == 0).then_some(SECRET), "{arguments:?}");
        assert!(connected.stderr.contains(said), "{arguments:?}: {connected:#?}");
        assert!(code != 0 || connected.stderr.lines().count() == usize::from(!said.is_empty()), "{connected:#?}");
        assert!(!connected.stderr.contains("canary") && !connected.stdout.contains("canary"), "{connected:#?}");
    }
    let stage = Stage::new(&personio);
    assert_eq!(stage.connect(&["--no-sync"]).expect(0).stderr, "", "from standard input");
    assert_eq!(stored(&stage).as_deref(), Some(SECRET));
}

/// Personio shows a secret only once.
#[test]
fn connect_goes_on_with_the_credential_that_is_stored_or_handed_over() {
    let personio = Personio::with(two());
    let stage = Stage::new(&personio);
    stage.connect(&["--no-sync"]).expect(0);
    connect_with(&stage, &[], &[]).expect(0);
    let file = stage.home().join("employees.csv");
    std::fs::write(
        &file,
        "\"ImportId\",\"Email\",\"Firstname\",\"Lastname\"\n\"1\",\"ada@example.org\",\"Ada\",\"Lovelace\"\n",
    )
    .unwrap();
    connect_with(&stage, &["--adopt", file.to_str().unwrap()], &[]).expect(0);

    let handed = stage.home().join("handed");
    std::fs::create_dir(&handed).unwrap();
    std::fs::rename(stage.credential(), handed.join("personio-credentials")).unwrap();
    connect_with(&stage, &[], &[("CREDENTIALS_DIRECTORY", handed.to_str().unwrap())]).expect(0);
    assert!(!stage.credential().exists(), "a copy of it would grow old");
}

#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    let personio = Personio::with(two());
    let stage = Stage::new(&personio);
    for arguments in [&["--client-id", CLIENT_ID, SECRET][..], &["--client-id", CLIENT_ID, "--secret", "half", SECRET]]
    {
        let refused = connect_with(&stage, arguments, &[]).expect(2);
        assert!(refused.stderr.starts_with("error: a word too many"), "{refused:#?}");
        assert!(!refused.stderr.contains("canary") && !refused.stderr.contains("half"), "{refused:#?}");
    }
    assert!(!stage.credential().exists() && personio.requests().is_empty());
}

#[test]
fn nothing_is_stored_while_a_required_attribute_is_not_released() {
    let called =
        [("first_name", "First name"), ("last_name", "Last name"), ("email", "Email"), ("department", "Department")];
    let cases = [
        (&called[..1], "connecting-no-first-name"),
        (&called[1..2], "connecting-no-last-name"),
        (&called[2..3], "connecting-no-email"),
        (&called[3..], "connecting-no-department"),
        (&called[..], "connecting-nothing-required"),
    ];
    for (missing, output) in cases {
        let poor = |person: Person| missing.iter().fold(person, |person, (key, _)| person.without(key));
        let personio = Personio::with(two().into_iter().map(poor));
        let stage = Stage::new(&personio);
        let before = stage.files();
        let refused = stage.connect(&[]).expect(77);
        assert_eq!(stage.files(), before, "{missing:?}");
        for (key, name) in called {
            let state = if missing.contains(&(key, name)) { "NOT RELEASED" } else { "readable" };
            assert!(refused.stdout.contains(&format!("  {name:<28}{state}\n")), "{refused:#?}");
            let said = refused.stderr.matches(name).count();
            assert_eq!(said, if state == "readable" { 0 } else { 2 }, "{refused:#?}");
        }
        refused.snapshot(output);
    }
}

#[test]
fn what_is_missed_is_warned_about_with_its_consequence() {
    let cases: [(&[&str], usize, &str); 6] = [
        (&[], 0, "connecting-everything"),
        (&["hire_date"], 1, "connecting-no-hire-date"),
        (&["termination_date"], 1, "connecting-no-termination-date"),
        (&["status"], 1, "connecting-no-status"),
        (&["termination_date", "status"], 1, "connecting-nothing-of-leavers"),
        (&["hire_date", "termination_date", "status"], 2, "connecting-nothing-recommended"),
    ];
    for (missing, warnings, output) in cases {
        let poor = |person: Person| missing.iter().fold(person, |person, key| person.without(key));
        let personio = Personio::with(two().into_iter().map(poor));
        let connected = Stage::new(&personio).connect(&[]).expect(0).snapshot(output);
        assert_eq!(connected.stderr.lines().count(), warnings, "{connected:#?}");
        for key in ["hire_date", "termination_date", "status"] {
            let row = connected.stdout.lines().find(|line| line.trim_start().starts_with(&format!("{key} "))).unwrap();
            assert!(row.ends_with(if missing.contains(&key) { "not released" } else { "readable" }), "{row}");
        }
    }
}

#[test]
fn where_attributes_may_not_be_listed_the_page_of_employees_decides() {
    let forbidden = |personio: &Personio| {
        personio.interfere(|request, _| request.path.ends_with("/attributes").then(|| refusal(403)));
    };
    let personio = Personio::with(two());
    forbidden(&personio);
    let stage = Stage::new(&personio);
    let connected = stage.connect(&[]).expect(0);
    let warning = "warning: asked for its list of attributes, Personio answered 403: the 2 people of the first page tell what \
                   is readable\n";
    assert_eq!(connected.stderr, warning);
    assert_eq!(stage.people().len(), 2);

    let poor = Personio::with(two().into_iter().map(|person| person.without("email")));
    forbidden(&poor);
    Stage::new(&poor).connect(&[]).expect(77).snapshot("connecting-no-email-and-no-list");
}

#[test]
fn a_stored_credential_is_replaced_only_by_a_proven_one() {
    let personio = Personio::with(two());
    let stage = Stage::in_step(&personio);
    let before = stage.files();
    stage.connect_as(CLIENT_ID, "wrong", &[]).expect(77);
    personio.interfere(|request, _| request.path.ends_with("/employees").then(|| refusal(403)));
    stage.connect(&[]).expect(77);
    assert_eq!(stage.files(), before);
    personio.behave();
    stage.connect_as("another-client-of-the-company", SECRET, &[]).expect(0);
    assert!(std::fs::read_to_string(stage.credential()).unwrap().contains("another-client-of-the-company"));
    assert_eq!(stage.run(&["sync"]).expect(0).stderr, "");
}

#[test]
fn another_company_over_a_mirror_is_refused_and_with_replace_its_plan_is_held() {
    let personio = Personio::with(two());
    let stage = Stage::in_step(&personio);
    let (before, mirror) = (stage.files(), stage.contents());
    let other =
        Personio::with([person(11, "Zoe", "Other", "zoe@example.com"), person(12, "Max", "Other", "max@example.com")]);
    stage.configure(&other, "");
    let configured = stage.files();
    stage.connect_as("other", SECRET, &[]).expect(77).snapshot("connecting-another-company");
    assert_eq!(stage.files(), configured);
    assert_eq!(before.keys().collect::<Vec<_>>(), configured.keys().collect::<Vec<_>>());

    let held =
        stage.connect_as("other", SECRET, &["--replace"]).expect(20).snapshot("connecting-another-company-replaced");
    assert!(std::fs::read_to_string(stage.credential()).unwrap().contains("other"));
    assert!(held.stderr.lines().count() <= 10, "{held:#?}");
    // Whose mirror it is has changed, and nothing else.
    let people =
        |contents: &str| contents.lines().filter(|line| !line.starts_with("mirror:")).collect::<Vec<_>>().join("\n");
    assert_eq!(people(&stage.contents()), people(&mirror));

    let digest = held.stderr.split("--approve ").nth(1).unwrap().trim().to_owned();
    stage.run(&["sync", "--approve", &digest]).expect(0);
    assert_eq!(stage.people(), [(11, "zoe@example.com".to_owned()), (12, "max@example.com".to_owned())]);
}

#[test]
fn a_credential_that_sees_less_takes_no_ones_place() {
    let all = |count: i64| (1..=count).map(|id| well_described(id, "Berlin", "rust")).collect::<Vec<_>>();
    let without = |key: &str| all(30).into_iter().map(|person| person.without(key)).collect::<Vec<_>>();
    let (usual, star) = ("", "[groups]\n\"*\" = true\n");
    let cases: [(&str, Vec<Person>, Vec<Person>, &str); 13] = [
        (usual, all(30), all(2), "sees only 2 of the 30 people in the mirror"),
        (usual, all(30), all(26), "sees only 26 of the 30 people"),
        (usual, all(30), all(27), ""),
        (usual, all(39), all(35), "sees only 35 of the 39 people"),
        (usual, all(40), all(36), ""),
        // Not half of a small company.
        (usual, all(4), all(1), "sees only 1 of the 4 people"),
        (usual, all(4), all(2), ""),
        (usual, all(30), without("status"), "this credential may not read status, which could be read before;"),
        (usual, all(30), without("position"), "may not read position, which"),
        (usual, all(30), without("dynamic_12"), ""),
        (star, all(30), without("dynamic_12"), "may not read dynamic_12, which"),
        (
            usual,
            all(30),
            without("status").split_off(25),
            "sees only 5 of the 30 people in the mirror PATH and may not read status, which could be read before;",
        ),
        (usual, all(2), all(40), ""),
    ];
    for (config, before, sees, refusal) in cases {
        let personio = Personio::with(before);
        let stage = Stage::new(&personio);
        let to = stage.home().join("employees.csv");
        stage.configure(&personio, &format!("{config}[delivery]\nto = \"file://{}\"\n", to.display()));
        stage.connect(&["--no-sync"]).expect(0);
        let held = stage.run(&["sync"]).expect(20);
        stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
        let files = stage.files();
        personio.set_people(sees);
        let connected = stage.connect_as("renewed", SECRET, &["--no-sync"]);
        let stored = std::fs::read_to_string(stage.credential()).unwrap();
        assert_eq!(stored.contains("renewed"), refusal.is_empty(), "{connected:#?}");
        if refusal.is_empty() {
            connected.expect(0);
            continue;
        }
        let refused = connected.expect(20);
        let said = refusal.replace("PATH", &stage.mirror().display().to_string());
        assert!(
            refused.stderr.contains(&said) && refused.stderr.contains("nothing was stored\n\nhint: "),
            "{refused:#?}"
        );
        assert_eq!(stage.files(), files);
        // The way on: what would go is held then.
        stage.connect_as("renewed", SECRET, &["--replace", "--no-sync"]).expect(0);
        assert!(std::fs::read_to_string(stage.credential()).unwrap().contains("renewed"));
        assert_eq!(stage.run(&["sync"]).code, 20);
    }
}

#[test]
fn names_are_forgotten_where_another_company_takes_the_place_and_only_there() {
    let personio = Personio::with(two());
    let stage = Stage::in_step(&personio);
    stage.sqlite().execute("UPDATE mirror SET names = json_set(names, '$.labels.x', 'position')", []).unwrap();
    let known = || -> i64 {
        stage.sqlite().query_row("SELECT names LIKE '%\"x\"%' FROM mirror", [], |row| row.get(0)).unwrap()
    };
    stage.connect(&["--replace", "--no-sync"]).expect(0);
    assert_eq!(known(), 1);
    stage.connect_as("other", SECRET, &["--replace", "--no-sync"]).expect(0);
    assert_eq!(known(), 0);
}

#[test]
fn without_sync_only_the_credential_is_written() {
    let personio = Personio::with(two());
    let stage = Stage::new(&personio);
    let connected = stage.connect(&["--no-sync"]).expect(0);
    assert!(connected.stdout.ends_with(&format!("Credential stored in {}.\n", stage.credential().display())));
    assert!(stored(&stage).is_some() && !stage.mirror().exists());
}

fn well_described(id: i64, location: &str, skills: &str) -> Person {
    person(id, "Kim", "Fischer", &format!("kim.{id}@example.org"))
        .with("position", json!("Engineer"))
        .custom("dynamic_11", "Work location \"now\"", "list", json!(location))
        .custom("dynamic_12", "Skills", "tags", json!(skills))
        .custom("dynamic_13", "Salary band", "standard", json!("E4"))
        .custom("dynamic_14", "Iban", "standard", json!("DE00"))
        .custom("birthday", "Birthday", "date", json!("1990-01-01"))
}

#[test]
fn every_attribute_is_told_and_its_line_can_be_pasted() {
    let personio = Personio::with([well_described(1, "Berlin", "go,rust"), well_described(2, "Köln", "rust")]);
    let stage = Stage::new(&personio);
    let told = stage.connect(&["--no-sync"]).expect(0).stdout;
    let section = |title: &str| -> Vec<String> {
        let lines = told.lines().skip_while(|line| !line.starts_with(title)).skip(1);
        lines.take_while(|line| line.starts_with(' ')).map(|line| line.trim().to_owned()).collect()
    };
    assert_eq!(section("Required").len(), 4, "{told}");
    assert_eq!(section("Recommended").len(), 3, "{told}");
    assert_eq!(section("Synced as a field"), ["supervisor"], "{told}");
    let as_group: Vec<String> =
        section("Synced as a group").iter().map(|row| row.split("  ").last().unwrap().trim().to_owned()).collect();
    assert_eq!(as_group, ["as \"Department\"", "as \"Position\""], "{told}");
    assert_eq!(
        section("Left alone because sensitive"),
        ["Birthday (birthday)", "Salary band (dynamic_13)", "Iban (dynamic_14)"]
    );
    let unmapped = section("Available, not mapped: paste the line under [groups]");
    assert_eq!(unmapped.len(), 2, "{told}");
    let lines: Vec<&str> = unmapped.iter().map(|row| row.split("  ").last().unwrap().trim()).collect();
    assert_eq!(lines, [r#"dynamic_11 = "Work location \"now\"""#, r#"dynamic_12 = "Skills""#]);

    stage.configure(&personio, &format!("[groups]\n{}\n", lines.join("\n")));
    stage.connect(&[]).expect(0).snapshot("connecting-every-line-pasted");
    assert_eq!(stage.groups("dynamic_11"), ["Berlin", "Köln"]);
    assert_eq!(stage.groups("dynamic_12"), ["go, rust", "rust"]);
    assert_eq!(stage.groups("department"), ["Engineering"], "the usual groups stay");
}

#[test]
fn groups_are_what_the_configuration_says() {
    type Expected<'a> = [(&'a str, &'a [&'a str])];
    let cases: [(&str, &Expected<'_>); 8] = [
        ("", &[("department", &["Engineering"]), ("position", &["Engineer"])]),
        ("groups = []", &[]),
        ("groups = [\"position\"]", &[("position", &["Engineer"])]),
        (
            "groups = [\"*\"]",
            &[
                ("department", &["Engineering"]),
                ("dynamic_11", &["Berlin", "Köln"]),
                ("dynamic_12", &["go, rust", "rust"]),
                ("position", &["Engineer"]),
            ],
        ),
        ("groups = [\"salary BAND\"]", &[("dynamic_13", &["E4"])]),
        (
            "[groups]\nposition = false\ndynamic_12 = { name = \"Knows\", split = true }",
            &[("department", &["Engineering"]), ("dynamic_12", &["go", "rust"])],
        ),
        (
            "[groups.department]\nname = \"Abteilung\"\nvalues = { \"engineering\" = \"Technik\" }",
            &[("department", &["Technik"]), ("position", &["Engineer"])],
        ),
        (
            "[groups]\n\"*\" = true\n\"Skills\" = false\nposition = false",
            &[("department", &["Engineering"]), ("dynamic_11", &["Berlin", "Köln"])],
        ),
    ];
    let personio = Personio::with([well_described(1, "Berlin", "rust, go"), well_described(2, "Köln", "rust")]);
    for (config, expected) in cases {
        let stage = Stage::new(&personio);
        let config = format!("{config}\n");
        let text = std::fs::read_to_string(stage.config()).unwrap();
        std::fs::write(stage.config(), if config.starts_with('g') { config + &text } else { text + &config }).unwrap();
        stage.connect(&[]).expect(0);
        let connection = stage.sqlite();
        let mut statement = connection.prepare("SELECT attribute, name FROM groups ORDER BY attribute, name").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let groups: Vec<(String, String)> = rows.map(Result::unwrap).collect();
        let expected: Vec<(String, String)> = expected
            .iter()
            .flat_map(|(key, names)| names.iter().map(|name| ((*key).to_owned(), (*name).to_owned())))
            .collect();
        assert_eq!(groups, expected, "{:?}", std::fs::read_to_string(stage.config()));
    }
}

#[test]
fn only_what_is_mapped_is_asked_for() {
    let personio = Personio::with([well_described(1, "Berlin", "rust")]);
    let stage = Stage::in_step(&personio);
    personio.interfere(|request, _| {
        let asked_for: Vec<&str> = request.query_values("attributes[]").collect();
        let mapped = asked_for.contains(&"email") && asked_for.contains(&"department");
        let private = asked_for.iter().any(|key| key.starts_with("dynamic_") || *key == "birthday");
        (request.path.ends_with("/employees") && (!mapped || private)).then(|| refusal(422))
    });
    stage.run(&["sync"]).expect(0);
}

#[test]
fn nobody_is_asked_for_a_secret_that_could_not_be_stored() {
    let personio = Personio::with([]);
    let stage = Stage::new(&personio);
    std::fs::write(stage.config().with_file_name("a file"), "").unwrap();
    stage.configure(&personio, "credentials = \"a file/credentials.json\"\n");
    let told = stage.run(&["connect", "--client-id", CLIENT_ID]).expect(78);
    assert!(told.stderr.starts_with("error: cannot store the credential in "), "{told:#?}");
    assert_eq!(personio.requests(), [""; 0]);
}

/// Python has terminals: it says what the prompt was and whether typing was hidden by then, types, and says how it ended, whether
/// what was typed could be seen, and whether the terminal shows again what is typed.
const AT_A_TERMINAL: &str = r#"
import os, pty, re, sys, termios
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
prompt = b""
while not prompt.endswith(b": "):
    prompt += os.read(terminal, 1)
hidden = not termios.tcgetattr(terminal)[3] & termios.ECHO
os.write(terminal, os.environb[b"TYPED"])
rest = b""
try:
    while more := os.read(terminal, 4096):
        rest += more
except OSError:
    pass
ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
shows = bool(termios.tcgetattr(terminal)[3] & termios.ECHO)
seen = [part for part in re.split("[\n\x03\x04\x1a]", os.environ["TYPED"]) if part and part in rest.decode()]
print(prompt.decode(), hidden, ended, seen, shows)
"#;

#[test]
fn the_terminal_hides_what_is_typed_before_it_is_asked_for() {
    let personio = Personio::with(two());
    let stage = Stage::new(&personio);
    let program = stage.command(&["connect", "--client-id", CLIENT_ID, "--no-sync"]);
    // The interrupt key ends the program as everywhere, by SIGINT.
    let (half, other_half) = SECRET.split_at(SECRET.len() / 2);
    for (typed, ends) in [
        ("canary\u{3}", "-2 [] True"),
        ("\u{4}", "2 [] True"),
        ("canary\u{1a}canary\n", "2 [] True"),
        (&format!("{half}\u{4}{other_half}\n"), "0 [] True"),
        (&format!("{SECRET}\n{SECRET}\n"), "0 [] True"),
    ] {
        let mut python = std::process::Command::new("python3");
        python.arg("-c").arg(AT_A_TERMINAL).arg(program.get_program()).args(program.get_args()).env("TYPED", typed);
        python.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let told = ended(&mut python).expect(0);
        assert_eq!(told.stdout, format!("Secret (not shown):  True {ends}\n"), "{told:#?}");
    }
}
