//! `sync`: load, look, fetch, decide, plan, show, judge, act. A dry run is the same function without its last step.

mod destination;
mod output;
mod review;

use std::path::Path;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::fetch::{Confirm, Day, Fetched, NewColumns, Request, fetch};
use super::{Context, close_private_files, mails, monitoring, tell_done};
use crate::cli;
use crate::config::Delivery;
use crate::exit::{Exit, Failure};
use crate::history::{RecordedNote, RunEnd, RunId};
use crate::report::{self, Asked, Difference, PlanView};
use crate::roster::decide::notes::Note;
use crate::roster::feed::Feed;
use crate::roster::guard::{
    Approval, Approvals, Approved, Cause, Clock, Evidence, MirrorMismatch, Proposal, Recent, Refusal,
};
use crate::roster::plan::mirror::{Certainty, Given, Mirror};
use crate::roster::plan::{Plan, PlanDigest};
use crate::roster::policy::Query;
use crate::store::{Departure, Loaded, Mark, Patience, RunLock, Store, Witness};
use destination::{Seen, Upload};
use output::{Output, Result as Told};
use review::Judged;

pub use output::Form;

/// How far back removals count that nobody approved.
const RECENT: TimeDelta = TimeDelta::days(7);

/// What is asked of a run.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    pub purpose: Purpose<'a>,
    pub new_columns: NewColumns,
    pub form: Form,
}

#[derive(Debug, Clone, Copy)]
pub enum Purpose<'a> {
    /// A dry run: shows what a real one would do, sends only reads and changes no byte anywhere.
    Preview {
        /// Another day than today.
        day: Option<NaiveDate>,
        /// Explain this person instead of showing the plan.
        subject: Option<&'a Query>,
        /// Where a page to review goes.
        review: Option<&'a Path>,
        /// The exit code where the plan is not empty.
        when_differs: Exit,
    },
    Apply {
        /// The plan that may pass although it is held.
        approval: Option<&'a PlanDigest>,
        resend: Resend,
    },
}

/// When a file is sent that is no other than the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resend {
    /// When the last delivery is older than `[delivery] refresh`.
    WhenDue,
    Now,
}

impl Order<'_> {
    /// A real run with nothing special.
    pub const USUAL: Order<'static> = Order {
        purpose: Purpose::Apply { approval: None, resend: Resend::WhenDue },
        new_columns: NewColumns::Noted,
        form: Form::Text,
    };
}

/// What became of the plan.
#[derive(Debug)]
pub enum Ending {
    Done(Exit),
    /// Held, with the message for the operator and the digest that a person may approve.
    Held(Failure, PlanDigest),
}

pub fn run(context: &Context, arguments: &cli::Sync) -> anyhow::Result<Exit> {
    let purpose = if arguments.dry_run {
        let when_differs = if arguments.exit_code { Exit::Differs } else { Exit::InStep };
        let (subject, review) = (arguments.explain.as_ref(), arguments.review.as_deref());
        Purpose::Preview { day: arguments.as_of, subject, review, when_differs }
    } else {
        let resend = if arguments.redeliver { Resend::Now } else { Resend::WhenDue };
        Purpose::Apply { approval: arguments.approve.as_ref(), resend }
    };
    let form = if arguments.json { Form::Json } else { Form::Text };
    let new_columns = if arguments.new_columns { NewColumns::TakenIn } else { NewColumns::Noted };
    match sync(context, Order { purpose, new_columns, form })? {
        Ending::Done(exit) => Ok(exit),
        Ending::Held(failure, _) => Err(failure.into()),
    }
}

/// One run, dry or real. Whatever becomes of a real one is in the run log, and whoever monitors is told.
pub fn sync(context: &Context, order: Order<'_>) -> anyhow::Result<Ending> {
    let is_real = matches!(order.purpose, Purpose::Apply { .. });
    context.timings.start();
    close_private_files(context)?;
    // Before anything else: what a second run would read could not be written.
    let _lock = if is_real { Some(lock(context, &order)?) } else { None };
    if is_real {
        monitoring::started(context);
    }
    let mut run = Run {
        context,
        order,
        store: None,
        id: None,
        account: String::new(),
        approval: None,
        mismatch: None,
        output: Output::new(order.form),
    };
    let ended = run.steps().map_err(|error| run.failed(error));
    if is_real {
        let exit = match &ended {
            Ok(Ending::Done(exit)) => *exit,
            Ok(Ending::Held(failure, _)) => failure.exit,
            Err(error) => Failure::of(error).exit,
        };
        run.output.log(exit, context.started.elapsed());
        monitoring::ended(context, exit);
        if let (Some(store), Some(id)) = (&mut run.store, run.id) {
            mails::ended(context, store, id, exit);
        }
    }
    context.timings.log();
    ended
}

/// One real run at a time. A document is printed in any case.
fn lock(context: &Context, order: &Order<'_>) -> Result<RunLock, Failure> {
    let patience = match order.purpose {
        Purpose::Apply { approval: Some(_), .. } => Patience::WaitAMinute,
        Purpose::Apply { approval: None, .. } | Purpose::Preview { .. } => Patience::StepAside,
    };
    let waiting = || log::warn!("another run is in progress: waiting a minute for it");
    RunLock::take(&context.config.mirror, patience, waiting).map_err(|failure| {
        let failure = failure.for_program(context.program());
        Output::new(order.form).failed(&failure);
        failure
    })
}

/// A run on its way.
struct Run<'c> {
    context: &'c Context,
    order: Order<'c>,
    /// For reading only in a dry run; none before the mirror exists.
    store: Option<Store>,
    /// Its number in the log; none for a dry run, which is in no log.
    id: Option<RunId>,
    /// A fingerprint of the credential.
    account: String,
    /// Who let the plan pass: not spent before it is carried out.
    approval: Option<Approval>,
    /// Set where the mirror is not the one that the last run left.
    mismatch: Option<MirrorMismatch>,
    output: Output,
}

impl<'c> Run<'c> {
    fn steps(&mut self) -> anyhow::Result<Ending> {
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
        let (program, style) = (self.context.program(), self.context.invocation.style);
        let view = PlanView {
            proposal: &proposal,
            evidence: &evidence,
            digest: &digest,
            today: self.day().date(),
            program,
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
        let judged = Judged { context: self.context, view: &view, refusal: refusal.as_ref(), notes: &notes };
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
        review::keep_up_to_date(&judged, self.order.purpose, &ended);
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
        if let (Some(store), Some(_), None) = (&self.store, self.id, self.mismatch) {
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
        let Delivery::To { settings, refresh } = &context.config.delivery else { return Ok(None) };
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
        let (recent, last_success) = (self.recent()?, self.last_success()?);
        let (confirm, subject) = match self.order.purpose {
            Purpose::Preview { subject, .. } => (Confirm::WithinLimits, subject),
            Purpose::Apply { approval: Some(_), .. } => (Confirm::All, None),
            Purpose::Apply { approval: None, .. } => (Confirm::WithinLimits, None),
        };
        let (day, new_columns) = (self.day(), self.order.new_columns);
        fetch(context, &client, mirror, &Request { day, last_success, confirm, new_columns, recent, subject })
    }

    fn judge<'a>(
        &self,
        proposal: &Proposal<'a>,
        evidence: &Evidence<'_>,
    ) -> Result<Result<Approved<'a>, Refusal>, Failure> {
        let unspent = self.store.as_ref().map(Store::unspent_approvals).transpose()?.unwrap_or_default();
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
        let mut failure = report::refusal(refusal, asked, largest, &difference);
        if self.order.new_columns == NewColumns::TakenIn {
            // Only the same command makes the same plan.
            failure.hints.iter_mut().for_each(|hint| *hint = hint.replace("sync sync", "sync sync --new-columns"));
        }
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

    /// The file that must go out, rendered and proven to keep Honestly's rules.
    fn prepare(&self, view: &PlanView<'_>, seen: Option<&Seen<'_>>) -> anyhow::Result<Option<Upload>> {
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
    fn act(&mut self, view: &PlanView<'_>, work: Work<'_>) -> anyhow::Result<Ending> {
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
    fn tell(&self, view: &PlanView<'_>, result: &Told<'_>) -> anyhow::Result<()> {
        let told = self.output.result(view, result);
        match self.order.purpose {
            Purpose::Preview { .. } => told,
            Purpose::Apply { .. } => {
                tell_done(told);
                Ok(())
            }
        }
    }

    /// The notes of the decision, and what is to be said of the delivery before there is one.
    fn notes(&self, view: &PlanView<'_>) -> Vec<Note> {
        let mut notes = view.evidence.decision.notes.clone();
        match self.context.config.delivery {
            Delivery::NotSet => notes.push(Note::NothingDelivered),
            Delivery::MirrorOnly | Delivery::To { .. } => {}
        }
        match view.evidence.clock {
            Clock::Plausible => {}
            clock @ (Clock::OffPersonios { .. }
            | Clock::BeforeTheLastRun { .. }
            | Clock::LongAfterTheLastRun { .. }) => {
                notes.push(Note::ClockInDoubt { text: clock.to_string() });
            }
        }
        notes
    }

    fn end(&self, view: &PlanView<'_>, notes: Vec<Note>) -> RunEnd {
        RunEnd {
            digest: Some(view.digest.clone()),
            counts: Some(view.proposal.plan.counts()),
            approval: self.approval.clone(),
            notes,
            ..RunEnd::in_step(self.context.time())
        }
    }

    fn day(&self) -> Day {
        match self.order.purpose {
            Purpose::Preview { day: Some(day), .. } => Day::Pretended(day),
            Purpose::Preview { day: None, .. } | Purpose::Apply { .. } => Day::Today(self.context.today()),
        }
    }

    /// Who went unapproved in the last seven days.
    fn recent(&self) -> Result<Recent, Failure> {
        let since = self.context.now - RECENT;
        Ok(self.store.as_ref().map(|store| store.recent_removals(since)).transpose()?.unwrap_or_default())
    }

    fn last_success(&self) -> Result<Option<DateTime<Utc>>, Failure> {
        let standing = self.store.as_ref().map(Store::standing).transpose()?;
        Ok(standing.and_then(|standing| standing.last_success()))
    }

    fn open_notes(&self) -> Result<Vec<RecordedNote>, Failure> {
        let standing = self.store.as_ref().map(Store::standing).transpose()?;
        Ok(standing.map(|standing| standing.open_notes().to_vec()).unwrap_or_default())
    }

    /// An error in any step: in the log, and in the document where one was asked for.
    fn failed(&mut self, error: anyhow::Error) -> anyhow::Error {
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
struct Work<'w> {
    approved: &'w Approved<'w>,
    fetched: &'w Fetched,
    mark: &'w Mark,
    /// The destination as it was looked at; none where nothing is delivered.
    seen: Option<&'w Seen<'w>>,
    /// None where nothing must go out.
    upload: Option<Upload>,
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
