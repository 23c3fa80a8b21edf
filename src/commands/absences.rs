//! Asks Personio by id about people who are missing from its listing, as the core wants to know.

use std::panic::resume_unwind;
use std::thread;

use crate::exit::{Exit, Failure};
use crate::personio::{Client, CompleteListing, Lookup, Wanted};
use crate::roster::decide::absences::{Absences, Answer, Extent, Incomplete, Inquiry, Step};
use crate::roster::model::record::EmployeeId;
use crate::roster::plan::mirror::Mirror;
use crate::roster::voice::Told;

/// Lists everybody, and asks about mirrored people who are missing from the listing. Fails only where nobody can be asked at all
/// or the answers show that the listing is not complete: a single bad answer only concerns one person.
pub(super) fn account_for_missing<T>(
    client: &Client,
    mirror: &Mirror,
    wanted: &Wanted,
    extent: Extent,
    list: impl Fn() -> Result<CompleteListing<T>, Failure>,
) -> Result<(CompleteListing<T>, Absences), Failure> {
    let mut inquiry = Inquiry::new(extent);
    let mirrored = || mirror.feed.people.ids().iter().copied();
    let ids = |listing: &CompleteListing<T>| listing.ids().collect::<Vec<EmployeeId>>();
    let mut listing = list()?;
    inquiry.take_listing(mirrored(), &ids(&listing));
    loop {
        match inquiry.next() {
            Step::Ask(questions) => {
                refuse_too_many(inquiry.open_questions(), client.requests_left())?;
                for (id, answer) in ask(client, &questions, wanted)? {
                    inquiry.take_answer(id, answer);
                }
            }
            Step::ListAgain => {
                log::info!("people are missing from the listing, yet known to Personio: listing everybody again");
                listing = list()?;
                inquiry.take_listing(mirrored(), &ids(&listing));
            }
            Step::Incomplete(incomplete) => return Err(not_complete(incomplete)),
            Step::Settled(absences) => return Ok((listing, absences)),
        }
    }
}

/// Who is missing is asked for one by one, and a run that ends halfway would ask again from the beginning.
fn refuse_too_many(questions: usize, requests_left: usize) -> Result<(), Failure> {
    if questions <= requests_left {
        return Ok(());
    }
    let what = format!(
        "{questions} people are missing from Personio's listing, and each would have to be asked about by id; this run may send \
         {requests_left} more requests, so nobody was asked about, and nothing was changed"
    );
    Err(Failure::new(Exit::Untrusted, what).hint(RIGHTS))
}

fn not_complete(Incomplete { missing, asked, mirrored }: Incomplete) -> Failure {
    let what = format!(
        "Personio's listing is not complete: {missing} of {mirrored} people are missing from it, and asked by id, Personio \
         knows all {asked} who were asked about"
    );
    Failure::new(Exit::Untrusted, what).hint(RIGHTS)
}

const RIGHTS: &str = "if the next run says the same, check which employees the credential may read, in Personio under \
                      Marketplace > Connected integrations";

/// Asks about all of them at once.
fn ask(client: &Client, ids: &[EmployeeId], wanted: &Wanted) -> Result<Vec<(EmployeeId, Answer)>, Failure> {
    let ask = |id: EmployeeId| {
        let answer = match client.employee(id, wanted)? {
            Lookup::Gone => Answer::Gone,
            Lookup::Known(_) => Answer::Known,
            Lookup::Unclear(reply) => {
                log::info!("asked for employee {id}, Personio {}", reply.logged());
                Answer::Unclear(reply)
            }
        };
        Ok((id, answer))
    };
    thread::scope(|scope| {
        let asked: Vec<_> = ids.iter().map(|id| scope.spawn(move || ask(*id))).collect();
        asked.into_iter().map(|asked| asked.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}
