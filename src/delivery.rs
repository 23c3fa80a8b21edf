//! Delivers bytes to a destination: it writes them under a temporary name, reads them back, and renames that over the real
//! name.
//!
//! The law: under the real name stands the old file or the whole new one, never a part, unless the configuration asks for
//! writing in place: a part of `employees.csv` would remove people at Honestly's next import. Where a server does not rename
//! over a file, no file stands there for a moment, while the old one is aside. Once the new file is in place, nothing counts as
//! a failure. This module takes bytes and knows nothing of employees.

mod leftovers;
mod local;
mod refusal;
mod rehearsal;
mod replies;
mod session;
mod sftp;
mod ssh;
mod ssh_error;
mod upload;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::exit::{Exit, Failure};
use crate::remote::{Fingerprint, Target, TemporaryName};
use crate::replace::folder_of;
pub use refusal::Before;
use session::{Carried, Session};
pub use ssh::{BECOMES_SSH, become_ssh};

/// Where to deliver, and how to get there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub target: Target,
    /// A private key. None uses whatever the host's SSH configuration and agent offer.
    pub identity_file: Option<PathBuf>,
    /// None uses the user's and the system's.
    pub known_hosts: Option<PathBuf>,
    /// The only trusted host keys, whatever `known_hosts` says. Empty leaves the choice to `known_hosts`.
    pub host_keys: Vec<Fingerprint>,
    pub temporary_name: TemporaryName,
    /// For each step: signing in, sending or reading a piece, renaming.
    pub timeout: Duration,
}

/// What a delivery left at the destination. The new file is in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// In bytes.
    pub size: u64,
    /// Of the bytes that were sent, in hexadecimal.
    pub sha256: String,
    /// In seconds since 1970, by the destination's clock. None where the destination does not tell.
    pub modified: Option<i64>,
    /// Where the file system is mounted that the file lies on. None where the destination is not on this machine.
    pub mount: Option<String>,
    pub verification: Verification,
    /// What is not as it should be although the file is in place.
    pub warnings: Vec<Warning>,
}

/// What is not as it should be, and keeps nothing from being delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    pub kind: WarningKind,
    /// The file or folder that it is about.
    pub file: String,
    /// What the destination or this machine said, word for word.
    pub quote: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarningKind {
    /// In bytes: what was sent, and what the destination speaks of.
    AnotherSize {
        sent: u64,
        stated: u64,
    },
    NotSeen,
    FolderNotSynced,
    ModeNotKept,
    /// What an earlier run left.
    LeftoverStays,
    /// The file that was replaced.
    ReplacedFileStays,
    ProbeStays,
    FolderNotListed,
}

impl Warning {
    fn new(kind: WarningKind, file: impl ToString) -> Self {
        Self { kind, file: file.to_string(), quote: None }
    }

    fn quoting(self, quote: impl ToString) -> Self {
        Self { quote: Some(quote.to_string()), ..self }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// Read back and found the same, byte for byte.
    ReadBack,
    /// The destination refuses to let it be read.
    Refused,
}

/// What stands under the real name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Existing {
    Nothing,
    File(ExistingFile),
    /// The destination does not let us look.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExistingFile {
    /// In bytes.
    pub size: u64,
    /// In seconds since 1970, by the destination's clock. None where the destination does not tell.
    pub modified: Option<i64>,
    /// None where it may not be read or is larger than [`READ_LIMIT`].
    pub bytes: Option<Vec<u8>>,
}

/// The largest existing file that is read, in bytes.
pub const READ_LIMIT: u64 = 64 * 1024 * 1024;

impl Existing {
    /// Whether these very bytes stood there then and could be read both times: the only proof that nothing came in between.
    fn is_proven_by(&self, now: &Self) -> bool {
        match (self, now) {
            (Self::File(then), Self::File(now)) => then.bytes.is_some() && then.bytes == now.bytes,
            (Self::Nothing | Self::File(_) | Self::Unknown, _) => false,
        }
    }

    /// Whether nothing else than the beginning of these bytes stands there, as far as it may be read.
    fn may_be_part_of(&self, bytes: &[u8]) -> bool {
        match self {
            Self::File(ExistingFile { bytes: Some(found), .. }) => bytes.starts_with(found),
            Self::Nothing | Self::File(_) | Self::Unknown => true,
        }
    }

    /// Whether `now` is another file than this one: compared by content where both could be read, else by size and time. A file
    /// that is gone is not another file, since Honestly takes files away.
    fn is_replaced_by(&self, now: &Self) -> bool {
        match (self, now) {
            (Self::Unknown, _) | (_, Self::Unknown | Self::Nothing) => false,
            (Self::Nothing, Self::File(_)) => true,
            (Self::File(then), Self::File(now)) => match (&then.bytes, &now.bytes) {
                (Some(then), Some(now)) => then != now,
                (None, _) | (_, None) => {
                    let touched = then.modified.zip(now.modified).is_some_and(|(then, now)| then != now);
                    then.size != now.size || touched
                }
            },
        }
    }
}

/// What a rehearsal learnt about a destination that takes deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// Without its content.
    pub existing: Existing,
    pub verification: Verification,
    pub replacement: Replacement,
    /// What the destination refuses although no delivery needs it, and what it keeps of the rehearsal.
    pub warnings: Vec<Warning>,
}

/// How a new file takes the old one's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replacement {
    /// In one step.
    Atomic,
    /// The old file is moved aside first: for a moment no file stands under the real name.
    MovedAside,
    /// The new file is written under the real name: for a while only a part stands there.
    InPlace,
}

/// What becomes of a temporary file that a delivery left at the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftover {
    /// Nobody asks for it.
    Unasked,
    /// It is looked for and stays.
    Found,
    /// It is removed before anything else is looked at.
    Removed,
}

/// What somebody who looks finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    pub existing: Existing,
    /// Whether our temporary file lay there and, where it was to be removed, is gone now: no rename that was sent before can
    /// still put it in place.
    pub lay_there: bool,
}

/// Looks at the destination. Changes nothing but what `leftover` says.
pub fn look(settings: &Settings, leftover: Leftover, before: Before) -> Result<Look, Failure> {
    match &settings.target {
        Target::Sftp(target) => {
            let look = async |session: &Session<'_>| session.look_around(leftover).await;
            sftp::run(settings, target, &Carried::new(before), look)
        }
        Target::File(path) => local::look_around(&settings.names(path), leftover),
    }
}

/// A delivery that failed.
#[derive(Debug)]
pub struct Undelivered {
    pub failure: Failure,
    pub arrival: Arrival,
}

/// Until something is sent that could put the new file in place, nothing arrives.
impl From<Failure> for Undelivered {
    fn from(failure: Failure) -> Self {
        Self { failure, arrival: Arrival::Nothing }
    }
}

/// What is known of a new file whose delivery failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// It is certain that it is not in place and cannot come there any more.
    Nothing,
    /// The same, because another file came there since somebody looked.
    AnotherCame,
    Unknown,
    /// A part of it may stand under the real name: an import would remove whoever is missing from it.
    Part,
}

/// Replaces the file at the destination, unless another file than `seen` stands there by then. A part that stands under the real
/// name is replaced at once, as far as possible: nobody may import it.
pub fn deliver(settings: &Settings, bytes: &[u8], seen: &Existing, before: Before) -> Result<Receipt, Undelivered> {
    const TIMES: usize = 3;
    const BETWEEN: Duration = Duration::from_secs(1);
    let mut delivered = deliver_once(settings, bytes, seen, before);
    for _ in 1..TIMES {
        let Err(Undelivered { failure, arrival: Arrival::Part }) = &delivered else { break };
        log::info!("a part may stand at {}, which is replaced at once: {failure}", settings.target);
        std::thread::sleep(BETWEEN);
        match look(settings, Leftover::Unasked, before) {
            Ok(Look { existing, .. }) if existing.may_be_part_of(bytes) => {
                delivered = deliver_once(settings, bytes, &existing, before);
            }
            Ok(_) => break,
            Err(failure) => log::info!("it cannot be looked at: {failure}"),
        }
    }
    delivered
}

fn deliver_once(settings: &Settings, bytes: &[u8], seen: &Existing, before: Before) -> Result<Receipt, Undelivered> {
    match &settings.target {
        Target::Sftp(target) => {
            let carried = Carried::new(before);
            let deliver = async |session: &Session<'_>| session.deliver(bytes, seen).await;
            let delivered = sftp::run(settings, target, &carried, deliver);
            delivered.map_err(|failure| Undelivered { failure, arrival: carried.arrival() })
        }
        Target::File(path) => local::deliver(&settings.names(path), bytes, seen),
    }
}

/// Proves the destination without touching the real file: does all that a delivery does, under other names. Whoever asks wants to
/// know how it is today: what worked before counts for nothing.
pub fn rehearse(settings: &Settings) -> Result<Rehearsal, Failure> {
    match &settings.target {
        Target::Sftp(target) => {
            let rehearse = async |session: &Session<'_>| session.rehearse().await;
            sftp::run(settings, target, &Carried::new(Before::Untried), rehearse)
        }
        Target::File(path) => local::rehearse(&settings.names(path)),
    }
}

/// Fails where deliveries went to a file system that is not mounted any more: what is below its mount point is another folder.
pub fn check_mount(settings: &Settings, mounted: &str) -> Result<(), Failure> {
    let Target::File(path) = &settings.target else { return Ok(()) };
    // Where this fails, whoever looks or delivers says why.
    let is_below = |now: PathBuf| now != Path::new(mounted) && Path::new(mounted).starts_with(now);
    if !local::mount_of(folder_of(path)).is_ok_and(is_below) {
        return Ok(());
    }
    let what = format!("{mounted} is not mounted, where the last file was delivered; nothing was delivered");
    let hint = format!("mount {mounted}; where the folder is meant as it is, name another path in [delivery] to");
    Err(Failure::new(Exit::Rejected, what).hint(hint))
}

/// Every path on this machine that a delivery or its rehearsal writes.
pub fn local_files(settings: &Settings) -> Vec<PathBuf> {
    let Target::File(path) = &settings.target else { return Vec::new() };
    let names = settings.names(path);
    let rehearsed = names.rehearsed();
    let all = [names, rehearsed].into_iter().flat_map(|names| [Some(names.real), names.temporary, Some(names.aside)]);
    all.flatten().map(PathBuf::from).collect()
}

fn replaced_meanwhile(what: &str) -> Failure {
    let what = format!("another file stands at {what} than a moment ago, and was not replaced");
    Failure::new(Exit::Unavailable, what).hint("somebody else writes there; the next run looks at the new file first")
}

/// The real path and the fixed ones beside it. They are fixed so that a run finds what a crashed run left.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Names {
    real: String,
    /// None where the file is written under its real name.
    temporary: Option<String>,
    /// Where the old file is moved if the new one cannot replace it.
    aside: String,
    /// What these files hold, in words.
    holds: &'static str,
    /// What it means that one of them cannot be removed.
    discarded: WarningKind,
}

impl Settings {
    /// Whether a delivery that is cut off leaves a part under the real name.
    pub fn writes_in_place(&self) -> bool {
        self.temporary_name == TemporaryName::None
    }

    fn names(&self, path: &Path) -> Names {
        Names::of(path, &self.temporary_name)
    }
}

impl Names {
    fn of(path: &Path, temporary_name: &TemporaryName) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let (temporary, aside) = match temporary_name {
            TemporaryName::Usual => (Some(format!(".{name}.part")), format!(".{name}.old")),
            TemporaryName::Named(temporary) => (Some(temporary.clone()), with_suffix(temporary, "-old")),
            TemporaryName::None => (None, format!(".{name}.old")),
        };
        let real = path.to_string_lossy().into_owned();
        let beside = |name: String| path.with_file_name(name).to_string_lossy().into_owned();
        Self {
            real,
            temporary: temporary.map(beside),
            aside: beside(aside),
            holds: "everybody's data",
            discarded: WarningKind::ReplacedFileStays,
        }
    }

    /// The names for a rehearsal: another one in the place of the real one. It keeps the ending and a leading dot of the temporary
    /// name: a destination may allow only some names.
    fn rehearsed(&self) -> Self {
        let beside = |name: String| Path::new(&self.real).with_file_name(name).to_string_lossy().into_owned();
        let ending = Path::new(&self.real).extension().map(|ending| format!(".{}", ending.to_string_lossy()));
        let hidden = self.temporary.as_ref().is_some_and(|path| {
            Path::new(path).file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
        });
        let stem = if hidden { ".honestly-sync-check" } else { "honestly-sync-check" };
        let real = format!("{stem}{}", ending.unwrap_or_default());
        let aside = with_suffix(&real, "-old");
        let temporary = self.temporary.clone();
        Self {
            real: beside(real),
            temporary,
            aside: beside(aside),
            holds: "nobody's data",
            discarded: WarningKind::ProbeStays,
        }
    }

    fn folder(&self) -> String {
        let folder = Path::new(&self.real).parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.map_or_else(|| ".".to_owned(), |folder| folder.to_string_lossy().into_owned())
    }
}

/// The name, and a few more for when files stand there that cannot be removed.
fn numbered(name: &str) -> impl Iterator<Item = String> {
    std::iter::once(name.to_owned()).chain((2..=4).map(|number| with_suffix(name, &format!("-{number}"))))
}

/// Puts the suffix before the ending of the name: servers may take files by their ending.
fn with_suffix(name: &str, suffix: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && !ending.contains('/') => format!("{stem}{suffix}.{ending}"),
        Some(_) | None => format!("{name}{suffix}"),
    }
}

/// What a rehearsal writes. Nobody can take it for a feed.
const PROBE: &[u8] = b"honestly-sync was here\n";
