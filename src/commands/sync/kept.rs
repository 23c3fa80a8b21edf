//! What a run keeps of a plan that a person may approve, and of an approval until its plan is carried out.

use std::collections::BTreeSet;

use super::JudgedPlan;
use super::act::{Acting, Answered};
use crate::exit::Failure;
use crate::history::NewColumns;
use crate::report::model::Report;
use crate::roster::decide::notes::Note;
use crate::roster::guard::{Approval, CameSince, Hold, Rule, WINDOW};
use crate::roster::model::record::EmployeeId;
use crate::roster::plan::PlanDigest;
use crate::store::Store;

impl Acting<'_> {
    /// Keeps the plan, as long as a person may approve it.
    pub(super) fn keep(&self, store: &mut Store, rules: &[Rule]) -> Result<(), Failure> {
        let JudgedPlan { report: Report { view, .. }, fetched, place, .. } = self.judged;
        if rules.is_empty() {
            return Ok(());
        }
        let hold = Hold {
            digest: view.digest.clone(),
            place: (*place).clone(),
            told_at: self.context.time(),
            rules: rules.to_vec(),
            stayed: BTreeSet::new(),
            takes_new_columns: self.takes_new_columns(),
        };
        if !fetched.clock.is_in_doubt() {
            store.erase_held(self.id, hold.told_at - WINDOW)?;
        }
        store.keep(self.id, &hold, |rehearsal| {
            rehearsal.write(view.proposal, &fetched.decision.excluded, self.context.today())?;
            self.remember(rehearsal.rest())
        })
    }

    fn takes_new_columns(&self) -> bool {
        self.asked.new_columns == NewColumns::TakenIn
    }

    /// What becomes of plans that were held. Where nobody can decide today about somebody whom such a plan changes, it waits on.
    pub(super) fn answered(&self, store: &Store, by: &Approval) -> Result<Answered, Failure> {
        let JudgedPlan { report: Report { view, .. }, fetched, place, .. } = self.judged;
        let undecided = self.undecided();
        let waits_on = |hold: &Hold| -> Result<bool, Failure> {
            let in_doubt = fetched.clock.is_in_doubt();
            Ok(in_doubt || (!undecided.is_empty() && store.held_plan_changes_any(&hold.digest, &undecided)?))
        };
        let mut over = Vec::new();
        for (hold, _) in store.holds()? {
            if hold.is_over_with(place, self.takes_new_columns()) && !waits_on(&hold)? {
                over.push(hold.digest);
            }
        }
        let asks = view.evidence.destination.is_some_and(|destination| !destination.other_files().is_empty());
        let differs = !view.proposal.plan.is_empty() || !view.proposal.from_mirror.is_empty();
        let withdrawn =
            |plans: &[PlanDigest]| plans.iter().map(|plan| Note::Withdrawn { plan: plan.to_string() }).collect();
        Ok(match by {
            Approval::Person(named) | Approval::Earlier(named) if differs || asks => {
                let since = view.since.filter(|since| since.named == named && !since.is_empty());
                let note = |since: &CameSince<'_>| Note::CameBesides {
                    plan: named.to_string(),
                    counts: since.step.counts(),
                    stay: since.stay.len(),
                };
                Answered { over, is_spent: !differs, notes: since.map(note).into_iter().collect() }
            }
            Approval::Person(named) | Approval::Earlier(named) => {
                let is_spent = !store.is_held(named)? || over.contains(named);
                let notes = if is_spent { withdrawn(std::slice::from_ref(named)) } else { Vec::new() };
                Answered { over, is_spent, notes }
            }
            Approval::Limits | Approval::Adoption => {
                let notes = withdrawn(&over);
                Answered { over, is_spent: false, notes }
            }
        })
    }

    /// Who stays, as Personio states, whom the plan that a person approved would have removed: a run that repeats it removes them
    /// no more.
    pub(super) fn note_who_stayed(&self, store: &mut Store) -> Result<(), Failure> {
        let JudgedPlan { report: Report { view, .. }, fetched, .. } = self.judged;
        let Some(since) = view.since.filter(|_| !fetched.clock.is_in_doubt()) else { return Ok(()) };
        let stayed: BTreeSet<EmployeeId> = since.stay.difference(&self.undecided()).copied().collect();
        if stayed.is_empty() { Ok(()) } else { store.note_who_stayed(self.id, since.named, &stayed) }
    }

    fn undecided(&self) -> BTreeSet<EmployeeId> {
        self.judged.fetched.decision.undecided().map(|(id, ..)| id).collect()
    }

    /// A person's approval outlives this run, if it does not carry the plan out, for whoever still goes.
    pub(super) fn note_approval(&self, store: &mut Store, by: &Approval) -> Result<(), Failure> {
        match by {
            Approval::Person(named) => {
                if *named == *self.judged.report.view.digest {
                    let (view, config) = (&self.judged.report.view, &self.context.config);
                    self.keep(store, &config.guard.judge(view.proposal, view.evidence))?;
                }
                store.approve(self.id, named)?;
                self.note_who_stayed(store)
            }
            Approval::Earlier(_) => self.note_who_stayed(store),
            Approval::Limits | Approval::Adoption => store.forget_approvals(self.id),
        }
    }
}
