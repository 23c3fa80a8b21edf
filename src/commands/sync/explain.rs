//! The last step of a dry run that explains somebody: who is meant, what Personio says of them, and what was decided.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::output::Form;
use super::{Ending, JudgedPlan};
use crate::commands::{Context, print, print_json};
use crate::exit::{Exit, Failure};
use crate::personio::{Lookup, Wanted};
use crate::report::explain::{self as report, Match};
use crate::report::{GuardWord, json};
use crate::roster::decide::eligibility::Background;
use crate::roster::decide::explain::{AtPersonio, Explanation, explain};
use crate::roster::model::record::{EmployeeId, Field, Record};
use crate::roster::model::snapshot::Employee;
use crate::roster::plan::mirror::Mirror;
use crate::roster::plan::sizes::members;
use crate::roster::policy::{Policy, Query, Who};

/// Whom somebody asked to have explained.
pub(super) struct Subjects<'q> {
    query: &'q Query,
    /// Those of them whose ids are known before Personio is asked: it may list them under another address or name.
    ids: BTreeSet<EmployeeId>,
    listed: Mutex<BTreeMap<EmployeeId, Record>>,
}

impl<'q> Subjects<'q> {
    pub(super) fn new(mirror: &Mirror, query: &'q Query) -> Self {
        let named = match query {
            Query::Who(Who::Id(id)) => Some(*id),
            Query::Who(Who::Email(_)) | Query::Name(_) => None,
        };
        let is = |employee: &&Arc<Employee>| {
            query.is_address(employee.email.as_str()) || query.is_part_of(&employee.first_name, &employee.last_name)
        };
        let mirrored = mirror.feed.people.employees().iter().filter(is).map(|employee| employee.id);
        Self { query, ids: mirrored.chain(named).collect(), listed: Mutex::default() }
    }

    /// Keeps the record of somebody who is meant.
    pub(super) fn see(&self, record: &Record) {
        let is_meant = self.ids.contains(&record.id)
            || record.email.as_ref().known().is_some_and(|address| self.query.is_address(address))
            || self.query.is_part_of(name(&record.first_name), name(&record.last_name));
        if is_meant {
            self.listed.lock().unwrap_or_else(PoisonError::into_inner).insert(record.id, record.clone());
        }
    }

    pub(super) fn explain(&self, context: &Context, judged: &JudgedPlan<'_>, form: Form) -> anyhow::Result<Ending> {
        let JudgedPlan { report: of_plan, verdict, fetched, .. } = *judged;
        let view = &of_plan.view;
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // A second listing may lack somebody.
        listed.retain(|id, _| fetched.listed.contains(id));
        let matches = self.matches(view.evidence.mirror, &listed);
        if !matches.is_empty() {
            match form {
                Form::Json => print_json(&json::choice(&matches))?,
                Form::Text | Form::Summary => print(&report::choice(view, &matches))?,
            }
            return Ok(Ending::Done(Exit::InStep));
        }
        if let (Some(name), true) = (self.query.text(), self.ids.is_empty() && listed.is_empty()) {
            // Nobody is called so; a group may be.
            let groups = members(view.proposal.plan.after(), name);
            let exit = if groups.is_empty() { Exit::Usage } else { Exit::InStep };
            match form {
                Form::Json => print_json(&json::members(&groups, exit))?,
                Form::Text | Form::Summary => print(&report::members(view, &groups))?,
            }
            return Ok(Ending::Done(exit));
        }
        let mut said: BTreeMap<EmployeeId, AtPersonio> =
            listed.into_iter().map(|(id, record)| (id, AtPersonio::Listed(Box::new(record)))).collect();
        self.ask_for_unlisted(context, &fetched.policy, &mut said)?;
        let one = |(id, said): (EmployeeId, AtPersonio)| {
            let presence = view.evidence.mirror.presence(id);
            let background = Background { calendar: fetched.calendar, presence };
            explain(&fetched.policy, background, &fetched.decision, id, said)
        };
        let explained: Vec<_> = said.into_iter().map(one).collect();
        let guard = if verdict.is_ok() { GuardWord::Passes } else { GuardWord::Holds };
        let exit = if explained.iter().any(Explanation::is_of_somebody) { Exit::InStep } else { Exit::Usage };
        match form {
            Form::Json => print_json(&json::explain(&view.proposal.plan, &explained, guard, exit))?,
            Form::Text | Form::Summary => print(&report::text(view, &explained, guard))?,
        }
        Ok(Ending::Done(exit))
    }

    /// Where a part of a name means several people: who they are.
    fn matches(&self, mirror: &Mirror, listed: &BTreeMap<EmployeeId, Record>) -> Vec<Match> {
        let called = |id: EmployeeId| match (listed.get(&id), mirror.feed.people.employee(id)) {
            (Some(record), _) => format!("{} {}", name(&record.first_name), name(&record.last_name)),
            (None, Some(employee)) => format!("{} {}", employee.first_name, employee.last_name),
            (None, None) => String::new(),
        };
        let all: BTreeSet<EmployeeId> = self.ids.iter().chain(listed.keys()).copied().collect();
        match self.query {
            Query::Name(_) if all.len() > 1 => all.into_iter().map(|id| Match { id, name: called(id) }).collect(),
            Query::Name(_) | Query::Who(_) => Vec::new(),
        }
    }

    /// Somebody who is to be explained and not in the listing is asked for by id.
    fn ask_for_unlisted(
        &self,
        context: &Context,
        policy: &Policy,
        said: &mut BTreeMap<EmployeeId, AtPersonio>,
    ) -> Result<(), Failure> {
        let unlisted: Vec<EmployeeId> = self.ids.iter().filter(|id| !said.contains_key(id)).copied().collect();
        if unlisted.is_empty() {
            return Ok(());
        }
        let wanted = Wanted::new(policy.attributes());
        let client = context.client(context.required_credential()?)?;
        for id in unlisted {
            let answer = match id.has_profile() {
                false => AtPersonio::NoProfile,
                true => match client.employee(id, &wanted)? {
                    Lookup::Gone => AtPersonio::Gone,
                    Lookup::Known(record) => AtPersonio::Unlisted(record),
                    Lookup::Unclear(reply) => AtPersonio::Unclear(reply),
                },
            };
            said.insert(id, answer);
        }
        Ok(())
    }
}

/// Empty where Personio does not say it.
fn name(field: &Field<String>) -> &str {
    field.as_ref().known().map(String::as_str).unwrap_or_default()
}
