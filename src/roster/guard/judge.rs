//! The rules that no configured limit decides: listing, identities, scope, clock, destination.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::scope::{Difference, Removal, differences};
use super::takeovers::{Identities, Takeover};
use super::{Destination, Evidence, Heading, NotIn, OtherFile, Proposal, Rule, Stands};
use crate::roster::decide::clock::Clock;
use crate::roster::decide::notes::Note;
use crate::roster::decide::reasons::{Filter, Reason};
use crate::roster::decide::{Decision, Grounds};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::{Employee, Snapshot};
use crate::roster::plan::{Change, Plan};
use crate::roster::policy::Who;
use crate::roster::policy::mapping::RECOMMENDED;
use crate::roster::policy::name_changes::Mismatch;

pub(super) fn listing(evidence: &Evidence<'_>, rules: &mut Vec<Rule>) {
    let Evidence { mirror, listed, .. } = evidence;
    let mirrored = mirror.feed.people.employees();
    if listed.is_empty() {
        rules.push(Rule::EmptyListing);
    } else if !mirrored.is_empty() && !mirrored.iter().any(|employee| listed.contains(&employee.id)) {
        let (mirrored, listed) = (mirrored.len(), listed.len());
        rules.push(Rule::NoOverlap { mirrored, listed, replaced: mirror.replaced });
    }
    if evidence.decision.headcount.nobody_is_decided() {
        rules.push(Rule::NobodyDecided { people: evidence.decision.headcount.people });
    }
}

/// Employees would become other people: usually a badly sorted import at Personio.
pub(super) fn identity(identities: &Identities, rules: &mut Vec<Rule>) {
    let Identities { takeovers, strangers, changed, .. } = identities;
    if let Some(Takeover { employee, of }) = takeovers.first() {
        rules.push(Rule::Takeover { people: takeovers.len(), employee: *employee, of: *of });
    }
    if let Some(employee) = strangers.first() {
        rules.push(Rule::SomebodyElse { people: strangers.len(), employee: *employee });
    }
    if changed.is_most() {
        rules.push(Rule::MostIdentities { changed: *changed });
    }
}

pub(super) fn scope(step: &Plan<'_>, evidence: &Evidence<'_>, rules: &mut Vec<Rule>) {
    let Evidence { mirror, decision, asked_for, days, .. } = *evidence;
    let Grounds { readable, scope: now, .. } = &decision.grounds;
    let vanished = mirror.readable.difference(readable).filter(|key| asked_for.contains(*key));
    rules.extend(vanished.map(|attribute| Rule::Withheld { attribute: attribute.clone() }));
    let never_decided = now.of_nobody();
    let by_scope = |change: &Change<&Arc<Employee>>| match change {
        Change::Delete(employee) => {
            let before = mirror.scopes.get(&employee.id).map_or(&never_decided, Arc::as_ref);
            let reason = decision.excluded.get(&employee.id)?;
            let days = [before, now].map(|scope| days.get(&scope.timezone).copied());
            let found = differences(before, now, Removal { employee: employee.id, reason, days });
            (!found.is_empty()).then_some(found)
        }
        Change::Create(_) | Change::Update { .. } => None,
    };
    let found: Vec<BTreeSet<Difference>> = step.employees().iter().filter_map(by_scope).collect();
    if !found.is_empty() {
        let removals = found.len();
        let differences = found.into_iter().flatten().collect();
        rules.push(Rule::ScopeChanged { removals, differences });
    }
}

/// Nobody is removed by a filter while one of its values may be a typing mistake or also names something else. Whoever has
/// left, as Personio states, is removed.
pub(super) fn filters(step: &Plan<'_>, decision: &Decision, rules: &mut Vec<Rule>) {
    let in_doubt = |note: &Note| {
        let Note::Name(mismatch) = note else { return None };
        mismatch.puts_a_filter_in_doubt().then(|| mismatch.clone())
    };
    let values: Vec<Mismatch> = decision.notes.iter().filter_map(in_doubt).collect();
    let is_out_of_scope = |change: &&Change<&Arc<Employee>>| match change {
        Change::Delete(employee) => {
            matches!(decision.excluded.get(&employee.id), Some(Reason::OutOfScope(Filter::Attribute(_))))
        }
        Change::Create(_) | Change::Update { .. } => false,
    };
    let removals = step.employees().iter().filter(is_out_of_scope).count();
    if removals > 0 && !values.is_empty() {
        rules.push(Rule::FilterMatchesNobody { removals, values });
    }
}

pub(super) fn clock(step: &Plan<'_>, clock: Clock, rules: &mut Vec<Rule>) {
    if clock.is_in_doubt() && step.counts().people.removed > 0 {
        rules.push(Rule::Clock { clock });
    }
}

/// The rules about the destination: a header that nobody reviewed, a first delivery, somebody else's file.
pub(super) fn destination(proposal: &Proposal<'_>, evidence: &Evidence<'_>, rules: &mut Vec<Rule>) {
    let Some(destination) = evidence.destination else { return };
    let Destination { url, stands, others, compared } = destination;
    let is_question = others.iter().any(OtherFile::is_question);
    let comparison = compared.as_ref().map(|compared| compared.comparison);
    if evidence.mirror.is_given_to(url) {
        rules.extend(columns_changed(&proposal.plan));
    } else {
        rules.push(Rule::FirstDelivery {
            destination: url.clone(),
            people: evidence.decision.desired.people.employees().len(),
            undecided: evidence.decision.left_out(),
            stands: stands.clone(),
            // The rule about another file describes that one.
            comparison: comparison.filter(|_| !is_question),
            against_mirror: proposal.from_mirror.counts(),
            not_released: not_released(evidence.decision),
        });
    }
    if let (Some(comparison), true) = (comparison, is_question) {
        let stands_there = matches!(stands, Stands::Another { .. });
        rules.push(Rule::ForeignFile { destination: url.clone(), stands_there, comparison });
    }
}

/// The recommended attributes that were not read.
fn not_released(decision: &Decision) -> Vec<AttributeKey> {
    let readable = &decision.grounds.readable;
    RECOMMENDED.into_iter().filter(|key| !readable.contains(*key)).map(AttributeKey::new).collect()
}

fn columns_changed(plan: &Plan<'_>) -> Option<Rule> {
    let (mut added, mut changed, mut removed) = (Vec::new(), Vec::new(), Vec::new());
    for change in plan.columns() {
        let (Change::Create(column) | Change::Update { before: _, after: column } | Change::Delete(column)) = change;
        change.pick(&mut added, &mut changed, &mut removed).push(Heading::of(column));
    }
    (!plan.columns().is_empty()).then_some(Rule::ColumnsChanged { added, changed, removed })
}

/// Whoever must be in but is not, and the reason if one is known.
pub(super) fn must_include(named: &BTreeSet<Who>, evidence: &Evidence<'_>, rules: &mut Vec<Rule>) {
    let Evidence { mirror, decision, listed, .. } = evidence;
    for who in named {
        let is_in = |id: &EmployeeId| decision.desired.people.employee(*id).is_some();
        let with = |people: &Snapshot, email: &str| {
            people.employees().iter().find(|employee| *employee.email.folded() == *email).map(|found| found.id)
        };
        let mut meant = decision.grounds.names.people(who.named());
        meant.extend(match who {
            Who::Id(id) => Some(*id),
            Who::Email(_) if !meant.is_empty() => None,
            // Nobody in the listing has that address.
            Who::Email(email) => [&decision.desired, &mirror.feed].iter().find_map(|feed| with(&feed.people, email)),
        });
        if meant.iter().any(is_in) {
            continue;
        }
        let known = meant.first().copied();
        let why = known.and_then(|id| {
            let undecided = || decision.doubt_about(id).map(|(problem, _)| NotIn::Undecided(problem));
            let excluded = decision.excluded.get(&id).cloned().map(NotIn::Excluded);
            excluded.or_else(undecided).or_else(|| (!listed.contains(&id)).then_some(NotIn::NotListed))
        });
        rules.push(Rule::MustInclude { missing: who.clone(), why });
    }
}
