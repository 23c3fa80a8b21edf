//! Deliveries to servers as they are: one row for each oddity, from the first delivery held to the run after a cut one.

use std::os::unix::fs::PermissionsExt as _;

use crate::delivery::two;
use crate::guard::digest;
use crate::odd_server::OddServer;
use crate::odd_server::Oddity::{self, *};
use crate::personio::Personio;
use crate::stage::{Ended, Stage, ended};

struct Scene {
    personio: Personio,
    stage: Stage,
    server: OddServer,
}

impl Scene {
    fn new(settings: &str) -> Self {
        let personio = Personio::with(two("Ada"));
        let stage = Stage::connected(&personio);
        stage.configure(
            &personio,
            &format!(
                "[delivery]\nto = \"sftp://u@server.example/upload/employees.csv\"\ntimeout_seconds = 20\n{settings}"
            ),
        );
        Self { personio, stage, server: OddServer::start() }
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        ended(self.stage.command(arguments).env("PATH", self.server.path()))
    }

    fn has(&self, first_name: &str) -> bool {
        self.server.file().is_some_and(|file| file.contains(first_name) && file.ends_with('\n'))
    }
}

/// What one kind of server does, and what must come of it.
struct Row {
    name: &'static str,
    oddities: &'static [Oddity],
    settings: &'static str,
    /// Of the first delivery and of every one after it; 0 is delivered.
    code: i32,
    /// In the message, warnings included.
    sentence: &'static str,
    /// In a hint.
    hint: &'static str,
    left_behind: &'static [&'static str],
}

const PLAIN: Row = Row { name: "", oddities: &[], settings: "", code: 0, sentence: "", hint: "", left_behind: &[] };
const NAMED: &str = "temporary_name = \"employees-new.csv\"\n";
const IN_PLACE: &str = "temporary_name = \"none\"\n";
const UNVERIFIED: &str = "delivered, could not be verified";

const DELIVERED: [Row; 27] = [
    Row { name: "as OpenSSH", ..PLAIN },
    Row { name: "takes the file at once", oddities: &[TakesTheFile], ..PLAIN },
    Row { name: "its size is wrong", oddities: &[StatLies], sentence: "the server speaks of 0", ..PLAIN },
    Row { name: "nobody may look", oddities: &[StatRefused], ..PLAIN },
    Row { name: "nobody may look or read", oddities: &[StatRefused, ReadingRefused], sentence: UNVERIFIED, ..PLAIN },
    Row { name: "a missing file is a failure", oddities: &[MissingIs(4), NoPosixRename], ..PLAIN },
    Row { name: "a missing file is number 10", oddities: &[MissingIs(10), NoPosixRename], ..PLAIN },
    Row { name: "nobody may read", oddities: &[ReadingRefused], sentence: UNVERIFIED, ..PLAIN },
    Row { name: "files are hidden from readers", oddities: &[ReadingHides], sentence: UNVERIFIED, ..PLAIN },
    Row { name: "fsync is unsupported", oddities: &[FsyncAnswers(8)], ..PLAIN },
    Row { name: "fsync fails", oddities: &[FsyncAnswers(4)], ..PLAIN },
    Row { name: "fsync finds no file", oddities: &[FsyncAnswers(2)], ..PLAIN },
    Row { name: "posix-rename is refused over a file", oddities: &[PosixRenameRefused], ..PLAIN },
    Row { name: "every rename over a file is refused", oddities: &[PosixRenameRefused, RenameOverRefused], ..PLAIN },
    Row { name: "no posix-rename", oddities: &[NoPosixRename], ..PLAIN },
    Row { name: "no posix-rename, none over a file", oddities: &[NoPosixRename, RenameOverRefused], ..PLAIN },
    Row {
        name: "nobody may look, none over a file",
        oddities: &[NoPosixRename, RenameOverRefused, StatRefused, ReadingRefused],
        sentence: UNVERIFIED,
        ..PLAIN
    },
    Row { name: "limits are refused", oddities: &[LimitsRefused], ..PLAIN },
    Row { name: "no exclusive making", oddities: &[NoExclusive], ..PLAIN },
    Row { name: "status without text", oddities: &[StatusWithoutText, NoPosixRename, RenameOverRefused], ..PLAIN },
    Row { name: "status in Latin-1", oddities: &[StatusInLatin1, NoPosixRename, RenameOverRefused], ..PLAIN },
    Row { name: "no listing", oddities: &[NoListing], ..PLAIN },
    Row { name: "no removing", oddities: &[NoRemoving], ..PLAIN },
    Row { name: "no dot names, another name", oddities: &[NoDotNames], settings: NAMED, ..PLAIN },
    Row {
        name: "only *.csv, none over a file",
        oddities: &[OnlyCsv, NoDotNames, NoPosixRename, RenameOverRefused],
        settings: NAMED,
        ..PLAIN
    },
    Row { name: "no rename, in place", oddities: &[NoRename, NoRemoving], settings: IN_PLACE, ..PLAIN },
    Row {
        name: "takes every file, in place",
        oddities: &[TakesEveryFile],
        settings: IN_PLACE,
        sentence: UNVERIFIED,
        ..PLAIN
    },
];

const REFUSED: [Row; 9] = [
    Row {
        name: "no dot names",
        oddities: &[NoDotNames],
        code: 77,
        sentence: "cannot write upload/.employees.csv.part on the server: permission denied; nothing was delivered",
        hint: "temporary_name",
        ..PLAIN
    },
    Row {
        name: "only *.csv",
        oddities: &[OnlyCsv],
        code: 75,
        sentence: "cannot write upload/.employees.csv.part on the server",
        hint: "temporary_name",
        ..PLAIN
    },
    Row {
        name: "no rename",
        oddities: &[NoRename],
        code: 77,
        sentence: "to upload/employees.csv on the server: not supported there; whether the new file is in place is not known",
        hint: "temporary_name = \"none\"",
        ..PLAIN
    },
    Row {
        name: "no rename, no removing",
        oddities: &[NoRename, NoRemoving],
        code: 77,
        sentence: "to upload/employees.csv on the server",
        hint: "stays on the server with everybody's data",
        left_behind: &["upload/.employees.csv.part"],
        ..PLAIN
    },
    Row {
        name: "takes every file",
        oddities: &[TakesEveryFile],
        code: 77,
        sentence: "was taken away before it could be called upload/employees.csv",
        hint: "temporary_name = \"none\"",
        ..PLAIN
    },
    Row {
        name: "a quota",
        oddities: &[RejectsWith("Quota exceeded")],
        code: 75,
        sentence: "the server failed: \"Quota exceeded\"",
        hint: "the next run tries again",
        ..PLAIN
    },
    Row {
        name: "a look at the content",
        oddities: &[RejectsWith("rejected by content check\u{1b}[2J")],
        code: 75,
        sentence: "\"rejected by content check\\u{1b}[2J\"",
        hint: "the next run tries again",
        ..PLAIN
    },
    Row {
        name: "text before SFTP",
        oddities: &[TextFirst("Welcome to example\nlast login: today\n")],
        code: 77,
        sentence: "its answer is not SFTP: \"Welcome to example last login: today\"",
        hint: "login script",
        ..PLAIN
    },
    Row {
        name: "read-only",
        oddities: &[ReadOnly],
        code: 77,
        sentence: "the file system is read-only",
        hint: "ask the owner of server.example",
        ..PLAIN
    },
];

#[test]
fn every_server_that_can_take_a_file_gets_the_whole_file() {
    for row in DELIVERED {
        let scene = Scene::new(row.settings);
        scene.server.banner("Permission denied (publickey).\nHost key verification failed.\n");
        scene.server.behave(row.oddities);
        let is_taken = row.oddities.iter().any(|oddity| [TakesTheFile, TakesEveryFile].contains(oddity));
        let held = scene.run(&["sync"]).expect(20);
        let approved = scene.run(&["sync", "--approve", &digest(&held)]);
        assert_eq!(approved.code, 0, "{}: {approved:#?}", row.name);
        assert!(approved.stderr.contains(row.sentence), "{}: {approved:#?}", row.name);
        assert_eq!(scene.has("Ada"), !is_taken, "{}", row.name);
        // Nothing changes: nothing is sent, and what stands there is known as ours.
        let unchanged = scene.run(&["sync"]);
        assert_eq!((unchanged.code, unchanged.stderr.as_str()), (0, ""), "{}", row.name);

        scene.personio.set_people(two("Eva"));
        let changed = scene.run(&["sync"]);
        assert_eq!(changed.code, 0, "{}: {changed:#?}", row.name);
        assert_eq!(scene.has("Eva"), !is_taken, "{}", row.name);

        // Cut in the middle of an upload: the old file is there, or the failure says otherwise.
        scene.personio.set_people(two("Ida"));
        scene.server.behave(&[row.oddities, &[CutInMidUpload]].concat());
        let cut = scene.run(&["sync"]);
        assert_eq!(cut.code, 75, "{}: {cut:#?}", row.name);
        assert!(cut.stderr.contains("the connection to server.example ended"), "{}: {cut:#?}", row.name);
        match row.settings == IN_PLACE {
            true => assert!(cut.stderr.contains("upload/employees.csv may hold a part"), "{}: {cut:#?}", row.name),
            false => assert_eq!(scene.has("Eva"), !is_taken, "{}", row.name),
        }

        scene.server.behave(row.oddities);
        // A part under the real name is known as ours: it is replaced before the next import.
        let next = scene.run(&["sync"]);
        assert_eq!(next.code, 0, "{}: {next:#?}", row.name);
        assert_eq!(scene.has("Ida"), !is_taken, "{}", row.name);
        let left = scene.server.left_behind();
        if row.oddities.contains(&NoRemoving) {
            // What nobody can remove is named.
            assert!(left.iter().all(|name| next.stderr.contains(name.as_str())), "{}: {left:?} {next:#?}", row.name);
        } else {
            assert_eq!(left, Vec::<String>::new(), "{}", row.name);
        }
        println!(
            "| {} | 20 | {} | 0 | {} | {} | {} | {left:?} | {}",
            row.name,
            approved.code,
            changed.code,
            cut.code,
            next.code,
            one_line(&approved.stderr)
        );
    }
}

#[test]
fn whoever_cannot_be_delivered_to_says_why_and_what_helps() {
    for row in REFUSED {
        let scene = Scene::new(row.settings);
        let held = scene.run(&["sync"]).expect(20);
        scene.server.behave(row.oddities);
        let refused = scene.run(&["sync", "--approve", &digest(&held)]);
        assert_eq!(refused.code, row.code, "{}: {refused:#?}", row.name);
        assert!(refused.stderr.contains(row.sentence), "{}: {refused:#?}", row.name);
        let hint = refused.stderr.lines().any(|line| line.starts_with("hint: ") && line.contains(row.hint));
        assert!(hint && refused.stderr.lines().count() <= 10, "{}: {refused:#?}", row.name);
        assert_eq!(scene.server.file(), None, "{}", row.name);
        // Where nothing stood there before, nobody can prove that a rename which was sent was not done.
        let is_certain = !refused.stderr.contains("is not known");
        assert_eq!(
            (scene.stage.unsettled() == 0, scene.stage.people().is_empty()),
            (is_certain, is_certain),
            "{}",
            row.name
        );
        assert_eq!(scene.server.left_behind(), row.left_behind, "{}", row.name);
        println!("| {} | 20 | {} | {:?} | {}", row.name, refused.code, row.left_behind, one_line(&refused.stderr));
    }
}

pub fn one_line(stderr: &str) -> String {
    stderr.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is refused there must be refused by the rehearsal, and what is delivered must not.
#[test]
fn the_rehearsal_says_what_the_delivery_does() {
    for row in DELIVERED.iter().chain(&REFUSED) {
        let scene = Scene::new(row.settings);
        scene.server.behave(row.oddities);
        let rehearsed = scene.run(&["connect", "--check-delivery"]);
        assert_eq!(rehearsed.code, row.code, "{}: {rehearsed:#?}", row.name);
        let left = scene.server.left_behind();
        assert!(
            left.iter().all(|name| rehearsed.stderr.contains(name.as_str())),
            "{}: {left:?} {rehearsed:#?}",
            row.name
        );
        assert_eq!(scene.server.file(), None, "{}", row.name);
    }
}

/// A run that was cut off wrote the beginning of its file, and nobody else did.
#[test]
fn a_part_that_no_run_left_is_held_until_it_is_approved_also_where_files_are_written_in_place() {
    let scene = Scene::new(IN_PLACE);
    let held = scene.run(&["sync"]).expect(20);
    scene.run(&["sync", "--approve", &digest(&held)]).expect(0);
    let whole = scene.server.file().unwrap();
    scene.server.put(&whole[..whole.len() / 2]);
    scene.run(&["sync"]).expect(20);
    let held = scene.run(&["sync"]).expect(20);
    scene.run(&["sync", "--approve", &digest(&held)]).expect(0);
    assert_eq!(scene.server.file(), Some(whole));
}

/// What was loaded and what was looked at must be of one moment.
#[test]
fn a_dry_run_steps_aside_where_another_run_sets_out_while_it_looks() {
    let scene = Scene::new("");
    let held = scene.run(&["sync"]).expect(20);
    scene.run(&["sync", "--approve", &digest(&held)]).expect(0);
    scene.personio.set_people(two("Eva"));
    // The other run does not come to its commit.
    let cut = "CREATE TRIGGER cut BEFORE UPDATE ON runs WHEN NEW.exit_code = 0 BEGIN SELECT RAISE(ABORT, ''); END";
    scene.stage.sqlite().execute_batch(cut).unwrap();
    let (folder, server) = (scene.stage.home().join("first"), scene.server.path());
    std::fs::create_dir(&folder).unwrap();
    let script = format!(
        "#!/bin/sh\nexport PATH='{server}'\nif mkdir '{}/once'; then\n\
         '{}' --config '{}' sync </dev/null >/dev/null 2>&1\nfi\nexec ssh \"$@\"\n",
        folder.display(),
        env!("CARGO_BIN_EXE_honestly-sync"),
        scene.stage.config().display()
    );
    std::fs::write(folder.join("ssh"), script).unwrap();
    std::fs::set_permissions(folder.join("ssh"), std::fs::Permissions::from_mode(0o700)).unwrap();
    let path = format!("{}:{server}", folder.display());
    let dry = ended(scene.stage.command(&["sync", "--dry-run", "--json"]).env("PATH", path));
    assert!(scene.has("Eva"), "the other run delivered: {dry:#?}");
    dry.expect(75);
    assert_eq!(scene.run(&["sync", "--dry-run", "--json"]).expect(0).json()["destination"]["found"], "ours");
}

#[test]
fn a_server_without_oddities_costs_one_sign_in_to_look_and_one_to_deliver() {
    let scene = Scene::new("");
    scene.run(&["sync"]).expect(20);
    assert_eq!(scene.server.sessions(), 1);
    let held = scene.run(&["sync"]).expect(20);
    scene.run(&["sync", "--approve", &digest(&held)]).expect(0);
    assert_eq!(scene.server.sessions(), 4);
}
