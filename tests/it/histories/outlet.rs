//! The destination's side of a history, as somebody sees it who has only the files: which one is configured, which header the
//! operator asks for, and what the file there said before and after each run.
//!
//! Law 8, what is judged is what is sent: the difference of the two files, row by row and column by column, is the plan that was
//! shown under the digest; where nothing is known of what a destination has, the plan is the whole new file. A run whose end was
//! lost had its own plan: what it sent is what the next plan starts from, unless it is proven that it did not arrive.
//!
//! A stranger's file that a run saw and that had somebody in it holds, also once it is gone, until a plan over it is approved and
//! that feed has arrived, or our own file stands there again with its own time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use fastrand::Rng;
use honestly_sync::roster::feed::{Column, Feed};
use honestly_sync::roster::guard::HeldPlan;
use honestly_sync::roster::plan::{Change, Plan, PlanDigest};
use honestly_sync::store::Reader;
use rusqlite::Connection;

/// Where the feed goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    Nowhere,
    /// One of two files.
    File(usize),
}

/// What the operator says about the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    surname: bool,
    /// Whether departments have a column.
    pub department: bool,
    division: bool,
    language: bool,
    constant: Option<&'static str>,
    sorted: bool,
    crlf: bool,
    /// Whether the hire date has a column of bands.
    tenure: bool,
    /// Whether small groups are told.
    small: bool,
    /// Whether whoever reports to somebody away reports to the next above.
    next: bool,
    /// Whether files are written under their real name.
    pub in_place: bool,
}

/// A file as a stranger reads it: the header in its order, and the cells of each row by import id and header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    pub header: Vec<String>,
    pub rows: BTreeMap<String, BTreeMap<String, String>>,
}

/// A file that a run sent whose end was lost.
#[derive(Debug, Clone)]
struct Sent {
    which: usize,
    bytes: Vec<u8>,
    in_place: bool,
    /// What was known to have arrived before it.
    before: Option<(usize, Vec<u8>)>,
    /// When that run started: its file set out a moment later.
    at: DateTime<Utc>,
    /// Whether what undoes it may still be kept.
    undoable: bool,
    /// Strangers' files over which it was approved.
    answers: Asked,
}

/// Strangers' files, each with the time of our file that it took the place of.
type Asked = BTreeMap<Vec<u8>, Option<u64>>;

/// What became of a file whose run's end was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Arrived,
    /// It arrived, and the importer took it.
    Taken,
    /// The file from before stands there, and the new one lies beside it.
    LiesBeside,
    /// The file from before stands there.
    Lost,
    /// Its beginning stands there.
    Part,
}

/// Both destinations and the configuration's word about them.
pub struct Outlet {
    folder: PathBuf,
    pub to: To,
    pub header: Header,
    /// The destination that has the mirror's feed, and the file that is known to have arrived there.
    given: Option<(usize, Vec<u8>)>,
    /// What was sent since, in the order in which it was.
    pending: Vec<Sent>,
    /// What the last delivery that is known left at each destination, and when by the destination's clock.
    noted: [Option<(Vec<u8>, u64)>; 2],
    /// Strangers' files that a run saw and that nobody has answered for.
    asked: [Asked; 2],
    /// Whether a file with nobody in it was seen, and nothing was sent since.
    owed: [bool; 2],
    /// The destination's clock: each file has a time of its own.
    clock: u64,
    /// The lines of each plan that was held and told, by its digest; none where it breaks no rule and was held for the digest that
    /// was named.
    shown: BTreeMap<String, Option<BTreeSet<String>>>,
}

/// A run's word about itself, out of the mirror.
struct Told {
    run: i64,
    counts: [i64; 6],
    delivered: bool,
    /// The digest of the plan that a person let pass, in this run or in one whose delivery did not arrive.
    approved_by: Option<String>,
}

impl Outlet {
    pub fn new(folder: &Path) -> Self {
        let header = Header {
            surname: false,
            department: true,
            division: false,
            language: true,
            constant: None,
            sorted: false,
            crlf: false,
            tenure: false,
            small: true,
            next: false,
            in_place: false,
        };
        std::fs::create_dir(folder).unwrap();
        Self {
            folder: folder.to_owned(),
            to: To::Nowhere,
            header,
            given: None,
            pending: Vec::new(),
            noted: [None, None],
            asked: Default::default(),
            owed: [false; 2],
            clock: 0,
            shown: BTreeMap::new(),
        }
    }

    /// The operator switches it on, off, to another destination, and edits the header.
    pub fn edit(&mut self, random: &mut Rng) {
        match random.u8(..27) {
            0 | 1 => self.to = To::File(0),
            2 => self.to = To::File(1),
            3 => self.to = To::Nowhere,
            4 => self.header.surname = !self.header.surname,
            5 => self.header.division = !self.header.division,
            6 => self.header.language = !self.header.language,
            7 => self.header.constant = [None, Some("a"), Some("b")][random.usize(..3)],
            8 => self.header.sorted = !self.header.sorted,
            9 => self.header.crlf = !self.header.crlf,
            13 => self.header.tenure = !self.header.tenure,
            14 => self.header.small = !self.header.small,
            15 => self.header.next = !self.header.next,
            12 => self.header.in_place = !self.header.in_place,
            10 | 11 => self.header.department = !self.header.department,
            _ => {}
        }
    }

    /// What it says of people in the configuration.
    pub fn people(&self) -> &'static str {
        if self.header.next { "supervisor_away = \"next\"\n" } else { "" }
    }

    /// What it says in the configuration.
    pub fn text(&self) -> String {
        let Header {
            surname,
            department,
            division,
            language,
            constant,
            sorted,
            crlf,
            tenure,
            small,
            next: _,
            in_place,
        } = self.header;
        let to = match self.to {
            To::Nowhere => "none".to_owned(),
            To::File(which) => format!("file://{}", self.path(which).display()),
        };
        let mut text = String::from("[groups]\n");
        if !department {
            text.push_str("department = false\n");
        } else if division {
            text.push_str("department = \"Division\"\n");
        }
        if tenure {
            text.push_str("hire_date = { name = \"Tenure\", bands = [\"1m\", \"2m\"] }\n");
        }
        if !small {
            text.push_str("[review]\nsmallest_group = 0\n");
        }
        text.push_str("[feed]\n");
        if sorted {
            text.push_str("columns = \"sorted\"\n");
        }
        if crlf {
            text.push_str("line_end = \"crlf\"\n");
        }
        if !language {
            text.push_str("leave_out = [\"Language\"]\n");
        }
        if surname {
            text.push_str("headers = { Lastname = \"Surname\" }\n");
        }
        if let Some(constant) = constant {
            text.push_str(&format!("constants = {{ Company = {constant:?} }}\n"));
        }
        let name = if in_place { "temporary_name = \"none\"\n" } else { "" };
        format!("{text}[delivery]\nto = {to:?}\nrefresh = \"3d\"\n{name}")
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, which: usize) -> PathBuf {
        self.folder.join(format!("employees-{which}.csv"))
    }

    /// The path of the file that is delivered to.
    pub fn configured(&self) -> Option<PathBuf> {
        match self.to {
            To::Nowhere => None,
            To::File(which) => Some(self.path(which)),
        }
    }

    fn temporary(&self, which: usize) -> PathBuf {
        self.folder.join(format!(".employees-{which}.csv.part"))
    }

    /// Gives a file a time that no other one has.
    fn stamp(&mut self, which: usize) {
        self.clock += 1;
        set_time(&self.path(which), self.clock);
    }

    /// The last delivery is known: its file gets a time of its own, which the program is told.
    fn note(&mut self, which: usize, mirror: &Connection) {
        self.stamp(which);
        let url = format!("file://{}", self.path(which).display());
        let set = "UPDATE deliveries SET delivery = json_set(delivery, '$.modified', ?1) WHERE destination = ?2";
        mirror.execute(set, (self.clock, url)).unwrap();
        self.noted[which] = Some((std::fs::read(self.path(which)).unwrap(), self.clock));
        self.owed[which] = false;
    }

    /// What the next run's look tells: how many of the oldest lost ends are settled, and from which on they are undone.
    pub fn look(
        &mut self,
        can_look: bool,
        now: DateTime<Utc>,
        strangers: &BTreeSet<Vec<u8>>,
    ) -> (usize, Option<usize>) {
        let (mut settled, mut undone) = (0, None);
        self.forget(now);
        if can_look {
            self.see(strangers);
        }
        if let (Some(which), true) = (self.on_its_way(), can_look)
            && let Ok(standing) = std::fs::read(self.path(which))
        {
            let first = self.pending.iter().rposition(|sent| sent.which != which).map_or(0, |at| at + 1);
            let lies = !self.header.in_place && self.temporary(which).exists();
            let arrived = self.pending[first..].iter().rposition(|sent| sent.bytes == standing).map(|at| first + at);
            let next = arrived.map_or(first, |at| at + 1);
            let is_known = self.pending.get(next).is_some_and(|sent| {
                let is_before = arrived.is_some() || sent.before == Some((which, standing.clone()));
                let aside = self.pending[next..].iter().all(|sent| sent.undoable && !sent.in_place);
                is_before && aside && sent.at < now
            });
            if lies && is_known {
                undone = Some(next);
                if arrived.is_none() {
                    self.given = self.pending[next].before.clone();
                }
                self.ask_again(next);
            }
            if let Some(at) = arrived {
                let time = time(&self.path(which));
                self.noted[which] = Some((standing.clone(), time));
                self.given = Some((which, standing));
                let later = self.pending.split_off(at + 1);
                self.arrived(which);
                self.pending = later;
                settled = at + 1;
            }
        }
        (settled, undone)
    }

    /// What a look tells of strangers' files.
    fn see(&mut self, strangers: &BTreeSet<Vec<u8>>) {
        let To::File(which) = self.to else { return };
        let path = self.path(which);
        let Ok(standing) = std::fs::read(&path) else { return };
        let (noted, is_part) = (self.noted[which].clone(), self.is_part(&standing));
        let is_given = self.base(which).is_some();
        let sent = self.pending.iter_mut().filter(|sent| sent.which == which).map(|sent| &mut sent.answers);
        let mut all: Vec<&mut Asked> = sent.chain([&mut self.asked[which]]).collect();
        if noted.as_ref().is_some_and(|(bytes, at)| *bytes == standing && *at == time(&path)) {
            let at = noted.map(|(_, at)| at).filter(|_| is_given);
            all.iter_mut().for_each(|asked| asked.retain(|_, instead_of| at.is_none() || *instead_of != at));
        } else if strangers.contains(&standing) && !is_part {
            all.iter_mut().for_each(|asked| asked.retain(|file, _| *file != standing));
            if has_somebody(&standing) {
                self.asked[which].insert(standing, noted.map(|(_, at)| at));
            } else {
                self.owed[which] = true;
            }
        }
    }

    /// Whatever was sent so far has arrived at one of them, or is of no interest any more.
    fn arrived(&mut self, which: usize) {
        self.pending.retain(|sent| sent.which != which);
        self.ask_again(0);
    }

    /// What was sent from here on is undone, or is no destination's any more: nobody has answered for what it was approved over.
    fn ask_again(&mut self, from: usize) {
        for sent in self.pending.drain(from..) {
            self.asked[sent.which].extend(sent.answers);
        }
    }

    /// What undoes a feed is kept for a week.
    fn forget(&mut self, now: DateTime<Utc>) {
        let old = now - TimeDelta::days(7);
        self.pending.iter_mut().filter(|sent| sent.at < old).for_each(|sent| sent.undoable = false);
    }

    /// The configured destination, where the last lost end is one of it.
    fn on_its_way(&self) -> Option<usize> {
        let To::File(which) = self.to else { return None };
        self.pending.last().filter(|sent| sent.which == which).map(|_| which)
    }

    /// What the plan for a destination starts from.
    fn base(&self, which: usize) -> Option<Vec<u8>> {
        match self.pending.last() {
            Some(sent) => (sent.which == which).then(|| sent.bytes.clone()),
            None => self.given.clone().filter(|(given, _)| *given == which).map(|(_, bytes)| bytes),
        }
    }

    /// Whether another file at the configured destination is one that nobody answered for.
    pub fn has_question(&self) -> bool {
        matches!(self.to, To::File(which) if !self.asked[which].is_empty())
    }

    /// What must stand there after any run that looked: a part of a file of ours and a file with nobody in it are never left.
    pub fn holds_a_part(&mut self, now: DateTime<Utc>, strangers: &BTreeSet<Vec<u8>>) -> Option<Vec<u8>> {
        self.forget(now);
        let To::File(which) = self.to else { return None };
        let standing = std::fs::read(self.path(which)).ok()?;
        let is_empty = strangers.contains(&standing) && !has_somebody(&standing);
        if self.is_part(&standing) || is_empty { self.base(which) } else { None }
    }

    /// Whether it is the beginning of a file that was written in place.
    fn is_part(&self, standing: &[u8]) -> bool {
        let Some(which) = self.on_its_way() else { return false };
        let is_ours = self.pending.iter().any(|sent| sent.bytes == standing)
            || self.given.as_ref().is_some_and(|(_, given)| *given == standing);
        let is_part = |at: usize| {
            let sent = &self.pending[at];
            let is_known = self.pending[at + 1..].iter().all(|later| later.undoable);
            sent.which == which && sent.in_place && is_known && sent.bytes.starts_with(standing)
        };
        !is_ours && (0..self.pending.len()).any(is_part)
    }

    /// A held or failed run sent the last file again.
    pub fn repaired(&mut self, mirror: &Connection) {
        if let Some(sent) = self.pending.pop() {
            self.given = Some((sent.which, sent.bytes));
        }
        let which = self.given.as_ref().unwrap().0;
        self.arrived(which);
        self.note(which, mirror);
    }

    /// Both files as they stand there.
    pub fn files(&self) -> [Option<Vec<u8>>; 2] {
        [0, 1].map(|which| std::fs::read(self.path(which)).ok())
    }

    /// What a run that failed or was held may have left: nothing but, where it was cut off after it had set out, its own file.
    pub fn left_alone(&self, before: &[Option<Vec<u8>>; 2], cut_off: bool) -> bool {
        let now = self.files();
        (0..2).all(|which| now[which] == before[which] || (cut_off && self.to == To::File(which)))
    }

    pub fn shown(&self, digest: &str) -> Option<&BTreeSet<String>> {
        self.shown.get(digest).expect("nobody was shown it").as_ref()
    }

    /// The plan that the last run held; none where it is not kept.
    pub fn held(digest: &PlanDigest, mirror: &Path) -> Option<HeldPlan> {
        let reader = Reader::open(mirror).unwrap();
        let (hold, _) = reader.holds().unwrap().into_iter().find(|(hold, _)| hold.digest == *digest)?;
        Some(reader.held_plan(&hold).unwrap().expect("it was kept by this run"))
    }

    /// A person is told the plan that the last run held.
    pub fn show(&mut self, digest: &PlanDigest, mirror: &Path) {
        let held = Self::held(digest, mirror);
        let mirror = Reader::open(mirror).unwrap().load().unwrap().mirror;
        let lines = held.map(|held| {
            let (place, nothing) = (&held.hold.place, Feed::default());
            let known = mirror.given_to(place.destination.as_deref()).filter(|_| place.mismatch.is_none());
            lines(&Plan::between(known.unwrap_or(&nothing), &held.mirror.feed))
        });
        self.shown.insert(digest.to_string(), lines);
    }

    /// A run in step: the laws about the files.
    pub fn in_step(&mut self, before: &[Option<Vec<u8>>; 2], mirror: &Connection) {
        let told = told(mirror);
        let approved = told.approved_by.as_deref().and_then(|digest| self.shown(digest)).cloned();
        let now = self.files();
        let changed = told.counts.iter().any(|count| *count > 0) || journal(mirror, told.run).next().is_some();
        for which in 0..2 {
            if self.to != To::File(which) {
                assert_eq!(now[which], before[which], "a file was touched that is not the destination");
            }
        }
        let To::File(which) = self.to else {
            if changed || !self.pending.is_empty() {
                // The mirror went on without a destination.
                self.given = None;
                self.ask_again(0);
            }
            return;
        };
        if !told.delivered {
            assert_eq!(now[which], before[which], "a file was changed without a delivery");
            assert!(!changed, "a change was shown and not sent");
            assert!(self.pending.is_empty(), "nobody knows whether it has the last file");
        }
        assert!(self.asked[which].is_empty() || approved.is_some(), "a stranger's file that nobody answered for");
        assert!(told.delivered || !self.owed[which], "Honestly may have a file with nobody in it");
        let given = self.base(which);
        assert!(given.is_some() || (told.delivered && approved.is_some()), "a first delivery that nobody approved");
        let has = if told.delivered { now[which].clone().unwrap() } else { given.clone().unwrap() };
        let nothing = Parsed { header: Vec::new(), rows: BTreeMap::new() };
        let (was, is) = (given.as_deref().map_or(nothing, parse), parse(&has));
        let shown = difference(&was, &is);
        let (mut numbers, mut differs) = (told.counts, shown.counts());
        if !shown.columns.is_empty() {
            // Below a header that is new or gone nobody sees a cell change.
            (numbers[1], differs[1]) = (0, 0);
        }
        if !was.rows.keys().any(|id| is.rows.contains_key(id)) {
            // Nobody stays in whose cell shows what fills a column.
            (numbers[4], differs[4]) = (0, 0);
        }
        assert_eq!(numbers, differs, "other numbers were shown than the files differ by");
        match &approved {
            Some(approved) if !came_besides(mirror) => shown.is_what_was_approved(approved),
            approved => {
                let approved = approved.clone().unwrap_or_default();
                let columns: Vec<_> = shown.columns.difference(&approved).collect();
                assert!(columns.is_empty(), "columns that nobody approved: {columns:?}");
                let is_told = |id: &&String| approved.contains(&format!("remove {id}"));
                let (removed, of) = (shown.removed.iter().filter(|id| !is_told(id)).count(), was.rows.len());
                assert!(removed <= 3 || removed * 100 <= 10 * of, "{removed} of {of} went unapproved");
            }
        }
        assert_eq!(is.rows.keys().cloned().collect::<BTreeSet<_>>(), mirrored(mirror), "the file is not the mirror");
        self.given = Some((which, has));
        if told.delivered {
            self.asked[which].clear();
            self.arrived(which);
            self.note(which, mirror);
        }
    }

    /// A run sent a file, and its end was lost: the laws about the file, and what became of it.
    pub fn end_lost(
        &mut self,
        before: &[Option<Vec<u8>>; 2],
        mirror: &Connection,
        at: DateTime<Utc>,
        random: &mut Rng,
    ) -> Fate {
        let To::File(which) = self.to else { panic!("sent to nowhere") };
        let bytes = self.files()[which].clone().expect("it was delivered");
        let base = self.base(which);
        let nothing = Parsed { header: Vec::new(), rows: BTreeMap::new() };
        let shown = difference(&base.as_deref().map_or(nothing, parse), &parse(&bytes));
        let [added, removed] = ["add", "remove"].map(|kind| journaled(mirror, kind));
        assert_eq!(added, shown.added, "others come than were shown");
        if base.is_some() {
            assert_eq!(removed, shown.removed, "others go than were shown");
        }
        assert_eq!(
            parse(&bytes).rows.into_keys().collect::<BTreeSet<_>>(),
            mirrored(mirror),
            "the file is not the mirror"
        );
        let known = self.pending.last().is_none_or(|last| last.which == which);
        let before_it = self.given.clone().filter(|_| known);
        let named = "SELECT approved_by IS NOT NULL FROM runs ORDER BY id DESC LIMIT 1";
        let approved: bool = mirror.query_row(named, [], |row| row.get(0)).unwrap();
        assert!(self.asked[which].is_empty() || approved, "a stranger's file that nobody answered for");
        let answers = std::mem::take(&mut self.asked[which]);
        self.owed[which] = false;
        let in_place = self.header.in_place;
        let fate = match random.u8(..8) {
            0 | 1 => Fate::Arrived,
            2 => Fate::Taken,
            3 | 4 if in_place => Fate::Part,
            3..=5 if !in_place => Fate::LiesBeside,
            _ => Fate::Lost,
        };
        let (path, temporary) = (self.path(which), self.temporary(which));
        let restore = || match &before[which] {
            Some(old) => std::fs::write(&path, old).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        };
        match fate {
            Fate::Arrived => {}
            Fate::Taken => std::fs::remove_file(&path).unwrap(),
            Fate::LiesBeside => {
                restore();
                std::fs::write(&temporary, &bytes).unwrap();
            }
            Fate::Lost => restore(),
            Fate::Part => std::fs::write(&path, &bytes[..random.usize(..bytes.len())]).unwrap(),
        }
        if path.exists() {
            self.stamp(which);
        }
        self.pending.push(Sent { which, bytes, in_place, before: before_it, at, undoable: true, answers });
        fate
    }

    /// Somebody puts the file of ours back that a stranger's took the place of, as it was or written anew.
    pub fn put_back(&mut self, random: &mut Rng) -> Option<bool> {
        let To::File(which) = self.to else { return None };
        let (bytes, at) = self.noted[which].clone()?;
        std::fs::write(self.path(which), bytes).unwrap();
        self.stamp(which);
        let is_untouched = random.bool();
        if is_untouched {
            set_time(&self.path(which), at);
        }
        Some(is_untouched)
    }
}

/// Whether anybody is lost with it, as far as can be told.
fn has_somebody(bytes: &[u8]) -> bool {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let is_feed =
        reader.headers().is_ok_and(|header| header.is_empty() || header.iter().any(|cell| cell == "ImportId"));
    !is_feed || reader.records().next().is_some()
}

fn time(path: &Path) -> u64 {
    let modified = std::fs::metadata(path).unwrap().modified().unwrap();
    modified.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

fn set_time(path: &Path, seconds: u64) {
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
}

/// How two files differ.
struct Difference {
    added: BTreeSet<String>,
    removed: BTreeSet<String>,
    /// People whose cells differ below a header that both files have and that is filled as before.
    changed: BTreeMap<String, BTreeSet<String>>,
    /// `add column "x"` and `remove column "x"`; a file does not say how a column is filled.
    columns: BTreeSet<String>,
}

fn difference(was: &Parsed, is: &Parsed) -> Difference {
    let keys = |parsed: &Parsed| parsed.rows.keys().cloned().collect::<BTreeSet<_>>();
    let headers = |parsed: &Parsed| parsed.header.iter().cloned().collect::<BTreeSet<_>>();
    let (old, new) = (headers(was), headers(is));
    let added = new.difference(&old).map(|header| format!("add column {header:?}"));
    let removed = old.difference(&new).map(|header| format!("remove column {header:?}"));
    let mut changed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (id, cells) in &was.rows {
        let Some(others) = is.rows.get(id) else { continue };
        for header in old.intersection(&new).filter(|header| cells[*header] != others[*header]) {
            changed.entry(id.clone()).or_default().insert(header.clone());
        }
    }
    Difference {
        added: keys(is).difference(&keys(was)).cloned().collect(),
        removed: keys(was).difference(&keys(is)).cloned().collect(),
        changed,
        columns: added.chain(removed).collect(),
    }
}

impl Difference {
    /// Added and removed people; people with a changed cell that no column and no renamed group explains; added, changed and
    /// removed columns.
    fn counts(&self) -> [i64; 6] {
        let of = |prefix: &str| self.columns.iter().filter(|column| column.starts_with(prefix)).count() as i64;
        let constants = self.changed.values().any(|headers| headers.contains("Company"));
        let own = |headers: &&BTreeSet<String>| {
            headers.iter().any(|header| !["Company", "Department", "Division"].contains(&header.as_str()))
        };
        let changed = self.changed.values().filter(own).count() as i64;
        let columns = [of("add column"), i64::from(constants), of("remove column")];
        [self.added.len() as i64, changed, self.removed.len() as i64, columns[0], columns[1], columns[2]]
    }

    fn is_what_was_approved(&self, approved: &BTreeSet<String>) {
        let of = |prefix: &str| -> BTreeSet<String> {
            approved.iter().filter_map(|line| line.strip_prefix(prefix)).map(str::to_owned).collect()
        };
        let people = |prefix: &str| -> BTreeSet<String> {
            of(prefix).into_iter().filter(|rest| rest.parse::<i64>().is_ok()).collect()
        };
        assert_eq!(people("add "), self.added, "others come than were shown");
        assert!(self.removed.is_subset(&people("remove ")), "others go than were shown");
        let columns: BTreeSet<String> = approved.iter().filter(|line| line.contains(" column \"")).cloned().collect();
        let filled: BTreeSet<&String> = columns.iter().filter(|line| line.starts_with("change column")).collect();
        assert_eq!(
            columns.iter().filter(|line| !filled.contains(line)).cloned().collect::<BTreeSet<_>>(),
            self.columns
        );
        let updated = people("update ");
        let renames = approved.iter().any(|line| line.starts_with("rename "));
        for (id, headers) in &self.changed {
            let explained = updated.contains(id)
                || headers.iter().all(|header| {
                    (header == "Company" && !filled.is_empty())
                        || (["Department", "Division"].contains(&header.as_str()) && renames)
                });
            assert!(explained, "{id} changes in {headers:?}, which nobody was shown: {approved:?}");
        }
    }
}

/// Rows by import id.
pub fn parse(bytes: &[u8]) -> Parsed {
    let mut reader = csv::Reader::from_reader(bytes);
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|row| -> BTreeMap<String, String> {
        header.iter().cloned().zip(row.unwrap().iter().map(str::to_owned)).collect()
    });
    let rows = rows.map(|row| (row["ImportId"].clone(), row)).collect();
    Parsed { header, rows }
}

fn told(mirror: &Connection) -> Told {
    let query = "SELECT id, added, updated, removed, columns_added, columns_changed, columns_removed,
                     EXISTS (SELECT 1 FROM deliveries WHERE run = runs.id), approved_by
                 FROM runs ORDER BY id DESC LIMIT 1";
    mirror
        .query_row(query, [], |row| {
            let (run, delivered) = (row.get(0)?, row.get(7)?);
            let mut counts = [0; 6];
            for (at, count) in counts.iter_mut().enumerate() {
                *count = row.get(at + 1)?;
            }
            // A department that changes is told from a renamed one by the journal alone; names are enough here.
            let departments = "SELECT count(*) FROM journal WHERE run = ?1 AND kind = 'update'
                AND NOT EXISTS (SELECT 1 FROM json_each(fields) WHERE value ->> 0 NOT IN ('department'))";
            let moved: i64 = mirror.query_row(departments, [run], |row| row.get(0))?;
            counts[1] -= moved;
            Ok(Told { run, counts, delivered, approved_by: row.get(8)? })
        })
        .unwrap()
}

/// Whether the last run says that it carried out more than was approved.
pub fn came_besides(mirror: &Connection) -> bool {
    let noted = "SELECT EXISTS (SELECT 1 FROM notes
                 WHERE last_run = (SELECT max(id) FROM runs) AND note ->> 'kind' = 'came_besides')";
    mirror.query_row(noted, [], |row| row.get(0)).unwrap()
}

/// The kinds of what one run changed.
fn journal(mirror: &Connection, run: i64) -> impl Iterator<Item = String> {
    let mut statement = mirror.prepare("SELECT kind FROM journal WHERE run = ?1").unwrap();
    let kinds: Vec<String> = statement.query_map([run], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    kinds.into_iter()
}

/// The import ids of the people whom the last run added or removed, by its journal.
fn journaled(mirror: &Connection, kind: &str) -> BTreeSet<String> {
    let query = "SELECT import_id FROM journal JOIN identities USING (employee)
                 WHERE run = (SELECT max(id) FROM runs) AND kind = ?1";
    let mut statement = mirror.prepare(query).unwrap();
    statement.query_map([kind], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn mirrored(mirror: &Connection) -> BTreeSet<String> {
    let mut statement = mirror.prepare("SELECT import_id FROM identities WHERE removed_on IS NULL").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// One line for each change of a plan, without what it changes.
fn lines(plan: &Plan<'_>) -> BTreeSet<String> {
    let people = plan.employees().iter().map(|change| format!("{} {}", verb(change, "update"), change.subject().id));
    let groups = plan.groups().iter().map(|group| format!("{} a group", verb(&group.name, "rename")));
    let column = |change: &Change<&Column>| format!("{} column {:?}", verb(change, "change"), change.subject().header);
    people.chain(groups).chain(plan.columns().iter().map(column)).collect()
}

fn verb<T>(change: &Change<T>, update: &'static str) -> &'static str {
    match change {
        Change::Create(_) => "add",
        Change::Update { .. } => update,
        Change::Delete(_) => "remove",
    }
}
