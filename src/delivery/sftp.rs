//! SFTP over the system's `ssh`, which brings the operator's keys, agents, jump hosts, known hosts and security updates.
//!
//! A kept library speaks the protocol on its pipes. Every step has a time limit. A connection that breaks is explained by
//! what `ssh` wrote to standard error.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use openssh_sftp_client::error::SftpErrorKind;
use openssh_sftp_client::metadata::MetaData;
use openssh_sftp_client::{Error, Sftp, SftpOptions};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use super::reason::{Ended, key_state, reason};
use super::{Found, Left, Names, PROBE, Probed, Replacement, Settings, Verification, hexadecimal, sha256};
use crate::exit::{Exit, Failure};
use crate::target::SftpTarget;

/// How much of what `ssh` says is kept: the reason is among the last lines, `-v` is talkative.
const MOST_WORDS: usize = 256 * 1024;
/// How much is sent or read in one step, in bytes.
const PART: usize = 256 * 1024;

pub fn deliver(settings: &Settings, target: &SftpTarget, bytes: &[u8]) -> Result<(Left, Found), Failure> {
    run(settings, target, async |session: &Session<'_>| session.replace(bytes).await)
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
        .map_err(|error| Failure::new(Exit::Broken, format!("cannot start the delivery: {error}")))?;
    runtime.block_on(async {
        let (sftp, connection) = connect(settings, target).await?;
        let session =
            Session { sftp: &sftp, settings, path: &target.path, names: Names::beside(Path::new(&target.path)) };
        let result = work(&session).await;
        match result {
            Ok(done) => {
                drop(sftp);
                Ok(done)
            }
            Err(Trouble::Told(failure)) => Err(failure),
            Err(Trouble::Lost) => Err(connection.reason(settings, target).await),
            Err(Trouble::TimedOut(what)) => {
                let what = format!("{} did not answer in time (while {what})", target.host);
                Err(Failure::new(Exit::Unavailable, what).hint("nothing was delivered; the next run tries again"))
            }
        }
    })
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
    words: JoinHandle<String>,
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
        return Err(Failure::new(Exit::Broken, "ssh has no pipes"));
    };
    let words = tokio::spawn(async move {
        let mut words = Vec::new();
        let mut part = [0; 4096];
        let mut stderr = stderr;
        // What cannot be read any more is no reason; the rest of what was said counts.
        while let Ok(read @ 1..) = stderr.read(&mut part).await {
            words.extend_from_slice(&part[..read]);
            let surplus = words.len().saturating_sub(MOST_WORDS);
            words.drain(..surplus);
        }
        String::from_utf8_lossy(&words).into_owned()
    });
    let connection = Connection { child, words };
    let options = SftpOptions::new().flush_interval(Duration::ZERO);
    // ssh has its own limits for connecting; this one is for a host that accepts and then says nothing.
    match tokio::time::timeout(settings.timeout * 2, Sftp::new(stdin, stdout, options)).await {
        Ok(Ok(sftp)) => Ok((sftp, connection)),
        Ok(Err(_)) | Err(_) => Err(connection.reason(settings, target).await),
    }
}

/// Every option that safety rests on is given, so that no SSH configuration weakens it: host keys are always checked, and
/// nothing ever waits for a person.
fn arguments(settings: &Settings, target: &SftpTarget) -> Vec<String> {
    let Settings { target: _, identity_file, known_hosts, host_key, timeout } = settings;
    let mut arguments = vec!["-v".to_owned()];
    let mut option = |option: String| arguments.extend(["-o".to_owned(), option]);
    option("BatchMode=yes".to_owned());
    option("StrictHostKeyChecking=yes".to_owned());
    option("UpdateHostKeys=no".to_owned());
    option("ClearAllForwardings=yes".to_owned());
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
    /// Waits for `ssh` to end, shortly, and explains what it said.
    async fn reason(mut self, settings: &Settings, target: &SftpTarget) -> Failure {
        let ended = tokio::time::timeout(settings.timeout, self.child.wait()).await;
        if ended.is_err() {
            // Dropping it ends it as well; an error here changes nothing about the reason.
            let _ = self.child.start_kill();
        }
        let words = tokio::time::timeout(Duration::from_secs(2), self.words).await;
        let standard_error = words.map(Result::unwrap_or_default).unwrap_or_default();
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
}

impl Session<'_> {
    async fn replace(&self, bytes: &[u8]) -> Result<(Left, Found), Trouble> {
        let found = self.look(self.path).await?;
        let Names { temporary, .. } = &self.names;
        self.write(temporary, bytes).await?;
        let verification = match self.compare(temporary, bytes).await {
            Ok(verification) => verification,
            Err(trouble) => return Err(self.withdrawn(temporary, trouble).await),
        };
        if let Err(trouble) = self.rename_over(temporary, found).await {
            return Err(self.withdrawn(temporary, trouble).await);
        }
        let modified = match self.look(self.path).await? {
            Found::File { size, modified } if size == bytes.len() as u64 => modified,
            Found::Unknown => None,
            Found::File { .. } | Found::Nothing => {
                let what = format!("{} is not the file that was just delivered", self.path);
                return Err(Failure::new(Exit::Unavailable, what)
                    .hint("is somebody else writing there? the next run delivers again")
                    .into());
            }
        };
        Ok((Left { size: bytes.len() as u64, sha256: sha256(bytes), modified, verification }, found))
    }

    async fn probe(&self) -> Result<Probed, Trouble> {
        let Names { probe, .. } = &self.names;
        let folder = Path::new(self.path).parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.map_or_else(|| ".".to_owned(), |folder| folder.display().to_string());
        let listed = self.step("listing the folder", self.sftp.fs().open_dir(&folder)).await?;
        drop(listed.map_err(|error| self.refused("list", &folder, error))?);
        let found = self.look(self.path).await?;
        self.write(probe, PROBE).await?;
        let verification = self.compare(probe, PROBE).await;
        self.remove(probe).await?;
        let replacement = if self.sftp.support_posix_rename() { Replacement::Atomic } else { Replacement::MovedAside };
        Ok(Probed { found, verification: verification?, replacement })
    }

    async fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Trouble> {
        let mut options = self.sftp.options();
        let open = options.write(true).create(true).truncate(true).open(name);
        let mut file = self.step("opening a file", open).await?.map_err(|error| self.refused("write", name, error))?;
        for part in bytes.chunks(PART) {
            let written = self.step("sending", file.write_all(part)).await?;
            if let Err(error) = written {
                let trouble = self.refused("write", name, error);
                return Err(self.withdrawn(name, trouble).await);
            }
        }
        if self.sftp.support_fsync() {
            let synced = self.step("writing to disk", file.sync_all()).await?;
            synced.map_err(|error| self.refused("write", name, error))?;
        }
        let closed = self.step("closing a file", file.close()).await?;
        closed.map_err(|error| self.refused("write", name, error))
    }

    /// Reads a file back. Not being allowed to read is no failure; reading something else is.
    async fn compare(&self, name: &str, bytes: &[u8]) -> Result<Verification, Trouble> {
        let mut file = match self.step("opening a file", self.sftp.open(name)).await? {
            Ok(file) => file,
            Err(Error::SftpError(SftpErrorKind::PermDenied | SftpErrorKind::OpUnsupported, _)) => {
                return Ok(Verification::Refused);
            }
            Err(error) => return Err(self.refused("read back", name, error)),
        };
        let mut hash = Sha256::new();
        let mut size = 0;
        loop {
            let part = self.step("reading back", file.read(PART as u32, bytes::BytesMut::new())).await?;
            match part.map_err(|error| self.refused("read back", name, error))? {
                Some(part) => {
                    size += part.len();
                    hash.update(&part);
                }
                None => break,
            }
        }
        if size == bytes.len() && hexadecimal(hash.finalize().as_slice()) == sha256(bytes) {
            return Ok(Verification::ReadBack);
        }
        let what = format!("{name} holds {size} bytes that are not the {} bytes that were sent", bytes.len());
        Err(Failure::new(Exit::Unavailable, what).hint("nothing was replaced; the next run tries again").into())
    }

    /// In one step where the server can. Where it refuses to rename over a file, the old one is moved aside first and
    /// moved back if the new one cannot take its place, so that there is never a part under the real name.
    async fn rename_over(&self, temporary: &str, found: Found) -> Result<(), Trouble> {
        let error = match self.rename(temporary, self.path).await? {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if found == Found::Nothing || self.sftp.support_posix_rename() {
            return Err(self.refused("replace", self.path, error));
        }
        log::info!("the server does not rename over a file: moving the old one aside");
        let Names { aside, .. } = &self.names;
        if self.look(aside).await? != Found::Nothing {
            self.remove(aside).await?;
        }
        self.rename(self.path, aside).await?.map_err(|error| self.refused("move aside", self.path, error))?;
        if let Err(error) = self.rename(temporary, self.path).await? {
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
        self.remove(aside).await
    }

    async fn rename(&self, from: &str, to: &str) -> Result<Result<(), Error>, Trouble> {
        let mut fs = self.sftp.fs();
        self.step("renaming", fs.rename(from, to)).await
    }

    async fn remove(&self, name: &str) -> Result<(), Trouble> {
        let mut fs = self.sftp.fs();
        let removed = self.step("removing a file", fs.remove_file(name)).await?;
        removed.map_err(|error| self.refused("remove", name, error))
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

    async fn look(&self, name: &str) -> Result<Found, Trouble> {
        let mut fs = self.sftp.fs();
        match self.step("looking at a file", fs.metadata(name)).await? {
            Ok(metadata) => Ok(found(&metadata)),
            Err(Error::SftpError(SftpErrorKind::NoSuchFile, _)) => Ok(Found::Nothing),
            Err(Error::SftpError(SftpErrorKind::PermDenied | SftpErrorKind::OpUnsupported, _)) => Ok(Found::Unknown),
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
        let message = format!("cannot {what} {name} on the server: {why}; nothing was delivered");
        Trouble::Told(Failure::new(exit, message).hint(hint))
    }
}

fn found(metadata: &MetaData) -> Found {
    match metadata.len() {
        Some(size) => Found::File { size, modified: metadata.modified().map(|at| i64::from(at.into_raw())) },
        None => Found::Unknown,
    }
}
