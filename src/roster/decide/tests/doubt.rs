//! What is doubt about one person, and what is only worth a note.

use std::borrow::Cow;

use super::*;
use crate::roster::decide::absences::Doubt;
use crate::roster::decide::eligibility::Calendar;
use crate::roster::model::record::{Expected, Unreadable};
use crate::roster::policy::WithoutEmail;
use crate::roster::policy::bands::Bands;
use crate::roster::samples::decide_on;

fn addresses(decision: &Decision) -> Vec<(i64, &str)> {
    decision.desired.people.employees().iter().map(|employee| (employee.id.0, employee.email.as_str())).collect()
}

fn outside(decision: &Decision) -> Vec<(i64, &'static str)> {
    decision.excluded.iter().map(|(id, reason)| (id.0, reason.kind())).collect()
}

#[test]
fn people_without_an_address_are_what_the_configuration_says() {
    let blank = || Record { email: Field::Blank, ..record(2) };
    let withheld = || Record { email: Field::Withheld, ..record(2) };
    let placeholder = || WithoutEmail::Placeholder { domain: "none.example.com".into() };
    let case = |what, without_email, before: Vec<Record>, now: Record| (what, without_email, before, now);
    let waits = |problem| (vec![], vec![(2, problem, Place::LeftOut)], vec![]);
    let stays = |problem| (vec![(2, "a2@x.de")], vec![(2, problem, Place::Kept)], vec![]);
    let is_in = |address| (vec![(2, address)], vec![], vec![]);
    let left_out = || (vec![], vec![], vec![(2, "out_of_scope")]);
    let missing = || Problem::Missing(AttributeKey::new("email"));
    let (undecided_rule, leave_out) = (WithoutEmail::Undecided, || WithoutEmail::LeaveOut);
    let cases = [
        (case("by default they wait", undecided_rule, vec![], blank()), waits(missing())),
        (case("left out without a word", leave_out(), vec![], blank()), left_out()),
        (case("invisible is blank", leave_out(), vec![], called(2, "\u{200b}\u{3164}")), left_out()),
        (case("withheld is doubt", leave_out(), vec![], withheld()), waits(missing())),
        (case("malformed is doubt", leave_out(), vec![], called(2, "nonsense")), waits(Problem::NotAnAddress)),
        (case("blanked of somebody who is in", leave_out(), vec![record(2)], blank()), stays(missing())),
        (case("a placeholder", placeholder(), vec![], blank()), is_in("2@none.example.com")),
        (case("none for what is withheld", placeholder(), vec![], withheld()), waits(missing())),
        (case("none for what is malformed", placeholder(), vec![], called(2, "x")), waits(Problem::NotAnAddress)),
        (case("in the place of a blanked one", placeholder(), vec![record(2)], blank()), is_in("2@none.example.com")),
        (case("it stays", placeholder(), vec![blank()], blank()), is_in("2@none.example.com")),
        (case("it gives way to a real one", placeholder(), vec![blank()], record(2)), is_in("a2@x.de")),
    ];
    for ((what, without_email, before, now), (in_with, doubts, out)) in cases {
        let policy = Policy { without_email, ..policy() };
        let mirror = mirrored(&policy, [before]);
        let decision = decided(&policy, &mirror, vec![now]);
        assert_eq!(addresses(&decision), in_with, "{what}");
        assert_eq!(undecided(&decision), doubts, "{what}");
        assert_eq!(outside(&decision), out, "{what}");
    }
    let policy_then = Policy { without_email: placeholder(), ..policy() };
    let mirror = mirrored(&policy_then, [vec![blank()]]);
    let policy_now =
        Policy { without_email: WithoutEmail::Placeholder { domain: "other.example.com".into() }, ..policy() };
    assert_eq!(
        addresses(&decided(&policy_now, &mirror, vec![blank()])),
        [(2, "2@none.example.com")],
        "it never changes"
    );
    // Their own name is their import id, too.
    let real = mirrored(&policy_now, [vec![called(2, "2@x.de")]]);
    assert!(real.placeholders.is_empty());
    let decision = decided(&policy_now, &real, vec![blank(), called(1, "2@x.de")]);
    assert_eq!(addresses(&decision), [(1, "2@x.de"), (2, "2@other.example.com")], "a real address goes, and may go on");
    assert_eq!(decision.grounds.placeholders, BTreeSet::from([EmployeeId(2)]));
    let kept = decided(&policy_now, &mirror, vec![Record { email: Field::Withheld, ..record(2) }]);
    assert_eq!(kept.grounds.placeholders, mirror.placeholders, "whoever is undecided keeps theirs");
}

#[test]
fn an_import_id_that_is_no_local_part_stands_in_for_no_address() {
    let key = || AttributeKey::new("number");
    let policy = Policy {
        import_id: ImportIdSource::Attribute(key()),
        without_email: WithoutEmail::Placeholder { domain: "none.example.com".into() },
        ..policy()
    };
    let numbered = |number: &str| Record { email: Field::Blank, ..with(1, "number", vec![text(number)]) };
    for number in ["N 7", "N@7", "N..7", ".7", "N,7"] {
        let decision = decided(&policy, &Mirror::default(), vec![numbered(number)]);
        assert_eq!(undecided(&decision), [(1, Problem::NoLocalPart, Place::LeftOut)], "{number}");
    }
    assert_eq!(addresses(&decided(&policy, &Mirror::default(), vec![numbered("N-7")])), [(1, "N-7@none.example.com")]);
}

#[test]
fn addresses_follow_the_grammar_of_mail() {
    for good in ["ada@x.de", "Ü@x.de", "o'neil+x@x.co.uk", "佐藤@例え.jp", " ada@x.de\n", "ada@\u{200b}x.de"] {
        assert_eq!(undecided(&decided(&policy(), &Mirror::default(), vec![called(1, good)])), [], "{good:?}");
    }
    let bad = [
        "a@x,de",
        ".a@x.de",
        "a.@x.de",
        "a..b@x.de",
        "mailto:a@x.de",
        "Ada <a@x.de>",
        "a@x.de.",
        "a@-x.de",
        "a@[127.0.0.1]",
        "a@@x.de",
        "a b@x.de",
        "a@x.de,b@x.de",
        "a\u{200d}@x.de",
        "@x.de",
        "a@",
    ];
    for bad in bad {
        let decision = decided(&policy(), &Mirror::default(), vec![called(1, bad)]);
        assert_eq!(undecided(&decision), [(1, Problem::NotAnAddress, Place::LeftOut)], "{bad:?}");
    }
}

#[test]
fn import_ids_that_can_hardly_be_told_apart_are_contested() {
    let key = || AttributeKey::new("number");
    let policy = Policy { import_id: ImportIdSource::Attribute(key()), ..policy() };
    let number = |id: i64, number: &str| with(id, "number", vec![text(number)]);
    let mirror = mirrored(&policy, [vec![number(1, "N1"), number(2, "N2")], vec![number(1, "N1")]]);
    let contested = |id, other| (id, Problem::ContestedImportId(EmployeeId(other)), Place::LeftOut);
    let cases = [
        ("n1", contested(3, 1)),
        ("Ｎ１", contested(3, 1)),
        ("N\u{200d}1", contested(3, 1)),
        ("n2", contested(3, 2)),
        ("N".repeat(101).as_str(), (3, Problem::TooLong(key(), 101), Place::LeftOut)),
        ("\u{3164}", (3, Problem::NoImportId(key()), Place::LeftOut)),
    ]
    .map(|(number, doubt)| (number.to_owned(), doubt));
    for (stated, doubt) in cases {
        let decision = decided(&policy, &mirror, vec![number(1, "N1"), number(3, &stated)]);
        assert_eq!(undecided(&decision), [doubt], "{stated:?}");
    }
    let decision = decided(&policy, &mirror, vec![number(1, "N1"), number(3, "a7"), number(4, "A7")]);
    assert_eq!(undecided(&decision), [contested(3, 4), contested(4, 3)]);
}

#[test]
fn several_memberships_that_are_too_long_together_leave_the_cell_blank() {
    let policy = samples::policy(vec![rule("tags", Several::Split, &[])]);
    let tags = |count: usize| (0..count).map(|at| text(&format!("{at:09}"))).collect::<Vec<_>>();
    let cases = [(9, 9, None), (10, 0, Some(108))];
    for (count, groups, characters) in cases {
        let decision = decided(&policy, &Mirror::default(), vec![with(1, "tags", tags(count)), record(2)]);
        assert_eq!(decision.desired.people.groups().len(), groups);
        let told = decision.notes.iter().find_map(|note| match note {
            Note::ValueTooLong { employee: EmployeeId(1), characters, .. } => Some(*characters),
            _ => None,
        });
        assert_eq!(told, characters, "{count}");
    }
    // A group that somebody else is in stays.
    let decision = decided(&policy, &Mirror::default(), vec![with(1, "tags", tags(10)), with(2, "tags", tags(1))]);
    assert_eq!(group_names(&decision), ["000000000"]);
}

#[test]
fn a_field_missing_in_one_row_is_doubt_and_a_value_is_kept() {
    let policy = samples::policy(vec![rule("team", Several::Joined, &[])]);
    let red = |id| with(id, "team", vec![text("Red")]);
    let mirror = mirrored(&policy, [vec![red(1), red(2)]]);
    let not_sent = |key: &str| Problem::NotSent(AttributeKey::new(key));
    let status_missing = |id| Record { status: Field::Withheld, ..gone(red(id)) };
    let newcomer = Record { status: Field::Withheld, ..red(3) };
    // Former employees who are not in need no decision.
    let (inactive, last_day_missing) = (Field::Known(Status::Inactive), Field::Withheld);
    let former = Record { status: inactive, termination_date: last_day_missing, ..red(4) };
    let decision =
        decided(&policy, &mirror, vec![status_missing(1), red(2), newcomer, former.clone(), status_missing(5)]);
    assert_eq!(undecided(&decision), [(1, not_sent("status"), Place::Kept), (3, not_sent("status"), Place::LeftOut)]);
    assert_eq!(outside(&decision), [(4, "left"), (5, "left")]);
    let decision = decided(&policy, &mirror, vec![Record { id: EmployeeId(1), ..former }, red(2)]);
    assert_eq!(undecided(&decision), [(1, not_sent("termination_date"), Place::Kept)]);
    // If nobody has the status, the credential may not read it: the dates decide.
    let decision = decided(&policy, &mirror, vec![status_missing(1), Record { status: Field::Withheld, ..red(2) }]);
    assert_eq!((undecided(&decision), outside(&decision)), (vec![], vec![(1, "left")]));
    assert!(kinds(&decision).contains(&("not_released", 0)));

    let decision = decided(&policy, &mirror, vec![record(1), red(2), record(3)]);
    let teams: Vec<usize> = decision.desired.people.employees().iter().map(|e| e.groups.iter().count()).collect();
    assert_eq!(teams, [1, 1, 0], "who has a team keeps it, a newcomer comes without");
    let note = Note::ValuesNotSent { attribute: AttributeKey::new("team"), people: 2 };
    assert_eq!(decision.notes, std::slice::from_ref(&note));
    // An unreadable value of another attribute gets its own note.
    let unreadable = Unreadable { attribute: AttributeKey::new("office"), expected: Expected::List };
    let odd = Record { unreadable: vec![unreadable.clone()], ..record(1) };
    let told = Note::FieldUnreadable { employee: EmployeeId(1), unreadable };
    assert_eq!(decided(&policy, &mirror, vec![odd, red(2), record(3)]).notes, [told, note]);
}

#[test]
fn a_listing_in_which_nobody_can_be_decided_is_told() {
    let broken = |count: i64| (1..=count).map(|id| called(id, "nonsense")).collect::<Vec<_>>();
    let some = |decision: &Decision| decision.headcount;
    for (records, people, undecided, nobody) in [
        (broken(3), 3, 3, false),
        (broken(4), 4, 4, true),
        ([broken(4), vec![record(5)]].concat(), 5, 4, false),
        ([broken(4), vec![gone(record(5))]].concat(), 4, 4, true),
        ([broken(3), vec![gone(record(4))]].concat(), 3, 3, false),
        (Vec::new(), 0, 0, false),
    ] {
        let decision = decided(&policy(), &Mirror::default(), records);
        assert_eq!(some(&decision), Headcount { people, undecided });
        assert_eq!(decision.headcount.nobody_is_decided(), nobody);
    }
}

#[test]
fn who_was_removed_for_a_last_day_does_not_come_back_by_a_contradiction() {
    let active = || gone(record(1));
    let mirror = mirrored(&policy(), [vec![record(1), record(2)], vec![active(), record(2)]]);
    assert!(mirror.departed.contains_key(&EmployeeId(1)));
    let later =
        |record| samples::decide(&policy(), day("2027-03-01"), &mirror, vec![record], &BTreeMap::new()).unwrap();
    let decision = later(active());
    assert_eq!(
        (undecided(&decision), outside(&decision)),
        (vec![(2, Problem::NotListed(Doubt::NotAsked), Place::Kept)], vec![(1, "left")])
    );
    let again = later(Record { termination_date: Field::Blank, ..active() });
    assert_eq!(kinds(&again)[1], ("returned", 1), "whoever HR takes back is back");
}

#[test]
fn on_a_day_in_doubt_people_are_kept_up_to_date_and_nobody_moves() {
    let mirror = mirrored(&policy(), [vec![record(1), record(2), record(3)]]);
    let now = vec![
        Record { first_name: Field::Known("Bea".into()), ..gone(record(1)) },
        Record { hire_date: Field::Known(day("2027-01-01")), ..record(2) },
        Record { status: Field::Known(Status::Inactive), ..record(3) },
        record(4),
        Record { status: Field::Known(Status::Inactive), ..gone(record(5)) },
    ];
    let decision = decide_on(&policy(), Calendar::InDoubt, &mirror, now, &BTreeMap::new()).unwrap();
    assert_eq!(addresses(&decision), [(1, "a1@x.de"), (2, "a2@x.de")]);
    assert_eq!(&*decision.desired.people.employees()[0].first_name, "Bea");
    assert_eq!(outside(&decision), [(3, "left"), (4, "clock_in_doubt"), (5, "clock_in_doubt")]);
}

#[test]
fn a_band_stays_while_its_date_is_withheld_or_the_day_in_doubt() {
    let bands = Bands::new(vec![12]).unwrap();
    let rule = GroupRule {
        values: bands.named(bands.usual_names()),
        bands: Some(bands),
        ..rule("hire_date", Several::Joined, &[])
    };
    let policy = samples::policy(vec![rule]);
    let since = |id, day: &str| with(id, "hire_date", vec![text(day)]);
    let mirror = mirrored(&policy, [vec![since(1, "2026-06-01"), since(2, "2020-01-01"), since(3, "2020-01-01")]]);
    let cell = |decision: &Decision, id| {
        let people = &decision.desired.people;
        people.value_of(people.employee(EmployeeId(id)).unwrap(), "hire_date").map(Cow::into_owned)
    };
    let kept = [Some("under 1 year"), Some("1 year and more"), Some("1 year and more")];
    let now = || vec![since(1, "2020-01-01"), record(2), with(3, "hire_date", vec![text("soon")])];
    let doubt = decide_on(&policy, Calendar::InDoubt, &mirror, now(), &BTreeMap::new()).unwrap();
    assert_eq!([1, 2, 3].map(|id| cell(&doubt, id)), kept.map(|band| band.map(str::to_owned)));
    let known = decided(&policy, &mirror, now());
    assert_eq!([1, 2, 3].map(|id| cell(&known, id)), [kept[1], kept[1], kept[1]].map(|band| band.map(str::to_owned)));
    assert_eq!(kinds(&known).iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), ["field_unreadable"]);
}

#[test]
fn a_value_that_shares_a_name_moves_nobody_of_another_one() {
    let of = |id, value, name: &str| with(id, "office", vec![numbered(value, name)]);
    let without = |id| record(id);
    let mapped = || samples::policy(vec![rule("office", Several::Joined, &[("Germany", "DACH"), ("Austria", "DACH")])]);
    let plain = policy;
    let germanies = || vec![of(1, 200, "Germany"), of(2, 300, "Germany")];
    let countries = || vec![of(1, 200, "Germany"), of(2, 300, "Austria")];
    let cases: [(Policy, Vec<Record>, Policy, Vec<Record>, [&str; 2]); 6] = [
        // before, now, cells
        (
            plain(),
            germanies(),
            plain(),
            vec![of(1, 200, "Austria"), unclear(of(2, 300, "Germany"))],
            ["Austria", "Germany"],
        ),
        (plain(), germanies(), plain(), vec![of(1, 200, "Austria"), without(2)], ["Austria", "Germany"]),
        (plain(), germanies(), plain(), vec![of(1, 200, "Austria"), of(2, 300, "Germany")], ["Austria", "Germany"]),
        (
            mapped(),
            countries(),
            plain(),
            vec![of(1, 200, "Germany"), unclear(of(2, 300, "Austria"))],
            ["Germany", "DACH"],
        ),
        (
            mapped(),
            countries(),
            plain(),
            vec![unclear(of(1, 200, "Germany")), of(2, 300, "Austria")],
            ["DACH", "Austria"],
        ),
        // The new name of their own value.
        (
            plain(),
            vec![of(1, 200, "Germany"), of(2, 200, "Germany")],
            plain(),
            vec![of(1, 200, "Austria"), unclear(of(2, 200, "Austria"))],
            ["Austria", "Austria"],
        ),
    ];
    for (before, then, after, now, expected) in cases {
        let mirror = mirrored(&before, [then]);
        let decision = decided(&after, &mirror, now.clone());
        let people = &decision.desired.people;
        let cells: Vec<_> = people.employees().iter().filter_map(|one| people.value_of(one, "office")).collect();
        assert_eq!(cells, expected, "{now:?}");
        let counts = Plan::between(&mirror.feed, &decision.desired).counts();
        assert_eq!((counts.people.changed, counts.groups), (0, Tally { added: 0, changed: 1, removed: 0 }), "{now:?}");
    }
}
