//! How many people the groups of a feed have, and which become small.
//!
//! Honestly shows no results of small groups, so a person should know them. They hold nothing and are in no digest. Law: of a column
//! with one value a person the sizes add up to the people of the feed; where values are split, a person counts in each.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::roster::feed::{Feed, Source};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::{Employee, Snapshot};
use crate::roster::model::text::folded;
use crate::roster::voice::{Reader, Told, Voice, tell};

/// The values of one column of groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sizes<'f> {
    pub header: &'f str,
    pub attribute: &'f AttributeKey,
    /// How many people have each value. A blank cell is a value.
    pub values: BTreeMap<&'f str, usize>,
    /// Of the feed.
    pub people: usize,
    /// A value with fewer people is small.
    pub smallest: usize,
}

/// A value that was not small, and is although somebody has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fall<'f> {
    pub header: &'f str,
    pub attribute: &'f AttributeKey,
    pub value: &'f str,
    pub before: usize,
    pub after: usize,
}

/// Everybody who has one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members<'f> {
    pub header: &'f str,
    pub value: &'f str,
    pub people: Vec<EmployeeId>,
}

/// Of each column of groups, in the order of the file. Nothing where no size is small, or nobody is in the feed.
pub fn sizes(feed: &Feed, smallest: usize) -> Vec<Sizes<'_>> {
    called(feed, &feed.people, smallest)
}

/// What a plan from one feed to another makes small. A value that is called otherwise afterwards is still the same.
pub fn falls<'f>(before: &'f Feed, after: &'f Feed, are: &[Sizes<'f>]) -> Vec<Fall<'f>> {
    let Some(smallest) = are.first().map(|sizes| sizes.smallest) else { return Vec::new() };
    let were = called(before, &after.people, smallest);
    let of_column = |Sizes { header, attribute, values, .. }: &Sizes<'f>| {
        let (header, attribute) = (*header, *attribute);
        let was = were.iter().find(|were| were.attribute == attribute);
        let fall = |(value, after): (&&'f str, &usize)| {
            let before = *was?.values.get(value)?;
            let falls = before >= smallest && *after < smallest;
            falls.then_some(Fall { header, attribute, value, before, after: *after })
        };
        values.iter().filter_map(fall).collect::<Vec<_>>()
    };
    are.iter().flat_map(of_column).collect()
}

/// Values by the names that another feed gives them, where it has them.
fn called<'f>(feed: &'f Feed, names: &'f Snapshot, smallest: usize) -> Vec<Sizes<'f>> {
    let people = feed.people.employees();
    if smallest == 0 || people.is_empty() {
        return Vec::new();
    }
    let column = |header, attribute: &'f AttributeKey| {
        let mut values: HashMap<&str, usize, RandomState> = HashMap::default();
        for employee in people {
            let own = own(employee, attribute, [names, &feed.people]);
            own.into_iter().for_each(|value| *values.entry(value).or_default() += 1);
        }
        Sizes { header, attribute, values: values.into_iter().collect(), people: people.len(), smallest }
    };
    let columns = feed.columns.iter().filter_map(|one| {
        let Source::Group(attribute) = &one.source else { return None };
        Some(column(one.header.as_str(), attribute))
    });
    columns.collect()
}

/// The values of one person by the first names that there are, each once; a blank one where they have none.
fn own<'f>(employee: &Employee, attribute: &AttributeKey, names: [&'f Snapshot; 2]) -> Vec<&'f str> {
    let keys = employee.groups.of_attribute(attribute.as_str());
    let own = keys.filter_map(|key| names.into_iter().find_map(|names| names.name_of(key)));
    let mut own: Vec<&str> = own.map(|name| &**name).collect();
    own.sort_unstable();
    own.dedup();
    if own.is_empty() { vec![""] } else { own }
}

/// Everybody of the values that a folded text names: `department: legal`, or `legal` in any column.
pub fn members<'f>(feed: &'f Feed, asked: &str) -> Vec<Members<'f>> {
    let named = |sizes: Sizes<'f>| {
        let Sizes { header, attribute, values, .. } = sizes;
        let is_asked = move |value: &&str| {
            let shown = or_empty(value);
            let with_header = [": ", ":"].map(|between| folded(&format!("{header}{between}{shown}")));
            folded(shown) == asked || with_header.iter().any(|one| one == asked)
        };
        let one = move |value: &'f str| {
            let has = |employee: &&Arc<Employee>| own(employee, attribute, [&feed.people; 2]).contains(&value);
            let people = feed.people.employees().iter().filter(has).map(|employee| employee.id).collect();
            Members { header, value, people }
        };
        values.into_keys().filter(is_asked).map(one).collect::<Vec<_>>()
    };
    sizes(feed, usize::MAX).into_iter().flat_map(named).collect()
}

/// A value as texts show it.
pub fn or_empty(value: &str) -> &str {
    if value.is_empty() { "(empty)" } else { value }
}

impl<'f> Sizes<'f> {
    /// Whether the column tells people apart at all. Where everybody has the same cell there is nothing to tell.
    pub fn tells_apart(&self) -> bool {
        self.values.len() > 1
    }

    /// The smallest first.
    pub fn small(&self) -> Vec<(&'f str, usize)> {
        let small = self.values.iter().filter(|(_, size)| **size < self.smallest);
        let mut small: Vec<_> = small.map(|(value, size)| (*value, *size)).collect();
        small.sort_by_key(|(_, size)| *size);
        small
    }

    /// Those that a sentence names besides: none where most would be somebody.
    pub fn named(&self) -> Vec<(&'f str, usize)> {
        if self.tells_who() { Vec::new() } else { self.small() }
    }

    /// Most values have one person: who has one is known by it.
    pub fn tells_who(&self) -> bool {
        self.values.values().filter(|size| **size == 1).count() * 2 > self.values.len()
    }
}

/// Without names of values.
impl Told for Sizes<'_> {
    fn told(&self, voice: Voice<'_>) -> String {
        let Self { header, attribute, values, people, smallest } = self;
        let header = match voice.reader {
            Reader::Operator => (*header).to_owned(),
            Reader::Hr(_) => voice.column(attribute),
        };
        let values = voice.counted(values.len(), ["value", "values"], ["Wert", "Werte"]);
        let (people, small) = (voice.people(*people), self.small());
        let all = format!("{header}: {values} {} {people}", tell!(voice, "for", "for", "für"));
        if self.tells_who() {
            return tell!(
                voice,
                "{all}: it tells who somebody is",
                "{all}: it tells who somebody is",
                "{all}: Das verrät, wer jemand ist"
            );
        }
        let (number, fewer) = (voice.number(small.len()), voice.people(*smallest));
        let in_them = voice.people(small.iter().map(|(_, size)| size).sum());
        match small.len() {
            0 => tell!(
                voice,
                "{all}, none with fewer than {fewer}",
                "{all}, none with fewer than {fewer}",
                "{all}, keiner mit weniger als {fewer}"
            ),
            _ => tell!(
                voice,
                "{all}, {number} with fewer than {fewer} ({in_them} in all)",
                "{all}, {number} with fewer than {fewer} ({in_them} in all)",
                "{all}, {number} mit weniger als {fewer} (zusammen {in_them})"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
