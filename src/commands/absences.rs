//! Asks Personio one by one about people who are missing from its listing, as the core wants to know.

use crate::exit::Failure;
use crate::personio::{Client, CompleteListing, Lookup, Wanted};
use crate::roster::decide::absences::{Absences, Answer, Inquiry, Step};
use crate::roster::model::record::EmployeeId;
use crate::roster::plan::mirror::Mirror;

/// Lists everybody, and asks about mirrored people who are missing from the listing, about `may_vanish` of them at most. Fails
/// only where nobody can be asked at all: a single bad answer only concerns one person.
pub(super) fn account_for_missing<T>(
    client: &Client,
    mirror: &Mirror,
    wanted: &Wanted,
    may_vanish: usize,
    list: impl Fn() -> Result<CompleteListing<T>, Failure>,
) -> Result<(CompleteListing<T>, Absences), Failure> {
    let mut inquiry = Inquiry::new(may_vanish);
    let mirrored = || mirror.feed.people.ids().iter().copied();
    let ids = |listing: &CompleteListing<T>| listing.ids().collect::<Vec<EmployeeId>>();
    let mut listing = list()?;
    inquiry.take_listing(mirrored(), &ids(&listing));
    loop {
        match inquiry.next() {
            Step::Ask(id) => inquiry.take_answer(id, ask(client, id, wanted)?),
            Step::ListAgain => {
                log::info!("people are missing from the listing, yet known to Personio: listing everybody again");
                listing = list()?;
                inquiry.take_listing(mirrored(), &ids(&listing));
            }
            Step::Settled(absences) => return Ok((listing, absences)),
        }
    }
}

fn ask(client: &Client, id: EmployeeId, wanted: &Wanted) -> Result<Answer, Failure> {
    Ok(match client.employee(id, wanted)? {
        Lookup::Gone => Answer::Gone,
        Lookup::Known(_) => Answer::Known,
        Lookup::Unclear(reason) => {
            log::info!("asked for employee {id}, Personio {reason}");
            Answer::Unclear(reason)
        }
    })
}
