//! `status`: how it stands. Only looks, also while a sync is at work.

use super::{Context, print, print_json};
use crate::cli;
use crate::exit::{Exit, Failure};
use crate::report::json;
use crate::report::status::{self, CredentialState, Files, StatusView};
use crate::store::Store;

pub fn run(context: &Context, arguments: &cli::Status) -> anyhow::Result<Exit> {
    let told = tell(context, arguments);
    if arguments.json
        && let Err(error) = &told
    {
        print_json(&json::failed_status(&Failure::of(error)))?;
    }
    told.map(|()| Exit::InStep)
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
