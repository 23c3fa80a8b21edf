//! Why `ssh` gave up, in one sentence with the next step.
//!
//! `ssh` says everything in its lines and nothing in its exit code (255 for all). The phrases are OpenSSH's. They are read only
//! from what `ssh` wrote itself: the other side writes the banner, so a banner is never a reason. The other side's words are
//! quoted where it ended the session, and an unknown reason is passed on as it is.

mod table;

use std::io::Read as _;
use std::process::Command;

use super::replies::shown;
use super::{Before, Settings};
use crate::exit::{Exit, Failure};
use crate::remote::{Fingerprint, SftpTarget};
use table::{Row, Sign, TABLE};

/// What is known when a connection failed or ended.
pub(super) struct Ended<'a> {
    pub settings: &'a Settings,
    pub target: &'a SftpTarget,
    /// What `ssh -v` wrote itself.
    pub log: &'a str,
    /// Everything else: banners, what the server, a jump host's `ssh` or a proxy command wrote, and what `ssh` said before it
    /// opened its log.
    pub stderr: &'a str,
    /// What came instead of SFTP.
    pub not_sftp: Option<&'a str>,
    pub stage: Stage,
    pub before: Before,
    /// The lists of algorithms that `ssh -Q` and a certificate that `ssh-keygen -L` shows.
    pub ask: fn(&str, &[&str]) -> String,
}

/// Whether the server has begun to speak SFTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    SigningIn,
    Session,
}

/// How far a connection got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// `ssh` reads its command line and configuration.
    Start,
    /// A jump host or a proxy command is to lead to the server, which has said nothing yet.
    Proxy,
    /// The server is asked for its key.
    Connect,
    /// The server lets nobody in with what it was offered.
    Denied,
    /// Signed in, and SFTP has not begun.
    SignedIn,
    Session,
}

pub(super) fn failure(ended: &Ended<'_>) -> Failure {
    let step = ended.step();
    let told = TABLE.iter().filter(|(at, ..)| at.is_none_or(|at| at == step)).find_map(|row| ended.told(row));
    told.unwrap_or_else(|| Failure::new(Exit::Bug, "the table of reasons has no last row"))
}

/// Whether the host may have a trusted key of another type.
pub(super) fn is_host_key(ended: &Ended<'_>) -> bool {
    let phrases = [
        "REVOKED HOST KEY DETECTED",
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "Host key verification failed",
        "KnownHostsCommand failed",
        "no matching host key type found",
    ];
    phrases.iter().any(|phrase| ended.line_with(phrase).is_some())
}

impl<'a> Ended<'a> {
    fn step(&self) -> Step {
        let logs = |phrase: &str| self.log.contains(phrase);
        match self.stage {
            Stage::Session => Step::Session,
            Stage::SigningIn if self.line_with("Permission denied (").is_some() => Step::Denied,
            Stage::SigningIn if logs("Authenticated to ") => Step::SignedIn,
            Stage::SigningIn if logs("Executing proxy command: ") && !logs("Remote protocol version") => Step::Proxy,
            Stage::SigningIn => {
                let begun =
                    ["Connecting to ", "Executing proxy command: ", "Server host key: ", "Remote protocol version"];
                if begun.iter().any(|phrase| logs(phrase)) { Step::Connect } else { Step::Start }
            }
        }
    }

    /// What the row says, where it fits.
    fn told(&self, row: &Row) -> Option<Failure> {
        let (_, sign, exit, what, hints) = row;
        let proxy_line = || own_lines(self.stderr).last();
        let line = match sign {
            Sign::Read => None,
            Sign::Worked if self.before == Before::Worked => None,
            Sign::Worked => return None,
            Sign::Says(phrases) => Some(phrases.iter().find_map(|phrase| self.line_with(phrase))?),
            Sign::Logs(phrase) => Some(self.log.lines().find(|line| line.contains(phrase))?),
            Sign::Lacks(phrase) if !self.log.contains(phrase) => None,
            Sign::ProxySays(phrases) => Some(proxy_line().filter(|line| phrases.iter().any(|it| line.contains(it)))?),
            Sign::Lacks(_) => return None,
        };
        let failure = Failure::new(*exit, self.filled(what, line)?);
        Some(hints.iter().filter_map(|hint| self.filled(hint, line)).fold(failure, Failure::hint))
    }

    /// The text with what was read in place of its names. None where something was not.
    fn filled(&self, text: &str, line: Option<&str>) -> Option<String> {
        let mut parts = text.split(['{', '}']);
        let mut filled = parts.next()?.to_owned();
        while let Some(name) = parts.next() {
            filled += &self.value(name, line)?;
            filled += parts.next()?;
        }
        Some(filled)
    }

    // long because it lists every name that the table uses
    fn value(&self, name: &str, line: Option<&str>) -> Option<String> {
        let quoted = |text: &str| shown(text.trim_start_matches("ssh: ").as_bytes());
        let or_nothing = |text: Option<String>| Some(text.unwrap_or_default());
        let host_certificate = || self.after("debug1: Server host certificate: ");
        let methods = || Some(self.line_with("Permission denied (")?.rsplit_once('(')?.1.trim_end_matches([')', '.']));
        let loading = || self.line_with("Load key \"");
        match name {
            "host" => Some(self.target.host.clone()),
            "user" => Some(self.user().to_owned()),
            "line" => line.map(quoted),
            "not_sftp" => self.not_sftp.map(str::to_owned),
            "last" => Some(quoted(self.lines().last().unwrap_or("it said nothing more"))),
            "said" => self.lines().next().map(quoted),
            "words" => {
                let said = own_lines(self.stderr).last();
                or_nothing(said.map(|said| format!("; it says \"{}\"", quoted(said))))
            }
            "before" => self.after("kex_exchange_identification: banner line 0: ").map(quoted),
            "ending" => {
                let status = self.log.lines().rev().find_map(|line| line.split_once("debug1: Exit status "));
                let status = status.map(|(_, status)| format!("exit status {status}"));
                let said = self.lines().last().map(|line| format!("\"{}\"", quoted(line)));
                let ending: Vec<String> = [status, said].into_iter().flatten().collect();
                Some(if ending.is_empty() { "no reason given".to_owned() } else { ending.join(", ") })
            }
            // Proxies and jump hosts.
            "command" => Some(quoted(self.after("Executing proxy command: ")?.trim_start_matches("exec "))),
            "jump" => {
                let command = self.after("Executing proxy command: ")?;
                let is_ssh = command.contains(" -W ");
                command.split_whitespace().next_back().filter(|_| is_ssh).map(str::to_owned)
            }
            "proxy_line" => Some(shown(own_lines(self.stderr).last().unwrap_or("it said nothing").as_bytes())),
            "seen_on_the_way" => Some(seen_fingerprint(self.stderr).unwrap_or_else(|| "unknown".to_owned())),
            // The server's key.
            "seen" => seen_fingerprint(self.log),
            "pinned" => {
                let pinned: Vec<&str> = self.settings.host_keys.iter().map(Fingerprint::digest).collect();
                Some(pinned.join(" or ")).filter(|pinned| !pinned.is_empty())
            }
            "certified" => {
                let certified = host_certificate()?;
                or_nothing(certified.find("valid from").map(|at| format!(" ({})", quoted(&certified[at..]))))
            }
            "kind" | "offer" | "keyword" | "known_here" | "unknown_here" => self.negotiated(name),
            // The key of this side.
            "key" => Some(self.key_name()),
            "loaded" => {
                Some(loading().and_then(|line| line.split('"').nth(1)).map_or_else(|| self.key_name(), str::to_owned))
            }
            "unreadable" => {
                line.filter(|line| line.ends_with("Permission denied")).and_then(|_| self.value("loaded", line))
            }
            "windows" => loading()?.split('"').nth(1).filter(|path| has_windows_lines(path)).map(str::to_owned),
            "why" => loading()?.rsplit(": ").next().map(quoted),
            "methods" => methods().map(quoted),
            "other_methods" => {
                let others = |methods: &&str| !methods.is_empty() && !methods.split(',').any(|it| it == "publickey");
                methods().filter(others).map(quoted)
            }
            "certificate" => {
                let offered = self.log.lines().filter_map(|line| line.split_once("Offering public key: "));
                let certificate = offered.map(|(_, key)| key).find(|key| key.contains("-CERT "))?;
                let path = certificate.split(' ').next()?;
                // Beside a key it is found by its name.
                Some(if path.ends_with(".pub") { path.to_owned() } else { format!("{path}-cert.pub") })
            }
            "validity" => validity(&(self.ask)("ssh-keygen", &["-L", "-f", &self.value("certificate", None)?])),
            _ => None,
        }
    }

    /// What the two sides could not agree upon.
    fn negotiated(&self, name: &str) -> Option<String> {
        let (before, offer) = self.line_with("Their offer: ")?.split_once(" found. Their offer: ")?;
        let kind = before.split_once("no matching ")?.1;
        let (keyword, list) = match kind {
            "host key type" => ("HostKeyAlgorithms", "HostKeyAlgorithms"),
            "key exchange method" => ("KexAlgorithms", "kex"),
            "cipher" => ("Ciphers", "cipher"),
            "MAC" => ("MACs", "mac"),
            _ => return None,
        };
        let known = || {
            let known = (self.ask)("ssh", &["-Q", list]);
            offer.split(',').find(|offered| known.lines().any(|known| known == *offered)).map(str::to_owned)
        };
        match name {
            "kind" => Some(kind.to_owned()),
            "keyword" => Some(keyword.to_owned()),
            "known_here" => known(),
            "unknown_here" => known().is_none().then(String::new),
            _ => Some(shown(offer.as_bytes())),
        }
    }

    /// The rest of the first line of the log with this text.
    fn after(&self, text: &str) -> Option<&'a str> {
        Some(self.log.lines().find_map(|line| line.split_once(text))?.1)
    }

    /// What `ssh` said for people: before its log is open, on standard error.
    fn lines(&self) -> impl Iterator<Item = &'a str> {
        let is_early = self.stage == Stage::SigningIn && !self.log.contains("debug1: ");
        let early = if is_early { self.stderr } else { "" };
        own_lines(early).chain(own_lines(self.log))
    }

    /// What `ssh` says while it tries one address after the other is not the reason yet.
    fn line_with(&self, phrase: &str) -> Option<&'a str> {
        self.lines().find(|line| line.contains(phrase))
    }

    fn key_name(&self) -> String {
        let identity = self.settings.identity_file.as_deref().map(|path| path.display().to_string());
        identity.unwrap_or_else(|| "the key that ssh offers".to_owned())
    }

    fn user(&self) -> &str {
        self.target.user.as_deref().unwrap_or("the user")
    }
}

/// The fingerprint of the key that the host showed, from `ssh -v`.
fn seen_fingerprint(log: &str) -> Option<String> {
    let shown = log.lines().rev().find_map(|line| line.split_once("debug1: Server host "))?.1;
    let digest = shown.split([' ', ',']).find(|word| word.starts_with("SHA256:"))?;
    Some(digest.to_owned())
}

/// What `ssh-keygen -L` says of a certificate's dates, given in UTC, as the end of a sentence that begins with "it".
#[expect(clippy::disallowed_methods, reason = "a message compares a certificate with this machine's clock")]
fn validity(listed: &str) -> Option<String> {
    let valid = listed.lines().find_map(|line| line.trim().strip_prefix("Valid: "))?;
    // As ssh-keygen makes them where it is not told an end.
    if valid == "forever" {
        return Some("is valid for ever, but for another user or address, or of another authority".to_owned());
    }
    let (from, to) = valid.strip_prefix("from ")?.split_once(" to ")?;
    let now = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%S").to_string();
    Some(match () {
        () if now.as_str() > to => format!("expired on {to} UTC"),
        () if now.as_str() < from => format!("is not valid before {from} UTC"),
        () => format!("is valid until {to} UTC, but for another user, or of another authority"),
    })
}

/// A line that is not a debug line.
fn own_lines(log: &str) -> impl Iterator<Item = &str> {
    let is_for_people = |line: &&str| {
        let others = ["debug", "OpenSSH_", "Authenticated to", "Transferred:", "Bytes per second:"];
        !line.is_empty() && !others.iter().any(|other| line.starts_with(other))
    };
    log.lines().map(str::trim).filter(is_for_people)
}

/// What a program of OpenSSH prints. This only looks for a more exact reason: without it the general one stays.
pub(super) fn ask(program: &str, arguments: &[&str]) -> String {
    let asked = Command::new(program).args(arguments).env("TZ", "UTC").output();
    asked.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether the first line of a key ends so. It holds no secret: "-----BEGIN ... PRIVATE KEY-----".
fn has_windows_lines(path: &str) -> bool {
    let mut line = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(40).read_to_end(&mut line));
    read.is_ok() && line.contains(&b'\r')
}

#[cfg(test)]
mod tests;
