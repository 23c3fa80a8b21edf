//! A real run: it is in the log from its beginning on. It first notes what became of what earlier runs sent; its last step holds
//! the plan, or intends, delivers and settles it.

use super::destination::{Looked, Tidy, Upload};
use super::output::{self, Form, Output};
use super::review::{self, PlanForReview};
use super::send::Sending;
use super::{Apply, Ending, JudgedPlan, Resend, Start, held, judged, resolved};
use crate::commands::fetch::Day;
use crate::commands::{Context, close_private_files, mails, monitoring, print, tell_done, telling};
use crate::exit::{Exit, Failure};
use crate::history::{self, RunEnd, RunId, RunLog, Step};
use crate::report::model::Sums;
use crate::report::{self, Asked};
use crate::roster::decide::notes::Note;
use crate::roster::guard::{Approval, Approved, Cause, MirrorMismatch, Refusal, Settlement};
use crate::roster::plan::PlanDigest;
use crate::roster::plan::mirror::Given;
use crate::roster::voice::Told;
use crate::store::{Applying, Loaded, Mark, Patience, Reader, RunLock, Store, Witnesses};

/// One real run. Whatever becomes of it is in the run log, and whoever monitors is told.
pub fn apply(context: &Context, asked: &Apply<'_>) -> anyhow::Result<Ending> {
    context.timings.start();
    let mut output = Output::new(asked.form);
    // Before anything else: what a second run would read could not be written.
    let _lock = lock(context, asked).map_err(|failure| {
        let error = failure.for_program(context.program()).into();
        output.failed(context, &error);
        error
    })?;
    monitoring::started(context);
    let mut begun = Run::begin(context, asked, &mut output);
    let ended = match &mut begun {
        Ok(run) => run.steps(&mut output),
        Err(failure) => Err(failure.clone().into()),
    };
    if let Err(error) = &ended {
        output.failed(context, error);
    }
    let exit = match &ended {
        Ok(Ending::Done(exit)) => *exit,
        Ok(Ending::Held(failure, ..)) => failure.exit,
        Err(error) => Failure::of(error).exit,
    };
    output.log(exit, context.started.elapsed());
    let log = run_log(context);
    telling(|| monitoring::ended(context, exit, log.as_ref()));
    telling(|| review::say_how_it_stands(context, exit, log.as_ref()));
    if let (Ok(Run { store, id, page, sums, .. }), Some(log)) = (&mut begun, &log) {
        let ended = mails::Ended { run: *id, log, exit, page: page.as_deref(), sums: sums.as_ref() };
        telling(|| mails::ended(context, store, &ended));
    }
    context.timings.log();
    ended
}

/// None where the mirror cannot be read: the run has said so.
fn run_log(context: &Context) -> Option<RunLog> {
    let read = Reader::open(&context.config.mirror).and_then(|reader| reader.log());
    match read {
        Ok(log) => Some(log),
        Err(failure) => {
            log::debug!("how things stand is not known: {failure}");
            None
        }
    }
}

/// One real run at a time, and nothing in the way of what is written.
fn lock(context: &Context, asked: &Apply<'_>) -> Result<RunLock, Failure> {
    close_private_files(context)?;
    let patience = if asked.approval.is_some() { Patience::WaitAMinute } else { Patience::StepAside };
    let waiting = || log::warn!("another run is in progress: waiting a minute for it");
    RunLock::take(&context.config.mirror, patience, waiting)
}

/// A run that is in the log.
struct Run<'c> {
    context: &'c Context,
    asked: &'c Apply<'c>,
    store: Store,
    id: RunId,
    loaded: Loaded,
    /// Read before the mirror was.
    witness: Witnesses,
    /// Of a held plan, where mails take it along.
    page: Option<String>,
    /// Of its plan, for mails.
    sums: Option<Sums>,
}

impl<'c> Run<'c> {
    /// Loads the mirror and enters the run into its log. A damaged mirror and that of another company stay as they are.
    fn begin(context: &'c Context, asked: &'c Apply<'c>, output: &mut Output) -> Result<Self, Failure> {
        let path = &context.config.mirror;
        let second = context.config.second_witness.as_deref();
        let witness = Witnesses::read(path, second)?;
        let credential = context.config.credential()?;
        let mut store = Store::open(path)?.with_second_witness(second);
        let loaded = store.load()?;
        credential.iter().try_for_each(|credential| context.refuse_other_account(&loaded.mirror, credential))?;
        let id = store.start_run(history::Run::SYNC, context.now)?;
        output.begun(id, &loaded.mirror.feed);
        Ok(Self { context, asked, store, id, loaded, witness, page: None, sums: None })
    }

    /// Every step from here on; a failure in one is in the log.
    fn steps(&mut self, output: &mut Output) -> anyhow::Result<Ending> {
        let (mut step, mut approval) = (Step::Look, None);
        let ended = self.look().and_then(|found| {
            step = Step::Decide;
            output.noted(found.settlement.notes());
            let ended = self.decide(&found, output, &mut approval);
            if !matches!(ended, Ok(Ending::Done(_)))
                && let Err(error) = self.repair(found.looked.as_ref(), output)
            {
                log::warn!("{error:#}; a part of a file, or one with nobody in it, stands at the destination");
            }
            ended
        });
        if let Err(error) = &ended {
            let failure = Failure::of(error).for_program(self.context.program());
            let failed_at = Some(if approval.is_some() { Step::Deliver } else { step });
            let end = RunEnd { approval, failed_at, ..RunEnd::failed(self.context.time(), &failure) };
            record(&mut self.store, self.id, &end);
        }
        ended
    }

    /// Looks at the destination, and notes what that tells of what earlier runs sent.
    fn look(&mut self) -> anyhow::Result<Found<'c>> {
        let Self { context, asked, store, id, loaded, witness, .. } = self;
        if asked.approval.is_some() {
            store.set_approver(*id, &context.approver(asked.by))?;
        }
        let mismatch = witness.mismatch(loaded, store)?;
        if mismatch.is_none() {
            // Before anything is changed: a copy from before this run is older than the mirror from here on.
            store.write_witness()?;
        }
        refuse_to_resend_nowhere(context, asked.resend)?;
        context.timings.lap("loaded");
        let mut looked = Looked::at(context, store, loaded, Tidy::Yes)?;
        let settlement = resolved(context, loaded, mismatch, looked.as_mut());
        if !settlement.is_empty() {
            let url = looked.as_ref().map(Looked::url).unwrap_or_default();
            loaded.mark = store.resolve(*id, &loaded.mark, url, &settlement)?;
        }
        Ok(Found { looked, settlement, mismatch })
    }

    /// Fetches, decides, plans and judges; then the plan is carried out or held.
    fn decide(
        &mut self,
        found: &Found<'_>,
        output: &mut Output,
        approval: &mut Option<Approval>,
    ) -> anyhow::Result<Ending> {
        let Self { context, asked, store, id, loaded, page, sums, .. } = self;
        let Found { looked, settlement, mismatch } = found;
        let (mirror, looked, mismatch) = (&loaded.mirror, looked.as_ref(), *mismatch);
        let (day, new_columns) = (Day::Today(context.today()), asked.new_columns);
        let observe = &|_: &_| {};
        let start = Start { mirror, looked, settlement, mismatch, day, new_columns, approval: asked.approval, observe };
        judged(context, store, &start, |store, judged| {
            let JudgedPlan { report, verdict, .. } = *judged;
            output.proposed(report, asked.approval);
            *sums = Some(report.sums());
            let acting = Acting { context, asked, id: *id, mark: &loaded.mark, mismatch, judged };
            let ended = match verdict {
                Err(refusal) => acting.hold(store, output, refusal),
                Ok(approved) => {
                    *approval = Some(approved.by().clone());
                    acting.carry_out(store, output, approved)
                }
            };
            let (refusal, approve) = (verdict.as_ref().err(), report.view.digest);
            let warned = |failure| log::warn!("the page does not say who approved: {failure}");
            let run = store.as_ref().run(*id).map_err(warned).unwrap_or_default();
            let approval = run.and_then(|run| run.approval);
            let for_review = PlanForReview { context, judged, refusal, approve, approval: approval.as_ref() };
            *page = telling(|| review::keep_up_to_date(&for_review, &ended)).flatten();
            ended
        })
    }

    /// A part of a file of ours or a file with nobody in it is never left standing, whatever became of the plan: the mirror's feed,
    /// which was approved, goes out again. That answers for no other file.
    fn repair(&mut self, looked: Option<&Looked<'_>>, output: &mut Output) -> anyhow::Result<()> {
        let Self { context, store, id, loaded, .. } = self;
        let mirror = &loaded.mirror;
        // Ours would replace a file that Honestly may have, and over which nobody has approved a plan.
        let may_go = |looked: &&Looked<'_>| mirror.is_given_to(looked.url()) && looked.other_files().is_empty();
        let Some(looked) = looked.filter(may_go) else { return Ok(()) };
        // Whatever this run did since stands for itself.
        let (Some(upload), Ok(())) = (looked.repair(mirror)?, store.refuse_stale(&loaded.mark)) else { return Ok(()) };
        let mut applying = store.begin(*id, &loaded.mark)?;
        applying.set_out(&looked.departure(&upload, *id, context.time()))?;
        applying.intend(&RunEnd::in_step(context.time()))?;
        let sending = Sending { context, id: *id, looked, upload: &upload, mirror };
        output.delivered(sending.deliver(store, &mut Vec::new(), |_| None)?);
        let what = "a part of employees.csv, or a file with nobody in it,";
        log::warn!("{what} stood at {}: the last approved file was sent again", looked.url());
        Ok(())
    }
}

/// What a run found when it looked.
struct Found<'c> {
    /// None where nothing is delivered.
    looked: Option<Looked<'c>>,
    settlement: Settlement,
    /// Set where the mirror is not the one that the last run left.
    mismatch: Option<MirrorMismatch>,
}

fn refuse_to_resend_nowhere(context: &Context, resend: Resend) -> Result<(), Failure> {
    match resend {
        Resend::Now if context.config.delivery.settings().is_none() => {
            let what = "there is no destination to send the file to again: [delivery] to names none";
            Err(Failure::new(Exit::Misconfigured, what).hint("leave out --redeliver, or set [delivery] to"))
        }
        Resend::Now | Resend::WhenDue => Ok(()),
    }
}

/// Enters the end of a run that wrote nothing else. The run's own result matters more than a log that cannot be written.
fn record(store: &mut Store, id: RunId, end: &RunEnd) {
    if let Err(failure) = store.finish_run(id, end) {
        log::error!("the run log has no end for run {id}: {failure}");
    }
}

/// What a run that passes makes of held plans.
pub(super) struct Answered {
    /// They need no answer any more.
    pub over: Vec<PlanDigest>,
    /// Whether an approval is used up by it although nothing differs.
    pub is_spent: bool,
    pub notes: Vec<Note>,
}

/// A judged plan, and the run that has it.
pub(super) struct Acting<'a> {
    pub context: &'a Context,
    pub asked: &'a Apply<'a>,
    pub id: RunId,
    mark: &'a Mark,
    mismatch: Option<MirrorMismatch>,
    pub judged: &'a JudgedPlan<'a>,
}

impl Acting<'_> {
    fn hold(&self, store: &mut Store, output: &Output, refusal: &Refusal) -> anyhow::Result<Ending> {
        let JudgedPlan { report, looked, .. } = *self.judged;
        let view = &report.view;
        self.keep(store, &refusal.rules)?;
        match refusal.cause {
            Cause::Since { .. } => self.note_who_stayed(store)?,
            Cause::Unapproved => store.forget_approvals(self.id)?,
            Cause::Void { .. } => {}
        }
        let failure = held::failure(self.context, view, refusal, &Asked::Run);
        if let Some(unseen) = looked.and_then(Looked::unseen) {
            log::warn!("{}", unseen.logged());
        }
        let held_by = (!refusal.rules.is_empty()).then(|| refusal.unanswered().to_vec());
        let end = RunEnd { held_by, ..self.end(view.notes.to_vec()).ending_with(&failure) };
        record(store, self.id, &end);
        self.tell_what_came();
        tell_done(output.held(report, refusal, &failure));
        Ok(held::ending(failure, refusal))
    }

    /// Whoever approves a plan by hand sees what came besides.
    fn tell_what_came(&self) {
        match self.asked.form {
            Form::Text if self.asked.approval.is_some() => tell_done(print(&report::since(self.judged.report))),
            Form::Text | Form::Summary | Form::Json => {}
        }
    }

    fn carry_out(&self, store: &mut Store, output: &mut Output, approved: &Approved<'_>) -> anyhow::Result<Ending> {
        let (context, JudgedPlan { report, looked, .. }) = (self.context, *self.judged);
        self.note_approval(store, approved.by())?;
        let upload =
            looked.map(|looked| looked.upload(&report.view, self.asked.resend, context.now)).transpose()?.flatten();
        context.timings.lap("rendered");
        if let (Some(failure), Some(_)) = (looked.and_then(Looked::failure), &upload) {
            return Err(failure.clone().into());
        }
        let mut before = store.log()?.open_notes().into_iter().cloned().collect::<Vec<_>>();
        before.extend(looked.and_then(Looked::known_note));
        let mut notes = report.view.notes.to_vec();
        self.commit(store, output, approved, upload, &mut notes)?;
        output::warn_of_new_notes(self.asked.form, context.program(), &notes, &before);
        self.tell_what_came();
        tell_done(output.carried_out(report, &notes));
        Ok(Ending::Done(Exit::InStep))
    }

    /// How this run ends, before anything else is known of it.
    fn end(&self, notes: Vec<Note>) -> RunEnd {
        let report = self.judged.report;
        RunEnd {
            digest: Some(report.view.digest.clone()),
            counts: Some(report.plan.counts),
            notes,
            new_columns: self.asked.new_columns,
            ..RunEnd::in_step(self.context.time())
        }
    }

    /// Where no file goes out, everything in one transaction. Else the feed is the mirror's before its first byte leaves, and
    /// settled once it has arrived.
    fn commit(
        &self,
        store: &mut Store,
        output: &mut Output,
        approved: &Approved<'_>,
        upload: Option<Upload>,
        notes: &mut Vec<Note>,
    ) -> Result<(), Failure> {
        let JudgedPlan { report, looked, .. } = *self.judged;
        let (context, mirror) = (self.context, report.view.evidence.mirror);
        let Answered { over, is_spent, notes: told } = self.answered(store, approved.by())?;
        notes.extend(told);
        let approval = Some(approved.by().clone());
        let end = RunEnd { approval, over, ..self.end(Vec::new()) };
        let ended = |notes: &[Note]| RunEnd { finished_at: context.time(), notes: notes.to_vec(), ..end.clone() };
        let mut applying = store.begin(self.id, self.mark)?;
        if let (Some(_), Approval::Person(named) | Approval::Earlier(named)) = (self.mismatch, approved.by()) {
            applying.believe(named)?;
        }
        if is_spent {
            applying.begin_generation()?;
        }
        match (looked, upload) {
            (Some(looked), Some(upload)) => {
                applying.set_out(&looked.departure(&upload, self.id, context.time()))?;
                applying.answer_other_files(looked.url())?;
                self.apply(&mut applying, approved)?;
                applying.set_given(&Given::Destination(looked.url().to_owned()))?;
                applying.intend(&ended(notes))?;
                context.timings.lap("applied");
                let sending = Sending { context, id: self.id, looked, upload: &upload, mirror };
                output.delivered(sending.deliver(store, notes, |notes| Some(ended(notes)))?);
            }
            (looked, _) => {
                self.apply(&mut applying, approved)?;
                if let Some(delivery) = looked.and_then(|looked| looked.observed(context.now)) {
                    applying.observe_delivery(&delivery)?;
                }
                let changes = !approved.from_mirror().is_empty() || !mirror.unsettled.is_empty();
                if looked.is_none() && changes {
                    applying.set_given(&Given::Nobody)?;
                }
                applying.commit(&ended(notes))?;
                context.timings.lap("applied");
            }
        }
        output.count(report.plan.plan.after());
        if let Err(failure) = store.write_witness() {
            log::warn!("{failure}; an older copy of the mirror may be taken for this one until a run can write it");
        }
        context.timings.lap("committed");
        Ok(())
    }

    /// What the mirror holds from here on.
    fn apply(&self, applying: &mut Applying<'_>, approved: &Approved<'_>) -> Result<(), Failure> {
        let (context, fetched) = (self.context, self.judged.fetched);
        applying.apply(approved, &fetched.decision.excluded, context.today())?;
        self.remember(applying)?;
        // What is old by a clock in doubt may be young.
        let erased = if fetched.clock.is_in_doubt() { 0 } else { applying.erase(&context.keep())? };
        if erased > 0 {
            log::info!("{} erased: [retention]", report::counted(erased, "old value was", "old values were"));
        }
        Ok(())
    }

    /// What the mirror remembers besides the feed.
    pub(super) fn remember(&self, applying: &mut Applying<'_>) -> Result<(), Failure> {
        let JudgedPlan { report, fetched, .. } = *self.judged;
        applying.set_account(&fetched.account)?;
        applying.set_import_id_source(fetched.policy.import_id.as_str())?;
        let (mirror, grounds) = (report.view.evidence.mirror, &fetched.decision.grounds);
        if (&mirror.readable, &mirror.names) != (&grounds.readable, &grounds.names) {
            applying.set_known(&grounds.readable, &grounds.names)?;
        }
        applying.set_scopes(&grounds.scope, &grounds.unseen)?;
        applying.set_placeholders(&grounds.placeholders)
    }
}
