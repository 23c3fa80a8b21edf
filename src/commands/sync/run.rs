//! One run on its way: every step up to the judgement, which a dry run and a real one share.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::destination::{Seen, Upload};
use super::output::{Output, Result as Told};
use super::review::{self, PlanForReview};
use super::{Ending, Order, Purpose, Resend};
use crate::commands::clock::Ends;
use crate::commands::fetch::{Confirm, Day, Fetched, NewColumns, Request, fetch};
use crate::commands::{Context, telling};
use crate::config::Delivery;
use crate::exit::{Exit, Failure};
use crate::history::{RecordedNote, RunEnd, RunId};
use crate::report::{self, Asked, Difference, PlanView};
use crate::roster::decide::notes::Note;
use crate::roster::feed::Feed;
use crate::roster::guard::{Approval, Approvals, Approved, Cause, Evidence, MirrorMismatch, Proposal, Recent, Refusal};
use crate::roster::plan::mirror::Mirror;
use crate::roster::plan::{Plan, PlanDigest};
use crate::store::{Loaded, Mark, Store, Witness};

/// How far back removals count that nobody approved.
const RECENT: TimeDelta = TimeDelta::days(7);

/// A run on its way.
pub(super) struct Run<'c> {
    pub(super) context: &'c Context,
    pub(super) order: Order<'c>,
    /// For reading only in a dry run; none before the mirror exists.
    pub(super) store: Option<Store>,
    /// Its number in the log; none for a dry run, which is in no log.
    pub(super) id: Option<RunId>,
    /// A fingerprint of the credential.
    pub(super) account: String,
    /// Who let the plan pass: not spent before it is carried out.
    pub(super) approval: Option<Approval>,
    /// Set where the mirror is not the one that the last run left.
    pub(super) mismatch: Option<MirrorMismatch>,
    /// Of a held plan, where mails take it along.
    pub(super) page: Option<String>,
    pub(super) output: Output,
}

impl<'c> Run<'c> {
    pub(super) fn new(context: &'c Context, order: Order<'c>) -> Self {
        let output = Output::new(order.form);
        Self {
            context,
            order,
            store: None,
            id: None,
            account: String::new(),
            approval: None,
            mismatch: None,
            page: None,
            output,
        }
    }

    pub(super) fn steps(&mut self) -> anyhow::Result<Ending> {
        let Loaded { mirror, mark, .. } = self.load()?;
        let seen = self.look(&mark)?;
        let fetched = self.fetch(&mirror)?;
        let desired = &fetched.decision.desired;
        let destination = seen.as_ref().map(|seen| seen.compared(&mirror, desired));
        let nothing = Feed::default();
        let baseline = mirror.given_to(seen.as_ref().map(Seen::url)).unwrap_or(&nothing);
        let proposal = Proposal::new(&mirror, baseline, desired);
        let recent = self.recent()?;
        let evidence = Evidence {
            mirror: &mirror,
            mismatch: self.mismatch,
            decision: &fetched.decision,
            listed: &fetched.listed,
            asked_for: &fetched.asked_for,
            recent,
            destination: destination.as_ref(),
            clock: fetched.clock,
        };
        let digest = proposal.plan.digest(&evidence.basis(&proposal));
        let (sync, style) = (self.command(), self.context.invocation.style);
        let view = PlanView {
            proposal: &proposal,
            evidence: &evidence,
            digest: &digest,
            today: self.day().date(),
            sync: &sync,
            style,
        };
        self.output.proposed(&digest, proposal.plan.counts());
        let verdict = self.judge(&proposal, &evidence)?;
        self.context.timings.lap("compared");
        if let Purpose::Preview { subject: Some(_), .. } = self.order.purpose {
            self.output.explain(&view, &fetched, &verdict)?;
            return Ok(Ending::Done(Exit::InStep));
        }
        self.show(&view, seen.as_ref())?;
        let (refusal, notes) = (verdict.as_ref().err().cloned(), self.notes(&view));
        let judged = PlanForReview { context: self.context, view: &view, refusal: refusal.as_ref(), notes: &notes };
        review::preview(&judged, self.order.purpose)?;
        let ended = match verdict {
            Err(refusal) => self.hold(&view, &refusal, seen.as_ref()),
            Ok(approved) => {
                self.approval = Some(approved.by().clone());
                self.prepare(&view, seen.as_ref()).and_then(|upload| {
                    let (fetched, mark, seen) = (&fetched, &mark, seen.as_ref());
                    self.act(&view, Work { approved: &approved, fetched, mark, seen, upload })
                })
            }
        };
        self.page = telling(|| review::keep_up_to_date(&judged, self.order.purpose, &ended)).flatten();
        ended
    }

    /// The mirror; in a real run the run is in the log from here on. A damaged mirror and that of another company stay as they
    /// are.
    fn load(&mut self) -> Result<Loaded, Failure> {
        let (context, path) = (self.context, &self.context.config.mirror);
        let witness = Witness::read(path)?;
        let loaded = match self.order.purpose {
            Purpose::Preview { .. } => {
                self.store = Store::read(path)?;
                self.store.as_ref().map(Store::load).transpose()?.unwrap_or_default()
            }
            Purpose::Apply { .. } => {
                let credential = context.config.credential()?;
                let store = self.store.insert(Store::open(path)?);
                let loaded = store.load()?;
                credential
                    .iter()
                    .try_for_each(|credential| context.refuse_other_account(&loaded.mirror, credential))?;
                let id = store.start_run("sync", context.now)?;
                if let (Purpose::Apply { approval: Some(_), .. }, Some(user)) =
                    (self.order.purpose, context.config.user())
                {
                    store.set_approver(id, user)?;
                }
                self.id = Some(id);
                loaded
            }
        };
        self.mismatch = witness.mismatch(&loaded, self.store.as_ref())?;
        if let (Some(store), Some(_), None) = (&mut self.store, self.id, self.mismatch) {
            // Before anything is changed: a copy from before this run is older than the mirror from here on.
            store.write_witness()?;
        }
        self.output.run = self.id;
        self.output.count(&loaded.mirror.feed);
        context.timings.lap("loaded");
        Ok(loaded)
    }

    /// What stands at the destination; none where nothing is delivered. What was loaded is of the same moment.
    fn look(&self, mark: &Mark) -> Result<Option<Seen<'c>>, Failure> {
        let context = self.context;
        let (settings, refresh) = match (&context.config.delivery, self.order.purpose) {
            (Delivery::To { settings, refresh }, _) => (settings, refresh),
            (Delivery::NotSet | Delivery::MirrorOnly, Purpose::Apply { resend: Resend::Now, .. }) => {
                let what = "there is no destination to send the file to again: [delivery] to names none";
                return Err(Failure::new(Exit::Misconfigured, what).hint("leave out --redeliver, or set [delivery] to"));
            }
            (Delivery::NotSet | Delivery::MirrorOnly, _) => return Ok(None),
        };
        let seen = Seen::look(settings, *refresh, self.store.as_ref())?;
        if let Some(failure) = seen.failure().filter(|failure| failure.exit == Exit::Misconfigured) {
            // No run ever will deliver there: that is said before everybody is read.
            return Err(failure.clone());
        }
        if let Some(store) = &self.store {
            store.refuse_stale(mark)?;
        }
        self.context.timings.lap("looked");
        Ok(Some(seen))
    }

    fn fetch(&mut self, mirror: &Mirror) -> Result<Fetched, Failure> {
        let context = self.context;
        let credential = context.required_credential()?;
        context.refuse_other_account(mirror, &credential)?;
        self.account = credential.fingerprint();
        let client = context.client(credential)?;
        let (recent, ends) = (self.recent()?, self.ends()?);
        let (given, subject) = match self.order.purpose {
            Purpose::Preview { subject, .. } => (None, subject),
            Purpose::Apply { approval, .. } => (approval, None),
        };
        // An approval of an earlier run may let a plan pass as well as one that is given.
        let may_pass = given.is_some() || !self.unspent_approvals()?.is_empty();
        let confirm = if may_pass { Confirm::All } else { Confirm::WithinLimits };
        let (day, new_columns) = (self.day(), self.order.new_columns);
        fetch(context, &client, mirror, &Request { day, ends, confirm, new_columns, recent, subject })
    }

    fn judge<'a>(
        &self,
        proposal: &Proposal<'a>,
        evidence: &Evidence<'_>,
    ) -> Result<Result<Approved<'a>, Refusal>, Failure> {
        let unspent = self.unspent_approvals()?;
        let given = match self.order.purpose {
            Purpose::Preview { .. } => None,
            Purpose::Apply { approval, .. } => approval,
        };
        Ok(self.context.config.guard.approve(proposal, evidence, &Approvals { given, unspent: &unspent }))
    }

    fn show(&self, view: &PlanView<'_>, seen: Option<&Seen<'_>>) -> anyhow::Result<()> {
        match self.order.purpose {
            Purpose::Preview { .. } => {
                if let Some(failure) = seen.and_then(Seen::failure) {
                    log::warn!("the destination could not be looked at: {failure}");
                }
                self.output.print_plan(view)
            }
            Purpose::Apply { .. } => Ok(()),
        }
    }

    fn hold(&mut self, view: &PlanView<'_>, refusal: &Refusal, seen: Option<&Seen<'_>>) -> anyhow::Result<Ending> {
        let (largest, difference) = match &self.store {
            None => (0, Difference::NotAsked),
            Some(store) => (store.largest_removal()?, difference(store, &view.proposal.plan, refusal)?),
        };
        let asked = match self.order.purpose {
            Purpose::Preview { day: Some(_), .. } => Asked::PretendedDay,
            Purpose::Preview { day: None, .. } => Asked::Preview,
            Purpose::Apply { .. } => Asked::Run,
        };
        let failure = report::refusal(refusal, asked, view.sync, largest, &difference);
        let failure = failure.for_program(self.context.program());
        let notes = self.notes(view);
        if self.id.is_some() {
            if let Some(unseen) = seen.and_then(Seen::failure) {
                log::warn!("the destination could not be looked at: {unseen}");
            }
            let end = RunEnd {
                held_by: rules_of(refusal),
                outline: Some(view.proposal.plan.outline()),
                ..self.end(view, notes.clone()).ending_with(&failure)
            };
            self.record(&end);
        }
        let told = Told { notes: &notes, refusal: Some(refusal), failure: Some(&failure), exit: failure.exit };
        self.tell(view, &told)?;
        Ok(Ending::Held(failure, refusal.digest.clone()))
    }

    /// The notes of the decision, and what is to be said of the delivery before there is one.
    pub(super) fn notes(&self, view: &PlanView<'_>) -> Vec<Note> {
        let mut notes = view.evidence.notes();
        match self.context.config.delivery {
            Delivery::NotSet => notes.push(Note::NothingDelivered),
            Delivery::MirrorOnly | Delivery::To { .. } => {}
        }
        notes
    }

    pub(super) fn end(&self, view: &PlanView<'_>, notes: Vec<Note>) -> RunEnd {
        RunEnd {
            digest: Some(view.digest.clone()),
            counts: Some(view.proposal.plan.counts()),
            approval: self.approval.clone(),
            notes,
            ..RunEnd::in_step(self.context.time())
        }
    }

    /// What makes the same plan again.
    fn command(&self) -> String {
        let new_columns = match self.order.new_columns {
            NewColumns::Noted => "",
            NewColumns::TakenIn => " --new-columns",
        };
        format!("{} sync{new_columns}", self.context.program())
    }

    fn day(&self) -> Day {
        match self.order.purpose {
            Purpose::Preview { day: Some(day), .. } => Day::Pretended(day),
            Purpose::Preview { day: None, .. } | Purpose::Apply { .. } => Day::Today(self.context.today()),
        }
    }

    fn unspent_approvals(&self) -> Result<BTreeSet<PlanDigest>, Failure> {
        Ok(self.store.as_ref().map(Store::unspent_approvals).transpose()?.unwrap_or_default())
    }

    /// Who went unapproved in the last seven days.
    fn recent(&self) -> Result<Recent, Failure> {
        let since = self.context.now - RECENT;
        Ok(self.store.as_ref().map(|store| store.recent_removals(since)).transpose()?.unwrap_or_default())
    }

    fn ends(&self) -> Result<Ends, Failure> {
        let Some(store) = &self.store else { return Ok(Ends::default()) };
        Ok(Ends { newest: store.standing()?.last_success(), undoubted: store.undoubted_end()? })
    }

    pub(super) fn open_notes(&self) -> Result<Vec<RecordedNote>, Failure> {
        let standing = self.store.as_ref().map(Store::standing).transpose()?;
        Ok(standing.map(|standing| standing.open_notes().to_vec()).unwrap_or_default())
    }

    /// An error in any step: in the log, and in the document where one was asked for.
    pub(super) fn failed(&mut self, error: anyhow::Error) -> anyhow::Error {
        let failure = Failure::of(&error).for_program(self.context.program());
        let approval = self.approval.clone();
        self.record(&RunEnd { approval, ..RunEnd::failed(self.context.time(), &failure) });
        self.output.failed(&failure);
        error
    }

    /// Enters the end of a run that wrote nothing else. The run's own result matters more than a log that cannot be written.
    fn record(&mut self, end: &RunEnd) {
        if let (Some(store), Some(id)) = (&mut self.store, self.id)
            && let Err(failure) = store.finish_run(id, end)
        {
            log::error!("the run log has no end for run {id}: {failure}");
        }
    }
}

/// What a run carries out, all of it or nothing.
pub(super) struct Work<'w> {
    pub(super) approved: &'w Approved<'w>,
    pub(super) fetched: &'w Fetched,
    pub(super) mark: &'w Mark,
    /// The destination as it was looked at; none where nothing is delivered.
    pub(super) seen: Option<&'w Seen<'w>>,
    /// None where nothing must go out.
    pub(super) upload: Option<Upload>,
}

/// None where no rule holds the plan: nothing waits for an approval then.
fn rules_of(refusal: &Refusal) -> Option<String> {
    match &refusal.cause {
        Cause::Rules(rules) | Cause::AnotherPlan { rules, .. } => {
            Some(rules.iter().map(|rule| rule.kind()).collect::<Vec<_>>().join(" "))
        }
        Cause::NothingHeld { .. } => None,
    }
}

/// Where the plan that a person reviewed and the one there is now part.
fn difference(store: &Store, plan: &Plan<'_>, refusal: &Refusal) -> Result<Difference, Failure> {
    let given = match &refusal.cause {
        Cause::Rules(_) | Cause::NothingHeld { .. } => return Ok(Difference::NotAsked),
        Cause::AnotherPlan { given, .. } => given,
    };
    let reviewed = store.held(given)?.and_then(|run| run.ended?.outline);
    Ok(match reviewed {
        None => Difference::Unknown,
        Some(reviewed) => Difference::Lines(report::difference(&reviewed, &plan.outline())),
    })
}
