//! A small SFTP server in memory that behaves as oddly as a test asks, with a script in the place of `ssh` before it.
//!
//! It speaks version 3 on two named pipes a session. What real servers were seen to do is a switch each.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use tempfile::TempDir;

const OK: u32 = 0;
const EOF: u32 = 1;
const MISSING: u32 = 2;
const DENIED: u32 = 3;
const FAILURE: u32 = 4;
const UNSUPPORTED: u32 = 8;

/// What a server does that others do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oddity {
    /// Takes a file the moment it stands under its real name.
    TakesTheFile,
    /// Takes every file the moment it is closed.
    TakesEveryFile,
    /// Says of every file that it is empty.
    StatLies,
    StatRefused,
    /// Answers with this number where there is no file.
    MissingIs(u32),
    ReadingRefused,
    /// Tells whoever wants to read a file that it is not there.
    ReadingHides,
    /// Announces `fsync`, and answers with this number.
    FsyncAnswers(u32),
    /// Announces `posix-rename`, and refuses it over a file.
    PosixRenameRefused,
    NoPosixRename,
    /// Announces `limits`, and refuses it.
    LimitsRefused,
    /// No rename over a file.
    RenameOverRefused,
    NoRename,
    NoRemoving,
    NoListing,
    NoDotNames,
    OnlyCsv,
    /// Cannot create a file only where there is none.
    NoExclusive,
    StatusWithoutText,
    StatusInLatin1,
    /// Refuses the end of an upload with these words.
    RejectsWith(&'static str),
    /// Writes this before SFTP begins.
    TextFirst(&'static str),
    /// Breaks off at the first write.
    CutInMidUpload,
    /// The same, and only once.
    CutOnce,
    /// Knows a new file only together with an empty one, and else opens what is there to be read.
    NewMeansEmpty,
    /// Announces so many extensions that nobody knows.
    Extensions(usize),
    /// Refuses to replace the file with these words.
    LockedWith(&'static str),
    /// Gives every line the end that Windows gives it.
    RewritesLineEnds,
    /// Overwrites nothing.
    WritesOnce,
    ReadOnly,
}

use Oddity::*;

#[derive(Default)]
struct State {
    files: BTreeMap<String, Vec<u8>>,
    oddities: Vec<Oddity>,
    sessions: usize,
}

pub struct OddServer {
    folder: TempDir,
    state: Arc<Mutex<State>>,
    serving: Option<JoinHandle<()>>,
}

impl OddServer {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display();
        assert!(Command::new("mkfifo").arg(folder.path().join("sessions")).status().unwrap().success());
        let script = format!(
            "#!/bin/sh\nmkfifo '{at}'/in.$$ '{at}'/out.$$ && echo $$ >'{at}/sessions'\n\
             cat '{at}/banner' >&2\ncat <'{at}'/out.$$ &\nexec cat >'{at}'/in.$$\n"
        );
        fs::write(folder.path().join("banner"), "").unwrap();
        fs::write(folder.path().join("ssh"), script).unwrap();
        fs::set_permissions(folder.path().join("ssh"), fs::Permissions::from_mode(0o700)).unwrap();
        let state = Arc::<Mutex<State>>::default();
        // Open for writing as well, it never ends.
        let sessions = OpenOptions::new().read(true).write(true).open(folder.path().join("sessions")).unwrap();
        let serving = thread::spawn({
            let (state, folder) = (Arc::clone(&state), folder.path().to_owned());
            move || {
                for line in BufReader::new(sessions).lines() {
                    let number = line.unwrap();
                    if number == "end" {
                        return;
                    }
                    lock(&state).sessions += 1;
                    // A client that goes away ends its session.
                    let _ = serve(&folder, &number, &state);
                }
            }
        });
        Self { folder, state, serving: Some(serving) }
    }

    /// The search path with this server's `ssh` first.
    pub fn path(&self) -> String {
        format!("{}:/usr/bin:/bin", self.folder.path().display())
    }

    pub fn behave(&self, oddities: &[Oddity]) {
        lock(&self.state).oddities = oddities.to_vec();
    }

    /// What the other side says to everybody on standard error.
    pub fn banner(&self, text: &str) {
        fs::write(self.folder.path().join("banner"), text).unwrap();
    }

    pub fn file(&self) -> Option<String> {
        lock(&self.state).files.get("upload/employees.csv").map(|bytes| String::from_utf8(bytes.clone()).unwrap())
    }

    /// Somebody else writes there.
    pub fn put(&self, text: &str) {
        lock(&self.state).files.insert("upload/employees.csv".to_owned(), text.as_bytes().to_vec());
    }

    /// Every name that is not the real one.
    pub fn left_behind(&self) -> Vec<String> {
        let files = &lock(&self.state).files;
        files.keys().filter(|name| *name != "upload/employees.csv").cloned().collect()
    }

    pub fn sessions(&self) -> usize {
        lock(&self.state).sessions
    }
}

impl Drop for OddServer {
    fn drop(&mut self) {
        fs::write(self.folder.path().join("sessions"), "end\n").unwrap();
        if let Some(serving) = self.serving.take() {
            let _ = serving.join();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(folder: &Path, number: &str, state: &Mutex<State>) -> io::Result<()> {
    let mut input = File::open(folder.join(format!("in.{number}")))?;
    let mut output = OpenOptions::new().write(true).open(folder.join(format!("out.{number}")))?;
    let oddities = lock(state).oddities.clone();
    for oddity in &oddities {
        if let TextFirst(text) = oddity {
            return output.write_all(text.as_bytes());
        }
    }
    if let Some(at) = oddities.iter().position(|oddity| *oddity == CutOnce) {
        // A session that only looks writes nothing.
        let mut session = Session { oddities: oddities.clone(), handles: BTreeMap::new(), next: 0, was_cut: false };
        session.oddities[at] = CutInMidUpload;
        let served = talk(&mut input, &mut output, &mut session, state);
        if session.was_cut {
            lock(state).oddities.retain(|oddity| *oddity != CutOnce);
        }
        return served;
    }
    let mut session = Session { oddities, handles: BTreeMap::new(), next: 0, was_cut: false };
    talk(&mut input, &mut output, &mut session, state)
}

fn talk(input: &mut File, output: &mut File, session: &mut Session, state: &Mutex<State>) -> io::Result<()> {
    loop {
        let mut length = [0; 4];
        input.read_exact(&mut length)?;
        let mut packet = vec![0; u32::from_be_bytes(length) as usize];
        input.read_exact(&mut packet)?;
        let Some(reply) = session.reply(&packet, &mut lock(state).files) else { return Ok(()) };
        output.write_all(&(reply.len() as u32).to_be_bytes())?;
        output.write_all(&reply)?;
    }
}

struct Session {
    oddities: Vec<Oddity>,
    /// What is open under which handle.
    handles: BTreeMap<Vec<u8>, Opened>,
    next: u32,
    was_cut: bool,
}

struct Opened {
    path: String,
    to_write: bool,
}

/// Reads one value after the other.
struct Request<'a>(&'a [u8]);

impl<'a> Request<'a> {
    fn u32(&mut self) -> u32 {
        let (value, rest) = self.0.split_first_chunk::<4>().unwrap();
        self.0 = rest;
        u32::from_be_bytes(*value)
    }

    fn u64(&mut self) -> u64 {
        (u64::from(self.u32()) << 32) | u64::from(self.u32())
    }

    fn bytes(&mut self) -> &'a [u8] {
        let length = self.u32() as usize;
        let (value, rest) = self.0.split_at(length);
        self.0 = rest;
        value
    }

    fn text(&mut self) -> String {
        String::from_utf8(self.bytes().to_vec()).unwrap()
    }
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

impl Session {
    fn is(&self, oddity: Oddity) -> bool {
        self.oddities.contains(&oddity)
    }

    /// None breaks the connection off.
    fn reply(&mut self, packet: &[u8], files: &mut BTreeMap<String, Vec<u8>>) -> Option<Vec<u8>> {
        let (kind, mut request) = (packet[0], Request(&packet[1..]));
        if kind == 1 {
            return Some(self.greeting());
        }
        let id = request.u32();
        let answer = match kind {
            3 => self.open(&mut request, files),
            4 => self.close(&mut request, files),
            5 => Err(self.read(id, &mut request, files)),
            6 if self.is(CutInMidUpload) => {
                self.was_cut = true;
                return None;
            }
            6 => self.write(&mut request, files),
            7 | 17 => Err(self.stat(id, &request.text(), files)),
            11 if self.is(NoListing) => Ok(DENIED),
            11 => Err([&[102], &id.to_be_bytes()[..], &string(b"folder")].concat()),
            13 => Ok(self.remove(&request.text(), files)),
            18 => Ok(self.rename(&request.text(), &request.text(), files)),
            200 => self.extended(&mut request, files),
            _ => Ok(UNSUPPORTED),
        };
        Some(match answer {
            Ok(code) => self.status(id, code),
            // A handle or data with the id in it, or an empty one for it to be filled in.
            Err(mut reply) => {
                reply[1..5].copy_from_slice(&id.to_be_bytes());
                reply
            }
        })
    }

    fn greeting(&self) -> Vec<u8> {
        let mut greeting = vec![2, 0, 0, 0, 3];
        let fsync = self.oddities.iter().any(|oddity| matches!(oddity, FsyncAnswers(_)));
        let extensions = [
            ("posix-rename@openssh.com", !self.is(NoPosixRename)),
            ("fsync@openssh.com", fsync),
            ("limits@openssh.com", self.is(LimitsRefused)),
        ];
        for oddity in &self.oddities {
            if let Extensions(many) = oddity {
                let unknown =
                    |number| [string(format!("unknown{number}@example.org").as_bytes()), string(b"1")].concat();
                greeting.extend((0..*many).flat_map(unknown));
            }
        }
        for (name, _) in extensions.iter().filter(|(_, announced)| *announced) {
            greeting.extend([string(name.as_bytes()), string(b"1")].concat());
        }
        greeting
    }

    fn status(&self, id: u32, code: u32) -> Vec<u8> {
        let mut status = vec![101];
        status.extend(id.to_be_bytes());
        status.extend(code.to_be_bytes());
        let words = self.oddities.iter().find_map(|oddity| match oddity {
            RejectsWith(words) | LockedWith(words) if code == FAILURE => Some(words.as_bytes()),
            StatusInLatin1 => Some(&b"Zugriff verweigert: \xfc\xe4\xf6"[..]),
            _ => None,
        });
        if !self.is(StatusWithoutText) {
            status.extend([string(words.unwrap_or_default()), string(b"")].concat());
        }
        status
    }

    fn is_locked(&self) -> bool {
        self.oddities.iter().any(|oddity| matches!(oddity, LockedWith(_)))
    }

    fn missing(&self) -> u32 {
        let other = self.oddities.iter().find_map(|oddity| match oddity {
            MissingIs(code) => Some(*code),
            _ => None,
        });
        other.unwrap_or(MISSING)
    }

    fn open(&mut self, request: &mut Request<'_>, files: &mut BTreeMap<String, Vec<u8>>) -> Result<u32, Vec<u8>> {
        const WRITE: u32 = 2;
        const TRUNCATE: u32 = 16;
        const EXCLUSIVE: u32 = 32;
        let (path, flags) = (request.text(), request.u32());
        let name = path.rsplit('/').next().unwrap();
        if !path.starts_with("upload/") {
            return Ok(MISSING);
        }
        let reads_instead = self.is(NewMeansEmpty) && flags & EXCLUSIVE != 0 && flags & TRUNCATE == 0;
        if flags & WRITE == 0 || reads_instead {
            match () {
                () if self.is(ReadingRefused) => return Ok(DENIED),
                () if self.is(ReadingHides) => return Ok(MISSING),
                () if !files.contains_key(&path) => return Ok(self.missing()),
                () => {}
            }
        } else {
            match () {
                () if self.is(ReadOnly) => return Ok(12),
                () if self.is(NoDotNames) && name.starts_with('.') => return Ok(DENIED),
                () if self.is(OnlyCsv) && !name.ends_with(".csv") => return Ok(FAILURE),
                () if flags & EXCLUSIVE != 0 && self.is(NoExclusive) => return Ok(UNSUPPORTED),
                () if flags & EXCLUSIVE != 0 && files.contains_key(&path) => return Ok(FAILURE),
                () if self.is(WritesOnce) && files.contains_key(&path) => return Ok(DENIED),
                () => {}
            }
            let file = files.entry(path.clone()).or_default();
            if flags & TRUNCATE != 0 {
                file.clear();
            }
        }
        self.next += 1;
        // No text: handles are any bytes.
        let handle = [&[0xff, 0x00][..], &self.next.to_be_bytes()].concat();
        self.handles.insert(handle.clone(), Opened { path, to_write: flags & WRITE != 0 && !reads_instead });
        Err([&[102, 0, 0, 0, 0][..], &string(&handle)].concat())
    }

    fn close(&mut self, request: &mut Request<'_>, files: &mut BTreeMap<String, Vec<u8>>) -> Result<u32, Vec<u8>> {
        let Some(Opened { path, to_write: true }) = self.handles.remove(request.bytes()) else { return Ok(OK) };
        let is_upload = path.rsplit('/').next().unwrap() != "employees.csv";
        if is_upload && self.oddities.iter().any(|oddity| matches!(oddity, RejectsWith(_))) {
            files.remove(&path);
            return Ok(FAILURE);
        }
        if self.is(RewritesLineEnds) {
            let file = files.get_mut(&path).unwrap();
            *file = String::from_utf8(file.clone()).unwrap().replace('\n', "\r\n").into_bytes();
        }
        if self.is(TakesEveryFile) {
            files.remove(&path);
        }
        Ok(OK)
    }

    fn read(&self, id: u32, request: &mut Request<'_>, files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
        let (handle, offset, length) = (request.bytes(), request.u64() as usize, request.u32() as usize);
        let file = files.get(&self.handles[handle].path).map(Vec::as_slice).unwrap_or_default();
        match file.get(offset..).filter(|rest| !rest.is_empty()) {
            None => self.status(id, EOF),
            Some(rest) => [&[103, 0, 0, 0, 0][..], &string(&rest[..rest.len().min(length)])].concat(),
        }
    }

    fn write(&self, request: &mut Request<'_>, files: &mut BTreeMap<String, Vec<u8>>) -> Result<u32, Vec<u8>> {
        let (handle, offset, bytes) = (request.bytes(), request.u64() as usize, request.bytes());
        let Opened { path, to_write: true } = &self.handles[handle] else { return Ok(FAILURE) };
        let file = files.get_mut(path).unwrap();
        file.resize(file.len().max(offset + bytes.len()), 0);
        file[offset..offset + bytes.len()].copy_from_slice(bytes);
        Ok(OK)
    }

    fn stat(&self, id: u32, path: &str, files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
        let Some(file) = files.get(path) else { return self.status(id, self.missing()) };
        if self.is(StatRefused) {
            return self.status(id, DENIED);
        }
        let size = if self.is(StatLies) { 0 } else { file.len() as u64 };
        [&[105, 0, 0, 0, 0, 0, 0, 0, 1][..], &size.to_be_bytes()].concat()
    }

    fn remove(&self, path: &str, files: &mut BTreeMap<String, Vec<u8>>) -> u32 {
        match files.contains_key(path) {
            false => self.missing(),
            true if self.is(NoRemoving) => DENIED,
            true => files.remove(path).map_or(FAILURE, |_| OK),
        }
    }

    fn rename(&self, from: &str, to: &str, files: &mut BTreeMap<String, Vec<u8>>) -> u32 {
        match () {
            () if self.is(NoRename) => return UNSUPPORTED,
            () if self.is_locked() && files.contains_key("upload/employees.csv") && to.ends_with("/employees.csv") => {
                return FAILURE;
            }
            () if self.is_locked() && from.ends_with("/employees.csv") => return FAILURE,
            () if self.is(RenameOverRefused) && files.contains_key(to) => return FAILURE,
            () => {}
        }
        let Some(file) = files.remove(from) else { return self.missing() };
        if !(self.is(TakesTheFile) && to.ends_with("/employees.csv")) {
            files.insert(to.to_owned(), file);
        } else {
            files.remove(to);
        }
        OK
    }

    fn extended(&self, request: &mut Request<'_>, files: &mut BTreeMap<String, Vec<u8>>) -> Result<u32, Vec<u8>> {
        match request.text().as_str() {
            "posix-rename@openssh.com" => {
                let (from, to) = (request.text(), request.text());
                if self.is(PosixRenameRefused) && files.contains_key(&to) {
                    return Ok(FAILURE);
                }
                Ok(self.rename(&from, &to, files))
            }
            "fsync@openssh.com" => Ok(self
                .oddities
                .iter()
                .find_map(|oddity| match oddity {
                    FsyncAnswers(code) => Some(*code),
                    _ => None,
                })
                .unwrap_or(UNSUPPORTED)),
            _ => Ok(UNSUPPORTED),
        }
    }
}
