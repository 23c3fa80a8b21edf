//! The law about identities: whatever changes hands, however it is spelled and in however many runs, is held as if it came in one.

use super::*;
use crate::roster::guard::takeovers::{Identities, Past, identities};
use crate::roster::model::snapshot::Memberships;

/// First name, last name, and their words.
const NAMES: [(&str, &str, [&str; 3]); 9] = [
    ("Anna", "Müller", ["anna", "müller", ""]),
    ("Ben", "Kaya", ["ben", "kaya", ""]),
    ("Łukasz", "Großmann", ["łukasz", "großmann", ""]),
    ("Åsa", "Ødegård-Paul", ["åsa", "ødegård", "paul"]),
    ("Zoë", "Nuñez", ["zoë", "nuñez", ""]),
    ("Jörg", "Müller", ["jörg", "müller", ""]),
    ("Anna", "Schön", ["anna", "schön", ""]),
    ("Kaya", "Weiß", ["kaya", "weiß", ""]),
    ("Xaver", "Übel", ["xaver", "übel", ""]),
];

/// The same name as somebody else may write it.
fn spelled(name: usize, how: u8) -> (String, String) {
    let written_out =
        [("ü", "ue"), ("ö", "oe"), ("ß", "ss"), ("Å", "Aa"), ("Ø", "Oe"), ("å", "aa"), ("Ü", "Ue"), ("ë", "e")];
    let bare =
        [("ü", "u"), ("ö", "o"), ("ß", "ss"), ("Å", "A"), ("Ø", "O"), ("å", "a"), ("Ü", "U"), ("ñ", "n"), ("Ł", "L")];
    let (first, last, _) = NAMES[name];
    let spell = |text: &str| {
        let text = match how % 3 {
            0 => text.to_owned(),
            1 => written_out.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to)),
            _ => bare.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to)),
        };
        let text = if how & 4 == 0 { text } else { text.replace('-', " ") };
        if how & 8 == 0 { text } else { text.to_uppercase() }
    };
    if how & 16 == 0 { (spell(first), spell(last)) } else { (spell(last), spell(first)) }
}

/// Who somebody is: the number of a name, and an address as its number and domain.
type Who = (usize, (usize, usize));
type World = BTreeMap<EmployeeId, Who>;

#[derive(Debug, Clone)]
enum Edit {
    Name(EmployeeId, usize),
    /// Whoever has that address gets this one's.
    Address(EmployeeId, usize),
    ExchangeNames(EmployeeId, EmployeeId),
    Domain(usize),
    Go(EmployeeId),
    Come(EmployeeId, usize),
}

#[derive(Debug, Clone)]
struct Run {
    edits: Vec<Edit>,
    spelling: [u8; 6],
    /// Whether a person approves it where it is held.
    approved: bool,
}

fn edited(world: &World, edits: &[Edit]) -> World {
    let mut world = world.clone();
    for edit in edits {
        match *edit {
            Edit::Name(id, name) => world.get_mut(&id).into_iter().for_each(|who| who.0 = name),
            Edit::Address(id, number) => {
                let Some((_, before)) = world.get(&id).copied() else { continue };
                let holder = world.values_mut().find(|who| who.1.0 == number);
                let address = holder.map_or((number, before.1), |holder| std::mem::replace(&mut holder.1, before));
                world.get_mut(&id).into_iter().for_each(|who| who.1 = address);
            }
            Edit::ExchangeNames(one, other) => {
                let (Some(first), Some(second)) = (world.get(&one).copied(), world.get(&other).copied()) else {
                    continue;
                };
                world.insert(one, (second.0, first.1));
                world.insert(other, (first.0, second.1));
            }
            Edit::Domain(domain) => world.values_mut().for_each(|who| who.1.1 = domain),
            Edit::Go(id) => drop(world.remove(&id)),
            Edit::Come(id, name) => {
                let free = (0..).find(|number| world.values().all(|who| who.1.0 != *number)).unwrap_or_default();
                world.entry(id).or_insert((name, (free, 0)));
            }
        }
    }
    world
}

fn people(world: &World, spelling: [u8; 6]) -> Snapshot {
    let person = |(id, (name, (number, domain))): (&EmployeeId, &Who)| {
        let (first_name, last_name) = spelled(*name, spelling[id.0 as usize - 1]);
        let email = Email::new(&format!("Nr{number}@{domain}.example.com")).unwrap();
        let (first_name, last_name) = (first_name.into(), last_name.into());
        let import_id = ImportId::from(*id);
        Employee {
            id: *id,
            import_id,
            email,
            first_name,
            last_name,
            language: None,
            supervisor: None,
            groups: Memberships::default(),
        }
    };
    Snapshot::new(world.iter().map(person).collect::<Vec<_>>(), []).unwrap()
}

/// Who would take over, who is a stranger, and everybody who counts where most change.
fn expected(
    was: &World,
    is: &World,
    after: &World,
) -> (BTreeSet<EmployeeId>, BTreeSet<EmployeeId>, BTreeSet<EmployeeId>) {
    let stay: Vec<(EmployeeId, Who, Who)> =
        after.iter().filter_map(|(id, now)| Some((*id, *was.get(id)?, *now))).collect();
    let owners = |id: EmployeeId, then: Who, now: Who| -> Vec<Who> {
        let had = |other: &EmployeeId, who: &Who| who.1 == now.1 || is.get(other).is_some_and(|who| who.1 == now.1);
        let others = was.iter().filter(|(other, who)| **other != id && then.1 != now.1 && had(other, who));
        others.map(|(_, who)| *who).collect()
    };
    let takers = stay.iter().filter(|(id, then, now)| !owners(*id, *then, *now).is_empty()).count();
    let takes_over = |(id, then, now): &&(EmployeeId, Who, Who)| {
        let owners = owners(*id, *then, *now);
        let renamed = then.0 != now.0;
        let gives_up = |other: &EmployeeId, who: &Who| after.get(other).is_none_or(|now| now.0 != who.0);
        let takes_name =
            |of: &World| of.iter().any(|(other, who)| other != id && who.0 == now.0 && gives_up(other, who));
        (renamed && (takes_name(was) || takes_name(is)))
            || !owners.is_empty() && (renamed || takers > 2 || owners.iter().any(|owner| owner.0 == now.0))
    };
    let ids = |found: Vec<&(EmployeeId, Who, Who)>| found.into_iter().map(|(id, ..)| *id).collect::<BTreeSet<_>>();
    let takeovers = ids(stay.iter().filter(takes_over).collect());
    let shares =
        |one: usize, other: usize| NAMES[one].2.iter().any(|word| !word.is_empty() && NAMES[other].2.contains(word));
    let is_stranger = |(id, then, now): &&(EmployeeId, Who, Who)| {
        then.1 != now.1 && !shares(then.0, now.0) && !takeovers.contains(id)
    };
    let strangers = ids(stay.iter().filter(is_stranger).collect());
    let renamed = ids(stay.iter().filter(|(_, then, now)| then.0 != now.0).collect());
    let is_moved =
        |(id, then, now): &&(EmployeeId, Who, Who)| then.1.0 != now.1.0 && owners(*id, *then, *now).is_empty();
    let moved = ids(stay.iter().filter(is_moved).collect());
    let is_most = |changed: &BTreeSet<EmployeeId>| changed.len() > 1 && changed.len() * 2 > stay.len();
    let most = if is_most(&renamed) || is_most(&moved) { &renamed | &moved } else { BTreeSet::new() };
    (takeovers, strangers, most)
}

fn edit() -> impl Strategy<Value = Edit> {
    let name = || 0..NAMES.len();
    prop_oneof![
        3 => (employee_id(), name()).prop_map(|(id, name)| Edit::Name(id, name)),
        4 => (employee_id(), 0..8_usize).prop_map(|(id, number)| Edit::Address(id, number)),
        2 => (employee_id(), employee_id()).prop_map(|(one, other)| Edit::ExchangeNames(one, other)),
        1 => (0..2_usize).prop_map(Edit::Domain),
        1 => employee_id().prop_map(Edit::Go),
        1 => (employee_id(), name()).prop_map(|(id, name)| Edit::Come(id, name)),
    ]
}

fn runs() -> impl Strategy<Value = Vec<Run>> {
    let run = (vec(edit(), 0..4), any::<[u8; 6]>(), proptest::bool::weighted(0.2));
    vec(run.prop_map(|(edits, spelling, approved)| Run { edits, spelling, approved }), 1..6)
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn law_11_what_changes_hands_is_never_applied_unheld(names in vec(0..6_usize, 1..=6), runs in runs()) {
        let start = names.into_iter().enumerate().map(|(at, name)| (EmployeeId(at as i64 + 1), (name, (at, 0))));
        let mut world: World = start.collect();
        let (mut was, mut former) = (world.clone(), BTreeMap::new());
        let mut mirror = people(&world, [0; 6]);
        for Run { edits, spelling, approved } in runs {
            let wanted = edited(&world, &edits);
            let desired = people(&wanted, spelling);
            let found: Identities = identities(&Past { mirror: &mirror, former: &former }, &desired, &BTreeSet::new());
            let (takeovers, strangers, most) = expected(&was, &world, &wanted);
            prop_assert_eq!(found.takeovers.iter().map(|takeover| takeover.employee).collect::<BTreeSet<_>>(), takeovers.clone());
            prop_assert!(found.takeovers.iter().all(|takeover| takeover.of != takeover.employee && was.contains_key(&takeover.of)));
            prop_assert_eq!(found.strangers.iter().copied().collect::<BTreeSet<_>>(), strangers.clone());
            prop_assert_eq!(found.changed.is_most(), !most.is_empty());
            let shown = &(&takeovers | &strangers) | &most;
            prop_assert_eq!(&found.shown(), &shown);
            if !shown.is_empty() && !approved {
                continue;
            }
            samples::remember(&mut former, &mirror, &desired, &shown);
            for (id, who) in &wanted {
                was.entry(*id).or_insert(*who);
            }
            was.extend(shown.iter().map(|id| (*id, wanted[id])));
            (world, mirror) = (wanted, desired);
        }
    }
}
