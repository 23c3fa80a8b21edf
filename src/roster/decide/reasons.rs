//! Why somebody does not belong in Honestly. Reasons carry dates and attribute keys, never names: they go to logs and mails.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::roster::model::record::AttributeKey;
use crate::roster::plan::scope::EMPLOYMENT;
use crate::roster::voice::{Told, Voice, tell};

/// Why somebody does not belong in Honestly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", content = "facts", rename_all = "snake_case")]
pub enum Reason {
    /// Has not started; the first day, if Personio states it.
    NotYet(Option<NaiveDate>),
    /// The termination date, which is the last day, has passed.
    LastDayPassed(NaiveDate),
    /// Personio's status is `inactive`.
    Inactive,
    /// Personio's status is `leave`, and the policy removes people on leave.
    OnLeave,
    /// Not in a complete listing any more.
    Absent(Absence),
    /// Taken out by a filter of the configuration. It says nothing about the person.
    OutOfScope(Filter),
    /// Not in, and nobody is added while this machine's clock is in doubt.
    ClockInDoubt,
}

/// What is known of somebody who is missing from a complete listing. If Personio still knows them by id, they are not absent
/// but in doubt, and doubt keeps people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Absence {
    /// Personio answered 404 for their id, and in the same run knew a listed person by id.
    Gone,
    /// Not asked for, because enough others were, and more are missing than may vanish unseen. The guard holds such a plan.
    NotAsked,
    /// Was in Honestly before the first sync, and never had a profile at Personio. The guard holds such a plan.
    NeverThere,
}

/// The filter that took somebody out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// `[people] exclude`
    Exclude,
    /// `[people] without_email`
    WithoutEmail,
    /// `[people] employment_types`, `departments`, `offices` or `subcompanies`: the attribute it looks at.
    Attribute(AttributeKey),
}

/// How much a reason proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// Personio or the configuration says it.
    Stated,
    /// Somebody may have made a slip at Personio, or may come back: inactive without a last day, on leave, missing and not asked
    /// for.
    Weak,
}

/// What a reason says of somebody's employment: all that decisions about returns, addresses and scopes ask of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    NotBegun,
    Ended,
    OnLeave,
    NoProfile,
    OutOfScope,
    /// Nothing that Personio states.
    Nothing,
}

/// What a reason is besides its facts and its sentence.
pub struct Card {
    pub kind: &'static str,
    pub proof: Proof,
    pub says: Says,
    /// The attributes that state it.
    pub stated_by: &'static [&'static str],
    /// The attributes that could state a doubt about it.
    pub doubted_by: &'static [&'static str],
}

impl Reason {
    /// The first day or the last one, where it is the reason.
    pub fn day(&self) -> Option<NaiveDate> {
        match self {
            Self::LastDayPassed(day) => Some(*day),
            Self::NotYet(day) => *day,
            Self::Inactive | Self::OnLeave | Self::Absent(_) | Self::OutOfScope(_) | Self::ClockInDoubt => None,
        }
    }

    /// The last day, where it has passed.
    pub fn last_day(&self) -> Option<NaiveDate> {
        self.day().filter(|_| self.says() == Says::Ended)
    }

    /// What took them out of scope.
    pub fn filter(&self) -> Option<&Filter> {
        let Self::OutOfScope(filter) = self else { return None };
        Some(filter)
    }

    /// Whether whoever approved a removal for one of them has seen what the other one says.
    pub fn is_of_one_kind_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::OutOfScope(one), Self::OutOfScope(other)) => one == other,
            (one, other) => one.kind() == other.kind(),
        }
    }

    /// One word for machines.
    pub fn kind(&self) -> &'static str {
        self.card().kind
    }

    /// Whether somebody should look before this person is removed.
    pub fn proof(&self) -> Proof {
        self.card().proof
    }

    pub fn says(&self) -> Says {
        self.card().says
    }

    pub fn card(&self) -> Card {
        use Proof::{Stated, Weak};
        const FIRST: &[&str] = &[AttributeKey::HIRE_DATE];
        const LAST: &[&str] = &[AttributeKey::TERMINATION_DATE];
        const STATUS: &[&str] = &[AttributeKey::STATUS];
        const DATES: &[&str] = &[AttributeKey::HIRE_DATE, AttributeKey::TERMINATION_DATE];
        const STATUS_AND_FIRST: &[&str] = &[AttributeKey::STATUS, AttributeKey::HIRE_DATE];
        let (kind, proof, says, stated_by, doubted_by) = match self {
            Self::NotYet(Some(_)) => ("not_yet", Stated, Says::NotBegun, FIRST, LAST),
            Self::NotYet(None) => ("not_yet", Stated, Says::NotBegun, STATUS, DATES),
            Self::LastDayPassed(_) => ("left", Stated, Says::Ended, LAST, STATUS_AND_FIRST),
            Self::Inactive => ("left", Weak, Says::Ended, STATUS, DATES),
            Self::OnLeave => ("on_leave", Weak, Says::OnLeave, STATUS, DATES),
            Self::Absent(Absence::Gone | Absence::NeverThere) => ("absent", Stated, Says::NoProfile, &[][..], &[][..]),
            Self::Absent(Absence::NotAsked) => ("absent", Weak, Says::Nothing, &[][..], &[][..]),
            Self::OutOfScope(Filter::WithoutEmail) => ("out_of_scope", Stated, Says::OutOfScope, &[][..], &[][..]),
            Self::OutOfScope(Filter::Exclude | Filter::Attribute(_)) => {
                ("out_of_scope", Stated, Says::OutOfScope, &[][..], &EMPLOYMENT[..])
            }
            Self::ClockInDoubt => ("clock_in_doubt", Stated, Says::Nothing, &[][..], &[][..]),
        };
        Card { kind, proof, says, stated_by, doubted_by }
    }

    /// The reason of so many people, and so without its day.
    pub fn summed(&self, number: usize, voice: Voice<'_>) -> String {
        let number = voice.number(number);
        match (self.says(), self.day()) {
            (Says::Ended, Some(_)) => tell!(
                voice,
                "{number} left, last day passed",
                "{number}: left, the last day has passed",
                "{number}: ausgetreten, letzter Tag vorbei"
            ),
            (Says::NotBegun, _) => {
                tell!(voice, "{number} not started yet", "{number}: not started yet", "{number}: noch nicht angefangen")
            }
            (Says::OnLeave, _) => {
                tell!(voice, "{number} on leave", "{number}: on leave", "{number}: in Auszeit")
            }
            (Says::Ended | Says::NoProfile | Says::OutOfScope | Says::Nothing, _) => {
                let said = self.told(voice);
                tell!(voice, "{number} {said}", "{number}: {said}", "{number}: {said}")
            }
        }
    }
}

impl Told for Reason {
    fn told(&self, voice: Voice<'_>) -> String {
        match self {
            Self::NotYet(Some(day)) => {
                tell!(voice, "starts on {day}", "starts only on {day}", "fängt erst am {day} an", day = voice.day(*day))
            }
            Self::NotYet(None) => tell!(
                voice,
                "has not started",
                "has not started, as the status in Personio is Onboarding",
                "hat noch nicht angefangen, Status in Personio „Onboarding“"
            ),
            Self::LastDayPassed(day) => tell!(
                voice,
                "left, last day {day}",
                "left, last day in Personio {day}",
                "ausgetreten, letzter Tag in Personio {day}",
                day = voice.day(*day)
            ),
            Self::Inactive => tell!(
                voice,
                "left, status inactive",
                "left, as the status in Personio is Inactive, without a termination date",
                "ausgetreten, Status in Personio „Inaktiv“ ohne Austrittsdatum"
            ),
            Self::OnLeave => tell!(
                voice,
                "on leave",
                "on leave in Personio, and whoever is on leave does not take part",
                "in Personio in Auszeit, und wer in Auszeit ist, nimmt nicht teil"
            ),
            Self::Absent(absence) => absence.told(voice),
            Self::OutOfScope(filter) => filter.told(voice),
            Self::ClockInDoubt => tell!(
                voice,
                "not in, and this machine's clock is in doubt",
                "is not added while the clock of this machine is in doubt",
                "wird nicht aufgenommen, solange die Uhr dieses Rechners fraglich ist"
            ),
        }
    }
}

impl Told for Absence {
    fn told(&self, voice: Voice<'_>) -> String {
        match self {
            Self::Gone => tell!(
                voice,
                "not at Personio any more",
                "Personio no longer has this profile",
                "Personio hat dieses Profil nicht mehr"
            ),
            Self::NotAsked => tell!(
                voice,
                "missing from Personio's listing, not confirmed",
                "missing from Personio's list, and nothing proves that they left",
                "fehlt in der Liste von Personio, ohne Beleg für einen Austritt"
            ),
            Self::NeverThere => tell!(
                voice,
                "in Honestly before, without a profile at Personio",
                "was in Honestly before and has no profile in Personio",
                "war schon vorher in Honestly und hat kein Profil in Personio"
            ),
        }
    }
}

impl Told for Filter {
    fn told(&self, voice: Voice<'_>) -> String {
        match self {
            Self::Exclude => tell!(
                voice,
                "out of scope: named in [people] exclude",
                "does not take part, as excluded by name",
                "nimmt nicht teil, weil namentlich ausgenommen"
            ),
            Self::WithoutEmail => tell!(
                voice,
                "out of scope: without an e-mail address ([people] without_email)",
                "does not take part, having no e-mail address",
                "nimmt nicht teil, weil ohne E-Mail-Adresse"
            ),
            Self::Attribute(key) => tell!(
                voice,
                "out of scope: filter on {key}",
                "does not take part, as {key} has none of the chosen values",
                "nimmt nicht teil, weil {key} keinen der ausgewählten Werte hat",
                key = voice.attribute(key)
            ),
        }
    }
}
