//! Whether a mirror is the one that the last run left, and if not, how it differs.

use serde::{Deserialize, Serialize};

use crate::roster::voice::{Told, Voice, tell};

/// How the mirror differs from the one that the last run left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MirrorMismatch {
    /// The mirror is gone, or it is a new one.
    Missing,
    /// The same mirror, but people are missing in it.
    Emptied,
    Another,
    /// A copy from before the last run.
    Older,
    /// Nothing tells whether it is the one that the last run left.
    NoWitness,
}

/// What the witness beside the mirror says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Testimony<'a> {
    /// There is no witness.
    Missing,
    /// There is one, but what it says cannot be understood.
    Unreadable,
    /// It names the mirror that the last run left.
    Names {
        mirror: &'a str,
        /// Whether the log of the mirror that is there now has the run that the witness names.
        log: Log,
        /// How many people the newest run in step left there.
        people_left: usize,
    },
}

/// What a mirror says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lineage<'a> {
    /// Its random name; none if no witness was ever written for it.
    pub name: Option<&'a str>,
    pub age: Age,
    pub people: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// Nobody was ever in it.
    New,
    Used,
}

/// Whether a log has a run, as far as that run had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    HasTheRun,
    LacksTheRun,
}

impl MirrorMismatch {
    /// None if the mirror is the one that the last run left, or if there was none.
    pub fn between(testimony: Testimony<'_>, mirror: Lineage<'_>) -> Option<Self> {
        let Lineage { name, age, people } = mirror;
        match (testimony, age) {
            // An adoption that was killed before it wrote its witness leaves a mirror without a name.
            (Testimony::Missing, Age::Used) => name.map(|_| Self::NoWitness),
            (Testimony::Missing, Age::New) => None,
            (Testimony::Unreadable, _) => Some(Self::NoWitness),
            (Testimony::Names { mirror: left, .. }, Age::New) if name != Some(left) => Some(Self::Missing),
            (Testimony::Names { mirror: left, .. }, Age::Used) if name != Some(left) => Some(Self::Another),
            (Testimony::Names { log: Log::LacksTheRun, .. }, _) => Some(Self::Older),
            (Testimony::Names { log: Log::HasTheRun, people_left, .. }, _) => {
                (people < people_left).then_some(Self::Emptied)
            }
        }
    }

    /// One word that is part of what an approval names.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Emptied => "emptied",
            Self::Another => "another",
            Self::Older => "older",
            Self::NoWitness => "no_witness",
        }
    }
}

impl Told for MirrorMismatch {
    fn told(&self, voice: Voice<'_>) -> String {
        match self {
            Self::Missing => tell!(
                voice,
                "the mirror that the last run left is gone: everybody would be new",
                "the record of who is in Honestly is missing, so everybody would be new",
                "das Verzeichnis der Personen in Honestly fehlt, alle wären neu"
            ),
            Self::Emptied => tell!(
                voice,
                "the mirror has lost people since the last run: they would be new",
                "the record of who is in Honestly has lost people, who would be new",
                "im Verzeichnis der Personen in Honestly fehlen welche, diese wären neu"
            ),
            Self::Another => tell!(
                voice,
                "this is another mirror than the one that the last run left",
                "the record of who is in Honestly is not the one that was kept last",
                "das Verzeichnis der Personen in Honestly ist nicht das zuletzt geführte"
            ),
            Self::Older => tell!(
                voice,
                "this mirror is an older copy of the one that the last run left",
                "the record of who is in Honestly is an older copy",
                "das Verzeichnis der Personen in Honestly ist eine ältere Kopie"
            ),
            Self::NoWitness => tell!(
                voice,
                "a witness of the mirror is missing or unreadable, so this may be an older copy of the mirror",
                "the record of who is in Honestly may be an older copy",
                "das Verzeichnis der Personen in Honestly ist vielleicht eine ältere Kopie"
            ),
        }
    }
}
