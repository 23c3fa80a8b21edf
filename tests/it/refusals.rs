//! Who refused a delivery, and whether trying again helps: real servers and file systems, and what `ssh` makes of its configuration.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::delivery::two;
use crate::guard::digest;
use crate::odd_server::OddServer;
use crate::odd_server::Oddity::{self, *};
use crate::personio::Personio;
use crate::sshd::{Manner, Sshd, family};
use crate::stage::{Ended, Stage, ended};

/// A company whose `ssh` has a configuration of the test's.
struct Scene {
    personio: Personio,
    stage: Stage,
    sshd: Sshd,
    /// Variables for `ssh`.
    variables: Vec<(&'static str, PathBuf)>,
}

impl Scene {
    /// Connected, and nothing delivered yet.
    fn new() -> Option<Self> {
        let sshd = Sshd::start()?;
        let personio = Personio::with(two("Ada"));
        let stage = Stage::connected(&personio);
        stage.configure(&personio, &sshd.settings());
        let scene = Self { personio, stage, sshd, variables: Vec::new() };
        scene.ssh_config("");
        Some(scene)
    }

    /// The only SSH configuration there is.
    fn ssh_config(&self, lines: &str) {
        let (bin, config) = (self.stage.home().join("bin"), self.stage.home().join("ssh_config"));
        fs::create_dir_all(&bin).unwrap();
        fs::write(&config, lines).unwrap();
        let script = format!("#!/bin/sh\nPATH=/usr/bin:/bin exec ssh -F {} \"$@\"\n", config.display());
        fs::write(bin.join("ssh"), script).unwrap();
        fs::set_permissions(bin.join("ssh"), fs::Permissions::from_mode(0o700)).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let path = format!("{}:/usr/bin:/bin", self.stage.home().join("bin").display());
        ended(self.stage.command(arguments).env("PATH", path).envs(self.variables.iter().cloned()))
    }

    /// What a check of the destination comes to.
    #[track_caller]
    fn is_told(&self, code: i32, sentences: &[&str], what: &str) -> Ended {
        let ended = self.run(&["connect", "--check-delivery"]);
        assert_eq!(ended.code, code, "{what}: {ended:#?}");
        for sentence in sentences {
            assert!(ended.stderr.contains(sentence), "{what}: {sentence}: {ended:#?}");
        }
        assert!(!ended.stderr.contains("\"unknown\""), "{what}: {ended:#?}");
        let again = ended.stderr.contains("the next run tries again");
        assert_eq!(again, code == 75, "{what}: {ended:#?}");
        ended
    }

    fn delivery(&self, more: &str) {
        self.stage.configure(&self.personio, &self.sshd.delivery(&format!("timeout_seconds = 20\n{more}")));
    }
}

#[test]
fn no_line_of_the_ssh_configuration_gets_into_the_pipes() {
    let Some(scene) = Scene::new() else { return };
    let forward = "Host *\n  ForwardAgent yes\n  ForwardX11 yes\n  LocalForward 127.0.0.1:1 127.0.0.1:1\n  ExitOnForwardFailure yes\n";
    let lines = [
        "PermitLocalCommand yes\nLocalCommand echo from the configuration\n",
        "StdinNull yes\n",
        "ForkAfterAuthentication yes\n",
        "RequestTTY force\nRemoteCommand echo hello\n",
        "Tunnel yes\n",
        "LogLevel QUIET\nVisualHostKey yes\n",
        forward,
    ];
    for lines in lines {
        scene.ssh_config(lines);
        scene.is_told(0, &[], lines);
    }
}

#[test]
fn an_ssh_that_is_too_old_is_told() {
    let Some(scene) = Scene::new() else { return };
    let script = "#!/bin/sh\nfor word; do case $word in StdinNull=*)\n\
                  echo 'command-line: line 0: Bad configuration option: stdinnull' >&2; exit 255;; esac; done\n\
                  PATH=/usr/bin:/bin exec ssh -F none \"$@\"\n";
    fs::write(scene.stage.home().join("bin/ssh"), script).unwrap();
    scene.is_told(78, &["older than OpenSSH 8.7", "a newer OpenSSH client"], "OpenSSH before 8.7");
}

#[test]
fn what_the_ssh_configuration_breaks_is_told_as_that() {
    let Some(scene) = Scene::new() else { return };
    let sshd = &scene.sshd;
    scene.delivery(&sshd.known_hosts());
    let key = sshd.key();
    let with_key = |lines: &str| format!("IdentityFile {}\nIdentitiesOnly yes\n{lines}", key.display());
    let cases = [
        (with_key(""), 0, vec![]),
        (
            "IdentityFile none\nIdentitiesOnly yes\n".to_owned(),
            77,
            vec!["ssh offers 127.0.0.1 no key", "identity_file"],
        ),
        (with_key("PubkeyAuthentication no\n"), 77, vec!["ssh offers 127.0.0.1 no key", "PubkeyAuthentication"]),
        (with_key("PreferredAuthentications password\n"), 77, vec!["ssh offers 127.0.0.1 no key"]),
        (with_key("NoSuchOption yes\n"), 78, vec!["ssh refuses its configuration", "nosuchoption"]),
        (with_key("Ciphers nonsense\n"), 78, vec!["ssh refuses its configuration", "nonsense"]),
        (
            with_key("ProxyCommand /nowhere/connect %h %p\n"),
            77,
            vec!["the proxy command \"/nowhere/connect 127.0.0.1", "cannot be run", "correct ProxyCommand"],
        ),
        (with_key("ProxyCommand nosuchprogram -x %h:%p\n"), 77, vec!["\"nosuchprogram -x 127.0.0.1:", "cannot be run"]),
        (
            with_key("ProxyCommand sh -c 'echo proxy: HTTP/1.1 407 Authentication Required >&2'\n"),
            77,
            vec!["407 Authentication Required", "the owner of the proxy"],
        ),
        (
            with_key("ProxyCommand sh -c 'echo proxy.example: Connection refused >&2'\n"),
            75,
            vec!["does not lead to 127.0.0.1: proxy.example: Connection refused"],
        ),
        (with_key("ProxyJump lost.invalid\n"), 75, vec!["lost.invalid, on the way to 127.0.0.1, cannot be passed"]),
        (with_key("KexAlgorithms curve25519-sha256\n"), 0, vec![]),
    ];
    for (lines, code, sentences) in cases {
        scene.ssh_config(&lines);
        scene.is_told(code, &sentences, &lines);
    }
    let to = format!("[delivery]\nto = \"sftp://a%3Bb@127.0.0.1:{}/e.csv\"\n", sshd.port());
    scene.stage.configure(&scene.personio, &to);
    scene.is_told(
        77,
        &["ssh refuses the user a;b", "correct the user or the host in [delivery] to"],
        "a user that ssh refuses",
    );
}

#[test]
fn a_missing_ssh_is_told() {
    let Some(scene) = Scene::new() else { return };
    let ended = ended(scene.stage.command(&["connect", "--check-delivery"]).env("PATH", "/nowhere")).expect(78);
    assert!(
        ended.stderr.contains("cannot run ssh: No such file") && ended.stderr.contains("OpenSSH client"),
        "{ended:#?}"
    );
}

/// Signs a key, and leaves the certificate beside it.
fn certify(authority: &Path, key: &Path, options: &[&str]) {
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-I", "test", "-s"]).arg(authority).args(options).arg(key.with_extension("pub"));
    assert!(keygen.stdin(Stdio::null()).status().unwrap().success());
}

#[test]
fn certificates_that_are_not_valid_are_told_as_that() {
    let Some(scene) = Scene::new() else { return };
    let sshd = &scene.sshd;
    let authority = sshd.another_key("authority", &["-t", "ed25519", "-N", ""]);
    let signed = fs::read_to_string(authority.with_extension("pub")).unwrap();
    let host_key = sshd.path("host_key");
    sshd.configure(&format!("HostCertificate {}", sshd.path("host_key-cert.pub").display()));
    let trusted = format!("@cert-authority [127.0.0.1]:{} {signed}", sshd.port());
    fs::write(sshd.path("known_hosts"), trusted).unwrap();
    const OLD: &str = "20200101:20210101";
    let owner = "ask the owner of 127.0.0.1 for a valid host certificate";
    certify(&authority, &host_key, &["-h", "-n", "127.0.0.1"]);
    scene.is_told(0, &[], "a valid host certificate");
    certify(&authority, &host_key, &["-h", "-n", "127.0.0.1", "-V", OLD]);
    let ended = scene.is_told(77, &["Certificate invalid: expired", "valid from 2020", owner], "expired");
    assert!(!ended.stderr.contains("host_key"), "{ended:#?}");
    certify(&authority, &host_key, &["-h", "-n", "another.example"]);
    scene.is_told(77, &["Certificate invalid: name is not a listed principal", owner], "another host's");
    certify(&sshd.path("key"), &host_key, &["-h", "-n", "127.0.0.1"]);
    let pin = format!("host_key = \"{}\"", sshd.fingerprint());
    scene.is_told(77, &["no known authority signed the certificate", "@cert-authority", &pin], "another authority");
    // What the hint says works.
    scene.delivery(&format!("{}{pin}\n", sshd.identity()));
    scene.is_told(0, &[], "pinned");

    sshd.know(&fs::read_to_string(sshd.path("host_key.pub")).unwrap());
    sshd.configure(&format!(
        "HostKeyAlgorithms ssh-ed25519\nTrustedUserCAKeys {}",
        authority.with_extension("pub").display()
    ));
    fs::write(sshd.path("authorized_keys"), "").unwrap();
    let key = sshd.another_key("certified", &["-t", "ed25519", "-N", ""]);
    scene.delivery(&format!("identity_file = \"{}\"\n{}", key.display(), sshd.known_hosts()));
    let user = crate::sshd::user();
    certify(&authority, &key, &["-n", &user]);
    scene.is_told(0, &[], "a valid certificate");
    certify(&authority, &key, &["-n", &user, "-V", OLD]);
    scene.is_told(77, &["does not accept the certificate", "it expired on 2021-01-01", "renew"], "expired");
    certify(&authority, &key, &["-n", "somebody-else", "-V", "20200101:20990101"]);
    scene.is_told(77, &["it is valid until 2099-01-01", "another user"], "another user's");
}

/// An agent that has the key and refuses to sign with it.
fn refusing_agent(socket: &Path, public_key: &str) {
    let decode = Command::new("base64").arg("-d").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut decode = decode.unwrap();
    decode.stdin.take().unwrap().write_all(public_key.split(' ').nth(1).unwrap().as_bytes()).unwrap();
    let key = decode.wait_with_output().unwrap().stdout;
    let listener = UnixListener::bind(socket).unwrap();
    let string = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes(), bytes].concat();
    let identities = string(&[&[12, 0, 0, 0, 1], &string(&key)[..], &string(b"comment")].concat());
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut length = [0; 4];
            while client.read_exact(&mut length).is_ok() {
                let mut request = vec![0; u32::from_be_bytes(length) as usize];
                client.read_exact(&mut request).unwrap();
                let answer = if request[0] == 11 { identities.clone() } else { string(&[5]) };
                client.write_all(&answer).unwrap();
            }
        }
    });
}

#[test]
fn an_agent_that_refuses_to_sign_and_a_key_with_lines_of_windows_are_told() {
    let Some(mut scene) = Scene::new() else { return };
    let windows = scene.stage.home().join("key-of-windows");
    fs::write(&windows, fs::read_to_string(scene.sshd.key()).unwrap().replace('\n', "\r\n")).unwrap();
    fs::set_permissions(&windows, fs::Permissions::from_mode(0o600)).unwrap();
    scene.delivery(&format!("identity_file = \"{}\"\n{}", windows.display(), scene.sshd.known_hosts()));
    let told = scene.is_told(77, &["because its lines end as those of Windows do", "sed -i 's/"], "lines of Windows");
    let repair = told.stderr.lines().find_map(|line| line.strip_prefix("hint: sed")).unwrap();
    assert!(Command::new("sh").arg("-c").arg(format!("sed{repair}")).status().unwrap().success());
    scene.is_told(0, &[], "repaired as the hint says");

    scene.delivery(&scene.sshd.known_hosts());
    let socket = scene.stage.home().join("agent");
    refusing_agent(&socket, &fs::read_to_string(scene.sshd.key().with_extension("pub")).unwrap());
    scene.variables.push(("SSH_AUTH_SOCK", socket));
    scene.ssh_config("IdentityFile none\n");
    let sentences = ["127.0.0.1 accepts the key, but nothing here signs with it", "agent refused operation", "a PIN"];
    scene.is_told(77, &sentences, "an agent that refuses");
}

/// Whoever notices first that the session is refused: `ssh`, the server or the pipe.
#[test]
fn a_chroot_that_the_server_refuses_is_lasting() {
    let Some(scene) = Scene::new() else { return };
    // Every folder above must be root's alone, and the test's is not.
    let home = scene.sshd.path("home");
    fs::set_permissions(&home, fs::Permissions::from_mode(0o777)).unwrap();
    scene.sshd.configure(&format!("ChrootDirectory {}\nForceCommand internal-sftp", home.display()));
    for _ in 0..10 {
        scene.is_told(77, &["and ends the session before SFTP begins", "lawful chroot"], "a chroot");
    }
}

#[test]
fn ssh_ends_with_a_run_that_is_killed_although_the_server_notices_nothing() {
    let Some(scene) = Scene::new() else { return };
    let held = scene.run(&["sync"]).expect(20);
    scene.sshd.behave(Manner::DeafAt(5));
    let mut run = scene.stage.command(&["sync", "--approve", &digest(&held)]);
    let mut run = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    scene.sshd.wait_for_silence();
    let started = family(run.id());
    assert!(started.len() > 1, "ssh is a child of the run");
    run.kill().unwrap();
    run.wait().unwrap();
    // The server's side ends only when ssh does: it reads nothing.
    scene.sshd.wait_for_the_sessions_to_end();
}

/// A server in memory with a delivery to it.
struct Odd {
    personio: Personio,
    stage: Stage,
    server: OddServer,
}

impl Odd {
    fn new(settings: &str) -> Self {
        let personio = Personio::with(two("Ada"));
        let stage = Stage::connected(&personio);
        let to = "[delivery]\nto = \"sftp://u@server.example/upload/employees.csv\"\ntimeout_seconds = 20\n";
        stage.configure(&personio, &format!("{to}{settings}"));
        Self { personio, stage, server: OddServer::start() }
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        ended(self.stage.command(arguments).env("PATH", self.server.path()))
    }

    fn approve(&self) -> Ended {
        let held = self.run(&["sync"]).expect(20);
        self.run(&["sync", "--approve", &digest(&held)])
    }

    fn has(&self, first_name: &str) -> bool {
        self.server.file().is_some_and(|file| file.contains(first_name) && file.ends_with('\n'))
    }
}

/// Also where they may neither be removed nor overwritten, and where checks come in between.
#[test]
fn what_cannot_be_removed_never_multiplies_and_stops_no_delivery() {
    let aside = [NoRemoving, NoPosixRename, RenameOverRefused];
    let over = [NoRemoving];
    let once = [NoRemoving, WritesOnce];
    for (oddities, most) in [(&aside[..], 2), (&over[..], 1), (&once[..], 1)] {
        let odd = Odd::new("");
        odd.server.behave(oddities);
        odd.approve().expect(0);
        for (number, name) in ["Eva", "Ida", "Ada", "Eva", "Ida", "Ada"].into_iter().enumerate() {
            odd.personio.set_people(two(name));
            if number % 2 == 0 && !oddities.contains(&WritesOnce) {
                odd.run(&["connect", "--check-delivery"]).expect(0);
            }
            let ended = odd.run(&["sync"]).expect(0);
            let left = odd.server.left_behind();
            assert!(odd.has(name) && left.len() <= most, "{oddities:?}: {left:?} {ended:#?}");
        }
    }
}

#[test]
fn where_nothing_may_be_renamed_or_removed_one_copy_stays_and_is_called_what_it_is() {
    let odd = Odd::new("");
    odd.server.behave(&[NoRename, NoRemoving]);
    for _ in 0..3 {
        let check = odd.run(&["connect", "--check-delivery"]).expect(77);
        assert!(check.stderr.contains("stays on the server with nobody's data"), "{check:#?}");
        assert_eq!(odd.server.left_behind(), ["upload/.employees.csv.part"]);
    }
    let mut refused = odd.approve();
    for _ in 0..3 {
        assert!(
            refused.code == 77 && refused.stderr.contains("stays on the server with everybody's data"),
            "{refused:#?}"
        );
        assert!(!refused.stderr.contains("\"none\""), "{refused:#?}");
        assert_eq!(odd.server.left_behind(), ["upload/.employees.csv.part"]);
        refused = odd.run(&["sync"]);
    }
}

#[test]
fn a_file_that_its_importer_has_open_is_tried_again() {
    for words in ["used by another process", "The file is locked", ""] {
        let odd = Odd::new("");
        odd.server.behave(&[NoPosixRename]);
        odd.approve().expect(0);
        odd.personio.set_people(two("Eva"));
        odd.server.behave(&[NoPosixRename, LockedWith(words)]);
        let refused = odd.run(&["sync"]).expect(75);
        assert!(refused.stderr.contains("the next run tries again"), "{refused:#?}");
        assert!(!refused.stderr.contains("\"none\"") && !refused.stderr.contains("the right to"), "{refused:#?}");
        assert_eq!(odd.server.left_behind(), Vec::<String>::new());
        odd.server.behave(&[NoPosixRename]);
        odd.run(&["sync"]).expect(0);
        assert!(odd.has("Eva"));
    }
}

#[test]
fn a_setting_is_advised_only_where_it_was_seen_to_work() {
    let cases: [(&[Oddity], &str, Option<&str>); 6] = [
        (&[NoDotNames], "", Some("temporary_name = \"employees-honestly-sync.csv\"")),
        (&[OnlyCsv, NoDotNames], "", Some("temporary_name = \"employees-honestly-sync.csv\"")),
        (&[NoRename], "", Some("temporary_name = \"none\"")),
        (&[TakesEveryFile], "", Some("temporary_name = \"none\"")),
        (&[NoRename, NoRemoving], "", None),
        (&[ReadOnly], "", None),
    ];
    for (oddities, settings, advice) in cases {
        let odd = Odd::new(settings);
        odd.server.behave(oddities);
        let check = odd.run(&["connect", "--check-delivery"]);
        assert_ne!(check.code, 0, "{oddities:?}: {check:#?}");
        let advised = check.stderr.lines().find(|line| line.contains("temporary_name"));
        assert_eq!(advised.is_some(), advice.is_some(), "{oddities:?}: {check:#?}");
        let Some(advice) = advice else { continue };
        assert!(advised.unwrap().contains(advice), "{oddities:?}: {check:#?}");
        // As advised, it works.
        let to = "[delivery]\nto = \"sftp://u@server.example/upload/employees.csv\"\n";
        odd.stage.configure(&odd.personio, &format!("{to}{advice}\n"));
        odd.run(&["connect", "--check-delivery"]).expect(0);
        assert_eq!(odd.server.left_behind(), Vec::<String>::new(), "{oddities:?}");
    }
}

#[test]
fn a_part_under_the_real_name_is_replaced_in_the_same_run() {
    let odd = Odd::new("temporary_name = \"none\"\n");
    odd.server.behave(&[NoRename, NoRemoving]);
    odd.approve().expect(0);
    odd.personio.set_people(two("Eva"));
    odd.server.behave(&[NoRename, NoRemoving, CutOnce]);
    let ended = odd.run(&["sync"]).expect(0);
    assert!(odd.has("Eva"), "{ended:#?}");
    assert_eq!(odd.run(&["sync"]).expect(0).stderr, "");
}

#[test]
fn a_server_is_understood_whatever_it_announces_and_whatever_flags_it_knows() {
    let odd = Odd::new("");
    odd.server.behave(&[Extensions(300), NewMeansEmpty]);
    odd.approve().expect(0);
    // Our own temporary file stands there.
    odd.personio.set_people(two("Eva"));
    odd.server.behave(&[Extensions(300), NewMeansEmpty, CutInMidUpload]);
    odd.run(&["sync"]).expect(75);
    odd.server.behave(&[Extensions(300), NewMeansEmpty]);
    odd.run(&["sync"]).expect(0);
    assert!(odd.has("Eva"));
    odd.personio.set_people(two("Ida"));
    odd.server.behave(&[RewritesLineEnds]);
    let refused = odd.run(&["sync"]).expect(77);
    assert!(
        refused.stderr.contains("changes the ends of the lines") && refused.stderr.contains("line_end"),
        "{refused:#?}"
    );
}

/// The run in a mount namespace of its own, after these commands; none where this machine allows no such thing.
fn mounted(stage: &Stage, before: &str, arguments: &[&str]) -> Option<Ended> {
    let possible = Command::new("unshare").args(["-rm", "true"]).output().is_ok_and(|output| output.status.success());
    if !possible {
        eprintln!("left out: nothing can be mounted here");
        return None;
    }
    let command = stage.command(arguments);
    let words: Vec<&str> =
        std::iter::once(command.get_program()).chain(command.get_args()).map(|word| word.to_str().unwrap()).collect();
    let mut unshared = Command::new("unshare");
    unshared.args(["-rm", "sh", "-c", &format!("{before} && exec {}", words.join(" "))]).env_clear();
    unshared.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    unshared.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").stdin(Stdio::null());
    Some(ended(&mut unshared))
}

#[test]
fn a_file_that_is_mounted_by_itself_and_a_share_that_is_not_mounted_are_told() {
    let personio = Personio::with(two("Ada"));
    let stage = Stage::connected(&personio);
    let folder = stage.home().join("share");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("employees.csv");
    stage.configure(&personio, &format!("[delivery]\nto = \"file://{}\"\n", path.display()));
    let (folder, file) = (folder.display().to_string(), path.display().to_string());

    // A container is given a single file.
    fs::write(&path, "").unwrap();
    let alone = format!("mount --bind {file} {file}");
    let held = stage.run(&["sync"]).expect(20);
    let Some(refused) = mounted(&stage, &alone, &["sync", "--approve", &digest(&held)]) else { return };
    for ended in [refused, mounted(&stage, &alone, &["connect", "--check-delivery"]).unwrap()] {
        let ended = ended.expect(77);
        assert!(ended.stderr.contains(&format!("mount the folder {folder} and not the file alone")), "{ended:#?}");
        assert!(!ended.stderr.contains("next run tries again"), "{ended:#?}");
    }
    fs::remove_file(&path).unwrap();

    let share = format!("mount -t tmpfs tmpfs {folder}");
    // What was approved above is delivered.
    mounted(&stage, &share, &["sync"]).unwrap().expect(0);
    personio.set_people(two("Eva"));
    for _ in 0..2 {
        let ended = stage.run(&["sync"]).expect(77);
        assert!(ended.stderr.contains(&format!("{folder} is not mounted")), "{ended:#?}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "nothing is delivered below it");
    }
    let ended = stage.run(&["connect", "--check-delivery"]).expect(77);
    assert!(ended.stderr.contains(&format!("{folder} is not mounted")), "{ended:#?}");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "and nothing is tried below it");
    mounted(&stage, &share, &["sync"]).unwrap().expect(0);
    // It is full: that passes.
    personio.set_people((1..200).map(|id| crate::personio::person(id, "Of", "Many", &format!("many{id}@example.org"))));
    let full = format!("mount -t tmpfs -o size=4k tmpfs {folder}");
    let held = mounted(&stage, &full, &["sync"]).unwrap();
    let digest = digest(&held.expect(20));
    let ended = mounted(&stage, &full, &["sync", "--approve", &digest]).unwrap().expect(75);
    assert!(ended.stderr.contains("No space left") && ended.stderr.contains("make room"), "{ended:#?}");
}
