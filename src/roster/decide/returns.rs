//! Who is back with a new profile: a rehire where payroll keeps personnel numbers.
//!
//! Law: import id, both names and the address that somebody had when they left are one person. With less nobody can tell, and
//! nobody gets an import id that was somebody's.

use crate::roster::decide::notes::{Problem, Unlike};
use crate::roster::decide::reasons::Says;
use crate::roster::decide::screening::{Candidate, EmailFrom};
use crate::roster::decide::{Sorting, addresses_before_leaving};
use crate::roster::model::record::EmployeeId;
use crate::roster::model::text::skeleton;
use crate::roster::plan::mirror::{Departed, LastKnown};

impl Sorting<'_> {
    /// The former profile of a newcomer with its import id, or why nobody can tell.
    pub(super) fn is_back(&self, candidate: &Candidate, former: EmployeeId) -> Result<EmployeeId, Problem> {
        let (import_id, last_known) = match (self.mirrored(former), self.mirror.departed.get(&former)) {
            (Some(employee), _) => (&employee.import_id, Some(LastKnown::from(&**employee))),
            (None, Some(Departed { import_id, last_known, .. })) => (import_id, last_known.clone()),
            (None, None) => return Err(Problem::ContestedImportId(former)),
        };
        if *import_id != candidate.import_id || !self.has_left(former) {
            return Err(Problem::ContestedImportId(former));
        }
        match unlike(candidate, last_known.as_ref()) {
            None => Ok(former),
            Some(unlike) => Err(Problem::NotSurelyBack { former, unlike }),
        }
    }

    /// Whether it is known that they are no longer employed with this profile.
    fn has_left(&self, id: EmployeeId) -> bool {
        match self.excluded.get(&id) {
            Some(reason) => matches!(reason.says(), Says::Ended | Says::NoProfile),
            None => self.mirrored(id).is_none() && self.listed.binary_search(&id).is_err(),
        }
    }
}

/// An address that was made here proves nothing: it is the import id once more.
fn unlike(candidate: &Candidate, last_known: Option<&LastKnown>) -> Option<Unlike> {
    let Some(LastKnown { first_name, last_name, email }) = last_known else { return Some(Unlike::NotKept) };
    let is = |one: &str, other: &str| skeleton(one) == skeleton(other);
    let name = is(first_name, &candidate.first_name) && is(last_name, &candidate.last_name);
    let address = match candidate.email_from {
        EmailFrom::Personio => {
            addresses_before_leaving(email.as_str()).iter().any(|before| **before == *candidate.email.folded())
        }
        EmailFrom::Placeholder => false,
    };
    match (name, address) {
        (true, true) => None,
        (false, true) => Some(Unlike::Name),
        (true, false) => Some(Unlike::Address),
        (false, false) => Some(Unlike::NameAndAddress),
    }
}
