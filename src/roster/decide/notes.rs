//! What was decided about each person, and what is worth telling a person.
//!
//! Notes carry ids, dates and attribute keys, never names or addresses: they go to logs and mails.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::roster::decide::clock::Clock;
pub use crate::roster::decide::problems::{Problem, Unlike};
use crate::roster::model::record::{AttributeKey, EmployeeId, Unreadable, by_id};
use crate::roster::model::snapshot::LONGEST_VALUE;
use crate::roster::plan::{Counts, Tally};
use crate::roster::policy::headers::Renamed;
use crate::roster::policy::name_changes::Mismatch;
use crate::roster::voice::Told;

/// Something a person should know. It changes no verdict; it may explain one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", content = "facts", rename_all = "snake_case")]
pub enum Note {
    /// Nothing could be decided about somebody.
    Undecided { employee: EmployeeId, problem: Problem, place: Place },
    /// So many people are left out, because nobody's record has the attribute that gives import ids.
    NoImportIds { attribute: AttributeKey, people: usize },
    /// A value cannot be read, but it decides nothing.
    FieldUnreadable { employee: EmployeeId, unreadable: Unreadable },
    /// Somebody who is not in is the supervisor of so many people at Personio. They get the next above, if the policy wants that
    /// and there is one, else none.
    SupervisorNotIn { supervisor: EmployeeId, people: usize, next: Option<EmployeeId> },
    /// Somebody would report to themself through others. They get no supervisor.
    SupervisorCycle { employee: EmployeeId },
    /// The values of a group are dates, and so it has a group for each day.
    GroupOfEachDay { attribute: AttributeKey },
    /// More characters than Honestly takes.
    ValueTooLong { employee: EmployeeId, attribute: AttributeKey, characters: usize },
    /// Personio now gives another import id.
    ImportIdKept { employee: EmployeeId },
    /// Somebody who was in before: with the same profile, or with a new one in place of this one.
    Returned { employee: EmployeeId, with_new_profile_after: Option<EmployeeId> },
    /// A new profile with the address of somebody who leaves or left: a new person, because an address proves nothing.
    Rehired { employee: EmployeeId, former: EmployeeId },
    /// A person already synced now has a first day in the future.
    StartPostponed { employee: EmployeeId, first_day: Option<NaiveDate> },
    /// A language that the configuration does not translate.
    NoLanguage { employee: EmployeeId },
    /// Several spellings of one value count as the same.
    SpellingVariants { attribute: AttributeKey, chosen: String, others: usize },
    /// An attribute that the credential may no longer read.
    AttributeWithheld { attribute: AttributeKey },
    /// An attribute that decides who is in, or which Honestly requires, is not released for the credential.
    NotReleased { attribute: AttributeKey },
    /// An attribute that decides nothing is missing in some records, while others have it.
    ValuesNotSent { attribute: AttributeKey, people: usize },
    /// A column that the mirror's file did not have: its cells are blank for these people who are kept as they are, and others
    /// have or had a value there.
    CellsUnknown { header: String, people: usize },
    /// The header of a column is not the label of its attribute.
    ColumnRenamed(Renamed),
    /// Personio did not list its attributes: what it did, in a few words.
    AttributesNotListed { how: String, instead: Instead },
    /// Personio says of a part of its API, which this program uses, that it ends: on this day, if it says that.
    InterfaceEnds { path: String, on: Option<NaiveDate> },
    /// Nobody may read back what was delivered to the destination.
    DeliveryUnverified,
    /// Something about a delivery that arrived, in the words of the destination.
    Delivery { text: String },
    /// A file was on its way when its run ended, and now it is known to have arrived. The number of the run.
    Arrived { run: i64 },
    /// The same, but it is certain that it did not arrive.
    NotArrived { run: i64 },
    /// What came since this plan was approved was carried out with it; how many people stay whom it would have removed.
    CameBesides { plan: String, counts: Counts, stay: usize },
    /// This plan was held, and a run was in step without it.
    Withdrawn { plan: String },
    /// `[delivery] to` is not set.
    NothingDelivered,
    /// One place has another credential than the place whose credential is used.
    CredentialPassedOver { place: String, used: String },
    /// The environment has half a credential, which no run uses: the variable that is there, and the other one.
    HalfCredential { set: String, missing: String },
    /// This machine's clock may be wrong.
    ClockInDoubt { clock: Clock },
    /// A name has changed at Personio, or nothing there has it.
    #[serde(untagged)]
    Name(Mismatch),
}

/// What tells the labels of attributes that are not listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Instead {
    /// One page of them.
    Employees,
    /// What names stood for.
    Memory,
}

/// Who must hear of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Somebody should look; under cron it is shown too, when it is new.
    Warning,
    /// Shown only in plans and `status`.
    Remark,
}

/// Where an undecided person is while they are undecided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In the mirror, unchanged.
    Kept,
    /// Not in the mirror.
    LeftOut,
}

impl Note {
    /// The word for notes about undecided people.
    pub const UNDECIDED: &str = "undecided";

    /// One word for machines.
    pub fn kind(&self) -> &'static str {
        self.card().0
    }

    /// Whether somebody should look, or the note is only good to know.
    pub fn weight(&self) -> Weight {
        self.card().1
    }

    /// The person it is about, if it is about one.
    pub fn employee(&self) -> Option<EmployeeId> {
        self.card().2
    }

    /// Whether it says what a run did: it is not open after that.
    pub fn is_of_one_run(&self) -> bool {
        matches!(
            self,
            Self::Arrived { .. } | Self::NotArrived { .. } | Self::CameBesides { .. } | Self::Withdrawn { .. }
        )
    }

    pub fn is_undecided(&self) -> bool {
        matches!(self, Self::Undecided { .. })
    }

    /// How many people are undecided by it.
    pub fn undecided(&self) -> usize {
        let Self::NoImportIds { attribute: _, people } = self else { return usize::from(self.is_undecided()) };
        *people
    }

    fn card(&self) -> (&'static str, Weight, Option<EmployeeId>) {
        use Weight::{Remark, Warning};
        match self {
            Self::Undecided { employee, .. } => (Self::UNDECIDED, Warning, Some(*employee)),
            Self::NoImportIds { .. } => ("no_import_ids", Warning, None),
            Self::FieldUnreadable { employee, .. } => ("field_unreadable", Warning, Some(*employee)),
            Self::SupervisorNotIn { supervisor, .. } => ("supervisor_not_in", Remark, Some(*supervisor)),
            Self::SupervisorCycle { employee } => ("supervisor_cycle", Warning, Some(*employee)),
            Self::GroupOfEachDay { .. } => ("group_of_each_day", Remark, None),
            Self::ValueTooLong { employee, .. } => ("value_too_long", Warning, Some(*employee)),
            Self::ImportIdKept { employee } => ("import_id_kept", Remark, Some(*employee)),
            Self::Returned { employee, .. } => ("returned", Remark, Some(*employee)),
            Self::Rehired { employee, .. } => ("rehired", Remark, Some(*employee)),
            Self::StartPostponed { employee, .. } => ("start_postponed", Remark, Some(*employee)),
            Self::NoLanguage { employee } => ("no_language", Warning, Some(*employee)),
            Self::SpellingVariants { .. } => ("spelling_variants", Remark, None),
            Self::AttributeWithheld { .. } => ("attribute_withheld", Warning, None),
            Self::NotReleased { .. } => ("not_released", Warning, None),
            Self::ValuesNotSent { .. } => ("values_not_sent", Warning, None),
            Self::CellsUnknown { .. } => ("cells_unknown", Warning, None),
            Self::ColumnRenamed(_) => ("column_renamed", Remark, None),
            Self::Name(mismatch) => (mismatch.kind(), Warning, None),
            Self::AttributesNotListed { .. } => ("attributes_not_listed", Remark, None),
            Self::InterfaceEnds { .. } => ("interface_ends", Warning, None),
            Self::DeliveryUnverified => ("delivery_unverified", Warning, None),
            Self::Delivery { .. } => ("delivery", Warning, None),
            Self::Arrived { .. } => ("arrived", Remark, None),
            Self::NotArrived { .. } => ("not_arrived", Remark, None),
            Self::CameBesides { .. } => ("came_besides", Remark, None),
            Self::Withdrawn { .. } => ("withdrawn", Remark, None),
            Self::NothingDelivered => ("nothing_delivered", Warning, None),
            Self::CredentialPassedOver { .. } => ("credential_passed_over", Warning, None),
            Self::HalfCredential { .. } => ("half_credential", Warning, None),
            Self::ClockInDoubt { .. } => ("clock_in_doubt", Warning, None),
        }
    }
}

/// What an attribute would say about people if it were released.
fn what_it_says(attribute: &AttributeKey) -> &'static str {
    match attribute.as_str() {
        AttributeKey::HIRE_DATE => "who has not started",
        AttributeKey::TERMINATION_DATE => "who has left",
        AttributeKey::DEPARTMENT => "in which department anybody is",
        _ => "who has left or is on leave",
    }
}

impl Note {
    // long because every note has its own sentence
    /// Its sentence, with people called as `who` calls them.
    pub fn told(&self, who: &dyn Fn(EmployeeId) -> String) -> String {
        let employee = self.employee().map(who).unwrap_or_default();
        match self {
            Self::Undecided { employee: _, problem, place: Place::Kept } => {
                format!("{employee} stays as they are: {problem}", problem = problem.told(who))
            }
            Self::Undecided { employee: _, problem, place: Place::LeftOut } => {
                format!("{employee} is left out: {problem}", problem = problem.told(who))
            }
            Self::NoImportIds { attribute, people } => format!(
                "{attribute}, which gives import ids, is in nobody's record: it is not released for the credential, or there is none; \
                 left out are {people}"
            ),
            Self::FieldUnreadable { employee: _, unreadable: Unreadable { attribute, expected } } => {
                format!("{employee} keeps their {attribute}: Personio's value is not {expected}")
            }
            Self::SupervisorNotIn { supervisor: _, people, next: None } => {
                format!("{employee} is not in, and so nobody's supervisor: {people} of their people have none")
            }
            Self::SupervisorNotIn { supervisor: _, people, next: Some(next) } => {
                format!(
                    "{employee} is not in: {people} of their people report to {next}, the next above",
                    next = who(*next)
                )
            }
            Self::SupervisorCycle { employee: _ } => {
                format!("{employee} reports to themself through others: no supervisor")
            }
            Self::GroupOfEachDay { attribute } => {
                format!(
                    "{attribute} is a date and makes a group for each day; with bands it makes a few: bands = [\"1y\", \"3y\"]"
                )
            }
            Self::ValueTooLong { employee: _, attribute, characters } => format!(
                "{attribute} of {employee} is left out: {characters} characters, Honestly takes {LONGEST_VALUE}"
            ),
            Self::ImportIdKept { employee: _ } => {
                format!("{employee} keeps the import id they have: Honestly cannot change it")
            }
            Self::Returned { employee: _, with_new_profile_after: None } => {
                format!("{employee} returns with the import id they had")
            }
            Self::Returned { employee: _, with_new_profile_after: Some(former) } => format!(
                "{employee} is {former}, who left, with a new profile: import id, names and address are the same, and so they \
                 return with the import id they had",
                former = who(*former)
            ),
            Self::Rehired { employee: _, former } => format!(
                "{employee} has the address that {former} had: a new person with a new import id",
                former = who(*former)
            ),
            Self::StartPostponed { employee: _, first_day: Some(day) } => {
                format!("{employee} was in, but now starts on {day}")
            }
            Self::StartPostponed { employee: _, first_day: None } => {
                format!("{employee} was in, but has not started")
            }
            Self::NoLanguage { employee: _ } => {
                format!("the language of {employee} is not in [people.language] values: the default is used")
            }
            Self::SpellingVariants { attribute, chosen, others } => {
                format!("{attribute}: {chosen:?} has {others} other spelling(s) at Personio, which count as the same")
            }
            Self::AttributeWithheld { attribute } => {
                format!("{attribute} can no longer be read: everybody keeps the value they have")
            }
            Self::NotReleased { attribute } => {
                format!("{attribute} is not released for the credential: it cannot say {}", what_it_says(attribute))
            }
            Self::ValuesNotSent { attribute, people } => format!(
                "{attribute} is missing in the records of {people} people, while others have it: they keep what they have"
            ),
            Self::CellsUnknown { header, people } => format!(
                "{header}: the cells of {people} people are blank, because this column is new and their values are not known"
            ),
            Self::ColumnRenamed(renamed) => renamed.to_string(),
            Self::Name(mismatch) => mismatch.to_string(),
            Self::AttributesNotListed { how, instead } => format!(
                "asked for its list of attributes, Personio {how}: {}",
                match instead {
                    Instead::Employees => "a page of employees told their labels",
                    Instead::Memory => "labels stand for what they stood for, and what only * takes keeps its values",
                }
            ),
            Self::InterfaceEnds { path, on } => {
                let on = on.map_or_else(String::new, |day| format!(" on {day}"));
                format!("Personio says that {path} of its API ends{on}: this program then needs a newer version")
            }
            Self::DeliveryUnverified => {
                "delivered, could not be verified: the destination lets nobody read the file back".to_owned()
            }
            Self::Delivery { text } => text.clone(),
            Self::Arrived { run } => format!("the file that run {run} sent has arrived"),
            Self::NotArrived { run } => {
                format!("the file that run {run} sent did not arrive: what that run changed is taken back")
            }
            Self::CameBesides { plan, counts, stay } => {
                let Counts { people: Tally { added, changed, removed }, groups, columns, layout } = counts;
                let others = groups.sum() + columns.sum() + layout;
                format!(
                    "besides plan {plan}, which was approved, what came since was carried out: people removed {removed}, \
                     added {added}, changed {changed}; other changes {others}; people who stay although it would have \
                     removed them: {stay}"
                )
            }
            Self::Withdrawn { plan } => {
                format!("plan {plan}, which was held, is over: this run was in step and needed no approval of it")
            }
            Self::ClockInDoubt { clock } => format!("{}: nobody comes, and nobody goes by a date", clock.logged()),
            Self::CredentialPassedOver { place, used } => {
                format!("{place} has another Personio credential than {used}, whose credential is used")
            }
            Self::HalfCredential { set, missing } => {
                format!("the environment has {set} without {missing}, and no run uses half a credential")
            }
            Self::NothingDelivered => "nothing is delivered to Honestly: [delivery] to is not set".to_owned(),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(&by_id))
    }
}
