//! Where the credential comes from, which place comes first, and how it is forgotten.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use crate::personio::{CLIENT_ID, Personio, SECRET, person};
use crate::stage::{Stage, ended};

const WRONG: &str = "wrong-canary";

fn personio() -> Personio {
    Personio::with([person(1, "Ada", "Lovelace", "ada@example.org")])
}

/// A credential file as `connect` writes it.
fn write(path: &Path, secret: &str, mode: u32) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, format!("{{\"client_id\": \"{CLIENT_ID}\", \"client_secret\": \"{secret}\"}}")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

#[test]
fn a_forgotten_credential_is_nowhere_and_the_mirror_stays() {
    let personio = personio();
    let stage = Stage::in_step(&personio);
    let asked = personio.requests().len();
    let people = stage.people();
    let forgot = stage.run(&["connect", "--forget"]).expect(0);
    assert!(!stage.credential().exists());
    assert!(forgot.stdout.starts_with(&format!("The credential {} is removed.\n", stage.credential().display())));
    assert!(forgot.stdout.contains(&format!("The mirror {} stays", stage.mirror().display())), "{forgot:#?}");
    assert!(forgot.stdout.contains("delete it there"), "{forgot:#?}");
    assert_eq!(stage.people(), people);
    for (path, bytes) in stage.files() {
        let it_was_typed_here = path.ends_with("secret-on-standard-input");
        assert!(it_was_typed_here || !String::from_utf8_lossy(&bytes).contains(SECRET), "{}", path.display());
    }
    let again = stage.run(&["connect", "--forget"]).expect(0);
    assert!(again.stdout.starts_with("No credential is stored in "), "{again:#?}");
    stage.run(&["sync"]).expect(78);
    assert_eq!(personio.requests().len(), asked, "Personio is not asked");
    stage.connect(&[]).expect(0);
    assert_eq!(stage.people(), people);
}

#[test]
fn forgetting_takes_no_other_order_and_names_what_it_cannot_forget() {
    let stage = Stage::connected(&personio());
    for other in [&["--no-sync"][..], &["--client-id", CLIENT_ID], &["--check-delivery"], &["--replace"]] {
        stage.run(&[&["connect", "--forget"], other].concat()).expect(2);
    }
    assert!(stage.credential().exists());
    let handed_over = stage.home().join("handed-over");
    write(&handed_over.join("personio-credentials"), SECRET, 0o400);
    let mut command = stage.command(&["connect", "--forget"]);
    command.env("CREDENTIALS_DIRECTORY", &handed_over).env("HONESTLY_SYNC_SECRET", SECRET);
    let forgot = ended(&mut command).expect(0);
    for place in ["$CREDENTIALS_DIRECTORY", "the environment"] {
        assert!(forgot.stdout.contains(&format!("Another one comes from {place}: sync still uses it.")), "{forgot:#?}");
    }
    assert!(handed_over.join("personio-credentials").exists());
}

#[test]
fn half_a_credential_in_the_environment_is_told_and_not_used() {
    let names = ["HONESTLY_SYNC_CLIENT_ID", "HONESTLY_SYNC_SECRET"];
    for (set, missing) in [(names[0], names[1]), (names[1], names[0])] {
        let personio = personio();
        let stage = Stage::new(&personio);
        let sync = || ended(stage.command(&["sync"]).env(set, WRONG));
        let said = format!("the environment has {set} without {missing}, and no run uses half a credential");
        assert!(sync().expect(78).stderr.contains(&said));
        write(&stage.credential(), SECRET, 0o600);
        assert!(sync().expect(0).stderr.contains(&said));
        assert_eq!(sync().expect(0).stderr, "", "once");
    }
}

#[test]
fn the_environments_credential_comes_first_then_the_stored_one_and_another_one_is_told() {
    let (none, of_environment) = (None::<&str>, "the environment");
    let line = format!("{SECRET}\n");
    // Stored, handed over by systemd, in the environment; how a run ends; what has another one than what.
    let cases = [
        (none, none, Some(SECRET), 0, None),
        (none, Some(SECRET), none, 0, None),
        (Some(SECRET), Some(SECRET), Some(line.as_str()), 0, None),
        (Some(WRONG), none, Some(SECRET), 0, Some(("credentials.json", of_environment))),
        (none, Some(WRONG), Some(SECRET), 0, Some(("personio-credentials", of_environment))),
        (Some(SECRET), Some(WRONG), none, 0, Some(("personio-credentials", "credentials.json"))),
        (Some(SECRET), none, Some(WRONG), 77, Some(("credentials.json", of_environment))),
        (Some(WRONG), Some(SECRET), none, 77, Some(("personio-credentials", "credentials.json"))),
        (Some(WRONG), none, none, 77, None),
    ];
    let personio = personio();
    for (stored, handed_over, environment, code, told) in cases {
        let stage = Stage::new(&personio);
        let folder = stage.home().join("handed-over");
        if let Some(secret) = stored {
            write(&stage.credential(), secret, 0o600);
        }
        if let Some(secret) = handed_over {
            write(&folder.join("personio-credentials"), secret, 0o400);
        }
        let sync = || {
            let mut command = stage.command(&["sync"]);
            command.env("CREDENTIALS_DIRECTORY", &folder);
            if let Some(secret) = environment {
                command.env("HONESTLY_SYNC_CLIENT_ID", CLIENT_ID).env("HONESTLY_SYNC_SECRET", secret);
            }
            ended(&mut command).expect(code).stderr
        };
        let said = sync();
        match told {
            Some((place, used)) => {
                let (before, after) = said.split_once(" has another Personio credential than ").expect(&said);
                assert!(before.ends_with(place), "{said}");
                assert!(
                    after.lines().next().unwrap().ends_with(&format!("{used}, whose credential is used")),
                    "{said}"
                );
            }
            None => assert!(!said.contains("another"), "{said}"),
        }
        // The hint of a refusal is in each, a warning is told once.
        assert_eq!(sync(), if code == 0 { String::new() } else { said });
    }
}

#[test]
fn connect_tells_of_another_credential_and_stores_none_that_would_not_be_used() {
    let personio = personio();
    let stage = Stage::new(&personio);
    let folder = stage.home().join("handed-over");
    write(&folder.join("personio-credentials"), WRONG, 0o400);
    let connect = || {
        let mut command = stage.command(&["connect", "--no-sync", "--client-id", CLIENT_ID, "--secret", SECRET]);
        command.env("CREDENTIALS_DIRECTORY", &folder);
        command
    };
    let refused =
        ended(connect().env("HONESTLY_SYNC_CLIENT_ID", CLIENT_ID).env("HONESTLY_SYNC_SECRET", WRONG)).expect(78);
    assert!(refused.stderr.contains("the environment has another credential, which is used instead"), "{refused:#?}");
    assert!(!stage.credential().exists());
    let connected = ended(&mut connect()).expect(0);
    assert!(connected.stderr.contains("personio-credentials has another Personio credential than "), "{connected:#?}");
}

/// What systemd 252 hands over belongs to root, and an access list lets the service's user read it.
#[test]
fn a_service_uses_what_it_was_handed_where_the_stored_one_is_roots() {
    if !root() {
        return;
    }
    const SERVICE: u32 = 61_184;
    let personio = personio();
    let stage = Stage::new(&personio);
    for open in [stage.home().to_owned(), stage.state()] {
        std::fs::create_dir_all(&open).unwrap();
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    write(&stage.credential(), SECRET, 0o600);
    let handed_over = stage.home().join("handed-over");
    let of_systemd = handed_over.join("personio-credentials");
    // The service may not look into the folder of the build. Another process copies: a file that this process has just
    // written may count as busy while one of its threads starts something.
    let binary = stage.home().join("honestly-sync");
    assert!(Command::new("cp").arg(env!("CARGO_BIN_EXE_honestly-sync")).arg(&binary).status().unwrap().success());
    let dry_run = || {
        let mut command = Command::new(&binary);
        command.env_clear().env("HOME", "/").env("STATE_DIRECTORY", stage.state());
        command.env("CREDENTIALS_DIRECTORY", &handed_over).arg("--config").arg(stage.config());
        ended(command.uid(SERVICE).gid(SERVICE).args(["sync", "--dry-run"]))
    };
    let closed = dry_run().expect(78);
    assert!(closed.stderr.contains("cannot read the credential"), "{closed:#?}");
    write(&of_systemd, SECRET, 0o440);
    chown(&of_systemd, Some(0), Some(SERVICE)).unwrap();
    dry_run().expect(0);
    std::fs::set_permissions(&of_systemd, std::fs::Permissions::from_mode(0o444)).unwrap();
    dry_run().expect(78);
    std::fs::set_permissions(&of_systemd, std::fs::Permissions::from_mode(0o440)).unwrap();
    chown(&of_systemd, Some(SERVICE), Some(SERVICE)).unwrap();
    dry_run().expect(78);
}

#[test]
fn a_mirror_that_root_makes_belongs_to_the_owner_of_its_folder() {
    if !root() {
        return;
    }
    let personio = personio();
    let stage = Stage::new(&personio);
    std::fs::create_dir(stage.state()).unwrap();
    chown(stage.state(), Some(61_184), Some(61_184)).unwrap();
    stage.connect(&[]).expect(0);
    let owner = |path: &Path| std::fs::metadata(path).unwrap().uid();
    for ending in ["", ".witness", ".lock"] {
        assert_eq!(owner(&stage.state().join(format!("mirror.db{ending}"))), 61_184);
    }
    assert_eq!(owner(&stage.credential()), 0, "the secret stays root's");
}
