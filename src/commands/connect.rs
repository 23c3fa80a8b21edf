//! `connect`: prove a credential, show what it may read, store it, and run the first sync.
//!
//! Nothing is stored before the credential is proven. One that sees other people than the mirror has, or fewer, or less of them, is
//! refused: a good one would be lost for it.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::os::unix::fs::MetadataExt as _;

use anyhow::Context as _;

use super::sync::destination::flaw;
use super::sync::{self, Apply, Ending, Form, Offer};
use super::{Context, adopt, close_private_files, mails, print, tell_done};
use crate::cli;
use crate::config::{Config, Delivery, credential};
use crate::delivery::{self, Existing, ExistingFile, Replacement, Verification};
use crate::exit::{Exit, Failure};
use crate::history::NewColumns;
use crate::personio::{Attributes, Client, FirstPage, Wanted};
use crate::report::connect::{self as report, Access, Sight};
use crate::roster::decide::notes::Note;
use crate::roster::plan::names::Names;
use crate::roster::policy::attribute::Attribute;
use crate::roster::voice::Told;
use crate::secret::{Credential, Secret};
use crate::store::{Patience, Reader, RunLock, Store, beside};
use crate::terminal::ask_hidden;

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
        print(&prove(context, settings)?)?;
        return Ok(Exit::InStep);
    }
    if arguments.check_notify {
        print(&mails::check(context)?)?;
        return Ok(Exit::InStep);
    }
    context.config.refuse_linked_credential()?;
    close_private_files(context)?;
    let connected = connect(context, arguments);
    if let Err(Failure { message, .. }) = give_to_the_service(&context.config) {
        log::warn!("{message}; the service cannot go on with it before that is done");
    }
    connected
}

fn connect(context: &Context, arguments: &cli::Connect) -> anyhow::Result<Exit> {
    credential::refuse_unwritable(&context.config.personio.credentials)?;
    let credential = given(context, arguments)?;
    refuse_unused(context, &credential)?;
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
    let names = remembered(context, arguments, &context.account(&credential))?.without_columns();
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
    keep(context, arguments, &client, &credential, &access.readable)?;
    if arguments.no_sync {
        return Ok(Exit::InStep);
    }
    first_sync(context)
}

/// Everything that `connect` itself writes. No run is at work meanwhile: what that one read is of the account before.
fn keep(
    context: &Context,
    arguments: &cli::Connect,
    client: &Client,
    credential: &Credential,
    readable: &[Attribute],
) -> anyhow::Result<()> {
    let _lock = RunLock::take(&context.config.mirror, Patience::StepAside, || ())?;
    refuse_less(context, arguments, client, credential, readable)?;
    store(context, arguments, credential)?;
    if let Some(note) = context.passed_over() {
        log::warn!("{}", note.logged());
    }
    match &context.config.delivery {
        Delivery::NotSet => tell_done(print(&format!("Note: {}.\n", Note::NothingDelivered.logged()))),
        Delivery::MirrorOnly => {}
        Delivery::To { settings, .. } => tell_done(print(&prove(context, settings)?)),
    }
    match &arguments.adopt {
        Some(file) => adopt::run(context, client, credential, file),
        None => Ok(()),
    }
}

/// What names stood for. Empty where another company takes the mirror's place.
fn remembered(context: &Context, arguments: &cli::Connect, account: &str) -> Result<Names, Failure> {
    let Some(store) = Reader::existing(&context.config.mirror)? else { return Ok(Names::default()) };
    let mirror = store.load()?.mirror;
    let is_another = arguments.replace && mirror.account.as_deref() != Some(account);
    Ok(if is_another { Names::default() } else { mirror.names })
}

/// The credential from the command line, standard input, the environment or a prompt; where none is given, the one in use: Personio
/// shows a secret only once.
fn given(context: &Context, arguments: &cli::Connect) -> Result<Credential, Failure> {
    if !arguments.strays.is_empty() {
        return Err(Failure::new(Exit::Usage, "a word too many on the command line")
            .hint("$0 connect --client-id ID --secret - reads the secret from standard input"));
    }
    let environment = &context.config.environment;
    let Some(client_id) = arguments.client_id.clone().or_else(|| environment.client_id.clone()) else {
        if arguments.secret.is_none()
            && environment.secret.is_none()
            && let Some(credential) = context.config.credential()?
        {
            return Ok(credential);
        }
        return Err(Failure::new(Exit::Usage, "no client id")
            .hint("$0 connect --client-id ID --secret -; both are shown once when the credential is created"));
    };
    let secret = match (arguments.secret.as_deref(), &environment.secret) {
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
        if text.contains(char::is_control) {
            return Err(Failure::new(Exit::Usage, format!("the {name} holds a control character")));
        }
    }
    Ok(Credential { client_id, client_secret: secret })
}

/// A stored credential is not used where the environment has one.
fn refuse_unused(context: &Context, credential: &Credential) -> Result<(), Failure> {
    match context.config.environment.credential() {
        Some(other) if other != *credential => {
            let what =
                "the environment has another credential, which is used instead of a stored one; nothing was stored";
            Err(Failure::new(Exit::Misconfigured, what)
                .hint("unset HONESTLY_SYNC_CLIENT_ID and HONESTLY_SYNC_SECRET, or set them to this credential"))
        }
        Some(_) | None => Ok(()),
    }
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
            .hint("$0 connect --client-id ID --secret - reads it from standard input"));
    }
    ask_hidden("Secret (not shown): ")
        .map(|line| Secret::new(line.as_str()))
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

/// The service must be able to use what root makes in its folder: the mirror and what stands beside it get their folder's owner.
fn give_to_the_service(config: &Config) -> Result<(), Failure> {
    let Config { mirror, second_witness, .. } = config;
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let given = || -> std::io::Result<()> {
        let Some(folder) = mirror.parent() else { return Ok(()) };
        let companions = beside::COMPANIONS.iter().map(|(_, ending)| beside::beside(mirror, ending));
        for path in companions.chain(second_witness.clone()).chain([mirror.clone()]) {
            let (file, folder) = match (std::fs::symlink_metadata(&path), std::fs::metadata(folder)) {
                (Err(error), _) | (_, Err(error)) if error.kind() == std::io::ErrorKind::NotFound => continue,
                (file, folder) => (file?, folder?),
            };
            if file.uid() == 0 && folder.uid() != 0 {
                std::os::unix::fs::lchown(&path, Some(folder.uid()), Some(folder.gid()))?;
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
fn prove(context: &Context, settings: &delivery::Settings) -> Result<String, Failure> {
    let url = settings.target.to_string();
    let last = Reader::existing(&context.config.mirror)?.map(|reader| reader.delivery(&url)).transpose()?.flatten();
    if let Some(mount) = last.as_ref().and_then(|last| last.mount.as_deref()) {
        delivery::check_mount(settings, mount)?;
    }
    let delivery::Rehearsal { existing, verification, replacement, warnings } = delivery::rehearse(settings)?;
    for warning in warnings {
        log::warn!("{}", flaw(warning).logged());
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
        Attributes::NotListed(reply) => {
            log::warn!(
                "asked for its list of attributes, Personio {}: the {people} people of the first page tell what is readable",
                reply.logged()
            );
            Ok(Access { readable, people: total })
        }
    }
}

/// A credential that sees less than the mirror has takes nobody's place: with it, the next runs would have gaps.
fn refuse_less(
    context: &Context,
    arguments: &cli::Connect,
    client: &Client,
    credential: &Credential,
    readable: &[Attribute],
) -> Result<(), Failure> {
    let Some(store) = Reader::existing(&context.config.mirror)? else { return Ok(()) };
    let mirror = store.load()?.mirror;
    if mirror.feed.people.employees().is_empty() || arguments.replace {
        return Ok(());
    }
    // What `*` took is missed as well.
    let policy = context.config.policy(readable, &mirror.names)?;
    let listing = client.list(&Wanted::new(policy.attributes()), |_| ())?;
    let seen = Sight { listed: listing.ids().collect(), readable: listing.readable(), asked_for: &policy.asked_for() };
    // The mirror's own sees what the next run sees, and the guard judges that.
    let is_its_own = mirror.account.as_ref() == Some(&context.account(credential));
    match report::less(&mirror, &seen, &context.config.mirror) {
        Some(refusal) if !is_its_own || refusal.exit != Exit::Held => Err(refusal),
        Some(_) | None => Ok(()),
    }
}

/// Writes the file first: a mirror that does not know the new credential yet refuses to sync with it. One that is handed over to
/// every run needs no copy, which would grow old.
fn store(context: &Context, arguments: &cli::Connect, proven: &Credential) -> Result<(), Failure> {
    if !matches!(context.config.credential_in_files(), Ok(Some(known)) if known == *proven) {
        let path = &context.config.personio.credentials;
        credential::write(path, proven)?;
        tell_done(print(&format!("Credential stored in {}.\n", path.display())));
    }
    match Reader::existing(&context.config.mirror)? {
        None => Ok(()),
        Some(_) => {
            let mut store = Store::open(&context.config.mirror)?;
            let account = context.account(proven);
            if arguments.replace {
                store.replace_company(&account)?;
            }
            store.set_account(&account)
        }
    }
}

/// Connected means synced, as the article promises. A held first sync may be approved here.
fn first_sync(context: &Context) -> anyhow::Result<Exit> {
    // `*` is what may be read now.
    let usual = Apply { new_columns: NewColumns::TakenIn, form: Form::Summary, ..Apply::USUAL };
    match sync::apply(context, &usual)? {
        Ending::Done(exit) => Ok(exit),
        Ending::Held(failure, digest, offer) => {
            let answers = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
            if offer == Offer::AnotherWay || !answers {
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
                Ending::Held(failure, ..) => Err(failure.into()),
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
