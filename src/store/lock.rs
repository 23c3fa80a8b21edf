//! One real run at a time, from its beginning on: a lock on a file beside the mirror, held as long as the run lasts.
//!
//! It spares a second run a minute of reading whose result could not be written, and keeps it from undoing what the first sends.
//! It guarantees nothing, because a folder or a file system may not allow it: there the run log tells of runs of this machine,
//! and the transaction guarantees the rest. The kernel lets go of it when the process ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use super::beside::{LOCK, beside};
use super::{Reader, step_aside};
use crate::exit::{Exit, Failure};
use crate::replace;

/// How long an approval waits for another run: a person gave it and is there.
const A_MINUTE: Duration = Duration::from_secs(60);
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(200);

/// What a run does that finds another one at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    StepAside,
    WaitAMinute,
}

/// Holds the lock while it lives.
#[derive(Debug)]
pub struct RunLock {
    /// None where no lock can be had here.
    _file: Option<File>,
}

impl RunLock {
    /// Steps aside (exit 75) where another run has it. `waiting` is called once where this one waits.
    pub fn take(mirror: &Path, patience: Patience, waiting: impl FnOnce()) -> Result<Self, Failure> {
        let file = match open(mirror) {
            Ok(file) => file,
            Err(error) => return Self::without(mirror, &error),
        };
        let until = match patience {
            Patience::StepAside => None,
            Patience::WaitAMinute => Some(Instant::now() + A_MINUTE),
        };
        let mut waiting = Some(waiting);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: Some(file) }),
                Err(TryLockError::Error(error)) => return Self::without(mirror, &error),
                Err(TryLockError::WouldBlock) if until.is_some_and(|until| Instant::now() < until) => {
                    if let Some(waiting) = waiting.take() {
                        waiting();
                    }
                    std::thread::sleep(BETWEEN_ATTEMPTS);
                }
                Err(TryLockError::WouldBlock) => return Err(another_run(mirror)),
            }
        }
    }
}

impl RunLock {
    /// Without a lock the log tells which run of this machine is at work, once it is in there.
    fn without(mirror: &Path, error: &std::io::Error) -> Result<Self, Failure> {
        log::debug!("no lock beside the mirror: {error}");
        let living = Reader::existing(mirror)?.map(|mirror| mirror.living()).transpose()?.flatten();
        living.map_or(Ok(Self { _file: None }), |run| Err(step_aside(&run)))
    }
}

/// Never removed: a run that waits for a file that is gone would not see the next one.
fn open(mirror: &Path) -> std::io::Result<File> {
    replace::make_folder_of(mirror)?;
    // Beside a mirror that is closed to this user nothing is left.
    match OpenOptions::new().read(true).write(true).open(mirror) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(_) | Err(_) => {}
    }
    OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(beside(mirror, LOCK))
}

fn another_run(mirror: &Path) -> Failure {
    let run = Reader::existing(mirror).and_then(|mirror| mirror.map(|mirror| mirror.in_progress()).transpose());
    match run {
        Ok(Some(Some(run))) => step_aside(&run),
        // It has just begun, or does not write into this log.
        Ok(Some(None) | None) | Err(_) => {
            Failure::new(Exit::Unavailable, format!("another run works on the mirror {}", mirror.display()))
                .hint("wait until it is over; how it stands: $0 status")
        }
    }
}
