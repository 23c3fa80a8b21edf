//! The imperative shell: each command reads the world, asks the core, and acts.
//!
//! `roster` decides what a run changes; here are the order of the steps and the acts. A command takes a `Context`. It returns
//! the exit code of a run that came to an end, or an error with a `Failure` in its chain; `main` turns either into a message
//! and an exit code.

mod absences;
mod adopt;
pub mod check_config;
pub mod completions;
pub mod connect;
mod fetch;
mod invocation;
mod mails;
mod monitoring;
mod operator;
pub mod status;
pub mod sync;
mod timings;
mod waiting;

use std::io::{IsTerminal as _, Write as _};
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, Utc};

use crate::cli::{self, Command};
use crate::config::credential::PassedOver;
use crate::config::{Config, Delivery, Retention};
use crate::exit::{Exit, Failure, Health, is_command};
use crate::history::{Keep, Outlet};
use crate::personio::Client;
use crate::report::check;
use crate::report::json::{self, SyncFacts};
use crate::roster::decide::notes::Note;
use crate::roster::plan::mirror::Mirror;
use crate::roster::voice::Told;
use crate::secret::Credential;
use crate::terminal;
use timings::Timings;

pub use invocation::{Invocation, color};

/// What every command gets: the configuration, and the time that `main` read once.
#[derive(Debug)]
pub struct Context {
    pub config: Config,
    pub now: DateTime<Utc>,
    /// The moment of `now`, for later steps of the run.
    pub started: Instant,
    pub invocation: Invocation,
    timings: Timings,
}

impl Context {
    /// `started` is the moment of `now`.
    pub fn new(config: Config, now: DateTime<Utc>, started: Instant, invocation: Invocation) -> Self {
        Self { config, now, started, invocation, timings: Timings::default() }
    }

    /// The program as it was called, for commands that can be pasted.
    fn program(&self) -> &str {
        &self.invocation.program
    }

    /// Today in the company's time zone.
    pub fn today(&self) -> NaiveDate {
        self.config.timezone.local(self.now).date()
    }

    /// The current time, counted from the one reading of the clock.
    fn time(&self) -> DateTime<Utc> {
        chrono::TimeDelta::from_std(self.started.elapsed()).map_or(self.now, |elapsed| self.now + elapsed)
    }

    /// How far back values are kept.
    fn keep(&self) -> Keep {
        let Retention { history, departed } = self.config.retention;
        let departed_since = self.config.timezone.local(self.now - departed).date();
        Keep { history_since: self.now - history, departed_since }
    }

    /// The credential that `connect` stored or the environment has.
    fn required_credential(&self) -> Result<Credential, Failure> {
        self.config.credential()?.ok_or_else(|| {
            let path = self.config.personio.credentials.display();
            let failure = Failure::new(Exit::Misconfigured, format!("not connected: there is no credential {path}"))
                .hint("$0 connect --client-id ID --secret -");
            self.naming_credentials(failure)
        })
    }

    fn refuse_other_account(&self, mirror: &Mirror, credential: &Credential) -> Result<(), Failure> {
        let address = &self.config.personio.settings.base_url;
        match mirror.account.as_deref().and_then(|known| credential.difference(address, known)) {
            Some(another) => {
                let what = format!("the mirror {} belongs to {another}", self.config.mirror.display());
                let refusal = Failure::new(Exit::Misconfigured, what)
                    .hint("set [mirror] path to the mirror of this company")
                    .hint("or run $0 connect with the new credential or address of the same company");
                Err(self.naming_credentials(refusal))
            }
            None => Ok(()),
        }
    }

    /// As the mirror names it.
    fn account(&self, credential: &Credential) -> String {
        credential.account(&self.config.personio.settings.base_url)
    }

    /// Where the environment has half a credential. `connect` may take the other half from the command line.
    fn half_credential(&self) -> Option<Note> {
        let half = |set: &str, missing: &str| Some(Note::HalfCredential { set: set.into(), missing: missing.into() });
        let [id, secret] = ["HONESTLY_SYNC_CLIENT_ID", "HONESTLY_SYNC_SECRET"];
        match (&self.config.environment.client_id, &self.config.environment.secret) {
            (Some(_), None) => half(id, secret),
            (None, Some(_)) => half(secret, id),
            (Some(_), Some(_)) | (None, None) => None,
        }
    }

    /// Where the credential is not the only one.
    fn passed_over(&self) -> Option<Note> {
        let PassedOver { place, used } = self.config.passed_over()?;
        Some(Note::CredentialPassedOver { place, used })
    }

    /// Where the feed goes.
    fn outlet(&self) -> Outlet {
        match &self.config.delivery {
            Delivery::To { settings, .. } => Outlet::Destination(settings.target.to_string()),
            Delivery::MirrorOnly => Outlet::MirrorOnly,
            Delivery::NotSet => Outlet::NotSet,
        }
    }

    /// Whoever renewed a credential that is passed over learns it from the refusal of the other one.
    fn naming_credentials(&self, failure: Failure) -> Failure {
        match (failure.exit, self.passed_over().or_else(|| self.half_credential())) {
            (Exit::Rejected | Exit::Misconfigured, Some(note)) => failure.hint(note.logged()),
            (_, _) => failure,
        }
    }

    fn client(&self, credential: Credential) -> Result<Client, Failure> {
        let Config { personio, timezone, .. } = &self.config;
        Client::new(&personio.settings, timezone.clone(), credential, waiting::bar())
    }
}

/// Results for people go to standard output through here.
pub fn print(text: &str) -> anyhow::Result<()> {
    print_as_it_is(&terminal::fitted(text, &std::io::stdout(), is_command))
}

/// Results for machines go to standard output through here. A reader who left (`status | head`) is no failure.
fn print_as_it_is(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| {
            Failure::new(Exit::Unavailable, format!("cannot write to standard output: {error}")).into()
        }),
    }
}

/// Closes mirror, witness and credential to everybody but their owner.
fn close_private_files(context: &Context) -> Result<(), Failure> {
    context.config.close_private_files()?.iter().for_each(|closed| log::warn!("{closed}"));
    Ok(())
}

/// Says on standard output what is already done. If that fails, what was done is still no failure.
fn tell_done(told: anyhow::Result<()>) {
    if let Err(error) = told {
        log::warn!("{error:#}; what was to be said there is done all the same");
    }
}

/// Tells others how a run ended. A bug in that is no failure of the run: the run has committed by then.
fn telling<T>(tell: impl FnOnce() -> T) -> Option<T> {
    match std::panic::catch_unwind(AssertUnwindSafe(tell)) {
        Ok(told) => Some(told),
        Err(_) => {
            log::warn!("because of a bug not everybody was told of this run; please report the lines above");
            None
        }
    }
}

fn print_json(document: &impl serde::Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(document).context("cannot write the JSON document")?;
    print_as_it_is(&(text + "\n"))
}

/// A failure before the command could begin. Machines that asked for a document get one.
pub fn not_begun(command: &Command, failure: Failure) -> anyhow::Error {
    let told = match command {
        Command::Sync(cli::Sync { json: true, .. }) => {
            let exit_code = failure.exit.code();
            print_json(&json::sync(&SyncFacts { exit_code, failure: Some(&failure), ..SyncFacts::default() }))
        }
        Command::Status(cli::Status { check: true, .. }) => print_as_it_is(&check::failed(&failure).1),
        Command::Status(cli::Status { json: true, .. }) => print_json(&json::status(Err(&failure))),
        Command::Connect(_)
        | Command::Sync(_)
        | Command::Status(_)
        | Command::CheckConfig
        | Command::Completions(_) => Ok(()),
    };
    if let Err(second) = told {
        log::error!("{second:#}");
    }
    failure.into()
}

/// The exit code of a command that failed. A monitoring system learns that the state is unknown, not that it is serious.
pub fn code_of(command: &Command, failure: &Failure) -> u8 {
    match command {
        Command::Status(cli::Status { check: true, .. }) => Health::Unknown.code(),
        Command::Connect(_)
        | Command::Sync(_)
        | Command::Status(_)
        | Command::CheckConfig
        | Command::Completions(_) => failure.exit.code(),
    }
}

/// Whether a person is there to read what the mail of a cron job does not need.
fn somebody_watches() -> bool {
    std::io::stdout().is_terminal()
}
