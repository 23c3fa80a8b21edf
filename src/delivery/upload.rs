//! How a new file gets to the server and takes the old one's place.
//!
//! What must succeed: the whole file arrives and stands under its name. Everything else is a help: where the server refuses it,
//! there is another way or the answer stays unknown. Once the new file is in place, nothing counts as a failure.

use openssh_sftp_client::metadata::MetaData;

use super::leftovers::Temporary;
use super::refusal::{Act, Kind, Refusal};
use super::session::{Error, Place, Session, Written};
use super::{
    Existing, ExistingFile, Leftover, Look, Names, READ_LIMIT, Receipt, Replacement, Verification, Warning,
    WarningKind, numbered, replaced_meanwhile,
};
use crate::exit::{Exit, Failure};
use crate::hash::sha256;

pub(super) struct Replaced {
    pub verification: Verification,
    pub replacement: Replacement,
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
            (Err(Refusal { kind: Kind::Missing, .. }), Some(_)) => self.look(real).await,
            (Err(Refusal { kind: Kind::Missing, .. }), None) => Ok(Existing::Nothing),
            (Err(_), Some(file)) => Ok(Existing::File(file)),
            (Err(_), None) => Ok(Existing::Unknown),
        }
    }

    /// What stands there, without its content. Only a file may stand there.
    pub(super) async fn look(&self, name: &str) -> Result<Existing, Error> {
        let is_missing = |refusal: &Refusal| refusal.kind == Kind::Missing;
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
        let Replaced { verification, replacement: _ } = match self.replace(&self.names, bytes, Some(seen)).await {
            Ok(replaced) => replaced,
            Err(error) => return Err(self.advised(error).await),
        };
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
        Ok(Receipt { size: bytes.len() as u64, sha256: sha256(bytes), modified, mount: None, verification, warnings })
    }

    pub(super) async fn replace(
        &self,
        names: &Names,
        bytes: &[u8],
        seen: Option<&Existing>,
    ) -> Result<Replaced, Error> {
        let Some(temporary) = &names.temporary else {
            self.compare_with(seen).await?;
            let verification = self.write_in_place(names, bytes).await?;
            return Ok(Replaced { verification, replacement: Replacement::InPlace });
        };
        let carried = self.carried.written.take();
        let written = match carried {
            Some(written) => written,
            None => self.write_aside(names, temporary, bytes).await?,
        };
        let now = match self.compare_with(seen).await {
            Ok(now) => now,
            Err(error) => return Err(self.withdrawn(names, &written.name, error).await),
        };
        match self.place(names, &written.name, now.as_ref()).await {
            Ok(replacement) => Ok(Replaced { verification: written.verification, replacement }),
            Err(error @ Error::Unusable(_)) => {
                self.carried.written.replace(Some(written));
                Err(error)
            }
            Err(error) => Err(self.not_placed(names, &written.name, seen, error).await),
        }
    }

    /// The server refused a rename. Whatever it answered, nothing arrived only where the new file still lay under its temporary
    /// name, is removed, and the old one's bytes stand there after that.
    async fn not_placed(&self, names: &Names, temporary: &str, seen: Option<&Existing>, error: Error) -> Error {
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
        Error::Told(self.left_behind(names, temporary, removed, Failure { message, ..failure }))
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
    async fn write_aside(&self, names: &Names, temporary: &str, bytes: &[u8]) -> Result<Written, Error> {
        let Temporary { name, file } = self.create_temporary(temporary).await?;
        self.begun.replace(Some(name.clone()));
        let verified = match self.fill(file, bytes).await {
            Ok(Ok(())) => self.verify(&name, bytes).await,
            Ok(Err(refusal)) => Err(self.refused(Act::Write, &name, &refusal)),
            Err(error) => Err(error),
        };
        match verified {
            Ok(verification) => Ok(Written { name, verification }),
            Err(error) => Err(self.withdrawn(names, &name, error).await),
        }
    }

    /// Reads a file back. A refusal to let us read is no failure; other content or another size is.
    async fn verify(&self, name: &str, bytes: &[u8]) -> Result<Verification, Error> {
        let sent = bytes.len() as u64;
        let what = match self.read(name, sent * 2).await? {
            Ok(Some(read)) if read == bytes => return Ok(Verification::ReadBack),
            Ok(Some(read)) if without_returns(&read) == without_returns(bytes) => {
                let what = format!("{} changes the ends of the lines in {name}; {}", self.target.host, self.told());
                let hint = "ask its owner to take files as they are, or set [feed] line_end to what it makes of them";
                return Err(Failure::new(Exit::Rejected, what).hint(hint).into());
            }
            Ok(Some(read)) if read.len() as u64 == sent => format!("other bytes than the {sent} that were sent"),
            Ok(Some(read)) => format!("{} bytes and not the {sent} that were sent", read.len()),
            Ok(None) => format!("more than the {sent} bytes that were sent"),
            Err(_) => match self.look(name).await? {
                Existing::File(file) if file.size != sent => {
                    format!("{} bytes and not the {sent} that were sent", file.size)
                }
                Existing::File(_) | Existing::Nothing | Existing::Unknown => return Ok(Verification::Refused),
            },
        };
        let what = format!("{name} holds {what}; {}", self.told());
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
                    self.discard(names, aside).await;
                }
                return Ok(Replacement::Atomic);
            }
            Err(_) if self.renames_over() => return Err(self.posix_rename_is_unusable()),
            Err(refusal) => refusal,
        };
        if now == Some(&Existing::Nothing) {
            return Err(self.cannot_rename(temporary, real, &refusal));
        }
        log::info!("the server does not rename over a file: moving the old one aside");
        let Some(aside) = self.move_aside(names).await? else {
            return Err(self.cannot_rename(temporary, real, &refusal));
        };
        let aside = aside.as_str();
        self.carried.place.set(Place::Aside);
        if let Err(refusal) = self.rename(temporary, real).await? {
            if self.rename(aside, real).await?.is_err() {
                let what = format!("{real} could not be replaced, and the old file not be moved back");
                let hint = "the next run delivers again; until then an import finds no file";
                return Err(Failure::new(Exit::Unavailable, what).hint(hint).into());
            }
            self.carried.place.set(Place::Unknown);
            return Err(self.cannot_rename(temporary, real, &refusal));
        }
        self.discard(names, aside).await;
        Ok(Replacement::MovedAside)
    }

    /// Gives the old file another name, and says which; none where the old file is gone. What an earlier run left under that name
    /// is removed, and where it cannot be, the next one is taken.
    async fn move_aside(&self, names: &Names) -> Result<Option<String>, Error> {
        let mut refused = None;
        for aside in numbered(&names.aside) {
            let mut moved = self.rename(&names.real, &aside).await?;
            if moved.is_err() && self.remove(&aside).await?.is_ok() {
                moved = self.rename(&names.real, &aside).await?;
            }
            match moved {
                Ok(()) => {
                    self.aside.replace(aside.clone());
                    return Ok(Some(aside));
                }
                Err(Refusal { kind: Kind::Missing, .. }) => return Ok(None),
                Err(refusal) => refused = Some((aside.clone(), refusal)),
            }
            if !matches!(self.look(&aside).await, Ok(Existing::File(_))) {
                break;
            }
            self.warn(Warning::new(WarningKind::LeftoverStays, &aside));
        }
        refused.map_or(Ok(None), |(aside, refusal)| Err(self.cannot_rename(&names.real, &aside, &refusal)))
    }

    /// Writes under the real name itself, as the configuration asks where the destination allows nothing else.
    async fn write_in_place(&self, names: &Names, bytes: &[u8]) -> Result<Verification, Error> {
        let real = names.real.as_str();
        self.carried.place.set(Place::Unknown);
        let file = match self.create(real).await? {
            Ok(file) => file,
            Err(refusal) => return Err(self.refused(Act::Write, real, &refusal)),
        };
        self.carried.place.set(Place::Partial);
        if let Err(refusal) = self.fill(file, bytes).await? {
            return Err(self.refused(Act::Write, real, &refusal));
        }
        // Somebody may take the file the moment it is complete, and then there is nothing to read.
        self.verify(real, bytes).await
    }

    /// A file cannot get another name.
    fn cannot_rename(&self, name: &str, to: &str, refusal: &Refusal) -> Error {
        let host = &self.target.host;
        self.may_try.set(true);
        if refusal.kind == Kind::Missing {
            let what = format!("{name} was taken away before it could be called {to}");
            return Failure::new(Exit::Rejected, what).hint(format!("{host} takes every file at once")).into();
        }
        self.refused(Act::Replace, &format!("{name} to {to}"), refusal)
    }

    pub(super) fn warn(&self, warning: Warning) {
        let mut warnings = self.warnings.borrow_mut();
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
}

fn without_returns(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| *byte != b'\r').collect()
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
