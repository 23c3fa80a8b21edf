//! What a run keeps of a plan that a person may approve, and of an approval until its plan is carried out.

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
        let hold = Hold { digest, place, told_at: self.context.time(), rules: rules.to_vec() };
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
                    stay: since.stay,
                };
                since.map(note).into_iter().collect()
            }
            Approval::Limits | Approval::Adoption => {
                let holds = store.holds()?;
                holds.iter().map(|(hold, _)| Note::Withdrawn { plan: plan(&hold.digest) }).collect()
            }
        })
    }

    /// A person's approval outlives this run, if it does not carry the plan out.
    pub(super) fn note_approval(&self, store: &mut Store, by: &Approval) -> Result<(), Failure> {
        match by {
            Approval::Person(named) => {
                if *named == *self.judged.view.digest {
                    let (view, config) = (self.judged.view, &self.context.config);
                    self.keep(store, &config.guard.judge(view.proposal, view.evidence))?;
                }
                store.approve(self.id, named)
            }
            Approval::Earlier(_) | Approval::Limits | Approval::Adoption => Ok(()),
        }
    }
}
