//! Paths: every place of ours with every kind of thing that may stand there, every pair of purposes on one path, and what is
//! its owner's alone.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::crash::{strace, traced};
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
const BESIDE_THE_MIRROR: [&str; 5] = ["-journal", "-wal", "-shm", ".witness", ".lock"];
const OF_THE_DELIVERY: [&str; 3] = [".employees.csv.part", ".employees.csv.old", ".honestly-sync-check.csv"];
const HANDED_OVER: [&str; 3] = ["personio-credentials", "sftp-key", "smtp-password"];

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

/// Credentials are handed over to it.
fn machine_of<'c>(command: &'c mut Command, stage: &Stage) -> &'c mut Command {
    command.env("CREDENTIALS_DIRECTORY", stage.home().join("handed-over"))
}

fn beside(path: PathBuf, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", path.display()))
}

/// No command does anything.
#[track_caller]
fn assert_refused(stage: &Stage, case: &str) {
    let before = everything(stage.home());
    for arguments in [&["sync"][..], &["sync", "--dry-run"], &["status"], &["connect", "--client-id", "x"]] {
        let refused = ended(machine_of(&mut stage.command(arguments), stage)).expect(78);
        assert!(refused.stderr.contains("hint: "), "{case}: {refused:#?}");
        assert!(everything(stage.home()) == before, "{case}: {arguments:?} changed something");
    }
}

/// Everything but a file that may stand at a path, and how it is put there. `elsewhere` is a file.
fn kinds(elsewhere: &Path) -> Vec<(&'static str, Box<dyn Fn(&Path)>)> {
    fn put(program: &'static str, more: &'static [&str]) -> Box<dyn Fn(&Path)> {
        Box::new(move |path| assert!(Command::new(program).arg(path).args(more).status().unwrap().success()))
    }
    fn link(to: &Path) -> Box<dyn Fn(&Path)> {
        let to = to.to_owned();
        Box::new(move |path| symlink(&to, path).unwrap())
    }
    let mut kinds = vec![
        ("a folder", put("mkdir", &[])),
        ("a pipe", put("mkfifo", &[])),
        (
            "a socket",
            Box::new(|path: &Path| {
                // The name of a socket is short.
                let short = tempfile::tempdir_in("/tmp").unwrap();
                drop(UnixListener::bind(short.path().join("s")).unwrap());
                // It may be another file system.
                assert!(Command::new("mv").arg(short.path().join("s")).arg(path).status().unwrap().success());
            }),
        ),
        ("a link to a file", link(elsewhere)),
        ("a link to nothing", link(Path::new("/nowhere/at/all"))),
        ("a link to a device", link(Path::new("/dev/null"))),
    ];
    let devices: [(_, &[&str]); 2] = [("a character device", &["c", "1", "3"]), ("a block device", &["b", "7", "0"])];
    let trial = tempfile::tempdir().unwrap();
    let tried = Command::new("mknod").arg(trial.path().join("null")).args(devices[0].1).stderr(Stdio::null()).status();
    if tried.is_ok_and(|status| status.success()) {
        kinds.extend(devices.map(|(kind, numbers)| (kind, put("mknod", numbers))));
    } else {
        eprintln!("left out: only root may make devices, and not everywhere");
    }
    kinds
}

#[test]
fn only_a_file_or_nothing_stands_where_something_is_written() {
    let (personio, stage) = machine();
    let asked = personio.requests().len();
    let hidden = |ending: &str| stage.home().join("out").join(format!(".employees.csv{ending}"));
    let mut places: Vec<PathBuf> = KEYS.map(|key| usual(&stage, key)).into();
    places.extend(BESIDE_THE_MIRROR.map(|ending| beside(stage.mirror(), ending)));
    places.extend([hidden(".part"), hidden(".old")]);
    let elsewhere = stage.home().join("elsewhere");
    fs::write(&elsewhere, "somebody else's").unwrap();
    let aside = stage.home().join("aside");
    for place in &places {
        for (kind, put) in kinds(&elsewhere) {
            let was_there = place.exists();
            if was_there {
                fs::rename(place, &aside).unwrap();
            }
            put(place);
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
fn the_page_of_a_dry_run_is_a_file_of_its_own() {
    let (personio, stage) = machine();
    let asked = personio.requests().len();
    let review = |page: &Path, json: &[&str]| {
        let page = page.to_str().unwrap();
        ended(machine_of(&mut stage.command(&[&["sync", "--dry-run", "--review", page], json].concat()), &stage))
    };
    let refused = |page: &Path, case: &str| {
        let before = everything(stage.home());
        let told = review(page, &[]).expect(78);
        assert!(told.stderr.contains("hint: ") && told.stderr.contains("--review"), "{case}: {told:#?}");
        assert_eq!(review(page, &["--json"]).expect(78).json()["exit_code"], 78, "{case}");
        assert!(everything(stage.home()) == before, "{case} changed something");
    };
    let (page, elsewhere) = (stage.home().join("out/plan.html"), stage.home().join("elsewhere"));
    fs::write(&elsewhere, "somebody else's").unwrap();
    for (kind, put) in kinds(&elsewhere) {
        put(&page);
        refused(&page, kind);
        let _ = fs::remove_file(&page).or_else(|_| fs::remove_dir(&page));
    }
    let mut places: Vec<PathBuf> = KEYS.into_iter().chain(["configuration"]).map(|key| usual(&stage, key)).collect();
    places.extend(BESIDE_THE_MIRROR.map(|ending| beside(stage.mirror(), ending)));
    places.extend(OF_THE_DELIVERY.map(|name| stage.home().join("out").join(name)));
    places.extend(HANDED_OVER.map(|name| stage.home().join("handed-over").join(name)));
    let (linked, hard) = (stage.home().join("linked"), stage.home().join("hard"));
    symlink(stage.state(), &linked).unwrap();
    fs::hard_link(stage.mirror(), &hard).unwrap();
    places.extend([linked.join("mirror.db"), stage.home().join("out/../state/credentials.json"), hard.clone()]);
    for place in places {
        refused(&place, &place.display().to_string());
    }
    assert_eq!(personio.requests().len(), asked, "nobody was asked anything");
    fs::remove_file(hard).unwrap();
    for mode in [0o600, 0o640] {
        review(&page, &[]).expect(0);
        assert_eq!(fs::metadata(&page).unwrap().mode() & 0o777, mode);
        fs::set_permissions(&page, fs::Permissions::from_mode(0o640)).unwrap();
    }
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
        for ending in BESIDE_THE_MIRROR {
            pairs.push((key, beside(stage.mirror(), ending)));
        }
        pairs.push((key, linked.join("mirror.db")));
        pairs.push((key, stage.home().join("out/../state/mirror.db")));
        // Whoever writes a file makes its folders.
        pairs.push((key, stage.home().join("not/there/../../yet/../state/mirror.db")));
        pairs.push((key, stage.home().join("not/there/../../linked/mirror.db")));
        pairs.push((key, hard.clone()));
    }
    for key in ["mirror", "credentials", "textfile", "page"] {
        pairs.extend(OF_THE_DELIVERY.map(|name| (key, stage.home().join("out").join(name))));
        // The stored credential may be the one that was handed over.
        let other_purposes = HANDED_OVER.into_iter().skip(usize::from(key == "credentials"));
        pairs.extend(other_purposes.map(|name| (key, stage.home().join("handed-over").join(name))));
    }
    pairs.extend(HANDED_OVER.map(|name| ("feed", stage.home().join("handed-over").join(name))));
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
    stage.connect(&["--no-sync"]).expect(78).snapshot("places-credential-is-a-link");
    assert_eq!(personio.requests().len(), asked);
}

#[test]
fn a_handed_over_credential_may_be_the_configured_one() {
    let (personio, stage) = machine();
    let folder = stage.home().join("handed-over");
    fs::create_dir(&folder).unwrap();
    fs::rename(stage.credential(), folder.join("personio-credentials")).unwrap();
    configure(&personio, &stage, &[("credentials", folder.join("personio-credentials"))]);
    ended(machine_of(&mut stage.command(&["sync"]), &stage)).expect(0);
}

/// Files and folders that this user may not read or write.
#[test]
fn what_is_closed_to_this_user_is_done_without_or_refused() {
    let (_personio, stage) = machine();
    let belongs_to_nobody = Command::new("chown").args(["-R", "65534:65534"]).arg(stage.home()).output().unwrap();
    if !belongs_to_nobody.status.success() {
        eprintln!("this user's own files are closed to it, not another one's");
    }
    let out = stage.home().join("out");
    let mut places: Vec<PathBuf> = KEYS.into_iter().chain(["configuration"]).map(|key| usual(&stage, key)).collect();
    places.extend([".lock", ".witness"].map(|ending| beside(stage.mirror(), ending)));
    places.extend([out.clone(), stage.state()]);
    fs::write(usual(&stage, "page"), "").unwrap();
    // A monitoring system is told how every run ended, and so is the reader of the page.
    let all = || {
        let mut all = everything(stage.home());
        ["textfile", "page"].iter().for_each(|told| drop(all.remove(&usual(&stage, told))));
        all
    };
    let mut refusals = 0;
    for place in places {
        let open = fs::metadata(&place).unwrap().permissions();
        let (lock, aside) = (beside(stage.mirror(), ".lock"), stage.home().join("aside"));
        if place == stage.mirror() {
            // Whoever may not use the mirror makes no lock beside it: it would be closed to those who may.
            fs::rename(&lock, &aside).unwrap();
        }
        for mode in [0o000, 0o400, 0o500] {
            for arguments in [&["sync", "--redeliver"][..], &["sync", "--dry-run"], &["status"]] {
                let mut command = stage.unprivileged(arguments);
                let (before, contents) = (all(), stage.contents());
                fs::set_permissions(&place, fs::Permissions::from_mode(mode)).unwrap();
                let told = ended(&mut command);
                fs::set_permissions(&place, open.clone()).unwrap();
                let case = format!("{} of mode {mode:o}, {arguments:?}: {told:#?}", place.display());
                let after = all();
                match told.code {
                    0 if arguments[0] == "sync" => assert_eq!(stage.contents(), contents, "{case}"),
                    0 => assert!(after == before, "{case}"),
                    77 | 78 if place.starts_with(&out) => {
                        assert_eq!(stage.contents(), contents, "{case}");
                        assert!(after[&usual(&stage, "feed")] == before[&usual(&stage, "feed")], "{case}");
                    }
                    77 | 78 => assert!(after == before && told.stderr.contains("hint: "), "{case}"),
                    _ => panic!("{case}"),
                }
                refusals += usize::from(told.code != 0);
            }
        }
        if aside.exists() {
            fs::rename(aside, lock).unwrap();
        }
    }
    assert!(refusals > 10, "only {refusals} refusals");
}

#[test]
fn what_cannot_be_closed_is_refused() {
    let Some(strace) = strace() else { return };
    let (_personio, stage) = machine();
    for path in [stage.mirror(), beside(stage.mirror(), ".witness"), stage.credential()] {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let before = everything(stage.home());
        for arguments in [&["sync"][..], &["sync", "--dry-run"], &["sync", "--json"]] {
            let refused = traced(&strace, "?chmod,fchmodat", "error=EPERM", &stage.command(arguments)).expect(77);
            assert!(refused.stderr.contains("cannot be closed"), "{refused:#?}");
            if arguments.contains(&"--json") {
                assert_eq!(refused.json()["exit_code"], 77);
            }
            assert!(everything(stage.home()) == before, "{} {arguments:?}", path.display());
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[test]
fn a_configuration_that_is_a_pipe_is_not_waited_for() {
    let (_personio, stage) = machine();
    fs::remove_file(stage.config()).unwrap();
    assert!(Command::new("mkfifo").arg(stage.config()).status().unwrap().success());
    stage.run(&["status"]).expect(78).snapshot("places-configuration-is-a-pipe");
}
