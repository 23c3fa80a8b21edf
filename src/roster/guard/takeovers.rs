//! One employee taking over who another one is.
//!
//! An employee of the mirror whose name and address become those of another mirrored employee is, as a rule, a badly sorted
//! import at Personio: applied, feedback and rights would change hands. Its law: permuting names and addresses among ids is
//! seen, whatever the permutation. Addresses alone may be swapped, unless the two are namesakes; and a newcomer with the name
//! and address of somebody who leaves is a rehire.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::roster::model::record::EmployeeId;
use crate::roster::model::snapshot::{Employee, Snapshot};
use crate::roster::model::text::skeleton;

/// Somebody who would have another one's name and address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Takeover {
    pub employee: EmployeeId,
    /// Whose they were before.
    pub of: EmployeeId,
}

/// Every takeover, in the order of the ids.
pub fn takeovers(before: &Snapshot, after: &Snapshot) -> Vec<Takeover> {
    let has_new_address = |employee: &&Arc<Employee>| {
        let mirrored = before.employee(employee.id);
        mirrored.is_some_and(|mirrored| mirrored.email.folded() != employee.email.folded())
    };
    let changed: Vec<&Arc<Employee>> = after.employees().iter().filter(has_new_address).collect();
    if changed.is_empty() {
        return Vec::new();
    }
    let owners: HashMap<Arc<str>, &Employee, RandomState> =
        before.employees().iter().map(|employee| (employee.email.folded(), &**employee)).collect();
    let takeover = |employee: &Arc<Employee>| {
        let owner = owners.get(&employee.email.folded())?;
        let is_another = owner.id != employee.id && name(owner) == name(employee);
        is_another.then_some(Takeover { employee: employee.id, of: owner.id })
    };
    changed.into_iter().filter_map(takeover).collect()
}

fn name(employee: &Employee) -> String {
    skeleton(&format!("{} {}", employee.first_name, employee.last_name)).into_owned()
}
