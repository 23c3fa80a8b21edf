//! `config.toml` and the environment to one `Config`, validated once.
//!
//! Every mistake is pointed at by file, line and column, and none of them repeats a value: people paste secrets into
//! configuration files. Inside, values are true: a `Config` needs no second look, except that labels of attributes are
//! resolved when it is known what the credential may read.

pub mod credential;
pub mod file;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::TimeDelta;
use toml::Spanned;

use crate::age;
use crate::delivery;
use crate::exit::{Exit, Failure};
use crate::remote::{Fingerprint, PingUrl, Target, TemporaryName};
use crate::roster::feed::{Column, Columns, LineEnd, Source, TwiceTheHeader};
use crate::roster::guard::Guard;
use crate::roster::model::language::Language;
use crate::roster::model::record::AttributeKey;
use crate::roster::model::snapshot::{LONGEST_VALUE, fold};
use crate::roster::model::text::tidy;
use crate::roster::policy::mapping::{
    self, Attribute, GroupColumn, GroupWish, GroupWishes, Others, USUAL_GROUPS, Unmappable,
};
use crate::roster::policy::{ImportIdSource, LanguageRule, OnLeave, Policy, ScopeFilter, Several, Who};
use crate::secret::{Credential, Secret};
use crate::timezone::TimeZone;
use credential::Found;
use file::{File, Mistake};

/// The environment variables and folders that matter, read once by `main`.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `HONESTLY_SYNC_CONFIG`
    pub config: Option<PathBuf>,
    /// `HONESTLY_SYNC_CLIENT_ID`
    pub client_id: Option<String>,
    /// `HONESTLY_SYNC_SECRET`
    pub secret: Option<Secret>,
    /// `STATE_DIRECTORY`, set by systemd: the first of its folders.
    pub state_directory: Option<PathBuf>,
    /// `CREDENTIALS_DIRECTORY`, set by systemd.
    pub credentials_directory: Option<PathBuf>,
    pub xdg_config_home: Option<PathBuf>,
    pub xdg_state_home: Option<PathBuf>,
    pub home: Option<PathBuf>,
    /// `JOURNAL_STREAM`, set by systemd where messages go to its journal.
    pub journal_stream: Option<String>,
    /// `NO_COLOR` (no-color.org)
    pub no_color: Option<String>,
}

impl Environment {
    pub fn read() -> Self {
        let path = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let text = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            config: path("HONESTLY_SYNC_CONFIG"),
            client_id: text("HONESTLY_SYNC_CLIENT_ID"),
            secret: text("HONESTLY_SYNC_SECRET").map(Secret::new),
            state_directory: text("STATE_DIRECTORY").and_then(|all| all.split(':').next().map(PathBuf::from)),
            credentials_directory: path("CREDENTIALS_DIRECTORY"),
            xdg_config_home: path("XDG_CONFIG_HOME"),
            xdg_state_home: path("XDG_STATE_HOME"),
            home: path("HOME"),
            journal_stream: text("JOURNAL_STREAM"),
            no_color: text("NO_COLOR"),
        }
    }
}

/// Everything the configuration says.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file it was read from; none where all keys have their defaults.
    pub file: Option<PathBuf>,
    /// The company's time zone: decides which day it is.
    pub timezone: TimeZone,
    pub personio: Personio,
    pub mirror: PathBuf,
    pub guard: Guard,
    pub delivery: Delivery,
    pub monitoring: Monitoring,
    pub retention: Retention,
    feed: Feed,
    people: People,
    groups: GroupWishes,
    environment: Environment,
    /// Where the selectors of `[people]` and `[groups]` stand, for mistakes that only the credential's rights reveal.
    text: String,
}

#[derive(Debug, Clone)]
pub struct Personio {
    pub base_url: String,
    pub credentials: PathBuf,
    pub timeout: Duration,
    pub give_up_after: Duration,
    /// Zero means no limit.
    pub requests_per_second: u32,
    /// Zero means no limit.
    pub requests_per_minute: u32,
}

/// Whether the feed goes anywhere.
#[derive(Debug, Clone)]
pub enum Delivery {
    /// `[delivery] to` is not set: nothing reaches Honestly, and everybody is told so.
    NotSet,
    /// `to = "none"`: only the mirror is wanted.
    MirrorOnly,
    To {
        settings: delivery::Settings,
        /// How old the last delivery may become before the same file is sent again.
        refresh: TimeDelta,
    },
}

impl Delivery {
    /// Where the feed goes and how to get there.
    pub fn settings(&self) -> Option<&delivery::Settings> {
        match self {
            Self::NotSet | Self::MirrorOnly => None,
            Self::To { settings, refresh: _ } => Some(settings),
        }
    }
}

/// How long values are kept that are no longer needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// What runs changed, before and after.
    pub history: TimeDelta,
    /// The same of people who are gone.
    pub departed: TimeDelta,
}

/// Who is told how runs end.
#[derive(Debug, Clone)]
pub struct Monitoring {
    /// In the folder that node_exporter's textfile collector reads.
    pub textfile: Option<PathBuf>,
    pub ping_url: Option<PingUrl>,
}

/// How the feed differs from the usual one.
#[derive(Debug, Clone)]
struct Feed {
    line_end: LineEnd,
    order: ColumnOrder,
    /// Usual header to the configured one.
    headers: BTreeMap<String, String>,
    leave_out: BTreeSet<String>,
    constants: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ColumnOrder {
    Configured,
    Sorted,
}

#[derive(Debug, Clone)]
struct People {
    on_leave: OnLeave,
    exclude: BTreeSet<Who>,
    filters: Vec<ScopeFilter>,
    /// `id`, or a selector.
    import_id: String,
    language: LanguageWish,
}

#[derive(Debug, Clone)]
enum LanguageWish {
    Unset,
    Everyone(Language),
    Attribute { selector: String, values: BTreeMap<String, Language>, default: Option<Language> },
}

/// The published address of Personio's API v1.
pub const BASE_URL: &str = "https://api.personio.de/v1";

/// The feed's own columns, in their order; no group may take their headers.
const OWN_COLUMNS: [(&str, Source); 6] = [
    ("ImportId", Source::ImportId),
    ("Email", Source::Email),
    ("Firstname", Source::FirstName),
    ("Lastname", Source::LastName),
    ("Language", Source::Language),
    ("ReportsToId", Source::ReportsToId),
];

/// Reads the file that `--config`, the environment or the usual places name; without one, every key has its default.
pub fn load(asked_for: Option<&Path>, environment: Environment) -> Result<Config, Failure> {
    let (path, text) = find(asked_for, &environment)?;
    let shown = path.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
    let read = file::parse(&text).and_then(|file| build(file, path.clone(), text.clone(), environment));
    read.map_err(|mistake| Failure::new(Exit::Misconfigured, mistake.pointed_at(&shown, &text)))
}

fn find(asked_for: Option<&Path>, environment: &Environment) -> Result<(Option<PathBuf>, String), Failure> {
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|error| {
            let what = format!("cannot read the configuration {}: {error}", path.display());
            Failure::new(Exit::Misconfigured, what)
        })
    };
    if let Some(path) = asked_for.or(environment.config.as_deref()) {
        return Ok((Some(path.to_owned()), read(path)?));
    }
    let of_user = environment
        .xdg_config_home
        .clone()
        .or_else(|| environment.home.as_ref().map(|home| home.join(".config")))
        .map(|folder| folder.join("honestly-sync/config.toml"));
    for path in of_user.into_iter().chain([PathBuf::from("/etc/honestly-sync/config.toml")]) {
        match path.try_exists() {
            Ok(false) => {}
            Ok(true) | Err(_) => return Ok((Some(path.clone()), read(&path)?)),
        }
    }
    Ok((None, String::new()))
}

fn build(file: File, path: Option<PathBuf>, text: String, environment: Environment) -> Result<Config, Mistake> {
    let File { timezone, personio, mirror, people, groups, guard, feed, delivery, monitoring, retention } = file;
    let folder = path.as_deref().and_then(Path::parent).map(Path::to_owned);
    let timezone = timezone.unwrap_or_else(|| Spanned::new(0..0, "Europe/Berlin".to_owned()));
    let timezone = TimeZone::parse(timezone.get_ref())
        .ok_or_else(|| mistake("not the name of a time zone; expected one such as \"Europe/Berlin\"", &timezone))?;
    let state = state_folder(&environment);
    let in_state = |name: &str, key: &str| {
        state.as_ref().map(|folder| folder.join(name)).ok_or_else(|| Mistake {
            what: format!("no folder for {name}: set HOME, STATE_DIRECTORY or, in config.toml, {key}"),
            span: None,
        })
    };
    let credentials = match personio.credentials {
        Some(path) => full_path(&path, folder.as_deref())?,
        None => in_state("credentials.json", "[personio] credentials")?,
    };
    let mirror = match mirror.path {
        Some(path) => full_path(&path, folder.as_deref())?,
        None => in_state("mirror.db", "[mirror] path")?,
    };
    let personio = Personio {
        base_url: personio.base_url.map_or(Ok(BASE_URL.to_owned()), base_url)?,
        credentials,
        timeout: seconds(personio.timeout_seconds, 60)?,
        give_up_after: seconds(personio.give_up_after_seconds, 900)?,
        requests_per_second: personio.requests_per_second.unwrap_or(15),
        requests_per_minute: personio.requests_per_minute.unwrap_or(300),
    };
    Ok(Config {
        file: path,
        timezone,
        personio,
        mirror,
        guard: guard_limits(guard)?,
        delivery: destination(delivery, folder.as_deref(), &environment)?,
        monitoring: watchers(monitoring, folder.as_deref())?,
        retention: Retention {
            history: age_of(retention.history, TimeDelta::days(400))?,
            departed: age_of(retention.departed, TimeDelta::days(30))?,
        },
        feed: feed_rules(feed)?,
        people: people_rules(people)?,
        groups: group_wishes(groups)?,
        environment,
        text,
    })
}

fn mistake<T>(what: &str, at: &Spanned<T>) -> Mistake {
    let span: Range<usize> = at.span();
    Mistake { what: what.to_owned(), span: Some(span) }
}

/// `$STATE_DIRECTORY`, else the user's state folder.
fn state_folder(environment: &Environment) -> Option<PathBuf> {
    environment.state_directory.clone().or_else(|| {
        let state = environment.xdg_state_home.clone();
        let state = state.or_else(|| environment.home.as_ref().map(|home| home.join(".local/state")));
        state.map(|folder| folder.join("honestly-sync"))
    })
}

/// A path as written; a relative one starts at the configuration's folder.
fn full_path(path: &Spanned<String>, folder: Option<&Path>) -> Result<PathBuf, Mistake> {
    let text = path.get_ref();
    if text.trim().is_empty() || text.starts_with('~') {
        return Err(mistake("not a path; write it in full, \"~\" is not expanded", path));
    }
    Ok(folder.unwrap_or(Path::new("")).join(text))
}

fn base_url(url: Spanned<String>) -> Result<String, Mistake> {
    let text = url.get_ref().trim().trim_end_matches('/');
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['@', '?', '#', ' ']) => Ok(text.to_owned()),
        Some(_) | None => Err(mistake("not an address; expected one such as \"https://api.personio.de/v1\"", &url)),
    }
}

fn seconds(given: Option<Spanned<u32>>, default: u32) -> Result<Duration, Mistake> {
    match given {
        Some(given) if *given.get_ref() == 0 => Err(mistake("expected at least 1 second", &given)),
        Some(given) => Ok(Duration::from_secs((*given.get_ref()).into())),
        None => Ok(Duration::from_secs(default.into())),
    }
}

fn guard_limits(guard: file::Guard) -> Result<Guard, Mistake> {
    let file::Guard {
        removals,
        removals_percent,
        removals_at_most,
        additions,
        additions_percent,
        field_changes,
        field_changes_percent,
        must_include,
    } = guard;
    for given in [&removals_percent, &additions_percent, &field_changes_percent].into_iter().flatten() {
        if *given.get_ref() > 100 {
            return Err(mistake("expected a percentage from 0 to 100", given));
        }
    }
    let percent = |given: Option<Spanned<usize>>| given.map(Spanned::into_inner);
    let mut limits = Guard::default();
    for (given, limit) in [
        (removals, &mut limits.removals.people),
        (percent(removals_percent), &mut limits.removals.percent),
        (removals_at_most, &mut limits.removals_at_most),
        (additions, &mut limits.additions.people),
        (percent(additions_percent), &mut limits.additions.percent),
        (field_changes, &mut limits.field_changes.people),
        (percent(field_changes_percent), &mut limits.field_changes.percent),
    ] {
        *limit = given.unwrap_or(*limit);
    }
    limits.must_include = who(must_include);
    Ok(limits)
}

fn destination(
    delivery: file::Delivery,
    folder: Option<&Path>,
    environment: &Environment,
) -> Result<Delivery, Mistake> {
    let file::Delivery { to, identity_file, known_hosts, host_key, temporary_name, timeout_seconds, refresh } =
        delivery;
    let to = match to {
        None => return Ok(Delivery::NotSet),
        Some(to) if to.get_ref() == "none" => return Ok(Delivery::MirrorOnly),
        Some(to) => to,
    };
    let path = |path: Option<Spanned<String>>| path.map(|path| full_path(&path, folder)).transpose();
    let host_keys = host_key.as_ref().map_or_else(|| Ok(Vec::new()), fingerprints)?;
    let target = Target::parse(to.get_ref()).map_err(|what| mistake(what, &to))?;
    let temporary_name = match temporary_name {
        None => TemporaryName::Usual,
        Some(name) if Some(name.get_ref().as_str()) == target.file_name() => {
            return Err(mistake(
                "this is the real name; \"none\" writes under it, which may leave a part there",
                &name,
            ));
        }
        Some(name) => TemporaryName::parse(name.get_ref()).map_err(|what| mistake(what, &name))?,
    };
    let settings = delivery::Settings {
        target,
        identity_file: private_key(path(identity_file)?, environment),
        known_hosts: path(known_hosts)?,
        host_keys,
        temporary_name,
        timeout: seconds(timeout_seconds, 60)?,
    };
    Ok(Delivery::To { settings, refresh: age_of(refresh, TimeDelta::days(7))? })
}

fn fingerprints(given: &Spanned<file::OneOrMany>) -> Result<Vec<Fingerprint>, Mistake> {
    let texts = match given.get_ref() {
        file::OneOrMany::One(text) => std::slice::from_ref(text),
        file::OneOrMany::Many(texts) => texts.as_slice(),
    };
    if texts.is_empty() {
        return Err(mistake("expected at least one fingerprint", given));
    }
    let parsed = texts.iter().map(|text| Fingerprint::parse(text)).collect::<Option<_>>();
    parsed.ok_or_else(|| mistake("not a fingerprint; expected SHA256:... or a whole line of ssh-keygen -l", given))
}

fn age_of(given: Option<Spanned<String>>, default: TimeDelta) -> Result<TimeDelta, Mistake> {
    let Some(given) = given else { return Ok(default) };
    // Nothing has no unit.
    if given.get_ref().trim() == "0" {
        return Ok(TimeDelta::zero());
    }
    age::parse(given.get_ref())
        .ok_or_else(|| mistake("expected a number and a unit, such as \"400d\" or \"12h\"", &given))
}

fn watchers(monitoring: file::Monitoring, folder: Option<&Path>) -> Result<Monitoring, Mistake> {
    let file::Monitoring { textfile, ping_url } = monitoring;
    if let Some(path) = textfile.as_ref().filter(|path| !path.get_ref().ends_with(".prom")) {
        return Err(mistake("expected a path that ends with .prom, or the collector does not read it", path));
    }
    Ok(Monitoring {
        textfile: textfile.map(|path| full_path(&path, folder)).transpose()?,
        ping_url: ping_url.map(|url| PingUrl::parse(url.get_ref()).map_err(|what| mistake(what, &url))).transpose()?,
    })
}

fn feed_rules(feed: file::Feed) -> Result<Feed, Mistake> {
    let file::Feed { line_end, columns, headers, leave_out, constants } = feed;
    let usual = |header: &Spanned<String>, columns: &[(&str, Source)]| match columns
        .iter()
        .any(|(usual, _)| usual == header.get_ref())
    {
        true => Ok(header.get_ref().clone()),
        false => {
            let names: Vec<&str> = columns.iter().map(|(usual, _)| *usual).collect();
            Err(mistake(&format!("expected one of {}; groups are named under [groups]", names.join(", ")), header))
        }
    };
    let fits = |text: &Spanned<String>| match text.get_ref().trim().chars().count() {
        1..=LONGEST_VALUE => Ok(text.get_ref().trim().to_owned()),
        _ => Err(mistake("expected 1 to 100 characters", text)),
    };
    Ok(Feed {
        line_end: match line_end {
            None | Some(file::LineEnd::Lf) => LineEnd::Lf,
            Some(file::LineEnd::Crlf) => LineEnd::CrLf,
        },
        order: match columns {
            None | Some(file::ColumnOrder::Configured) => ColumnOrder::Configured,
            Some(file::ColumnOrder::Sorted) => ColumnOrder::Sorted,
        },
        headers: headers
            .iter()
            .map(|(header, name)| Ok((usual(header, &OWN_COLUMNS)?, fits(name)?)))
            .collect::<Result<_, Mistake>>()?,
        // The four required columns cannot be left out.
        leave_out: leave_out.iter().map(|header| usual(header, &OWN_COLUMNS[4..])).collect::<Result<_, Mistake>>()?,
        constants: constants
            .into_iter()
            .map(|(header, text)| Ok((header, fits(&text)?)))
            .collect::<Result<_, Mistake>>()?,
    })
}

fn who(people: Vec<file::Person>) -> BTreeSet<Who> {
    people.into_iter().map(|person| Who::parse(&person.0)).collect()
}

fn people_rules(people: file::People) -> Result<People, Mistake> {
    let file::People { on_leave, exclude, employment_types, departments, offices, subcompanies, import_id, language } =
        people;
    let filters = [
        (AttributeKey::EMPLOYMENT_TYPE, employment_types),
        (AttributeKey::DEPARTMENT, departments),
        (AttributeKey::OFFICE, offices),
        (AttributeKey::SUBCOMPANY, subcompanies),
    ];
    let mut rules = Vec::new();
    for (key, names) in filters {
        if let Some(blank) = names.iter().find(|name| name.get_ref().trim().is_empty()) {
            return Err(mistake("expected a name", blank));
        }
        if !names.is_empty() {
            let allowed = names.iter().map(|name| fold(&tidy(name.get_ref())).into_owned()).collect();
            rules.push(ScopeFilter { attribute: AttributeKey::new(key), allowed });
        }
    }
    Ok(People {
        on_leave: match on_leave {
            None | Some(file::OnLeave::Remove) => OnLeave::Remove,
            Some(file::OnLeave::Keep) => OnLeave::Keep,
        },
        exclude: who(exclude),
        filters: rules,
        import_id: import_id.map_or_else(|| "id".to_owned(), |selector| selector.into_inner().trim().to_owned()),
        language: language.map_or(Ok(LanguageWish::Unset), language_wish)?,
    })
}

fn language_wish(language: file::Language) -> Result<LanguageWish, Mistake> {
    let code = |code: &str| {
        Language::new(code).ok_or_else(|| Mistake {
            what: "[people] language: expected two letters of ISO 639-1, such as \"de\"".to_owned(),
            span: None,
        })
    };
    Ok(match language {
        file::Language::Everyone(language) => LanguageWish::Everyone(code(&language)?),
        file::Language::Attribute { attribute, values, default } => LanguageWish::Attribute {
            selector: attribute,
            values: values
                .into_iter()
                .map(|(value, language)| Ok((fold(&tidy(&value)).into_owned(), code(&language)?)))
                .collect::<Result<_, Mistake>>()?,
            default: default.as_deref().map(code).transpose()?,
        },
    })
}

fn group_wishes(groups: file::Groups) -> Result<GroupWishes, Mistake> {
    let plain = |selector: &str| GroupWish {
        selector: selector.to_owned(),
        name: None,
        values: BTreeMap::new(),
        several: Several::Joined,
    };
    let mut named: Vec<GroupWish> = USUAL_GROUPS.iter().map(|(key, _)| plain(key)).collect();
    match groups {
        file::Groups::Usual => Ok(GroupWishes { named, others: Others::LeftAlone }),
        file::Groups::List(selectors) => {
            let others = match selectors.iter().any(|selector| selector == "*") {
                true => Others::Taken { except: Vec::new() },
                false => Others::LeftAlone,
            };
            let named = selectors.iter().filter(|selector| *selector != "*").map(|selector| plain(selector)).collect();
            Ok(GroupWishes { named, others })
        }
        file::Groups::Table(entries) => {
            let mut all = false;
            let mut off = Vec::new();
            for (selector, group) in entries {
                let wish = match group {
                    file::Group::On if selector == "*" => {
                        all = true;
                        continue;
                    }
                    file::Group::Off if selector == "*" => continue,
                    file::Group::Named(_) | file::Group::Settings(_) if selector == "*" => {
                        let what = "[groups] \"*\": expected true or false".to_owned();
                        return Err(Mistake { what, span: None });
                    }
                    file::Group::Off => {
                        named.retain(|wish| wish.selector != selector);
                        off.push(selector);
                        continue;
                    }
                    file::Group::On => plain(&selector),
                    file::Group::Named(name) => GroupWish { name: Some(name), ..plain(&selector) },
                    file::Group::Settings(file::GroupSettings { name, values, split }) => GroupWish {
                        name: name.map(|name| name.trim().to_owned()),
                        values,
                        several: if split { Several::Split } else { Several::Joined },
                        ..plain(&selector)
                    },
                };
                match named.iter_mut().find(|usual| usual.selector == selector) {
                    Some(usual) => *usual = wish,
                    None => named.push(wish),
                }
            }
            let others = if all { Others::Taken { except: off } } else { Others::LeftAlone };
            Ok(GroupWishes { named, others })
        }
    }
}

impl Config {
    /// Whether labels must be looked up at Personio before the policy is known.
    pub fn needs_labels(&self) -> bool {
        let by_label = |selector: &str| selector != "id" && !mapping::is_key(selector);
        self.groups.need_labels()
            || by_label(&self.people.import_id)
            || matches!(&self.people.language, LanguageWish::Attribute { selector, .. } if by_label(selector))
    }

    /// The policy with the columns of the feed, now that it is known what the credential may read.
    pub fn policy(&self, readable: &[Attribute]) -> Result<Policy, Failure> {
        let resolve = |selector: &str| {
            mapping::resolve_selector(selector, readable).map_err(|unmappable| self.unmappable(&unmappable, selector))
        };
        let groups = self
            .groups
            .resolve(readable, &OWN_COLUMNS.each_ref().map(|(header, _)| *header))
            .map_err(|unmappable| self.unmappable(&unmappable, &unmappable.selector()))?;
        let columns = self.columns(&groups)?;
        let People { on_leave, exclude, filters, import_id, language } = &self.people;
        Ok(Policy {
            on_leave: *on_leave,
            exclude: exclude.clone(),
            filters: filters.clone(),
            import_id: match import_id.as_str() {
                "id" => ImportIdSource::PersonioId,
                selector => ImportIdSource::Attribute(resolve(selector)?),
            },
            language: match language {
                LanguageWish::Unset => LanguageRule::Unset,
                LanguageWish::Everyone(language) => LanguageRule::Everyone(*language),
                LanguageWish::Attribute { selector, values, default } => {
                    LanguageRule::Attribute { key: resolve(selector)?, values: values.clone(), default: *default }
                }
            },
            groups: groups.into_iter().map(|column| column.rule).collect(),
            columns,
        })
    }

    /// The feed's own columns, then a column for each attribute that becomes a group, then constants.
    fn columns(&self, groups: &[GroupColumn]) -> Result<Columns, Failure> {
        let Feed { line_end, order, headers, leave_out, constants } = &self.feed;
        let own = OWN_COLUMNS.iter().filter(|(usual, _)| !leave_out.contains(*usual));
        let own = own.map(|(usual, source)| Column {
            header: headers.get(*usual).cloned().unwrap_or_else(|| (*usual).to_owned()),
            source: source.clone(),
        });
        let of_group = |GroupColumn { header, rule }: &GroupColumn| Column {
            header: header.clone(),
            source: Source::Group(rule.attribute.clone()),
        };
        let mut groups: Vec<Column> = groups.iter().map(of_group).collect();
        match order {
            ColumnOrder::Configured => {}
            ColumnOrder::Sorted => groups.sort_by(|a, b| a.header.cmp(&b.header)),
        }
        let constants = constants
            .iter()
            .map(|(header, text)| Column { header: header.clone(), source: Source::Constant(text.clone()) });
        let columns = own.chain(groups).chain(constants).collect();
        Columns::new(columns, *line_end).map_err(|TwiceTheHeader(header)| {
            self.unmappable(&Unmappable::TwiceTheName { name: header.clone() }, &header)
        })
    }

    /// Points at the place where the selector stands.
    fn unmappable(&self, unmappable: &Unmappable, selector: &str) -> Failure {
        let file = self.file.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
        let mistake = Mistake { what: unmappable.to_string(), span: file::place_of(selector, &self.text) };
        let hint = "release the attribute for the credential in Personio, or run honestly-sync connect --no-sync to see \
                    what may be read";
        Failure::new(Exit::Misconfigured, mistake.pointed_at(&file, &self.text)).hint(hint)
    }

    /// The credential: the file that `connect` wrote, else systemd's `personio-credentials`, else the environment. A file of
    /// root's, which a service may not read, is passed over where the service was handed a credential.
    pub fn credential(&self) -> Result<Option<Credential>, Failure> {
        let closed = match credential::read(&self.personio.credentials)? {
            Found::Credential(credential) => return Ok(Some(credential)),
            Found::Nothing => None,
            Found::Closed(failure) => Some(failure),
        };
        if let Some(path) = handed_over(&self.environment, CREDENTIAL_NAME) {
            match credential::read(&path)? {
                Found::Credential(credential) => return Ok(Some(credential)),
                Found::Nothing => {}
                Found::Closed(failure) => return Err(failure),
            }
        }
        let of_environment = self.environment.client_id.clone().zip(self.environment.secret.clone());
        match (of_environment, closed) {
            (Some((client_id, client_secret)), _) => Ok(Some(Credential { client_id, client_secret })),
            (None, Some(failure)) => Err(failure),
            (None, None) => Ok(None),
        }
    }

    /// Where a credential would still come from if the stored one were gone.
    pub fn other_credentials(&self) -> Vec<&'static str> {
        let handed_over = handed_over(&self.environment, CREDENTIAL_NAME).is_some_and(|path| path.exists());
        let of_environment = self.environment.client_id.is_some() || self.environment.secret.is_some();
        [(handed_over, "$CREDENTIALS_DIRECTORY"), (of_environment, "the environment")]
            .into_iter()
            .filter_map(|(there, place)| there.then_some(place))
            .collect()
    }

    pub fn environment_client_id(&self) -> Option<&String> {
        self.environment.client_id.as_ref()
    }

    pub fn environment_secret(&self) -> Option<&Secret> {
        self.environment.secret.as_ref()
    }
}

/// The name under which systemd's `LoadCredential=` hands over the credential file.
pub const CREDENTIAL_NAME: &str = "personio-credentials";

/// The name under which it hands over the private key for the destination.
pub const KEY_NAME: &str = "sftp-key";

fn handed_over(environment: &Environment, name: &str) -> Option<PathBuf> {
    environment.credentials_directory.as_ref().map(|folder| folder.join(name))
}

/// The configured key, unless it is closed to this user (as root's is to a service) and the service was handed one.
fn private_key(configured: Option<PathBuf>, environment: &Environment) -> Option<PathBuf> {
    match (configured, handed_over(environment, KEY_NAME).filter(|path| path.exists())) {
        (Some(configured), Some(_)) if std::fs::File::open(&configured).is_ok() => Some(configured),
        (_, Some(handed_over)) => Some(handed_over),
        (configured, None) => configured,
    }
}
