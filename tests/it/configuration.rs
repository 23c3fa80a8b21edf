//! Which configuration is read, what the example of it must show, and mistakes that only a run of the binary can make.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use honestly_sync::config::{self, Environment, GROUP_KEYS, LANGUAGE_KEYS};
use honestly_sync::roster::plan::names::Names;
use serde_json::json;

use crate::golden;
use crate::personio::{CLIENT_ID, Personio, SECRET, person};
use crate::stage::{Stage, ended};

#[test]
fn the_configuration_is_looked_for_in_one_place_after_the_other() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let at = |path: &str| folder.join(path);
    for (path, zone) in [
        ("named.toml", "Asia/Tokyo"),
        ("of-environment.toml", "America/Lima"),
        ("xdg/honestly-sync/config.toml", "Africa/Lagos"),
        (".config/honestly-sync/config.toml", "Asia/Dubai"),
    ] {
        std::fs::create_dir_all(at(path).parent().unwrap()).unwrap();
        std::fs::write(at(path), format!("timezone = \"{zone}\"\n")).unwrap();
    }
    let (named, of_environment, xdg) = (at("named.toml"), at("of-environment.toml"), at("xdg"));
    let environment = [("HONESTLY_SYNC_CONFIG", of_environment.as_path()), ("XDG_CONFIG_HOME", xdg.as_path())];
    let cases: [(&[&Path], &[(&str, &Path)], &str); 4] = [
        (&[Path::new("--config"), &named], &environment, "named.toml"),
        (&[], &environment, "of-environment.toml"),
        (&[], &environment[1..], "xdg/honestly-sync/config.toml"),
        (&[], &[], ".config/honestly-sync/config.toml"),
    ];
    for (arguments, environment, expected) in cases {
        let mut command = Command::new(env!("CARGO_BIN_EXE_honestly-sync"));
        command.env_clear().env("HOME", folder).envs(environment.iter().copied()).args(["status", "--json"]);
        let files = ended(command.args(arguments)).expect(0).json()["files"].clone();
        assert_eq!(files["configuration"], json!(at(expected)), "{arguments:?}");
        assert_eq!(files["mirror"], json!(at(".local/state/honestly-sync/mirror.db")));
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_honestly-sync"));
    command.env_clear().env("HOME", folder).env("HONESTLY_SYNC_CONFIG", at("missing.toml")).arg("status");
    assert!(ended(&mut command).expect(78).stderr.starts_with("error: cannot read the configuration "));
}

#[test]
fn state_is_kept_where_systemd_or_the_user_has_it() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let config = folder.join("etc/config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    let both = format!("{}:/elsewhere", folder.join("of-systemd").display());
    let xdg = folder.join("xdg").display().to_string();
    let cases: [(&str, &[(&str, &str)], &str); 5] = [
        ("", &[("STATE_DIRECTORY", &both), ("XDG_STATE_HOME", &xdg)], "of-systemd/mirror.db"),
        ("", &[("XDG_STATE_HOME", &xdg)], "xdg/honestly-sync/mirror.db"),
        ("", &[], ".local/state/honestly-sync/mirror.db"),
        ("[mirror]\npath = \"../mirrors/one.db\"", &[("STATE_DIRECTORY", &both)], "etc/../mirrors/one.db"),
        ("[personio]\ncredentials = \"../secret.json\"", &[], ".local/state/honestly-sync/mirror.db"),
    ];
    for (text, environment, expected) in cases {
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_honestly-sync"));
        command.env_clear().env("HOME", folder).envs(environment.iter().copied());
        let files =
            ended(command.arg("--config").arg(&config).args(["status", "--json"])).expect(0).json()["files"].clone();
        assert_eq!(files["mirror"], json!(folder.join(expected)), "{text}");
        let credential = if text.contains("secret.json") {
            "etc/../secret.json".into()
        } else {
            expected.replace("mirror.db", "credentials.json")
        };
        assert!(text.contains("[mirror]") || files["credential"] == json!(folder.join(credential)), "{files}");
    }
}

#[test]
fn the_credential_is_looked_for_in_one_place_after_the_other() {
    let personio = Personio::with([person(1, "Ada", "Lovelace", "ada@example.org")]);
    let stage = Stage::new(&personio);
    let folder = stage.home().join("of-systemd");
    std::fs::create_dir(&folder).unwrap();
    let handed_over = folder.join("personio-credentials");
    let put = |path: &Path, secret: &str, mode: u32| {
        let text = json!({"client_id": CLIENT_ID, "client_secret": secret}).to_string();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let sync = |environment: &[(&str, &str)]| {
        let mut command = stage.command(&["sync", "--dry-run"]);
        ended(command.envs(environment.iter().copied()))
    };
    let systemd = ("CREDENTIALS_DIRECTORY", folder.to_str().unwrap());
    let right = [("HONESTLY_SYNC_CLIENT_ID", CLIENT_ID), ("HONESTLY_SYNC_SECRET", SECRET)];
    sync(&[]).expect(78);
    // Each wrong one in a place before hides the right one.
    put(&handed_over, "wrong", 0o400);
    sync(&[systemd, right[0], right[1]]).expect(0);
    sync(&[systemd, right[0]]).expect(77);
    put(&handed_over, SECRET, 0o400);
    sync(&[systemd]).expect(0);
    put(&handed_over, SECRET, 0o444);
    assert!(sync(&[systemd]).expect(78).stderr.contains("other users of this machine can read the credential"));
    put(&handed_over, SECRET, 0o400);
    put(&stage.credential(), "wrong", 0o600);
    sync(&[systemd]).expect(77);
    sync(&[systemd, right[0], right[1]]).expect(0);
    put(&stage.credential(), SECRET, 0o640);
    // Our own is closed and told, once.
    let closed = sync(&[systemd]).expect(0);
    assert!(closed.stderr.contains("other users of this machine could read the credential"), "{closed:#?}");
    assert_eq!(std::fs::metadata(stage.credential()).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!sync(&[]).expect(0).stderr.contains("other users"), "{closed:#?}");
}

/// The commands share one way to read the configuration; what they say of a mistake is a table next to it.
#[test]
fn a_mistake_ends_every_command_before_it_begins() {
    let personio = Personio::with([person(1, "Ada", "Lovelace", "ada@example.org")]);
    let stage = Stage::connected(&personio);
    let mistakes = [
        ("client_secret = \"canary\"\n", "unknown key `client_secret`"),
        ("[mirror]\npath = 5\n", "[mirror] path: expected a text in double quotes"),
        ("[people]\non_leave = \"canary\"\n", "expected \"remove\" or \"keep\""),
    ];
    for (mistake, said) in mistakes {
        stage.configure(&personio, mistake);
        let before = stage.files();
        let requests = personio.requests().len();
        for command in
            [&["sync"][..], &["sync", "--dry-run"], &["status"], &["connect", "--client-id", "x", "--secret", "canary"]]
        {
            let refused = stage.run(command).expect(78);
            let place = format!("error: {}:", stage.config().display());
            let rest = refused.stderr.strip_prefix(&place).unwrap_or_else(|| panic!("{refused:#?}"));
            let (line, column) = (rest.split(':').next().unwrap(), rest.split(':').nth(1).unwrap());
            let at = if mistake.starts_with('[') { 8 } else { 7 };
            assert_eq!(line.parse(), Ok(at), "{refused:#?}");
            assert!(column.parse::<usize>().is_ok() && rest.contains(said), "{refused:#?}");
            assert!(refused.stdout.is_empty() && !refused.stderr.contains("canary"), "{refused:#?}");
        }
        assert_eq!((stage.files(), personio.requests().len()), (before, requests));
        for command in ["sync", "status"] {
            let document = stage.run(&[command, "--json"]).expect(78).json();
            assert_eq!((&document["schema_version"], &document["exit_code"]), (&json!(1), &json!(78)));
            assert!(document["error"]["message"].as_str().unwrap().contains(said), "{document:#}");
        }
    }
}

#[test]
fn a_selector_that_fits_no_attribute_is_pointed_at() {
    let twins = |person: crate::personio::Person| {
        person.custom("dynamic_1", "Team", "list", json!("a")).custom("dynamic_2", "TEAM", "list", json!("b"))
    };
    let personio = Personio::with([twins(person(1, "Ada", "Lovelace", "ada@example.org"))]);
    let stage = Stage::connected(&personio);
    let cases = [
        // The same word in a comment and in another key is not the place.
        (
            "# Squad is new\n[people]\nexclude = [] # Squad\n[groups]\n\"Squad\" = true\n",
            (11, 1),
            "neither the key nor the label",
        ),
        ("# Team\n[groups]\n\"Team\" = true\n", (9, 1), "dynamic_1, dynamic_2"),
        ("[people]\nimport_id = \"Number\"\n", (8, 13), "neither the key nor the label"),
        ("[people]\nlanguage = { attribute = \"Tongue\" }\n", (8, 26), "neither the key nor the label"),
        ("[groups]\ndynamic_1 = \"Office\"\n", (8, 13), "two columns would be called \"Office\""),
    ];
    for (text, (line, column), said) in cases {
        stage.configure(&personio, text);
        let refused = stage.run(&["sync"]).expect(78);
        let place = format!("error: {}:{line}:{column}: ", stage.config().display());
        assert!(refused.stderr.starts_with(&place) && refused.stderr.contains(said), "{refused:#?}");
        assert!(refused.stderr.lines().count() <= 10, "{refused:#?}");
    }
}

#[test]
fn a_configuration_is_checked_without_asking_anybody() {
    let personio = Personio::with([person(1, "Ada", "Lovelace", "ada@example.org")]);
    let stage = Stage::new(&personio);
    let text = "timezone = \"Europe/Vienna\"\n[groups]\n\"Squad\" = true\n[guard]\nremovals = 5\nadditions = 20\n\
                [monitoring]\nping_url = \"https://hc-ping.com/canary\"\n";
    std::fs::write(stage.config(), text).unwrap();
    let before = stage.files();
    let checked = stage.run(&["check-config"]).expect(0);
    let expected = format!(
        "The configuration {} is valid.\nThese keys differ from their defaults:\n\n\
         timezone = \"Europe/Vienna\"\ngroups = {{ \"Squad\" = true }}\n\n[guard]\nremovals = 5\n\n\
         [monitoring]\nping_url = \"***\"\n\n\
         Whether Personio has these attributes is known when it is asked: \"Squad\"\n",
        stage.config().display()
    );
    assert_eq!((checked.stdout, checked.stderr), (expected, String::new()));

    std::fs::write(stage.config(), "[guard]\nremovals = \"canary\"\n").unwrap();
    let refused = stage.run(&["check-config"]).expect(78);
    let expected = format!(
        "error: {}:2:12: [guard] removals: expected a number, such as 3\n2 | removals = ***\n  |            ^^^\n",
        stage.config().display()
    );
    assert_eq!((refused.stderr, refused.stdout), (expected, String::new()));
    let after: Vec<_> = stage.files().into_keys().collect();
    assert_eq!((after, personio.requests().len()), (before.into_keys().collect(), 0));

    std::fs::write(stage.config(), "# nothing\n").unwrap();
    assert!(stage.run(&["check-config"]).expect(0).stdout.ends_with(" is valid.\nEvery key has its default.\n"));
}

/// A key is shown where it stands at the beginning of a line, or of a table in braces, commented out or not.
fn shows(text: &str, key: &str) -> bool {
    text.match_indices(key).any(|(at, _)| {
        let before = text[..at].trim_end_matches([' ', '#']);
        let is_first = before.is_empty() || before.ends_with(['\n', '{', ',']);
        is_first && text[at + key.len()..].trim_start().starts_with('=')
    })
}

#[test]
fn the_example_of_the_configuration_shows_every_key() {
    let example = std::fs::read_to_string(golden::in_repository("config.example.toml")).unwrap();
    let section = |name: &str| {
        let (_, rest) = example.split_once(&format!("\n[{name}]\n")).unwrap_or_else(|| panic!("no [{name}]"));
        rest.split("\n[").next().unwrap().to_owned()
    };
    let environment = Environment { home: Some("/home/ada".into()), ..Environment::default() };
    let settings = config::load(Some(Path::new("/dev/null")), environment).unwrap().settings;
    assert!(settings.len() >= 40, "{settings:?}");
    for config::Setting { section: name, key, .. } in settings {
        match name {
            "" => assert!(shows(&example, key) || section(key).contains('='), "{key}"),
            name => assert!(shows(&section(name), key), "[{name}] {key}"),
        }
    }
    for key in LANGUAGE_KEYS.iter().chain(&GROUP_KEYS) {
        assert!(shows(&example, key), "{key}");
    }
}

#[test]
fn the_example_of_the_configuration_says_the_defaults_and_every_key_in_it_loads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let loaded = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let environment = Environment { home: Some("/home/ada".into()), ..Environment::default() };
        config::load(Some(&path), environment).unwrap_or_else(|failure| panic!("{failure}"))
    };
    let example = std::fs::read_to_string(golden::in_repository("config.example.toml")).unwrap();
    let (said, default) = (loaded(&example), loaded(""));
    assert_eq!(said.timezone, default.timezone);
    assert_eq!(format!("{:?}", said.personio), format!("{:?}", default.personio));
    assert_eq!((&said.mirror, &said.guard), (&default.mirror, &default.guard));
    assert_eq!(said.retention, default.retention);
    let differing: Vec<_> = said.settings.iter().filter(|setting| setting.differing.is_some()).collect();
    assert_eq!(differing, [] as [&config::Setting; 0]);
    let names = Names::default();
    assert_eq!(said.policy(&[], &names).unwrap(), default.policy(&[], &names).unwrap());

    let uncommented: String = example
        .lines()
        .map(|line| {
            line.strip_prefix('#').filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase())).unwrap_or(line)
        })
        .map(|line| format!("{line}\n"))
        .collect();
    assert_ne!(uncommented, example);
    loaded(&uncommented);
}
