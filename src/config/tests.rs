//! Mistakes in `config.toml`: each is pointed at, in plain words, and none repeats a value.

use super::*;

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
        ("timzone = \"canary\"", "1:1: unknown key `timzone`, expected one of `timezone`, "),
        ("timezone = \"canary\"", "1:12: not the name of a time zone; expected one such as \"Europe/Berlin\""),
        ("timezone = canary", "1:12: not what belongs here: expected a value; a text stands in double quotes"),
        ("\n[personio]\nclient_secret = \"canary\"", "3:1: unknown key `client_secret`, expected one of `base_url`, "),
        ("[personio]\nbase_url = \"canary\"", "2:12: not an address; "),
        ("[personio]\ntimeout_seconds = 0", "2:19: expected at least 1 second"),
        ("[personio]\ntimeout_seconds = \"canary\"", "2:19: not what belongs here: expected a whole number, 0 or more"),
        ("[personio\n", "1:10: not what belongs here: expected `]`"),
        ("timezone = \"UTC\"\ntimezone = \"canary\"", "2:1: this key stands here twice"),
        ("[mirror]\npath = \"~/canary.db\"", "2:8: not a path; write it in full, \"~\" is not expanded"),
        ("[people]\non_leave = \"canary\"", "2:12: expected \"remove\" or \"keep\""),
        ("[people]\non_leave = true", "2:12: not what belongs here: expected a text in double quotes"),
        ("[people]\nexclude = [1, \"canary\"]", "2:15: expected an employee id or an e-mail address"),
        ("[people]\ndepartments = \"canary\"", "2:15: not what belongs here: expected a list in square brackets"),
        ("[people]\noffices = [\" \"]", "2:12: expected a name"),
        ("[people]\nlanguage = \"canary\"", "2:12: expected two letters of ISO 639-1, such as \"de\""),
        (
            "[people]\nlanguage = { attribute = \"x\", default = \"canary\" }",
            "2:12: expected two letters of ISO 639-1, ",
        ),
        ("[groups]\ndepartment = 5", "2:14: not what belongs here: expected true, false, a name, or a table "),
        ("[groups]\ndepartment = { nmae = \"canary\" }", "2:16: unknown key `nmae`, expected one of `name`, "),
        ("[groups]\n\"*\" = \"canary\"", "1:1: \"*\": expected true or false"),
        (
            "[monitoring]\nping_url = \"http://canary.example.org/x\"",
            "2:12: expected https:// or an address of this machine",
        ),
        ("[monitoring]\nping_url = \"canary\"", "2:12: not the address of a ping; "),
        ("[monitoring]\ntextfile = \"/canary.txt\"", "2:12: expected a path that ends with .prom"),
        ("[retention]\nhistory = \"canary\"", "2:11: expected a number and a unit, such as "),
        ("[guard]\nremovals = -1", "2:12: not what belongs here: expected a whole number, 0 or more"),
        ("[guard]\nremovals_percent = 101", "2:20: expected a percentage from 0 to 100"),
    ];
    for (text, expected) in cases {
        let message = mistake_in(text);
        assert!(message.starts_with(&format!("config.toml:{expected}")), "{text}\n  {message}");
        assert!(!message.contains("canary"), "{text}\n  {message}");
    }
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
    let key = |configured: Option<&PathBuf>| private_key(configured.cloned(), &environment);
    assert_eq!(key(Some(&missing)), Some(missing.clone()), "the failure to read it names the configured one");
    assert_eq!(key(None), None);
    std::fs::write(&handed_over, "").unwrap();
    assert_eq!(key(Some(&own)), Some(own), "the configured one comes first");
    assert_eq!(key(Some(&missing)), Some(handed_over.clone()));
    assert_eq!(key(None), Some(handed_over));
}
