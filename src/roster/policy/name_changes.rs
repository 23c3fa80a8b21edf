//! Names in the configuration, and how they differ from what is called so at Personio now.
//!
//! A name is looked up once. What it stood for is remembered and wins while it exists; a note says what to write instead. What
//! stands for nobody is told with its line.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::text::skeleton;
use crate::roster::voice::{Told, Voice, tell};

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

impl Told for Mismatch {
    fn told(&self, voice: Voice<'_>) -> String {
        match self {
            Self::NewAttribute { attribute, header } => tell!(
                voice,
                "{attribute} ({header}) is new at Personio and goes nowhere; sync --new-columns takes it in, with --dry-run or \
                 --approve",
                "{header} is new in Personio and is not passed on until somebody decides so.",
                "{header} ist neu in Personio und wird erst übergeben, wenn das jemand entscheidet.",
                header = voice.quoted(header)
            ),
            Self::Relabelled { attribute, header, now } => tell!(
                voice,
                "the column of {attribute} stays {header}, although its label at Personio makes it {now}; sync --new-columns \
                 takes that, with --dry-run or --approve",
                "The column stays {header}, although Personio calls it {now} now.",
                "Die Spalte bleibt {header}, obwohl sie in Personio jetzt {now} heißt.",
                header = voice.quoted(header),
                now = voice.quoted(now)
            ),
            Self::TakenNoMore { attribute, header, now } => tell!(
                voice,
                "{attribute} is another attribute at Personio now ({now}), which \"*\" may not take: the column {header} keeps \
                 its last values, and newcomers have none; name it under [groups], or let sync --new-columns drop it, with \
                 --dry-run or --approve",
                "{header} is another field in Personio now ({now}), whose values nobody agreed to pass on: the column keeps its \
                 last values, and newcomers have none.",
                "{header} ist in Personio jetzt ein anderes Feld ({now}), dessen Übergabe niemand zugestimmt hat: Die Spalte \
                 behält ihre letzten Werte, und bei Neuen bleibt sie leer.",
                header = voice.quoted(header),
                now = voice.quoted(now)
            ),
            Self::Renamed { named, now } => named.is_renamed(voice, now),
            Self::Namesake { named } => named.has_a_namesake(voice),
            Self::Nobody { named, alike: None } => named.is_nobody(voice, ""),
            Self::Nobody { named, alike: Some(alike) } => {
                let alike = voice.quoted(alike);
                let meant = tell!(voice, "; did you mean {alike}?", " Is {alike} meant?", " Ist {alike} gemeint?");
                named.is_nobody(voice, &meant)
            }
        }
    }
}

impl Named {
    /// For the operator the key; for HR what the name is for.
    fn place(&self, voice: Voice<'_>) -> String {
        let key = voice.attribute(&self.attribute);
        match self.role {
            Role::Attribute => {
                tell!(voice, "{written}", "Chosen field", "Gewähltes Feld", written = voice.quoted(&self.written))
            }
            Role::Filter => tell!(
                voice,
                "{filter}",
                "Who takes part, by {key}",
                "Wer teilnimmt, nach {key}",
                filter = filter_key(&self.attribute)
            ),
            Role::Mapped => tell!(voice, "values of {key}", "Values of {key}", "Werte von {key}"),
            Role::Excluded => tell!(voice, "exclude", "Excluded by name", "Namentlich ausgenommen"),
            Role::Required => tell!(voice, "must_include", "Has to be in", "Muss dabei sein"),
        }
    }

    /// Behind the operator's sentence.
    fn line(&self, voice: Voice<'_>) -> String {
        let line = self.line;
        tell!(
            voice,
            " (line {line} of the configuration)",
            " (settings, line {line})",
            " (Einstellungen, Zeile {line})"
        )
    }

    fn is_renamed(&self, voice: Voice<'_>, now: &[String]) -> String {
        let (place, line, written) = (self.place(voice), self.line(voice), voice.quoted(&self.written));
        let names = || voice.listed(now.iter().map(|name| voice.quoted(name)));
        match self.role {
            Role::Attribute => tell!(
                voice,
                "the label {place} in the configuration still stands for {key}, which has lost that label or shares it: write \
                 {key} instead{line}",
                "{place}{line}: {written} still means {key}, which has lost that name in Personio or shares it.",
                "{place}{line}: {written} meint weiter {key}, das in Personio nicht mehr oder nicht mehr allein so heißt.",
                key = voice.attribute(&self.attribute)
            ),
            Role::Filter | Role::Mapped => tell!(
                voice,
                "{place}: {written} is called {now} at Personio now: write that instead{line}",
                "{place}{line}: {written} is called {now} in Personio now and still counts.",
                "{place}{line}: {written} heißt in Personio jetzt {now} und zählt weiter.",
                now = names()
            ),
            Role::Excluded | Role::Required => {
                let ids = now.iter().filter_map(|id| id.parse().ok()).map(EmployeeId);
                tell!(
                    voice,
                    "{place}: the address still stands for the employee who had it and has another one now: write their id \
                     instead, {ids}{line}",
                    "{place}{line}: the address still means {people}, who has another one now.",
                    "{place}{line}: Die Adresse meint weiter {people}, jetzt mit einer anderen Adresse.",
                    people = voice.listed(ids.map(|id| voice.person(id))),
                    ids = voice.listed(now)
                )
            }
        }
    }

    fn has_a_namesake(&self, voice: Voice<'_>) -> String {
        let (place, line) = (self.place(voice), self.line(voice));
        match self.role {
            Role::Excluded | Role::Required => tell!(
                voice,
                "{place}: somebody else has this address and is not meant{line}",
                "{place}{line}: somebody else has this address now and is not meant.",
                "{place}{line}: Die Adresse hat jetzt jemand anderes; gemeint ist weiter, wer sie früher hatte."
            ),
            Role::Attribute | Role::Filter | Role::Mapped => tell!(
                voice,
                "{place}: another {key} is called {written} at Personio too and does not count: give it another name there{line}",
                "{place}{line}: in Personio another entry of {key} is called {written} too and does not count. Give it another \
                 name.",
                "{place}{line}: In Personio heißt noch ein Eintrag von {key} {written}; er zählt nicht. Bitte anders benennen.",
                key = voice.attribute(&self.attribute),
                written = voice.quoted(&self.written)
            ),
        }
    }

    /// `meant` is what may be meant instead.
    fn is_nobody(&self, voice: Voice<'_>, meant: &str) -> String {
        let (place, line, written) = (self.place(voice), self.line(voice), voice.quoted(&self.written));
        match self.role {
            Role::Attribute => tell!(
                voice,
                "no employee has the attribute {place}: it is not released for the credential, or there is none{meant}{line}",
                "{place}{line}: nobody has {written}: it is not released, or there is none.{meant}",
                "{place}{line}: {written} hat niemand: Es ist nicht freigegeben, oder es gibt es nicht.{meant}"
            ),
            Role::Filter => tell!(
                voice,
                "{place}: nobody is in {written}{meant}{line}",
                "{place}{line}: nobody is in {written}.{meant}",
                "{place}{line}: In {written} ist niemand.{meant}"
            ),
            Role::Mapped => tell!(
                voice,
                "{place}: nobody has {written}{meant}{line}",
                "{place}{line}: nobody has {written}.{meant}",
                "{place}{line}: {written} hat niemand.{meant}"
            ),
            Role::Excluded | Role::Required if self.is_address() => tell!(
                voice,
                "{place}: no employee has this address{line}",
                "{place}{line}: nobody has this address.",
                "{place}{line}: Diese Adresse hat niemand."
            ),
            Role::Excluded | Role::Required => tell!(
                voice,
                "{place}: Personio lists no employee {id}{line}",
                "{place}{line}: Personio lists nobody with the id {id}.",
                "{place}{line}: Personio führt niemanden mit der Nummer {id} auf.",
                id = &self.written
            ),
        }
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
