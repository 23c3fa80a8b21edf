//! What a refusal means: whether the same request can succeed later without anybody's doing, and what helps. One table for
//! servers and for the file systems of this machine.

use std::io;
use std::path::Path;

use rustix::io::Errno;

use crate::exit::{Exit, Failure};

/// What was refused. Where a session refuses, it goes on.
#[derive(Debug)]
pub(super) struct Refusal {
    pub kind: Kind,
    /// Of whoever refused. Empty where they say no more than the kind.
    pub words: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Missing,
    Denied,
    Unsupported,
    ReadOnly,
    Full,
    /// Another program has the file open.
    Busy,
    /// The file is a mount of its own, over which nothing can be renamed.
    Mounted,
    /// The path, or its file system, cannot take such a file.
    Unfit,
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Look,
    Read,
    Write,
    /// Giving a file that is written another's name.
    Replace,
}

/// What is known of a destination from earlier runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// Nothing was delivered there yet.
    Untried,
    /// The same was done there before.
    Worked,
}

impl Before {
    /// What the newest delivery there tells, if there was one.
    pub fn of<T>(last: Option<&T>) -> Self {
        last.map_or(Self::Untried, |_| Self::Worked)
    }
}

/// Who refused.
#[derive(Debug, Clone, Copy)]
pub(super) enum Party<'a> {
    Server(&'a str),
    /// The file system below this folder.
    FileSystem(&'a Path),
}

impl Refusal {
    /// A server's status, and the words that came with it.
    pub(super) fn of_server(status: Kind, words: &str) -> Self {
        let usual =
            ["no such file", "permission denied", "operation unsupported", "failure", "error", "general failure"];
        let plain = words.trim_end_matches('.').to_lowercase();
        let has = |phrases: &[&str]| phrases.iter().any(|phrase| plain.contains(phrase));
        let kind = match status {
            Kind::Denied | Kind::Failed if has(&["read-only"]) => Kind::ReadOnly,
            Kind::Denied | Kind::Failed
                if has(&["used by another", "in use", "locked", "sharing violation", "busy"]) =>
            {
                Kind::Busy
            }
            Kind::Denied | Kind::Failed if has(&["no space", "quota", "disk full", "disk is full"]) => Kind::Full,
            status => status,
        };
        let words = if usual.contains(&plain.as_str()) { String::new() } else { words.to_owned() };
        Self { kind, words }
    }

    pub(super) fn of_file_system(error: &io::Error) -> Self {
        use io::ErrorKind as E;
        let kind = match error.kind() {
            E::NotFound => Kind::Missing,
            E::PermissionDenied => Kind::Denied,
            E::Unsupported => Kind::Unsupported,
            E::ReadOnlyFilesystem => Kind::ReadOnly,
            E::StorageFull | E::QuotaExceeded => Kind::Full,
            E::ResourceBusy | E::ExecutableFileBusy => Kind::Busy,
            E::IsADirectory
            | E::NotADirectory
            | E::InvalidFilename
            | E::InvalidInput
            | E::CrossesDevices
            | E::FileTooLarge => Kind::Unfit,
            // They have no kind of their own in the standard library.
            _ if matches!(Errno::from_io_error(error), Some(Errno::LOOP | Errno::NOLCK)) => Kind::Unfit,
            _ => Kind::Failed,
        };
        Self { kind, words: error.to_string() }
    }

    /// The reason in words, with the server's own.
    pub(super) fn why(&self) -> String {
        let why = match self.kind {
            Kind::Missing => "no such file or folder",
            Kind::Denied => "permission denied",
            Kind::Unsupported => "not supported there",
            Kind::ReadOnly | Kind::Full | Kind::Busy | Kind::Mounted | Kind::Unfit | Kind::Failed => {
                "the server failed"
            }
        };
        match self.words.as_str() {
            "" => why.to_owned(),
            words => format!("{why}: \"{words}\""),
        }
    }

    /// The failure with this message, whether a later run can succeed unchanged (75) or not (77), and what helps.
    pub(super) fn failure(&self, message: String, act: Act, before: Before, party: Party<'_>) -> Failure {
        let (exit, for_server, for_file_system) = verdict(self.kind, act, before);
        let hint = match party {
            Party::Server(_) if for_server == AGAIN && self.words.is_empty() => {
                format!("the server gives no reason; its disk may be full; {AGAIN}")
            }
            Party::Server(host) => for_server.replace("{host}", host),
            Party::FileSystem(folder) => for_file_system.replace("{folder}", &folder.display().to_string()),
        };
        Failure::new(exit, message).hint(hint)
    }
}

const AGAIN: &str = "the next run tries again";

/// The exit code, and what helps with a server and with a file system.
fn verdict(kind: Kind, act: Act, before: Before) -> (Exit, &'static str, &'static str) {
    use Exit::{Rejected, Unavailable};
    const RENAME: &str = "ask the owner of {host} for the right to rename files, and to replace them";
    const WRITE: &str = "ask the owner of {host} for the right to write this file";
    const FOLDER: &str = "ask the owner of {host} for a folder that can be written to";
    const UNIT: &str = "under systemd: systemctl edit honestly-sync, [Service], ReadWritePaths={folder}";
    const ROOM: &str = "the next run tries again; ask the owner of {host} to make room";
    const ROOM_HERE: &str = "the next run tries again; make room: df -h {folder}";
    const BUSY: &str = "another program has the file open; the next run tries again";
    const MOUNT: &str = "mount the folder {folder} and not the file alone: then a new file can take its place";
    const UNFIT: &str = "this place cannot take the file: correct [delivery] to";
    match (kind, act, before) {
        (Kind::Missing, _, _) => (Rejected, "check the path in [delivery] to", "where a share belongs: mount -a"),
        (Kind::Denied | Kind::Unsupported, Act::Replace, _) => (Rejected, RENAME, UNIT),
        (Kind::Denied | Kind::Unsupported, Act::Look | Act::Read | Act::Write, _) => (Rejected, WRITE, UNIT),
        (Kind::ReadOnly, _, _) => (Rejected, FOLDER, UNIT),
        (Kind::Full, _, _) => (Unavailable, ROOM, ROOM_HERE),
        (Kind::Busy, _, _) => (Unavailable, BUSY, BUSY),
        (Kind::Mounted, _, _) => (Rejected, MOUNT, MOUNT),
        (Kind::Unfit, _, _) => (Rejected, UNFIT, UNFIT),
        // Who gives no reason refuses what they always refuse, unless the same was done there before.
        (Kind::Failed, Act::Replace, Before::Untried) => (Rejected, RENAME, UNIT),
        (Kind::Failed, Act::Replace, Before::Worked) => (Unavailable, AGAIN, AGAIN),
        (Kind::Failed, Act::Look | Act::Read | Act::Write, _) => (Unavailable, AGAIN, AGAIN),
    }
}

#[cfg(test)]
mod tests;
