//! What kind an attribute is: whether its key is one of Personio's own, and whether it may become a group that nobody named.

use crate::roster::model::record::AttributeKey;
use crate::roster::policy::attribute::{Attribute, Kind};
use crate::roster::policy::headers::usual_name;
use crate::roster::policy::sensitive::is_sensitive;

/// The attributes that are an employee's own fields. They are always asked for.
pub const OWN_FIELDS: [&str; 7] = [
    AttributeKey::FIRST_NAME,
    AttributeKey::LAST_NAME,
    AttributeKey::EMAIL,
    AttributeKey::STATUS,
    AttributeKey::HIRE_DATE,
    AttributeKey::TERMINATION_DATE,
    AttributeKey::SUPERVISOR,
];

/// Standard attributes that never come through `*`: they say when an employment ends or how a profile changed, or nobody would
/// compare groups of people by them.
const NO_GROUPS: [&str; 14] = [
    "id",
    "preferred_name",
    "contract_end_date",
    "last_working_day",
    "probation_period_end",
    "termination_type",
    "termination_reason",
    "created_at",
    "last_modified_at",
    "profile_picture",
    "absence_entitlement",
    "holiday_calendar",
    "work_schedule",
    "vacation_day_balance",
];

/// Whether a selector can only be a key, which needs no look-up.
pub fn is_key(selector: &str) -> bool {
    selector.starts_with("dynamic_")
        || usual_name(selector).is_some()
        || OWN_FIELDS.contains(&selector)
        || NO_GROUPS.contains(&selector)
}

/// Whether an attribute may become a group without being named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// `*` takes it.
    Shared,
    /// Typed by somebody, a number, a date or a link: it is usually about one person.
    Personal,
    Sensitive,
    NoGroup,
}

/// `*` takes only what several people are meant to share: Personio's own relations, and attributes whose values an
/// administrator listed.
pub fn nature(attribute: &Attribute) -> Nature {
    let key = attribute.key.as_str();
    match attribute.kind {
        _ if usual_name(key).is_some() => Nature::Shared,
        _ if OWN_FIELDS.contains(&key) || NO_GROUPS.contains(&key) => Nature::NoGroup,
        _ if is_sensitive(attribute) => Nature::Sensitive,
        Kind::List | Kind::Tags => Nature::Shared,
        Kind::Standard | Kind::Date | Kind::Integer | Kind::Decimal | Kind::Link | Kind::Multiline | Kind::Unknown => {
            Nature::Personal
        }
    }
}
