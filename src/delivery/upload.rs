//! How a new file gets to the server and takes the old one's place.
//!
//! What must succeed: the whole file arrives and stands under its name. Everything else is a help: where the server refuses it,
//! there is another way or the answer stays unknown. Once the new file is in place, nothing counts as a failure.

use openssh_sftp_client::file::File;
use openssh_sftp_client::metadata::MetaData;

use super::session::{Answer, Error, Place, Refusal, RefusalKind, Session, Written};
use super::{
    Existing, ExistingFile, Leftover, Look, Names, PROBE, READ_LIMIT, Receipt, Rehearsal, Replacement, Verification,
    Warning, WarningKind, replaced_meanwhile, with_suffix,
};
use crate::exit::{Exit, Failure};
use crate::hash::sha256;

/// How many temporary names to try while old files stand under them that cannot be removed.
const NAMES_TRIED: usize = 4;

/// A new file that can be written to.
struct Temporary {
    name: String,
    file: File,
}

struct Replaced {
    verification: Verification,
    replacement: Replacement,
}

impl Session<'_> {
    /// What stands under the real name and, as far as somebody asks, under the temporary one.
    pub(super) async fn look_around(&self, leftover: Leftover) -> Result<Look, Error> {
        let lay_there = match (leftover, &self.names.temporary) {
            (Leftover::Unasked, _) | (_, None) => false,
            (Leftover::Found, Some(temporary)) => matches!(self.look(temporary).await?, Existing::File(_)),
            (Leftover::Removed, Some(temporary)) => self.remove(temporary).await?.is_ok(),
        };
        Ok(Look { existing: self.existing().await?, lay_there })
    }

    /// What stands under the real name, with its content where that may be read.
    pub(super) async fn existing(&self) -> Result<Existing, Error> {
        let real = self.names.real.as_str();
        let file = match self.look(real).await? {
            Existing::Nothing => return Ok(Existing::Nothing),
            Existing::File(file) if file.size > READ_LIMIT => return Ok(Existing::File(file)),
            Existing::File(file) => Some(file),
            Existing::Unknown => None,
        };
        let modified = file.as_ref().and_then(|file| file.modified);
        match (self.read(real, READ_LIMIT).await?, file) {
            (Ok(Some(bytes)), _) => {
                Ok(Existing::File(ExistingFile { size: bytes.len() as u64, modified, bytes: Some(bytes) }))
            }
            (Ok(None), Some(file)) => Ok(Existing::File(file)),
            (Ok(None), None) => Ok(Existing::Unknown),
            // It was taken in between, or the server hides it from readers.
            (Err(Refusal { kind: RefusalKind::Missing, .. }), Some(_)) => self.look(real).await,
            (Err(Refusal { kind: RefusalKind::Missing, .. }), None) => Ok(Existing::Nothing),
            (Err(_), Some(file)) => Ok(Existing::File(file)),
            (Err(_), None) => Ok(Existing::Unknown),
        }
    }

    /// What stands there, without its content. Only a file may stand there.
    async fn look(&self, name: &str) -> Result<Existing, Error> {
        let is_missing = |refusal: &Refusal| refusal.kind == RefusalKind::Missing;
        let found = match self.status_of_link(name).await? {
            Ok(found) => found,
            Err(refusal) if is_missing(&refusal) => return Ok(Existing::Nothing),
            Err(_) => match self.status(name).await? {
                Ok(found) => found,
                Err(refusal) if is_missing(&refusal) => return Ok(Existing::Nothing),
                Err(_) => return Ok(Existing::Unknown),
            },
        };
        match other_than_a_file(&found) {
            None => Ok(existing(&found)),
            Some(what) => {
                Err(Failure::new(Exit::Misconfigured, format!("{name} is {what} on the server; nothing was delivered"))
                    .hint("[delivery] to ends in the name of the file, such as upload/employees.csv")
                    .into())
            }
        }
    }

    /// Replaces the file under the real name, unless another file than `seen` stands there by then.
    pub(super) async fn deliver(&self, bytes: &[u8], seen: &Existing) -> Result<Receipt, Error> {
        let Replaced { verification, replacement: _ } = self.replace(&self.names, bytes, Some(seen)).await?;
        // From here on nothing counts as a failure.
        let modified = match self.look(&self.names.real).await {
            Ok(Existing::File(ExistingFile { size, modified, .. })) => {
                if size != bytes.len() as u64 {
                    let kind = WarningKind::AnotherSize { sent: bytes.len() as u64, stated: size };
                    self.warn(Warning::new(kind, &self.names.real));
                }
                modified
            }
            // It was taken already, or we may not look.
            Ok(Existing::Nothing | Existing::Unknown) => None,
            Err(Error::Told(_) | Error::Lost | Error::TimedOut(_) | Error::Unusable(_)) => {
                self.warn(Warning::new(WarningKind::NotSeen, &self.names.real));
                None
            }
        };
        let warnings = self.warnings.take();
        Ok(Receipt { size: bytes.len() as u64, sha256: sha256(bytes), modified, verification, warnings })
    }

    /// Does all that a delivery does, under other names, and also tries what a delivery can do without.
    pub(super) async fn rehearse(&self) -> Result<Rehearsal, Error> {
        let folder = self.names.folder();
        if let Err(refusal) = self.list(&folder).await? {
            self.warn(Warning::new(WarningKind::FolderNotListed, &folder).quoting(refusal.why()));
        }
        let existing = self.look(&self.names.real).await?;
        let names = self.names.rehearsed();
        // The second time there is a file to replace.
        self.replace(&names, PROBE, None).await?;
        let Replaced { verification, replacement } = self.replace(&names, PROBE, None).await?;
        if let Err(refusal) = self.remove(&names.real).await? {
            self.warn(Warning::new(WarningKind::ProbeStays, &names.real).quoting(refusal.why()));
        }
        Ok(Rehearsal { existing, verification, replacement, warnings: self.warnings.take() })
    }

    async fn replace(&self, names: &Names, bytes: &[u8], seen: Option<&Existing>) -> Result<Replaced, Error> {
        let Some(temporary) = &names.temporary else {
            self.compare_with(seen).await?;
            let verification = self.write_in_place(names, bytes).await?;
            return Ok(Replaced { verification, replacement: Replacement::InPlace });
        };
        let carried = self.carried.written.take();
        let written = match carried {
            Some(written) => written,
            None => self.write_aside(temporary, bytes).await?,
        };
        let now = match self.compare_with(seen).await {
            Ok(now) => now,
            Err(error) => return Err(self.withdrawn(&written.name, error).await),
        };
        match self.place(names, &written.name, now.as_ref()).await {
            Ok(replacement) => Ok(Replaced { verification: written.verification, replacement }),
            Err(error @ Error::Unusable(_)) => {
                self.carried.written.replace(Some(written));
                Err(error)
            }
            Err(error) => Err(self.not_placed(&written.name, seen, error).await),
        }
    }

    /// The server refused a rename. Whatever it answered, nothing arrived only where the new file still lay under its temporary
    /// name, is removed, and the old one's bytes stand there after that.
    async fn not_placed(&self, temporary: &str, seen: Option<&Existing>, error: Error) -> Error {
        let Error::Told(failure) = error else { return error };
        let removed = self.remove(temporary).await;
        let is_proven = match (&removed, seen) {
            // A rehearsal touches nothing under the real name.
            (_, None) => true,
            (Ok(Ok(())), Some(seen)) => self.existing().await.is_ok_and(|now| seen.is_proven_by(&now)),
            (Ok(Err(_)) | Err(_), Some(_)) => false,
        };
        if is_proven {
            self.carried.place.set(Place::Untouched);
        }
        let message = format!("{}; {}", failure.message, self.told());
        Error::Told(left_behind(temporary, removed, Failure { message, ..failure }))
    }

    /// What stands there right before it is replaced. Fails where that is another file than the one seen before.
    async fn compare_with(&self, seen: Option<&Existing>) -> Result<Option<Existing>, Error> {
        let Some(seen) = seen else { return Ok(None) };
        let now = self.existing().await?;
        if seen.is_replaced_by(&now) {
            self.carried.another_came.set(true);
            return Err(replaced_meanwhile(&self.names.real).into());
        }
        Ok(Some(now))
    }

    /// Writes a new file beside the real one and reads it back.
    async fn write_aside(&self, temporary: &str, bytes: &[u8]) -> Result<Written, Error> {
        let Temporary { name, file } = self.create_temporary(temporary).await?;
        self.begun.replace(Some(name.clone()));
        let verified = match self.fill(file, bytes).await {
            Ok(Ok(())) => self.verify(&name, bytes).await,
            Ok(Err(refusal)) => Err(self.refused("write", &name, &refusal)),
            Err(error) => Err(error),
        };
        match verified {
            Ok(verification) => Ok(Written { name, verification }),
            Err(error) => Err(self.withdrawn(&name, error).await),
        }
    }

    /// Creates a file under a temporary name. Removes what an earlier run left there; what cannot be removed stays and is named
    /// in a warning.
    async fn create_temporary(&self, temporary: &str) -> Result<Temporary, Error> {
        let mut refused = None;
        for attempt in 1..=NAMES_TRIED {
            let name = if attempt == 1 { temporary.to_owned() } else { with_suffix(temporary, &format!("-{attempt}")) };
            let refusal = match self.create_new(&name).await? {
                Ok(file) => return Ok(Temporary { name, file }),
                Err(refusal) => refusal,
            };
            let stays = match self.remove(&name).await? {
                Ok(()) => false,
                Err(refusal) if refusal.kind == RefusalKind::Missing => false,
                Err(_) => self.look(&name).await.is_ok_and(|existing| existing != Existing::Nothing),
            };
            if !stays {
                return self.create_where_nothing_stands(name, refusal).await;
            }
            self.warn(Warning::new(WarningKind::LeftoverStays, &name));
            refused = Some((name, refusal));
        }
        let (name, refusal) = refused
            .unwrap_or_else(|| (temporary.to_owned(), Refusal { kind: RefusalKind::Failed, words: String::new() }));
        Err(self.cannot_create(&name, &refusal))
    }

    async fn create_where_nothing_stands(&self, name: String, refusal: Refusal) -> Result<Temporary, Error> {
        if let Ok(file) = self.create_new(&name).await? {
            return Ok(Temporary { name, file });
        }
        // Some servers cannot create a file only where there is none.
        match self.create(&name).await? {
            Ok(file) => Ok(Temporary { name, file }),
            Err(_) => Err(self.cannot_create(&name, &refusal)),
        }
    }

    /// Reads a file back. A refusal to let us read is no failure; other content or another size is.
    async fn verify(&self, name: &str, bytes: &[u8]) -> Result<Verification, Error> {
        let sent = bytes.len() as u64;
        let size = match self.read(name, sent).await? {
            Ok(Some(read)) if read == bytes => return Ok(Verification::ReadBack),
            Ok(Some(read)) => read.len() as u64,
            Ok(None) => sent + 1,
            Err(_) => match self.look(name).await? {
                Existing::File(file) if file.size != sent => file.size,
                Existing::File(_) | Existing::Nothing | Existing::Unknown => return Ok(Verification::Refused),
            },
        };
        let what = match size.cmp(&sent) {
            std::cmp::Ordering::Equal => format!("{name} holds other bytes than the {sent} that were sent"),
            std::cmp::Ordering::Less | std::cmp::Ordering::Greater => {
                format!("{name} holds {size} bytes and not the {sent} that were sent")
            }
        };
        let what = format!("{what}; {}", self.told());
        Err(Failure::new(Exit::Unavailable, what).hint("the next run tries again").into())
    }

    /// Renames in one step where the server can. Else it moves the old file aside, and moves it back if the new one cannot take
    /// its place, so that a part never stands under the real name.
    async fn place(&self, names: &Names, temporary: &str, now: Option<&Existing>) -> Result<Replacement, Error> {
        let Names { real, aside, .. } = names;
        self.carried.place.set(Place::Unknown);
        let refusal = match self.rename(temporary, real).await? {
            Ok(()) => {
                // A run that was cut off may have left this.
                if !self.renames_over() {
                    self.tidy(aside).await;
                }
                return Ok(Replacement::Atomic);
            }
            Err(_) if self.renames_over() => return Err(self.posix_rename_is_unusable()),
            Err(refusal) => refusal,
        };
        if now == Some(&Existing::Nothing) {
            return Err(self.cannot_rename(temporary, &refusal));
        }
        log::info!("the server does not rename over a file: moving the old one aside");
        if let Err(first) = self.rename(real, aside).await? {
            if first.kind == RefusalKind::Missing {
                return Err(self.cannot_rename(temporary, &refusal));
            }
            // A run that was cut off may have left this.
            let removed = self.remove(aside).await?;
            let moved = if removed.is_ok() { self.rename(real, aside).await? } else { Err(first) };
            if let Err(refusal) = moved {
                return Err(self.cannot_rename(real, &refusal));
            }
        }
        self.carried.place.set(Place::Aside);
        if let Err(refusal) = self.rename(temporary, real).await? {
            if self.rename(aside, real).await?.is_err() {
                let what = format!("{real} could not be replaced, and the old file not be moved back");
                let hint = "the next run delivers again; until then an import finds no file";
                return Err(Failure::new(Exit::Unavailable, what).hint(hint).into());
            }
            self.carried.place.set(Place::Unknown);
            return Err(self.cannot_rename(temporary, &refusal));
        }
        self.tidy(aside).await;
        Ok(Replacement::MovedAside)
    }

    /// Removes the old file once the new one is in place. Where that fails and the file is there, a warning names it.
    async fn tidy(&self, aside: &str) {
        let removed = self.remove(aside).await;
        if matches!(removed, Ok(Ok(()) | Err(Refusal { kind: RefusalKind::Missing, .. }))) {
            return;
        }
        let known = self.carried.place.get() == Place::Aside;
        let stands = match self.look(aside).await {
            Ok(Existing::File(_)) => true,
            Ok(Existing::Nothing) => false,
            Ok(Existing::Unknown) | Err(_) => known,
        };
        if stands {
            self.warn(Warning::new(WarningKind::ReplacedFileStays, aside));
        }
    }

    /// Writes under the real name itself, as the configuration asks where the destination allows nothing else.
    async fn write_in_place(&self, names: &Names, bytes: &[u8]) -> Result<Verification, Error> {
        let real = names.real.as_str();
        self.carried.place.set(Place::Unknown);
        let file = match self.create(real).await? {
            Ok(file) => file,
            Err(refusal) => return Err(self.refused("write", real, &refusal)),
        };
        self.carried.place.set(Place::Partial);
        if let Err(refusal) = self.fill(file, bytes).await? {
            return Err(self.refused("write", real, &refusal));
        }
        // Somebody may take the file the moment it is complete, and then there is nothing to read.
        self.verify(real, bytes).await
    }

    /// The same error, once the temporary file is removed as far as possible.
    async fn withdrawn(&self, name: &str, error: Error) -> Error {
        match error {
            Error::Told(failure) => Error::Told(left_behind(name, self.remove(name).await, failure)),
            Error::Lost | Error::TimedOut(_) | Error::Unusable(_) => error,
        }
    }

    fn warn(&self, warning: Warning) {
        let mut warnings = self.warnings.borrow_mut();
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
}

/// The same failure, with the temporary file named where it stays.
fn left_behind(name: &str, removed: Answer<()>, failure: Failure) -> Failure {
    match removed {
        Ok(Err(refusal)) if refusal.kind != RefusalKind::Missing => {
            let stays = format!("{name} stays on the server with everybody's data: it cannot be removed");
            failure.hint(format!("{stays} ({})", refusal.why()))
        }
        Ok(Ok(()) | Err(_)) | Err(_) => failure,
    }
}

/// What stands there, in words. A server that does not tell the type has files.
fn other_than_a_file(found: &MetaData) -> Option<&'static str> {
    let kind = found.file_type()?;
    match () {
        () if kind.is_file() => None,
        () if kind.is_dir() => Some("a folder"),
        () if kind.is_symlink() => Some("a link"),
        () => Some("no file"),
    }
}

fn existing(found: &MetaData) -> Existing {
    let Some(size) = found.len() else { return Existing::Unknown };
    let modified = found.modified().map(|at| i64::from(at.into_raw()));
    Existing::File(ExistingFile { size, modified, bytes: None })
}
