//! What was decided about each person, and what is worth telling a person.
//!
//! Notes carry ids, dates and attribute keys, never names or addresses: they go to logs and mails. A new one is a variant, its
//! line in `card`, and its sentences in `notes/sentences.rs`.

#[cfg(test)]
pub(crate) mod samples;
mod sentences;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::roster::decide::clock::Clock;
pub use crate::roster::decide::problems::{Problem, Unlike};
use crate::roster::decide::reply::Reply;
use crate::roster::model::record::{AttributeKey, EmployeeId, Unreadable};
use crate::roster::plan::Counts;
use crate::roster::policy::headers::Renamed;
use crate::roster::policy::name_changes::Mismatch;

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
    /// Personio did not list its attributes.
    AttributesNotListed { reply: Reply, instead: Instead },
    /// Personio says of a part of its API, which this program uses, that it ends: on this day, if it says that.
    InterfaceEnds { path: String, on: Option<NaiveDate> },
    /// The destination could not be looked at: why, in its own words.
    DestinationUnseen { why: String },
    /// Nobody may read back what was delivered to the destination.
    DeliveryUnverified,
    /// Something about a delivery that arrived is not as it should be.
    Delivery(Flaw),
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

/// What is not as it should be at a destination that took a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Flaw {
    pub kind: FlawKind,
    /// The file or folder that it is about.
    pub file: String,
    /// What the destination or this machine said, word for word.
    pub quote: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FlawKind {
    /// In bytes: what was sent, and what the destination speaks of.
    AnotherSize {
        sent: u64,
        stated: u64,
    },
    NotSeen,
    FolderNotSynced,
    ModeNotKept,
    /// What an earlier run left.
    LeftoverStays,
    /// The file that was replaced.
    ReplacedFileStays,
    /// Of a rehearsal.
    ProbeStays,
    FolderNotListed,
}

/// Who must hear of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It leaves something undone or unknown for a reason outside Personio's data: a warning everywhere as long as it is open.
    Doubt,
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
        self.card().kind
    }

    /// Whether somebody should look, or the note is only good to know.
    pub fn weight(&self) -> Weight {
        self.card().weight
    }

    /// The person it is about, if it is about one.
    pub fn employee(&self) -> Option<EmployeeId> {
        self.card().about
    }

    /// Whether it says what a run did: it is not open after that.
    pub fn is_of_one_run(&self) -> bool {
        self.card().lasting == Lasting::OneRun
    }

    pub fn is_undecided(&self) -> bool {
        matches!(self, Self::Undecided { .. })
    }

    /// How many people are undecided by it.
    pub fn undecided(&self) -> usize {
        let Self::NoImportIds { attribute: _, people } = self else { return usize::from(self.is_undecided()) };
        *people
    }

    fn card(&self) -> Card {
        use Lasting::{OneRun, Open};
        use Weight::{Doubt, Remark, Warning};
        let (kind, weight, about, lasting) = match self {
            Self::Undecided { employee, .. } => (Self::UNDECIDED, Warning, Some(employee), Open),
            Self::NoImportIds { .. } => ("no_import_ids", Warning, None, Open),
            Self::FieldUnreadable { employee, .. } => ("field_unreadable", Warning, Some(employee), Open),
            Self::SupervisorNotIn { supervisor, .. } => ("supervisor_not_in", Remark, Some(supervisor), Open),
            Self::SupervisorCycle { employee } => ("supervisor_cycle", Warning, Some(employee), Open),
            Self::GroupOfEachDay { .. } => ("group_of_each_day", Remark, None, Open),
            Self::ValueTooLong { employee, .. } => ("value_too_long", Warning, Some(employee), Open),
            Self::ImportIdKept { employee } => ("import_id_kept", Remark, Some(employee), Open),
            Self::Returned { employee, .. } => ("returned", Remark, Some(employee), Open),
            Self::Rehired { employee, .. } => ("rehired", Remark, Some(employee), Open),
            Self::StartPostponed { employee, .. } => ("start_postponed", Remark, Some(employee), Open),
            Self::NoLanguage { employee } => ("no_language", Warning, Some(employee), Open),
            Self::SpellingVariants { .. } => ("spelling_variants", Remark, None, Open),
            Self::AttributeWithheld { .. } => ("attribute_withheld", Doubt, None, Open),
            Self::NotReleased { .. } => ("not_released", Warning, None, Open),
            Self::ValuesNotSent { .. } => ("values_not_sent", Warning, None, Open),
            Self::CellsUnknown { .. } => ("cells_unknown", Warning, None, Open),
            Self::ColumnRenamed(_) => ("column_renamed", Remark, None, Open),
            Self::Name(mismatch @ Mismatch::TakenNoMore { .. }) => (mismatch.kind(), Doubt, None, Open),
            Self::Name(mismatch) => (mismatch.kind(), Warning, None, Open),
            Self::AttributesNotListed { reply: _, instead } => {
                let weight = match instead {
                    Instead::Employees => Remark,
                    Instead::Memory => Doubt,
                };
                ("attributes_not_listed", weight, None, Open)
            }
            Self::DestinationUnseen { .. } => ("destination_unseen", Doubt, None, Open),
            Self::InterfaceEnds { .. } => ("interface_ends", Warning, None, Open),
            Self::DeliveryUnverified => ("delivery_unverified", Warning, None, Open),
            Self::Delivery(_) => ("delivery", Warning, None, Open),
            Self::Arrived { .. } => ("arrived", Remark, None, OneRun),
            Self::NotArrived { .. } => ("not_arrived", Remark, None, OneRun),
            Self::CameBesides { .. } => ("came_besides", Remark, None, OneRun),
            Self::Withdrawn { .. } => ("withdrawn", Remark, None, OneRun),
            Self::NothingDelivered => ("nothing_delivered", Warning, None, Open),
            Self::CredentialPassedOver { .. } => ("credential_passed_over", Warning, None, Open),
            Self::HalfCredential { .. } => ("half_credential", Warning, None, Open),
            Self::ClockInDoubt { .. } => ("clock_in_doubt", Doubt, None, Open),
        };
        Card { kind, weight, about: about.copied(), lasting }
    }
}

/// What a note is besides its facts and its sentences.
struct Card {
    kind: &'static str,
    weight: Weight,
    about: Option<EmployeeId>,
    lasting: Lasting,
}

/// How long a note is open.
#[derive(PartialEq, Eq)]
enum Lasting {
    /// As long as runs note it.
    Open,
    /// It says what a run did.
    OneRun,
}
