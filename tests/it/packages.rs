//! What is installed agrees with the program: the units and packages name what the program looks for.

use std::collections::BTreeSet;

use clap::Parser as _;
use honestly_sync::cli::Cli;
use honestly_sync::config::{self, CREDENTIAL_NAME, Environment, KEY_NAME};

use crate::golden;
use crate::personio::{Personio, person};
use crate::stage::Stage;

fn read(path: &str) -> String {
    std::fs::read_to_string(golden::in_repository(path)).unwrap()
}

#[test]
fn the_service_hands_over_what_connect_stores_under_the_name_that_is_looked_for() {
    let service = read("examples/systemd/honestly-sync.service");
    let packaged = golden::in_repository("packaging/config.toml");
    let config = config::load(Some(&packaged), Environment::default()).unwrap();
    let stored = config.personio.credentials.to_str().unwrap();
    assert!(service.contains(&format!("\nLoadCredential={CREDENTIAL_NAME}:{stored}\n")), "{service}");
    assert!(service.contains(&format!("#   LoadCredential={KEY_NAME}:")), "{service}");
    let state = config.mirror.to_str().unwrap().strip_suffix("/mirror.db").unwrap();
    assert!(service.contains(&format!("\nStateDirectory={}\n", state.strip_prefix("/var/lib/").unwrap())), "{service}");
    let removed_with_the_package = read("packaging/debian/postrm");
    for place in ["/etc/honestly-sync", state, "/var/lib/private/honestly-sync"] {
        assert!(removed_with_the_package.contains(place), "{place}");
    }
    let cronjob = read("examples/kubernetes/cronjob.yaml");
    assert!(cronjob.contains(&format!(" --from-file={CREDENTIAL_NAME}=FILE --from-file={KEY_NAME}=KEY\n")));
    assert!(!cronjob.contains("kind: Secret"), "a placeholder would be applied over the real one");
}

/// Runs `status` with a configuration, which must be one.
fn assert_is_a_configuration(text: &str) {
    let stage = Stage::new(&Personio::with([]));
    std::fs::write(stage.config(), text).unwrap();
    let told = stage.run(&["status"]).expect(0);
    assert_eq!(told.stderr, "", "{text}");
}

#[test]
fn the_examples_of_configurations_are_some() {
    assert_is_a_configuration(&read("examples/healthchecks.toml"));
    let cronjob = read("examples/kubernetes/cronjob.yaml");
    let (_, rest) = cronjob.split_once("config.toml: |\n").unwrap();
    let lines = rest.lines().take_while(|line| line.is_empty() || line.starts_with("    "));
    assert_is_a_configuration(&lines.map(|line| format!("{}\n", line.trim())).collect::<String>());
}

#[test]
fn the_image_is_the_one_that_the_cronjob_runs() {
    let (image, cronjob) = (read("Dockerfile"), read("examples/kubernetes/cronjob.yaml"));
    let variable = |name: &str| {
        let (_, rest) = image.split_once(&format!("{name}=")).unwrap();
        rest.split_whitespace().next().unwrap()
    };
    let mounted = |path: &str| cronjob.contains(&format!("mountPath: {path}\n"));
    assert!(mounted(variable("CREDENTIALS_DIRECTORY")));
    assert!(mounted(variable("HONESTLY_SYNC_CONFIG").strip_suffix("/config.toml").unwrap()));
    // Below the mount, so the run makes it, with its own owner and mode.
    let (mount, _) = variable("STATE_DIRECTORY").rsplit_once('/').unwrap();
    assert!(mounted(mount));
    let user = cronjob.split_once("runAsUser: ").unwrap().1.lines().next().unwrap();
    assert!(image.contains(&format!("\nUSER {user}:{user}\n")) && cronjob.contains(&format!("fsGroup: {user}\n")));
    assert!(!image.contains("\nVOLUME"), "an unnamed volume is an empty mirror at every run");
}

#[test]
fn the_alerts_are_about_metrics_that_exist() {
    let personio = Personio::with([person(1, "Ada", "Lovelace", "ada@example.org")]);
    let stage = Stage::connected(&personio);
    stage.configure(&personio, "[monitoring]\ntextfile = \"metrics.prom\"");
    stage.run(&["sync"]).expect(0);
    let metrics = std::fs::read_to_string(stage.home().join("metrics.prom")).unwrap();
    let told: BTreeSet<&str> = metrics.lines().filter_map(|line| line.split(['{', ' ']).next()).collect();
    let rules = read("examples/prometheus-rules.yml");
    let words = rules.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let asked_for: BTreeSet<&str> = words.filter(|word| word.starts_with("honestly_sync_")).collect();
    assert!(asked_for.len() >= 5, "{asked_for:?}");
    assert_eq!(asked_for.difference(&told).collect::<Vec<_>>(), Vec::<&&str>::new());
}

#[test]
fn the_command_for_nagios_is_one() {
    let example = read("examples/nagios.cfg");
    let commands: BTreeSet<&str> =
        example.lines().filter_map(|line| line.split_once("/usr/bin/honestly-sync ")).map(|(_, rest)| rest).collect();
    // The same in all three places: sudo lets nothing else through.
    assert_eq!(commands.len(), 1, "{commands:?}");
    for command in commands {
        Cli::try_parse_from(["honestly-sync"].into_iter().chain(command.split_whitespace())).unwrap();
    }
}

#[test]
fn every_shell_gets_its_completions_from_the_program_itself() {
    let stage = Stage::new(&Personio::with([]));
    // Also where the configuration is wrong.
    std::fs::write(stage.config(), "nonsense").unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = stage.run(&["completions", shell]).expect(0).stdout;
        assert!(script.contains("honestly-sync") && script.contains("dry-run"), "{shell}: {script}");
    }
}
