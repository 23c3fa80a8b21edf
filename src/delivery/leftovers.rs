//! Our own files that stay at a server: where they stand in the way, where they cannot be removed, and what they are called then.
//! They are overwritten and never multiply, and a message says what they hold.

use openssh_sftp_client::file::File;

use super::refusal::{Act, Kind, Refusal};
use super::session::{Answer, Error, Place, Session};
use super::{Existing, Names, Warning, WarningKind, numbered};
use crate::exit::{Exit, Failure};

/// A new file that can be written to.
pub(super) struct Temporary {
    pub name: String,
    pub file: File,
}

impl Session<'_> {
    /// Creates a file under a temporary name. Removes what an earlier run left there, or overwrites it where it cannot be removed;
    /// what cannot be overwritten either stays and is named in a warning.
    pub(super) async fn create_temporary(&self, temporary: &str) -> Result<Temporary, Error> {
        let mut in_the_way = Vec::new();
        for name in numbered(temporary) {
            let refusal = match self.create_new(&name).await? {
                Ok(file) => return Ok(Temporary { name, file }),
                Err(refusal) => refusal,
            };
            let is_removed = matches!(self.remove(&name).await?, Ok(()) | Err(Refusal { kind: Kind::Missing, .. }));
            let stands = if is_removed { Ok(Existing::Nothing) } else { self.look(&name).await };
            if stands.is_ok()
                && let Some(file) = self.create_over(&name).await?
            {
                return Ok(Temporary { name, file });
            }
            if matches!(stands, Ok(Existing::Nothing)) {
                self.may_try.set(true);
                return Err(self.refused(Act::Write, &name, &refusal));
            }
            self.warn(Warning::new(WarningKind::LeftoverStays, &name));
            in_the_way.push(name);
        }
        let what = format!("{} can neither be removed nor overwritten; {}", in_the_way.join(", "), self.told());
        let hint = format!("ask the owner of {} to remove them, and for the right to remove files", self.target.host);
        Err(Failure::new(Exit::Rejected, what).hint(hint).into())
    }

    /// Opens a file of no content, where possible only a new one: some servers cannot create a file only where there is none.
    async fn create_over(&self, name: &str) -> Result<Option<File>, Error> {
        match self.create_new(name).await? {
            Ok(file) => Ok(Some(file)),
            Err(_) => Ok(self.create(name).await?.ok()),
        }
    }

    /// Removes what is not needed any more. Where that is refused it gets the temporary name, which the next delivery overwrites, so
    /// that such files never multiply; a warning names it.
    pub(super) async fn discard(&self, names: &Names, name: &str) {
        let why = match self.remove(name).await {
            Ok(Ok(()) | Err(Refusal { kind: Kind::Missing, .. })) => return,
            Ok(Err(refusal)) => refusal.why(),
            Err(_) => "no answer".to_owned(),
        };
        let kept = match &names.temporary {
            Some(temporary) if matches!(self.rename(name, temporary).await, Ok(Ok(()))) => temporary.as_str(),
            Some(_) | None => name,
        };
        let is_known = self.carried.place.get() == Place::Aside;
        let stands = match self.look(kept).await {
            Ok(Existing::File(_)) => true,
            Ok(Existing::Nothing) => false,
            Ok(Existing::Unknown) | Err(_) => is_known || kept != name,
        };
        if stands {
            self.warn(Warning::new(names.discarded, kept).quoting(why));
        }
    }

    /// The same error, once the temporary file is removed as far as possible.
    pub(super) async fn withdrawn(&self, names: &Names, name: &str, error: Error) -> Error {
        match error {
            Error::Told(failure) => Error::Told(self.left_behind(names, name, self.remove(name).await, failure)),
            Error::Lost | Error::TimedOut(_) | Error::Unusable(_) => error,
        }
    }

    /// The same failure, with the temporary file named where it stays.
    pub(super) fn left_behind(&self, names: &Names, name: &str, removed: Answer<()>, failure: Failure) -> Failure {
        match removed {
            Ok(Err(refusal)) if refusal.kind != Kind::Missing => {
                self.may_try.set(false);
                let stays = format!("{name} stays on the server with {}: it cannot be removed", names.holds);
                failure.hint(format!("{stays} ({}); the next delivery overwrites it", refusal.why()))
            }
            Ok(Ok(()) | Err(_)) | Err(_) => failure,
        }
    }
}
