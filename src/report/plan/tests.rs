//! How large plans look on a terminal and in a pipe.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use std::sync::Arc;

use super::*;
use crate::history::Usual;
use crate::roster::decide::Decision;
use crate::roster::decide::clock::Clock;
use crate::roster::decide::notes::Problem;
use crate::roster::decide::reasons::Reason;
use crate::roster::guard::Proposal;
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::Employee;
use crate::roster::model::snapshot::{Email, Group, GroupKey, ImportId, Memberships, Origin, Snapshot};
use crate::roster::plan::mirror::Mirror;
use crate::terminal::{Extent, Paint, Style};

fn employee(id: i64, domain: &str) -> Employee {
    Employee {
        id: EmployeeId(id),
        import_id: ImportId::from(EmployeeId(id)),
        email: Email::new(&format!("person.{id}@{domain}")).unwrap(),
        first_name: format!("First{id}").into(),
        last_name: format!("Last{id}").into(),
        language: None,
        supervisor: (id % 10 != 0).then_some(EmployeeId(id / 10 * 10)),
        groups: Memberships::default(),
    }
}

fn without_supervisor(id: i64) -> Employee {
    Employee { supervisor: None, ..employee(id, "example.com") }
}

fn feed(people: impl IntoIterator<Item = Employee>) -> Feed {
    let columns = crate::roster::samples::columns(&[]);
    Feed { columns, people: Snapshot::new(people, []).unwrap() }
}

/// The text of the plan that leads from one company to another.
struct Company {
    mirror: Mirror,
    decision: Decision,
}

impl Company {
    fn new(before: Feed, after: Feed) -> Self {
        let last_day = NaiveDate::from_ymd_opt(2026, 11, 30).unwrap();
        let gone = before.people.ids().iter().filter(|id| after.people.employee(**id).is_none());
        let excluded = gone.map(|id| (*id, Reason::LastDayPassed(last_day))).collect();
        let mirror = Mirror { feed: before, ..Mirror::default() };
        let decision = Decision {
            excluded,
            outsiders: BTreeMap::new(),
            notes: Vec::new(),
            headcount: crate::roster::decide::Headcount::default(),
            grounds: crate::roster::decide::Grounds::default(),
            desired: after,
        };
        Self { mirror, decision }
    }

    fn text(&self, style: Style) -> String {
        let proposal = Proposal::new(&self.mirror, &self.mirror.feed, &self.decision.desired);
        let (listed, asked_for) = (BTreeSet::new(), BTreeSet::new());
        let evidence = Evidence {
            mismatch: None,
            mirror: &self.mirror,
            decision: &self.decision,
            listed: &listed,
            asked_for: &asked_for,
            destination: None,
            recent: crate::roster::guard::Recent::default(),
            former: const { &BTreeMap::new() },
            clock: Clock::Plausible,
            days: &BTreeMap::new(),
        };
        let digest = proposal.plan.digest(&evidence.basis(&proposal));
        let today = NaiveDate::from_ymd_opt(2026, 12, 1).unwrap();
        plan(&Report::new(&PlanView {
            smallest_group: 5,
            notes: &self.decision.notes,
            usual: Usual::default(),
            since: None,
            proposal: &proposal,
            evidence: &evidence,
            unseen: &[],
            digest: &digest,
            today,
            sync: "program sync",
            style,
        }))
    }
}

const SCREENS: Style = Style { paint: Paint::Plain, extent: Extent::Screens };
const PIPE: Style = Style { paint: Paint::Plain, extent: Extent::Everything };

/// 60 of 800 leave, six of them supervisors.
fn leavers() -> Company {
    let everybody = (0..800).map(|id| employee(id, "example.com"));
    let stays = |id: &i64| !(10..70).contains(id);
    let mut company = Company::new(feed(everybody), feed((0..800).filter(stays).map(|id| employee(id, "example.com"))));
    company.decision.notes = vec![Note::SupervisorNotIn { supervisor: EmployeeId(10), people: 8, next: None }];
    company
}

#[test]
fn sixty_leavers_fit_two_screens_and_the_summary_stands_last() {
    let company = leavers();
    let text = company.text(SCREENS);
    assert!(text.lines().count() <= 48, "{text}");
    assert!(
        text.contains(
            "Would be removed from the mirror (60)\n    by reason: 60 left, last day passed\n  - 10 First10 Last10 <person.10@example.com>: left, last day 2026-11-30\n"
        )
    );
    assert!(text.contains("  ... and 46 more\n"), "{text}");
    let end: Vec<&str> = text.lines().rev().take(4).collect();
    assert_eq!(end[0], "Not all of it is shown; all: program sync --dry-run --full");
    assert_eq!(end[1], "The mirror has 800 people in 0 groups; with this plan 740 people in 0 groups.");
    assert_eq!(end[2], "For comparison, no run within a year removed anybody.");
    assert!(end[3].ends_with(": 60 people would be removed from the mirror."), "{text}");
    assert!(!text.contains("Notes"), "that a supervisor leaves is said by the plan itself: {text}");

    let piped = company.text(PIPE);
    assert_eq!(piped.matches("  - ").count(), 60);
    assert!(!piped.contains("--full"), "{piped}");
}

#[test]
fn everything_at_once_fits_three_screens() {
    let before = (0..600).map(|id| employee(id, "example.com"));
    // 100 leave, 60 get another address, 72 lose their supervisor, 100 come.
    let after = (100..160)
        .map(|id| employee(id, "example.org"))
        .chain((160..240).map(|id| if id % 10 == 0 { employee(id, "example.com") } else { without_supervisor(id) }))
        .chain((240..600).map(|id| employee(id, "example.com")))
        .chain((700..800).map(|id| employee(id, "example.com")));
    let mut company = Company::new(feed(before), feed(after));
    for id in 900..940 {
        company.decision.excluded.insert(EmployeeId(id), Reason::NotYet(None));
        company.decision.notes.push(Note::NoLanguage { employee: EmployeeId(id - 400) });
        let problem = Problem::NotAnAddress;
        company.decision.notes.push(Note::Undecided { employee: EmployeeId(id), problem, place: Place::LeftOut });
    }
    let text = company.text(SCREENS);
    assert!(
        text.contains(
            ": 100 people would be removed from the mirror, 100 people would be added, 132 people would be updated."
        ),
        "{text}"
    );
    // The message about the hold has at most twelve lines.
    assert!(text.lines().count() + 12 <= 72, "{}: {text}", text.lines().count());
    assert!(text.contains("the language of 500 First500 Last500 is not in"), "a note has a name: {text}");
}

#[test]
fn supervisors_who_go_leave_one_line() {
    let after = (0..100).filter(|id| id % 10 != 0).map(without_supervisor);
    let text = Company::new(feed((0..100).map(|id| employee(id, "example.com"))), feed(after)).text(SCREENS);
    assert!(text.contains("Would be updated (90)\n  ~ Supervisor: removed too -> (empty) (90 people)\n\n"), "{text}");
}

#[test]
fn the_same_change_of_many_is_one_line() {
    let company = Company::new(
        feed((0..812).map(|id| employee(id, "example.com"))),
        feed((0..812).map(|id| employee(id, "example.org"))),
    );
    let text = company.text(SCREENS);
    assert!(
        text.starts_with("Would be updated (812)\n  ~ E-mail domain: example.com -> example.org (812 people)\n\nPlan ")
    );
    assert!(text.lines().count() < 6, "{text}");
    let piped = company.text(PIPE);
    assert_eq!(piped.matches("@example.org>").count(), 812, "a pipe gets everybody");

    let few = Company::new(feed((0..2).map(|id| employee(id, "a.org"))), feed((0..2).map(|id| employee(id, "b.org"))));
    assert!(few.text(SCREENS).contains("      E-mail domain: a.org -> b.org\n"));
}

#[test]
fn where_newcomers_are_cut_their_departments_stand_first() {
    let text_of = |legal: i64, style| {
        let columns = crate::roster::samples::columns(&[("Department", "department")]);
        let key = |id| Arc::new(GroupKey { attribute: AttributeKey::new("department"), origin: Origin::Id(id) });
        let (of_legal, of_sales) = (key(1), key(2));
        let member = |id| {
            let of = if id < legal { &of_legal } else { &of_sales };
            Employee { groups: [Arc::clone(of)].into_iter().collect(), ..without_supervisor(id) }
        };
        let groups = [(&of_legal, "Legal"), (&of_sales, "Sales")];
        let groups = groups.map(|(key, name)| Group { key: Arc::clone(key), name: name.into() });
        let after =
            Feed { columns: columns.clone(), people: Snapshot::new((0..legal + 9).map(member), groups).unwrap() };
        let before = Feed { columns, people: Snapshot::default() };
        Company::new(before, after).text(style)
    };
    let cut = "    by department: Sales 9 and Legal 2\n  + ";
    assert!(text_of(2, SCREENS).contains(cut), "{}", text_of(2, SCREENS));
    for all_shown in [text_of(1, SCREENS), text_of(2, PIPE)] {
        assert!(!all_shown.contains("by department"), "{all_shown}");
    }
}

#[test]
fn colour_changes_no_letter() {
    let company = leavers();
    let colored = company.text(Style { paint: Paint::Colored, ..SCREENS });
    assert!(colored.contains("\u{1b}[31m- 10 First10"), "{colored}");
    let mut plain = String::new();
    for (at, part) in colored.split('\u{1b}').enumerate() {
        plain.push_str(if at == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert_eq!(plain, company.text(SCREENS));
}

#[test]
fn whoever_moves_to_another_value_with_the_same_name_keeps_their_cell() {
    let columns = || crate::roster::samples::columns(&[("Department", "department")]);
    let in_value = |value| {
        let key = Arc::new(GroupKey { attribute: AttributeKey::new("department"), origin: Origin::Id(value) });
        let member = |id| Employee { groups: [Arc::clone(&key)].into_iter().collect(), ..employee(id, "example.com") };
        let people = Snapshot::new((0..6).map(member), [Group { key: Arc::clone(&key), name: "Germany".into() }]);
        Feed { columns: columns(), people: people.unwrap() }
    };
    let text = Company::new(in_value(200), in_value(300)).text(PIPE);
    let one_line =
        "Would be updated (6)\n  ~ Department: Germany (another value at Personio, with the same name) (6 people)\n";
    assert!(text.contains(one_line) && !text.contains("->") && !text.contains("Groups ("), "{text}");
}

#[test]
fn a_value_that_looks_like_a_person_is_shown_as_it_is() {
    let people = || feed([employee(500, "example.com")]);
    let mut company = Company::new(people(), people());
    let chosen = "employee 500".to_owned();
    let attribute = AttributeKey::new("position");
    company.decision.notes.push(Note::SpellingVariants { attribute, chosen, others: 1 });
    company.decision.notes.push(Note::Returned { employee: EmployeeId(500), with_new_profile_after: None });
    let text = company.text(PIPE);
    assert!(text.contains("\"employee 500\" has 1") && text.contains("500 First500 Last500 returns"), "{text}");
}
