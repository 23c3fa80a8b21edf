//! What a run keeps of a plan that a person may approve, and of an approval until its plan is carried out.

use std::collections::BTreeSet;

use super::JudgedPlan;
use super::act::Acting;
use crate::exit::Failure;
use crate::roster::decide::notes::Note;
use crate::roster::guard::{Approval, CameSince, Hold, Rule};
use crate::roster::plan::PlanDigest;
use crate::store::Store;

impl Acting<'_> {
    /// Keeps the plan, as long as a person may approve it.
    pub(super) fn keep(&self, store: &mut Store, rules: &[Rule]) -> Result<(), Failure> {
        let JudgedPlan { view, fetched, place, .. } = *self.judged;
        if rules.is_empty() {
            return Ok(());
        }
        let (digest, place) = (view.digest.clone(), place.clone());
        let (rules, stayed) = (rules.to_vec(), BTreeSet::new());
        let hold = Hold { digest, place, told_at: self.context.time(), rules, stayed };
        store.keep(self.id, &hold, |rehearsal| {
            rehearsal.write(view.proposal, &fetched.decision.excluded, self.context.today())?;
            self.remember(rehearsal.rest())
        })
    }

    /// What became of plans that were held: with an approved one what came since is carried out, and the others are over.
    pub(super) fn answered(&self, store: &Store, by: &Approval) -> Result<Vec<Note>, Failure> {
        let plan = |digest: &PlanDigest| digest.to_string();
        Ok(match by {
            Approval::Person(by_named) | Approval::Earlier(by_named) => {
                let view = self.judged.view;
                if view.proposal.plan.is_empty() && view.proposal.from_mirror.is_empty() {
                    return Ok(vec![Note::Withdrawn { plan: plan(by_named) }]);
                }
                let since = view.since.filter(|since| !since.is_empty());
                let note = |since: &CameSince<'_>| Note::CameBesides {
                    plan: plan(since.named),
                    counts: since.step.counts(),
                    stay: since.stay.len(),
                };
                since.map(note).into_iter().collect()
            }
            Approval::Limits | Approval::Adoption => {
                let holds = store.holds()?;
                holds.iter().map(|(hold, _)| Note::Withdrawn { plan: plan(&hold.digest) }).collect()
            }
        })
    }

    /// Who stays whom the plan that a person approved would have removed: a run that repeats it removes them no more.
    pub(super) fn note_who_stayed(&self, store: &mut Store) -> Result<(), Failure> {
        let stay = self.judged.view.since.filter(|since| !since.stay.is_empty());
        stay.map_or(Ok(()), |since| store.note_who_stayed(self.id, since.named, &since.stay))
    }

    /// A person's approval outlives this run, if it does not carry the plan out, for whoever still goes.
    pub(super) fn note_approval(&self, store: &mut Store, by: &Approval) -> Result<(), Failure> {
        match by {
            Approval::Person(named) => {
                if *named == *self.judged.view.digest {
                    let (view, config) = (self.judged.view, &self.context.config);
                    self.keep(store, &config.guard.judge(view.proposal, view.evidence))?;
                }
                store.approve(self.id, named)?;
                self.note_who_stayed(store)
            }
            Approval::Earlier(_) => self.note_who_stayed(store),
            Approval::Limits | Approval::Adoption => Ok(()),
        }
    }
}
