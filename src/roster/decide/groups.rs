//! Values of attributes to groups.
//!
//! Personio knows departments by id and positions by text; Honestly knows only text. A group is therefore known by
//! Personio's id where there is one, which makes a renamed department one change, and two keys whose names differ only in
//! case are one group, because Honestly would show them as two.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::roster::decide::notes::Note;
use crate::roster::model::record::{AttributeKey, Value, Values};
use crate::roster::model::snapshot::{
    BETWEEN_VALUES, Group, GroupKey, LONGEST_VALUE, Memberships, Origin, Snapshot, fold,
};
use crate::roster::model::text::tidy;
use crate::roster::policy::{GroupRule, Several};

/// What one list of values means, before names are settled among all people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// Keys and spellings.
    groups: Vec<(Arc<GroupKey>, Arc<str>)>,
    /// Lengths of values that are too long, in characters.
    pub too_long: Vec<usize>,
}

impl Meaning {
    /// As Personio spells them.
    pub fn spellings(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().map(|(_, spelling)| &**spelling)
    }
}

/// The number of a meaning among those of one reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meant(u32);

/// Reads the values of one attribute, each distinct list once, and counts for how many people.
pub struct Reader<'a> {
    rule: &'a GroupRule,
    /// By their numbers.
    counted: Vec<Counted>,
    by_values: HashMap<Values, Meant>,
    /// By where the values are in memory, where they stay because they are held here: people share them, as a rule.
    /// Without it a run of 100,000 people without changes takes 610 ms of processor time in the core instead of 469.
    by_address: HashMap<usize, (Values, Meant), RandomState>,
}

struct Counted {
    meaning: Meaning,
    people: usize,
    /// The memberships it comes to once names are settled, sorted.
    settled: Vec<Arc<GroupKey>>,
}

impl<'a> Reader<'a> {
    pub fn new(rule: &'a GroupRule) -> Self {
        Self { rule, counted: Vec::new(), by_values: HashMap::new(), by_address: HashMap::default() }
    }

    pub fn attribute(&self) -> &'a AttributeKey {
        &self.rule.attribute
    }

    /// One person with these values.
    pub fn count(&mut self, values: &Values) -> Meant {
        let address = Arc::as_ptr(values).cast::<()>().addr();
        let meant = match self.by_address.get(&address) {
            Some((_, meant)) => *meant,
            None => {
                let meant = self.number(values);
                self.by_address.insert(address, (Arc::clone(values), meant));
                meant
            }
        };
        self.counted[meant.0 as usize].people += 1;
        meant
    }

    fn number(&mut self, values: &Values) -> Meant {
        if let Some(meant) = self.by_values.get(values) {
            return *meant;
        }
        // There are not as many people.
        let meant = Meant(u32::try_from(self.counted.len()).unwrap_or(u32::MAX));
        self.counted.push(Counted { meaning: self.read(values), people: 0, settled: Vec::new() });
        self.by_values.insert(Arc::clone(values), meant);
        meant
    }

    pub fn meaning(&self, meant: Meant) -> &Meaning {
        &self.counted[meant.0 as usize].meaning
    }

    /// Says what every meaning comes to now that names are settled.
    pub fn settle(&mut self, settled: &Settled) {
        for Counted { meaning, people: _, settled: keys } in &mut self.counted {
            *keys = meaning.groups.iter().filter_map(|(key, _)| settled.key(key)).collect();
            keys.sort_unstable();
            keys.dedup();
        }
    }

    /// The memberships a meaning comes to, sorted; none before [`Reader::settle`].
    pub fn settled(&self, meant: Meant) -> &[Arc<GroupKey>] {
        &self.counted[meant.0 as usize].settled
    }

    /// What values mean.
    pub fn read(&self, values: &[Value]) -> Meaning {
        let mut parts: Vec<(String, Option<i64>)> = values
            .iter()
            .map(|value| {
                let text = tidy(&value.text);
                let mapped = self.rule.values.get(&*fold(&text));
                (mapped.map_or_else(|| text.clone().into_owned(), |mapped| tidy(mapped).into_owned()), value.id)
            })
            .filter(|(text, _)| !text.is_empty())
            .collect();
        parts.sort();
        parts.dedup_by(|later, earlier| later.0 == earlier.0);
        if self.rule.several == Several::Joined && parts.len() > 1 {
            let joined = parts.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(BETWEEN_VALUES);
            parts = vec![(joined, None)];
        }
        let mut meaning = Meaning { groups: Vec::new(), too_long: Vec::new() };
        for (text, id) in parts {
            let characters = text.chars().count();
            if characters > LONGEST_VALUE {
                meaning.too_long.push(characters);
                continue;
            }
            let origin = id.map_or_else(|| Origin::Value(fold(&text).into()), Origin::Id);
            let key = GroupKey { attribute: self.rule.attribute.clone(), origin };
            meaning.groups.push((Arc::new(key), text.into()));
        }
        meaning
    }
}

/// Counts who uses which key and spelling, then settles one key and one name for each group.
#[derive(Default)]
pub struct Ballot {
    spellings: BTreeMap<Arc<GroupKey>, BTreeMap<Arc<str>, usize>>,
}

impl Ballot {
    /// Everybody whom a reader counted.
    pub fn add(&mut self, reader: &Reader<'_>) {
        for Counted { meaning, people, settled: _ } in &reader.counted {
            for (key, spelling) in &meaning.groups {
                *self.spellings.entry(key.clone()).or_default().entry(spelling.clone()).or_default() += people;
            }
        }
    }

    /// A membership kept from the mirror. It has no spelling of its own: where Personio names the group now, that name holds.
    pub fn keep(&mut self, key: &Arc<GroupKey>) {
        self.spellings.entry(key.clone()).or_default();
    }

    pub fn settle(self, mirrored: &Snapshot) -> Settled {
        let mut settled = Settled::default();
        // Every key's own name first, then all keys with one folded name together.
        let mut classes: BTreeMap<(AttributeKey, String), Class> = BTreeMap::new();
        for (key, spellings) in self.spellings {
            let mirrored_name = mirrored.group_name(&key);
            let spellings = match (spellings.is_empty(), mirrored_name) {
                (true, Some(name)) => BTreeMap::from([(name.clone(), 0)]),
                (true, None) | (false, _) => spellings,
            };
            let Some(name) = most_used(&spellings) else { continue };
            let class = classes.entry((key.attribute.clone(), fold(&name).into_owned())).or_default();
            for (spelling, people) in spellings {
                if fold(&spelling) == fold(&name) {
                    *class.spellings.entry(spelling).or_default() += people;
                }
            }
            class.keys.push(key);
        }
        for ((attribute, folded), class) in classes {
            let holds_the_name = |key: &&Arc<GroupKey>| mirrored.group_name(key).is_some_and(|n| fold(n) == folded);
            let is_mirrored = |key: &&Arc<GroupKey>| mirrored.group_name(key).is_some();
            let Some(key) = class
                .keys
                .iter()
                .find(holds_the_name)
                .or_else(|| class.keys.iter().find(is_mirrored))
                .or_else(|| class.keys.first())
                .map(|key| mirrored.shared_key(key).unwrap_or(key).clone())
            else {
                continue;
            };
            let first_mirrored =
                class.keys.iter().filter_map(|key| mirrored.group_name(key)).find(|n| class.spellings.contains_key(*n));
            let Some(name) = first_mirrored.cloned().or_else(|| most_used(&class.spellings)) else { continue };
            if class.spellings.len() > 1 {
                let others = class.spellings.len() - 1;
                settled.notes.push(Note::SpellingVariants { attribute, chosen: name.to_string(), others });
            }
            for alias in class.keys {
                settled.canonical.insert(alias, key.clone());
            }
            let characters = name.chars().count();
            settled.has_long_names |= characters > LONGEST_VALUE;
            settled.characters.insert(key.clone(), characters);
            settled.groups.push(Group { key, name });
        }
        settled
    }
}

#[derive(Default)]
struct Class {
    keys: Vec<Arc<GroupKey>>,
    spellings: BTreeMap<Arc<str>, usize>,
}

/// One key and one name for every group that somebody belongs to.
#[derive(Default)]
pub struct Settled {
    pub groups: Vec<Group>,
    canonical: HashMap<Arc<GroupKey>, Arc<GroupKey>>,
    /// How long the names are.
    characters: HashMap<Arc<GroupKey>, usize>,
    /// Whether a name alone is too long, which only a mirror of an earlier version can have.
    has_long_names: bool,
    pub notes: Vec<Note>,
}

impl Settled {
    pub fn key(&self, key: &Arc<GroupKey>) -> Option<Arc<GroupKey>> {
        self.canonical.get(key).cloned()
    }

    /// The attributes whose names, in one cell, would be too long, with their characters.
    pub fn too_long(&self, own: &Memberships) -> BTreeMap<AttributeKey, usize> {
        let characters_of = |key: &Arc<GroupKey>| self.characters.get(key).copied().unwrap_or_default();
        let mut too_long = BTreeMap::new();
        for keys in own.by_attribute().filter(|keys| keys.len() > 1 || self.has_long_names) {
            let names: usize = keys.iter().map(characters_of).sum();
            let characters = names + BETWEEN_VALUES.len() * (keys.len() - 1);
            if characters > LONGEST_VALUE {
                too_long.insert(keys[0].attribute.clone(), characters);
            }
        }
        too_long
    }
}

/// The spelling most people have; among equals the first in order, so that the choice never depends on the order of pages.
fn most_used(spellings: &BTreeMap<Arc<str>, usize>) -> Option<Arc<str>> {
    spellings.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0))).map(|(spelling, _)| spelling.clone())
}
