//! `connect`: prove a credential, show what it may read, store it, and run the first sync.
//!
//! Nothing is stored before the credential is proven. A credential that sees other people than the mirror has is refused: with
//! it the next sync would replace everybody.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::Context as _;

use super::sync::{self, Apply, Ending, Form};
use super::{Context, adopt, close_private_files, mails, print, tell_done};
use crate::cli;
use crate::config::{Delivery, credential};
use crate::delivery::{self, Existing, ExistingFile, Replacement, Verification};
use crate::exit::{Exit, Failure};
use crate::history::NewColumns;
use crate::personio::{Attributes, Client, FirstPage, Wanted};
use crate::report::connect::{self as report, Access};
use crate::roster::decide::notes::Note;
use crate::roster::plan::names::Names;
use crate::secret::{Credential, Secret};
use crate::store::{Reader, Store, witness_of};

pub fn run(context: &Context, arguments: &cli::Connect) -> anyhow::Result<Exit> {
    if arguments.forget {
        tell_done(print(&forget(context)?));
        return Ok(Exit::InStep);
    }
    if arguments.check_delivery {
        let Some(settings) = context.config.delivery.settings() else {
            return Err(Failure::new(Exit::Misconfigured, "no destination is configured: [delivery] to is missing")
                .hint("to = \"sftp://USER@datafeed.honestly.com/upload/employees.csv\"")
                .into());
        };
        print(&prove(settings)?)?;
        return Ok(Exit::InStep);
    }
    if arguments.check_notify {
        print(&mails::check(context)?)?;
        return Ok(Exit::InStep);
    }
    context.config.refuse_linked_credential()?;
    close_private_files(context)?;
    let connected = connect(context, arguments);
    if let Err(Failure { message, .. }) = give_to_the_service(&context.config.mirror) {
        log::warn!("{message}; the service cannot go on with it before that is done");
    }
    connected
}

fn connect(context: &Context, arguments: &cli::Connect) -> anyhow::Result<Exit> {
    let credential = given(context, arguments)?;
    let client = context.client(credential.clone())?;
    client.sign_in()?;
    let access = access(&client)?;
    let missing = access.missing();
    // The mapping may name labels that are not released, so say first what is required.
    if !missing.is_empty() {
        print(&report::required_only(&access))?;
        return Err(report::not_released(&missing).into());
    }
    // Nobody can correct a mistake in the mapping without seeing what there is.
    let names = remembered(context, arguments)?.without_columns();
    let policy = match context.config.policy(&access.readable, &names) {
        Ok(policy) => policy,
        Err(failure) => {
            print(&report::unmapped(&access))?;
            return Err(failure.into());
        }
    };
    print(&report::access(&access, &policy))?;
    for warning in report::warnings(&access) {
        log::warn!("{warning}");
    }
    refuse_another_company(context, arguments, &client)?;
    store(context, arguments, &credential)?;
    tell_done(print(&format!("Credential stored in {}.\n", context.config.personio.credentials.display())));
    match &context.config.delivery {
        Delivery::NotSet => tell_done(print(&format!("Note: {}.\n", Note::NothingDelivered))),
        Delivery::MirrorOnly => {}
        Delivery::To { settings, .. } => tell_done(print(&prove(settings)?)),
    }
    if let Some(file) = &arguments.adopt {
        adopt::run(context, &client, &credential, file)?;
    }
    if arguments.no_sync {
        return Ok(Exit::InStep);
    }
    first_sync(context)
}

/// What names stood for. Empty where another company takes the mirror's place.
fn remembered(context: &Context, arguments: &cli::Connect) -> Result<Names, Failure> {
    match Reader::existing(&context.config.mirror)? {
        Some(store) if !arguments.replace => Ok(store.load()?.mirror.names),
        Some(_) | None => Ok(Names::default()),
    }
}

/// The credential from the command line, standard input, the environment or a prompt.
fn given(context: &Context, arguments: &cli::Connect) -> Result<Credential, Failure> {
    if !arguments.strays.is_empty() {
        return Err(Failure::new(Exit::Usage, "a word too many on the command line")
            .hint("honestly-sync connect --client-id ID --secret - reads the secret from standard input"));
    }
    let Some(client_id) = arguments.client_id.clone().or_else(|| context.config.environment.client_id.clone()) else {
        return Err(Failure::new(Exit::Usage, "no client id").hint(
            "honestly-sync connect --client-id ID --secret -; both are shown once when the credential is created",
        ));
    };
    let secret = match (arguments.secret.as_deref(), &context.config.environment.secret) {
        // On a terminal, everybody could read the secret as it is typed.
        (Some("-"), _) if !std::io::stdin().is_terminal() => from_standard_input()?,
        (Some("-" | ""), _) | (None, None) => from_prompt()?,
        (None, Some(secret)) => secret.clone(),
        (Some(value), _) => {
            log::warn!(
                "a secret on the command line can be seen by other users of this machine: --secret - reads it from standard input"
            );
            Secret::new(value)
        }
    };
    let (client_id, secret) = (client_id.trim().to_owned(), Secret::new(secret.reveal().trim()));
    for (text, name) in [(client_id.as_str(), "client id"), (secret.reveal(), "secret")] {
        if text.is_empty() {
            return Err(Failure::new(Exit::Usage, format!("the {name} is empty")));
        }
    }
    Ok(Credential { client_id, client_secret: secret })
}

const LONGEST_LINE: usize = 4096;

fn from_standard_input() -> Result<Secret, Failure> {
    // Large enough not to move while it is filled: a buffer that moved could not be wiped.
    let mut line = zeroize::Zeroizing::new(String::with_capacity(LONGEST_LINE));
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failure::new(Exit::Usage, format!("cannot read the secret from standard input: {error}")))?;
    Ok(Secret::new(line.trim()))
}

fn from_prompt() -> Result<Secret, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(Exit::Usage, "no secret, and no terminal to ask for it")
            .hint("honestly-sync connect --client-id ID --secret - reads it from standard input"));
    }
    rpassword::prompt_password("Secret (not shown): ")
        .map(Secret::new)
        .map_err(|error| Failure::new(Exit::Usage, format!("cannot read the secret from the terminal: {error}")))
}

/// Removes the stored credential, and says what is left of the connection.
fn forget(context: &Context) -> Result<String, Failure> {
    let path = &context.config.personio.credentials;
    let mut told = match credential::forget(path)? {
        true => format!("The credential {} is removed.\n", path.display()),
        false => format!("No credential is stored in {}.\n", path.display()),
    };
    if context.config.mirror.exists() {
        told += &format!("The mirror {} stays, with the people it knows.\n", context.config.mirror.display());
    }
    for place in context.config.other_credentials() {
        told += &format!("Another one comes from {place}: sync still uses it.\n");
    }
    Ok(
        told + "Personio still accepts what was only forgotten here; delete it there under Marketplace > Connected integrations.\n"
    )
}

/// The service must be able to read what root makes in its folder: the mirror and its witness get their folder's owner.
fn give_to_the_service(mirror: &Path) -> Result<(), Failure> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let given = || -> std::io::Result<()> {
        let Some(folder) = mirror.parent() else { return Ok(()) };
        for path in [mirror, &witness_of(mirror)] {
            let (file, folder) = match (std::fs::symlink_metadata(path), std::fs::metadata(folder)) {
                (Err(error), _) | (_, Err(error)) if error.kind() == std::io::ErrorKind::NotFound => continue,
                (file, folder) => (file?, folder?),
            };
            if file.uid() == 0 && folder.uid() != 0 {
                std::os::unix::fs::lchown(path, Some(folder.uid()), Some(folder.gid()))?;
            }
        }
        Ok(())
    };
    given().map_err(|error| {
        let what = format!("cannot give the mirror {} to the owner of its folder: {error}", mirror.display());
        Failure::new(Exit::Misconfigured, what)
    })
}

/// Rehearses a delivery, and reports what stands there and how a delivery works there.
fn prove(settings: &delivery::Settings) -> Result<String, Failure> {
    let delivery::Rehearsal { existing, verification, replacement, warnings } = delivery::rehearse(settings)?;
    for warning in warnings {
        log::warn!("{warning}");
    }
    if let Some(name) = settings.target.file_name().filter(|name| *name != "employees.csv") {
        log::warn!("Honestly imports employees.csv and nothing else; [delivery] to ends in {name}");
    }
    let existing = match existing {
        Existing::Nothing => "no file there yet".to_owned(),
        Existing::File(ExistingFile { size, .. }) => format!("a file of {size} bytes is there"),
        Existing::Unknown => "it does not tell whether a file is there".to_owned(),
    };
    let reading = match verification {
        Verification::ReadBack => "what is written can be read back",
        Verification::Refused => "nothing can be read back, so deliveries cannot be verified",
    };
    let replacing = match replacement {
        Replacement::Atomic => "files are replaced in one step",
        Replacement::MovedAside => "the old file is moved aside before the new one takes its place",
        Replacement::InPlace => "files are written under their real name, where an upload that is cut leaves a part",
    };
    Ok(format!("Destination {} works: {existing}; {reading}; {replacing}.\n", settings.target))
}

/// What the credential may read.
fn access(client: &Client) -> Result<Access, Failure> {
    let attributes = client.attributes()?;
    let FirstPage { total, people, readable } = client.first_page()?;
    match attributes {
        Attributes::Listed(readable) => Ok(Access { readable, people: total }),
        Attributes::Refused => {
            log::warn!(
                "this credential may not list attributes: the {people} people of the first page tell what is readable"
            );
            Ok(Access { readable, people: total })
        }
    }
}

/// A credential that sees none of the people in the mirror belongs to another company.
fn refuse_another_company(context: &Context, arguments: &cli::Connect, client: &Client) -> Result<(), Failure> {
    let Some(store) = Reader::existing(&context.config.mirror)? else { return Ok(()) };
    let mirror = store.load()?.mirror;
    if mirror.feed.people.employees().is_empty() || arguments.replace {
        return Ok(());
    }
    let listing = client.list(&Wanted::new([]), |_| ())?;
    if listing.ids().any(|id| mirror.feed.people.employee(id).is_some()) {
        return Ok(());
    }
    let what = format!(
        "this credential sees none of the {} people in the mirror {}: it belongs to another company; nothing was stored",
        mirror.feed.people.employees().len(),
        context.config.mirror.display()
    );
    Err(Failure::new(Exit::Rejected, what).hint(
        "set [mirror] path to a new file for another company, or add --replace to replace everybody after approval",
    ))
}

/// Writes the file first: a mirror that does not know the new credential yet refuses to sync with it.
fn store(context: &Context, arguments: &cli::Connect, proven: &Credential) -> Result<(), Failure> {
    credential::write(&context.config.personio.credentials, proven)?;
    match Reader::existing(&context.config.mirror)? {
        None => Ok(()),
        Some(_) => {
            let mut store = Store::open(&context.config.mirror)?;
            if arguments.replace {
                // Keys and ids belong to another company.
                store.forget_names()?;
            }
            store.set_account(&proven.fingerprint())
        }
    }
}

/// Connected means synced, as the article promises. A held first sync may be approved here.
fn first_sync(context: &Context) -> anyhow::Result<Exit> {
    // `*` is what may be read now.
    let usual = Apply { new_columns: NewColumns::TakenIn, form: Form::Summary, ..Apply::USUAL };
    match sync::apply(context, &usual)? {
        Ending::Done(exit) => Ok(exit),
        Ending::Held(failure, digest) => {
            if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
                return Err(failure.into());
            }
            let review = failure.hints.first().map(String::as_str).unwrap_or_default();
            let question = format!("{failure}\n\nAnswer n to {review}\nApply exactly this plan? [y/N] ");
            let answer = ask(&question).context("cannot ask on the terminal")?;
            if !answer.trim().eq_ignore_ascii_case("y") {
                let unapplied =
                    Failure::new(Exit::Held, format!("plan {digest} stays held, and nothing of it was written"));
                return Err(Failure { hints: failure.hints, ..unapplied }.into());
            }
            match sync::apply(context, &Apply { approval: Some(&digest), ..usual })? {
                Ending::Done(exit) => Ok(exit),
                Ending::Held(failure, _) => Err(failure.into()),
            }
        }
    }
}

fn ask(question: &str) -> std::io::Result<String> {
    let mut terminal = std::io::stderr().lock();
    terminal.write_all(question.as_bytes())?;
    terminal.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer)
}
