//! `status`: shows the state of things. Only reads, even while a sync runs.

use super::{Context, print, print_as_it_is, print_json};
use crate::cli::{self, WhichRun};
use crate::config::Config;
use crate::exit::{Exit, Failure, Health};
use crate::history::{Limits, RunId, RunLog, Surroundings};
use crate::report::status::{self, Files, Presence, StatusView};
use crate::report::{check, json, past};
use crate::roster::feed::Feed;
use crate::roster::guard::MirrorMismatch;
use crate::roster::plan::sizes::sizes;
use crate::roster::policy::Query;
use crate::store::{Reader, Witnesses};
use crate::terminal::Style;

/// The exit code of a monitoring plugin where one was asked for, else the usual one.
pub fn run(context: &Context, arguments: &cli::Status) -> anyhow::Result<u8> {
    if arguments.check {
        return checked(context, arguments).map(Health::code);
    }
    let printed = answer(context, arguments);
    if arguments.json
        && let Err(error) = &printed
    {
        print_json(&json::status(Err(&Failure::of(error).for_program(context.program()))))?;
    }
    printed.map(|()| Exit::InStep.code())
}

/// How to print an answer.
#[derive(Debug, Clone, Copy)]
enum Form {
    Text(Style),
    Json,
}

fn answer(context: &Context, arguments: &cli::Status) -> anyhow::Result<()> {
    let style = context.invocation.style;
    let form = if arguments.json { Form::Json } else { Form::Text(style) };
    if let Some(most) = arguments.runs {
        return print_runs(context, most, form);
    }
    if let Some(run) = arguments.run {
        return print_run(context, run, form);
    }
    if let Some(query) = &arguments.employee {
        return print_biographies(context, query, form);
    }
    let config = &context.config;
    let Looked { log, feed, mismatch } = look(context)?;
    // Only connect and sync can say whether the credential works.
    let credential = match config.credential() {
        Ok(None) => Presence::Missing,
        Ok(Some(_)) | Err(_) => Presence::There,
    };
    let outlet = context.outlet();
    let view = StatusView {
        surroundings: Surroundings { now: context.now, outlet: &outlet, mismatch, limits: Limits::USUAL },
        timezone: &config.timezone,
        log: &log,
        sizes: &sizes(&feed, config.review.smallest_group),
        credential,
        mirror: if config.mirror.exists() { Presence::There } else { Presence::Missing },
        files: Files {
            configuration: config.file.as_deref(),
            credential: &config.personio.credentials,
            mirror: &config.mirror,
        },
        program: context.program(),
        style,
    };
    match form {
        Form::Json => print_json(&json::status(Ok(&view))),
        Form::Text(_) => print(&status::text(&view)),
    }
}

/// What how things stand is judged by.
struct Looked {
    log: RunLog,
    feed: Feed,
    mismatch: Option<MirrorMismatch>,
}

/// Refuses a mirror that is damaged, as the next run would.
fn look(context: &Context) -> Result<Looked, Failure> {
    let Config { mirror, second_witness, .. } = &context.config;
    let witnesses = Witnesses::read(mirror, second_witness.as_deref())?;
    let store = Reader::open(mirror)?;
    let loaded = store.load()?;
    let mismatch = witnesses.mismatch(&loaded, &store)?;
    Ok(Looked { log: store.log()?, feed: loaded.mirror.feed, mismatch })
}

fn print_runs(context: &Context, most: u32, form: Form) -> anyhow::Result<()> {
    let runs = Reader::existing(&context.config.mirror)?.map(|store| store.runs(most)).transpose()?.unwrap_or_default();
    match form {
        Form::Json => print_json(&json::runs(&runs)),
        Form::Text(_) => print(&past::runs(&context.config.timezone, &runs)),
    }
}

fn print_run(context: &Context, run: WhichRun, form: Form) -> anyhow::Result<()> {
    let missing = |which: &str| {
        Failure::new(Exit::Usage, format!("the log has no run{which}")).hint("the runs there are: $0 status --runs")
    };
    let store = Reader::existing(&context.config.mirror)?.ok_or_else(|| missing(""))?;
    let id = match run {
        WhichRun::Id(id) => RunId(id),
        WhichRun::Latest => store.latest_run()?.ok_or_else(|| missing(""))?,
    };
    let record = store.record(id)?.ok_or_else(|| missing(&format!(" {id}")))?;
    match form {
        Form::Json => print_json(&json::run_record(&record)),
        Form::Text(style) => print(&past::run(&context.config.timezone, &record, style)),
    }
}

fn print_biographies(context: &Context, query: &Query, form: Form) -> anyhow::Result<()> {
    let store = Reader::existing(&context.config.mirror)?;
    let people = store.map(|store| store.biographies(query)).transpose()?.unwrap_or_default();
    if people.is_empty() {
        return Err(Failure::new(Exit::Usage, "neither the mirror nor its journal knows this person")
            .hint("what Personio says about somebody: $0 sync --dry-run --explain ID")
            .into());
    }
    match (form, query) {
        (Form::Json, _) => print_json(&json::biographies(&people)),
        (Form::Text(_), Query::Name(_)) if people.len() > 1 => print(&past::choice(context.program(), &people)),
        (Form::Text(style), _) => print(&past::biographies(&context.config.timezone, &people, style)),
    }
}

/// Prints one line on standard output in any case: monitoring systems read nothing else.
fn checked(context: &Context, arguments: &cli::Status) -> anyhow::Result<Health> {
    let limits = Limits { warn: arguments.warn, crit: arguments.crit };
    let looked = || {
        if limits.warn > limits.crit {
            return Err(Failure::new(Exit::Usage, "--warn must not be more than --crit"));
        }
        look(context)
    };
    let (health, line) = match looked() {
        Err(failure) => check::failed(&failure),
        Ok(Looked { log, feed: _, mismatch }) => {
            let outlet = context.outlet();
            check::check(&log, &Surroundings { now: context.now, outlet: &outlet, mismatch, limits })
        }
    };
    print_as_it_is(&line)?;
    Ok(health)
}
