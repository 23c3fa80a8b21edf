//! Deliveries to real SFTP servers of other makers, as far as they are installed here; `.ci/servers` installs them all.
//!
//! The test listens itself and passes every connection on, to a server of its own or to one that runs, so that it can cut an
//! upload in the middle. Everything ends with the value: by process id, and nothing else.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use tempfile::TempDir;

use crate::delivery::feed_of_mirror;
use crate::guard::digest;
use crate::odd_servers::one_line;
use crate::personio::{Person, Personio, person};
use crate::stage::Stage;

/// Enough for an upload that can be cut in the middle, with more bytes than a whole session without one.
fn people(first_name: &str) -> Vec<Person> {
    let many = (1..1500).map(|id| person(id, "Of", "Many", &format!("number{id:04}@example.org")));
    many.chain([person(1500, first_name, "Lovelace", "ada@example.org")]).collect()
}

/// A server program, and what it is started with.
struct Maker {
    name: &'static str,
    /// Must be there for it to run.
    needs: &'static [&'static str],
    start: fn(&Path) -> Behind,
    /// The type of key that it can check: paramiko 2.12 knows RSA with SHA-1 alone.
    key: &'static str,
}

/// Where connections go.
enum Behind {
    /// To a new process each, on its standard input.
    New(fn(&Path) -> Command),
    /// To a server that runs and told its port in its first line.
    Running(Child, u16),
}

const MAKERS: [Maker; 4] = [
    Maker {
        name: "Dropbear with sftp-server",
        needs: &["/usr/sbin/dropbear", "/usr/lib/sftp-server", "libnss_wrapper"],
        start: |_| Behind::New(dropbear),
        key: "rsa",
    },
    Maker { name: "ProFTPD", needs: &["/usr/sbin/proftpd"], start: proftpd, key: "rsa" },
    Maker { name: "asyncssh", needs: &["python asyncssh"], start: |folder| python(folder, ASYNCSSH), key: "rsa" },
    Maker { name: "paramiko", needs: &["python paramiko"], start: |folder| python(folder, PARAMIKO), key: "ed25519" },
];

const ASYNCSSH: &str = r#"
import asyncio, asyncssh, sys
folder = sys.argv[1]
async def main():
    server = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[folder + "/host_key"], authorized_client_keys=folder + "/key.pub",
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=folder + "/home"))
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"#;

const PARAMIKO: &str = r#"
import os, paramiko, socket, sys, threading
folder = sys.argv[1]
home = folder + "/home"
def real(path):
    return home + os.path.normpath("/" + path)
class Handle(paramiko.SFTPHandle):
    def stat(self):
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))
class Files(paramiko.SFTPServerInterface):
    def list_folder(self, path):
        return []
    def told(self, work):
        try:
            return work()
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
    def stat(self, path):
        return self.told(lambda: paramiko.SFTPAttributes.from_stat(os.stat(real(path))))
    def lstat(self, path):
        return self.told(lambda: paramiko.SFTPAttributes.from_stat(os.lstat(real(path))))
    def open(self, path, flags, attributes):
        def work():
            number = os.open(real(path), flags, 0o600)
            handle = Handle(flags)
            handle.readfile = handle.writefile = os.fdopen(number, "wb" if flags & os.O_WRONLY else "rb")
            return handle
        return self.told(work)
    def remove(self, path):
        return self.told(lambda: os.remove(real(path)) or paramiko.SFTP_OK)
    def rename(self, old, new):
        def work():
            if os.path.exists(real(new)):
                return paramiko.SFTP_FAILURE
            os.rename(real(old), real(new))
            return paramiko.SFTP_OK
        return self.told(work)
    def posix_rename(self, old, new):
        return self.told(lambda: os.rename(real(old), real(new)) or paramiko.SFTP_OK)
class Login(paramiko.ServerInterface):
    def check_auth_publickey(self, user, key):
        allowed = open(folder + "/key.pub").read().split()[1]
        return paramiko.AUTH_SUCCESSFUL if key.get_base64() == allowed else paramiko.AUTH_FAILED
    def get_allowed_auths(self, user):
        return "publickey"
    def check_channel_request(self, kind, number):
        return paramiko.OPEN_SUCCEEDED
def serve(connection):
    transport = paramiko.Transport(connection)
    transport.add_server_key(paramiko.RSAKey(filename=folder + "/host_key"))
    transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files)
    transport.start_server(server=Login())
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"#;

fn python(folder: &Path, program: &str) -> Behind {
    let mut child = Command::new("/usr/bin/python3")
        .arg("-c")
        .arg(program)
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(fs::File::create(folder.join("log")).unwrap())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let port =
        line.trim().parse().unwrap_or_else(|_| panic!("{line}{}", fs::read_to_string(folder.join("log")).unwrap()));
    Behind::Running(child, port)
}

/// It looks for keys in the folder that the user database names: a wrapper names another.
fn dropbear(folder: &Path) -> Command {
    let home = folder.join("home");
    let ssh = home.join(".ssh");
    if !ssh.exists() {
        fs::create_dir(&ssh).unwrap();
        fs::copy(folder.join("key.pub"), ssh.join("authorized_keys")).unwrap();
        let (from, to) = (folder.join("host_key"), folder.join("dropbear_key"));
        let made = Command::new("dropbearconvert").args(["openssh", "dropbear"]).arg(from).arg(to).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        let user = crate::sshd::user();
        let id =
            |flag| String::from_utf8(Command::new("id").arg(flag).output().unwrap().stdout).unwrap().trim().to_owned();
        let entry = format!("{user}:x:{}:{}::{}:/bin/sh\n", id("-u"), id("-g"), home.display());
        fs::write(folder.join("passwd"), entry).unwrap();
        fs::write(folder.join("group"), format!("{user}:x:{}:\n", id("-g"))).unwrap();
    }
    let mut command = Command::new("/usr/sbin/dropbear");
    command.args(["-i", "-s", "-r"]).arg(folder.join("dropbear_key"));
    command.env("LD_PRELOAD", "libnss_wrapper.so").env("NSS_WRAPPER_PASSWD", folder.join("passwd"));
    command.env("NSS_WRAPPER_GROUP", folder.join("group"));
    command
}

fn proftpd(folder: &Path) -> Behind {
    let at = folder.display();
    let id = |flag| String::from_utf8(Command::new("id").arg(flag).output().unwrap().stdout).unwrap().trim().to_owned();
    let rfc4716 = Command::new("ssh-keygen").args(["-e", "-f"]).arg(folder.join("key.pub")).output().unwrap();
    fs::write(folder.join("keys"), rfc4716.stdout).unwrap();
    let user = crate::sshd::user();
    fs::write(folder.join("users"), format!("{user}:!:{}:{}::{at}/home:/bin/sh\n", id("-u"), id("-g"))).unwrap();
    fs::set_permissions(folder.join("users"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let configuration = format!(
        "ServerType inetd\nUseIPv6 off\nUser {user}\nGroup root\nScoreboardFile {at}/scoreboard\nPidFile {at}/pid\n\
         DelayEngine off\nWtmpLog off\nRootLogin on\nUseFtpUsers off\nRequireValidShell off\nAuthOrder mod_auth_file.c\nAuthUserFile {at}/users\n\
         ModulePath /usr/lib/proftpd\nLoadModule mod_sftp.c\nDefaultRoot {at}/home\nSystemLog {at}/log\nUseReverseDNS off\n\
         AllowOverwrite on\n<IfModule mod_sftp.c>\nSFTPEngine on\nSFTPLog {at}/log\nSFTPHostKey {at}/host_key\n\
         SFTPAuthMethods publickey\nSFTPAuthorizedUserKeys file:{at}/keys\n</IfModule>\n"
    );
    fs::write(folder.join("proftpd.conf"), configuration).unwrap();
    Behind::New(|folder| {
        let mut command = Command::new("/usr/sbin/proftpd");
        command.arg("-c").arg(folder.join("proftpd.conf"));
        command
    })
}

/// The first thing that is missing.
fn missing(maker: &Maker) -> Option<&'static str> {
    maker.needs.iter().copied().find(|need| match need.strip_prefix("python ") {
        Some(module) => {
            let tried = Command::new("/usr/bin/python3").args(["-c", &format!("import {module}")]).output();
            !tried.is_ok_and(|output| output.status.success())
        }
        None if need.starts_with('/') => !Path::new(need).exists(),
        None => {
            let tried = Command::new("true").env("LD_PRELOAD", format!("{need}.so")).output();
            !tried.is_ok_and(|output| output.stderr.is_empty())
        }
    })
}

/// A server with its keys and its login folder.
struct Server {
    folder: TempDir,
    port: u16,
    /// How many bytes a client may send before its connection is cut.
    allowed: Arc<AtomicUsize>,
    children: Arc<Mutex<Vec<Child>>>,
}

impl Server {
    fn start(maker: &Maker) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("home")).unwrap();
        for (name, kind) in [("host_key", "rsa"), ("key", maker.key)] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-m", "PEM", "-b", "2048", "-N", "", "-t", kind, "-f"])
                .arg(folder.path().join(name))
                .status();
            assert!(made.unwrap().success());
        }
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let allowed = Arc::new(AtomicUsize::new(usize::MAX));
        let children = Arc::<Mutex<Vec<Child>>>::default();
        let behind = (maker.start)(folder.path());
        thread::spawn({
            let (folder, allowed, children) = (folder.path().to_owned(), Arc::clone(&allowed), Arc::clone(&children));
            move || {
                let running = match behind {
                    Behind::Running(child, port) => {
                        children.lock().unwrap().push(child);
                        Ok(port)
                    }
                    Behind::New(command) => Err(command),
                };
                for client in listener.incoming() {
                    let server = match running {
                        Ok(port) => TcpStream::connect(("127.0.0.1", port)).unwrap(),
                        Err(command) => serve_one(command(&folder), &folder, &children),
                    };
                    pass_on(client.unwrap(), server, allowed.load(Ordering::SeqCst));
                }
            }
        });
        Self { folder, port, allowed, children }
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn settings(&self) -> String {
        let host_key =
            Command::new("ssh-keygen").arg("-lf").arg(self.folder.path().join("host_key.pub")).output().unwrap();
        format!(
            "[delivery]\nto = \"sftp://{}@127.0.0.1:{}/employees.csv\"\nidentity_file = \"{}\"\nhost_key = '{}'\ntimeout_seconds = 30\n",
            crate::sshd::user(),
            self.port,
            self.folder.path().join("key").display(),
            String::from_utf8(host_key.stdout).unwrap().trim()
        )
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.home()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name != ".ssh");
        names.sort();
        names
    }

    fn file(&self) -> Option<String> {
        let path = self.home().join("employees.csv");
        path.exists().then(|| fs::read_to_string(path).unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for child in self.children.lock().unwrap().iter_mut() {
            // It has ended where this fails.
            let _ = child.kill();
            let _ = child.wait();
        }
        if thread::panicking() {
            eprintln!(
                "--- what the server said\n{}",
                fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
            );
        }
    }
}

/// A server process with a connection of its own as its standard input and output.
fn serve_one(mut command: Command, folder: &Path, children: &Mutex<Vec<Child>>) -> TcpStream {
    let pair = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let ours = TcpStream::connect(pair.local_addr().unwrap()).unwrap();
    let (theirs, _) = pair.accept().unwrap();
    let output = OwnedFd::from(theirs.try_clone().unwrap());
    let log = fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).unwrap();
    let child = command.stdin(OwnedFd::from(theirs)).stdout(output).stderr(log).spawn().unwrap();
    children.lock().unwrap().push(child);
    ours
}

/// Both ways, until either side ends or the client has sent what it may.
fn pass_on(client: TcpStream, server: TcpStream, allowed: usize) {
    let copy = |mut from: TcpStream, mut to: TcpStream, mut left: usize| {
        thread::spawn(move || {
            let mut part = [0; 8192];
            while let Ok(read @ 1..) = from.read(&mut part) {
                if read > left || to.write_all(&part[..read]).is_err() {
                    let _ = from.shutdown(Shutdown::Both);
                    break;
                }
                left -= read;
            }
            let _ = to.shutdown(if left == usize::MAX { Shutdown::Write } else { Shutdown::Both });
        });
    };
    copy(server.try_clone().unwrap(), client.try_clone().unwrap(), usize::MAX);
    copy(client, server, allowed);
}

fn delivers(maker: &Maker) {
    let server = Server::start(maker);
    let personio = Personio::with(people("Ada"));
    let stage = Stage::connected(&personio);
    stage.configure(&personio, &server.settings());
    let checked = stage.run(&["connect", "--check-delivery"]);
    assert_eq!((checked.code, server.names()), (0, vec![]), "{}: {checked:#?}", maker.name);
    let held = stage.run(&["sync"]).expect(20);
    let approved = stage.run(&["sync", "--approve", &digest(&held)]);
    assert_eq!(approved.code, 0, "{}: {approved:#?}", maker.name);
    assert_eq!(server.file(), Some(feed_of_mirror(&stage)), "{}", maker.name);
    let unchanged = stage.run(&["sync"]);
    assert_eq!((unchanged.code, unchanged.stderr.as_str()), (0, ""), "{}", maker.name);
    personio.set_people(people("Eva"));
    let changed = stage.run(&["sync"]);
    assert_eq!(changed.code, 0, "{}: {changed:#?}", maker.name);
    assert_eq!((server.file(), server.names().len()), (Some(feed_of_mirror(&stage)), 1), "{}", maker.name);

    personio.set_people(people("Ida"));
    let old = server.file();
    // More than a session to look sends, and less than the file.
    server.allowed.store(40 * 1024, Ordering::SeqCst);
    let cut = stage.run(&["sync"]);
    assert_eq!((cut.code, server.file()), (75, old), "{}: {cut:#?}", maker.name);
    let left = server.names();
    server.allowed.store(usize::MAX, Ordering::SeqCst);
    let next = stage.run(&["sync"]);
    assert_eq!(next.code, 0, "{}: {next:#?}", maker.name);
    assert_eq!((server.file(), server.names().len()), (Some(feed_of_mirror(&stage)), 1), "{}", maker.name);
    println!(
        "| {} | 20 | {} | {} | {} | {} | {} | {left:?}, then nothing | {} {} {}",
        maker.name,
        approved.code,
        unchanged.code,
        changed.code,
        cut.code,
        next.code,
        one_line(&checked.stdout),
        one_line(&approved.stderr),
        one_line(&cut.stderr)
    );
}

#[test]
fn real_servers_of_other_makers_get_the_whole_file() {
    for maker in &MAKERS {
        match missing(maker) {
            None => delivers(maker),
            Some(missing) if std::env::var_os("SERVERS").is_some() => panic!("{}: {missing} is missing", maker.name),
            Some(missing) => eprintln!("left out: {}: {missing} is missing", maker.name),
        }
    }
}
