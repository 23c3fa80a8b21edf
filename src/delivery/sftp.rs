//! An SFTP session from signing in to its end, however the work in it went.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::time::Duration;

use openssh_sftp_client::{Error as LibraryError, Sftp, SftpOptions};

use super::Settings;
use super::replies;
use super::session::{CHUNK, Carried, Error, Place, Session};
use super::ssh::{Pipes, Reason, Ssh, key_types};
use super::ssh_error::Stage;
use crate::exit::{Exit, Failure};
use crate::remote::{KeyType, SftpTarget};

const LIMITS: &str = "limits@openssh.com";

/// Signs in, does the work, and ends the connection in any case. Does so again without an extension that the server announced
/// and then refused.
pub(super) fn run<T>(
    settings: &Settings,
    target: &SftpTarget,
    carried: &Carried,
    work: impl AsyncFn(&Session<'_>) -> Result<T, Error>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Bug, format!("cannot start the delivery: {error}")))?;
    runtime.block_on(async {
        loop {
            let extension = match run_once(settings, target, carried, &work).await? {
                Outcome::Done(done) => return Ok(done),
                Outcome::Unusable(extension) => extension,
            };
            let mut hidden = carried.hidden.borrow_mut();
            if hidden.contains(&extension) {
                return Err(Failure::new(Exit::Bug, format!("{extension} is used although it is hidden")));
            }
            log::info!("{} announces {extension} and refuses it: again without it", target.host);
            hidden.push(extension);
        }
    })
}

enum Outcome<T> {
    Done(T),
    Unusable(&'static str),
}

async fn run_once<T>(
    settings: &Settings,
    target: &SftpTarget,
    carried: &Carried,
    work: impl AsyncFn(&Session<'_>) -> Result<T, Error>,
) -> Result<Outcome<T>, Failure> {
    let (sftp, ssh) = match sign_in(settings, target, carried).await? {
        Outcome::Done(signed_in) => signed_in,
        Outcome::Unusable(extension) => return Ok(Outcome::Unusable(extension)),
    };
    let names = settings.names(Path::new(&target.path));
    let session = Session {
        sftp: &sftp,
        timeout: settings.timeout,
        target,
        aside: RefCell::new(names.aside.clone()),
        names,
        carried,
        may_try: Cell::default(),
        begun: RefCell::default(),
        warnings: RefCell::default(),
    };
    let result = work(&session).await;
    let told = session.told();
    let (place, begun) = (carried.place.get(), session.begun.take());
    let ended = match result {
        Ok(done) => Ok(Outcome::Done(done)),
        Err(Error::Told(failure)) => Err(failure),
        Err(Error::Unusable(extension)) => Ok(Outcome::Unusable(extension)),
        Err(Error::Lost) => {
            let Reason { failure, is_host_key: _ } = ssh.reason(settings, target, Stage::Session, carried.before).await;
            let Failure { exit, message, hints } = failure;
            let message = match place {
                Place::Untouched => message,
                Place::Unknown | Place::Aside | Place::Partial => format!("{message}; {told}"),
            };
            return Err(with_part(Failure { exit, message, hints }, begun));
        }
        Err(Error::TimedOut(what)) => {
            ssh.kill().await;
            return Err(with_part(silent(target, what, &told), begun));
        }
    };
    drop(sftp);
    ssh.end().await;
    ended
}

fn silent(target: &SftpTarget, what: &str, told: &str) -> Failure {
    let what = format!("{} did not answer in time (while {what}); {told}", target.host);
    Failure::new(Exit::Unavailable, what).hint("the next run tries again")
}

/// Names the file that a cut session may have left, until the next delivery removes it.
fn with_part(failure: Failure, begun: Option<String>) -> Failure {
    match begun {
        None => failure,
        Some(name) => {
            failure.hint(format!("{name} may stay there with everybody's data until the next delivery removes it"))
        }
    }
}

/// Asks for one type of host key after the other until the host shows a trusted key. On failure it reports the reason for the
/// key that `ssh` prefers by itself: the host may have no key of the other types.
async fn sign_in(settings: &Settings, target: &SftpTarget, carried: &Carried) -> Result<Outcome<(Sftp, Ssh)>, Failure> {
    let mut first = None;
    for key_type in key_types(&settings.host_keys) {
        match connect(settings, target, key_type, carried).await {
            Ok(outcome) => return Ok(outcome),
            Err(Reason { failure, is_host_key: false }) => return Err(first.unwrap_or(failure)),
            Err(Reason { failure, is_host_key: true }) if key_type.is_none() => first = Some(failure),
            Err(Reason { failure, is_host_key: true }) => first = first.or(Some(failure)),
        }
    }
    Err(first.unwrap_or_else(|| Failure::new(Exit::Bug, "there is no way to sign in")))
}

async fn connect(
    settings: &Settings,
    target: &SftpTarget,
    key_type: Option<KeyType>,
    carried: &Carried,
) -> Result<Outcome<(Sftp, Ssh)>, Reason> {
    let other = |failure| Reason { failure, is_host_key: false };
    let hidden = carried.hidden.borrow().clone();
    let is_first = hidden.is_empty();
    let (ssh, Pipes { input, output }) = Ssh::start(settings, target, key_type).map_err(other)?;
    let (replies, passed_on) = tokio::io::duplex(CHUNK);
    let (requests, taken) = tokio::io::duplex(CHUNK);
    tokio::spawn(replies::pass_on(output, passed_on, hidden, ssh.not_sftp.clone()));
    tokio::spawn(replies::pass_requests_on(taken, input));
    let options = SftpOptions::new().flush_interval(Duration::ZERO);
    // ssh has its own limits for connecting. This one is for a host that accepts and then says nothing.
    match tokio::time::timeout(settings.timeout * 2, Sftp::new(requests, replies, options)).await {
        Ok(Ok(sftp)) => {
            ssh.forget_the_banner();
            Ok(Outcome::Done((sftp, ssh)))
        }
        Ok(Err(LibraryError::SftpError(..))) => {
            ssh.end().await;
            Ok(Outcome::Unusable(LIMITS))
        }
        Ok(Err(LibraryError::UnsupportedSftpProtocol { version })) => {
            ssh.end().await;
            let what = format!("{} speaks version {version} of SFTP and not version 3", target.host);
            Err(other(Failure::new(Exit::Rejected, what).hint("ask the owner of the host to allow version 3")))
        }
        Ok(Err(_)) => Err(ssh.reason(settings, target, Stage::SigningIn, carried.before).await),
        Err(_) => {
            ssh.kill().await;
            // A second session goes on where the first one may have put the file in place.
            let told = if is_first { "nothing was delivered" } else { "whether the new file is in place is not known" };
            Err(other(silent(target, "signing in", told)))
        }
    }
}
