//! The guard's rules: which one a plan breaks, with its numbers, and what kind of rule it is.
//!
//! A new rule is a variant here, its card, and the place where it is found; the compiler then asks for its sentence and its advice.

mod advice;
#[cfg(test)]
pub(crate) mod samples;
mod sentences;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub use advice::Advice;
use serde::{Deserialize, Serialize};

use crate::roster::decide::clock::Clock;
use crate::roster::decide::notes::Problem;
use crate::roster::decide::reasons::Reason;
use crate::roster::feed::{Column, Columns, Source};
use crate::roster::guard::takeovers::Changed;
use crate::roster::guard::{Comparison, Difference, Limit, MirrorMismatch, Recent, Removals, Stands};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::plan::Counts;
use crate::roster::policy::Who;
use crate::roster::policy::name_changes::Mismatch;
use crate::roster::voice::{Told, Voice, tell};

/// Why somebody who must be in is not in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NotIn {
    Excluded(Reason),
    Undecided(Problem),
    NotListed,
}

impl Told for NotIn {
    fn told(&self, voice: Voice<'_>) -> String {
        match self {
            Self::Excluded(reason) => reason.told(voice),
            Self::Undecided(problem) => {
                tell!(voice, "undecided, {problem}", "{problem}", "{problem}", problem = problem.told(voice))
            }
            Self::NotListed => tell!(
                voice,
                "Personio does not list them",
                "Personio does not list this person",
                "Personio führt diese Person nicht auf"
            ),
        }
    }
}

/// A column, as each reader knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Heading {
    pub header: String,
    /// The kind of its source where that is a field of everybody; else its header is what people call it.
    pub field: Option<String>,
}

impl Heading {
    pub(super) fn of(column: &Column) -> Self {
        let field = match &column.source {
            Source::Group(_) | Source::Constant(_) | Source::Unknown => None,
            own @ (Source::ImportId
            | Source::Email
            | Source::FirstName
            | Source::LastName
            | Source::Language(_)
            | Source::ReportsToId) => Some(own.kind().to_owned()),
        };
        Self { header: column.header.clone(), field }
    }

    pub(super) fn found(columns: &Columns, header: &str) -> Self {
        columns.get(header).map_or_else(|| Self { header: header.to_owned(), field: None }, Self::of)
    }
}

impl Told for Heading {
    fn told(&self, voice: Voice<'_>) -> String {
        let header = voice.quoted(&self.header);
        let source = self.field.as_deref().and_then(Source::of_kind);
        let field = source.map_or_else(|| header.clone(), |source| source.told(voice));
        tell!(voice, "{header}", "{field}", "{field}")
    }
}

/// A rule that a plan breaks, with its numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", content = "facts", rename_all = "snake_case")]
pub enum Rule {
    /// The mirror is not the one that the last run left.
    AnotherMirror {
        mismatch: MirrorMismatch,
    },
    RemovalsAtMost {
        removals: Removals,
        at_most: usize,
    },
    Removals {
        removals: Removals,
        limit: Limit,
    },
    MoreThanHalf {
        removals: Removals,
    },
    /// Nobody would be left.
    LastPerson {
        removals: Removals,
    },
    Additions {
        additions: usize,
        of: usize,
        limit: Limit,
    },
    /// The cells below one header.
    FieldChanges {
        column: Heading,
        people: usize,
        of: usize,
        limit: Limit,
    },
    EmptyListing,
    NoOverlap {
        mirrored: usize,
        listed: usize,
        /// Whether `connect --replace` said that it would be so.
        replaced: bool,
    },
    MustInclude {
        missing: Who,
        /// None if nobody is known by that address.
        why: Option<NotIn>,
    },
    Withheld {
        attribute: AttributeKey,
    },
    /// People would go who may still be in under the scope by which they were last decided; what differs.
    ScopeChanged {
        removals: usize,
        differences: BTreeSet<Difference>,
    },
    /// People would go by a filter while nobody has one of its values, or something else has the same name.
    FilterMatchesNobody {
        removals: usize,
        values: Vec<Mismatch>,
    },
    /// More people are missing from the listing than may be, and Personio does not know them by id. It was not asked about all of
    /// them: whoever approves has that done.
    Vanished {
        people: usize,
        recent: Recent,
        limit: usize,
        not_asked: usize,
    },
    /// People who were in Honestly before and have no profile at Personio, and those whose import id is another one's there.
    NeverThere {
        people: usize,
        become_others: usize,
    },
    /// People would take over the name or the address of others who were in; the first of them, and whose it was.
    Takeover {
        people: usize,
        employee: EmployeeId,
        of: EmployeeId,
    },
    /// People would have neither a word of their name nor the address that they had; the first of them.
    SomebodyElse {
        people: usize,
        employee: EmployeeId,
    },
    /// More than half of the company would be called otherwise, or have other addresses.
    MostIdentities {
        changed: Changed,
    },
    /// Nothing could be decided about anybody in the listing who may be in.
    NobodyDecided {
        people: usize,
    },
    /// Something would change by a date that may be wrong.
    Clock {
        clock: Clock,
    },
    /// At a destination that is known to have the mirror's feed: headers that are new, gone, or filled from another source.
    ColumnsChanged {
        added: Vec<Heading>,
        changed: Vec<Heading>,
        removed: Vec<Heading>,
    },
    /// Nobody has reviewed what a destination loses: nothing is known of what it has, or only what was adopted.
    FirstDelivery {
        destination: String,
        people: usize,
        stands: Stands,
        /// Who is in the file there.
        comparison: Option<Comparison>,
        /// The people of Personio about whom nothing was decided, and who are not in the file.
        undecided: usize,
        /// How the file differs from the mirror.
        against_mirror: Counts,
        /// The recommended attributes that cannot be read.
        not_released: Vec<AttributeKey>,
    },
    /// The destination has another file than the one that was left there, or had one that Honestly may have imported.
    ForeignFile {
        destination: String,
        stands_there: bool,
        comparison: Comparison,
    },
}

/// What a rule is about. The gravest come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concern {
    /// What a run reads, or its clock.
    Run,
    Mirror,
    /// Who would be removed.
    Removals,
    /// Who would become somebody else.
    Identities,
    Destination,
    Columns,
    /// Who comes, and what changes about people.
    Contents,
}

/// Whether a command to approve a plan is offered. What is not offered is accepted all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approving {
    Offered,
    /// No plan shows what is wrong, and approving would not put it right.
    NotOffered,
}

/// What kind of rule it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    /// One word for machines and the run log.
    pub kind: &'static str,
    pub concerns: Concern,
    pub approving: Approving,
    /// The keys in `[guard]` that decide when it holds.
    pub options: &'static [&'static str],
}

impl Card {
    const fn of(kind: &'static str, concerns: Concern) -> Self {
        Self { kind, concerns, approving: Approving::Offered, options: &[] }
    }

    const fn by(self, options: &'static [&'static str]) -> Self {
        Self { options, ..self }
    }

    const fn not_offered(self) -> Self {
        Self { approving: Approving::NotOffered, ..self }
    }
}

impl Rule {
    pub fn card(&self) -> Card {
        use Concern::{Columns, Contents, Destination, Identities, Mirror, Removals, Run};
        match self {
            Self::EmptyListing => Card::of("empty_listing", Run).not_offered(),
            Self::NoOverlap { replaced: false, .. } => Card::of("no_overlap", Run).not_offered(),
            Self::NoOverlap { replaced: true, .. } => Card::of("no_overlap", Run),
            Self::NobodyDecided { .. } => Card::of("nobody_decided", Run).not_offered(),
            Self::Clock { clock: Clock::OffPersonios { .. } } => Card::of("clock", Run).not_offered(),
            Self::Clock { .. } => Card::of("clock", Run),
            Self::Withheld { .. } => Card::of("withheld", Run),
            Self::MustInclude { .. } => Card::of("must_include", Run).by(&["must_include"]),
            Self::AnotherMirror { .. } => Card::of("another_mirror", Mirror),
            Self::RemovalsAtMost { .. } => Card::of("removals_at_most", Removals).by(&["removals_at_most"]),
            Self::Removals { .. } => Card::of("removals", Removals).by(&["removals", "removals_percent"]),
            Self::MoreThanHalf { .. } => Card::of("more_than_half", Removals),
            Self::LastPerson { .. } => Card::of("last_person", Removals),
            Self::ScopeChanged { .. } => Card::of("scope_changed", Removals),
            Self::FilterMatchesNobody { .. } => Card::of("filter_matches_nobody", Removals),
            Self::Vanished { .. } => Card::of("vanished", Removals).by(&["vanished"]),
            Self::NeverThere { .. } => Card::of("never_there", Removals),
            Self::Takeover { .. } => Card::of("takeover", Identities),
            Self::SomebodyElse { .. } => Card::of("somebody_else", Identities),
            Self::MostIdentities { .. } => Card::of("most_identities", Identities),
            Self::FirstDelivery { .. } => Card::of("first_delivery", Destination),
            Self::ForeignFile { .. } => Card::of("foreign_file", Destination),
            Self::ColumnsChanged { .. } => Card::of("columns_changed", Columns),
            Self::Additions { .. } => Card::of("additions", Contents).by(&["additions", "additions_percent"]),
            Self::FieldChanges { .. } => {
                Card::of("field_changes", Contents).by(&["field_changes", "field_changes_percent"])
            }
        }
    }

    pub fn kind(&self) -> &'static str {
        self.card().kind
    }

    /// What its reader is told to look at: the same for rules that differ in their limits alone.
    pub fn lead(&self) -> &'static str {
        match self {
            Self::RemovalsAtMost { .. } | Self::MoreThanHalf { .. } | Self::LastPerson { .. } => "removals",
            other => other.kind(),
        }
    }

    /// Whether HR alone cannot put right what usually leads to it: the configuration, the connection, the machine, or what else
    /// writes at the destination.
    pub fn needs_operator(&self) -> bool {
        match self {
            Self::EmptyListing
            | Self::NoOverlap { .. }
            | Self::Clock { .. }
            | Self::Withheld { .. }
            | Self::AnotherMirror { .. }
            | Self::ScopeChanged { .. }
            | Self::FilterMatchesNobody { .. }
            | Self::NeverThere { .. }
            | Self::FirstDelivery { .. }
            | Self::ForeignFile { .. }
            | Self::ColumnsChanged { .. } => true,
            Self::NobodyDecided { .. }
            | Self::MustInclude { .. }
            | Self::RemovalsAtMost { .. }
            | Self::Removals { .. }
            | Self::MoreThanHalf { .. }
            | Self::LastPerson { .. }
            | Self::Vanished { .. }
            | Self::Takeover { .. }
            | Self::SomebodyElse { .. }
            | Self::MostIdentities { .. }
            | Self::Additions { .. }
            | Self::FieldChanges { .. } => false,
        }
    }

    /// Whether it is about what a plan changes; else it is about where that is carried out, or about the run as a whole.
    pub(super) fn concerns_the_step(&self) -> bool {
        match self.card().concerns {
            Concern::Run | Concern::Mirror | Concern::Destination => false,
            Concern::Removals | Concern::Identities | Concern::Columns | Concern::Contents => true,
        }
    }
}

/// What to do about rules: the advice of the one that leads. None where there are none.
pub fn advice(rules: &[Rule], voice: Voice<'_>) -> Option<Advice> {
    leading(rules).map(|rule| rule.advice(voice))
}

/// One that no approval answers, else the gravest.
pub fn leading(rules: &[Rule]) -> Option<&Rule> {
    let is_answered_by_approving = |rule: &Rule| rule.card().approving == Approving::Offered;
    rules.iter().min_by_key(|rule| (is_answered_by_approving(rule), rule.card().concerns))
}

/// Offered unless one of them is answered badly by it.
pub fn approving(rules: &[Rule]) -> Approving {
    match leading(rules) {
        Some(leading) => leading.card().approving,
        None => Approving::Offered,
    }
}
