//! A real OpenSSH server on loopback, and what it does to a session.
//!
//! The test itself listens and hands every connection to an `sshd -i` of its own: no port is guessed, no start is waited
//! for, every connection is counted. Behind it stands OpenSSH's `sftp-server`, and in front of that a line of shell that a
//! test chooses, so that the server can refuse, run out of disk, fall silent or break off at a chosen request. Everything
//! ends with the value: by process id, and nothing else.

use std::fs::{self, OpenOptions, Permissions};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tempfile::TempDir;

/// Longer than anything here takes, so that a test that waits in vain ends.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the server does to the next sessions.
#[derive(Debug, Clone)]
pub enum Manner {
    Honest,
    /// With options of `sftp-server`: `-R`, or `-P` and the requests it refuses.
    Options(&'static str),
    /// Keeps what the client sends, to be had from [`Sshd::recorded`].
    Recording(&'static str),
    /// Files end after so many blocks of 512 bytes, as on a full disk.
    FullDisk(u32),
    /// Answers what is asked before this byte, then breaks off.
    CutAt(usize, &'static str),
    /// Answers what is asked before this byte, tells the test, then says nothing more.
    SilentAt(usize, &'static str),
    /// Answers what is asked before this byte, tells the test, and does not even notice that the client goes away.
    DeafAt(usize),
    /// Answers what is asked before this request, tells the test, and goes on at [`Sshd::go_on`].
    PausedAt(usize),
    /// Accepts connections and says nothing at all.
    Mute,
}

/// A server with its keys, its login folder and an empty `upload` in it.
pub struct Sshd {
    folder: TempDir,
    port: u16,
    /// Bound and never listening, it keeps the port for this server while it is down.
    _port: Socket,
    lines: Arc<Lines>,
    accepting: Option<Accepting>,
    programs: Programs,
}

#[derive(Debug, Clone)]
struct Programs {
    sshd: PathBuf,
    sftp_server: PathBuf,
}

/// What accepting and testing share.
#[derive(Default)]
struct Lines {
    connections: AtomicUsize,
    mute: AtomicBool,
    children: Mutex<Vec<Child>>,
    muted: Mutex<Vec<TcpStream>>,
}

struct Accepting {
    stopping: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Sshd {
    /// None, with a message, where no OpenSSH server is installed; under CI that is a failure.
    pub fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let programs = match programs(folder.path()) {
            Ok(programs) => programs,
            Err(missing) if std::env::var_os("CI").is_some_and(|ci| ci == "true") => panic!("under CI: {missing}"),
            Err(missing) => {
                eprintln!("left out: {missing}");
                return None;
            }
        };
        let port = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        port.set_reuse_address(true).unwrap();
        port.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
        let number = port.local_addr().unwrap().as_socket().unwrap().port();
        let mut sshd = Self { folder, port: number, _port: port, lines: Arc::default(), accepting: None, programs };
        fs::create_dir_all(sshd.path("home/upload")).unwrap();
        make_key(&sshd.path("key"), &["-t", "ed25519", "-N", ""]);
        fs::copy(sshd.path("key.pub"), sshd.path("authorized_keys")).unwrap();
        sshd.know(&fs::read_to_string(sshd.path("host_key.pub")).unwrap());
        sshd.behave(Manner::Honest);
        sshd.up();
        Some(sshd)
    }

    /// Beside its configuration and its keys.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Adds lines to the configuration of the server.
    pub fn configure(&self, lines: &str) {
        let path = self.path("sshd_config");
        fs::write(&path, format!("{}{lines}\n", fs::read_to_string(&path).unwrap())).unwrap();
    }

    /// The destination of the file in the login folder's `upload`.
    pub fn destination(&self) -> String {
        self.destination_of("upload/employees.csv")
    }

    pub fn destination_of(&self, path: &str) -> String {
        format!("sftp://{}@127.0.0.1:{}/{path}", user(), self.port)
    }

    /// `[delivery]` as an operator writes it, without host key, key and limit.
    pub fn delivery(&self, more: &str) -> String {
        format!("[delivery]\nto = \"{}\"\n{more}\n", self.destination())
    }

    /// `[delivery]` that works.
    pub fn settings(&self) -> String {
        self.delivery(&format!("{}{}timeout_seconds = 20", self.identity(), self.known_hosts()))
    }

    pub fn identity(&self) -> String {
        format!("identity_file = \"{}\"\n", self.key().display())
    }

    pub fn known_hosts(&self) -> String {
        format!("known_hosts = \"{}\"\n", self.path("known_hosts").display())
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The private key that is let in.
    pub fn key(&self) -> PathBuf {
        self.path("key")
    }

    /// A new private key under this name.
    pub fn another_key(&self, name: &str, options: &[&str]) -> PathBuf {
        let path = self.path(name);
        make_key(&path, options);
        path
    }

    /// Lets one more key in.
    pub fn let_in(&self, key: &Path) {
        let keys = fs::read_to_string(self.path("authorized_keys")).unwrap();
        let key = fs::read_to_string(key.with_extension("pub")).unwrap();
        fs::write(self.path("authorized_keys"), keys + &key).unwrap();
    }

    /// Makes this host key the only one in `known_hosts`.
    pub fn know(&self, public_key: &str) {
        fs::write(self.path("known_hosts"), format!("[127.0.0.1]:{} {public_key}", self.port)).unwrap();
    }

    /// Marks its own host key as revoked in `known_hosts`.
    pub fn revoke(&self) {
        let key = fs::read_to_string(self.path("host_key.pub")).unwrap();
        fs::write(self.path("known_hosts"), format!("@revoked [127.0.0.1]:{} {key}", self.port)).unwrap();
    }

    pub fn know_nobody(&self) {
        fs::write(self.path("known_hosts"), "").unwrap();
    }

    /// As `ssh-keygen -l` prints it.
    pub fn fingerprint(&self) -> String {
        let printed = Command::new("ssh-keygen").arg("-lf").arg(self.path("host_key.pub")).output().unwrap();
        let printed = String::from_utf8(printed.stdout).unwrap();
        printed.split_whitespace().nth(1).unwrap().to_owned()
    }

    /// The whole line of `ssh-keygen -l` for the other host key, which is an RSA key.
    pub fn rsa_fingerprint(&self) -> String {
        let printed = Command::new("ssh-keygen").arg("-lf").arg(self.path("rsa_host_key.pub")).output().unwrap();
        String::from_utf8(printed.stdout).unwrap().trim().to_owned()
    }

    pub fn upload(&self) -> PathBuf {
        self.path("home/upload")
    }

    /// What stands under the real name.
    pub fn file(&self) -> Option<String> {
        let path = self.upload().join("employees.csv");
        path.exists().then(|| fs::read_to_string(path).unwrap())
    }

    /// Every name in `upload`, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.upload())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// How many connections there were so far.
    pub fn connections(&self) -> usize {
        self.lines.connections.load(Ordering::SeqCst)
    }

    /// What sshd wrote to its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// From the next session on.
    pub fn behave(&self, manner: Manner) {
        let server = |options: &str| {
            let (program, home) = (self.programs.sftp_server.display(), self.path("home"));
            format!("'{program}' {options} -d '{}'", home.display())
        };
        self.lines.mute.store(matches!(manner, Manner::Mute), Ordering::SeqCst);
        // `dd` with blocks of one byte takes no byte too many; the first byte of a request says that everything before it
        // was answered, because the client waits for every answer. A session that ends before goes its way.
        let at = |byte: usize, then: &str| {
            let came = "test \"$(dd bs=1 count=1 2>/dev/null | wc -c)\" -eq 1";
            format!("{{ dd bs=1 count={byte} 2>/dev/null; if {came}; then {then}; fi; }}")
        };
        let script = match manner {
            Manner::Honest | Manner::Mute => format!("exec {}", server("")),
            Manner::Options(options) => format!("exec {}", server(options)),
            Manner::Recording(options) => format!("tee '{}' | {}", self.path("requests").display(), server(options)),
            Manner::FullDisk(blocks) => format!("trap '' XFSZ; ulimit -f {blocks}; exec {}", server("")),
            Manner::CutAt(byte, options) => format!("{} | {}", at(byte, ":"), server(options)),
            Manner::SilentAt(byte, options) => {
                let told = self.pipe("told");
                format!("{} | {}", at(byte, &format!("echo silent >'{told}'; cat >/dev/null")), server(options))
            }
            Manner::DeafAt(byte) => {
                let told = self.pipe("told");
                format!("{} | {}", at(byte, &format!("echo silent >'{told}'; exec sleep 60")), server(""))
            }
            Manner::PausedAt(byte) => {
                let (told, go_on) = (self.pipe("told"), self.pipe("go-on"));
                // The byte that was taken: requests start with their length, and none is longer than three bytes can tell.
                let then = format!("echo silent >'{told}'; read go <'{go_on}'; printf '\\000'; cat");
                format!("{} | {}", at(byte, &then), server(""))
            }
        };
        let (new, path) = (self.path("subsystem.new"), self.path("subsystem"));
        fs::write(&new, script + "\n").unwrap();
        fs::rename(new, path).unwrap();
    }

    /// A new named pipe, and how to name it.
    fn pipe(&self, name: &str) -> String {
        let path = self.path(name);
        if path.exists() {
            fs::remove_file(&path).unwrap();
        }
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        path.display().to_string()
    }

    pub fn go_on(&self) {
        fs::write(self.path("go-on"), "go\n").unwrap();
    }

    /// Waits until every session there was is over.
    pub fn wait_for_the_sessions_to_end(&self) {
        let mut children: Vec<Child> = self.children().drain(..).collect();
        let pids: Vec<u32> = children.iter().map(Child::id).collect();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let ended = children.iter_mut().try_for_each(|child| child.wait().map(drop));
            // Nobody listens any more where the test gave up.
            let _ = tell.send(ended);
        });
        if told.recv_timeout(PATIENCE).is_err() {
            for pid in pids {
                signal("KILL", &family(pid));
            }
            panic!("a session is still open: the client did not end its connection");
        }
    }

    /// Waits until a session came to where [`Manner::SilentAt`] falls silent or [`Manner::PausedAt`] waits.
    pub fn wait_for_silence(&self) {
        let (tell, told) = mpsc::channel();
        let path = self.path("told");
        thread::spawn(move || {
            // Opening waits for the writer. Nobody listens any more where the test gave up.
            let _ = tell.send(fs::read_to_string(path));
        });
        let text = told.recv_timeout(PATIENCE).expect("no session came to the place").unwrap();
        assert_eq!(text, "silent\n");
    }

    /// The requests of the last session in [`Manner::Recording`], with the byte each starts at.
    pub fn recorded(&self) -> Vec<(usize, String)> {
        let sent = fs::read(self.path("requests")).unwrap();
        let number = |at: usize| u32::from_be_bytes(sent[at..at + 4].try_into().unwrap()) as usize;
        let mut requests = Vec::new();
        let mut at = 0;
        while at < sent.len() {
            let name = match sent[at + 4] {
                1 => "init".to_owned(),
                3 => "open".to_owned(),
                4 => "close".to_owned(),
                5 => "read".to_owned(),
                6 => "write".to_owned(),
                7 => "lstat".to_owned(),
                13 => "remove".to_owned(),
                17 => "stat".to_owned(),
                18 => "rename".to_owned(),
                200 => String::from_utf8(sent[at + 13..at + 13 + number(at + 9)].to_vec()).unwrap(),
                other => format!("request {other}"),
            };
            requests.push((at, name));
            at += 4 + number(at);
        }
        assert_eq!(at, sent.len(), "the last request is whole");
        requests
    }

    /// Stops every process of the sessions there are; they answer nobody, not even keepalives.
    pub fn freeze(&self) {
        for child in self.children().iter() {
            signal("STOP", &family(child.id()));
        }
    }

    /// Refuses connections from now on.
    pub fn down(&mut self) {
        let Some(Accepting { stopping, thread }) = self.accepting.take() else { return };
        stopping.store(true, Ordering::SeqCst);
        // `accept` has no time limit; a connection of our own ends its wait.
        drop(TcpStream::connect(("127.0.0.1", self.port)).unwrap());
        thread.join().unwrap();
    }

    pub fn up(&mut self) {
        if self.accepting.is_some() {
            return;
        }
        let listener = TcpListener::bind(("127.0.0.1", self.port)).unwrap();
        let stopping = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let (stopping, lines) = (Arc::clone(&stopping), Arc::clone(&self.lines));
            let (sshd, folder) = (self.programs.sshd.clone(), self.folder.path().to_owned());
            move || {
                for accepted in listener.incoming() {
                    if stopping.load(Ordering::SeqCst) {
                        return;
                    }
                    lines.take(accepted.unwrap(), &sshd, &folder);
                }
            }
        });
        self.accepting = Some(Accepting { stopping, thread });
    }

    fn children(&self) -> MutexGuard<'_, Vec<Child>> {
        self.lines.children.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn take(&self, connection: TcpStream, sshd: &Path, folder: &Path) {
        self.connections.fetch_add(1, Ordering::SeqCst);
        if self.mute.load(Ordering::SeqCst) {
            self.muted.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            return;
        }
        let output = OwnedFd::from(connection.try_clone().unwrap());
        let log = OpenOptions::new().create(true).append(true).open(folder.join("log")).unwrap();
        let child = Command::new(sshd)
            .args(["-i", "-e", "-f"])
            .arg(folder.join("sshd_config"))
            .stdin(OwnedFd::from(connection))
            .stdout(output)
            .stderr(log)
            .spawn()
            .unwrap();
        self.children.lock().unwrap_or_else(PoisonError::into_inner).push(child);
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.down();
        for mut child in self.children().drain(..) {
            let family = family(child.id());
            match child.try_wait() {
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => signal("KILL", &family),
            }
            // It has ended, or it ends now.
            let _ = child.wait();
        }
        if thread::panicking() {
            eprintln!("--- what sshd said\n{}", self.log());
        }
    }
}

/// The programs, proven to run here, or what is missing. Leaves the host key and the configuration in the folder.
fn programs(folder: &Path) -> Result<Programs, String> {
    let found = |name: &str, places: &[&str]| {
        let mut places = places.iter().map(|place| Path::new(place).join(name));
        places.find(|path| path.exists()).ok_or_else(|| format!("{name} is not installed"))
    };
    let sshd = found("sshd", &["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin"])?;
    let sftp_server = found(
        "sftp-server",
        &["/usr/lib/openssh", "/usr/libexec/openssh", "/usr/lib/ssh", "/usr/libexec", "/usr/local/libexec"],
    )?;
    found("ssh", &["/usr/bin", "/usr/local/bin"])?;
    make_key(&folder.join("host_key"), &["-t", "ed25519", "-N", ""]);
    make_key(&folder.join("rsa_host_key"), &["-t", "rsa", "-b", "2048", "-N", ""]);
    let at = folder.display();
    let configuration = format!(
        "HostKey {at}/host_key\nHostKey {at}/rsa_host_key\nAuthorizedKeysFile {at}/authorized_keys\nPidFile none\nStrictModes no\nUsePAM no\n\
         PermitRootLogin yes\nPubkeyAuthentication yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
         PrintMotd no\nPrintLastLog no\nLogLevel VERBOSE\nSubsystem sftp /bin/sh {at}/subsystem\n"
    );
    fs::write(folder.join("sshd_config"), configuration).unwrap();
    let tried = Command::new(&sshd).arg("-t").arg("-f").arg(folder.join("sshd_config")).output();
    match tried {
        Ok(output) if output.status.success() => Ok(Programs { sshd, sftp_server }),
        Ok(output) => Err(format!("sshd does not run here: {}", String::from_utf8_lossy(&output.stderr))),
        Err(error) => Err(format!("sshd does not run here: {error}")),
    }
}

fn make_key(path: &Path, options: &[&str]) {
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-C", "for a test"]).args(options).arg("-f").arg(path).stdin(Stdio::null());
    assert!(keygen.status().unwrap().success());
    assert_eq!(fs::metadata(path).unwrap().permissions(), Permissions::from_mode(0o100600));
}

pub fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A process and everything it started, children first.
pub fn family(pid: u32) -> Vec<u32> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let mut family: Vec<u32> =
        children.split_whitespace().filter_map(|child| child.parse().ok()).flat_map(family).collect();
    family.push(pid);
    family
}

fn signal(name: &str, pids: &[u32]) {
    let pids = pids.iter().map(u32::to_string);
    // One that has ended meanwhile makes it fail for that one only.
    let _ = Command::new("kill").arg(format!("-{name}")).args(pids).stderr(Stdio::null()).status();
}
