//! The environment of the process, read once by `main`, and the places where files are looked for in it.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use super::kinds;
use crate::exit::{Exit, Failure};
use crate::remote::Proxies;
use crate::secret::Secret;

/// The environment variables and folders that matter. An empty variable counts as not set.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `HONESTLY_SYNC_CONFIG`
    pub config: Option<PathBuf>,
    /// `HONESTLY_SYNC_CLIENT_ID`
    pub client_id: Option<String>,
    /// `HONESTLY_SYNC_SECRET`
    pub secret: Option<Secret>,
    /// `HONESTLY_SYNC_SMTP_PASSWORD`
    pub smtp_password: Option<Secret>,
    /// `STATE_DIRECTORY`, set by systemd: the first of its folders.
    pub state_directory: Option<PathBuf>,
    /// `CREDENTIALS_DIRECTORY`, set by systemd.
    pub credentials_directory: Option<PathBuf>,
    pub xdg_config_home: Option<PathBuf>,
    pub xdg_state_home: Option<PathBuf>,
    pub home: Option<PathBuf>,
    pub proxies: Proxies,
    /// `JOURNAL_STREAM`, set by systemd where messages go to its journal.
    pub journal_stream: Option<OsString>,
    /// `NO_COLOR` (no-color.org)
    pub no_color: Option<OsString>,
    /// `TERM`: what the terminal can do.
    pub term: Option<OsString>,
    /// `SUDO_USER`: who became the user that runs the program.
    pub sudo_user: Option<String>,
    /// The variables that have to be text and are not.
    pub unreadable: Vec<&'static str>,
}

impl Environment {
    pub fn read() -> Self {
        Self::of(|name| std::env::var_os(name))
    }

    /// The variables as they are: a path need not be text.
    pub fn of(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        // A blank one is not set.
        let given = |name| variable(name).filter(|value| !value.as_encoded_bytes().trim_ascii().is_empty());
        let path = |name| given(name).map(PathBuf::from);
        let mut unreadable = Vec::new();
        let mut text = |name| match given(name)?.into_string() {
            Ok(text) => Some(text),
            Err(_) => {
                unreadable.push(name);
                None
            }
        };
        let (client_id, secret) = (text("HONESTLY_SYNC_CLIENT_ID"), text("HONESTLY_SYNC_SECRET").map(Secret::new));
        let smtp_password = text("HONESTLY_SYNC_SMTP_PASSWORD").map(Secret::new);
        Self {
            config: path("HONESTLY_SYNC_CONFIG"),
            client_id,
            secret,
            smtp_password,
            state_directory: given("STATE_DIRECTORY").and_then(first_folder),
            credentials_directory: path("CREDENTIALS_DIRECTORY"),
            xdg_config_home: path("XDG_CONFIG_HOME"),
            xdg_state_home: path("XDG_STATE_HOME"),
            home: path("HOME"),
            proxies: Proxies::of(&variable),
            journal_stream: given("JOURNAL_STREAM"),
            no_color: given("NO_COLOR"),
            term: given("TERM"),
            // For the run log: a name with odd bytes still names somebody.
            sudo_user: given("SUDO_USER").map(|user| user.to_string_lossy().into_owned()),
            unreadable,
        }
    }

    /// The file that `--config`, the environment or the usual places name, and its text. Without a file, every key has its
    /// default.
    pub(super) fn find(&self, asked_for: Option<&Path>) -> Result<(Option<PathBuf>, String), Failure> {
        if let Some(name) = self.unreadable.first() {
            return Err(Failure::new(Exit::Misconfigured, format!("${name} is not UTF-8")));
        }
        if let Some(path) = asked_for.or(self.config.as_deref()) {
            return Ok((Some(path.to_owned()), read(path)?));
        }
        let of_user = self.xdg_config_home.clone().or_else(|| self.home.as_ref().map(|home| home.join(".config")));
        let of_user = of_user.map(|folder| folder.join("honestly-sync/config.toml"));
        for path in of_user.into_iter().chain([PathBuf::from("/etc/honestly-sync/config.toml")]) {
            match path.try_exists() {
                Ok(false) => {}
                Ok(true) | Err(_) => return Ok((Some(path.clone()), read(&path)?)),
            }
        }
        Ok((None, String::new()))
    }

    /// `$STATE_DIRECTORY`, else the user's state folder.
    pub(super) fn state_folder(&self) -> Option<PathBuf> {
        self.state_directory.clone().or_else(|| {
            let state = self.xdg_state_home.clone();
            let state = state.or_else(|| self.home.as_ref().map(|home| home.join(".local/state")));
            state.map(|folder| folder.join("honestly-sync"))
        })
    }

    /// A file that systemd's `LoadCredential=` hands over.
    pub(super) fn handed_over(&self, name: &str) -> Option<PathBuf> {
        self.credentials_directory.as_ref().map(|folder| folder.join(name))
    }
}

fn first_folder(all: OsString) -> Option<PathBuf> {
    let first = all.as_bytes().split(|byte| *byte == b':').next()?;
    Some(PathBuf::from(OsString::from_vec(first.to_vec())))
}

fn read(path: &Path) -> Result<String, Failure> {
    if let Ok(found) = std::fs::metadata(path) {
        kinds::refuse_kind("configuration", "--config", path, &found)?;
    }
    std::fs::read_to_string(path).map_err(|error| kinds::unreadable("configuration", path, &error))
}

#[cfg(test)]
mod tests;
