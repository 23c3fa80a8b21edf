//! Paths: every place of ours with every kind of thing that may stand there, every pair of purposes on one path, and what is
//! its owner's alone.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::guard::people;
use crate::personio::Personio;
use crate::stage::{Stage, ended};

/// What stands at every path below a folder: of files their bytes and mode, of links where they lead to.
fn everything(folder: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let found = fs::symlink_metadata(&path).unwrap();
            let content = match found.file_type() {
                kind if kind.is_file() => fs::read(&path).unwrap(),
                kind if kind.is_symlink() => fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes(),
                kind => {
                    if kind.is_dir() {
                        folders.push(path.clone());
                    }
                    Vec::new()
                }
            };
            all.insert(path, (found.mode(), content));
        }
    }
    all
}

/// A machine with a file of every purpose.
fn machine() -> (Personio, Stage) {
    let personio = Personio::with(people(1..=6));
    let stage = Stage::new(&personio);
    fs::create_dir(stage.home().join("out")).unwrap();
    configure(&personio, &stage, &[]);
    stage.connect(&["--no-sync"]).expect(0);
    let held = stage.run(&["sync"]).expect(20);
    stage.run(&["sync", "--approve", &crate::guard::digest(&held)]).expect(0);
    (personio, stage)
}

const KEYS: [&str; 5] = ["mirror", "credentials", "feed", "textfile", "page"];

fn usual(stage: &Stage, key: &str) -> PathBuf {
    match key {
        "mirror" => stage.mirror(),
        "credentials" => stage.credential(),
        "feed" => stage.home().join("out/employees.csv"),
        "textfile" => stage.home().join("out/honestly.prom"),
        "page" => stage.home().join("out/review.html"),
        "configuration" => stage.config(),
        other => panic!("{other}"),
    }
}

/// The configuration with other paths for some of its keys.
fn configure(personio: &Personio, stage: &Stage, other: &[(&str, PathBuf)]) {
    let path = |key: &str| match other.iter().find(|(name, _)| *name == key) {
        Some((_, path)) => path.display().to_string(),
        None => usual(stage, key).display().to_string(),
    };
    let more = format!(
        "credentials = \"{}\"\n[mirror]\npath = \"{}\"\n[delivery]\nto = \"file://{}\"\n[monitoring]\ntextfile = \"{}\"\n\
         [review]\npage = \"{}\"\n",
        path("credentials"),
        path("mirror"),
        path("feed"),
        path("textfile"),
        path("page")
    );
    stage.configure(personio, &more);
}

/// No command does anything.
#[track_caller]
fn assert_refused(stage: &Stage, case: &str) {
    let before = everything(stage.home());
    for arguments in [&["sync"][..], &["sync", "--dry-run"], &["status"], &["connect", "--client-id", "x"]] {
        let refused = stage.run(arguments).expect(78);
        assert!(refused.stderr.contains("hint: "), "{case}: {refused:#?}");
        assert!(everything(stage.home()) == before, "{case}: {arguments:?} changed something");
    }
}

#[test]
fn only_a_file_or_nothing_stands_where_something_is_written() {
    let (personio, stage) = machine();
    let asked = personio.requests().len();
    let beside = |path: PathBuf, ending: &str| PathBuf::from(format!("{}{ending}", path.display()));
    let hidden = |ending: &str| stage.home().join("out").join(format!(".employees.csv{ending}"));
    let mut places: Vec<PathBuf> = KEYS.map(|key| usual(&stage, key)).into();
    places.extend(["-journal", "-wal", "-shm", ".witness", ".lock"].map(|ending| beside(stage.mirror(), ending)));
    places.extend([hidden(".part"), hidden(".old")]);
    let elsewhere = stage.home().join("elsewhere");
    fs::write(&elsewhere, "somebody else's").unwrap();
    let stand: [(&str, &dyn Fn(&Path)); 6] = [
        ("a folder", &|path| fs::create_dir(path).unwrap()),
        ("a pipe", &|path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success())),
        ("a socket", &|path| {
            // The name of a socket is short.
            let short = tempfile::tempdir_in("/tmp").unwrap();
            drop(UnixListener::bind(short.path().join("s")).unwrap());
            fs::rename(short.path().join("s"), path).unwrap();
        }),
        ("a link to a file", &|path| symlink(&elsewhere, path).unwrap()),
        ("a link to nothing", &|path| symlink("/nowhere/at/all", path).unwrap()),
        ("a link to a device", &|path| symlink("/dev/null", path).unwrap()),
    ];
    let aside = stage.home().join("aside");
    for place in &places {
        for (kind, stand) in &stand {
            let was_there = place.exists();
            if was_there {
                fs::rename(place, &aside).unwrap();
            }
            stand(place);
            // A credential may be handed over as a link to a file; what it says is another matter.
            if *place != stage.credential() || !kind.starts_with("a link") {
                assert_refused(&stage, &format!("{} is {kind}", place.display()));
            }
            let _ = fs::remove_file(place).or_else(|_| fs::remove_dir(place));
            if was_there {
                fs::rename(&aside, place).unwrap();
            }
        }
    }
    assert_eq!(personio.requests().len(), asked, "nobody was asked anything");
    stage.run(&["sync"]).expect(0);
}

#[test]
fn no_two_purposes_have_one_path() {
    let (personio, stage) = machine();
    let linked = stage.home().join("linked");
    symlink(stage.state(), &linked).unwrap();
    let hard = stage.home().join("hard");
    fs::hard_link(stage.mirror(), &hard).unwrap();
    let mut pairs: Vec<(&str, PathBuf)> = Vec::new();
    for one in KEYS {
        for other in KEYS.into_iter().chain(["configuration"]).filter(|other| *other != one) {
            pairs.push((one, usual(&stage, other)));
        }
    }
    for key in ["credentials", "feed", "textfile", "page"] {
        for ending in ["-journal", "-wal", "-shm", ".witness", ".lock", ".before-2", ".before-17"] {
            pairs.push((key, PathBuf::from(format!("{}{ending}", stage.mirror().display()))));
        }
        pairs.push((key, linked.join("mirror.db")));
        pairs.push((key, stage.home().join("out/../state/mirror.db")));
        pairs.push((key, hard.clone()));
    }
    for key in ["mirror", "credentials", "textfile", "page"] {
        for name in [".employees.csv.part", ".employees.csv.old", ".honestly-sync-check.csv"] {
            pairs.push((key, stage.home().join("out").join(name)));
        }
    }
    // The collector reads nothing else, so nothing else can be said.
    pairs.retain(|(key, path)| *key != "textfile" || path.extension().is_some_and(|ending| ending == "prom"));
    for (key, path) in pairs {
        configure(&personio, &stage, &[(key, path.clone())]);
        assert_refused(&stage, &format!("{key} at {}", path.display()));
    }
    configure(&personio, &stage, &[]);
    stage.run(&["sync"]).expect(0);
}

#[test]
fn what_is_its_owners_alone_is_closed_and_told_once() {
    let (_personio, stage) = machine();
    let witness = PathBuf::from(format!("{}.witness", stage.mirror().display()));
    for (path, name) in
        [(stage.mirror(), "the mirror "), (witness, "the mirror's witness "), (stage.credential(), "the credential ")]
    {
        for mode in [0o644, 0o660, 0o606, 0o777] {
            for arguments in [&["sync"][..], &["sync", "--dry-run"]] {
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
                let told = stage.run(arguments).expect(0).stderr;
                assert!(told.contains(name) && told.contains("it is closed now"), "{told}");
                assert_eq!(fs::metadata(&path).unwrap().mode() & 0o077, 0, "{mode:o} {}", path.display());
                assert_eq!(stage.run(arguments).expect(0).stderr, "");
            }
        }
    }
    // Whoever reads these has a reason.
    for key in ["feed", "textfile", "page"] {
        let path = usual(&stage, key);
        if path.exists() {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            assert_eq!(stage.run(&["sync"]).expect(0).stderr, "");
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o644);
        }
    }
}

#[test]
fn a_linked_folder_and_what_is_handed_over_as_a_link_work() {
    let (personio, stage) = machine();
    // DynamicUser: the state folder is a link.
    let moved = stage.home().join("private");
    fs::rename(stage.state(), &moved).unwrap();
    symlink(&moved, stage.state()).unwrap();
    stage.run(&["sync"]).expect(0);
    // Kubernetes: a file is a link to a file in a folder that is a link.
    let volume = stage.home().join("volume");
    fs::create_dir_all(volume.join("..2026")).unwrap();
    symlink("..2026", volume.join("..data")).unwrap();
    for path in [stage.credential(), stage.config()] {
        let name = path.file_name().unwrap();
        fs::rename(&path, volume.join("..2026").join(name)).unwrap();
        symlink(Path::new("..data").join(name), volume.join(name)).unwrap();
        symlink(volume.join(name), &path).unwrap();
        stage.run(&["sync"]).expect(0);
    }
    let asked = personio.requests().len();
    let refused = stage.connect(&["--no-sync"]).expect(78);
    assert!(refused.stderr.contains("credentials.json is a link"), "{refused:#?}");
    assert_eq!(personio.requests().len(), asked);
}

#[test]
fn a_configuration_that_is_a_pipe_is_not_waited_for() {
    let (_personio, stage) = machine();
    fs::remove_file(stage.config()).unwrap();
    assert!(Command::new("mkfifo").arg(stage.config()).status().unwrap().success());
    let refused = ended(&mut stage.command(&["status"])).expect(78);
    assert!(refused.stderr.contains("config.toml is a pipe"), "{refused:#?}");
}
