//! The last step of a run: apply, deliver and commit, in one transaction. A dry run ends before it.

use super::destination::{Seen, Upload};
use super::output::{self, Result as Told};
use super::run::{Run, Work};
use super::{Ending, Purpose, Resend};
use crate::commands::tell_done;
use crate::exit::{Exit, Failure};
use crate::history::{RecordedNote, RunEnd};
use crate::report::{self, PlanView};
use crate::roster::decide::notes::Note;
use crate::roster::guard::Clock;
use crate::roster::plan::mirror::{Certainty, Given};
use crate::store::Departure;

impl Run<'_> {
    /// The file that must go out, rendered and proven to keep Honestly's rules.
    pub(super) fn prepare(&self, view: &PlanView<'_>, seen: Option<&Seen<'_>>) -> anyhow::Result<Option<Upload>> {
        let Some(seen) = seen else { return Ok(None) };
        let resend = match self.order.purpose {
            Purpose::Preview { .. } => Resend::WhenDue,
            Purpose::Apply { resend, .. } => resend,
        };
        let plan = &view.proposal.plan;
        let must_go = !plan.is_empty()
            || resend == Resend::Now
            || view.evidence.mirror.certainty_at(seen.url()) != Some(Certainty::Arrived)
            || view.evidence.destination.is_some_and(|destination| destination.is_foreign())
            || seen.is_due(self.context.now);
        let upload = if must_go { Some(Upload::of(plan.after())?) } else { None };
        self.context.timings.lap("rendered");
        Ok(upload)
    }

    /// A dry run ends here.
    pub(super) fn act(&mut self, view: &PlanView<'_>, work: Work<'_>) -> anyhow::Result<Ending> {
        let mut notes = self.notes(view);
        let exit = match self.order.purpose {
            Purpose::Preview { when_differs, .. } if !view.proposal.plan.is_empty() => when_differs,
            Purpose::Preview { .. } => Exit::InStep,
            Purpose::Apply { .. } => {
                match (work.seen.and_then(Seen::failure), &work.upload) {
                    (Some(failure), Some(_)) => return Err(failure.clone().into()),
                    (Some(failure), None) => log::warn!("nothing is to be sent, but the destination failed: {failure}"),
                    (None, _) => {}
                }
                let mut before = self.open_notes()?;
                before.extend(work.seen.and_then(Seen::known_note).as_ref().map(RecordedNote::from));
                self.commit(view, work, &mut notes)?;
                self.output.count(view.proposal.plan.after());
                output::warn_of_new_notes(self.order.form, self.context.program(), &notes, &before);
                Exit::InStep
            }
        };
        self.tell(view, &Told { notes: &notes, refusal: None, failure: None, exit })?;
        Ok(Ending::Done(exit))
    }

    /// Everything in one transaction, which is also the run lock: apply, deliver, commit. Whatever fails leaves the mirror as it
    /// was, and what was delivered without a commit is delivered again by the next run.
    fn commit(&mut self, view: &PlanView<'_>, work: Work<'_>, notes: &mut Vec<Note>) -> Result<(), Failure> {
        let Work { approved, fetched, mark, seen, upload } = work;
        let context = self.context;
        let end = self.end(view, Vec::new());
        let (Some(store), Some(id)) = (&mut self.store, self.id) else { return Ok(()) };
        if let (Some(seen), Some(Upload { bytes, sha256 })) = (seen, &upload) {
            let departure = Departure { destination: seen.url(), size: bytes.len(), sha256, approval: approved.by() };
            store.set_out(id, mark, &departure)?;
        }
        let mut applying = store.begin(id, mark)?;
        applying.apply(approved, &fetched.decision.excluded, context.today())?;
        applying.set_account(&self.account)?;
        applying.set_import_id_source(fetched.policy.import_id.as_str())?;
        if view.evidence.mirror.scope.as_ref() != Some(&fetched.decision.scope) {
            applying.set_scope(&fetched.decision.scope)?;
        }
        if self.mismatch.is_some() {
            applying.rename()?;
        }
        // Before the delivery: whatever can fail in the mirror fails while nothing was sent.
        let erased = match fetched.clock {
            Clock::Plausible => applying.erase(&context.keep())?,
            // What is old by a clock in doubt may be young.
            Clock::OffPersonios { .. } | Clock::BeforeTheLastRun { .. } | Clock::LongAfterTheLastRun { .. } => 0,
        };
        if erased > 0 {
            log::info!("{} erased: [retention]", report::counted(erased, "old value was", "old values were"));
        }
        context.timings.lap("applied");
        match (seen, upload) {
            (Some(seen), Some(upload)) => {
                let delivery = seen.deliver(&upload, context, notes)?;
                applying.set_delivery(&delivery)?;
                let url = delivery.destination.clone();
                applying.set_given(&Given::Destination { url, certainty: Certainty::Arrived })?;
                self.output.delivery = Some(delivery);
                context.timings.lap("delivered");
            }
            (Some(seen), None) => {
                if let Some(delivery) = seen.observed(context.now) {
                    applying.observe_delivery(&delivery)?;
                }
            }
            (None, _) if !approved.step().is_empty() => applying.set_given(&Given::Nobody)?,
            (None, _) => {}
        }
        applying.commit(&RunEnd { finished_at: context.time(), notes: notes.clone(), ..end })?;
        if let Err(failure) = store.write_witness() {
            log::warn!("{failure}; an older copy of the mirror may be taken for this one until a run can write it");
        }
        context.timings.lap("committed");
        Ok(())
    }

    /// Printing is what a dry run is for; of a real one everything is done by now, and stands in the run log.
    pub(super) fn tell(&self, view: &PlanView<'_>, result: &Told<'_>) -> anyhow::Result<()> {
        let told = self.output.result(view, result);
        match self.order.purpose {
            Purpose::Preview { .. } => told,
            Purpose::Apply { .. } => {
                tell_done(told);
                Ok(())
            }
        }
    }
}
