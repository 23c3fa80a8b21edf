//! What Personio says about an attribute.

use crate::roster::model::record::AttributeKey;
use crate::roster::model::text::folded;

/// One attribute as `GET /company/employees/attributes` lists it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attribute {
    pub key: AttributeKey,
    /// For display; administrators rename and duplicate labels.
    pub label: String,
    /// Often missing for custom attributes, and not unique.
    pub universal_id: Option<String>,
    pub kind: Kind,
}

impl Attribute {
    /// Its type and label, to tell whether they are still those that a person saw.
    pub fn look(&self) -> String {
        format!("{:?} {}", self.kind, folded(&self.label))
    }
}

/// Personio's type of an attribute. Source: its OpenAPI document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Personio's own, and custom texts of one line.
    Standard,
    Date,
    Integer,
    Decimal,
    /// One of several options.
    List,
    /// Any of several options.
    Tags,
    Link,
    Multiline,
    /// Not stated, as in older answers, or unknown to this version.
    Unknown,
}

impl Kind {
    pub fn parse(text: &str) -> Self {
        match text {
            "standard" => Self::Standard,
            "date" => Self::Date,
            "integer" => Self::Integer,
            "decimal" => Self::Decimal,
            "list" => Self::List,
            "tags" => Self::Tags,
            "link" => Self::Link,
            "multiline" => Self::Multiline,
            _ => Self::Unknown,
        }
    }
}
