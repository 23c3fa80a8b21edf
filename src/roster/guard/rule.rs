//! The guard's rules as values: which rule a plan breaks, with its numbers, in words that an operator can read at night.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::roster::decide::clock::Clock;
use crate::roster::decide::notes::Problem;
use crate::roster::decide::reasons::Reason;
use crate::roster::guard::limit::percent;
use crate::roster::guard::takeovers::Changed;
use crate::roster::guard::{Comparison, Difference, Limit, MirrorMismatch, Recent, Removals, Stands, number_of};
use crate::roster::model::record::{AttributeKey, EmployeeId, by_id};
use crate::roster::plan::{Counts, Tally};
use crate::roster::policy::Who;
use crate::roster::policy::name_changes::Mismatch;
use crate::roster::voice::Told;

/// Why somebody who must be in is not in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NotIn {
    Excluded(Reason),
    Undecided(Problem),
    NotListed,
}

impl fmt::Display for NotIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Excluded(reason) => reason.fmt(f),
            Self::Undecided(problem) => write!(f, "undecided, {problem}"),
            Self::NotListed => f.write_str("Personio does not list them"),
        }
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
        header: String,
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
        added: Vec<String>,
        changed: Vec<String>,
        removed: Vec<String>,
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

impl fmt::Display for Rule {
    // long because every rule has its own sentence
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnotherMirror { mismatch } => mismatch.fmt(f),
            Self::RemovalsAtMost { removals, at_most } => {
                write!(f, "{removals}; the limit is {at_most} (removals_at_most)")
            }
            Self::Removals { removals, limit } => {
                write!(f, "{removals}; the limit is {limit} (removals, removals_percent)", limit = limit.logged())
            }
            Self::MoreThanHalf { removals } => write!(f, "{removals}: more than half never go unseen"),
            Self::LastPerson { removals } => write!(f, "{removals}: nobody would be left"),
            Self::Additions { additions, of, limit } => write!(
                f,
                "{additions} people would be added to {of} ({} %); the limit is {limit} (additions, additions_percent)",
                percent(*additions, *of),
                limit = limit.logged()
            ),
            Self::FieldChanges { header, people, of, limit } => write!(
                f,
                "{header} would change for {people} of {of} people ({} %); the limit is {limit} (field_changes, \
                 field_changes_percent)",
                percent(*people, *of),
                limit = limit.logged()
            ),
            Self::EmptyListing => f.write_str("Personio listed nobody at all: wrong rights, or the wrong account?"),
            Self::NoOverlap { mirrored, listed, replaced: _ } => write!(
                f,
                "none of the {mirrored} people in the mirror is among the {listed} whom Personio listed: another company's \
                 credential?"
            ),
            Self::MustInclude { missing, why } => {
                match missing {
                    Who::Id(id) => write!(f, "employee {id}, named in must_include, is not in")?,
                    Who::Email(_) => f.write_str("somebody named in must_include by e-mail address is not in")?,
                }
                match why {
                    Some(why) => write!(f, ": {why}"),
                    None => f.write_str(": no employee who has not left has that address"),
                }
            }
            Self::Withheld { attribute } => write!(
                f,
                "{attribute} could be read before and cannot be read for anybody now: was it taken from the credential?"
            ),
            Self::ScopeChanged { removals, differences } => {
                const SHOWN: usize = 3;
                let shown = differences.iter().take(SHOWN).map(Difference::to_string).collect::<Vec<_>>().join("; ");
                let more = match differences.len().saturating_sub(SHOWN) {
                    0 => String::new(),
                    more => format!("; and {more} more"),
                };
                write!(
                    f,
                    "{} would be removed while the scope has changed since they were last decided ({shown}{more})",
                    number_of(*removals)
                )
            }
            Self::FilterMatchesNobody { removals, values } => {
                let (people, values) =
                    (number_of(*removals), values.iter().map(Mismatch::to_string).collect::<Vec<_>>().join("; "));
                write!(f, "{people} would be removed for being out of scope, but {values}")
            }
            Self::Vanished { people, recent, limit, not_asked } => {
                let asked = match not_asked {
                    0 => "was asked about each".to_owned(),
                    not_asked => format!("was not asked about {not_asked} of them, but is before they go"),
                };
                let (who, were) = if *people == 1 { ("person is", "was") } else { ("people are", "were") };
                write!(f, "{people} {who} missing from Personio's listing and {were} never seen leaving")?;
                recent.write(f, recent.vanished)?;
                write!(f, "; the limit is {limit} (vanished), and Personio {asked}")
            }
            Self::Takeover { people, employee, of } => write!(
                f,
                "{} would take over the name or the address of others who were in within the last seven days, such as {} of \
                 {}: feedback would change hands",
                number_of(*people),
                by_id(*employee),
                by_id(*of)
            ),
            Self::SomebodyElse { people, employee } => write!(
                f,
                "{} would have neither a word of their name nor the address of seven days ago, such as employee {employee}: \
                 somebody else on an old profile?",
                number_of(*people)
            ),
            Self::MostIdentities { changed: Changed { names, addresses, of } } => write!(
                f,
                "of {of} people, {names} would be called otherwise than seven days ago and {addresses} would have another \
                 address: more than half never change unseen"
            ),
            Self::NobodyDecided { people } => {
                write!(
                    f,
                    "nothing could be decided about any of the {people} people whom Personio listed and who may be in"
                )
            }
            Self::Clock { clock } => write!(f, "{}, and dates decide who is in: is the clock right?", clock.logged()),
            Self::NeverThere { people, become_others: 0 } => {
                write!(f, "{} adopted from Honestly would be removed: no profile at Personio", number_of(*people))
            }
            Self::NeverThere { people, become_others } => write!(
                f,
                "of those adopted from Honestly {people} would be removed: no profile at Personio; {} would become \
                 somebody else, who has the import id there: feedback would change hands",
                number_of(*become_others)
            ),
            Self::ColumnsChanged { added, changed, removed } => {
                let named = |what: &str, headers: &[String]| match headers {
                    [] => None,
                    headers => Some(format!("{what} {}", quoted(headers))),
                };
                let parts = [named("new", added), named("filled otherwise", changed), named("gone", removed)];
                write!(f, "the columns change: {}", parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
            }
            Self::FirstDelivery {
                destination,
                people,
                stands,
                comparison,
                undecided,
                against_mirror,
                not_released,
            } => {
                write!(
                    f,
                    "this would be the first delivery to {destination}, or the first since it was last given something else: \
                     Honestly removes whoever is not among the {people} people in the file"
                )?;
                if *undecided > 0 {
                    write!(f, ", such as {} of Personio who cannot be decided about", number_of(*undecided))?;
                }
                let Tally { added, changed, removed } = against_mirror.people;
                write!(f, "; against the mirror {added} come, {removed} go and {changed} change")?;
                if !not_released.is_empty() {
                    let keys: Vec<&str> = not_released.iter().map(AttributeKey::as_str).collect();
                    write!(f, "; {} cannot be read, so who left may be among them", keys.join(", "))?;
                }
                match (stands, comparison) {
                    (Stands::Nothing, _) => f.write_str("; no file is there"),
                    (Stands::Unknown, _) => f.write_str("; what is there cannot be read"),
                    (Stands::Ours | Stands::Part, Some(comparison)) => {
                        write!(f, "; the file there is the one that was left: {comparison}")
                    }
                    (Stands::Empty, _) => f.write_str("; the file there has nobody in it"),
                    // The rule about a foreign file describes it.
                    (Stands::Ours | Stands::Part, None) | (Stands::Another { .. }, _) => Ok(()),
                }
            }
            Self::ForeignFile { destination: to, stands_there, comparison } => {
                match (comparison.files, stands_there) {
                    (1, true) => write!(f, "{to} has a file that no run left there")?,
                    (1, false) => write!(f, "{to} had a file that no run left there and that Honestly may have")?,
                    (files, _) => write!(f, "{to} has or had {files} files that no run left there")?,
                }
                write!(f, ": {comparison}")
            }
        }
    }
}

impl Rule {
    /// Whether the message should also give the number of people who would go.
    pub fn concerns_removals(&self) -> bool {
        match self {
            Self::RemovalsAtMost { .. }
            | Self::Removals { .. }
            | Self::MoreThanHalf { .. }
            | Self::LastPerson { .. }
            | Self::ScopeChanged { .. }
            | Self::FilterMatchesNobody { .. }
            | Self::Vanished { .. }
            | Self::NeverThere { .. } => true,
            Self::Additions { .. }
            | Self::FieldChanges { .. }
            | Self::AnotherMirror { .. }
            | Self::EmptyListing
            | Self::NoOverlap { .. }
            | Self::MustInclude { .. }
            | Self::Withheld { .. }
            | Self::Takeover { .. }
            | Self::SomebodyElse { .. }
            | Self::MostIdentities { .. }
            | Self::NobodyDecided { .. }
            | Self::Clock { .. }
            | Self::ColumnsChanged { .. }
            | Self::FirstDelivery { .. }
            | Self::ForeignFile { .. } => false,
        }
    }

    /// One word for machines and the run log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AnotherMirror { .. } => "another_mirror",
            Self::RemovalsAtMost { .. } => "removals_at_most",
            Self::Removals { .. } => "removals",
            Self::MoreThanHalf { .. } => "more_than_half",
            Self::LastPerson { .. } => "last_person",
            Self::Additions { .. } => "additions",
            Self::FieldChanges { .. } => "field_changes",
            Self::EmptyListing => "empty_listing",
            Self::NoOverlap { .. } => "no_overlap",
            Self::MustInclude { .. } => "must_include",
            Self::Withheld { .. } => "withheld",
            Self::ScopeChanged { .. } => "scope_changed",
            Self::FilterMatchesNobody { .. } => "filter_matches_nobody",
            Self::Vanished { .. } => "vanished",
            Self::NeverThere { .. } => "never_there",
            Self::Takeover { .. } => "takeover",
            Self::SomebodyElse { .. } => "somebody_else",
            Self::MostIdentities { .. } => "most_identities",
            Self::NobodyDecided { .. } => "nobody_decided",
            Self::Clock { .. } => "clock",
            Self::ColumnsChanged { .. } => "columns_changed",
            Self::FirstDelivery { .. } => "first_delivery",
            Self::ForeignFile { .. } => "foreign_file",
        }
    }
}

fn quoted(headers: &[String]) -> String {
    const SHOWN: usize = 6;
    let shown: Vec<String> = headers.iter().take(SHOWN).map(|header| format!("{header:?}")).collect();
    match headers.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
