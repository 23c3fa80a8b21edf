//! People who would become other people: one step, several runs of a week, and a step after an approved plan.

use super::*;
use crate::roster::samples::remember;

/// First name, last name, the part before the `@`, and the domain.
type Person = (String, String, String, &'static str);

/// Everybody has names and an address of their own.
fn person(id: i64) -> Person {
    (format!("Jörg{id}"), format!("Müller{id}"), format!("j.mueller{id}"), "old.example.com")
}

fn somebody((first_name, last_name, local, domain): Person, id: i64) -> Employee {
    let email = Email::new(&format!("{local}@{domain}")).unwrap();
    Employee { email, first_name: first_name.into(), last_name: last_name.into(), ..employee(id) }
}

fn all(ids: impl IntoIterator<Item = i64>, of: impl Fn(i64) -> Person) -> Snapshot {
    snapshot(ids.into_iter().map(|id| somebody(of(id), id)))
}

/// The name of one and the address of another one.
fn mixed(name: i64, address: i64) -> Person {
    let ((first, last, ..), (_, _, local, domain)) = (person(name), person(address));
    (first, last, local, domain)
}

fn mixed_with(name: i64, local: &str) -> Person {
    (person(name).0, person(name).1, local.to_owned(), "old.example.com")
}

/// After a marriage; the address follows where that is said.
fn married(id: i64, with_address: bool) -> Person {
    let (first, _, local, domain) = person(id);
    (first, format!("Kaya{id}"), if with_address { format!("j.kaya{id}") } else { local }, domain)
}

fn stranger(id: i64) -> Person {
    (format!("Zoë{id}"), format!("Weiß{id}"), format!("z.weiss{id}"), "old.example.com")
}

/// The next one of a circle.
fn next(id: i64, of: i64) -> i64 {
    id % of + 1
}

/// What becomes of one run after the other, all within a week, in each of which everybody is as it says; a held one changes nothing.
fn in_turn(start: Snapshot, runs: impl IntoIterator<Item = Snapshot>) -> Vec<Vec<&'static str>> {
    let (mut before, mut former) = (start, BTreeMap::new());
    let mut judged = Vec::new();
    for after in runs {
        let case = Case { former: former.clone(), ..Case::between(before.clone(), after.clone()) };
        judged.push(case.judged());
        if case.judged().is_empty() {
            remember(&mut former, &before, &after, &BTreeSet::new());
            before = after;
        }
    }
    judged
}

fn of_those(ids: std::ops::RangeInclusive<i64>, other: impl Fn(i64) -> Person) -> impl Fn(i64) -> Person {
    move |id| if ids.contains(&id) { other(id) } else { person(id) }
}

#[test]
fn whoever_looks_like_another_one_is_held() {
    let written_out = |id: i64| {
        let (_, _, local, domain) = person(id);
        (format!("JOERG{id}"), format!("Mueller{id}"), local, domain)
    };
    let exchanged = |id: i64| {
        let (first, last, local, domain) = person(id);
        (last, first, local, domain)
    };
    let other_domain = |id: i64| (person(id).0, person(id).1, person(id).2, "new.example.com");
    let short = |id: i64| (person(id).0, person(id).1, format!("jm{id}"), "old.example.com");
    let namesake = |id: i64| ("Jörg".to_owned(), "Müller".to_owned(), person(id).2, "old.example.com");
    type Step<'a> = Box<dyn Fn(i64) -> Person + 'a>;
    let step = |ids, other: &'static dyn Fn(i64) -> Person| -> Step<'_> { Box::new(of_those(ids, other)) };
    let cases: Vec<(&str, i64, Step<'_>, &[&str])> = vec![
        // As faults were found.
        ("the next one's name and address", 100, step(1..=12, &|id| person(next(id, 12))), &["takeover"]),
        ("umlauts written out", 100, Box::new(of_those(1..=12, |id| written_out(next(id, 12)))), &["takeover"]),
        ("first and last name exchanged", 100, Box::new(of_those(1..=12, |id| exchanged(next(id, 12)))), &["takeover"]),
        ("somebody else on an old profile", 100, step(1..=1, &stranger), &["somebody_else"]),
        ("thirty addresses rotated", 100, step(1..=30, &|id| mixed(id, next(id, 30))), &["takeover"]),
        ("all ten at once", 10, step(1..=10, &|id| married(id, true)), &["most_identities"]),
        // What else changes hands.
        ("two names exchanged", 9, step(1..=2, &|id| mixed(3 - id, id)), &["takeover"]),
        ("three addresses in a circle", 9, step(1..=3, &|id| mixed(id, next(id, 3))), &["takeover"]),
        (
            "a list that slips by one",
            9,
            step(1..=3, &|id| if id == 3 { mixed_with(3, "box") } else { mixed(id, id + 1) }),
            &PASSES,
        ),
        (
            "another one's address and another own name",
            9,
            step(1..=2, &|id| {
                if id == 1 {
                    (person(1).0, "Kaya".to_owned(), person(2).2, "old.example.com")
                } else {
                    mixed_with(2, "box")
                }
            }),
            &["takeover"],
        ),
        (
            "two exchanges of addresses",
            9,
            step(1..=4, &|id| mixed(id, if id % 2 == 0 { id - 1 } else { id + 1 })),
            &["takeover"],
        ),
        ("a convention for addresses", 9, Box::new(short), &["most_identities"]),
        ("six of ten married", 10, step(1..=6, &|id| married(id, false)), &["most_identities"]),
        // Ordinary life.
        ("an exchange of two addresses", 9, step(1..=2, &|id| mixed(id, 3 - id)), &PASSES),
        ("an exchange in a company of two", 2, step(1..=2, &|id| mixed(id, 3 - id)), &PASSES),
        ("a marriage", 9, step(1..=1, &|id| married(id, false)), &PASSES),
        ("a marriage with an address", 9, step(1..=1, &|id| married(id, true)), &PASSES),
        (
            "a marriage that makes a namesake",
            9,
            step(1..=1, &|_| (person(1).0, person(1).1 + " ", person(1).2, "old.example.com")),
            &PASSES,
        ),
        (
            "a corrected name",
            9,
            step(1..=1, &|id| (stranger(id).0, stranger(id).1, person(id).2, person(id).3)),
            &PASSES,
        ),
        ("everybody spelled otherwise", 9, Box::new(written_out), &PASSES),
        ("everybody's first and last name exchanged", 9, Box::new(exchanged), &PASSES),
        ("another mail domain", 9, Box::new(other_domain), &PASSES),
        ("a company of one", 1, step(1..=1, &|id| married(id, true)), &PASSES),
        ("a marriage in a company of two", 2, step(1..=1, &|id| married(id, true)), &PASSES),
    ];
    for (what, company, after, expected) in cases {
        let judged = Case::between(all(1..=company, person), all(1..=company, after)).judged();
        assert_eq!(judged, expected, "{what}");
    }
    // Namesakes may not exchange addresses.
    let swapped = |id: i64| {
        if id < 3 { (namesake(id).0, namesake(id).1, person(3 - id).2, "old.example.com") } else { person(id) }
    };
    let namesakes = all(1..=9, of_those(1..=2, namesake));
    assert_eq!(Case::between(namesakes, all(1..=9, swapped)).judged(), ["takeover"]);
}

#[test]
fn leavers_and_newcomers() {
    let nine = || all(1..=9, person);
    let newcomer = |id: i64| if id == 10 { person(9) } else { person(id) };
    let rehired = all((1..=8).chain([10]), newcomer);
    assert_eq!(Case::between(nine(), rehired).judged(), PASSES, "a newcomer with all of a leaver's is a rehire");
    let name = || all(1..=8, of_those(1..=1, |_| mixed(9, 1)));
    assert_eq!(Case::between(nine(), name()).judged(), ["takeover"], "whoever is in is none");
    assert_eq!(in_turn(nine(), [all(1..=8, person), name()]), [&PASSES[..], &["takeover"]]);
    let address = all(1..=8, of_those(1..=1, |_| mixed(1, 9)));
    assert_eq!(Case::between(nine(), address).judged(), PASSES, "a box that is handed over");
}

#[test]
fn a_week_counts_as_one_step() {
    let nine = || all(1..=9, person);
    // Names one by one, addresses later.
    let one = |id: i64| if id == 1 { mixed(2, 1) } else { person(id) };
    let both = |id: i64| if id < 3 { mixed(3 - id, id) } else { person(id) };
    let addresses = |id: i64| if id < 3 { mixed(2, 3 - id) } else { person(id) };
    assert_eq!(
        in_turn(nine(), [all(1..=9, one), all(1..=9, both), all(1..=9, addresses)]),
        [&PASSES[..], &["takeover"], &["takeover"]]
    );
    // One is called otherwise in between.
    let away = |id: i64| if id == 1 { married(1, false) } else { person(id) };
    let taken = |id: i64| if id == 2 { mixed(1, 2) } else { away(id) };
    assert_eq!(in_turn(nine(), [all(1..=9, away), all(1..=9, taken)]), [&PASSES[..], &["takeover"]]);
    // Ten a run get another name and address.
    let eight_runs = |other: &dyn Fn(i64, i64) -> Person| {
        let runs = (1..=8).map(|run| all(1..=100, of_those(1..=run * 10, |id| other(id, run * 10))));
        in_turn(all(1..=100, person), runs.collect::<Vec<_>>())
    };
    let judged = eight_runs(&|id, _| married(id, true));
    assert_eq!(judged[..5], vec![Vec::<&str>::new(); 5]);
    assert!(judged[5..].iter().all(|rules| rules.contains(&"most_identities")), "{judged:?}");
    assert!(eight_runs(&|id, _| stranger(id)).iter().all(|rules| rules.contains(&"somebody_else")));
    assert!(eight_runs(&|id, of| person(next(id, of))).iter().all(|rules| rules.contains(&"takeover")));
    // Two exchanges of addresses on two days.
    let exchanged = |of: i64| of_those(1..=of, |id| mixed(id, if id % 2 == 0 { id - 1 } else { id + 1 }));
    assert_eq!(in_turn(nine(), [all(1..=9, exchanged(2)), all(1..=9, exchanged(4))]), [&PASSES[..], &["takeover"]]);
    // A mistake that is corrected.
    assert_eq!(in_turn(nine(), [all(1..=9, one), nine()]), [PASSES, PASSES]);
}

#[test]
fn an_approval_ends_what_it_showed_and_no_half_of_it() {
    let (start, ids) = (all(1..=9, person), 1..=9);
    let both = |id: i64| if id < 3 { mixed(3 - id, id) } else { person(id) };
    let case = Case::between(start.clone(), all(ids.clone(), both));
    let digest = case.digest();
    let answer = Answer { named: &digest, given: ApprovalGiven::InThisRun, held: Err(Void::NeverTold) };
    let (proposal, evidence) = (case.proposal(), case.evidence());
    let approved = Guard::default().approve(&proposal, &evidence, Some(&answer)).unwrap();
    assert_eq!(approved.seen().unwrap().identities, [EmployeeId(1), EmployeeId(2)].into());

    // A plan that is held for something else has half of a takeover.
    let half = |id: i64| if id == 1 { mixed(2, 1) } else { person(id) };
    let told = all(ids.clone(), half);
    let addresses = |id: i64| if id < 3 { mixed(2, 3 - id) } else { person(id) };
    let [second_marries, third_marries] =
        [2, 3].map(|who| move |id| if id == who { married(id, true) } else { half(id) });
    for (now, expected) in [
        (all(ids.clone(), half), &PASSES[..]),
        (all(ids.clone(), both), &["takeover"]),
        (all(ids.clone(), addresses), &["takeover"]),
        (all(ids.clone(), second_marries), &["takeover"]),
        (all(ids.clone(), third_marries), &PASSES),
    ] {
        assert_eq!(judged_since(&start, &told, now), expected);
    }
    // What it showed does not hold again, and the next takeover does.
    let told = all(ids.clone(), both);
    let exchanged = |id: i64| match id {
        1 => mixed(2, 3),
        3 => mixed(3, 1),
        id => both(id),
    };
    let names = |id: i64| match id {
        1 => mixed(3, 1),
        3 => mixed(2, 3),
        id => both(id),
    };
    assert_eq!(judged_since(&start, &told, told.clone()), PASSES);
    assert_eq!(judged_since(&start, &told, all(ids.clone(), exchanged)), PASSES);
    assert_eq!(judged_since(&start, &told, all(ids, names)), ["takeover"]);
}

/// What a run breaks by itself that finds these people after a plan was approved.
fn judged_since(start: &Snapshot, told: &Snapshot, now: Snapshot) -> Vec<&'static str> {
    let case = Case::between(start.clone(), told.clone());
    let hold = Hold {
        digest: case.digest(),
        place: Place::of(&case.mirror, None, None, None, BTreeSet::new()),
        told_at: chrono::DateTime::default(),
        rules: Vec::new(),
        stayed: BTreeSet::new(),
        takes_new_columns: false,
    };
    let mirror = Mirror { feed: feed(told.clone()), ..case.mirror.clone() };
    let plan = HeldPlan { hold, mirror: mirror.clone(), reasons: BTreeMap::new() };
    // Nobody of the mirror but by this step.
    let case = Case::between(start.clone(), now);
    let (proposal, evidence, since) = (case.proposal(), case.evidence(), Since { plan: &plan, mirror: &mirror });
    let seen = evidence.identities(told).shown();
    let step = Plan::between(&mirror.feed, proposal.plan.after());
    Guard::default().judge_since(&since, &step, &seen, &evidence).iter().map(Rule::kind).collect()
}

#[test]
fn a_supervisor_who_goes_takes_along_nobodys_change() {
    let led = |leader: Option<i64>| {
        move |id: i64| Employee { supervisor: leader.filter(|leader| *leader != id).map(EmployeeId), ..employee(id) }
    };
    let company = |ids: std::ops::RangeInclusive<i64>, leader| snapshot(ids.map(led(leader)));
    for (before, after, expected) in [
        (company(1..=150, Some(150)), company(1..=149, None), &PASSES[..]),
        (company(1..=150, Some(150)), company(1..=149, Some(1)), &["field_changes"]),
        (company(1..=150, Some(150)), company(1..=150, None), &["field_changes"]),
        // A profile made by mistake.
        (company(1..=150, None), company(1..=151, Some(151)), &["field_changes"]),
    ] {
        assert_eq!(Case::between(before, after).judged(), expected);
    }
}
