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

use super::refusal::{Act, Before, Kind, Party, Refusal};
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
    /// The name to which the old file was moved, as far as it was.
    pub aside: RefCell<String>,
    /// Whether a name was refused, and nothing stays of it: then another name may be tried.
    pub may_try: Cell<bool>,
    /// The temporary file that this session began.
    pub begun: RefCell<Option<String>>,
    /// Warnings although the file is in place.
    pub warnings: RefCell<Vec<Warning>>,
}

/// What one session of a delivery hands on to the next.
pub(super) struct Carried {
    pub before: Before,
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
    pub(super) fn new(before: Before) -> Self {
        let (place, another_came, hidden, written) = Default::default();
        Self { before, place, another_came, hidden, written }
    }

    pub(super) fn arrival(&self) -> Arrival {
        match (self.place.get(), self.another_came.get()) {
            (Place::Untouched, false) => Arrival::Nothing,
            (Place::Untouched, true) => Arrival::AnotherCame,
            (Place::Unknown | Place::Aside, _) => Arrival::Unknown,
            (Place::Partial, _) => Arrival::Part,
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

    /// What became of the file under the real name.
    pub(super) fn told(&self) -> String {
        let (real, aside) = (&self.names.real, self.aside.borrow());
        match self.carried.place.get() {
            Place::Untouched => "nothing was delivered".to_owned(),
            Place::Unknown => "whether the new file is in place is not known".to_owned(),
            Place::Aside => format!("{real} may be missing, and the old file is then called {aside}"),
            Place::Partial => format!("{real} may hold a part: run again before the next import, which removes people"),
        }
    }

    /// What the server refused, in words. Of a rename, the name is the old one "to" the new one.
    pub(super) fn refused(&self, act: Act, name: &str, refusal: &Refusal) -> Error {
        let what = match act {
            Act::Look => format!("look at {name}"),
            Act::Read => format!("read {name}"),
            Act::Write => format!("write {name}"),
            Act::Replace => format!("rename {name}"),
        };
        let message = format!("cannot {what} on the server: {}", refusal.why());
        let message = match act {
            // What is done about a refused rename decides what became of the file.
            Act::Replace => message,
            Act::Look | Act::Read | Act::Write => format!("{message}; {}", self.told()),
        };
        refusal.failure(message, act, self.carried.before, Party::Server(&self.target.host)).into()
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
            Err(LibraryError::SftpError(status, message)) => {
                let status = match status {
                    SftpErrorKind::NoSuchFile => Kind::Missing,
                    SftpErrorKind::PermDenied => Kind::Denied,
                    SftpErrorKind::OpUnsupported => Kind::Unsupported,
                    // Later versions of the library may know more. All of them mean that the server failed.
                    _ => Kind::Failed,
                };
                Ok(Err(Refusal::of_server(status, message.get().0)))
            }
            Err(_) => Err(Error::Lost),
        }
    }
}
