//! Sends a feed that is intended, and notes what became of it: settled where it has arrived, undone where it is certain that it did
//! not. Whatever is not known is for the next run to find out, which goes on from this feed.

use super::destination::{Looked, Tidy, Upload};
use crate::commands::Context;
use crate::delivery::{Arrival, Undelivered};
use crate::exit::{Exit, Failure};
use crate::history::{RunEnd, RunId};
use crate::roster::decide::notes::Note;
use crate::roster::guard::{Delivery, Settlement};
use crate::roster::plan::mirror::Mirror;
use crate::store::Store;

pub(super) struct Sending<'a> {
    pub context: &'a Context,
    pub id: RunId,
    pub looked: &'a Looked<'a>,
    pub upload: &'a Upload,
    /// As it was before.
    pub mirror: &'a Mirror,
}

impl Sending<'_> {
    /// What is worth a note is added to `notes`, with which the run ends; no end where it is in the log already.
    pub(super) fn deliver(
        &self,
        store: &mut Store,
        notes: &mut Vec<Note>,
        ended: impl FnOnce(&[Note]) -> Option<RunEnd>,
    ) -> Result<Delivery, Failure> {
        let Self { context, id, looked, upload, mirror } = self;
        let sent = store
            .write_witness()
            .map_err(Undelivered::from)
            .and_then(|()| looked.deliver(upload, context, mirror, notes));
        context.timings.lap("delivered");
        match sent {
            Ok(delivery) => {
                let settled = store.settle(*id, &delivery, ended(notes).as_ref());
                settled.map_err(|failure| unnoted(looked.url(), &failure))?;
                Ok(delivery)
            }
            Err(Undelivered { failure, arrival: Arrival::Unknown | Arrival::Part }) => {
                Err(failure.hint("the next run finds out, and goes on from the file that was sent"))
            }
            Err(Undelivered { failure, arrival: arrival @ (Arrival::Nothing | Arrival::AnotherCame) }) => {
                if let Err(second) = store.undo(*id) {
                    log::warn!("{second}; the mirror takes the file for one on its way until the next run");
                }
                if arrival == Arrival::AnotherCame
                    && let Err(second) = self.remember_what_came(store)
                {
                    log::warn!("{second}; the file that came there is known only if the next run sees it");
                }
                Err(failure)
            }
        }
    }

    /// Whoever is in the file that came there may be in Honestly before the next run looks.
    fn remember_what_came(&self, store: &mut Store) -> Result<(), Failure> {
        let loaded = store.load()?;
        let Some(mut looked) = Looked::at(self.context, store, &loaded, Tidy::No)? else { return Ok(()) };
        let Settlement { sighting, .. } = looked.resolve(&loaded.mirror, self.context.now);
        if sighting.is_some() {
            let seen = Settlement { sighting, ..Settlement::default() };
            store.resolve(self.id, &loaded.mark, looked.url(), &seen)?;
        }
        Ok(())
    }
}

/// The file arrived, and the mirror could not note it.
fn unnoted(url: &str, cause: &Failure) -> Failure {
    let what = format!("employees.csv was delivered to {url}, and the mirror could not note it: {cause}");
    Failure::new(Exit::Unavailable, what).hint("nothing is lost: the next run notes it")
}
