//! Mistakes in `config.toml`: each is pointed at, in plain words, and none repeats a value.

mod named;
mod names;

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::roster::model::record::AttributeKey;
use crate::roster::plan::names::Names;
use crate::roster::policy::attribute::{Attribute, Kind};

fn mistake_in(text: &str) -> String {
    let environment = Environment { home: Some(PathBuf::from("/home/ada")), ..Environment::default() };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    let failure = load(Some(&path), environment).unwrap_err();
    assert_eq!(failure.exit, Exit::Misconfigured, "{text}");
    failure.message.replace(&path.display().to_string(), "config.toml")
}

#[test]
fn a_mistake_is_pointed_at_in_plain_words() {
    let cases = [
        (
            "timzone = \"canary\"",
            "1:1: unknown key `timzone`: did you mean `timezone`?\n1 | timzone = ***\n  | ^^^^^^^",
        ),
        (
            "timezone = \"canary\"",
            "1:12: timezone: not the name of a time zone; expected one such as \"Europe/Berlin\"\n1 | ",
        ),
        ("timezone = canary", "1:12: not valid TOML: expected a value; a text stands in double quotes"),
        (
            "\n[personio]\nclient_secret = \"canary\"",
            "3:1: unknown key `client_secret` in [personio], expected one of `base_url`, ",
        ),
        (
            "[personio]\nbase_ur = \"canary\"",
            "2:1: unknown key `base_ur` in [personio]: did you mean `base_url`?\n2 | base_ur = ***\n  | ^^^^^^^",
        ),
        ("[personio]\nBASE_URL = \"canary\"", "2:1: unknown key `BASE_URL` in [personio]: did you mean `base_url`?\n"),
        ("[gaurd]\nremovals = 3", "1:2: unknown key `gaurd`: did you mean `guard`?\n1 | [gaurd]\n  |  ^^^^^"),
        ("[people]\nremovals = 3", "2:1: unknown key `removals` in [people]; it stands in [guard]\n2 | removals = ***"),
        ("to = \"canary\"", "1:1: unknown key `to` above the first section; it stands in [delivery]\n"),
        (
            "[personio]\ntimezone = \"UTC\"",
            "2:1: unknown key `timezone` in [personio]; it stands above the first section\n",
        ),
        ("mirror = \"canary\"", "1:1: expected a section: [mirror]\n1 | mirror = ***"),
        ("[personio]\nbase_url = \"canary\"", "2:12: [personio] base_url: not an address; "),
        ("[personio]\ntimeout_seconds = 0", "2:19: [personio] timeout_seconds: expected at least 1 second"),
        (
            "[personio]\ntimeout_seconds = \"canary\"",
            "2:19: [personio] timeout_seconds: expected a number, such as 60\n2 | timeout_seconds = ***\n  |                   ^^^",
        ),
        (
            "personio.timeout_seconds = \"canary\"",
            "1:28: [personio] timeout_seconds: expected a number, such as 60\n1 | personio.timeout_seconds = ***\n",
        ),
        ("[personio\n", "1:10: not valid TOML: expected `]`"),
        ("timezone = \"UTC\"\ntimezone = \"canary\"", "2:1: this key stands here twice"),
        ("[mirror]\npath = \"~/canary.db\"", "2:8: [mirror] path: not a path; write it in full, \"~\" is not expanded"),
        ("[people]\non_leave = \"canary\"", "2:12: [people] on_leave: expected \"remove\" or \"keep\""),
        (
            "[people]\nwithout_email = \"canary\"",
            "2:17: [people] without_email: expected \"undecided\" or \"leave_out\" or \"placeholder\"",
        ),
        (
            "[people]\nwithout_email = \"placeholder\"",
            "2:17: [people] without_email: \"placeholder\" needs a placeholder_domain, such as ",
        ),
        (
            "[people]\nplaceholder_domain = \"canary,de\"",
            "2:22: [people] placeholder_domain: not a domain; expected one ",
        ),
        ("[groups]\ndepartment = \"\\u200b\"", "2:14: [groups] department: expected 1 to 100 characters"),
        ("[feed.constants]\n\" \" = \"canary\"", "2:7: [feed] constants. : expected a header of 1 to 100 characters"),
        ("[people]\non_leave = true", "2:12: [people] on_leave: expected a text in double quotes"),
        (
            "[people]\nexclude = [1, \"canary\"]",
            "2:15: [people] exclude: expected an employee id or an e-mail address\n2 | exclude = ***\n",
        ),
        ("[people]\ndepartments = \"canary\"", "2:15: [people] departments: expected a list in square brackets"),
        ("[people]\noffices = [\" \"]", "2:12: [people] offices: expected a name"),
        (
            "[people]\nlanguage = \"canary\"",
            "2:12: [people] language: expected two letters of ISO 639-1, such as \"de\"",
        ),
        (
            "[people]\nlanguage = { attribute = \"x\", default = \"canary\" }",
            "2:41: [people] language.default: expected two letters of ISO 639-1, such as \"de\"\n2 | language = ***\n",
        ),
        (
            "[people]\nlanguage = { atribute = \"canary\" }",
            "2:14: unknown key `atribute` in [people] language: did you mean `attribute`?",
        ),
        ("[people]\nlanguage = {}", "2:12: [people] language: `attribute` is missing"),
        ("[groups]\ndepartment = 5", "2:14: [groups] department: expected true, false, a name, or a table "),
        (
            "[groups]\ndepartment = { nmae = \"canary\" }",
            "2:16: unknown key `nmae` in [groups] department: did you mean `name`?",
        ),
        ("[groups]\n\"*\" = \"canary\"", "2:7: [groups] *: expected true or false\n2 | \"*\" = ***"),
        ("groups = \"canary\"", "1:10: groups: expected a list of attributes, or a table "),
        (
            "[monitoring]\nping_url = \"http://canary.example.org/x\"",
            "2:12: [monitoring] ping_url: expected https:// or an address of this machine",
        ),
        ("[monitoring]\nping_url = \"canary\"", "2:12: [monitoring] ping_url: not the address of a ping; "),
        (
            "[monitoring]\ntextfile = \"/canary.txt\"",
            "2:12: [monitoring] textfile: expected a path that ends with .prom",
        ),
        ("[retention]\nhistory = \"canary\"", "2:11: [retention] history: expected a number and a unit, such as "),
        ("[retention]\nhistory = \"167h\"", "2:11: [retention] history: expected at least \"7d\""),
        (
            "[guard]\nremovals = \"3\"",
            "2:12: [guard] removals: expected a number, such as 3\n2 | removals = ***\n  |            ^^^",
        ),
        ("[guard]\nremovals = -1", "2:12: [guard] removals: expected a number, such as 3"),
        ("[guard]\nremovals_percent = 101", "2:20: [guard] removals_percent: expected a percentage from 0 to 100"),
        ("[review]\nlanguage = \"canary\"", "2:12: [review] language: expected \"en\" or \"de\""),
        ("[review]\npage = \"~/canary.html\"", "2:8: [review] page: not a path; write it in full, "),
        ("[notify]\nto = [\"a@example.com\"]", "2:6: [notify]: `from` is missing: "),
        ("[notify]\nto = [\"a@example.com\"]\nfrom = \"canary@example.com\"", "2:6: [notify]: `smtp` is missing: "),
        ("[notify]\nfrom = \"canary@example.com\"", "2:8: [notify]: `to` is missing: "),
        ("[notify]\nsmtp = \"smtps://canary\"", "2:8: [notify]: `to` is missing: "),
        ("[notify]\nto = [\"canary\"]", "2:7: [notify] to: not an e-mail address; "),
        ("[notify]\nto = []", "2:6: [notify] to: expected at least one address"),
        ("[notify]\nfrom = \"canary\"", "2:8: [notify] from: not an e-mail address; "),
        ("[notify]\nsmtp = \"smtps://u:canary@h\"", "2:8: [notify] smtp: a password has no place here"),
        ("[notify]\npassword = \"canary\"", "2:1: unknown key `password` in [notify]: did you mean `password_file`?"),
        ("[notify]\ntimeout_seconds = 0", "2:19: [notify] timeout_seconds: expected at least 1 second"),
        ("[notify]\nattach_review = \"canary\"", "2:17: [notify] attach_review: expected true or false"),
        ("[people]\nexclude = [-5]", "2:12: [people] exclude: expected an employee id or an e-mail address"),
        ("[people]\nexclude = [\"0\"]", "2:12: [people] exclude: expected an employee id or an e-mail address"),
        ("[people]\nexclude = [\"@canary.example.com\"]", "2:12: [people] exclude: expected an employee id or "),
        ("[guard]\nmust_include = [\"A <a@canary.com>\"]", "2:17: [guard] must_include: expected an employee id or "),
        ("[people]\nimport_id = \" \"", "2:13: [people] import_id: expected the key or the label of an attribute"),
        (
            "[people]\nlanguage = { attribute = \"\" }",
            "2:26: [people] language.attribute: expected the key or the label",
        ),
        ("[groups]\n\"\" = true", "2:6: [groups] : expected the key or the label of an attribute before the sign"),
        (
            "[groups]\nteam = { values = { \"Sales\" = \"A\", \"sales \" = \"canary\" } }",
            "2:47: [groups] values.sales : another spelling of this value stands here too",
        ),
        (
            "[people.language]\nattribute = \"x\"\nvalues = { \"Deutsch\" = \"de\", \"DEUTSCH\" = \"de\" }",
            "3:42: [people] values.DEUTSCH: another spelling of this value stands here too",
        ),
        (
            "[feed.constants]\nemail = \"canary\"",
            "2:9: [feed] constants.email: this is the name of one of the feed's own",
        ),
        ("[groups]\nteam = \"Email\"", "2:8: two columns would be called \"Email\" in Honestly"),
        ("[groups]\nteam = \"department\"", "2:8: two columns would be called \"department\" in Honestly"),
        ("[feed.constants]\nTeam = \"canary\"", "2:1: two columns would be called \"Team\" in Honestly"),
        ("[feed.constants]\nA = \"canary\"\na = \"canary\"", "3:1: two columns would be called \"a\" in Honestly"),
        ("[feed.headers]\nEmail = \"firstname\"", "2:9: two columns would be called \"Firstname\" in Honestly"),
        ("[feed.headers]\nEmail = \"X\"\nLanguage = \"x\"", "3:12: two columns would be called \"x\" in Honestly"),
        ("[groups]\n\"Badge\" = true\n\"BADGE \" = \"B\"", "3:1: the label \"badge\" is named twice"),
        (
            "[people]\nexclude = [7]\n[guard]\nmust_include = [7]",
            "4:17: [guard] must_include: [people] exclude has the same person",
        ),
    ];
    let too_long = format!("[groups]\nteam = {{ values = {{ x = \"{}\" }} }}", "canary".repeat(17));
    let cases =
        cases.into_iter().chain([(too_long.as_str(), "2:25: [groups] values.x: expected at most 100 characters")]);
    for (text, expected) in cases {
        let message = mistake_in(text);
        assert!(message.starts_with(&format!("config.toml:{expected}")), "{text}\n  {message}");
        assert!(!message.contains("canary"), "{text}\n  {message}");
    }
}

#[test]
fn a_line_for_a_usual_group_by_its_label_replaces_the_default() {
    let attribute = |key: &str, label: &str| Attribute {
        key: AttributeKey::new(key),
        label: label.to_owned(),
        universal_id: None,
        kind: Kind::List,
    };
    let readable =
        [attribute("department", "Abteilung"), attribute("dynamic_1", "Team"), attribute("dynamic_2", "Team")];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let cases = [
        // groups, the first column or the mistake with its hint
        ("\"Abteilung\" = \"Unit\"", Ok("Unit")),
        ("\"Abteilung\" = \"Department\"", Ok("Department")),
        ("\"Abteilung\" = true", Ok("Department")),
        ("department = \"A\"\n\"Abteilung\" = \"B\"", Err(("3:1: department is named twice", "leave one of the two"))),
        ("\"Team\" = true", Err(("2:1: \"Team\" is the label of several", "run $0 connect --no-sync to see"))),
        ("\"Badge\" = true", Err(("2:1: \"Badge\" is neither the key nor the label", "release the attribute"))),
    ];
    for (groups, expected) in cases {
        std::fs::write(&path, format!("[groups]\n{groups}\n")).unwrap();
        let environment = Environment { home: Some(PathBuf::from("/home/ada")), ..Environment::default() };
        let resolved = load(Some(&path), environment).unwrap().policy(&readable, &Names::default());
        match (resolved, expected) {
            (Ok(policy), Ok(header)) => {
                assert_eq!(policy.columns.iter().nth(6).map(|column| column.header.as_str()), Some(header), "{groups}");
                assert_eq!(policy.groups.len(), 8, "{groups}");
            }
            (Err(failure), Err((what, hint))) => {
                assert!(failure.message.contains(what) && failure.hints[0].starts_with(hint), "{failure:?}");
            }
            (resolved, _) => panic!("{groups}: {resolved:?}"),
        }
    }
}

/// Values of every kind that hold a secret, in every key: no message shows the secret.
#[test]
fn no_value_is_ever_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let environment = || Environment { home: Some(PathBuf::from("/home/ada")), ..Environment::default() };
    std::fs::write(&path, "").unwrap();
    let settings = load(Some(&path), environment()).unwrap().settings;
    let values = [
        "\"canary\"",
        "'canary'",
        "canary",
        "\"canary",
        "\"\"\"\ncanary = x\n\"\"\"",
        "[\"canary\"]",
        "[\n  \"canary\",\n  \"canary=\"\n]",
        "[[\"canary\"]]",
        "{ x = \"canary\" }",
        "{ \"x\" = [ { y = \"canary\" } ] }",
        "{ name = [\"canary\"] }",
        "{ attribute = \"a\", values = { x = \"canary\" } }",
        "\"canary\" # canary = canary",
        "1 # canary",
        "canary = canary",
        "1979-05-27T07:32:00Z\n# canary",
    ];
    let mut refused = 0;
    for Setting { section, key, .. } in
        settings.iter().chain([&Setting { section: "personio", key: "no_such_key", differing: None }])
    {
        for value in values {
            let text = match *section {
                "" => format!("{key} = {value}\n"),
                section => format!("[{section}]\n{key} = {value}\n"),
            };
            std::fs::write(&path, &text).unwrap();
            if let Err(failure) = load(Some(&path), environment()) {
                refused += 1;
                assert!(!format!("{failure:?}").contains("canary"), "{text}\n{}", failure.message);
            }
        }
    }
    assert!(refused > settings.len() * 8, "{refused}");
}

#[test]
fn only_what_is_not_the_default_differs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let differing = |text: &str| -> Vec<String> {
        std::fs::write(&path, text).unwrap();
        let environment = Environment { home: Some(PathBuf::from("/home/ada")), ..Environment::default() };
        let settings = load(Some(&path), environment).unwrap_or_else(|failure| panic!("{failure}")).settings;
        let shown = |Setting { section, key, differing }: Setting| Some(format!("{section}.{key} = {}", differing?));
        settings.into_iter().filter_map(shown).collect()
    };
    assert_eq!(differing(""), [""; 0]);
    let defaults = "timezone = 'Europe/Berlin'\n[guard]\nremovals = 0x3\n[retention]\nhistory = \"9600h\"\n[groups]\ngender = true\n";
    assert_eq!(differing(defaults), [""; 0], "another way to write it is the same value");
    let text = "timezone = \"UTC\"\n[people]\nexclude = [ # who\n  1,\n  \"ada@example.org\",\n]\n[monitoring]\n\
                ping_url = \"https://canary.example.org/x\"\n[groups]\n\"Squad\" = { split = true }\ngender = false\n";
    let expected = [
        ".timezone = \"UTC\"",
        ".groups = { \"Squad\" = { split = true }, gender = false }",
        "people.exclude = [1, \"ada@example.org\"]",
        "monitoring.ping_url = \"***\"",
    ];
    assert_eq!(differing(text), expected);
}

#[test]
fn groups_are_columns_in_the_order_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, "[groups]\ndynamic_9 = \"Z\"\ndynamic_1 = \"Y\"\ndynamic_5 = \"X\"\n").unwrap();
    let environment = Environment { home: Some(PathBuf::from("/home/ada")), ..Environment::default() };
    let policy = load(Some(&path), environment).unwrap().policy(&[], &Names::default()).unwrap();
    let headers: Vec<&str> = policy.columns.iter().map(|column| column.header.as_str()).collect();
    assert_eq!(headers[headers.len() - 3..], ["Z", "Y", "X"]);
}

#[test]
fn without_a_home_the_message_says_what_to_set() {
    let failure = load(None, Environment { config: None, ..Environment::default() });
    // Where this machine has a system-wide configuration, that one is read instead.
    if !Path::new("/etc/honestly-sync/config.toml").exists() {
        let expected =
            "no folder for credentials.json: set HOME, STATE_DIRECTORY or, in config.toml, [personio] credentials";
        assert_eq!(failure.unwrap_err().message, expected);
    }
}

#[test]
fn a_service_that_may_not_read_the_key_uses_the_one_it_was_handed() {
    let folder = tempfile::tempdir().unwrap();
    let (own, handed_over) = (folder.path().join("own"), folder.path().join("sftp-key"));
    let missing = folder.path().join("missing");
    std::fs::write(&own, "").unwrap();
    let environment = Environment { credentials_directory: Some(folder.path().to_owned()), ..Environment::default() };
    let key = |configured: Option<&PathBuf>| environment.private_key(configured.cloned());
    assert_eq!(key(Some(&missing)), Some(missing.clone()), "the failure to read it names the configured one");
    assert_eq!(key(None), None);
    std::fs::write(&handed_over, "").unwrap();
    assert_eq!(key(Some(&own)), Some(own), "the configured one comes first");
    assert_eq!(key(Some(&missing)), Some(handed_over.clone()));
    assert_eq!(key(None), Some(handed_over));
}

/// Runs replace or remove every file but the mirror, and a file system gives the number of a removed file to the next one.
#[test]
fn a_run_that_replaces_its_files_is_no_collision_to_whoever_looks() {
    const LOOKS: usize = 3_000;
    let folder = tempfile::tempdir().unwrap();
    let mirror = folder.path().join("mirror.db");
    let path = folder.path().join("config.toml");
    std::fs::write(&path, format!("[mirror]\npath = '{}'\n", mirror.display())).unwrap();
    let environment = Environment { home: Some(folder.path().to_owned()), ..Environment::default() };
    let config = load(Some(&path), environment).unwrap();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let beside = |ending: &str| PathBuf::from(format!("{}{ending}", mirror.display()));
            let (journal, new) = (beside("-journal"), beside(".new"));
            while !is_over.load(Ordering::Relaxed) {
                std::fs::write(&journal, "").unwrap();
                std::fs::remove_file(&journal).unwrap();
                std::fs::write(&new, "").unwrap();
                std::fs::rename(&new, beside(".witness")).unwrap();
            }
        });
        let refused = (0..LOOKS).find_map(|_| config.check_places().err());
        is_over.store(true, Ordering::Relaxed);
        assert!(refused.is_none(), "{refused:?}");
    });
}
