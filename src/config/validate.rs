//! Reads every section of the file. Each key is one line here, with its reader and its default.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::TimeDelta;

use super::file::{Document, Entry, Section, Value};
use super::mistake::{Mistake, Place, Placed, What, Word};
use super::resolve::{ColumnOrder, Feed, OWN_HEADERS, People};
use super::{Config, Delivery, Environment, Monitoring, Personio, Retention, Review, groups, notify, values};
use crate::delivery;
use crate::personio;
use crate::remote::{self, smtp};
use crate::remote::{BaseUrl, PingUrl, Target, TemporaryName};
use crate::roster::feed::LineEnd;
use crate::roster::guard::{Guard, Limit};
use crate::roster::model::record::AttributeKey;
use crate::roster::model::text::{folded, skeleton};
use crate::roster::policy::name_changes::{FILTERS, Role};
use crate::roster::policy::{ImportIdSource, LanguageRule, OnLeave, ScopeFilter, SupervisorAway, Who, WithoutEmail};
use crate::timezone::TimeZone;
use crate::tongue::Tongue;
use crate::visible::short_name;

/// The keys of the table that `[people] language` may be.
pub const LANGUAGE_KEYS: [&str; 3] = ["attribute", "values", "default"];

pub(super) fn build(text: &str, file: Option<PathBuf>, environment: Environment) -> Result<Config, Mistake> {
    let mut document = Document::parse(text, file.as_deref().and_then(Path::parent))?;
    let mut words = Vec::new();
    let mut top = document.top();
    let berlin = TimeZone::parse("Europe/Berlin");
    let berlin = berlin.ok_or_else(|| Mistake::without_place("the time zone Europe/Berlin is not known"))?;
    let timezone = top.or("timezone", berlin, values::timezone)?;
    let groups = top.or("groups", groups::usual(), |value| groups::groups(value, &mut words))?;
    let personio = personio(&mut document, &environment)?;
    let mut keys = document.section("mirror")?;
    let mirror = keys.optional("path", values::path)?;
    let second_witness = keys.optional("second_witness", values::path)?;
    let people = people(&mut document, &mut words)?;
    let guard = guard(&mut document, &people, &mut words)?;
    let feed = feed(&mut document, &mut words)?;
    Ok(Config {
        timezone,
        personio,
        mirror: mirror.map_or_else(|| in_state(&environment, "mirror.db", "[mirror] path"), Ok)?,
        second_witness,
        guard,
        delivery: delivery(&mut document, &environment)?,
        monitoring: monitoring(&mut document)?,
        notify: notify::notify(&mut document)?,
        review: review(&mut document)?,
        retention: retention(&mut document)?,
        feed,
        people,
        groups,
        words,
        settings: document.end()?,
        file,
        environment,
    })
}

fn in_state(environment: &Environment, name: &str, key: &str) -> Result<PathBuf, Mistake> {
    environment.state_folder().map(|folder| folder.join(name)).ok_or_else(|| {
        Mistake::without_place(format!("no folder for {name}: set HOME, STATE_DIRECTORY or, in config.toml, {key}"))
    })
}

fn personio(document: &mut Document<'_>, environment: &Environment) -> Result<Personio, Mistake> {
    let mut keys = document.section("personio")?;
    let (minute, quarter) = (Duration::from_secs(60), Duration::from_secs(900));
    let published = BaseUrl::parse(BaseUrl::PERSONIO).map_err(Mistake::without_place)?;
    let settings = personio::Settings {
        base_url: keys.or("base_url", published, values::parsed(BaseUrl::parse))?,
        request_timeout: keys.or("timeout_seconds", minute, values::seconds(minute))?,
        give_up_after: keys.or("give_up_after_seconds", quarter, values::seconds(quarter))?,
        requests_per_second: keys.or("requests_per_second", 15, values::number(15))?,
        requests_per_minute: keys.or("requests_per_minute", 300, values::number(300))?,
        proxies: environment.proxies.clone(),
    };
    let credentials = keys.optional("credentials", values::path)?;
    let credentials =
        credentials.map_or_else(|| in_state(environment, "credentials.json", "[personio] credentials"), Ok)?;
    Ok(Personio { credentials, settings })
}

fn guard(document: &mut Document<'_>, people: &People, words: &mut Vec<Word>) -> Result<Guard, Mistake> {
    let mut keys = document.section("guard")?;
    let Guard { removals, removals_at_most: _, vanished, additions, field_changes, must_include: _ } = Guard::default();
    let mut limit = |people, percent, Limit { people: most, percent: part }| {
        let people = keys.or(people, most, values::number(most))?;
        Ok(Limit { people, percent: keys.or(percent, part, values::percent(part))? })
    };
    let removals = limit("removals", "removals_percent", removals)?;
    let additions = limit("additions", "additions_percent", additions)?;
    let field_changes = limit("field_changes", "field_changes_percent", field_changes)?;
    let removals_at_most = keys.optional("removals_at_most", values::number(25))?;
    let vanished = keys.or("vanished", vanished, values::number(vanished))?;
    let must_include = keys.or("must_include", BTreeMap::new(), values::people)?;
    // People who are never synced cannot be missed.
    if let Some((_, place)) = must_include.iter().find(|(who, _)| people.exclude.contains(*who)) {
        return Err(Mistake::at(*place, "[guard] must_include: [people] exclude has the same person"));
    }
    let must_include = who(must_include, Role::Required, words);
    Ok(Guard { removals, removals_at_most, vanished, additions, field_changes, must_include })
}

/// What `[delivery] to` says.
enum To {
    MirrorOnly,
    Destination(Target),
}

fn delivery(document: &mut Document<'_>, environment: &Environment) -> Result<Delivery, Mistake> {
    let mut keys = document.section("delivery")?;
    let to = keys.optional("to", |value| match value.text()? {
        "none" => Ok(To::MirrorOnly),
        text => Target::parse(text).map(To::Destination).map_err(|what| value.wrong(what)),
    })?;
    let (minute, week) = (Duration::from_secs(60), TimeDelta::days(7));
    let identity_file = keys.optional("identity_file", values::path)?;
    let known_hosts = keys.optional("known_hosts", values::path)?;
    let host_keys = keys.or("host_key", Vec::new(), values::fingerprints)?;
    let real_name = match &to {
        Some(To::Destination(target)) => target.file_name(),
        Some(To::MirrorOnly) | None => None,
    };
    let temporary_name = keys.or("temporary_name", TemporaryName::Usual, values::temporary_name(real_name))?;
    let timeout = keys.or("timeout_seconds", minute, values::seconds(minute))?;
    let refresh = keys.or("refresh", week, values::age)?;
    let target = match to {
        None => return Ok(Delivery::NotSet),
        Some(To::MirrorOnly) => return Ok(Delivery::MirrorOnly),
        Some(To::Destination(target)) => target,
    };
    let identity_file = environment.private_key(identity_file);
    let settings = delivery::Settings { target, identity_file, known_hosts, host_keys, temporary_name, timeout };
    Ok(Delivery::To { settings: Box::new(settings), refresh })
}

fn monitoring(document: &mut Document<'_>) -> Result<Monitoring, Mistake> {
    let mut keys = document.section("monitoring")?;
    let textfile = keys.optional("textfile", |value| match value.text()?.ends_with(".prom") {
        true => values::path(value),
        false => Err(value.wrong("expected a path that ends with .prom, or the collector does not read it")),
    })?;
    Ok(Monitoring { textfile, ping_url: keys.optional("ping_url", values::parsed(PingUrl::parse))? })
}

fn review(document: &mut Document<'_>) -> Result<Review, Mistake> {
    let mut keys = document.section("review")?;
    let language = values::choice(Tongue::ALL.map(|tongue| (tongue.code(), tongue)));
    let contact = keys.optional("contact", values::parsed(smtp::mailbox))?;
    Ok(Review {
        page: keys.optional("page", values::path)?,
        language: keys.or("language", Tongue::English, language)?,
        smallest_group: keys.or("smallest_group", 5, values::number(5))?,
        contact: contact.map(|mailbox| mailbox.email.to_string()),
        profile_url: keys.optional("profile_url", values::parsed(remote::profile_url))?,
        company: keys.optional("company", values::parsed(short_name))?,
    })
}

fn retention(document: &mut Document<'_>) -> Result<Retention, Mistake> {
    let mut keys = document.section("retention")?;
    Ok(Retention {
        history: keys.or("history", TimeDelta::days(400), values::at_least_a_week)?,
        departed: keys.or("departed", TimeDelta::days(30), values::age)?,
    })
}

fn people(document: &mut Document<'_>, words: &mut Vec<Word>) -> Result<People, Mistake> {
    let mut keys = document.section("people")?;
    let on_leave = values::choice([("remove", OnLeave::Remove), ("keep", OnLeave::Keep)]);
    let on_leave = keys.or("on_leave", OnLeave::Remove, on_leave)?;
    let exclude = keys.or("exclude", BTreeMap::new(), values::people)?;
    let exclude = who(exclude, Role::Excluded, words);
    let without_email = without_email(&mut keys)?;
    let supervisor_away = values::choice([("empty", SupervisorAway::Empty), ("next", SupervisorAway::Next)]);
    let supervisor_away = keys.or("supervisor_away", SupervisorAway::Empty, supervisor_away)?;
    let mut filters = Vec::new();
    for (key, attribute) in FILTERS {
        let names = |value: Value<'_>| value.items()?.into_iter().map(values::allowed).collect::<Result<Vec<_>, _>>();
        let allowed = keys.or(key, Vec::new(), names)?;
        if !allowed.is_empty() {
            let names = allowed.iter().map(|name| skeleton(&name.value).into_owned()).collect();
            filters.push(ScopeFilter { attribute: AttributeKey::new(attribute), allowed: names });
        }
        words.extend(
            allowed.into_iter().map(|text| Word { what: What::Value(Role::Filter, attribute.to_owned()), text }),
        );
    }
    let import_id = keys.or("import_id", ImportIdSource::PersonioId, |value| match values::selector(value)? {
        selector if selector.value == "id" => Ok(ImportIdSource::PersonioId),
        selector => Ok(ImportIdSource::Attribute(selector)),
    })?;
    let language = keys.or("language", LanguageRule::Unset, |value| language(value, words))?;
    let fields = import_id.attribute().into_iter().chain(language.attribute()).cloned();
    words.extend(fields.map(|text| Word { what: What::Field, text }));
    Ok(People { on_leave, exclude, without_email, supervisor_away, filters, import_id, language })
}

/// The people who are named.
fn who(named: BTreeMap<Who, Place>, role: Role, words: &mut Vec<Word>) -> BTreeSet<Who> {
    let word = |(who, place): (&Who, &Place)| {
        let (of, value) = who.named();
        Word { what: What::Value(role, of.to_owned()), text: Placed { value, place: *place } }
    };
    words.extend(named.iter().map(word));
    named.into_keys().collect()
}

/// An unused domain is no mistake: it may be written down before the rule is chosen.
fn without_email(keys: &mut Section<'_, '_>) -> Result<WithoutEmail, Mistake> {
    #[derive(Clone, PartialEq)]
    enum Rule {
        Undecided,
        LeaveOut,
        Placeholder(Place),
    }
    let rule = keys.or("without_email", Rule::Undecided, |value| {
        let placeholder = Rule::Placeholder(value.place());
        values::choice([("undecided", Rule::Undecided), ("leave_out", Rule::LeaveOut), ("placeholder", placeholder)])(
            value,
        )
    })?;
    match (rule, keys.optional("placeholder_domain", values::domain)?) {
        (Rule::Undecided, _) => Ok(WithoutEmail::Undecided),
        (Rule::LeaveOut, _) => Ok(WithoutEmail::LeaveOut),
        (Rule::Placeholder(_), Some(domain)) => Ok(WithoutEmail::Placeholder { domain }),
        (Rule::Placeholder(place), None) => {
            let what =
                "[people] without_email: \"placeholder\" needs a placeholder_domain, such as \"no-mail.example.com\"";
            Err(Mistake::at(place, what))
        }
    }
}

/// A code for everybody, or the attribute that holds it.
fn language(value: Value<'_>, words: &mut Vec<Word>) -> Result<LanguageRule<Placed<String>>, Mistake> {
    if value.as_text().is_some() {
        return values::language(value).map(LanguageRule::Everyone);
    }
    if value.as_entries().is_none() {
        let what = "expected a language code such as \"de\", or a table with attribute, values and default";
        return Err(value.wrong(what));
    }
    let part = |key| value.part(key, &LANGUAGE_KEYS);
    let attribute = part("attribute")?.ok_or_else(|| value.wrong("`attribute` is missing"))?;
    let key = values::selector(attribute)?;
    let values = part("values")?.map(|table| values::mapped(table, &key.value, words, values::language)).transpose()?;
    Ok(LanguageRule::Attribute {
        key,
        values: values.unwrap_or_default(),
        default: part("default")?.map(values::language).transpose()?,
    })
}

fn feed(document: &mut Document<'_>, words: &mut Vec<Word>) -> Result<Feed, Mistake> {
    let mut keys = document.section("feed")?;
    let line_end = values::choice([("lf", LineEnd::Lf), ("crlf", LineEnd::CrLf)]);
    let line_end = keys.or("line_end", LineEnd::Lf, line_end)?;
    let order = values::choice([("configured", ColumnOrder::Configured), ("sorted", ColumnOrder::Sorted)]);
    let order = keys.or("columns", ColumnOrder::Configured, order)?;
    let headers = keys.or("headers", BTreeMap::new(), |value| {
        let header = |Entry { key, value }: Entry<'_>| {
            let header = values::cell(value)?;
            let text = Placed { value: header.clone(), place: value.place() };
            words.push(Word { what: What::Header, text });
            Ok((usual_header(&key.value, value, &OWN_HEADERS)?, header))
        };
        value.entries()?.into_iter().map(header).collect()
    })?;
    let leave_out = keys.or("leave_out", BTreeSet::new(), |value| {
        // The four required columns cannot be left out.
        let header = |value: Value<'_>| usual_header(value.text()?, value, &OWN_HEADERS[4..]);
        value.items()?.into_iter().map(header).collect()
    })?;
    let constants = keys.or("constants", BTreeMap::new(), |value| {
        let constant = |Entry { key, value }: Entry<'_>| {
            let header =
                values::fitting(&key.value).ok_or_else(|| value.wrong("expected a header of 1 to 100 characters"))?;
            if OWN_HEADERS.iter().any(|own| folded(own) == folded(&header)) {
                return Err(value.wrong("this is the name of one of the feed's own columns"));
            }
            words.push(Word { what: What::Header, text: key });
            Ok((header, values::cell(value)?))
        };
        value.entries()?.into_iter().map(constant).collect()
    })?;
    Ok(Feed { line_end, order, headers, leave_out, constants })
}

/// One of the feed's own headers, by its usual name.
fn usual_header(header: &str, value: Value<'_>, usual: &[&str]) -> Result<String, Mistake> {
    match usual.contains(&header) {
        true => Ok(header.to_owned()),
        false => Err(value.wrong(format!("expected one of {}; groups are named under [groups]", usual.join(", ")))),
    }
}
