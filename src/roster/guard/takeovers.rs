//! One employee who takes over another one's identity.
//!
//! If name and address of a mirrored employee become those of another one, the cause is usually a badly sorted import at
//! Personio: feedback and rights would change hands. Its law: names and addresses that are permuted among ids are noticed,
//! whatever the permutation. Addresses alone may be swapped, unless the two have the same name. A newcomer with the name and
//! address of somebody who leaves is a rehire.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::roster::model::record::EmployeeId;
use crate::roster::model::snapshot::{Employee, Snapshot};
use crate::roster::model::text::skeleton;

/// Somebody who would have another one's name, or name and address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Takeover {
    pub employee: EmployeeId,
    /// Whose they were before.
    pub of: EmployeeId,
}

/// Every takeover, in the order of the ids.
pub fn takeovers(before: &Snapshot, after: &Snapshot) -> Vec<Takeover> {
    let changed = |now: &Arc<Employee>| {
        let then = before.employee(now.id)?;
        let is_same = then.email == now.email && then.first_name == now.first_name && then.last_name == now.last_name;
        (!is_same).then(|| (name(then), Arc::clone(now)))
    };
    let changed: Vec<(String, Arc<Employee>)> = after.employees().iter().filter_map(changed).collect();
    if changed.is_empty() {
        return Vec::new();
    }
    let owners: HashMap<Arc<str>, &Employee, RandomState> =
        before.employees().iter().map(|employee| (employee.email.folded(), &**employee)).collect();
    let renamed = changed.iter().filter(|(then, now)| *then != name(now));
    let named: HashMap<&str, EmployeeId, RandomState> = renamed.map(|(then, now)| (then.as_str(), now.id)).collect();
    let takeover = |(then, now): &(String, Arc<Employee>)| {
        let now_called = name(now);
        let by_address =
            owners.get(&now.email.folded()).filter(|owner| name(owner) == now_called).map(|owner| owner.id);
        let by_name = named.get(now_called.as_str()).copied().filter(|_| *then != now_called);
        let of = [by_address, by_name].into_iter().flatten().find(|of| *of != now.id)?;
        Some(Takeover { employee: now.id, of })
    };
    changed.iter().filter_map(takeover).collect()
}

fn name(employee: &Employee) -> String {
    skeleton(&format!("{} {}", employee.first_name, employee.last_name)).into_owned()
}
