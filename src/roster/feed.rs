//! A snapshot to the bytes of `employees.csv`.
//!
//! Honestly takes UTF-8 without a byte order mark, commas, every cell in double quotes and case-sensitive headers (help page
//! "wie-synchronisiere-ich-meine-mitarbeiterdaten-mit-meinem-hr-system"). The same snapshot gives the same bytes. Values are
//! sent as they are: a leading `=` belongs to the value, this file is for a machine.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use foldhash::fast::RandomState;

use super::language::Language;
use super::record::AttributeKey;
use super::snapshot::{Email, Employee, ImportId, LONGEST_VALUE, Snapshot, fold};

/// The columns and the line ending of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    pub columns: Vec<Column>,
    pub line_end: LineEnd,
}

impl Format {
    /// Everything that decides about the bytes of a feed besides the people, as one text.
    pub fn canonical(&self) -> String {
        let Self { columns, line_end } = self;
        let columns: String =
            columns.iter().map(|Column { header, source }| format!("{header:?} {source:?}\n")).collect();
        format!("{line_end:?}\n{columns}")
    }
}

/// One column: its header, and where its cells come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub header: String,
    pub source: Source,
}

/// Where a cell comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    ImportId,
    Email,
    FirstName,
    LastName,
    Language,
    /// The supervisor's import id.
    ReportsToId,
    /// The person's groups of one attribute, sorted and joined with a comma.
    Group(AttributeKey),
    /// The same text for everybody.
    Constant(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    Lf,
    CrLf,
}

/// Rows in the order of import ids. Fails only where memory does.
pub fn render(snapshot: &Snapshot, format: &Format) -> Result<Vec<u8>, csv::Error> {
    /// A guess that saves the file from being moved around in memory while it grows.
    const BYTES_PER_CELL: usize = 16;
    let room = (snapshot.employees().len() + 1) * format.columns.len() * BYTES_PER_CELL;
    let terminator = match format.line_end {
        LineEnd::Lf => csv::Terminator::Any(b'\n'),
        LineEnd::CrLf => csv::Terminator::CRLF,
    };
    let mut writer = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .terminator(terminator)
        .from_writer(Vec::with_capacity(room));
    writer.write_record(format.columns.iter().map(|column| on_one_line(Cow::Borrowed(&column.header)).into_owned()))?;
    let mut employees: Vec<&Employee> = snapshot.employees().iter().map(|employee| &**employee).collect();
    employees.sort_unstable_by(|a, b| a.import_id.cmp(&b.import_id));
    for employee in employees {
        for column in &format.columns {
            writer.write_field(&*on_one_line(cell(snapshot, employee, &column.source)))?;
        }
        // Ends the row.
        writer.write_record(None::<&[u8]>)?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn cell<'s>(snapshot: &'s Snapshot, employee: &'s Employee, source: &'s Source) -> Cow<'s, str> {
    Cow::Borrowed(match source {
        Source::ImportId => employee.import_id.as_str(),
        Source::Email => employee.email.as_str(),
        Source::FirstName => &employee.first_name,
        Source::LastName => &employee.last_name,
        Source::Language => employee.language.as_ref().map(|language| language.as_str()).unwrap_or_default(),
        Source::ReportsToId => {
            let supervisor = employee.supervisor.and_then(|id| snapshot.employee(id));
            supervisor.map(|supervisor| supervisor.import_id.as_str()).unwrap_or_default()
        }
        Source::Group(attribute) => return snapshot.value_of(employee, attribute.as_str()).unwrap_or_default(),
        Source::Constant(text) => text,
    })
}

fn on_one_line(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte == b'\r' || byte == b'\n') {
        Cow::Owned(text.replace("\r\n", " ").replace(['\r', '\n'], " "))
    } else {
        text
    }
}

/// One person as a file in the feed's format has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub import_id: ImportId,
    pub email: Email,
    pub first_name: String,
    pub last_name: String,
    pub language: Option<Language>,
    pub reports_to: Option<ImportId>,
    /// The cells of mapped attributes that are not empty.
    pub values: Vec<(AttributeKey, String)>,
}

/// What a file in the feed's format says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    pub rows: Vec<Row>,
    /// Headers that no column of the format has; their cells are passed over.
    pub unknown: Vec<String>,
}

/// Reads a file that was exported or sent before: in any order of columns, with columns missing that are not required. Every
/// line that cannot be used is named, by its number from one.
pub fn read(bytes: &[u8], format: &Format) -> Result<Rows, Vec<Unusable>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let headers = reader.headers().map_err(|_| vec![Unusable { line: 1, why: "not comma separated UTF-8".into() }])?;
    let column = |header: &str| format.columns.iter().find(|column| column.header == header.trim());
    let sources: Vec<Option<&Source>> = headers.iter().map(|header| column(header).map(|c| &c.source)).collect();
    let unknown = headers.iter().filter(|header| column(header).is_none()).map(str::to_owned).collect();
    let required = [Source::ImportId, Source::Email, Source::FirstName, Source::LastName];
    let missing: Vec<Unusable> = format
        .columns
        .iter()
        .filter(|column| required.contains(&column.source) && !sources.contains(&Some(&column.source)))
        .map(|column| Unusable { line: 1, why: format!("the header {:?} is missing", column.header) })
        .collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    let mut rows = Vec::new();
    let mut unusable = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let line = at + 2;
        match record {
            Err(_) => unusable.push(Unusable { line, why: "not as many cells as the header has, or not UTF-8".into() }),
            Ok(record) => match row(&sources, &record) {
                Ok(row) => rows.push(row),
                Err(why) => unusable.push(Unusable { line, why: why.into() }),
            },
        }
    }
    if unusable.is_empty() { Ok(Rows { rows, unknown }) } else { Err(unusable) }
}

/// A line that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    pub line: usize,
    pub why: String,
}

fn row(sources: &[Option<&Source>], record: &csv::StringRecord) -> Result<Row, &'static str> {
    let cell = |wanted: &Source| {
        let at = sources.iter().position(|source| *source == Some(wanted));
        at.and_then(|at| record.get(at)).unwrap_or_default().trim()
    };
    let name = |source: &Source| match cell(source) {
        "" => Err("a name is empty"),
        name => Ok(name.to_owned()),
    };
    let value = |(source, text): (&Option<&Source>, &str)| match source {
        Some(Source::Group(key)) if !text.trim().is_empty() => Some((key.clone(), text.trim().to_owned())),
        Some(_) | None => None,
    };
    let language = match cell(&Source::Language) {
        "" => None,
        code => Some(Language::new(code).ok_or("the language is no code of ISO 639-1")?),
    };
    Ok(Row {
        import_id: ImportId::new(cell(&Source::ImportId)).ok_or("the import id is empty")?,
        email: Email::new(cell(&Source::Email)).ok_or("the e-mail address is none")?,
        first_name: name(&Source::FirstName)?,
        last_name: name(&Source::LastName)?,
        language,
        reports_to: ImportId::new(cell(&Source::ReportsToId)),
        values: sources.iter().zip(record).filter_map(value).collect(),
    })
}

/// A rule of Honestly's that a file breaks. Rows are named by their import id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breach {
    NotUtf8,
    ByteOrderMark,
    NotCsv,
    Header(String),
    Missing { row: String, column: String },
    Twice { row: String, column: String },
    TooLong { row: String, column: String, characters: usize },
    UnknownSupervisor { row: String },
    UnknownLanguage { row: String },
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("it is not UTF-8"),
            Self::ByteOrderMark => f.write_str("it starts with a byte order mark"),
            Self::NotCsv => f.write_str("it is not comma separated with every cell in double quotes"),
            Self::Header(header) => write!(f, "the header {header:?} is missing, unknown, twice there or too long"),
            Self::Missing { row, column } => write!(f, "{column} of {row:?} is empty"),
            Self::Twice { row, column } => write!(f, "{column} of {row:?} stands there twice"),
            Self::TooLong { row, column, characters } => {
                write!(f, "{column} of {row:?} has {characters} characters, Honestly takes {LONGEST_VALUE}")
            }
            Self::UnknownSupervisor { row } => write!(f, "the supervisor of {row:?} is not in the file"),
            Self::UnknownLanguage { row } => write!(f, "the language of {row:?} is no code of ISO 639-1"),
        }
    }
}

/// Reads a file that is about to be sent as Honestly would, against every rule that Honestly documents; sorted, none when it
/// may be sent.
pub fn check(bytes: &[u8], format: &Format) -> Vec<Breach> {
    let Ok(text) = std::str::from_utf8(bytes) else { return vec![Breach::NotUtf8] };
    if text.starts_with('\u{feff}') {
        return vec![Breach::ByteOrderMark];
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    let mut row = csv::StringRecord::new();
    let Ok(true) = reader.read_record(&mut row) else { return vec![Breach::NotCsv] };
    let breaches = check_headers(&row, format);
    if !breaches.is_empty() {
        return ordered(breaches);
    }
    let mut rest = bytes;
    let mut rules = Rules::new(format);
    loop {
        match after_row(rest, &row, format.line_end) {
            Some(after) => rest = after,
            None => return vec![Breach::NotCsv],
        }
        match reader.read_record(&mut row) {
            Ok(true) => rules.look_at(&row),
            Ok(false) if rest.is_empty() => return ordered(rules.breaches()),
            Ok(false) | Err(_) => return vec![Breach::NotCsv],
        }
    }
}

fn ordered(mut breaches: Vec<Breach>) -> Vec<Breach> {
    breaches.sort();
    breaches.dedup();
    breaches
}

/// What follows a row in the file, where the row stands there as Honestly wants it: every cell in double quotes, which are
/// doubled inside.
fn after_row<'f>(mut rest: &'f [u8], row: &csv::StringRecord, line_end: LineEnd) -> Option<&'f [u8]> {
    for (at, cell) in row.iter().enumerate() {
        rest = rest.strip_prefix(if at == 0 { b"\"".as_slice() } else { b",\"" })?;
        for (at, part) in cell.split('"').enumerate() {
            rest = rest.strip_prefix(if at == 0 { b"".as_slice() } else { b"\"\"" })?;
            rest = rest.strip_prefix(part.as_bytes())?;
        }
        rest = rest.strip_prefix(b"\"")?;
    }
    rest.strip_prefix(match line_end {
        LineEnd::Lf => b"\n".as_slice(),
        LineEnd::CrLf => b"\r\n",
    })
}

fn check_headers(headers: &csv::StringRecord, format: &Format) -> Vec<Breach> {
    let known: Vec<&str> = format.columns.iter().map(|column| column.header.as_str()).collect();
    let mut seen = HashSet::new();
    let unknown = headers.iter().filter(|header| {
        !known.contains(header) || !seen.insert(*header) || header.chars().count() > LONGEST_VALUE || header.is_empty()
    });
    let mut breaches: Vec<Breach> = unknown.map(|header| Breach::Header(header.to_owned())).collect();
    let required = [Source::ImportId, Source::Email, Source::FirstName, Source::LastName];
    let missing = required.iter().filter(|source| !format.columns.iter().any(|column| column.source == **source));
    breaches.extend(missing.map(|source| Breach::Header(format!("{source:?}"))));
    let absent = known.iter().filter(|header| !headers.iter().any(|h| h == **header));
    breaches.extend(absent.map(|header| Breach::Header((*header).to_owned())));
    breaches
}

/// Honestly's rules for rows, looked at one by one.
struct Rules<'f> {
    format: &'f Format,
    /// The column of import ids, by which rows are named.
    names: Option<usize>,
    import_ids: HashSet<Box<str>, RandomState>,
    /// Folded.
    emails: HashSet<Box<str>, RandomState>,
    /// Supervisors who have not come yet, each with whose they are.
    awaited: Vec<(Box<str>, Box<str>)>,
    breaches: Vec<Breach>,
}

impl<'f> Rules<'f> {
    fn new(format: &'f Format) -> Self {
        Self {
            format,
            names: format.columns.iter().position(|column| column.source == Source::ImportId),
            import_ids: HashSet::default(),
            emails: HashSet::default(),
            awaited: Vec::new(),
            breaches: Vec::new(),
        }
    }

    fn look_at(&mut self, row: &csv::StringRecord) {
        let name = self.names.and_then(|at| row.get(at)).unwrap_or_default();
        for (Column { header, source }, value) in self.format.columns.iter().zip(row) {
            let (row, column) = (|| name.to_owned(), || header.clone());
            let breach = match source {
                Source::ImportId | Source::Email | Source::FirstName | Source::LastName if value.trim().is_empty() => {
                    Breach::Missing { row: row(), column: column() }
                }
                Source::ImportId if !self.import_ids.insert(value.into()) => {
                    Breach::Twice { row: row(), column: column() }
                }
                Source::Email if !self.emails.insert(fold(value).into()) => {
                    Breach::Twice { row: row(), column: column() }
                }
                Source::ReportsToId if !value.is_empty() && !self.import_ids.contains(value) => {
                    self.awaited.push((value.into(), name.into()));
                    continue;
                }
                Source::Language if !value.is_empty() && !is_language(value) => Breach::UnknownLanguage { row: row() },
                Source::FirstName | Source::LastName | Source::Group(_) | Source::Constant(_)
                    if value.len() > LONGEST_VALUE && value.chars().count() > LONGEST_VALUE =>
                {
                    Breach::TooLong { row: row(), column: column(), characters: value.chars().count() }
                }
                Source::ImportId
                | Source::Email
                | Source::FirstName
                | Source::LastName
                | Source::Language
                | Source::ReportsToId
                | Source::Group(_)
                | Source::Constant(_) => continue,
            };
            self.breaches.push(breach);
        }
    }

    fn breaches(self) -> Vec<Breach> {
        let Self { import_ids, awaited, mut breaches, .. } = self;
        let missing = awaited.into_iter().filter(|(supervisor, _)| !import_ids.contains(supervisor));
        breaches.extend(missing.map(|(_, row)| Breach::UnknownSupervisor { row: row.into() }));
        breaches
    }
}

fn is_language(code: &str) -> bool {
    Language::new(code).is_some_and(|language| language.as_str() == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format() -> Format {
        super::super::samples::format(&[("Department", "department")])
    }

    const HEADER: &str =
        "\"ImportId\",\"Email\",\"Firstname\",\"Lastname\",\"Language\",\"ReportsToId\",\"Department\"\n";

    fn file(rows: &[&str]) -> String {
        let quoted = |row: &&str| format!("\"{}\"\n", row.split('|').collect::<Vec<_>>().join("\",\""));
        HEADER.to_owned() + &rows.iter().map(quoted).collect::<String>()
    }

    #[test]
    fn a_file_that_keeps_every_rule_may_be_sent() {
        let longest = "ü".repeat(100);
        let text = file(&["1|a@x.de|Ada|Öz|de||Sales", &format!("2|b@x.de|Bo|\"\"Quoted\"\"||1|{longest}")]);
        assert_eq!(check(text.as_bytes(), &format()), []);
        assert_eq!(check(HEADER.as_bytes(), &format()), []);
    }

    #[test]
    fn every_rule_has_its_breach() {
        let one = |row: &str| (row.to_owned(), "1|a@x.de|Ada|Öz|de||Sales".to_owned());
        let too_long = "ü".repeat(101);
        let cases = [
            (one("2||Bo|X|||"), "Email of \"2\" is empty"),
            (one("2|b@x.de| |X|||"), "Firstname of \"2\" is empty"),
            (one("2|b@x.de|Bo||||"), "Lastname of \"2\" is empty"),
            (one("|b@x.de|Bo|X|||"), "ImportId of \"\" is empty"),
            (one("1|b@x.de|Bo|X|||"), "ImportId of \"1\" stands there twice"),
            (one("2|A@x.de|Bo|X|||"), "Email of \"2\" stands there twice"),
            (one("2|b@x.de|Bo|X||9|"), "the supervisor of \"2\" is not in the file"),
            (one("2|b@x.de|Bo|X|xx||"), "the language of \"2\" is no code"),
            (one("2|b@x.de|Bo|X|DE||"), "the language of \"2\" is no code"),
            (one(&format!("2|b@x.de|Bo|X|||{too_long}")), "Department of \"2\" has 101 characters"),
            (one(&format!("2|b@x.de|{too_long}|X|||")), "Firstname of \"2\" has 101 characters"),
        ];
        for ((row, other), expected) in cases {
            let breaches = check(file(&[&other, &row]).as_bytes(), &format());
            assert!(breaches.iter().any(|breach| breach.to_string().starts_with(expected)), "{row}: {breaches:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_feed_are_refused() {
        let good = file(&["1|a@x.de|Ada|Öz|de||Sales"]);
        let cases: [(Vec<u8>, Breach); 7] = [
            (Vec::new(), Breach::NotCsv),
            (format!("\u{feff}{good}").into_bytes(), Breach::ByteOrderMark),
            (vec![b'"', 0xff, b'"'], Breach::NotUtf8),
            (good.replace('"', "").into_bytes(), Breach::NotCsv),
            (good.replace('\n', "\r\n").into_bytes(), Breach::NotCsv),
            (format!("{good}\"1\"\n").into_bytes(), Breach::NotCsv),
            (good.replace("Email", "email").into_bytes(), Breach::Header("Email".into())),
        ];
        for (bytes, expected) in cases {
            let breaches = check(&bytes, &format());
            assert!(breaches.contains(&expected), "{expected:?}: {breaches:?}");
        }
    }

    #[test]
    fn line_breaks_inside_values_become_spaces() {
        let mut format = format();
        format.columns.push(Column { header: "Note".into(), source: Source::Constant("=a\r\nb\nc".into()) });
        format.line_end = LineEnd::CrLf;
        let bytes = render(&Snapshot::default(), &format).unwrap();
        assert!(bytes.ends_with(b"\"Note\"\r\n"));
        assert_eq!(on_one_line("=a\r\nb\nc\rd".into()), "=a b c d");
    }
}
