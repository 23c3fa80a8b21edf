//! Tries what a delivery does without touching the file there, and what else would work where a delivery is refused.

use super::refusal::Before;
use super::session::{Error, Session};
use super::upload::Replaced;
use super::{Names, PROBE, Rehearsal, Warning, WarningKind};
use crate::exit::Failure;
use crate::remote::TemporaryName;

const IN_PLACE: &str = "nothing else works there than writing under the real name: [delivery] temporary_name = \"none\"; an upload \
                        that is cut then leaves a part, and an import removes whoever is missing";

impl Session<'_> {
    /// Does all that a delivery does, with another name in the place of the real one, and also tries what a delivery can do without.
    pub(super) async fn rehearse(&self) -> Result<Rehearsal, Error> {
        let folder = self.names.folder();
        if let Err(refusal) = self.list(&folder).await? {
            self.warn(Warning::new(WarningKind::FolderNotListed, &folder).quoting(refusal.why()));
        }
        let existing = self.look(&self.names.real).await?;
        match self.try_out(&self.names.rehearsed()).await {
            Ok(Replaced { verification, replacement }) => {
                Ok(Rehearsal { existing, verification, replacement, warnings: self.warnings.take() })
            }
            Err(error) => Err(self.advised(error).await),
        }
    }

    /// The second time there is a file to replace.
    async fn try_out(&self, names: &Names) -> Result<Replaced, Error> {
        self.replace(names, PROBE, None).await?;
        let replaced = self.replace(names, PROBE, None).await?;
        self.discard(names, &names.real).await;
        Ok(replaced)
    }

    /// The same refusal, with the setting that was seen to work instead. Nothing is advised that was not tried, and nothing is tried
    /// where it could not be removed, or where deliveries have worked before.
    pub(super) async fn advised(&self, error: Error) -> Error {
        let Error::Told(failure) = error else { return error };
        if !self.may_try.get() || self.carried.before == Before::Worked {
            return Error::Told(failure);
        }
        let name = super::with_suffix(self.names.real.rsplit('/').next().unwrap_or_default(), "-honestly-sync");
        let (place, warnings) = (self.carried.place.get(), self.warnings.take());
        let others = [
            (
                format!("another name works there: set [delivery] temporary_name = \"{name}\""),
                TemporaryName::Named(name),
            ),
            (IN_PLACE.to_owned(), TemporaryName::None),
        ];
        let mut advice = None;
        for (works, temporary_name) in others {
            let names = Names::of(std::path::Path::new(&self.names.real), &temporary_name);
            if advice.is_none() && names != self.names && self.try_out(&names.rehearsed()).await.is_ok() {
                advice = Some(works);
            }
        }
        self.carried.place.set(place);
        self.warnings.replace(warnings);
        Error::Told(advice.into_iter().fold(failure, Failure::hint))
    }
}
