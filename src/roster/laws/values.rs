//! The laws about people's own values, over days in which values are renamed, share names by chance or by a mapping, columns come
//! and go, and nothing is known of some people.
//!
//! The model knows which own values Personio stated last for whom, and nothing of how memberships are kept.

use super::*;
use crate::roster::decide::notes::Note;
use crate::roster::feed::{Column, LineEnd, Source};
use crate::roster::plan::{Change, FieldName};

const KEYS: [&str; 3] = ["department", "position", "tags"];
/// Where the cells of the five columns come from.
const ATTRIBUTES: [&str; 5] = [KEYS[0], KEYS[1], KEYS[2], "lang", AttributeKey::SUPERVISOR];
const NAMES: [&str; 3] = ["Germany", "austria", "Sales"];

/// What one day says of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Whole,
    /// Undecided.
    Unclear,
    /// One attribute is not sent: a group's, or as the fourth the language, as the fifth the supervisor.
    Without(usize),
}

/// One person's own values: a department, a position or two, and two tags.
type Own = (usize, usize, [usize; 2]);

#[derive(Debug, Clone)]
struct Day {
    /// Of the departments, by their ids.
    names: [&'static str; 3],
    people: Vec<Own>,
    seen: Vec<Seen>,
    /// What the configuration makes of the three names.
    mapped: [Option<&'static str>; 3],
    /// Whether groups, language and supervisor have a column.
    columns: [bool; 5],
    header: &'static str,
}

fn days() -> impl Strategy<Value = Vec<Day>> {
    let name = || select(vec!["Germany", "GERMANY", "austria", "Sales"]);
    let own = || (0..3_usize, 0..3_usize, [0..3_usize, 0..3_usize]);
    let seen = prop_oneof![3 => Just(Seen::Whole), 1 => Just(Seen::Unclear), 1 => (0..5_usize).prop_map(Seen::Without)];
    let mapped = || proptest::option::weighted(0.4, select(vec!["People", "Germany", "people", ""]));
    let column = || proptest::bool::weighted(0.7);
    let columns = [column(), column(), column(), column(), column()];
    // Most of a day is like the one before.
    let rename = proptest::option::weighted(0.6, (0..3_usize, name()));
    let moved = proptest::option::weighted(0.4, (0..4_usize, own()));
    let mapped = proptest::option::weighted(0.3, [mapped(), mapped(), mapped()]);
    let day = (rename, moved, mapped, proptest::option::weighted(0.3, columns), vec(seen, 4), select(vec!["A", "B"]));
    ([name(), name(), name()], vec(own(), 4), vec(day, 1..7)).prop_map(|(names, people, days)| {
        let seen = vec![Seen::Whole; 4];
        let mut day = Day { names, people, seen, mapped: [None; 3], columns: [true; 5], header: "A" };
        let next =
            |(rename, moved, mapped, columns, seen, header): (Option<(usize, _)>, Option<(usize, _)>, _, _, _, _)| {
                day.seen = seen;
                day.header = header;
                rename.into_iter().for_each(|(at, name)| day.names[at] = name);
                moved.into_iter().for_each(|(at, own)| day.people[at] = own);
                day.mapped = Option::unwrap_or(mapped, day.mapped);
                day.columns = Option::unwrap_or(columns, day.columns);
                day.clone()
            };
        days.into_iter().map(next).collect()
    })
}

impl Day {
    fn policy(&self) -> Policy {
        let mapped = NAMES.iter().zip(self.mapped);
        let mapped = mapped.filter_map(|(name, to)| Some((fold(name).into_owned(), to?.to_owned())));
        let values: BTreeMap<String, String> = mapped.collect();
        let rule = |key| GroupRule {
            attribute: AttributeKey::new(key),
            values: values.clone(),
            several: if key == "tags" { Several::Split } else { Several::Joined },
            bands: None,
        };
        let keys = KEYS.into_iter().zip(self.columns).filter(|(_, is_column)| *is_column);
        let key = AttributeKey::new("lang");
        let language = LanguageRule::Attribute { key, values: BTreeMap::new(), default: None };
        let policy = samples::speaking(samples::policy(keys.map(|(key, _)| rule(key)).collect()), language);
        let mut columns: Vec<Column> = policy.columns.iter().cloned().collect();
        columns.retain(|column| match column.source {
            Source::Language(_) => self.columns[3],
            Source::ReportsToId => self.columns[4],
            _ => true,
        });
        columns.iter_mut().for_each(|column| column.header = format!("{} {}", self.header, column.header));
        if self.header == "B" {
            columns.reverse();
        }
        Policy { columns: Columns::new(columns, LineEnd::Lf).unwrap(), ..policy }
    }

    fn values(&self, person: usize, attribute: usize) -> Vec<Value> {
        let (department, position, tags) = self.people[person];
        let text = |at: usize| value(None, NAMES[at]);
        match attribute {
            0 => vec![value(Some(department as i64), self.names[department])],
            1 if position == 2 => vec![text(0), text(1)],
            1 => vec![text(position)],
            _ => tags.map(text).to_vec(),
        }
    }

    /// Every own value with its folded names.
    fn own(&self, person: usize, attribute: usize) -> BTreeMap<String, BTreeSet<String>> {
        let one = |value: &Value| {
            let mapped = NAMES.iter().position(|name| fold(name) == fold(&value.text)).and_then(|at| self.mapped[at]);
            let key = value.id.map_or_else(|| fold(&value.text).into_owned(), |id| id.to_string());
            (key, fold(mapped.unwrap_or(&value.text)).into_owned())
        };
        let values: BTreeMap<String, String> = self.values(person, attribute).iter().map(one).collect();
        if attribute == 1 {
            let key = values.keys().cloned().collect::<Vec<_>>().join("+");
            return BTreeMap::from([(key, values.into_values().collect())]);
        }
        values.into_iter().map(|(key, name)| (key, BTreeSet::from([name]))).collect()
    }

    fn says(&self, person: usize, attribute: usize) -> bool {
        self.seen[person] != Seen::Unclear && self.seen[person] != Seen::Without(attribute)
    }

    fn records(&self) -> Vec<Record> {
        let one = |person: usize| {
            let id = person as i64 + 1;
            let is_sent = |at: &usize| self.seen[person] != Seen::Without(*at);
            let sent = (0..3).filter(is_sent).map(|at| (AttributeKey::new(KEYS[at]), self.values(person, at)));
            let language =
                [3].into_iter().filter(is_sent).map(|_| (AttributeKey::new("lang"), vec![value(None, "de")]));
            Record {
                first_name: Field::Known("Ada".into()),
                last_name: Field::Known(format!("Name{id}")),
                email: Field::Known(format!("{id}@x.de")),
                status: Field::Known(if self.seen[person] == Seen::Unclear {
                    Status::Other("resting".into())
                } else {
                    Status::Active
                }),
                hire_date: Field::Known(today() - Days::new(100)),
                termination_date: Field::Blank,
                supervisor: if is_sent(&4) { Field::Known(EmployeeId(id + 1)) } else { Field::Withheld },
                attributes: Attributes::new(sent.chain(language)),
                ..Record::withheld(EmployeeId(id))
            }
        };
        (0..4).map(one).collect()
    }
}

const SOURCES: [fn() -> Source; 5] = [
    || Source::Group(AttributeKey::new(KEYS[0])),
    || Source::Group(AttributeKey::new(KEYS[1])),
    || Source::Group(AttributeKey::new(KEYS[2])),
    || Source::Language(Some(AttributeKey::new(ATTRIBUTES[3]))),
    || Source::ReportsToId,
];

/// Every day with the mirror before it and what was decided.
fn lived(days: Vec<Day>) -> Vec<(Day, Mirror, Decision)> {
    let mut mirror = Mirror::default();
    let mut lived = Vec::new();
    for day in days {
        let decision = decide(&day.policy(), today(), &mirror, day.records(), &BTreeMap::new()).unwrap();
        let after = applied(&mirror, &decision);
        lived.push((day, std::mem::replace(&mut mirror, after), decision));
    }
    lived
}

fn names_in(cell: &str) -> Vec<String> {
    let names = cell.split(", ").filter(|name| !name.is_empty());
    let mut names: Vec<String> = names.map(|name| fold(name).into_owned()).collect();
    names.sort();
    names
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn law_13_whoever_is_kept_has_the_cell_they_had_or_their_own_values_new_name(days in days()) {
        // The own values that were stated last for each person and attribute, and what each was called last.
        let mut known: BTreeMap<(usize, usize), BTreeSet<String>> = BTreeMap::new();
        let mut called: BTreeMap<(usize, String), BTreeSet<String>> = BTreeMap::new();
        for (day, before, decision) in lived(days) {
            let Decision { desired, .. } = &decision;
            for (at, key) in KEYS.into_iter().enumerate() {
                let source = SOURCES[at]();
                if before.feed.columns.header_of(&source).is_none() {
                    known.retain(|(_, attribute), _| *attribute != at);
                }
                if desired.columns.header_of(&source).is_none() {
                    continue;
                }
                for person in (0..4).filter(|person| day.says(*person, at)) {
                    let own = day.own(person, at);
                    known.insert((person, at), own.keys().cloned().collect());
                    called.extend(own.into_iter().map(|(value, names)| ((at, value), names)));
                }
                // The mirror holds what the file holds: what is mapped to nothing is nobody's any more.
                let mapped_to_nothing = |value: &str| match at {
                    0 => false,
                    _ => value.split('+').all(|name| {
                        let at = NAMES.iter().position(|one| fold(one) == name).unwrap();
                        day.mapped[at] == Some("")
                    }),
                };
                for ((_, of), values) in &mut known {
                    let is_nothing = |value: &String| {
                        mapped_to_nothing(value) || called[&(at, value.clone())].iter().all(String::is_empty)
                    };
                    values.retain(|value| *of != at || !is_nothing(value));
                }
                for employee in desired.people.employees() {
                    let values = known.get(&(employee.id.0 as usize - 1, at)).into_iter().flatten();
                    let expected: BTreeSet<String> = values.flat_map(|value| called[&(at, value.clone())].clone()).collect();
                    let expected: Vec<String> = expected.into_iter().filter(|name| !name.is_empty()).collect();
                    prop_assert_eq!(names_in(&desired.cell(employee, &source)), expected, "{} of {} in {:?}", key, employee.id, day);
                }
            }
        }
    }

    #[test]
    fn the_mirror_holds_nothing_without_a_column_and_a_column_that_comes_back_starts_blank(days in days()) {
        for (day, before, decision) in lived(days) {
            let Decision { desired, notes, .. } = &decision;
            for (at, source) in SOURCES.into_iter().enumerate() {
                let source = source();
                let is_there = |feed: &Feed| feed.columns.header_of(&source).is_some();
                let kept = desired.people.employees().iter().filter(|employee| {
                    before.feed.people.employee(employee.id).is_some() && !day.says(employee.id.0 as usize - 1, at)
                });
                if !is_there(desired) {
                    let holds = |employee: &&Arc<Employee>| !desired.cell(employee, &source).is_empty();
                    prop_assert_eq!(desired.people.employees().iter().find(holds), None, "{:?} without a column", source);
                    continue;
                }
                let own = desired.columns.header_of(&source);
                let told = notes.iter().find_map(|note| {
                    let Note::CellsUnknown { header, people } = note else { return None };
                    (own == Some(header)).then_some(*people)
                });
                let kept: Vec<_> = kept.collect();
                let is_new = !is_there(&before.feed);
                // What nobody's record has is blank for everybody.
                let changes = is_new && !kept.is_empty() && decision.grounds.readable.contains(ATTRIBUTES[at]);
                prop_assert_eq!(told, changes.then_some(kept.len()), "{:?}", source);
                for employee in kept.into_iter().filter(|_| is_new) {
                    prop_assert_eq!(desired.cell(employee, &source), "", "{:?} of {}", source, employee.id);
                }
            }
        }
    }

    /// Of the file's cells, whatever differs is told, and whatever is told differs.
    #[test]
    fn a_plan_says_of_everybody_what_happened_to_them(days in days()) {
        for (_, before, decision) in lived(days) {
            let (was, is) = (&before.feed, &decision.desired);
            let plan = Plan::between(was, is);
            for employee in is.people.employees() {
                let Some(old) = was.people.employee(employee.id) else { continue };
                let change = plan.employees().iter().find(|change| change.subject().id == employee.id);
                let fields = change.map(|change| plan.field_changes(change)).unwrap_or_default();
                for (at, key) in KEYS.into_iter().enumerate() {
                    let source = SOURCES[at]();
                    let (from, to) = (was.cell(old, &source), is.cell(employee, &source));
                    let own = FieldName::Group(AttributeKey::new(key));
                    let told = fields.iter().find(|field| field.field == own);
                    if let Some(told) = told {
                        let said = (told.from.clone().unwrap_or_default(), told.to.clone().unwrap_or_default());
                        prop_assert_eq!(said, (from, to));
                    } else if from != to {
                        let renamed = plan.groups().iter().any(|group| {
                            group.attribute.as_str() == key && group.has(employee) && matches!(group.name, Change::Update { .. })
                        });
                        prop_assert!(renamed, "{from:?} became {to:?} for {}", employee.id);
                    }
                }
            }
        }
    }
}
