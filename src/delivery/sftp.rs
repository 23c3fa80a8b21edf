//! SFTP over the system's `ssh`, which brings the operator's keys, agents, jump hosts, known hosts and security updates.
//!
//! A kept library speaks the protocol on its pipes. Every step has a time limit. A connection that breaks is explained by
//! what `ssh` wrote to standard error. Whatever comes of it, `ssh` is ended and what was written under another name is
//! removed, as far as the server still answers.

use std::cell::Cell;
use std::io::SeekFrom;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use openssh_sftp_client::error::SftpErrorKind;
use openssh_sftp_client::metadata::MetaData;
use openssh_sftp_client::{Error, Sftp, SftpOptions};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::process::{Child, ChildStderr, Command};
use tokio::task::JoinHandle;

use super::reason::{Ended, key_state, reason};
use super::{
    Existing, ExistingFile, Names, PROBE, Probed, READ_LIMIT, Receipt, Replacement, Settings, Verification,
    replaced_meanwhile, sha256,
};
use crate::exit::{Exit, Failure};
use crate::remote::SftpTarget;

/// How much of what `ssh` says is kept: the reason is among the last lines, `-v` is talkative.
const MOST_WORDS: usize = 256 * 1024;
/// How much is sent or read in one step, in bytes.
const PART: usize = 256 * 1024;
/// How long `ssh` may take to end once there is nothing left to do.
const GOODBYE: Duration = Duration::from_secs(3);

pub fn look(settings: &Settings, target: &SftpTarget) -> Result<Existing, Failure> {
    run(settings, target, async |session: &Session<'_>| session.existing().await)
}

pub fn deliver(settings: &Settings, target: &SftpTarget, bytes: &[u8], seen: &Existing) -> Result<Receipt, Failure> {
    run(settings, target, async |session: &Session<'_>| session.replace(bytes, seen).await)
}

pub fn probe(settings: &Settings, target: &SftpTarget) -> Result<Probed, Failure> {
    run(settings, target, async |session: &Session<'_>| session.probe().await)
}

/// Signs in, does the work, and ends the connection whatever came of it.
fn run<T>(
    settings: &Settings,
    target: &SftpTarget,
    work: impl AsyncFnOnce(&Session<'_>) -> Result<T, Trouble>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Bug, format!("cannot start the delivery: {error}")))?;
    runtime.block_on(async {
        let (sftp, connection) = connect(settings, target).await?;
        let session = Session {
            sftp: &sftp,
            settings,
            path: &target.path,
            names: Names::beside(Path::new(&target.path)),
            place: Cell::new(Place::Untouched),
        };
        let result = work(&session).await;
        let place = session.place.get();
        match result {
            Ok(done) => {
                drop(sftp);
                connection.end().await;
                Ok(done)
            }
            Err(Trouble::Told(failure)) => {
                drop(sftp);
                connection.end().await;
                Err(failure)
            }
            Err(Trouble::Lost) => {
                let Failure { exit, message, hints } = connection.reason(settings, target).await;
                let message = match place {
                    Place::Untouched => message,
                    Place::Unknown | Place::Replaced => format!("{message}; {}", place.told()),
                };
                Err(Failure { exit, message, hints })
            }
            Err(Trouble::TimedOut(what)) => {
                connection.kill().await;
                Err(silent(target, what, place))
            }
        }
    })
}

fn silent(target: &SftpTarget, what: &str, place: Place) -> Failure {
    let what = format!("{} did not answer in time (while {what}); {}", target.host, place.told());
    Failure::new(Exit::Unavailable, what).hint("the next run tries again")
}

/// What became of the file under the real name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Untouched,
    /// The rename is under way.
    Unknown,
    Replaced,
}

impl Place {
    fn told(self) -> &'static str {
        match self {
            Self::Untouched => "nothing was delivered",
            Self::Unknown => "whether the new file is in place is not known",
            Self::Replaced => "the new file is in place already",
        }
    }
}

/// What can go wrong in a session.
enum Trouble {
    Told(Failure),
    /// The connection ended; `ssh` knows why.
    Lost,
    TimedOut(&'static str),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Told(failure)
    }
}

/// The `ssh` process behind a session. Dropped, it is ended.
struct Connection {
    child: Child,
    /// What it said so far: a process it started may keep standard error open after it.
    words: Arc<Mutex<Vec<u8>>>,
    listening: JoinHandle<()>,
}

async fn connect(settings: &Settings, target: &SftpTarget) -> Result<(Sftp, Connection), Failure> {
    let mut command = Command::new("ssh");
    command.args(arguments(settings, target));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| {
        Failure::new(Exit::Misconfigured, format!("cannot run ssh: {error}")).hint("install the OpenSSH client")
    })?;
    let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(Failure::new(Exit::Bug, "ssh has no pipes"));
    };
    let words = Arc::new(Mutex::new(Vec::new()));
    let listening = tokio::spawn(listen(stderr, Arc::clone(&words)));
    let connection = Connection { child, words, listening };
    let options = SftpOptions::new().flush_interval(Duration::ZERO);
    // ssh has its own limits for connecting; this one is for a host that accepts and then says nothing.
    match tokio::time::timeout(settings.timeout * 2, Sftp::new(stdin, stdout, options)).await {
        Ok(Ok(sftp)) => Ok((sftp, connection)),
        Ok(Err(_)) => Err(connection.reason(settings, target).await),
        Err(_) => {
            connection.kill().await;
            Err(silent(target, "signing in", Place::Untouched))
        }
    }
}

async fn listen(mut stderr: ChildStderr, words: Arc<Mutex<Vec<u8>>>) {
    let mut part = [0; 4096];
    // What cannot be read any more is no reason; the rest of what was said counts.
    while let Ok(read @ 1..) = stderr.read(&mut part).await {
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        words.extend_from_slice(&part[..read]);
        let surplus = words.len().saturating_sub(MOST_WORDS);
        words.drain(..surplus);
    }
}

/// Every option that safety rests on is given, so that no SSH configuration weakens it: host keys are always checked, also
/// where a shared connection, a DNS record or a local address would do without, nothing ever waits for a person, and
/// nothing but SFTP is on the pipes.
fn arguments(settings: &Settings, target: &SftpTarget) -> Vec<String> {
    let Settings { target: _, identity_file, known_hosts, host_key, timeout } = settings;
    let mut arguments = vec!["-v".to_owned()];
    let mut option = |option: String| arguments.extend(["-o".to_owned(), option]);
    option("BatchMode=yes".to_owned());
    option("StrictHostKeyChecking=yes".to_owned());
    option("UpdateHostKeys=no".to_owned());
    option("VerifyHostKeyDNS=no".to_owned());
    option("NoHostAuthenticationForLocalhost=no".to_owned());
    option("ControlMaster=no".to_owned());
    option("ControlPath=none".to_owned());
    option("ClearAllForwardings=yes".to_owned());
    option("RemoteCommand=none".to_owned());
    option("RequestTTY=no".to_owned());
    option(format!("ConnectTimeout={}", timeout.as_secs().max(1)));
    option(format!("ServerAliveInterval={}", (timeout.as_secs() / 4).max(1)));
    option("ServerAliveCountMax=3".to_owned());
    match (host_key, known_hosts) {
        (Some(pinned), _) => {
            // ssh asks this command for known keys; it knows one, and only by its fingerprint. Before the key is seen, %f
            // is not one, and the command knows none.
            option("UserKnownHostsFile=/dev/null".to_owned());
            option("GlobalKnownHostsFile=/dev/null".to_owned());
            let command = format!("/bin/sh -c 'set -f; if test %f = {}; then echo %H %t %K; fi'", pinned.as_str());
            option(format!("KnownHostsCommand={command}"));
        }
        (None, Some(path)) => {
            option(format!("UserKnownHostsFile={}", quoted(path)));
            option("GlobalKnownHostsFile=/dev/null".to_owned());
        }
        (None, None) => {}
    }
    if let Some(path) = identity_file {
        option("IdentitiesOnly=yes".to_owned());
        option(format!("IdentityFile={}", quoted(path)));
    }
    let SftpTarget { user, host, port, path: _ } = target;
    if let Some(port) = port {
        arguments.extend(["-p".to_owned(), port.to_string()]);
    }
    if let Some(user) = user {
        arguments.extend(["-l".to_owned(), user.clone()]);
    }
    arguments.extend(["-s".to_owned(), "--".to_owned(), host.clone(), "sftp".to_owned()]);
    arguments
}

/// A path in an option's value: `ssh` splits at spaces and expands `%`.
fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.display().to_string().replace('%', "%%").replace('"', "\\\""))
}

impl Connection {
    /// Lets `ssh` end by itself, now that its input is closed.
    async fn end(mut self) {
        if tokio::time::timeout(GOODBYE, self.child.wait()).await.is_err() {
            log::debug!("ssh does not end by itself");
            self.kill().await;
        }
    }

    async fn kill(mut self) {
        // It has ended already where this fails.
        if let Err(error) = self.child.kill().await {
            log::debug!("ssh cannot be ended: {error}");
        }
    }

    /// Waits for `ssh` to end, shortly, and explains what it said.
    async fn reason(mut self, settings: &Settings, target: &SftpTarget) -> Failure {
        let ended = tokio::time::timeout(GOODBYE, self.child.wait()).await;
        if ended.is_ok() && tokio::time::timeout(GOODBYE, &mut self.listening).await.is_err() {
            log::debug!("something that ssh started is still there");
        }
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if ended.is_err() {
            self.kill().await;
        }
        let standard_error = String::from_utf8_lossy(&words);
        log::debug!("ssh ended: {} lines on standard error", standard_error.lines().count());
        let identity = settings.identity_file.as_deref();
        let key = key_state(identity);
        reason(&Ended { settings, target, standard_error: &standard_error, key })
    }
}

/// A session that is signed in.
struct Session<'a> {
    sftp: &'a Sftp,
    settings: &'a Settings,
    path: &'a str,
    names: Names,
    place: Cell<Place>,
}

impl Session<'_> {
    async fn replace(&self, bytes: &[u8], seen: &Existing) -> Result<Receipt, Trouble> {
        let Names { temporary, .. } = &self.names;
        let verification = match self.put(temporary, bytes, seen).await {
            Ok(verification) => verification,
            Err(trouble) => return Err(self.withdrawn(temporary, trouble).await),
        };
        let modified = match self.look(self.path).await? {
            Existing::File(ExistingFile { size, modified, .. }) if size == bytes.len() as u64 => modified,
            Existing::Unknown => None,
            Existing::File(_) | Existing::Nothing => {
                let what = format!("{} is not the file that was just delivered", self.path);
                return Err(Failure::new(Exit::Unavailable, what)
                    .hint("is somebody else writing there? the next run delivers again")
                    .into());
            }
        };
        let size = bytes.len() as u64;
        Ok(Receipt { size, sha256: sha256(bytes), modified, verification, warnings: Vec::new() })
    }

    /// What stands under the real name, with its content where that may be read.
    async fn existing(&self) -> Result<Existing, Trouble> {
        Ok(match self.look(self.path).await? {
            Existing::File(file) if file.size <= READ_LIMIT => match self.read(self.path).await? {
                Read::Whole(bytes) => Existing::File(ExistingFile { bytes: Some(bytes), ..file }),
                Read::Gone => Existing::Nothing,
                Read::Refused => Existing::File(file),
            },
            existing => existing,
        })
    }

    async fn put(&self, temporary: &str, bytes: &[u8], seen: &Existing) -> Result<Verification, Trouble> {
        self.write(temporary, bytes).await?;
        let verification = self.compare(temporary, bytes).await?;
        let now = self.existing().await?;
        if seen.is_replaced_by(&now) {
            return Err(replaced_meanwhile(self.path).into());
        }
        self.rename_over(temporary, &now).await?;
        Ok(verification)
    }

    async fn probe(&self) -> Result<Probed, Trouble> {
        let Names { probe, .. } = &self.names;
        let folder = Path::new(self.path).parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.map_or_else(|| ".".to_owned(), |folder| folder.display().to_string());
        let listed = self.step("listing the folder", self.sftp.fs().open_dir(&folder)).await?;
        drop(listed.map_err(|error| self.refused("list", &folder, error))?);
        let existing = self.look(self.path).await?;
        let verification = match self.try_out(probe).await {
            Ok(verification) => verification,
            Err(trouble) => return Err(self.withdrawn(probe, trouble).await),
        };
        self.remove(probe).await?;
        let replacement = if self.sftp.support_posix_rename() { Replacement::Atomic } else { Replacement::MovedAside };
        Ok(Probed { existing, verification, replacement })
    }

    async fn try_out(&self, probe: &str) -> Result<Verification, Trouble> {
        self.write(probe, PROBE).await?;
        self.compare(probe, PROBE).await
    }

    async fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Trouble> {
        let mut options = self.sftp.options();
        let open = options.write(true).create(true).truncate(true).open(name);
        let mut file = self.step("opening a file", open).await?.map_err(|error| self.refused("write", name, error))?;
        for part in bytes.chunks(PART) {
            let written = self.step("sending", file.write_all(part)).await?;
            written.map_err(|error| self.refused("write", name, error))?;
        }
        if self.sftp.support_fsync() {
            let synced = self.step("writing to disk", file.sync_all()).await?;
            synced.map_err(|error| self.refused("write", name, error))?;
        }
        let closed = self.step("closing a file", file.close()).await?;
        closed.map_err(|error| self.refused("write", name, error))
    }

    /// Reads a file back. Not being allowed to read is no failure; reading something else is, as far as can be seen.
    async fn compare(&self, name: &str, bytes: &[u8]) -> Result<Verification, Trouble> {
        let (size, is_the_same, verification) = match self.read(name).await? {
            Read::Whole(read) => (read.len() as u64, read == bytes, Verification::ReadBack),
            Read::Gone => (0, false, Verification::ReadBack),
            Read::Refused => match self.look(name).await? {
                Existing::File(file) => (file.size, file.size == bytes.len() as u64, Verification::Refused),
                Existing::Nothing => (0, false, Verification::Refused),
                Existing::Unknown => return Ok(Verification::Refused),
            },
        };
        if is_the_same {
            return Ok(verification);
        }
        let what = format!("{name} holds {size} bytes that are not the {} bytes that were sent", bytes.len());
        Err(Failure::new(Exit::Unavailable, what).hint("nothing was replaced; the next run tries again").into())
    }

    async fn read(&self, name: &str) -> Result<Read, Trouble> {
        let mut file = match self.step("opening a file", self.sftp.open(name)).await? {
            Ok(file) => file,
            Err(Error::SftpError(SftpErrorKind::NoSuchFile, _)) => return Ok(Read::Gone),
            Err(error) if is_denied(&error) => return Ok(Read::Refused),
            Err(error) => return Err(self.refused("read", name, error)),
        };
        let mut whole = Vec::new();
        loop {
            let part = match self.step("reading", file.read(PART as u32, bytes::BytesMut::new())).await? {
                Ok(part) => part,
                Err(error) if is_denied(&error) => return Ok(Read::Refused),
                Err(error) => return Err(self.refused("read", name, error)),
            };
            let Some(part) = part else { break };
            whole.extend_from_slice(&part);
            // The library goes on where a full answer would have ended; servers may answer with less.
            let size = whole.len() as u64;
            let sought = self.step("reading", file.seek(SeekFrom::Start(size))).await?;
            sought.map_err(|error| Failure::new(Exit::Bug, format!("cannot read on at {size}: {error}")))?;
        }
        Ok(Read::Whole(whole))
    }

    /// In one step where the server can. Where it refuses to rename over a file, the old one is moved aside first and
    /// moved back if the new one cannot take its place, so that there is never a part under the real name.
    async fn rename_over(&self, temporary: &str, existing: &Existing) -> Result<(), Trouble> {
        let Names { aside, .. } = &self.names;
        if self.sftp.support_posix_rename() {
            let renamed = self.rename_into_place(temporary).await?;
            return renamed.map_err(|error| self.refused("replace", self.path, error));
        }
        let error = match self.rename_into_place(temporary).await? {
            // What a run left aside that did not come to its end.
            Ok(()) => return self.remove_aside().await,
            Err(error) => error,
        };
        if *existing == Existing::Nothing {
            return Err(self.refused("replace", self.path, error));
        }
        log::info!("the server does not rename over a file: moving the old one aside");
        self.remove_aside().await?;
        self.rename(self.path, aside).await?.map_err(|error| self.refused("move aside", self.path, error))?;
        if let Err(error) = self.rename_into_place(temporary).await? {
            let back = self.rename(aside, self.path).await?;
            let trouble = self.refused("replace", self.path, error);
            return Err(match back {
                Ok(()) => trouble,
                Err(_) => Failure::new(
                    Exit::Unavailable,
                    format!("{} could not be replaced, and the old one is now called {aside}", self.path),
                )
                .hint("the next run delivers again; until then an import finds no file")
                .into(),
            });
        }
        self.remove_aside().await
    }

    async fn rename_into_place(&self, temporary: &str) -> Result<Result<(), Error>, Trouble> {
        self.place.set(Place::Unknown);
        let renamed = self.rename(temporary, self.path).await?;
        match &renamed {
            Ok(()) => self.place.set(Place::Replaced),
            Err(Error::SftpError(..)) => self.place.set(Place::Untouched),
            // Lost: nobody knows.
            Err(_) => {}
        }
        Ok(renamed)
    }

    async fn remove_aside(&self) -> Result<(), Trouble> {
        self.remove(&self.names.aside).await
    }

    async fn rename(&self, from: &str, to: &str) -> Result<Result<(), Error>, Trouble> {
        let mut fs = self.sftp.fs();
        self.step("renaming", fs.rename(from, to)).await
    }

    /// What is not there needs no removing.
    async fn remove(&self, name: &str) -> Result<(), Trouble> {
        let mut fs = self.sftp.fs();
        match self.step("removing a file", fs.remove_file(name)).await? {
            Ok(()) | Err(Error::SftpError(SftpErrorKind::NoSuchFile, _)) => Ok(()),
            Err(error) => Err(self.refused("remove", name, error)),
        }
    }

    /// The trouble itself, after what was written under a temporary name is removed as far as possible.
    async fn withdrawn(&self, name: &str, trouble: Trouble) -> Trouble {
        if let Trouble::Told(_) = trouble
            && let Err(Trouble::Told(second)) = self.remove(name).await
        {
            log::info!("{second}");
        }
        trouble
    }

    async fn look(&self, name: &str) -> Result<Existing, Trouble> {
        let mut fs = self.sftp.fs();
        match self.step("looking at a file", fs.metadata(name)).await? {
            Ok(metadata) if metadata.file_type().is_some_and(|kind| kind.is_dir()) => {
                Err(Failure::new(Exit::Rejected, format!("{name} is a folder on the server; nothing was delivered"))
                    .hint("[delivery] to ends in the name of the file, such as upload/employees.csv")
                    .into())
            }
            Ok(metadata) => Ok(existing(&metadata)),
            Err(Error::SftpError(SftpErrorKind::NoSuchFile, _)) => Ok(Existing::Nothing),
            Err(error) if is_denied(&error) => Ok(Existing::Unknown),
            Err(error) => Err(self.refused("look at", name, error)),
        }
    }

    async fn step<T>(&self, what: &'static str, step: impl Future<Output = T>) -> Result<T, Trouble> {
        tokio::time::timeout(self.settings.timeout, step).await.map_err(|_| Trouble::TimedOut(what))
    }

    /// What the server refused, in words; anything but a refusal is a lost connection.
    fn refused(&self, what: &str, name: &str, error: Error) -> Trouble {
        let Error::SftpError(kind, _) = error else { return Trouble::Lost };
        let (exit, why, hint) = match kind {
            SftpErrorKind::NoSuchFile => (Exit::Rejected, "no such file or folder", "check the path in [delivery] to"),
            SftpErrorKind::PermDenied => {
                (Exit::Rejected, "permission denied", "ask the owner of the host for the right")
            }
            SftpErrorKind::OpUnsupported => (Exit::Rejected, "not supported there", "ask the owner of the host"),
            // The library may learn more kinds; all of them are the server's own.
            _ => (Exit::Unavailable, "the server failed", "its disk may be full; the next run tries again"),
        };
        let message = format!("cannot {what} {name} on the server: {why}; {}", self.place.get().told());
        Trouble::Told(Failure::new(exit, message).hint(hint))
    }
}

/// What reading a file came to.
enum Read {
    Whole(Vec<u8>),
    Gone,
    Refused,
}

/// A refusal on principle, which the next attempt would meet as well.
fn is_denied(error: &Error) -> bool {
    matches!(error, Error::SftpError(SftpErrorKind::PermDenied | SftpErrorKind::OpUnsupported, _))
}

fn existing(metadata: &MetaData) -> Existing {
    match metadata.len() {
        Some(size) => {
            let modified = metadata.modified().map(|at| i64::from(at.into_raw()));
            Existing::File(ExistingFile { size, modified, bytes: None })
        }
        None => Existing::Unknown,
    }
}
