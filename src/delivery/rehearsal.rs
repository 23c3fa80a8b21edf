//! Tries what a delivery does without touching the file there, and what else would work where a delivery is refused.

use super::refusal::{Before, Kind};
use super::session::{Error, Session};
use super::upload::Replaced;
use super::{Names, PROBE, Rehearsal};
use crate::remote::TemporaryName;

impl Session<'_> {
    /// Does all that a delivery does, with another name in the place of the real one, and also tries what a delivery can do without.
    pub(super) async fn rehearse(&self) -> Result<Rehearsal, Error> {
        let folder = self.names.folder();
        if let Err(refusal) = self.list(&folder).await? {
            self.warn(format!("{folder} cannot be listed ({}), which no delivery needs", refusal.why()));
        }
        let existing = self.look(&self.names.real).await?;
        match self.try_out(&self.names.rehearsed()).await {
            Ok(Replaced { verification, replacement }) => {
                Ok(Rehearsal { existing, verification, replacement, warnings: self.warnings.take() })
            }
            Err(error) => Err(self.advised(error).await),
        }
    }

    /// Replaces a file that is there, and leaves nothing: what cannot be removed gets the temporary name, which the next delivery
    /// overwrites.
    async fn try_out(&self, names: &Names) -> Result<Replaced, Error> {
        self.replace(names, PROBE, None).await?;
        let replaced = self.replace(names, PROBE, None).await?;
        let Err(refusal) = self.remove(&names.real).await? else { return Ok(replaced) };
        if refusal.kind == Kind::Missing {
            return Ok(replaced);
        }
        let stays = match &names.temporary {
            Some(temporary) if self.rename(&names.real, temporary).await?.is_ok() => temporary,
            Some(_) | None => &names.real,
        };
        let overwritten = if *stays == names.real { "" } else { " until the next delivery overwrites it" };
        let real = &names.real;
        self.warn(format!(
            "{real} cannot be removed ({}): {stays} stays there, with {}{overwritten}",
            refusal.why(),
            names.holds
        ));
        Ok(replaced)
    }

    /// The same refusal, with the setting that was seen to work instead. Nothing is advised that was not tried, and nothing is tried
    /// where it could not be removed, or where deliveries have worked before.
    pub(super) async fn advised(&self, error: Error) -> Error {
        let Error::Told(failure) = error else { return error };
        if !self.may_try.get() || self.carried.before == Before::Worked {
            return Error::Told(failure);
        }
        let name = self.names.real.rsplit('/').next().unwrap_or_default();
        let visible = super::with_suffix(name, "-new");
        let (place, warnings) = (self.carried.place.get(), self.warnings.take());
        let mut advice = None;
        for temporary_name in [TemporaryName::Named(visible.clone()), TemporaryName::None] {
            let names = Names::of(std::path::Path::new(&self.names.real), &temporary_name);
            if names == self.names {
                continue;
            }
            if self.try_out(&names.rehearsed()).await.is_ok() {
                advice = Some(match temporary_name {
                    TemporaryName::Usual | TemporaryName::Named(_) => {
                        format!("another name works there: set [delivery] temporary_name = \"{visible}\"")
                    }
                    TemporaryName::None => "nothing else works there than writing under the real name: [delivery] temporary_name = \
                                            \"none\"; an upload that is cut then leaves a part, and an import removes whoever is missing"
                        .to_owned(),
                });
                break;
            }
        }
        self.carried.place.set(place);
        self.warnings.replace(warnings);
        Error::Told(match advice {
            Some(advice) => failure.hint(advice),
            None => failure,
        })
    }
}
