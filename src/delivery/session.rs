//! Speaks the SFTP protocol on the pipes of `ssh`: a library does the speaking, and this file makes steps of it.
//!
//! Every step has a time limit. It ends with its result, with the server's refusal, or with an error that ends the session.

use std::cell::{Cell, RefCell};
use std::io::SeekFrom;
use std::time::Duration;

use openssh_sftp_client::error::SftpErrorKind;
use openssh_sftp_client::file::File;
use openssh_sftp_client::metadata::MetaData;
use openssh_sftp_client::{Error as LibraryError, Sftp};
use tokio::io::AsyncSeekExt as _;

use super::{Arrival, Names, Verification, Warning};
use crate::exit::{Exit, Failure};
use crate::remote::SftpTarget;

/// How much is sent or read in one step, in bytes.
pub(super) const CHUNK: usize = 256 * 1024;
/// A server may check a file before it says that it is closed. Closing gets this many time limits.
const CLOSE_TIMEOUTS: u32 = 5;

const POSIX_RENAME: &str = "posix-rename@openssh.com";

/// A session that is signed in.
pub(super) struct Session<'a> {
    pub sftp: &'a Sftp,
    pub timeout: Duration,
    pub target: &'a SftpTarget,
    pub names: Names,
    pub carried: &'a Carried,
    /// The temporary file that this session began.
    pub begun: RefCell<Option<String>>,
    /// Warnings although the file is in place.
    pub warnings: RefCell<Vec<Warning>>,
}

/// What one session of a delivery hands on to the next.
#[derive(Default)]
pub(super) struct Carried {
    pub place: Cell<Place>,
    /// Whether another file came there since somebody looked.
    pub another_came: Cell<bool>,
    /// Extensions that the server announced and refused.
    pub hidden: RefCell<Vec<&'static str>>,
    /// What is uploaded already.
    pub written: RefCell<Option<Written>>,
}

/// What ends a session.
pub(super) enum Error {
    Told(Failure),
    /// The connection ended; `ssh` knows why.
    Lost,
    TimedOut(&'static str),
    /// The server announced this extension and refuses it. Another session goes on without it.
    Unusable(&'static str),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Told(failure)
    }
}

/// What the server refused. The session goes on.
#[derive(Debug)]
pub(super) struct Refusal {
    pub kind: RefusalKind,
    /// The server's own words. Empty where they say no more than the kind.
    pub words: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefusalKind {
    Missing,
    Denied,
    Unsupported,
    Failed,
}

/// How one step ended.
pub(super) type Answer<T> = Result<Result<T, Refusal>, Error>;

/// What stands under the real name while it is not certain that the new file does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing was sent that could put the new file there, or it is proven that it cannot come there any more.
    #[default]
    Untouched,
    /// What puts the new file there was sent.
    Unknown,
    /// The old file is moved aside, and the new one is about to take its place.
    Aside,
    /// The new file is being written under the real name.
    Partial,
}

impl Carried {
    pub(super) fn arrival(&self) -> Arrival {
        match (self.place.get(), self.another_came.get()) {
            (Place::Untouched, false) => Arrival::Nothing,
            (Place::Untouched, true) => Arrival::AnotherCame,
            (Place::Unknown | Place::Aside | Place::Partial, _) => Arrival::Unknown,
        }
    }
}

/// What was written, and how far it is proven.
pub(super) struct Written {
    pub name: String,
    pub verification: Verification,
}

impl Session<'_> {
    /// Creates a new file. Fails where something stands there, so nothing is followed or overwritten.
    pub(super) async fn create_new(&self, name: &str) -> Answer<File> {
        self.step("opening a file", self.sftp.options().write(true).create_new(true).open(name)).await
    }

    /// Creates a file, or empties the one that is there.
    pub(super) async fn create(&self, name: &str) -> Answer<File> {
        self.step("opening a file", self.sftp.options().write(true).create(true).truncate(true).open(name)).await
    }

    /// Writes everything and closes the file. Also asks the server to write it to disk, but does not insist.
    pub(super) async fn fill(&self, mut file: File, bytes: &[u8]) -> Answer<()> {
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

    /// The whole file. None where it is longer than the limit.
    pub(super) async fn read(&self, name: &str, limit: u64) -> Answer<Option<Vec<u8>>> {
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
            // The library goes on as if the answer had been full, but servers may answer with less.
            file.seek(SeekFrom::Start(size))
                .await
                .map_err(|error| Failure::new(Exit::Bug, format!("cannot read on at {size}: {error}")))?;
        }
    }

    /// About the name itself. A link is not followed.
    pub(super) async fn status_of_link(&self, name: &str) -> Answer<MetaData> {
        self.step("looking at a file", self.sftp.fs().symlink_metadata(name)).await
    }

    pub(super) async fn status(&self, name: &str) -> Answer<MetaData> {
        self.step("looking at a file", self.sftp.fs().metadata(name)).await
    }

    pub(super) async fn rename(&self, from: &str, to: &str) -> Answer<()> {
        self.step("renaming", self.sftp.fs().rename(from, to)).await
    }

    pub(super) async fn remove(&self, name: &str) -> Answer<()> {
        self.step("removing a file", self.sftp.fs().remove_file(name)).await
    }

    pub(super) async fn list(&self, folder: &str) -> Answer<()> {
        Ok(self.step("listing the folder", self.sftp.fs().open_dir(folder)).await?.map(drop))
    }

    /// Whether a file can take another's place in one step.
    pub(super) fn renames_over(&self) -> bool {
        self.sftp.support_posix_rename()
    }

    /// The server refuses what [`Session::renames_over`] promises.
    pub(super) fn posix_rename_is_unusable(&self) -> Error {
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
            // Later versions of the library may know more kinds. All of them mean that the server failed.
            _ => RefusalKind::Failed,
        };
        let usual =
            ["no such file", "permission denied", "operation unsupported", "failure", "error", "general failure"];
        let plain = words.trim_end_matches('.').to_lowercase();
        let words = if usual.contains(&plain.as_str()) { String::new() } else { words.to_owned() };
        Self { kind, words }
    }

    /// Whether no later run can do better.
    pub(super) fn is_lasting(&self) -> bool {
        match self.kind {
            RefusalKind::Missing | RefusalKind::Denied | RefusalKind::Unsupported => true,
            RefusalKind::Failed => self.words.to_lowercase().contains("read-only"),
        }
    }

    /// The reason in words, with the server's own.
    pub(super) fn why(&self) -> String {
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
