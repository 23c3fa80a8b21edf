//! Names in the configuration, and how they differ from what is called so at Personio now.
//!
//! A name is looked up once. What it stood for is remembered and wins while it exists; a note says what to write instead. What
//! stands for nobody is told with its line.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::roster::model::record::AttributeKey;
use crate::roster::model::text::skeleton;

/// A name that stands in the configuration for an attribute, for one of its values, or for a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Named {
    pub role: Role,
    /// Where it stands in the file.
    pub line: usize,
    /// The attribute, or whose value it is. People are named by `email address` or `employee id`.
    pub attribute: AttributeKey,
    /// As the configuration writes it; of an address the fingerprint, because notes hold no addresses.
    pub written: String,
}

/// Where a name stands in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// `[groups]`, `import_id` or `language`.
    Attribute,
    Filter,
    /// `values` of a group or of the language.
    Mapped,
    /// `[people] exclude`.
    Excluded,
    /// `[guard] must_include`.
    Required,
}

impl Named {
    /// What stands for people, as if they were values of attributes that Personio cannot have.
    pub const ADDRESS: &str = "email address";
    pub const ID: &str = "employee id";

    /// The form in which names are compared.
    pub fn name(&self) -> Cow<'_, str> {
        skeleton(&self.written)
    }

    /// Whether it can stand for somebody or something by Personio's id.
    pub fn is_value(&self) -> bool {
        self.role != Role::Attribute
    }

    pub fn is_address(&self) -> bool {
        self.is_value() && self.attribute.as_str() == Self::ADDRESS
    }
}

/// A name that has changed at Personio, or a name in the configuration that nothing there has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", content = "facts", rename_all = "snake_case")]
pub enum Mismatch {
    /// `*` would take this attribute if it were resolved now.
    NewAttribute { attribute: AttributeKey, header: String },
    /// The header is still the old label; `now` is what it would become.
    Relabelled { attribute: AttributeKey, header: String, now: String },
    /// `*` took this attribute and may not take it as it is called or typed now. Its column keeps its last values.
    TakenNoMore { attribute: AttributeKey, header: String, now: String },
    /// What a name stands for has another name now, or a label is not its attribute's alone. `now` is what to write instead: a
    /// key, names or ids of employees.
    Renamed { named: Named, now: Vec<String> },
    /// Something else also has this name, and does not count.
    Namesake { named: Named },
    /// Nobody has it.
    Nobody { named: Named, alike: Option<String> },
}

impl Mismatch {
    /// One word for machines.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NewAttribute { .. } => "new_attribute",
            Self::Relabelled { .. } => "relabelled",
            Self::TakenNoMore { .. } => "taken_no_more",
            Self::Renamed { named, now: _ } => match named.role {
                Role::Attribute => "label_moved",
                Role::Filter => "filter_value_renamed",
                Role::Mapped => "mapped_value_renamed",
                Role::Excluded | Role::Required => "address_moved",
            },
            Self::Namesake { named } => match named.role {
                Role::Filter => "filter_value_twice",
                Role::Attribute | Role::Mapped | Role::Excluded | Role::Required => "name_twice",
            },
            Self::Nobody { named, alike: _ } => match named.role {
                Role::Filter => "filter_matches_nobody",
                Role::Attribute => "attribute_of_nobody",
                Role::Mapped => "mapped_value_of_nobody",
                Role::Excluded | Role::Required => "person_not_found",
            },
        }
    }

    /// Whether a filter may let in less than was meant.
    pub fn puts_a_filter_in_doubt(&self) -> bool {
        match self {
            Self::Namesake { named } | Self::Nobody { named, alike: _ } => named.role == Role::Filter,
            Self::NewAttribute { .. } | Self::Relabelled { .. } | Self::TakenNoMore { .. } | Self::Renamed { .. } => {
                false
            }
        }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.role {
            Role::Attribute => write!(f, "{:?}", self.written),
            Role::Filter => f.write_str(filter_key(&self.attribute)),
            Role::Mapped => write!(f, "values of {}", self.attribute),
            Role::Excluded => f.write_str("exclude"),
            Role::Required => f.write_str("must_include"),
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NewAttribute { attribute, header } => write!(
                f,
                "{attribute} ({header:?}) is new at Personio and goes nowhere; sync --new-columns takes it in, with \
                 --dry-run or --approve"
            ),
            Self::Relabelled { attribute, header, now } => write!(
                f,
                "the column of {attribute} stays {header:?}, although its label at Personio makes it {now:?}; sync \
                 --new-columns takes that, with --dry-run or --approve"
            ),
            Self::TakenNoMore { attribute, header, now } => write!(
                f,
                "{attribute} is another attribute at Personio now ({now:?}), which \"*\" may not take: the column {header:?} keeps \
                 its last values, and newcomers have none; name it under [groups], or let sync --new-columns drop it, with \
                 --dry-run or --approve"
            ),
            Self::Renamed { named, now } => renamed(f, named, now),
            Self::Namesake { named } => namesake(f, named),
            Self::Nobody { named, alike } => {
                nobody(f, named)?;
                alike.iter().try_for_each(|alike| write!(f, "; did you mean {alike:?}?"))
            }
        }?;
        let line = match self {
            Self::NewAttribute { .. } | Self::Relabelled { .. } | Self::TakenNoMore { .. } => return Ok(()),
            Self::Renamed { named, .. } | Self::Namesake { named } | Self::Nobody { named, .. } => named.line,
        };
        write!(f, " (line {line} of the configuration)")
    }
}

fn renamed(f: &mut fmt::Formatter<'_>, named: &Named, now: &[String]) -> fmt::Result {
    let Named { role, line: _, attribute, written } = named;
    match role {
        Role::Attribute => write!(
            f,
            "the label {named} in the configuration still stands for {attribute}, which has lost that label or shares it: write \
             {attribute} instead"
        ),
        Role::Filter | Role::Mapped => {
            let now = now.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(" and ");
            write!(f, "{named}: {written:?} is called {now} at Personio now: write that instead")
        }
        Role::Excluded | Role::Required => write!(
            f,
            "{named}: the address still stands for the employee who had it and has another one now: write their id instead, {}",
            now.join(" and ")
        ),
    }
}

fn namesake(f: &mut fmt::Formatter<'_>, named: &Named) -> fmt::Result {
    let Named { role, line: _, attribute, written } = named;
    match role {
        Role::Excluded | Role::Required => write!(f, "{named}: somebody else has this address and is not meant"),
        Role::Attribute | Role::Filter | Role::Mapped => write!(
            f,
            "{named}: another {attribute} is called {written:?} at Personio too and does not count: give it another name there"
        ),
    }
}

fn nobody(f: &mut fmt::Formatter<'_>, named: &Named) -> fmt::Result {
    let Named { role, line: _, attribute: _, written } = named;
    match role {
        Role::Attribute => {
            write!(f, "no employee has the attribute {named}: it is not released for the credential, or there is none")
        }
        Role::Filter => write!(f, "{named}: nobody is in {written:?}"),
        Role::Mapped => write!(f, "{named}: nobody has {written:?}"),
        Role::Excluded | Role::Required if named.is_address() => write!(f, "{named}: no employee has this address"),
        Role::Excluded | Role::Required => write!(f, "{named}: Personio lists no employee {written}"),
    }
}

/// The filters by name: their keys in `[people]`, and the attributes they look at.
pub const FILTERS: [(&str, &str); 4] = [
    ("employment_types", AttributeKey::EMPLOYMENT_TYPE),
    ("departments", AttributeKey::DEPARTMENT),
    ("offices", AttributeKey::OFFICE),
    ("subcompanies", AttributeKey::SUBCOMPANY),
];

fn filter_key(attribute: &AttributeKey) -> &str {
    let filter = FILTERS.iter().find(|(_, filtered)| *filtered == attribute.as_str());
    filter.map_or(attribute.as_str(), |(key, _)| key)
}
