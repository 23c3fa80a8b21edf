//! The SFTP protocol on the pipes of `ssh`: a kept library speaks it, and this file makes steps of it.
//!
//! Every step has a time limit, and ends with what was asked for, with the server's refusal, or with an error that ends the
//! session. Whatever comes of a session, `ssh` is ended.

use std::cell::{Cell, RefCell};
use std::io::SeekFrom;
use std::path::Path;
use std::time::Duration;

use openssh_sftp_client::error::SftpErrorKind;
use openssh_sftp_client::file::File;
use openssh_sftp_client::metadata::MetaData;
use openssh_sftp_client::{Error as LibraryError, Sftp, SftpOptions};
use tokio::io::AsyncSeekExt as _;

use super::replies;
use super::ssh::{Pipes, Reason, Ssh, key_types};
use super::ssh_error::Stage;
use super::upload::{Place, Written};
use super::{Existing, Names, Receipt, Rehearsal, Settings};
use crate::exit::{Exit, Failure};
use crate::remote::{KeyType, SftpTarget};

/// How much is sent or read in one step, in bytes.
const CHUNK: usize = 256 * 1024;
/// A server may look through a file before it says that it is closed; it gets so many time limits for that.
const CLOSE_TIMEOUTS: u32 = 5;

const POSIX_RENAME: &str = "posix-rename@openssh.com";
const LIMITS: &str = "limits@openssh.com";

pub fn look(settings: &Settings, target: &SftpTarget) -> Result<Existing, Failure> {
    run(settings, target, async |session: &Session<'_>| session.existing().await)
}

pub fn deliver(settings: &Settings, target: &SftpTarget, bytes: &[u8], seen: &Existing) -> Result<Receipt, Failure> {
    run(settings, target, async |session: &Session<'_>| session.deliver(bytes, seen).await)
}

pub fn rehearse(settings: &Settings, target: &SftpTarget) -> Result<Rehearsal, Failure> {
    run(settings, target, async |session: &Session<'_>| session.rehearse().await)
}

/// A session that is signed in.
pub struct Session<'a> {
    sftp: &'a Sftp,
    timeout: Duration,
    pub target: &'a SftpTarget,
    pub names: Names,
    pub carried: &'a Carried,
    pub place: Cell<Place>,
    /// The temporary file that was begun.
    pub begun: RefCell<Option<String>>,
    /// What is worth a warning although the file is in place.
    pub warnings: RefCell<Vec<String>>,
}

/// What is known from the sessions before, in one delivery.
#[derive(Default)]
pub struct Carried {
    /// Extensions that the server announced and refused.
    hidden: RefCell<Vec<&'static str>>,
    /// What was uploaded already.
    pub written: RefCell<Option<Written>>,
}

/// What ends a session.
pub enum Error {
    Told(Failure),
    /// The connection ended; `ssh` knows why.
    Lost,
    TimedOut(&'static str),
    /// The server announced this extension and refuses it: another session goes on without it.
    Unusable(&'static str),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Told(failure)
    }
}

/// What the server refused: the session goes on.
#[derive(Debug)]
pub struct Refusal {
    pub kind: RefusalKind,
    /// The server's own, empty where they say no more than the kind.
    pub words: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    Missing,
    Denied,
    Unsupported,
    Failed,
}

/// What one step came to.
pub type Answer<T> = Result<Result<T, Refusal>, Error>;

/// Signs in, does the work, and ends the connection whatever came of it; again without an extension that the server
/// announced and then refused.
fn run<T>(
    settings: &Settings,
    target: &SftpTarget,
    work: impl AsyncFn(&Session<'_>) -> Result<T, Error>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Bug, format!("cannot start the delivery: {error}")))?;
    runtime.block_on(async {
        let carried = Carried::default();
        loop {
            let extension = match run_once(settings, target, &carried, &work).await? {
                Outcome::Done(done) => return Ok(done),
                Outcome::Unusable(extension) => extension,
            };
            let mut hidden = carried.hidden.borrow_mut();
            if hidden.contains(&extension) {
                return Err(Failure::new(Exit::Bug, format!("{extension} is used although it is hidden")));
            }
            log::info!("{} announces {extension} and refuses it: again without it", target.host);
            hidden.push(extension);
        }
    })
}

enum Outcome<T> {
    Done(T),
    Unusable(&'static str),
}

async fn run_once<T>(
    settings: &Settings,
    target: &SftpTarget,
    carried: &Carried,
    work: impl AsyncFn(&Session<'_>) -> Result<T, Error>,
) -> Result<Outcome<T>, Failure> {
    let hidden = carried.hidden.borrow().clone();
    let (sftp, ssh) = match sign_in(settings, target, &hidden).await? {
        Outcome::Done(SignedIn { sftp, ssh }) => (sftp, ssh),
        Outcome::Unusable(extension) => return Ok(Outcome::Unusable(extension)),
    };
    let session = Session {
        sftp: &sftp,
        timeout: settings.timeout,
        target,
        names: settings.names(Path::new(&target.path)),
        carried,
        place: Cell::new(Place::Untouched),
        begun: RefCell::default(),
        warnings: RefCell::default(),
    };
    let result = work(&session).await;
    let told = session.told();
    let (place, begun) = (session.place.get(), session.begun.take());
    match result {
        Ok(done) => {
            drop(sftp);
            ssh.end().await;
            Ok(Outcome::Done(done))
        }
        Err(Error::Told(failure)) => {
            drop(sftp);
            ssh.end().await;
            Err(failure)
        }
        Err(Error::Unusable(extension)) => {
            drop(sftp);
            ssh.end().await;
            Ok(Outcome::Unusable(extension))
        }
        Err(Error::Lost) => {
            let Reason { failure, is_host_key: _ } = ssh.reason(settings, target, Stage::Session).await;
            let Failure { exit, message, hints } = failure;
            let message = match place {
                Place::Untouched => message,
                Place::Unknown | Place::Aside | Place::Partial => format!("{message}; {told}"),
            };
            Err(with_part(Failure { exit, message, hints }, begun))
        }
        Err(Error::TimedOut(what)) => {
            ssh.kill().await;
            Err(with_part(silent(target, what, &told), begun))
        }
    }
}

fn silent(target: &SftpTarget, what: &str, told: &str) -> Failure {
    let what = format!("{} did not answer in time (while {what}); {told}", target.host);
    Failure::new(Exit::Unavailable, what).hint("the next run tries again")
}

/// What a session that was cut may have left, until the next run removes it.
fn with_part(failure: Failure, begun: Option<String>) -> Failure {
    match begun {
        None => failure,
        Some(name) => {
            failure.hint(format!("{name} may stay there with everybody's data until the next run removes it"))
        }
    }
}

struct SignedIn {
    sftp: Sftp,
    ssh: Ssh,
}

/// Asks for one type of host key after the other until a trusted key is shown. What is told is why none is that `ssh` prefers
/// by itself: the host may have no key of the type that was asked for.
async fn sign_in(
    settings: &Settings,
    target: &SftpTarget,
    hidden: &[&'static str],
) -> Result<Outcome<SignedIn>, Failure> {
    let mut first = None;
    for key_type in key_types(&settings.host_keys) {
        match connect(settings, target, key_type, hidden).await {
            Ok(outcome) => return Ok(outcome),
            Err(Reason { failure, is_host_key: false }) => return Err(first.unwrap_or(failure)),
            Err(Reason { failure, is_host_key: true }) if key_type.is_none() => first = Some(failure),
            Err(Reason { failure, is_host_key: true }) => first = first.or(Some(failure)),
        }
    }
    Err(first.unwrap_or_else(|| Failure::new(Exit::Bug, "there is no way to sign in")))
}

async fn connect(
    settings: &Settings,
    target: &SftpTarget,
    key_type: Option<KeyType>,
    hidden: &[&'static str],
) -> Result<Outcome<SignedIn>, Reason> {
    let other = |failure| Reason { failure, is_host_key: false };
    let (ssh, Pipes { input, output }) = Ssh::start(settings, target, key_type).map_err(other)?;
    let (replies, passed_on) = tokio::io::duplex(CHUNK);
    tokio::spawn(replies::pass_on(output, passed_on, hidden.to_vec(), ssh.not_sftp.clone()));
    let options = SftpOptions::new().flush_interval(Duration::ZERO);
    // ssh has its own limits for connecting; this one is for a host that accepts and then says nothing.
    match tokio::time::timeout(settings.timeout * 2, Sftp::new(input, replies, options)).await {
        Ok(Ok(sftp)) => Ok(Outcome::Done(SignedIn { sftp, ssh })),
        Ok(Err(LibraryError::SftpError(..))) => {
            ssh.end().await;
            Ok(Outcome::Unusable(LIMITS))
        }
        Ok(Err(LibraryError::UnsupportedSftpProtocol { version })) => {
            ssh.end().await;
            let what = format!("{} speaks version {version} of SFTP and not version 3", target.host);
            Err(other(Failure::new(Exit::Rejected, what).hint("ask the owner of the host to allow version 3")))
        }
        Ok(Err(_)) => Err(ssh.reason(settings, target, Stage::SigningIn).await),
        Err(_) => {
            ssh.kill().await;
            Err(other(silent(target, "signing in", "nothing was delivered")))
        }
    }
}

impl Session<'_> {
    /// A new file; nothing that stands there is followed or written to.
    pub async fn create_new(&self, name: &str) -> Answer<File> {
        self.step("opening a file", self.sftp.options().write(true).create_new(true).open(name)).await
    }

    /// A file, emptied where it exists.
    pub async fn create(&self, name: &str) -> Answer<File> {
        self.step("opening a file", self.sftp.options().write(true).create(true).truncate(true).open(name)).await
    }

    /// Writes everything and closes the file. Writing it to the server's disk is tried and not insisted on.
    pub async fn fill(&self, mut file: File, bytes: &[u8]) -> Answer<()> {
        for part in bytes.chunks(CHUNK) {
            if let Err(refusal) = self.step("sending", file.write_all(part)).await? {
                return Ok(Err(refusal));
            }
        }
        if self.sftp.support_fsync()
            && let Err(Refusal { kind, words }) = self.step("writing to disk", file.sync_all()).await?
        {
            log::debug!("{} does not write to disk when asked: {kind:?} {words}", self.target.host);
        }
        self.step_within(self.timeout * CLOSE_TIMEOUTS, "closing a file", file.close()).await
    }

    /// The whole file, or none where it is longer than the limit.
    pub async fn read(&self, name: &str, limit: u64) -> Answer<Option<Vec<u8>>> {
        let mut file = match self.step("opening a file", self.sftp.open(name)).await? {
            Ok(file) => file,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut whole = Vec::new();
        loop {
            let part = match self.step("reading", file.read(CHUNK as u32, bytes::BytesMut::new())).await? {
                Ok(part) => part,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let Some(part) = part.filter(|part| !part.is_empty()) else { return Ok(Ok(Some(whole))) };
            whole.extend_from_slice(&part);
            let size = whole.len() as u64;
            if size > limit {
                return Ok(Ok(None));
            }
            // The library goes on where a full answer would have ended; servers may answer with less.
            file.seek(SeekFrom::Start(size))
                .await
                .map_err(|error| Failure::new(Exit::Bug, format!("cannot read on at {size}: {error}")))?;
        }
    }

    /// What stands there itself, not what a link leads to.
    pub async fn status_of_link(&self, name: &str) -> Answer<MetaData> {
        self.step("looking at a file", self.sftp.fs().symlink_metadata(name)).await
    }

    pub async fn status(&self, name: &str) -> Answer<MetaData> {
        self.step("looking at a file", self.sftp.fs().metadata(name)).await
    }

    pub async fn rename(&self, from: &str, to: &str) -> Answer<()> {
        self.step("renaming", self.sftp.fs().rename(from, to)).await
    }

    pub async fn remove(&self, name: &str) -> Answer<()> {
        self.step("removing a file", self.sftp.fs().remove_file(name)).await
    }

    pub async fn list(&self, folder: &str) -> Answer<()> {
        Ok(self.step("listing the folder", self.sftp.fs().open_dir(folder)).await?.map(drop))
    }

    /// Whether a file can take another's place in one step.
    pub fn renames_over(&self) -> bool {
        self.sftp.support_posix_rename()
    }

    /// That what [`Session::renames_over`] promises is refused.
    pub fn posix_rename_is_unusable(&self) -> Error {
        Error::Unusable(POSIX_RENAME)
    }

    async fn step<T>(&self, what: &'static str, step: impl Future<Output = Result<T, LibraryError>>) -> Answer<T> {
        self.step_within(self.timeout, what, step).await
    }

    async fn step_within<T>(
        &self,
        timeout: Duration,
        what: &'static str,
        step: impl Future<Output = Result<T, LibraryError>>,
    ) -> Answer<T> {
        let answer = tokio::time::timeout(timeout, step).await.map_err(|_| Error::TimedOut(what))?;
        match answer {
            Ok(answer) => Ok(Ok(answer)),
            Err(LibraryError::SftpError(kind, message)) => Ok(Err(Refusal::new(kind, message.get().0))),
            Err(_) => Err(Error::Lost),
        }
    }
}

impl Refusal {
    fn new(kind: SftpErrorKind, words: &str) -> Self {
        let kind = match kind {
            SftpErrorKind::NoSuchFile => RefusalKind::Missing,
            SftpErrorKind::PermDenied => RefusalKind::Denied,
            SftpErrorKind::OpUnsupported => RefusalKind::Unsupported,
            // The library may learn more kinds; all of them are the server's own.
            _ => RefusalKind::Failed,
        };
        let usual =
            ["no such file", "permission denied", "operation unsupported", "failure", "error", "general failure"];
        let plain = words.trim_end_matches('.').to_lowercase();
        let words = if usual.contains(&plain.as_str()) { String::new() } else { words.to_owned() };
        Self { kind, words }
    }

    /// Whether no later run can do better.
    pub fn is_lasting(&self) -> bool {
        match self.kind {
            RefusalKind::Missing | RefusalKind::Denied | RefusalKind::Unsupported => true,
            RefusalKind::Failed => self.words.to_lowercase().contains("read-only"),
        }
    }

    /// In words, with the server's own.
    pub fn why(&self) -> String {
        let why = match self.kind {
            RefusalKind::Missing => "no such file or folder",
            RefusalKind::Denied => "permission denied",
            RefusalKind::Unsupported => "not supported there",
            RefusalKind::Failed => "the server failed",
        };
        match self.words.as_str() {
            "" => why.to_owned(),
            words => format!("{why}: \"{words}\""),
        }
    }
}
