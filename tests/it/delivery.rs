//! Deliveries to a real OpenSSH server: whatever it does, under the real name there is the old file or the whole new one, for a
//! moment none where the old one is moved aside, and never a part; the mirror says what was delivered.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::guard::digest;
use crate::personio::{CLIENT_ID, Person, Personio, SECRET, TOKEN, company, person};
use crate::sshd::{Manner, Sshd, family, user};
use crate::stage::{Ended, Stage};

/// Two people. With another first name of the same length the file is as long, so that only its content tells it apart.
pub fn two(first_name: &str) -> Vec<Person> {
    vec![
        person(1, first_name, "Lovelace", "ada@example.org"),
        person(2, "Zoë", "Øster-\"Brandt\"", "zoe@example.org").supervisor(1),
    ]
}

/// One company with its server at the other end.
struct Scene {
    personio: Personio,
    stage: Stage,
    sshd: Sshd,
}

impl Scene {
    /// Connected and configured, nothing delivered yet.
    fn connected() -> Option<Self> {
        Self::connected_with(two("Ada"))
    }

    fn connected_with(people: Vec<Person>) -> Option<Self> {
        let sshd = Sshd::start()?;
        let personio = Personio::with(people);
        let stage = Stage::connected(&personio);
        stage.configure(&personio, &sshd.settings());
        Some(Self { personio, stage, sshd })
    }

    /// The first delivery is approved and done.
    fn delivered() -> Option<Self> {
        let scene = Self::connected()?;
        approve(&scene.stage);
        Some(scene)
    }

    /// And then somebody's name changes.
    fn with_a_change() -> Option<Self> {
        let scene = Self::delivered()?;
        scene.personio.set_people(two("Eva"));
        Some(scene)
    }

    fn configure(&self, delivery: &str) {
        self.stage.configure(&self.personio, delivery);
    }

    /// A run that is refused: its exit code and sentence, the mirror and the file as they were, nothing left on the server,
    /// and a run in the log that says the same.
    #[track_caller]
    fn is_refused(&self, code: i32, sentences: &[&str]) -> Ended {
        let before = (self.stage.contents(), self.sshd.file(), self.sshd.names());
        let logged = self.stage.runs().len();
        let ended = self.stage.run(&["sync"]).expect(code);
        for sentence in sentences {
            assert!(ended.stderr.contains(sentence), "{sentence}: {ended:#?}");
        }
        assert!(ended.stderr.contains("\nhint: ") && ended.stderr.lines().count() <= 10, "{ended:#?}");
        assert_eq!((self.stage.contents(), self.sshd.file(), self.sshd.names()), before);
        let runs = self.stage.runs();
        assert_eq!(runs.len(), logged + 1);
        let (logged_code, message) = runs.last().unwrap();
        assert_eq!(*logged_code, Some(code.into()));
        assert!(ended.stderr.contains(message.as_deref().unwrap()), "{message:?}");
        ended
    }

    /// A run that delivers: the server has the feed of the mirror and nothing beside it.
    #[track_caller]
    fn delivers(&self) -> Ended {
        let connections = self.sshd.connections();
        let ended = self.stage.run(&["sync"]).expect(0);
        assert_eq!(self.sshd.connections(), connections + 2);
        self.is_in_step();
        ended
    }

    #[track_caller]
    fn is_in_step(&self) {
        assert_eq!(self.sshd.file(), Some(feed_of_mirror(&self.stage)));
        assert_eq!(self.sshd.names(), ["employees.csv"]);
    }

    /// Where each request of a delivery starts, as this server answers it.
    fn requests(&self, options: &'static str) -> Vec<(usize, String)> {
        self.sshd.behave(Manner::Recording(options));
        self.stage.run(&["sync", "--redeliver"]).expect(0);
        self.sshd.recorded()
    }

    fn start_of(&self, request: &str) -> usize {
        let requests = self.requests("");
        requests.iter().find(|(_, name)| name == request).unwrap_or_else(|| panic!("{request}: {requests:?}")).0
    }

    fn spawn(&self) -> Child {
        self.stage.command(&["sync"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

const COLUMNS: [&str; 8] =
    ["department", "office", "team", "subcompany", "position", "gender", "employment_type", "cost_centers"];
const HEADER: &str = "\"ImportId\",\"Email\",\"Firstname\",\"Lastname\",\"Language\",\"ReportsToId\",\"Department\",\
                      \"Office\",\"Team\",\"Subcompany\",\"Position\",\"Gender\",\"Employment type\",\"Cost centre\"\n";

/// What the file must be, from the rows of the mirror alone.
pub fn feed_of_mirror(stage: &Stage) -> String {
    let connection = stage.sqlite();
    let groups = COLUMNS.map(|attribute| {
        format!(
            "(SELECT group_concat(name, ', ') FROM (SELECT name FROM memberships m JOIN groups g ON g.id = m.group_id
             WHERE m.employee = e.employee AND g.attribute = '{attribute}' ORDER BY name))"
        )
    });
    let select = format!(
        "SELECT i.import_id, e.email, e.first_name, e.last_name, e.language, s.import_id, {}
         FROM employees e JOIN identities i ON i.employee = e.employee
         LEFT JOIN identities s ON s.employee = e.supervisor ORDER BY i.import_id",
        groups.join(", ")
    );
    let mut statement = connection.prepare(&select).unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut feed = HEADER.to_owned();
    while let Some(row) = rows.next().unwrap() {
        let cell = |at| row.get::<_, Option<String>>(at).unwrap().unwrap_or_default().replace('"', "\"\"");
        let cells: Vec<String> = (0..columns).map(|at| format!("\"{}\"", cell(at))).collect();
        feed += &(cells.join(",") + "\n");
    }
    feed
}

/// The first delivery to a destination is held; a person approves it.
#[track_caller]
pub fn approve(stage: &Stage) {
    let held = stage.run(&["sync"]).expect(20);
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
}

#[test]
fn the_first_delivery_is_held_and_then_arrives_whole() {
    let Some(scene) = Scene::connected() else { return };
    let held = scene.stage.run(&["sync"]).expect(20);
    assert!(held.stderr.contains(&scene.sshd.destination()), "{held:#?}");
    assert_eq!((scene.sshd.connections(), scene.sshd.file(), scene.stage.people()), (1, None, vec![]));

    scene.sshd.behave(Manner::Recording(""));
    scene.stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    scene.is_in_step();
    let requests: Vec<String> = scene.sshd.recorded().into_iter().map(|(_, name)| name).collect();
    assert!(requests.contains(&"posix-rename@openssh.com".to_owned()), "{requests:?}");
    assert!(requests.contains(&"fsync@openssh.com".to_owned()), "{requests:?}");
    let status = scene.stage.run(&["status"]).expect(0).stdout;
    assert!(status.contains(&scene.sshd.destination()) && !status.contains("could not be verified"), "{status}");
    scene.sshd.wait_for_the_sessions_to_end();
}

#[test]
fn where_nothing_changes_the_destination_is_looked_at_and_nothing_is_sent() {
    let Some(scene) = Scene::delivered() else { return };
    let written = || fs::metadata(scene.sshd.upload().join("employees.csv")).unwrap().ino();
    let (connections, before) = (scene.sshd.connections(), written());
    let ended = scene.stage.run(&["sync"]).expect(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    scene.stage.run(&["sync", "--dry-run"]).expect(0);
    scene.personio.set_people(two("Eva"));
    scene.stage.run(&["sync", "--dry-run"]).expect(0);
    assert_eq!((scene.sshd.connections(), written()), (connections + 3, before), "one sign-in a run");
    scene.stage.run(&["status"]).expect(0);
    assert_eq!(scene.sshd.connections(), connections + 3);
    let ended = scene.delivers();
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    assert_ne!(written(), before);
}

#[test]
fn a_key_that_does_not_open_the_door_is_told() {
    let Some(scene) = Scene::with_a_change() else { return };
    let sshd = &scene.sshd;
    let with = |key: &Path| format!("identity_file = \"{}\"\n{}", key.display(), sshd.known_hosts());
    let wrong = sshd.another_key("wrong", &["-t", "ed25519", "-N", ""]);
    let readable = sshd.another_key("readable", &["-t", "ed25519", "-N", ""]);
    fs::set_permissions(&readable, fs::Permissions::from_mode(0o644)).unwrap();
    let locked = sshd.another_key("locked", &["-t", "ed25519", "-N", "canary-passphrase"]);
    sshd.let_in(&readable);
    sshd.let_in(&locked);
    let cases = [
        (with(&wrong), "does not accept"),
        (with(&readable), "other users of this machine can read the key"),
        (with(&locked), "has a passphrase, and no agent has it open"),
        (with(Path::new("/nowhere/key")), "the key /nowhere/key does not exist"),
    ];
    for (delivery, sentence) in cases {
        scene.configure(&sshd.delivery(&delivery));
        scene.is_refused(77, &[sentence]);
    }
    scene.configure(&sshd.settings());
    scene.delivers();
}

#[test]
fn an_agent_opens_a_key_with_a_passphrase() {
    let Some(scene) = Scene::with_a_change() else { return };
    let key = scene.sshd.another_key("locked", &["-t", "rsa", "-b", "2048", "-N", "canary-passphrase"]);
    scene.sshd.let_in(&key);
    let delivery = format!("identity_file = \"{}\"\n{}", key.display(), scene.sshd.known_hosts());
    scene.configure(&scene.sshd.delivery(&delivery));
    let home = scene.stage.home();
    let (socket, types) = (home.join("agent"), home.join("types"));
    fs::write(&types, "#!/bin/sh\necho canary-passphrase\n").unwrap();
    fs::set_permissions(&types, fs::Permissions::from_mode(0o700)).unwrap();
    // In the foreground, with its first line when it listens.
    let mut agent = Command::new("ssh-agent").args(["-D", "-a"]).arg(&socket).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(agent.stdout.as_mut().unwrap()), &mut line).unwrap();
    let added = Command::new("ssh-add")
        .arg(&key)
        .env("SSH_AUTH_SOCK", &socket)
        .env("SSH_ASKPASS", &types)
        .env("SSH_ASKPASS_REQUIRE", "force")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let ended = crate::stage::ended(scene.stage.command(&["sync"]).env("SSH_AUTH_SOCK", &socket));
    agent.kill().unwrap();
    agent.wait().unwrap();
    assert!(added.status.success(), "{added:?}");
    ended.expect(0);
    scene.is_in_step();
}

#[test]
fn host_keys_are_always_checked() {
    let Some(scene) = Scene::with_a_change() else { return };
    let sshd = &scene.sshd;
    let seen = sshd.fingerprint();
    let accept = format!("host_key = \"{seen}\"");
    let known = format!("{}{}", sshd.identity(), sshd.known_hosts());
    scene.configure(&sshd.delivery(&known));

    sshd.know_nobody();
    scene.is_refused(77, &["is not known", &seen, "nothing was sent", &accept]);
    let another = sshd.another_key("another_host", &["-t", "ed25519", "-N", ""]);
    sshd.know(&fs::read_to_string(another.with_extension("pub")).unwrap());
    scene.is_refused(77, &["has changed", &seen, "nothing was sent", &accept]);
    sshd.revoke();
    let refused = scene.is_refused(77, &["is marked as revoked", &seen, "nothing was sent"]);
    assert!(!refused.stderr.contains("host_key"), "{refused:#?}");

    let pinned = |fingerprint: &str| sshd.delivery(&format!("{}host_key = \"{fingerprint}\"", sshd.identity()));
    let wrong = format!("SHA256:{}", "A".repeat(43));
    scene.configure(&pinned(&wrong));
    scene.is_refused(77, &[&wrong, &seen, "nothing was sent", &accept]);
    // What the hint says works, whatever `known_hosts` says.
    scene.configure(&pinned(&seen));
    scene.delivers();
}

/// The key that a server shows first is not the pinned one, and two at once bridge a rotation.
#[test]
fn the_type_of_a_pinned_key_is_asked_for() {
    let Some(scene) = Scene::with_a_change() else { return };
    let sshd = &scene.sshd;
    let line = sshd.rsa_fingerprint();
    let digest = line.split_whitespace().nth(1).unwrap();
    let another = format!("SHA256:{}", "A".repeat(43));
    // With the type one sign-in is enough; without it others are tried after the mismatch.
    let cases = [
        (format!("'{line}'"), 2),
        (format!("['256 {another} old (ED25519)', '{line}']"), 4),
        (format!("['{another}', '{}']", sshd.fingerprint()), 2),
        (format!("'{digest}'"), 8),
    ];
    for ((host_key, sign_ins), people) in cases.into_iter().zip([two("Eva"), two("Ada")].into_iter().cycle()) {
        scene.personio.set_people(people);
        scene.configure(&sshd.delivery(&format!("{}host_key = {host_key}\n", sshd.identity())));
        let connections = sshd.connections();
        let ended = scene.stage.run(&["sync"]).expect(0);
        assert_eq!((sshd.connections() - connections, ended.stderr.as_str()), (sign_ins, ""), "{host_key}");
        scene.is_in_step();
    }
    // A type that this host has no key of is no reason.
    scene.personio.set_people(two("Eva"));
    let old = format!("host_key = '256 {another} old (ED25519)'\n");
    scene.configure(&sshd.delivery(&format!("{}{old}", sshd.identity())));
    scene.is_refused(77, &[&another, &sshd.fingerprint(), "as [delivery] host_key says"]);
}

/// Neither `ssh` nor the `ssh` of a jump host, whatever is typed.
#[test]
fn nobody_is_asked_on_a_terminal() {
    let Some(scene) = Scene::connected() else { return };
    if !Path::new("/usr/bin/script").exists() {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "under CI: script is not installed");
        eprintln!("left out: script is not installed");
        return;
    }
    let bin = scene.stage.home().join("bin");
    fs::create_dir(&bin).unwrap();
    let (config, wrapper) = (scene.stage.home().join("ssh_config"), bin.join("ssh"));
    let (port, key) = (scene.sshd.port(), scene.sshd.key());
    let text = format!(
        "Host jump\n  HostName 127.0.0.1\n  Port {port}\n  UserKnownHostsFile {}\n  IdentityFile {}\nHost 127.0.0.1\n  \
         ProxyJump jump\n",
        scene.stage.home().join("nobody_known").display(),
        key.display()
    );
    fs::write(&config, text).unwrap();
    fs::write(&wrapper, format!("#!/bin/sh\nPATH=/usr/bin:/bin exec ssh -F {} \"$@\"\n", config.display())).unwrap();
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o700)).unwrap();
    let held = scene.stage.run(&["sync"]).expect(20);

    let command = scene.stage.command(&["sync", "--approve", &digest(&held)]);
    let words: Vec<&str> =
        std::iter::once(command.get_program()).chain(command.get_args()).map(|word| word.to_str().unwrap()).collect();
    let mut terminal = Command::new("/usr/bin/script");
    terminal.args(["-qec", &words.join(" "), "/dev/null"]).env_clear();
    terminal.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    terminal.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut terminal = terminal.spawn().unwrap();
    std::io::Write::write_all(&mut terminal.stdin.take().unwrap(), b"yes\nyes\n").unwrap();
    let output = terminal.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!((output.status.code(), scene.sshd.file()), (Some(77), None), "{said}");
    assert!(said.contains("on the way to 127.0.0.1, is not known: SHA256:") && !said.contains("(yes/no"), "{said}");
}

#[test]
fn a_place_that_does_not_exist_is_told() {
    let Some(scene) = Scene::connected() else { return };
    let sshd = &scene.sshd;
    fs::create_dir(sshd.upload().join("folder")).unwrap();
    let cases = [
        (77, "uplaod/employees.csv", "uplaod/.employees.csv.part", "no such file or folder"),
        (78, "upload/folder", "upload/folder is a folder", "[delivery] to ends in the name of the file"),
    ];
    for (code, path, place, sentence) in cases {
        let settings = sshd.settings().replace("upload/employees.csv", path);
        scene.configure(&settings);
        // A path that no run can deliver to is refused before a plan is made; another path is a new destination, held first.
        let mut ended = scene.stage.run(&["sync"]);
        if code != 78 {
            ended = ended.expect(20);
        }
        let before = scene.stage.contents();
        if code != 78 {
            ended = scene.stage.run(&["sync", "--approve", &digest(&ended)]);
        }
        let ended = ended.expect(code);
        assert!(ended.stderr.contains(place) && ended.stderr.contains(sentence), "{ended:#?}");
        assert!(ended.stderr.contains("nothing was delivered"), "{ended:#?}");
        assert_eq!((scene.stage.contents(), sshd.names()), (before, vec!["folder".to_owned()]));
        assert_eq!(scene.stage.runs().last().unwrap().0, Some(code.into()));
    }
}

#[test]
fn a_right_that_is_missing_is_told_and_nothing_is_left() {
    let Some(scene) = Scene::with_a_change() else { return };
    let cases = [
        ("-R", "cannot write upload/.employees.csv.part on the server: permission denied"),
        ("-P open", "permission denied"),
        ("-P write", "cannot write upload/.employees.csv.part on the server: permission denied"),
        ("-P rename,posix-rename", "permission denied"),
    ];
    for (options, sentence) in cases {
        scene.sshd.behave(Manner::Options(options));
        scene.is_refused(77, &[sentence, "nothing was delivered"]);
    }
    scene.sshd.behave(Manner::Honest);
    scene.delivers();
}

#[test]
fn a_server_that_refuses_every_rename_keeps_no_first_file_either() {
    let Some(scene) = Scene::connected() else { return };
    scene.sshd.behave(Manner::Options("-P rename,posix-rename"));
    let held = scene.stage.run(&["sync"]).expect(20);
    let ended = scene.stage.run(&["sync", "--approve", &digest(&held)]).expect(77);
    assert!(ended.stderr.contains("to upload/employees.csv on the server: permission denied"), "{ended:#?}");
    assert_eq!(scene.sshd.names(), Vec::<String>::new());
}

#[test]
fn what_cannot_be_read_back_is_delivered_and_remembered() {
    let Some(scene) = Scene::with_a_change() else { return };
    for (options, people) in [("-P read", two("Eva")), ("-P read,stat,fstat,lstat", two("Ada"))] {
        scene.personio.set_people(people);
        scene.sshd.behave(Manner::Options(options));
        let ended = scene.delivers();
        assert!(ended.stderr.contains("delivered, could not be verified"), "{ended:#?}");
        let status = scene.stage.run(&["status"]).expect(0).stdout;
        assert!(status.contains("bytes, could not be verified"), "{status}");
        scene.sshd.behave(Manner::Honest);
        scene.stage.run(&["sync", "--redeliver"]).expect(0);
        let status = scene.stage.run(&["status"]).expect(0).stdout;
        assert!(!status.contains("could not be verified"), "{status}");
    }
}

#[test]
fn a_server_that_cannot_rename_over_a_file_gets_the_whole_file_too() {
    let Some(scene) = Scene::delivered() else { return };
    scene.sshd.behave(Manner::Options("-P posix-rename"));
    for people in [two("Eva"), two("Ada")] {
        scene.personio.set_people(people);
        scene.delivers();
    }
    // What an unfinished run left: both other names are taken, or the real one is gone.
    let upload = scene.sshd.upload();
    for people in [two("Eva"), two("Ada")] {
        fs::write(upload.join(".employees.csv.part"), "a part").unwrap();
        fs::write(upload.join(".employees.csv.old"), "an old one").unwrap();
        scene.personio.set_people(people);
        scene.delivers();
        fs::remove_file(upload.join("employees.csv")).unwrap();
    }
    // The server does not tell what is there either.
    scene.sshd.behave(Manner::Options("-P posix-rename,stat,lstat,fstat"));
    for people in [two("Eva"), two("Ada")] {
        scene.personio.set_people(people);
        scene.delivers();
    }
}

#[test]
fn a_server_with_the_bare_protocol_is_served() {
    let Some(scene) = Scene::with_a_change() else { return };
    scene.sshd.behave(Manner::Options("-P posix-rename,fsync,limits,hardlink,statvfs,fstatvfs,lsetstat,expand-path"));
    scene.delivers();
}

#[test]
fn a_full_disk_leaves_the_old_file() {
    let Some(scene) = Scene::delivered() else { return };
    let joiners = (3..18).map(|id| person(id, "Joiner", "Of Many", &format!("joiner{id}@example.org")));
    scene.personio.set_people(two("Ada").into_iter().chain(joiners));
    scene.sshd.behave(Manner::FullDisk(1));
    scene.is_refused(75, &["cannot write", "its disk may be full", "nothing was delivered"]);
    scene.sshd.behave(Manner::Honest);
    scene.delivers();
}

#[test]
fn a_server_that_is_down_is_tried_again_by_the_next_run() {
    let Some(mut scene) = Scene::with_a_change() else { return };
    scene.sshd.down();
    scene.is_refused(75, &["127.0.0.1 cannot be reached", "Connection refused"]);
    scene.sshd.up();
    scene.delivers();
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let Some(scene) = Scene::with_a_change() else { return };
    let rename = scene.start_of("posix-rename@openssh.com");
    scene.personio.set_people(two("Ada"));
    let old = scene.sshd.file();
    scene.configure(&scene.sshd.settings().replace("= 20", "= 1"));
    scene.sshd.behave(Manner::Mute);
    scene.is_refused(75, &["127.0.0.1 cannot be reached", "timed out"]);

    // In the middle, first the SFTP server alone, then everything of it.
    for frozen in [false, true] {
        let before = scene.stage.people();
        scene.sshd.behave(Manner::SilentAt(rename, ""));
        let run = scene.spawn();
        scene.sshd.wait_for_silence();
        if frozen {
            scene.sshd.freeze();
        }
        let output = run.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(75), "{stderr}");
        assert!(stderr.contains("127.0.0.1 did not answer in time"), "{stderr}");
        assert!(stderr.contains("whether the new file is in place is not known"), "{stderr}");
        assert_eq!((scene.stage.people(), scene.sshd.file()), (before, old.clone()));
        if !frozen {
            scene.sshd.wait_for_the_sessions_to_end();
            // What was being sent; without it the next session is the same, request for request.
            fs::remove_file(scene.sshd.upload().join(".employees.csv.part")).unwrap();
        }
    }
    scene.configure(&scene.sshd.settings());
    scene.sshd.behave(Manner::Honest);
    scene.delivers();
}

#[test]
fn a_connection_that_breaks_off_anywhere_leaves_the_old_file_or_the_new_one() {
    // Enough people for a file that takes several writes, so that a part of it can arrive.
    let people = |first_name: &str| {
        let many = (1..400).map(|id| person(id, "Of", "Many", &format!("number{id:04}@example.org")));
        many.chain([person(400, first_name, "Lovelace", "ada@example.org")]).collect::<Vec<_>>()
    };
    let Some(scene) = Scene::connected_with(people("Ada")) else { return };
    approve(&scene.stage);
    const BARE: &str = "-P limits";
    let requests = scene.requests(BARE);
    let writes: Vec<usize> = requests.iter().filter(|(_, name)| name == "write").map(|(at, _)| *at).collect();
    assert!(writes.len() > 1, "{requests:?}");
    let rename = requests.iter().find(|(_, name)| name == "posix-rename@openssh.com").unwrap().0;
    let in_mid_write = (writes[0] + writes[1]) / 2;
    let places = requests.iter().map(|(at, _)| *at).filter(|at| !writes[2..].contains(at)).chain([in_mid_write]);
    for (at, name) in places.zip(["Eva", "Ada"].into_iter().cycle()) {
        scene.personio.set_people(people(name));
        let (old, before) = (scene.sshd.file().unwrap(), scene.stage.contents());
        scene.sshd.behave(Manner::CutAt(at, BARE));
        let ended = scene.stage.run(&["sync"]);
        let new = old.replace(if name == "Eva" { "\"Ada\"" } else { "\"Eva\"" }, &format!("\"{name}\""));
        let file = scene.sshd.file().unwrap();
        assert!(file == old || file == new, "{at} of {requests:?}");
        if ended.code == 0 {
            // Arrived is delivered.
            assert!(at > rename && file == new, "{at} of {requests:?}: {ended:#?}");
            assert!(ended.stderr.contains("is delivered, but cannot be looked at afterwards"), "{ended:#?}");
            scene.sshd.behave(Manner::Honest);
            scene.stage.run(&["sync"]).expect(0);
            scene.is_in_step();
            continue;
        }
        let ended = ended.expect(75);
        assert!(at <= rename && file == old, "{at} of {requests:?}");
        // Only a rename that was sent may still have been done. Nobody waits for the answer to the request before it.
        let is_certain = scene.stage.unsettled() == 0;
        let before_it = requests.iter().rev().find(|(start, _)| *start < rename).unwrap().0;
        assert!(at >= before_it || is_certain, "{at} of {requests:?}: {ended:#?}");
        assert!(at != rename || !is_certain, "{at} of {requests:?}: {ended:#?}");
        assert_eq!(scene.stage.contents() == before, is_certain, "{at}");
        assert_eq!(ended.stderr.contains("is not known"), !is_certain, "{at}: {ended:#?}");

        scene.sshd.behave(Manner::Honest);
        let ended = scene.delivers();
        assert_eq!(ended.stderr, "", "what our own run left is nobody else's");
        assert_eq!(scene.sshd.file(), Some(new));
    }
}

#[test]
fn a_run_killed_anywhere_in_a_delivery_heals() {
    let Some(scene) = Scene::delivered() else { return };
    let requests = scene.requests("");
    for ((at, request), people) in requests.iter().zip([two("Eva"), two("Ada")].into_iter().cycle()) {
        scene.personio.set_people(people);
        let (old, before) = (scene.sshd.file(), scene.stage.contents());
        scene.sshd.behave(Manner::SilentAt(*at, ""));
        let mut run = scene.spawn();
        scene.sshd.wait_for_silence();
        run.kill().unwrap();
        run.wait().unwrap();
        scene.sshd.wait_for_the_sessions_to_end();
        let (between, is_on_its_way) = (scene.sshd.file(), scene.stage.unsettled() == 1);
        assert_eq!(scene.stage.contents() == before, !is_on_its_way, "{request}");
        assert!(between == old || is_on_its_way, "{request}: nothing is sent that the mirror does not know");

        scene.sshd.behave(Manner::Honest);
        // What arrived is noted, and not sent again.
        let ended = if between == old { scene.delivers() } else { scene.stage.run(&["sync"]).expect(0) };
        scene.is_in_step();
        assert_eq!((ended.stderr.as_str(), scene.stage.unsettled()), ("", 0), "{request}");
        assert!(between == old || between == scene.sshd.file(), "{request}");
        assert_ne!(scene.stage.contents(), before, "{request}");
    }
}

#[test]
fn what_was_uploaded_and_never_committed_is_taken_back_when_the_change_is() {
    let Some(scene) = Scene::with_a_change() else { return };
    let (at, _) = scene.requests("").pop().unwrap();
    scene.personio.set_people(two("Ada"));
    let committed = scene.sshd.file();
    scene.sshd.behave(Manner::SilentAt(at, ""));
    let mut run = scene.spawn();
    scene.sshd.wait_for_silence();
    run.kill().unwrap();
    run.wait().unwrap();
    scene.sshd.wait_for_the_sessions_to_end();
    assert_ne!(scene.sshd.file(), committed, "the new file is in place, and nobody committed it");

    // The plan is empty again, and yet the server has something else.
    scene.personio.set_people(two("Eva"));
    scene.sshd.behave(Manner::Honest);
    scene.delivers();
    assert_eq!(scene.sshd.file(), committed);
    let connections = scene.sshd.connections();
    scene.stage.run(&["sync"]).expect(0);
    assert_eq!(scene.sshd.connections(), connections + 1, "looked at, and not delivered again");
}

#[test]
fn a_second_run_steps_aside_while_the_first_delivers() {
    let Some(scene) = Scene::delivered() else { return };
    let rename = scene.start_of("posix-rename@openssh.com");
    scene.personio.set_people(two("Eva"));
    scene.sshd.behave(Manner::PausedAt(rename));
    let run = scene.spawn();
    scene.sshd.wait_for_silence();
    let before = scene.stage.contents();

    let second = scene.stage.run(&["sync"]).expect(75);
    let process = format!("process {}", run.id());
    assert!(
        second.stderr.contains("another run is in progress: run ") && second.stderr.contains(&process),
        "{second:#?}"
    );
    let status = scene.stage.run(&["status"]).expect(0);
    assert!(status.stdout.contains("In progress"), "{status:#?}");
    let preview = scene.stage.run(&["sync", "--dry-run"]).expect(0);
    assert!(preview.stdout.contains("Eva"), "{preview:#?}");
    assert_eq!(scene.stage.contents(), before);

    scene.sshd.go_on();
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    scene.is_in_step();
    scene.stage.run(&["sync"]).expect(0);
}

#[test]
fn another_header_is_held_and_then_delivered_although_nobody_changed() {
    let Some(scene) = Scene::delivered() else { return };
    let before = scene.stage.people();
    scene.configure(&format!("{}[feed]\nheaders = {{ Firstname = \"First name\" }}\n", scene.sshd.settings()));
    approve(&scene.stage);
    let expected = feed_of_mirror(&scene.stage).replace("\"Firstname\"", "\"First name\"");
    assert_eq!((scene.sshd.file(), scene.stage.people()), (Some(expected), before));
}

#[test]
fn redeliver_sends_the_present_state_again() {
    let Some(scene) = Scene::delivered() else { return };
    let contents = scene.stage.contents();
    fs::remove_file(scene.sshd.upload().join("employees.csv")).unwrap();
    let ended = scene.stage.run(&["sync", "--redeliver"]).expect(0);
    assert_eq!(ended.stderr, "", "a file that is gone may have been imported");
    scene.is_in_step();
    assert_eq!(scene.stage.contents(), contents);
}

#[test]
fn a_foreign_file_is_held_and_replaced_once_it_is_approved() {
    let Some(scene) = Scene::with_a_change() else { return };
    let path = scene.sshd.upload().join("employees.csv");
    fs::write(&path, "somebody else's").unwrap();
    let held = scene.stage.run(&["sync"]).expect(20);
    assert!(held.stderr.contains("has a file that no run left there"), "{held:#?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "somebody else's");
    scene.stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    scene.is_in_step();
}

/// Between the look and the replacement.
#[test]
fn a_file_that_somebody_puts_there_meanwhile_is_not_replaced() {
    let Some(scene) = Scene::delivered() else { return };
    let path = scene.sshd.upload().join("employees.csv");
    let synced = scene.start_of("fsync@openssh.com");
    scene.personio.set_people(two("Eva"));
    let before = scene.stage.people();
    scene.sshd.behave(Manner::PausedAt(synced));
    let run = scene.spawn();
    scene.sshd.wait_for_silence();
    fs::write(&path, "somebody else's").unwrap();
    scene.sshd.go_on();
    let output = run.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(75), "{stderr}");
    assert!(stderr.contains("another file stands at upload/employees.csv than a moment ago"), "{stderr}");
    assert_eq!((scene.sshd.file().as_deref(), scene.stage.people()), (Some("somebody else's"), before));
    assert_eq!(scene.sshd.names(), ["employees.csv"]);
}

#[test]
fn checking_the_destination_touches_nothing() {
    let Some(scene) = Scene::delivered() else { return };
    let path = scene.sshd.upload().join("employees.csv");
    let identity = |path: &Path| fs::metadata(path).map(|file| (file.ino(), file.mtime_nsec(), file.size())).unwrap();
    let before = (identity(&path), scene.stage.contents(), scene.stage.runs());
    let cases = [
        (Manner::Honest, 0, "what is written can be read back; files are replaced in one step"),
        (Manner::Options("-P posix-rename"), 0, "the old file is moved aside before the new one takes its place"),
        (Manner::Options("-P read"), 0, "deliveries cannot be verified"),
        (Manner::Options("-R"), 77, "cannot write upload/.employees.csv.part"),
        (Manner::Options("-P opendir"), 0, "upload cannot be listed (permission denied), which no delivery needs"),
        (Manner::Options("-P rename,posix-rename"), 77, "ask the owner of 127.0.0.1 for the right to rename files"),
        (Manner::FullDisk(0), 75, "its disk may be full"),
    ];
    for (manner, code, sentence) in cases {
        scene.sshd.behave(manner.clone());
        let ended = scene.stage.run(&["connect", "--check-delivery"]).expect(code);
        assert!((ended.stdout.clone() + &ended.stderr).contains(sentence), "{manner:?}: {ended:#?}");
        assert_eq!(scene.sshd.names(), ["employees.csv"], "{manner:?}");
    }
    // What cannot be removed stays, which no delivery needs either.
    scene.sshd.behave(Manner::Options("-P remove"));
    let ended = scene.stage.run(&["connect", "--check-delivery"]).expect(0);
    assert!(ended.stderr.contains("upload/.employees.csv.part cannot be removed"), "{ended:#?}");
    assert_eq!(scene.sshd.names(), [".employees.csv.part", "employees.csv"]);
    fs::remove_file(scene.sshd.upload().join(".employees.csv.part")).unwrap();
    scene.configure(&scene.sshd.settings().replace("employees.csv", "Employees.csv"));
    scene.sshd.behave(Manner::Honest);
    let ended = scene.stage.run(&["connect", "--check-delivery"]).expect(0);
    assert!(ended.stderr.contains("Honestly imports employees.csv and nothing else"), "{ended:#?}");
    assert_eq!(scene.sshd.names(), ["employees.csv"]);
    assert_eq!((identity(&path), scene.stage.contents(), scene.stage.runs()), before);
    scene.sshd.wait_for_the_sessions_to_end();
}

#[test]
fn the_hosts_own_ssh_configuration_leads_the_way_and_weakens_nothing() {
    let Some(scene) = Scene::with_a_change() else { return };
    let home = scene.stage.home();
    let socket = home.join("shared");
    let configuration = format!(
        "Host *\n  UserKnownHostsFile {known}\n  IdentityFile {key}\n  IdentitiesOnly yes\n  User {user}\n\
         Host jump honestly\n  HostName 127.0.0.1\n  Port {port}\n\
         Host honestly\n  ProxyJump jump\n  StrictHostKeyChecking no\n  ControlMaster auto\n  ControlPath {socket}\n  \
         ControlPersist yes\n  RequestTTY force\n  LogLevel QUIET\n",
        known = home.join("known_hosts").display(),
        key = scene.sshd.key().display(),
        user = user(),
        port = scene.sshd.port(),
        socket = socket.display(),
    );
    // OpenSSH asks the user database for the home folder, not the environment.
    let bin = home.join("bin");
    fs::create_dir(&bin).unwrap();
    let (config, wrapper) = (home.join("ssh_config"), bin.join("ssh"));
    fs::write(&config, configuration).unwrap();
    fs::write(&wrapper, format!("#!/bin/sh\nPATH=/usr/bin:/bin exec ssh -F {} \"$@\"\n", config.display())).unwrap();
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o700)).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let run = |arguments: &[&str]| crate::stage::ended(scene.stage.command(arguments).env("PATH", &path));
    scene.configure("[delivery]\nto = \"sftp://honestly/upload/employees.csv\"\ntimeout_seconds = 20\n");
    let held = run(&["sync"]).expect(20);
    let approve = ["sync", "--approve", &digest(&held)];

    fs::write(home.join("known_hosts"), "").unwrap();
    let ended = run(&approve).expect(77);
    assert!(ended.stderr.contains("is not known"), "{ended:#?}");
    let host_key = format!("[127.0.0.1]:{}", scene.sshd.port());
    let known = Command::new("ssh-keyscan").args(["-p", &scene.sshd.port().to_string(), "127.0.0.1"]).output().unwrap();
    let known = String::from_utf8(known.stdout).unwrap();
    assert!(known.contains(&host_key), "{known}");
    fs::write(home.join("known_hosts"), known).unwrap();
    // The file of the destination's other name stands there, which could not be seen before.
    let held = run(&["sync"]).expect(20);
    run(&["sync", "--approve", &digest(&held)]).expect(0);
    scene.is_in_step();
    assert!(!socket.exists(), "no connection is shared");
}

#[test]
fn nothing_personal_and_no_secret_is_logged() {
    let Some(scene) = Scene::with_a_change() else { return };
    let said = scene.stage.run(&["-vv", "sync"]).expect(0).stderr;
    scene.personio.set_people(two("Ada"));
    scene.sshd.behave(Manner::Options("-R"));
    let said = said + &scene.stage.run(&["-vv", "sync"]).expect(77).stderr;
    assert!(said.contains("honestly_sync::") && !said.contains("ssh does not end by itself"), "{said}");
    for secret in [CLIENT_ID, SECRET, TOKEN, "example.org", "Lovelace", "Brandt", "PRIVATE KEY"] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
}

#[test]
fn a_file_on_this_machine_is_delivered_like_any_other() {
    let personio = Personio::with(two("Ada"));
    let stage = Stage::connected(&personio);
    let folder = stage.home().join("out");
    let path = folder.join("employees.csv");
    stage.configure(&personio, &format!("[delivery]\nto = \"file://{}\"\n", path.display()));
    let held = stage.run(&["sync"]).expect(20);
    let approve = ["sync", "--approve", &digest(&held)];
    let before = stage.contents();
    let ended = stage.run(&approve).expect(77);
    assert!(ended.stderr.contains("cannot look at") && ended.stderr.contains("nothing was delivered"), "{ended:#?}");
    assert_eq!(stage.contents(), before);

    fs::create_dir(&folder).unwrap();
    stage.run(&approve).expect(0);
    assert_eq!(fs::read_to_string(&path).unwrap(), feed_of_mirror(&stage));
    let delivered = fs::metadata(&path).unwrap().ino();
    stage.run(&["sync"]).expect(0);
    assert_eq!(fs::metadata(&path).unwrap().ino(), delivered, "nothing to change");
    personio.set_people(two("Eva"));
    stage.run(&["connect", "--check-delivery"]).expect(0);
    stage.run(&["sync"]).expect(0);
    assert_eq!(fs::read_to_string(&path).unwrap(), feed_of_mirror(&stage));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);

    // A folder stands in the way: nothing is left beside it.
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    personio.set_people(two("Ada"));
    let before = stage.contents();
    stage.run(&["sync"]).expect(78);
    assert_eq!((stage.contents(), fs::read_dir(&folder).unwrap().count()), (before, 1));
}

#[test]
fn a_company_in_which_days_pass_is_delivered_to_a_file() {
    let personio = Personio::with(company::people(240));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("employees.csv");
    let stage = Stage::connected(&personio);
    stage.configure(&personio, &format!("[delivery]\nto = \"file://{}\"\n", path.display()));
    approve(&stage);
    for _ in 0..3 {
        let before = fs::read_to_string(&path).unwrap();
        assert_eq!(before, feed_of_mirror(&stage));
        personio.next_day();
        stage.run(&["sync"]).expect(0);
        assert_ne!(fs::read_to_string(&path).unwrap(), before);
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), feed_of_mirror(&stage));
}

#[test]
fn no_process_outlives_a_run() {
    let Some(scene) = Scene::delivered() else { return };
    let rename = scene.start_of("posix-rename@openssh.com");
    scene.personio.set_people(two("Eva"));
    scene.configure(&scene.sshd.settings().replace("= 20", "= 1"));
    scene.sshd.behave(Manner::SilentAt(rename, ""));
    let run = scene.spawn();
    scene.sshd.wait_for_silence();
    let started = family(run.id());
    assert!(started.len() > 1, "ssh is a child of the run");
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(75), "{output:?}");
    let alive: Vec<&u32> = started.iter().filter(|pid| Path::new(&format!("/proc/{pid}")).exists()).collect();
    assert_eq!(alive, Vec::<&u32>::new());
}
