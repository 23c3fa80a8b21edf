//! The last step of a dry run: show what a real one would do, and whether it would be held.

use super::destination::{Looked, Tidy};
use super::explain::Subjects;
use super::output::{self, Form, Size};
use super::review::{self, PlanForReview};
use super::{Ending, JudgedPlan, Preview, Start, held, resolved};
use crate::commands::fetch::Day;
use crate::commands::{Context, close_private_files, print};
use crate::exit::Exit;
use crate::report::json::SyncFacts;
use crate::report::{self, Asked};
use crate::roster::guard::Refusal;
use crate::roster::model::record::Record;
use crate::roster::plan::PlanDigest;
use crate::roster::voice::Told;
use crate::store::{Reader, Witnesses};

pub fn preview(context: &Context, asked: &Preview<'_>) -> anyhow::Result<Ending> {
    context.timings.start();
    let mut size = Size::default();
    let ended = steps(context, asked, &mut size);
    if let Err(error) = &ended {
        output::failed(context, asked.form, size, error);
    }
    context.timings.log();
    ended
}

fn steps(context: &Context, asked: &Preview<'_>, size: &mut Size) -> anyhow::Result<Ending> {
    asked.review.iter().try_for_each(|page| context.config.check_review(page))?;
    close_private_files(context)?;
    let path = &context.config.mirror;
    let witness = Witnesses::read(path, context.config.second_witness.as_deref())?;
    let reader = Reader::open(path)?;
    let mut loaded = reader.load()?;
    let mismatch = witness.mismatch(&loaded, &reader)?;
    *size = Size::of(&loaded.mirror.feed);
    context.timings.lap("loaded");
    let mut looked = Looked::at(context, &reader, &loaded, Tidy::No)?;
    let settlement = &resolved(context, &mut loaded, mismatch, looked.as_mut());
    let day = asked.day.map_or_else(|| Day::Today(context.today()), Day::Pretended);
    let subjects = asked.subject.map(|query| Subjects::new(&loaded.mirror, query));
    let observe = &|record: &Record| subjects.iter().for_each(|subjects| subjects.see(record));
    let (mirror, looked, new_columns) = (&loaded.mirror, looked.as_ref(), asked.new_columns);
    let start = Start { mirror, looked, settlement, mismatch, day, new_columns, approval: None, observe };
    super::judged(context, &reader, &start, |reader, judged| {
        if let Some(subjects) = &subjects {
            return subjects.explain(context, judged, asked.form);
        }
        if let (Err(refusal), Some(told), None) = (judged.verdict, judged.told_before, asked.day)
            && let Some(ending) = under_approval(context, reader, asked, &start, (refusal, told))?
        {
            return Ok(ending);
        }
        show(context, asked, judged, None)
    })
}

/// The plan that an approval of the one told last would carry out, where what came since passes by itself: whoever read that one
/// need not read another. It is made again, because such a run decides from what was approved. What only helps stops nothing.
fn under_approval(
    context: &Context,
    reader: &Reader,
    asked: &Preview<'_>,
    start: &Start<'_>,
    offered: (&Refusal, &PlanDigest),
) -> anyhow::Result<Option<Ending>> {
    let start = Start { approval: Some(offered.1), ..*start };
    let mut shown = None;
    let tried = super::judged(context, reader, &start, |_, judged| {
        shown = judged.verdict.is_ok().then(|| show(context, asked, judged, Some(offered)));
        Ok(())
    });
    if let Err(error) = tried {
        log::debug!("what an approval of plan {} would carry out cannot be found out: {error:#}", offered.1);
    }
    shown.transpose()
}

/// `offered` is what holds the plan without an approval, and the plan told before whose approval lets it pass.
fn show(
    context: &Context,
    asked: &Preview<'_>,
    judged: &JudgedPlan<'_>,
    offered: Option<(&Refusal, &PlanDigest)>,
) -> anyhow::Result<Ending> {
    let JudgedPlan { report, verdict, looked, .. } = *judged;
    let view = &report.view;
    if let Some(unseen) = looked.and_then(Looked::unseen) {
        log::warn!("{}", unseen.logged());
    }
    match asked.form {
        Form::Json => {}
        Form::Text | Form::Summary => print(&report::plan(report))?,
    }
    let refusal = offered.map(|(refusal, _)| refusal).or(verdict.as_ref().err());
    let told_before = offered.map(|(_, told)| told);
    let approve = told_before.unwrap_or(view.digest);
    let for_review = PlanForReview { context, judged, refusal, approve, approval: None };
    if let Some(path) = asked.review {
        let is_today = asked.day.is_none_or(|day| day == context.today());
        let day = if is_today { report::page::Day::Today } else { report::page::Day::Pretended };
        review::preview(&for_review, path, day)?;
    }
    let asked_as = match asked.day {
        Some(_) => Asked::PretendedDay,
        None => Asked::Preview { told_before },
    };
    let failure = refusal.map(|refusal| held::failure(context, view, refusal, &asked_as));
    let exit = match &failure {
        Some(failure) => failure.exit,
        None if view.proposal.plan.is_empty() => Exit::InStep,
        None => {
            // What goes out is proven before it is said that it would pass.
            looked.map(|looked| looked.upload(view, super::Resend::WhenDue, context.now)).transpose()?;
            asked.when_differs
        }
    };
    let size = Size::of(&view.evidence.mirror.feed);
    let failed = failure.as_ref();
    output::document(
        asked.form,
        &SyncFacts { plan: Some(report), notes: view.notes, refusal, told_before, failure: failed, ..size.facts(exit) },
    )?;
    Ok(match failure.zip(refusal) {
        Some((failure, refusal)) => held::ending(failure, refusal),
        None => Ending::Done(exit),
    })
}
