//! Turns `config.toml` and the environment into one `Config`, read once, with the core's own types.
//!
//! Every mistake is named with file, line and column, and no message repeats a value: people paste secrets into configuration
//! files. A `Config` holds only checked values, except that labels of attributes are resolved once it is known what the
//! credential may read. `validate` has a line for each key.

pub mod credential;
mod environment;
mod file;
mod groups;
mod kinds;
mod mistake;
pub mod notify;
mod places;
mod resolve;
#[cfg(test)]
mod tests;
mod validate;
mod values;

use std::path::{Path, PathBuf};

use chrono::TimeDelta;

pub use credential::{CREDENTIAL_NAME, KEY_NAME};
pub use environment::Environment;
pub use file::Setting;
pub use groups::GROUP_KEYS;
pub use validate::LANGUAGE_KEYS;

use crate::delivery;
use crate::exit::{Exit, Failure};
use crate::personio;
use crate::remote::PingUrl;
use crate::roster::guard::Guard;
use crate::roster::policy::mapping::GroupWishes;
use crate::timezone::TimeZone;
use crate::tongue::Tongue;
use mistake::Word;
use notify::Notify;
use resolve::{Feed, People};

/// Everything the configuration says.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file that it was read from. None where all keys have their defaults.
    pub file: Option<PathBuf>,
    /// The company's time zone, which decides what day it is.
    pub timezone: TimeZone,
    pub personio: Personio,
    pub mirror: PathBuf,
    /// None where only the witness beside the mirror tells which one the last run left.
    pub second_witness: Option<PathBuf>,
    pub guard: Guard,
    pub delivery: Delivery,
    pub monitoring: Monitoring,
    /// None where nobody gets mails.
    pub notify: Option<Notify>,
    pub review: Review,
    pub retention: Retention,
    /// Every key there is, in the order of the sections.
    pub settings: Vec<Setting>,
    feed: Feed,
    people: People,
    groups: GroupWishes,
    /// All that is named, in the order of the file's sections.
    words: Vec<Word>,
    pub environment: Environment,
}

#[derive(Debug, Clone)]
pub struct Personio {
    pub settings: personio::Settings,
    /// The file that `connect` writes.
    pub credentials: PathBuf,
}

/// Whether the feed goes anywhere.
#[derive(Debug, Clone)]
pub enum Delivery {
    /// `[delivery] to` is not set: nothing reaches Honestly, and messages say so.
    NotSet,
    /// `to = "none"`: only the mirror is wanted.
    MirrorOnly,
    To {
        settings: Box<delivery::Settings>,
        /// How old the last delivery may become before the same file is sent again.
        refresh: TimeDelta,
    },
}

impl Delivery {
    /// Where the feed goes and how to get there.
    pub fn settings(&self) -> Option<&delivery::Settings> {
        match self {
            Self::NotSet | Self::MirrorOnly => None,
            Self::To { settings, refresh: _ } => Some(settings),
        }
    }
}

/// How long to keep values that are no longer needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// The values before and after each change of a run.
    pub history: TimeDelta,
    /// The same for people who are gone.
    pub departed: TimeDelta,
}

/// Who is told how runs end.
#[derive(Debug, Clone)]
pub struct Monitoring {
    /// In the folder that node_exporter's textfile collector reads.
    pub textfile: Option<PathBuf>,
    pub ping_url: Option<PingUrl>,
}

/// The page on which a person reviews a plan.
#[derive(Debug, Clone)]
pub struct Review {
    /// Kept up to date after every real run.
    pub page: Option<PathBuf>,
    pub language: Tongue,
    /// A group with fewer people is told; none where it is 0.
    pub smallest_group: usize,
    /// The address that a reader's answer goes to.
    pub contact: Option<String>,
    /// The address of somebody's profile in Personio's own pages, with `{id}` for their id.
    pub profile_url: Option<String>,
    /// What the company is called in titles and subjects.
    pub company: Option<String>,
}

/// Reads the file that `--config`, the environment or the usual places name. Without a file, every key has its default.
pub fn load(asked_for: Option<&Path>, environment: Environment) -> Result<Config, Failure> {
    let (file, text) = environment.find(asked_for)?;
    let built = validate::build(&text, file.clone(), environment);
    let config: Config =
        built.map_err(|mistake| Failure::new(Exit::Misconfigured, mistake.pointed_at(file.as_deref())))?;
    config.check_columns()?;
    config.check_places()?;
    Ok(config)
}

impl Config {
    /// Who became the user that runs the program, as far as sudo says.
    pub fn sudo_user(&self) -> Option<&str> {
        self.environment.sudo_user.as_deref()
    }
}
