//! The laws about edits of what decides who is in: nobody whose removal an edit could have made goes unheld, in however many
//! runs, and whoever left under either scope goes.

use super::*;
use crate::roster::decide::clock::Clock;
use crate::roster::decide::eligibility::{Background, Calendar, Eligibility, eligibility};
use crate::roster::guard::{Evidence, Guard, Proposal, Recent, Rule};
use crate::roster::plan::mirror::Presence;
use crate::roster::plan::names::Names;
use crate::roster::policy::{OnLeave, ScopeFilter, Who, WithoutEmail};
use crate::roster::samples::decide_on;
use crate::tests::cases;

/// What an operator and an administrator at Personio can change.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rules {
    /// In which time zone the company is: how many days it is ahead.
    ahead: i64,
    on_leave: OnLeave,
    exclude: BTreeSet<Who>,
    /// By id.
    departments: Option<BTreeSet<i64>>,
    /// By name, because positions have no ids.
    positions: Option<BTreeSet<&'static str>>,
    /// Whether status, hire date and termination date can be read.
    readable: [bool; 3],
}

/// Whether a run knows what day it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Day {
    Certain,
    InDoubt,
}

impl Rules {
    fn policy(&self) -> Policy {
        let filter = |key: &str, allowed| ScopeFilter { attribute: AttributeKey::new(key), allowed };
        let name = |id: &i64| format!("d{id}");
        let departments = self.departments.iter().map(|ids| filter("department", ids.iter().map(name).collect()));
        let positions = self
            .positions
            .iter()
            .map(|names| filter("position", names.iter().map(|name| (*name).to_owned()).collect()));
        let ids = self.departments.iter().flatten().map(|id| (name(id), BTreeSet::from([*id])));
        let values = BTreeMap::from([(AttributeKey::new("department"), ids.collect())]);
        let names = Names { values, ..Names::default() };
        Policy {
            timezone: format!("Zone{}", self.ahead),
            on_leave: self.on_leave,
            exclude: self.exclude.iter().map(|who| (who.clone(), BTreeSet::new())).collect(),
            names,
            filters: departments.chain(positions).collect(),
            without_email: WithoutEmail::Placeholder { domain: "none.de".to_owned() },
            ..samples::policy(Vec::new())
        }
    }

    fn today(&self) -> NaiveDate {
        days(self.ahead)
    }

    fn calendar(&self, day: Day) -> Calendar {
        match day {
            Day::Certain => Calendar::Known(self.today()),
            Day::InDoubt => Calendar::InDoubt,
        }
    }

    /// What somebody has seen of it: without an address they were not judged by those that are excluded, on their first day not by
    /// their status, and on a day in doubt not by a date.
    fn seen_by(&self, record: Option<&Record>, day: Day, before: &Self) -> Self {
        let mut seen = self.clone();
        if day == Day::InDoubt {
            seen.ahead = before.ahead;
            seen.readable = [self.readable[0], before.readable[1], before.readable[2]];
        }
        let Some(record) = record.map(|record| self.shown(record.clone())) else { return seen };
        if record.email == Field::Blank {
            let is_id = |who: &&Who| matches!(who, Who::Id(_));
            let (ids, addresses) = (self.exclude.iter().filter(is_id), before.exclude.iter().filter(|who| !is_id(who)));
            seen.exclude = ids.chain(addresses).cloned().collect();
        }
        if day == Day::Certain && record.hire_date == Field::Known(self.today()) {
            seen.on_leave = before.on_leave;
            seen.readable[0] = before.readable[0];
        }
        seen
    }

    /// The record as these rights show it.
    fn shown(&self, mut record: Record) -> Record {
        let [status, hire_date, termination_date] = self.readable;
        if !status {
            record.status = Field::Withheld;
        }
        if !hire_date {
            record.hire_date = Field::Withheld;
            record.unreadable.clear();
        }
        if !termination_date {
            record.termination_date = Field::Withheld;
        }
        record
    }

    /// The same, but for letting in more people.
    fn wider(&self, more: &Self) -> Self {
        let both = |ids: &BTreeSet<i64>| more.departments.as_ref().map(|more| ids | more);
        Self {
            on_leave: if more.on_leave == OnLeave::Keep { OnLeave::Keep } else { self.on_leave },
            exclude: &self.exclude & &more.exclude,
            departments: self.departments.as_ref().and_then(both),
            positions: self.positions.clone().filter(|_| more.positions.is_some()),
            ..self.clone()
        }
    }
}

fn days(ahead: i64) -> NaiveDate {
    today() + TimeDelta::days(ahead)
}

fn rules() -> impl Strategy<Value = Rules> {
    let who = select(vec!["1", "2", "3", "a@x.de", "b@x.de"]).prop_map(Who::parse);
    let usually = || proptest::bool::weighted(0.8);
    (
        select(vec![0, 0, 0, -1, 1]),
        select(vec![OnLeave::Remove, OnLeave::Keep]),
        btree_set(who, 0..4),
        proptest::option::of(btree_set(1..=3_i64, 1..3)),
        proptest::option::of(btree_set(select(vec!["lead", "engineer"]), 1..=2)),
        [usually(), usually(), usually()],
    )
        .prop_map(|(ahead, on_leave, exclude, departments, positions, readable)| Rules {
            ahead,
            on_leave,
            exclude,
            departments,
            positions,
            readable,
        })
}

/// Somebody as they really are, or as Personio doubtfully states them. Nobody starts on a day that is today in some zone only,
/// but for the zone that is furthest ahead: a status counts for nothing on the first day.
fn truth(id: i64) -> impl Strategy<Value = Record> {
    let field = |known: Vec<i64>| {
        let known = select(known).prop_map(|ahead| Field::Known(days(ahead)));
        prop_oneof![1 => Just(Field::Blank), 1 => known]
    };
    let status = select(vec![
        Field::Known(Status::Active),
        Field::Known(Status::Active),
        Field::Known(Status::Active),
        Field::Known(Status::Inactive),
        Field::Known(Status::Leave),
        Field::Known(Status::Onboarding),
        Field::Blank,
        Field::Blank,
    ]);
    let dates = (
        field(vec![-100, -100, -100, 1, 1, 3, 7, 8, 30]),
        field(vec![-20, -8, -7, -2, -1, 0, 1]),
        proptest::bool::weighted(0.1),
    );
    let address = prop_oneof![
        2 => Just(Field::Blank),
        6 => select(vec!["a@x.de", "b@x.de", "c@x.de"]).prop_map(|email| Field::Known(email.to_owned())),
        6 => Just(Field::Known(format!("{id}@x.de"))),
    ];
    (status, dates, address, 1..=3_i64, select(vec!["Lead", "Engineer"])).prop_map(
        move |(status, (hire_date, termination_date, odd), email, department, position)| {
            let attributes = [
                (AttributeKey::new("department"), vec![value(Some(department), &format!("D{department}"))]),
                (AttributeKey::new("position"), vec![value(None, position)]),
            ];
            let attribute = AttributeKey::new(AttributeKey::HIRE_DATE);
            Record {
                first_name: Field::Known("Ada".to_owned()),
                last_name: Field::Known("Lovelace".to_owned()),
                email,
                status,
                hire_date: if odd { Field::Withheld } else { hire_date },
                termination_date,
                supervisor: Field::Blank,
                attributes: Attributes::new(attributes),
                unreadable: if odd { vec![Unreadable { attribute, expected: Expected::Date }] } else { Vec::new() },
                ..Record::withheld(EmployeeId(id))
            }
        },
    )
}

fn day() -> impl Strategy<Value = Day> {
    prop_oneof![4 => Just(Day::Certain), 1 => Just(Day::InDoubt)]
}

fn company() -> impl Strategy<Value = Vec<Record>> {
    btree_set(1..=6_i64, 1..=6).prop_flat_map(|ids| ids.into_iter().map(truth).collect::<Vec<_>>())
}

/// What one run decides.
fn decided(rules: &Rules, day: Day, mirror: &Mirror, truth: &[Record], missing: Option<Absence>) -> Decision {
    let shown = truth.iter().map(|record| rules.shown(record.clone())).collect();
    let mut absences = everyone_missing_is_gone(mirror, truth);
    absences.retain(|_, _| missing == Some(Absence::Gone));
    decide_on(&rules.policy(), rules.calendar(day), mirror, shown, &absences).unwrap()
}

/// How many removals the guard holds for a changed scope.
fn held(mirror: &Mirror, decision: &Decision) -> usize {
    let proposal = Proposal::new(mirror, &mirror.feed, &decision.desired);
    let evidence = Evidence {
        mirror,
        mismatch: None,
        decision,
        listed: &BTreeSet::new(),
        asked_for: &BTreeSet::new(),
        recent: Recent::default(),
        former: const { &BTreeMap::new() },
        destination: None,
        clock: Clock::Plausible,
        days: &(-1..=1).map(|ahead| (format!("Zone{ahead}"), days(ahead))).collect(),
    };
    let removals = |rule: &Rule| match rule {
        Rule::ScopeChanged { removals, .. } => Some(*removals),
        _ => None,
    };
    Guard::default().judge(&proposal, &evidence).iter().find_map(removals).unwrap_or_default()
}

proptest! {
    #![proptest_config(cases(2000))]

    /// A run may be held for another reason, or fail: then nothing is remembered. Where a person approves, everything is.
    #[test]
    fn nobody_goes_unheld_whom_an_edit_may_have_put_out(
        edits in vec(rules(), 1..4),
        runs in vec((0..3_usize, company(), any::<bool>(), proptest::option::of(Just(Absence::Gone)), day()), 2..7),
    ) {
        let mut mirror = Mirror::default();
        let mut decided_under: BTreeMap<EmployeeId, Rules> = BTreeMap::new();
        for (edit, truth, comes_to_its_end, missing, day) in runs {
            let rules = &edits[edit % edits.len()];
            let decision = decided(rules, day, &mirror, &truth, missing);
            let (mut made_by_the_edit, mut as_ever, mut removals) = (0, 0, 0);
            for (id, before) in &decided_under {
                let Some(reason) = decision.excluded.get(id) else { continue };
                removals += 1;
                let Some(record) = truth.iter().find(|record| record.id == *id) else {
                    as_ever += 1;
                    continue;
                };
                let background = Background { calendar: before.calendar(day), presence: Presence::In };
                let then = eligibility(&before.policy(), background, &before.shown(record.clone()));
                if !matches!(then, Eligibility::Out(_)) {
                    made_by_the_edit += 1;
                }
                // Nothing was withdrawn that could state a doubt, and what was released states nothing else.
                let [[status_before, hire_before, last_before], [status, hire, _]] = [before.readable, rules.readable];
                let has_left = match reason {
                    Reason::Inactive => before.readable == rules.readable,
                    Reason::LastDayPassed(day) => {
                        // A status may have contradicted a day that is as far away as that.
                        let [was, is] = [before, rules].map(|rules| (rules.today() - *day).num_days());
                        let was_out = was > 0 && (was <= 7 || is > 7);
                        was_out && last_before && status >= status_before && hire >= hire_before
                    }
                    _ => false,
                };
                as_ever += usize::from(has_left);
            }
            let held = held(&mirror, &decision);
            prop_assert!(held >= made_by_the_edit, "{held} held, {made_by_the_edit} by the edit");
            prop_assert!(held <= removals - as_ever, "{held} held of {removals}, {as_ever} have left");
            if held > 0 && !comes_to_its_end {
                continue;
            }
            let undecided: BTreeSet<EmployeeId> = decision.undecided().map(|(id, ..)| id).collect();
            let known = std::mem::take(&mut decided_under);
            for id in decision.desired.people.ids() {
                let seen = match known.get(id) {
                    None => rules.clone(),
                    Some(before) if undecided.contains(id) => before.clone(),
                    Some(before) => rules.seen_by(truth.iter().find(|record| record.id == *id), day, before),
                };
                decided_under.insert(*id, seen);
            }
            mirror = applied(&mirror, &decision);
        }
    }

    #[test]
    fn what_lets_more_people_in_holds_nobodys_leaving(
        before in rules(), more in rules(), past in company(), now in company(),
    ) {
        let mirror = applied(&Mirror::default(), &decided(&before, Day::Certain, &Mirror::default(), &past, None));
        let wider = before.wider(&more);
        let decision = decided(&wider, Day::Certain, &mirror, &now, Some(Absence::Gone));
        prop_assert_eq!(held(&mirror, &decision), 0);
    }
}

/// The days after an edit, and what is held for a changed scope on the day after them; the same where the people came from an
/// adopted file, so that nobody ever decided them.
#[test]
fn what_nobody_could_judge_is_not_seen() {
    let person = || Record {
        first_name: Field::Known("Ada".to_owned()),
        last_name: Field::Known("Lovelace".to_owned()),
        email: Field::Known("a@x.de".to_owned()),
        status: Field::Known(Status::Active),
        hire_date: Field::Known(days(-100)),
        termination_date: Field::Blank,
        supervisor: Field::Blank,
        ..Record::withheld(EmployeeId(1))
    };
    let any = |on_leave, exclude: &[&str], readable| {
        let exclude = exclude.iter().map(|who| Who::parse(who)).collect();
        Rules { ahead: 0, on_leave, exclude, departments: None, positions: None, readable }
    };
    let all = [true; 3];
    let (open, excluding) = (|| any(OnLeave::Keep, &[], all), || any(OnLeave::Keep, &["b@x.de"], all));
    let (remove, without_status) = (|| any(OnLeave::Remove, &[], all), || any(OnLeave::Keep, &[], [false, true, true]));
    let email = |email: &str| Record { email: Field::Known(email.to_owned()), ..person() };
    let blank = || Record { email: Field::Blank, ..person() };
    let unclear = || Record { status: Field::Blank, ..person() };
    let begins = || Record { hire_date: Field::Known(days(0)), ..person() };
    let status = |status| Record { status: Field::Known(status), ..person() };
    let cases: [(Rules, Rules, Vec<Record>, Record, usize, usize); 11] = [
        (open(), excluding(), vec![blank()], email("b@x.de"), 1, 1),
        (open(), excluding(), vec![blank(), blank()], email("b@x.de"), 1, 1),
        (open(), excluding(), vec![unclear()], email("b@x.de"), 1, 1),
        // They were judged under a readable address, which changes later.
        (open(), excluding(), vec![person()], email("b@x.de"), 0, 0),
        (open(), excluding(), vec![blank(), person()], email("b@x.de"), 0, 0),
        // The exclusion is no new one.
        (excluding(), excluding(), vec![blank()], email("b@x.de"), 0, 1),
        // On the first day the status counts for nothing.
        (open(), remove(), vec![begins()], status(Status::Leave), 1, 1),
        (open(), remove(), vec![person()], status(Status::Leave), 0, 0),
        (remove(), remove(), vec![begins()], status(Status::Leave), 0, 1),
        (without_status(), open(), vec![begins()], status(Status::Inactive), 1, 0),
        (without_status(), open(), vec![person()], status(Status::Inactive), 0, 0),
    ];
    for (before, now, edited, later, expected, adopted) in cases {
        let run = |rules: &Rules, mirror: &Mirror, record: &Record| {
            let decision = decided(rules, Day::Certain, mirror, std::slice::from_ref(record), None);
            (held(mirror, &decision), applied(mirror, &decision))
        };
        let (_, mut mirror) = run(&before, &Mirror::default(), &person());
        for record in &edited {
            mirror = run(&now, &mirror, record).1;
        }
        assert_eq!(run(&now, &mirror, &later).0, expected, "{before:?} {now:?} {edited:?}");
        mirror.scopes.clear();
        for record in &edited {
            mirror = run(&now, &mirror, record).1;
        }
        assert_eq!(run(&now, &mirror, &later).0, adopted, "adopted: {now:?} {edited:?}");
    }
}
