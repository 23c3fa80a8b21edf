//! The Personio credential on disk: a file of its own that only its owner can read, written in one step. Also the places where
//! credentials and keys are looked for.
//!
//! Our own file must be closed to everybody else. A file that belongs to somebody else was handed to us, by systemd or from a
//! Kubernetes Secret: there the group (or an access list, which shows as the group) is how we can read it. Such a file is
//! refused only where it is open to everybody.

use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Config, Environment, kinds};
use crate::exit::{Exit, Failure};
use crate::replace;
use crate::secret::{Credential, Secret};

/// The name under which systemd's `LoadCredential=` hands over the credential file.
pub const CREDENTIAL_NAME: &str = "personio-credentials";

/// The name under which it hands over the private key for the destination.
pub const KEY_NAME: &str = "sftp-key";

/// The file: one JSON object.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File<T> {
    client_id: T,
    client_secret: T,
}

/// What a search in files found.
#[derive(Debug)]
pub(super) enum Found<'p> {
    Text(&'p Path, Zeroizing<String>),
    Nothing,
    /// Nothing but a file that this user may not read, as root's is for a service.
    Closed(Failure),
}

/// What a file holds, for messages when it cannot be read.
#[derive(Debug)]
pub(super) struct Kind {
    name: &'static str,
    /// The key of the configuration that names the file.
    key: &'static str,
    /// What to do if somebody may have read it.
    pub(super) renewal: &'static str,
}

pub(super) const PERSONIO: Kind = Kind {
    name: "credential",
    key: "[personio] credentials",
    renewal: "renew the credential in Personio and run connect again",
};

/// The password of the mail server's user, as text.
pub(super) const SMTP_PASSWORD: Kind =
    Kind { name: "password", key: "[notify] password_file", renewal: "change the password at the mail server" };

/// The credential in the first of these files that has one: the file that `connect` wrote, or one that was handed over.
fn read<'p>(paths: impl IntoIterator<Item = &'p PathBuf>) -> Result<Option<Credential>, Failure> {
    let (path, text) = match search(paths, &PERSONIO)? {
        Found::Text(path, text) => (path, text),
        Found::Nothing => return Ok(None),
        Found::Closed(failure) => return Err(failure),
    };
    // The library's message would repeat the line, and the line holds the secret.
    let file = serde_json::from_str::<File<String>>(&text).ok();
    let credential = file.map(|File { client_id, client_secret }| Credential {
        client_id: client_id.trim().to_owned(),
        client_secret: Secret::new(client_secret),
    });
    let whole = |it: &Credential| !it.client_id.is_empty() && !it.client_secret.reveal().trim().is_empty();
    credential.filter(whole).map(Some).ok_or_else(|| {
        Failure::new(Exit::Misconfigured, format!("the credential {} is not what connect wrote", path.display()))
            .hint("$0 connect --client-id ID --secret -")
    })
}

/// The text of the first of these files that has one. A file that a service may not read, such as root's, is skipped where the
/// service was handed another one.
pub(super) fn search<'p>(paths: impl IntoIterator<Item = &'p PathBuf>, kind: &Kind) -> Result<Found<'p>, Failure> {
    let mut found = Found::Nothing;
    for path in paths {
        match read_text(path, kind)? {
            text @ Found::Text(..) => return Ok(text),
            closed @ Found::Closed(_) => found = closed,
            Found::Nothing => {}
        }
    }
    Ok(found)
}

/// Refuses a file that others can read: its secret may already be known.
fn read_text<'p>(path: &'p Path, kind: &Kind) -> Result<Found<'p>, Failure> {
    let Kind { name, key, renewal } = kind;
    let shown = path.display();
    let not_read = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Ok(Found::Nothing),
        std::io::ErrorKind::PermissionDenied => Ok(Found::Closed(kinds::unreadable(name, path, &error))),
        _ => Err(kinds::unreadable(name, path, &error)),
    };
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => return not_read(error),
    };
    kinds::refuse_kind(name, key, path, &metadata)?;
    let us = rustix::process::geteuid().as_raw();
    let owner = if metadata.uid() == us { Owner::Us } else { Owner::SomebodyElse };
    if open_to_others(metadata.mode(), owner) {
        let what = format!("other users of this machine can read the {name} {shown}");
        let hint = format!("chmod 600 {shown}; if anybody may have read it, {renewal}");
        return Err(Failure::new(Exit::Misconfigured, what).hint(hint));
    }
    std::fs::read_to_string(path).map_or_else(not_read, |text| Ok(Found::Text(path, Zeroizing::new(text))))
}

/// Whether more people can read a file than the one whose secret it holds.
fn open_to_others(mode: u32, owner: Owner) -> bool {
    let others = match owner {
        Owner::Us => 0o077,
        Owner::SomebodyElse => 0o007,
    };
    mode & others != 0
}

/// Who owns a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Us,
    SomebodyElse,
}

/// Removes the file. Returns whether there was one.
pub fn forget(path: &Path) -> Result<bool, Failure> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => {
            let what = format!("cannot remove the credential {}: {error}", path.display());
            Err(Failure::new(Exit::Misconfigured, what))
        }
    }
}

/// More than a credential takes, in bytes.
const ROOM: usize = 4096;

/// Whether a credential can be stored there, before anybody types one: also on a disk that is full. Leaves nothing behind.
pub fn refuse_unwritable(path: &Path) -> Result<(), Failure> {
    let folder = replace::folder_of(path);
    let existing = folder.ancestors().find(|folder| folder.exists()).unwrap_or(folder);
    let tried = tempfile::tempfile_in(existing).and_then(|mut file| {
        file.write_all(&[0; ROOM])?;
        file.sync_all()
    });
    tried.map_err(|error| not_stored(path, &error))
}

fn not_stored(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Misconfigured, format!("cannot store the credential in {}: {error}", path.display()))
}

/// Replaces the file in one step, so that a crash leaves the old credential or the new one.
pub fn write(path: &Path, credential: &Credential) -> Result<(), Failure> {
    let failed = |error: std::io::Error| not_stored(path, &error);
    replace::make_folder_of(path).map_err(failed)?;
    let text = rendered(credential).map_err(failed)?;
    replace::file(path, &text, std::fs::File::sync_all).map_err(failed)
}

/// The content of the file, in a buffer that never moves while it is filled: a buffer that moved could not be wiped.
fn rendered(credential: &Credential) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let Credential { client_id, client_secret } = credential;
    let mut text = Zeroizing::new(Vec::with_capacity(room_for(credential)));
    serde_json::to_writer_pretty(
        &mut *text,
        &File { client_id: client_id.as_str(), client_secret: client_secret.reveal() },
    )?;
    text.push(b'\n');
    Ok(text)
}

fn room_for(Credential { client_id, client_secret }: &Credential) -> usize {
    /// A character takes at most this many bytes in JSON, as in `\u001f`.
    const LONGEST_ESCAPE: usize = 6;
    const KEYS_AND_BRACES: usize = 64;
    (client_id.len() + client_secret.reveal().len()) * LONGEST_ESCAPE + KEYS_AND_BRACES
}

impl Config {
    /// The credential: the environment's, else that of a file.
    pub fn credential(&self) -> Result<Option<Credential>, Failure> {
        match self.environment.credential() {
            Some(credential) => Ok(Some(credential)),
            None => self.credential_in_files(),
        }
    }

    /// The file that `connect` wrote, else systemd's `personio-credentials`.
    pub fn credential_in_files(&self) -> Result<Option<Credential>, Failure> {
        read([&self.personio.credentials].into_iter().chain(&self.environment.handed_over(CREDENTIAL_NAME)))
    }

    /// A place with another credential than the one that is used. What cannot be read there is told where it is used.
    pub fn passed_over(&self) -> Option<PassedOver> {
        let stored = &self.personio.credentials;
        let handed_over = self.environment.handed_over(CREDENTIAL_NAME);
        let files = [Some(stored.clone()), handed_over].into_iter().flatten();
        let in_files = files.filter_map(|path| match read([&path]) {
            Ok(Some(credential)) => Some((path.display().to_string(), credential)),
            Ok(None) | Err(_) => None,
        });
        let of_environment = self.environment.credential().map(|credential| ("the environment".to_owned(), credential));
        let mut places = of_environment.into_iter().chain(in_files);
        let (used, credential) = places.next()?;
        let (place, _) = places.find(|(_, other)| *other != credential)?;
        Some(PassedOver { place, used })
    }

    /// Where a credential would still come from without the stored one.
    pub fn other_credentials(&self) -> Vec<&'static str> {
        let handed_over = self.environment.handed_over(CREDENTIAL_NAME).is_some_and(|path| path.exists());
        let of_environment = self.environment.client_id.is_some() || self.environment.secret.is_some();
        [(handed_over, "$CREDENTIALS_DIRECTORY"), (of_environment, "the environment")]
            .into_iter()
            .filter_map(|(there, place)| there.then_some(place))
            .collect()
    }
}

/// Where a credential stands that is not used, and where the one that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    pub place: String,
    pub used: String,
}

impl Environment {
    /// The credential of its two variables.
    pub fn credential(&self) -> Option<Credential> {
        let (client_id, secret) = (self.client_id.as_ref()?, self.secret.as_ref()?);
        Some(Credential { client_id: client_id.trim().to_owned(), client_secret: Secret::new(secret.reveal().trim()) })
    }

    /// The configured key. Where none is configured or this user cannot read it, the key that the service was handed, if any.
    pub(super) fn private_key(&self, configured: Option<PathBuf>) -> Option<PathBuf> {
        match (configured, self.handed_over(KEY_NAME).filter(|path| path.exists())) {
            (Some(configured), Some(_)) if std::fs::File::open(&configured).is_ok() => Some(configured),
            (_, Some(handed_over)) => Some(handed_over),
            (configured, None) => configured,
        }
    }
}

#[cfg(test)]
mod tests;
