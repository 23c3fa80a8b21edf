//! Who and what counts: the part of the configuration that decides, as plain values.
//!
//! Its canonical text is part of a plan's digest. What of it can put somebody out is the [`Scope`](super::plan::scope::Scope),
//! which the guard compares between runs, so that an edited filter never removes people unseen.

pub mod attribute;
pub mod bands;
pub mod headers;
pub mod lookup;
pub mod mapping;
pub mod name_changes;
mod named;
pub mod nature;
mod scope;
pub mod sensitive;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use serde::{Deserialize, Serialize};

use crate::roster::feed::{Columns, Source};
use crate::roster::model::language::Language;
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::text::{fold_address, folded, tidy};
use crate::roster::plan::names::Names;
pub use crate::roster::plan::scope::OnLeave;
use crate::roster::policy::bands::Bands;
use crate::roster::policy::headers::Renamed;
use crate::roster::policy::name_changes::{Mismatch, Named, Role};
pub use crate::roster::policy::named::Seen;

/// Plain data; every attribute key appears once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The name of the company's time zone, which decides what day it is.
    pub timezone: String,
    pub on_leave: OnLeave,
    /// With the people for whom an address is known to stand: these count, whatever their addresses are. If there are none, the
    /// address counts.
    pub exclude: BTreeMap<Who, BTreeSet<EmployeeId>>,
    pub without_email: WithoutEmail,
    pub supervisor_away: SupervisorAway,
    pub filters: Vec<ScopeFilter>,
    pub import_id: ImportIdSource,
    pub language: LanguageRule,
    pub groups: Vec<GroupRule>,
    /// The header of the file and the source of each column, including one column for each group rule.
    pub columns: Columns,
    /// Columns that could not use their label as a header.
    pub renamed: Vec<Renamed>,
    /// What the names stood for when all this was resolved.
    pub names: Names,
    /// All that the configuration names.
    pub named: Vec<Named>,
    /// Names that have changed at Personio, or that nothing there has.
    pub mismatches: Vec<Mismatch>,
    /// What `*` alone takes, in a run in which nobody could see what it is called: it is not asked for.
    pub unlabelled: BTreeSet<AttributeKey>,
    /// What Personio calls its attributes, for readers. Empty where it was not asked.
    pub labels: BTreeMap<AttributeKey, String>,
}

/// What happens to people whose address is blank at Personio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WithoutEmail {
    /// Nothing is decided about them.
    Undecided,
    /// They are out of scope, unless they are already in.
    LeaveOut,
    /// Until they have an address, they get their import id at this domain.
    Placeholder { domain: String },
}

/// To whom people report whose supervisor is listed at Personio and not in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SupervisorAway {
    /// To nobody.
    Empty,
    /// To the nearest above who is in, along Personio's own line.
    Next,
}

/// One person, named in the configuration or on the command line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Who {
    Id(EmployeeId),
    /// Folded. It is not stored: the run log holds no addresses.
    Email(#[serde(skip)] String),
}

impl Who {
    /// A number is Personio's id; anything else is an address.
    pub fn parse(text: &str) -> Self {
        match text.trim().parse() {
            Ok(id) => Self::Id(EmployeeId(id)),
            Err(_) => Self::of_address(text),
        }
    }

    /// Whoever has this address.
    pub fn of_address(address: &str) -> Self {
        Self::Email(fold_address(&tidy(address)).into_owned())
    }

    /// How they are named, and the name: of an address what may be stored of it.
    pub fn named(&self) -> (&'static str, String) {
        match self {
            Self::Id(id) => (Named::ID, id.to_string()),
            Self::Email(email) => (Named::ADDRESS, fingerprint(email)),
        }
    }
}

/// Somebody as a person at the command line names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    Who(Who),
    /// A part of a name, folded.
    Name(String),
}

impl Query {
    /// A number is Personio's id, a text with `@` an address, and anything else a part of a name.
    pub fn parse(text: &str) -> Self {
        match Who::parse(text) {
            Who::Email(name) if !name.contains('@') => Self::Name(name),
            who @ (Who::Id(_) | Who::Email(_)) => Self::Who(who),
        }
    }

    /// What was asked for, folded; none for an id.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Name(text) | Self::Who(Who::Email(text)) => Some(text),
            Self::Who(Who::Id(_)) => None,
        }
    }

    /// Whether this is part of the name; either name may come first.
    pub fn is_part_of(&self, first_name: &str, last_name: &str) -> bool {
        match self {
            Self::Who(_) => false,
            Self::Name(part) => [(first_name, last_name), (last_name, first_name)]
                .iter()
                .any(|(one, other)| folded(&format!("{one} {other}")).contains(part.as_str())),
        }
    }

    /// Whether this is the address.
    pub fn is_address(&self, address: &str) -> bool {
        match self {
            Self::Who(who @ Who::Email(_)) => Who::of_address(address) == *who,
            Self::Who(Who::Id(_)) | Self::Name(_) => false,
        }
    }
}

/// Only people with one of these values are in scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeFilter {
    pub attribute: AttributeKey,
    /// Personio's own names, as skeletons. What each stands for is in [`Policy::names`].
    pub allowed: BTreeSet<String>,
}

/// What gives new people their import id. The configuration names attributes by selectors, a policy by keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportIdSource<A = AttributeKey> {
    PersonioId,
    Attribute(A),
}

impl<A> ImportIdSource<A> {
    pub fn attribute(&self) -> Option<&A> {
        match self {
            Self::PersonioId => None,
            Self::Attribute(attribute) => Some(attribute),
        }
    }
}

impl ImportIdSource {
    /// The word that the mirror stores.
    pub fn as_str(&self) -> &str {
        self.attribute().map_or("id", AttributeKey::as_str)
    }
}

/// What gives people their language. The configuration names attributes by selectors, a policy by keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LanguageRule<A = AttributeKey> {
    /// The cell stays empty, and Honestly uses the account's default.
    Unset,
    /// The same for everybody.
    Everyone(Language),
    /// From the skeleton of Personio's value to a code. A value that is already a code needs no entry.
    Attribute { key: A, values: BTreeMap<String, Language>, default: Option<Language> },
}

impl LanguageRule {
    /// What fills its column.
    pub fn source(&self) -> Source {
        Source::Language(self.attribute().cloned())
    }
}

impl<A> LanguageRule<A> {
    pub fn attribute(&self) -> Option<&A> {
        match self {
            Self::Unset | Self::Everyone(_) => None,
            Self::Attribute { key, .. } => Some(key),
        }
    }
}

/// One attribute whose values become groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRule {
    pub attribute: AttributeKey,
    /// From the skeleton of Personio's value to Honestly's.
    pub values: BTreeMap<String, String>,
    pub several: Several,
    /// Where the attribute is a date: the groups are how long ago it is, and `values` has their names.
    pub bands: Option<Bands>,
}

/// What happens to several values of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Several {
    /// One group, whose name is all of them, sorted.
    Joined,
    /// One membership for each value.
    Split,
}

impl Policy {
    /// Every attribute that must be asked for besides the employee's own fields.
    pub fn attributes(&self) -> BTreeSet<AttributeKey> {
        let mut keys: BTreeSet<_> = self.groups.iter().map(|rule| rule.attribute.clone()).collect();
        // What is not asked for keeps its values.
        for mismatch in &self.mismatches {
            if let Mismatch::TakenNoMore { attribute, .. } = mismatch {
                keys.remove(attribute);
            }
        }
        keys.retain(|key| !self.unlabelled.contains(key));
        keys.extend(self.filters.iter().map(|filter| filter.attribute.clone()));
        keys.extend(self.fields().cloned());
        keys
    }

    /// The same policy, where Personio tells no labels: what `*` took may be something else by now.
    #[must_use]
    pub fn without_labels(mut self) -> Self {
        let named = self.named.iter().filter(|named| named.role == Role::Attribute);
        let named: BTreeSet<&AttributeKey> = named.map(|named| &named.attribute).collect();
        let taken = self.names.others.iter().flatten().map(|(key, _)| key);
        self.unlabelled = taken.filter(|key| !named.contains(key)).cloned().collect();
        self
    }

    /// The same with those fields.
    pub fn asked_for(&self) -> BTreeSet<AttributeKey> {
        self.attributes().into_iter().chain(nature::OWN_FIELDS.map(AttributeKey::new)).collect()
    }

    /// The attributes that fill an employee's import id and language.
    pub fn fields(&self) -> impl Iterator<Item = &AttributeKey> {
        self.import_id.attribute().into_iter().chain(self.language.attribute())
    }

    /// One line per rule, independent of the order in which the configuration names them.
    pub fn canonical(&self) -> String {
        // Columns are part of the feed, and are compared there.
        let Self {
            timezone,
            on_leave,
            exclude,
            without_email,
            supervisor_away,
            filters,
            import_id,
            language,
            groups,
            ..
        } = self;
        let mut lines = BTreeSet::from([format!("import_id {}", import_id.as_str()), format!("timezone {timezone}")]);
        lines.insert(match on_leave {
            OnLeave::Remove => "on_leave remove".to_owned(),
            OnLeave::Keep => "on_leave keep".to_owned(),
        });
        // The default has no line.
        lines.extend(match without_email {
            WithoutEmail::Undecided => None,
            WithoutEmail::LeaveOut => Some("without_email leave_out".to_owned()),
            WithoutEmail::Placeholder { domain } => Some(format!("without_email placeholder {domain}")),
        });
        lines.extend((*supervisor_away == SupervisorAway::Next).then(|| "supervisor_away next".to_owned()));
        lines.extend(exclude.keys().map(|who| match who {
            Who::Id(id) => format!("exclude {id}"),
            Who::Email(email) => format!("exclude address {}", fingerprint(email)),
        }));
        lines.extend(
            filters
                .iter()
                .map(|filter| format!("only {} {}", filter.attribute, listed(filter.allowed.iter().cloned()))),
        );
        lines.insert(match language {
            LanguageRule::Unset => "language".to_owned(),
            LanguageRule::Everyone(language) => format!("language {}", language.as_str()),
            LanguageRule::Attribute { key, values, default } => {
                let values = values.iter().map(|(value, language)| format!("{value} = {}", language.as_str()));
                format!("language {key} {} else {}", listed(values), default.map_or("none", Language::as_str))
            }
        });
        lines.extend(groups.iter().map(|GroupRule { attribute, values, several, bands: _ }| {
            let values = values.iter().map(|(from, to)| format!("{from} = {to}"));
            let several = match several {
                Several::Joined => "joined",
                Several::Split => "split",
            };
            format!("group {attribute} {several} {}", listed(values)).trim_end().to_owned()
        }));
        let mut text = String::new();
        for line in lines {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{line}");
        }
        text
    }
}

/// Escaped, so that no two different lists look alike.
fn listed(items: impl Iterator<Item = String>) -> String {
    items.map(|item| format!("{item:?}")).collect::<Vec<_>>().join(", ")
}

fn fingerprint(text: &str) -> String {
    base16ct::lower::encode_string(&Sha256::digest(text.as_bytes())[..6])
}
