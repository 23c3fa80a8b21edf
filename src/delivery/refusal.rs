//! What a server's refusal means for a delivery: which right is missing, what became of the file, and what helps.

use super::Names;
use super::session::{Error, Place, Refusal, RefusalKind, Session};
use crate::exit::{Exit, Failure};

impl Session<'_> {
    /// What became of the file under the real name.
    pub(super) fn told(&self) -> String {
        let Names { real, aside, .. } = &self.names;
        match self.carried.place.get() {
            Place::Untouched => "nothing was delivered".to_owned(),
            Place::Unknown => "whether the new file is in place is not known".to_owned(),
            Place::Aside => format!("{real} may be missing, and the old file is then called {aside}"),
            Place::Partial => format!("{real} may hold a part: run again before the next import, which removes people"),
        }
    }

    /// What the server refused, in words.
    pub(super) fn refused(&self, what: &str, name: &str, refusal: &Refusal) -> Error {
        let exit = if refusal.is_lasting() { Exit::Rejected } else { Exit::Unavailable };
        let hint = match refusal.kind {
            RefusalKind::Missing => "check the path in [delivery] to".to_owned(),
            RefusalKind::Denied | RefusalKind::Unsupported => {
                format!("ask the owner of {} for the right to {what} this file", self.target.host)
            }
            RefusalKind::Failed if refusal.is_lasting() => {
                format!("ask the owner of {} for a folder that can be written to", self.target.host)
            }
            RefusalKind::Failed if refusal.words.is_empty() => {
                "the server gives no reason; its disk may be full; the next run tries again".to_owned()
            }
            RefusalKind::Failed => "the next run tries again".to_owned(),
        };
        let message = format!("cannot {what} {name} on the server: {}; {}", refusal.why(), self.told());
        Failure::new(exit, message).hint(hint).into()
    }

    pub(super) fn cannot_create(&self, name: &str, refusal: &Refusal) -> Error {
        let error = self.refused("write", name, refusal);
        match (error, refusal.kind) {
            (Error::Told(failure), RefusalKind::Denied | RefusalKind::Unsupported | RefusalKind::Failed) => {
                Error::Told(failure.hint(
                    "where only some names may be written, set [delivery] temporary_name to such a name, as in \
                     \"employees-new.csv\"",
                ))
            }
            (error, _) => error,
        }
    }

    /// A file that was just written cannot get its name. No later run can do better.
    pub(super) fn cannot_rename(&self, name: &str, refusal: &Refusal) -> Error {
        let (host, real) = (&self.target.host, &self.names.real);
        if refusal.kind == RefusalKind::Missing {
            let what = format!("{name} was taken away before it could be called {real}");
            let hint = format!("{host} takes every file at once: set [delivery] temporary_name = \"none\"");
            return Failure::new(Exit::Rejected, what).hint(hint).into();
        }
        let what = format!("cannot rename {name} to {real} on the server: {}", refusal.why());
        Failure::new(Exit::Rejected, what)
            .hint(format!("ask the owner of {host} for the right to rename files, and to replace them"))
            .hint(
                "or set [delivery] temporary_name = \"none\" to write under the real name: an upload that is cut then \
                 leaves a part there, and an import removes whoever is missing",
            )
            .into()
    }
}
