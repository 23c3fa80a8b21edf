//! The command line: the clap definitions and nothing else. The man page and the completions are made from them.

use std::path::PathBuf;

use chrono::{NaiveDate, TimeDelta};
use clap::{ArgGroup, Args, ColorChoice, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::age;
use crate::exit::Exit;
use crate::roster::plan::PlanDigest;
use crate::roster::policy::Query;
use crate::visible::short_name;

/// Keeps the employees and groups of an Honestly account in step with Personio
#[derive(Debug, Parser)]
#[command(name = "honestly-sync", version, max_term_width = 100, after_help = exit_codes(), subcommand_required = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,

    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "With every command")]
pub struct Common {
    /// The configuration; else $HONESTLY_SYNC_CONFIG, else the user's config folder, else
    /// /etc/honestly-sync/config.toml. Without any, every key has its default
    #[arg(long, global = true, value_name = "PATH")]
    pub config: Option<PathBuf>,

    /// Say more on standard error; twice for every request
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,

    /// Say nothing but errors on standard error
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// How messages are written to standard error; without it, journald gets priorities and everybody else text
    #[arg(long, global = true, value_name = "FORMAT", value_enum)]
    pub log_format: Option<LogFormat>,

    /// Colour in messages and plans: auto only on a terminal, and never where $NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value = "auto")]
    pub color: ColorChoice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Sentences
    Text,
    /// A JSON object a line
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Verify a Personio credential, show what it may read, store it, and run the first sync
    Connect(Connect),
    /// Bring the mirror in step with Personio
    Sync(Sync),
    /// Tell how it stands: last run, last success, what changed, open notes
    Status(Status),
    /// Check the configuration without asking anybody, and show every key that differs from its default
    CheckConfig,
    /// Print the completions of a shell, for it to load
    Completions(Completions),
}

#[derive(Debug, Args)]
pub struct Completions {
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// One run of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichRun {
    Latest,
    Id(i64),
}

#[derive(Debug, Args)]
pub struct Connect {
    /// The client id that Personio shows under Marketplace > Connected integrations (once Settings > Integrations); else
    /// $HONESTLY_SYNC_CLIENT_ID
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,

    /// The secret that belongs to it: `-` reads it from standard input, and asks on a terminal without showing it;
    /// else $HONESTLY_SYNC_SECRET. Given here as a value, other users of this machine can see it
    #[arg(long, value_name = "SECRET", num_args = 0..=1, default_missing_value = "")]
    pub secret: Option<String>,

    // clap would repeat a superfluous word, and that word may be the secret.
    #[arg(hide = true)]
    pub strays: Vec<String>,

    /// Accept a credential that sees other people than the mirror has, or fewer, or less of them
    #[arg(long)]
    pub replace: bool,

    /// Stop after the credential is stored
    #[arg(long)]
    pub no_sync: bool,

    /// Start from the people who are in Honestly already: a file in the feed's format, as exported or as sent before
    #[arg(long, value_name = "FILE")]
    pub adopt: Option<PathBuf>,

    /// Only prove the destination of the feed: sign in, list, write, read and remove a probe
    #[arg(long, conflicts_with_all = ["client_id", "secret", "replace", "no_sync", "adopt"])]
    pub check_delivery: bool,

    /// Only send a test mail to everybody who is told of held plans and failed runs
    #[arg(long, conflicts_with_all = ["client_id", "secret", "replace", "no_sync", "adopt", "check_delivery"])]
    pub check_notify: bool,

    /// Remove the stored credential. The mirror stays
    #[arg(long, conflicts_with_all = ["client_id", "secret", "replace", "no_sync", "adopt", "check_delivery", "check_notify"])]
    pub forget: bool,
}

// What is new must be shown before it is taken in.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("reviewed").args(["dry_run", "approve"]).multiple(true))]
pub struct Sync {
    /// Print the plan and write nothing anywhere
    #[arg(long)]
    pub dry_run: bool,

    /// Preview another day, such as 2026-12-01
    #[arg(long, value_name = "DATE", value_parser = parse_day, requires = "dry_run")]
    pub as_of: Option<NaiveDate>,

    /// Instead of the plan, explain step by step why this person is in or out: Personio's id, an e-mail
    /// address or a part of a name; or list a group, such as "Department: Legal"
    #[arg(long, value_name = "WHO", value_parser = parse_query, requires = "dry_run", conflicts_with = "exit_code")]
    pub explain: Option<Query>,

    /// Show all of a plan, also on a terminal
    #[arg(long, requires = "dry_run", conflicts_with = "json")]
    pub full: bool,

    /// Also write the plan to this file, as a page on which a person reviews it in a browser
    #[arg(long, value_name = "FILE", value_parser = parse_page, requires = "dry_run", conflicts_with = "explain")]
    pub review: Option<PathBuf>,

    /// End a dry run with exit code 10 when the plan is not empty
    #[arg(long, requires = "dry_run")]
    pub exit_code: bool,

    /// Apply the held plan with exactly this digest
    #[arg(long, value_name = "DIGEST", value_parser = parse_digest, conflicts_with = "dry_run")]
    pub approve: Option<PlanDigest>,

    /// Who decided to apply it, for the run log and whoever reads it; without this the user behind sudo, else the user
    #[arg(long, value_name = "NAME", value_parser = short_name, requires = "approve")]
    pub by: Option<String>,

    /// Deliver the feed again although nothing in it has changed
    #[arg(long, conflicts_with = "dry_run")]
    pub redeliver: bool,

    /// Take in what is new at Personio since `*` in [groups] was resolved: attributes that appeared, and labels that changed
    /// and are headers. Without it they are only noted
    #[arg(long, requires = "reviewed")]
    pub new_columns: bool,

    /// Print one JSON document for machines
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Status {
    /// One line and an exit code for a monitoring system, in the format of Nagios plugins: 0 all is well, 1 somebody should
    /// look, 2 it is serious, 3 unknown
    #[arg(long, conflicts_with = "json")]
    pub check: bool,

    /// With --check: how old the last success may be before somebody should look, such as 90m, 14h or 2d
    #[arg(long, value_name = "AGE", value_parser = parse_age, default_value = "14h", requires = "check")]
    pub warn: TimeDelta,

    /// With --check: how old the last success may be before it is serious
    #[arg(long, value_name = "AGE", value_parser = parse_age, default_value = "26h", requires = "check")]
    pub crit: TimeDelta,

    /// The run log, newest first, one line a run
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "20", conflicts_with_all = ["check", "run", "employee"])]
    pub runs: Option<u32>,

    /// Every change of one run, field by field, and who approved it: its number, or `latest`
    #[arg(long, value_name = "RUN", value_parser = parse_run, conflicts_with_all = ["check", "employee"])]
    pub run: Option<WhichRun>,

    /// Everything that ever happened to one person: Personio's id, or an e-mail address or a part of a name that the mirror
    /// or its journal still knows
    #[arg(long, value_name = "WHO", value_parser = parse_query, conflicts_with = "check")]
    pub employee: Option<Query>,

    /// Show everything, also on a terminal
    #[arg(long, conflicts_with_all = ["check", "json"])]
    pub full: bool,

    /// Print one JSON document for machines
    #[arg(long)]
    pub json: bool,
}

/// One letter would match half the company.
fn parse_query(text: &str) -> Result<Query, &'static str> {
    match Query::parse(text) {
        Query::Name(name) if name.chars().count() < 2 => {
            Err("expected Personio's id, an e-mail address or a part of a name")
        }
        query @ (Query::Who(_) | Query::Name(_)) => Ok(query),
    }
}

fn parse_run(text: &str) -> Result<WhichRun, &'static str> {
    match text.parse() {
        Ok(id) => Ok(WhichRun::Id(id)),
        Err(_) if text == "latest" => Ok(WhichRun::Latest),
        Err(_) => Err("expected the number of a run, as status --runs shows it, or \"latest\""),
    }
}

/// A page is a file with a CSV beside it, and so not standard output.
fn parse_page(text: &str) -> Result<PathBuf, &'static str> {
    match text {
        "" | "-" => Err("expected a file, such as plan.html: a page has a CSV file beside it"),
        path => Ok(path.into()),
    }
}

fn parse_day(text: &str) -> Result<NaiveDate, &'static str> {
    text.parse().map_err(|_| "a day is written as 2026-12-01")
}

fn parse_age(text: &str) -> Result<TimeDelta, &'static str> {
    age::parse(text).ok_or("an age is a number and a unit: 90m, 14h or 2d")
}

fn parse_digest(text: &str) -> Result<PlanDigest, &'static str> {
    PlanDigest::parse(text).ok_or("a digest is twelve hexadecimal characters")
}

fn exit_codes() -> String {
    let line = |exit: Exit| {
        let (meaning, what_to_do) = exit.told();
        format!("\n  {:>2}  {meaning}: {what_to_do}", exit.code())
    };
    format!("Exit codes:{}", Exit::ALL.map(line).concat())
}
