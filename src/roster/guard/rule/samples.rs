//! Every rule, for tests that tell them all.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{Heading, NotIn, Rule};
use crate::roster::decide::clock::Clock;
use crate::roster::decide::notes::Problem;
use crate::roster::decide::reasons::Reason;
use crate::roster::guard::takeovers::Changed;
use crate::roster::guard::{Comparison, Difference, Limit, MirrorMismatch, Recent, Removals, Stands, Void};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::plan::{Counts, Tally};
use crate::roster::policy::Who;
use crate::roster::policy::name_changes::{Mismatch, Role};
use crate::roster::samples;

/// Every rule, several of those whose sentence has branches.
pub(crate) fn rules() -> Vec<Rule> {
    let limit = Limit { people: 13, percent: 17 };
    let recent = Recent { removed: 4, vanished: 3, since: NaiveDate::from_ymd_opt(2026, 11, 1) };
    let removals = Removals { now: 61, recent, mirrored: 812 };
    let column = |header: &str| Heading { header: header.to_owned(), field: None };
    let own = |header: &str, field: &str| Heading { field: Some(field.to_owned()), ..column(header) };
    let comparison = Comparison { files: 1, unreadable: 0, people: 41, other_name: 0, stay: 42, go: 43, come: 44 };
    let mixed = Comparison { files: 7, unreadable: 6, other_name: 8, ..comparison };
    let unreadable = Comparison { unreadable: 1, ..comparison };
    let another =
        |stands_there, comparison| Rule::ForeignFile { destination: "file:///x".to_owned(), stands_there, comparison };
    let against_mirror = Counts { people: Tally { added: 51, changed: 52, removed: 53 }, ..Counts::default() };
    let first = |stands, comparison| Rule::FirstDelivery {
        undecided: 12,
        destination: "file:///x".to_owned(),
        people: 3000,
        stands,
        comparison,
        against_mirror,
        not_released: vec![AttributeKey::new("status")],
    };
    vec![
        Rule::RemovalsAtMost { removals, at_most: 25 },
        Rule::Removals { removals, limit },
        Rule::Removals { removals, limit: Limit { people: 0, percent: 0 } },
        Rule::MoreThanHalf { removals },
        Rule::LastPerson { removals: Removals { recent: Recent::default(), ..removals } },
        Rule::Additions { additions: 61, of: 812, limit },
        Rule::FieldChanges { column: column("X"), people: 61, of: 812, limit },
        Rule::FieldChanges { column: own("ReportsToId", "supervisor"), people: 1, of: 1, limit },
        Rule::LastPerson {
            removals: Removals { recent: Recent { removed: 1, vanished: 1, ..recent }, now: 1, ..removals },
        },
        Rule::Additions { additions: 1, of: 1, limit },
        Rule::Vanished { people: 1, recent: Recent { removed: 1, vanished: 1, ..recent }, limit: 0, not_asked: 1 },
        Rule::NeverThere { people: 1, become_others: 1 },
        Rule::Takeover { people: 1, employee: EmployeeId(12), of: EmployeeId(13) },
        Rule::SomebodyElse { people: 1, employee: EmployeeId(12) },
        Rule::NoOverlap { mirrored: 1, listed: 1, replaced: true },
        Rule::EmptyListing,
        Rule::NoOverlap { mirrored: 11, listed: 12, replaced: false },
        Rule::MustInclude { missing: Who::Id(EmployeeId(99)), why: Some(NotIn::NotListed) },
        Rule::MustInclude { missing: Who::Id(EmployeeId(98)), why: Some(NotIn::Excluded(Reason::OnLeave)) },
        Rule::MustInclude { missing: Who::Id(EmployeeId(97)), why: Some(NotIn::Undecided(Problem::NoLocalPart)) },
        Rule::MustInclude { missing: Who::Email("x".to_owned()), why: None },
        Rule::Withheld { attribute: AttributeKey::new("email") },
        Rule::ScopeChanged { removals: 11, differences: differences() },
        Rule::ScopeChanged { removals: 1, differences: BTreeSet::from([Difference::OnLeave]) },
        Rule::Vanished { people: 11, recent, limit: 2, not_asked: 0 },
        Rule::Vanished { people: 11, recent: Recent::default(), limit: 2, not_asked: 9 },
        Rule::NeverThere { people: 11, become_others: 0 },
        Rule::NeverThere { people: 0, become_others: 2 },
        Rule::FilterMatchesNobody {
            removals: 11,
            values: vec![Mismatch::Namesake { named: samples::named(Role::Filter, "office", "x") }],
        },
        Rule::Takeover { people: 11, employee: EmployeeId(12), of: EmployeeId(13) },
        Rule::SomebodyElse { people: 11, employee: EmployeeId(12) },
        Rule::MostIdentities { changed: Changed { names: 14, addresses: 15, of: 16 } },
        Rule::NobodyDecided { people: 11 },
        Rule::AnotherMirror { mismatch: MirrorMismatch::Missing },
        Rule::Clock { clock: Clock::LongAfterTheLastRun { days: 31 } },
        Rule::Clock { clock: Clock::Plausible },
        Rule::Clock { clock: Clock::OffPersonios { hours: -5 } },
        Rule::Clock { clock: Clock::OffPersonios { hours: 5 } },
        Rule::Clock { clock: Clock::BeforeTheLastRun { hours: 5 } },
        Rule::ColumnsChanged {
            added: vec![column("x"), own("Language", "language")],
            changed: Vec::new(),
            removed: vec![column("y")],
        },
        Rule::ColumnsChanged { added: Vec::new(), changed: vec![column("x")], removed: Vec::new() },
        first(Stands::Nothing, None),
        first(Stands::Unknown, None),
        first(Stands::Empty, None),
        first(Stands::Ours, Some(comparison)),
        first(Stands::Another { hash: String::new() }, Some(comparison)),
        another(true, comparison),
        another(true, unreadable),
        another(false, comparison),
        another(false, mixed),
    ]
}

/// Every difference of two scopes.
pub(super) fn differences() -> BTreeSet<Difference> {
    let key = || AttributeKey::new("office");
    BTreeSet::from([
        Difference::TimeZone { before: "UTC".to_owned(), now: "Europe/Berlin".to_owned() },
        Difference::OnLeave,
        Difference::Excluded(EmployeeId(99)),
        Difference::ExcludedAddress("canary".to_owned()),
        Difference::NewFilter(key()),
        Difference::NarrowerFilter { attribute: key(), name: "Graz".to_owned() },
        Difference::Withdrawn(key()),
        Difference::Released(key()),
    ])
}

pub(super) fn mismatches() -> [MirrorMismatch; 5] {
    use MirrorMismatch::*;
    [Missing, Emptied, Another, Older, NoWitness]
}

pub(super) fn stands() -> [Stands; 6] {
    let another = Stands::Another { hash: String::new() };
    [Stands::Nothing, Stands::Ours, Stands::Part, Stands::Empty, another, Stands::Unknown]
}

pub(super) fn voids() -> [Void; 9] {
    use Void::*;
    [
        NeverTold,
        Ended,
        CarriedOutSince,
        OtherDestination,
        OtherAccount,
        OtherMirror,
        OtherFile,
        OtherImportIds,
        Unreadable,
    ]
}
