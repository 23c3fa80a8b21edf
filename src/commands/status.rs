//! `status`: how it stands. Only looks, also while a sync is at work.

use super::{Context, print, print_json};
use crate::cli;
use crate::exit::{Exit, Failure, Health};
use crate::report::check::{self, CheckView, Limits};
use crate::report::json;
use crate::report::status::{self, CredentialState, Files, StatusView};
use crate::store::Store;

/// The exit code: of a monitoring plugin where one was asked for, else the usual one.
pub fn run(context: &Context, arguments: &cli::Status) -> anyhow::Result<u8> {
    if arguments.check {
        return checked(context, arguments).map(Health::code);
    }
    let told = tell(context, arguments);
    if arguments.json
        && let Err(error) = &told
    {
        print_json(&json::failed_status(&Failure::of(error)))?;
    }
    told.map(|()| Exit::InStep.code())
}

fn tell(context: &Context, arguments: &cli::Status) -> anyhow::Result<()> {
    let config = &context.config;
    let standing = Store::read(&config.mirror)?.map(|store| store.standing()).transpose()?;
    // Whether the credential is any good is for connect and sync to say.
    let credential = match config.credential() {
        Ok(None) => CredentialState::Missing,
        Ok(Some(_)) | Err(_) => CredentialState::Stored,
    };
    let view = StatusView {
        now: context.now,
        timezone: config.timezone,
        standing: standing.as_ref(),
        credential,
        files: Files {
            configuration: config.file.as_deref(),
            credential: &config.personio.credentials,
            mirror: &config.mirror,
        },
    };
    if arguments.json { print_json(&json::status(&view)) } else { print(&status::text(&view)) }
}

/// One line on standard output in any case: monitoring systems read nothing else.
fn checked(context: &Context, arguments: &cli::Status) -> anyhow::Result<Health> {
    let limits = Limits { warn: arguments.warn, crit: arguments.crit };
    let looked = || {
        if limits.warn > limits.crit {
            return Err(Failure::new(Exit::Usage, "--warn must not be more than --crit"));
        }
        Store::read(&context.config.mirror)?.map(|store| store.standing()).transpose()
    };
    let (health, line) = match looked() {
        Err(failure) => check::failed(&failure),
        Ok(standing) => {
            let destination = context.config.delivery.as_ref().map(|delivery| delivery.to.to_string());
            check::check(&CheckView {
                now: context.now,
                standing: standing.as_ref(),
                destination: destination.as_deref(),
                limits,
            })
        }
    };
    print(&line)?;
    Ok(health)
}
