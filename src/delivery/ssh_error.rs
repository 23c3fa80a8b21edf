//! Why `ssh` gave up, in one sentence with the next step.
//!
//! `ssh` says everything in its lines and nothing in its exit code (255 for all). The phrases are OpenSSH's. They are read only
//! from what `ssh` wrote itself: the other side writes the banner, so a banner is never a reason. What no later run can cure
//! has exit code 77 or 78. An unknown reason is passed on as it is.

use std::io::ErrorKind;
use std::path::Path;

use super::Settings;
use super::replies::shown;
use crate::exit::{Exit, Failure};
use crate::remote::{Fingerprint, SftpTarget};

/// What is known when a connection failed or ended.
pub(super) struct Ended<'a> {
    pub settings: &'a Settings,
    pub target: &'a SftpTarget,
    /// What `ssh -v` wrote itself.
    pub log: &'a str,
    /// Everything else: banners, and what the `ssh` of a jump host wrote.
    pub stderr: &'a str,
    /// What came instead of SFTP.
    pub not_sftp: Option<&'a str>,
    pub key: KeyState,
    pub stage: Stage,
}

/// How far a connection got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    SigningIn,
    Session,
}

/// What we can see of the configured private key from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyState {
    Usable,
    Missing,
    /// It is there, but this user may not read it.
    Unreadable,
    /// It has a passphrase, and nobody is there to type it.
    Locked,
}

pub(super) fn failure(ended: &Ended<'_>) -> Failure {
    let reasons: [fn(&Ended<'_>) -> Option<Failure>; 8] =
        [not_sftp, not_started, jump_host, host_key, negotiation, sign_in, unreachable, no_session];
    reasons.iter().find_map(|reason| reason(ended)).unwrap_or_else(|| {
        let said = ended.log.lines().find_map(|line| line.split_once("kex_exchange_identification: banner line 0: "));
        let said = said.map(|(_, words)| format!("; before SSH began it said \"{}\"", shown(words.as_bytes())));
        let ended_by = last_words(ended.log) + &said.unwrap_or_default();
        let what = format!("the connection to {} ended: {ended_by}", ended.target.host);
        Failure::new(Exit::Unavailable, what).hint("the next run tries again; ssh -v to the same host shows more")
    })
}

/// Whether the host may have a trusted key of another type.
pub(super) fn is_host_key(ended: &Ended<'_>) -> bool {
    host_key(ended).is_some() || ended.says("no matching host key type found")
}

impl Ended<'_> {
    /// What `ssh` says while it tries one address after the other is not the reason yet.
    fn says(&self, phrase: &str) -> bool {
        own_lines(self.log).any(|line| line.contains(phrase))
    }

    fn line_with(&self, phrase: &str) -> Option<&str> {
        own_lines(self.log).find(|line| line.contains(phrase))
    }

    fn key_name(&self) -> String {
        let identity = self.settings.identity_file.as_deref().map(|path| path.display().to_string());
        identity.unwrap_or_else(|| "the key that ssh offers".to_owned())
    }

    fn user(&self) -> &str {
        self.target.user.as_deref().unwrap_or("the user")
    }

    /// A line for the SSH configuration, as a hint. The user of the service has no home folder.
    fn configure(&self, line: &str) -> String {
        let file = "~/.ssh/config; for the service /etc/ssh/ssh_config.d/honestly.conf";
        format!("or add to the SSH configuration ({file}), under \"Host {}\": {line}", self.target.host)
    }
}

fn rejected(what: impl Into<String>) -> Failure {
    Failure::new(Exit::Rejected, what)
}

/// Text before SFTP begins: a login script, a forced command, a notice.
fn not_sftp(ended: &Ended<'_>) -> Option<Failure> {
    let (host, text) = (&ended.target.host, ended.not_sftp?);
    Some(rejected(format!("{host} lets {} in, but its answer is not SFTP: \"{text}\"", ended.user())).hint(format!(
        "a login script or a forced command writes this; ask the owner of {host} for an account that offers SFTP"
    )))
}

/// `ssh` refuses its own configuration before it opens its log file.
fn not_started(ended: &Ended<'_>) -> Option<Failure> {
    let has_begun = ended.log.contains("debug1: ");
    let line = own_lines(ended.log).chain(own_lines(ended.stderr).filter(|_| !has_begun)).find(|line| {
        let phrases = ["Bad configuration option", "Bad owner or permissions on", "bad configuration options"];
        line.contains("No user exists for uid") || phrases.iter().any(|phrase| line.contains(phrase))
    })?;
    if line.contains("No user exists for uid") {
        let what = "ssh does not run for a user without an entry in the user database";
        let hint = "install libnss-systemd, or run as a user that exists";
        return Some(Failure::new(Exit::Misconfigured, what).hint(hint));
    }
    let what = format!("ssh refuses its configuration: {}", shown(line.as_bytes()));
    Some(Failure::new(Exit::Misconfigured, what).hint("correct the SSH configuration of this user, or of the system"))
}

/// The last line of the jump host's `ssh` is its reason: a banner comes before it.
fn jump_host(ended: &Ended<'_>) -> Option<Failure> {
    ended.line_with("UNKNOWN port 65535")?;
    let command = ended.log.lines().find_map(|line| line.split_once("Executing proxy command: "))?.1;
    let jump = command.split_whitespace().next_back().unwrap_or_default();
    let reason = own_lines(ended.stderr).last().unwrap_or("it said nothing");
    if reason == "Host key verification failed." {
        let seen = seen_fingerprint(ended.stderr).unwrap_or_else(|| "unknown".to_owned());
        let what = format!("the host key of {jump}, on the way to {}, is not known: {seen}", ended.target.host);
        let hint =
            format!("compare it with what its owner says, then add it to this user's known hosts: ssh {jump} exit");
        return Some(rejected(format!("{what}; nothing was sent")).hint(hint));
    }
    let what = format!("{jump}, on the way to {}, cannot be passed: {}", ended.target.host, shown(reason.as_bytes()));
    if reason.contains("Permission denied (") || reason.contains("administratively prohibited") {
        return Some(rejected(what).hint(format!("ask the owner of {jump} to let this key through")));
    }
    Some(Failure::new(Exit::Unavailable, what).hint("the next run tries again; ssh -v to the same host shows more"))
}

fn host_key(ended: &Ended<'_>) -> Option<Failure> {
    let Ended { settings, target: SftpTarget { host, .. }, .. } = ended;
    let seen = seen_fingerprint(ended.log);
    let seen = seen.as_deref().unwrap_or("unknown");
    let accept =
        format!("compare it with what the owner of {host} says; if it is right, set [delivery] host_key = \"{seen}\"");
    if ended.says("REVOKED HOST KEY DETECTED") {
        let what = format!("the host key of {host}, {seen}, is marked as revoked in the known hosts; nothing was sent");
        return Some(
            rejected(what).hint(format!("somebody may be in between; ask the owner of {host} for the valid key")),
        );
    }
    if ended.says("REMOTE HOST IDENTIFICATION HAS CHANGED") {
        let what = format!("the host key of {host} has changed: it is {seen} now; nothing was sent");
        return Some(rejected(what).hint(format!("somebody may be in between; {accept}")));
    }
    ended.line_with("Host key verification failed").or(ended.line_with("KnownHostsCommand failed"))?;
    let pinned: Vec<&str> = settings.host_keys.iter().map(Fingerprint::digest).collect();
    let what = match pinned.as_slice() {
        [] => format!("the host key of {host} is not known: {seen}; nothing was sent"),
        pinned => format!(
            "the host key of {host} is {seen}, not {} as [delivery] host_key says; nothing was sent",
            pinned.join(" or ")
        ),
    };
    Some(rejected(what).hint(accept))
}

/// Both sides are too far apart in age.
fn negotiation(ended: &Ended<'_>) -> Option<Failure> {
    let host = &ended.target.host;
    let (before, offer) = ended.line_with("Their offer: ")?.split_once(" found. Their offer: ")?;
    let what = before.split_once("no matching ")?.1;
    let keyword = match what {
        "host key type" => "HostKeyAlgorithms",
        "key exchange method" => "KexAlgorithms",
        "cipher" => "Ciphers",
        "MAC" => "MACs",
        _ => return None,
    };
    let first = offer.split(',').find(|name| !name.starts_with("kex-strict") && !name.starts_with("ext-info"))?;
    Some(
        rejected(format!("{host} and this ssh have no {what} in common; {host} offers {}", shown(offer.as_bytes())))
            .hint(format!("ask the owner of {host} for one that is not outdated"))
            .hint(ended.configure(&format!("{keyword} +{}", shown(first.as_bytes())))),
    )
}

fn sign_in(ended: &Ended<'_>) -> Option<Failure> {
    let (host, user, key) = (&ended.target.host, ended.user(), ended.key_name());
    if ended.says("Too many authentication failures") {
        return Some(
            rejected(format!("{host} gave up before the right key was offered: ssh has too many of them"))
                .hint("set [delivery] identity_file to the one key that is meant"),
        );
    }
    let methods = ended.line_with("Permission denied (")?.rsplit_once('(')?.1.trim_end_matches([')', '.']);
    if ended.says("UNPROTECTED PRIVATE KEY FILE") {
        let what = format!("other users of this machine can read the key {key}, so ssh does not use it");
        return Some(rejected(what).hint(format!("chmod 600 {key}")));
    }
    if ended.says("with partial success") {
        let what = format!("{host} accepts the key and asks for more: {methods}; nobody is there to answer");
        return Some(rejected(what).hint(format!("ask the owner of {host} to let {user} in with the key alone")));
    }
    // A server that has given up on an account offers no more methods.
    if !methods.is_empty() && !methods.split(',').any(|method| method == "publickey") {
        let what = format!("{host} lets {user} in by {methods} and not with a key");
        return Some(rejected(what).hint(format!("ask the owner of {host} to accept a public key for this user")));
    }
    Some(unusable_key(ended).unwrap_or_else(|| refused_key(ended)))
}

/// The key cannot be used from here.
fn unusable_key(ended: &Ended<'_>) -> Option<Failure> {
    let key = ended.key_name();
    let loading = ended.line_with("Load key \"");
    let loaded = loading.and_then(|line| line.split('"').nth(1)).unwrap_or(&key);
    let what_is_it = "make it the key of the user that runs honestly-sync, with mode 600";
    if ended.key == KeyState::Unreadable || loading.is_some_and(|line| line.ends_with("Permission denied")) {
        return Some(
            rejected(format!("the key {loaded} cannot be read by this user"))
                .hint(what_is_it)
                .hint("under systemd: LoadCredential=sftp-key:PATH hands it to the service"),
        );
    }
    if let Some(line) = loading {
        let why = line.rsplit(": ").next().unwrap_or(line);
        return Some(rejected(format!("{loaded} is no private key that ssh can use: {}", shown(why.as_bytes()))).hint(
            "set [delivery] identity_file to the private key, which begins with -----BEGIN OPENSSH PRIVATE KEY-----",
        ));
    }
    match ended.key {
        KeyState::Missing => Some(
            rejected(format!("the key {key} does not exist")).hint("set [delivery] identity_file to the private key"),
        ),
        KeyState::Locked => Some(
            rejected(format!("the key {key} has a passphrase, and no agent has it open"))
                .hint("use an agent, or a key of its own without a passphrase that only this user can read"),
        ),
        KeyState::Usable | KeyState::Unreadable => None,
    }
}

/// The other side does not take the key.
fn refused_key(ended: &Ended<'_>) -> Failure {
    let (host, user, key) = (&ended.target.host, ended.user(), ended.key_name());
    let sha1 = ended.configure("PubkeyAcceptedAlgorithms +ssh-rsa");
    // This is only in the debug lines.
    if ended.log.contains("no mutual signature algorithm") {
        let what = format!("{host} knows only signatures with SHA-1 for the RSA key {key}, and this ssh makes none");
        return rejected(what).hint(format!("give the owner of {host} an ed25519 key")).hint(sha1);
    }
    let what = format!("{host} does not accept {key} for {user}: wrong user, wrong key, or a locked account");
    let failure = rejected(what)
        .hint("give the public key to the owner of the host; Honestly asks for RSA keys: ssh-keygen -t rsa -b 4096");
    let offered_rsa =
        ended.log.lines().any(|line| line.contains("Offering public key: ") && line.contains(" RSA SHA256:"));
    if offered_rsa { failure.hint(format!("{sha1} (where the server is old)")) } else { failure }
}

fn unreachable(ended: &Ended<'_>) -> Option<Failure> {
    let host = &ended.target.host;
    let hint = "check [delivery] to and the network; the next run tries again";
    if ended.says("Could not resolve hostname") {
        return Some(Failure::new(Exit::Unavailable, format!("the name {host} cannot be resolved")).hint(hint));
    }
    let phrases = ["Connection refused", "timed out", "No route to host", "Network is unreachable"];
    phrases.iter().any(|phrase| ended.says(phrase)).then(|| {
        let what = format!("{host} cannot be reached: {}", last_words(ended.log));
        Failure::new(Exit::Unavailable, what).hint(hint)
    })
}

/// The key was accepted, but no session began.
fn no_session(ended: &Ended<'_>) -> Option<Failure> {
    let (host, user) = (&ended.target.host, ended.user());
    if ended.says("subsystem request failed") {
        return Some(
            rejected(format!("{host} offers no SFTP to {user}"))
                .hint("ask the owner of the host to allow SFTP for this account"),
        );
    }
    let status = ended.log.lines().rev().find_map(|line| line.trim().strip_prefix("debug1: Exit status "));
    // 0 means that the server was ended.
    let (Stage::SigningIn, Some(status)) = (ended.stage, status.filter(|status| *status != "0")) else { return None };
    let said = own_lines(ended.log).last().map(|line| format!(", \"{}\"", shown(line.as_bytes())));
    let what = format!(
        "{host} lets {user} in and ends the session before SFTP begins (exit status {status}{})",
        said.unwrap_or_default()
    );
    Some(rejected(what).hint(format!(
        "ask the owner of {host}: the account's folder may not be a lawful chroot, or its SFTP server is missing"
    )))
}

/// The fingerprint of the key that the host showed, from `ssh -v`.
fn seen_fingerprint(log: &str) -> Option<String> {
    let shown = log.lines().rev().find_map(|line| line.trim().strip_prefix("debug1: Server host key: "))?;
    shown.split_whitespace().find(|word| word.starts_with("SHA256:")).map(str::to_owned)
}

/// The last line that `ssh` wrote for people.
fn last_words(log: &str) -> String {
    let words = own_lines(log).last();
    shown(words.unwrap_or("it said nothing more").trim_start_matches("ssh: ").as_bytes())
}

/// A line that is not a debug line.
fn own_lines(log: &str) -> impl Iterator<Item = &str> {
    let is_for_people = |line: &&str| {
        !line.is_empty()
            && !line.starts_with("debug")
            && !line.starts_with("OpenSSH_")
            && !line.starts_with("Authenticated to")
            && !line.starts_with("Transferred:")
            && !line.starts_with("Bytes per second:")
    };
    log.lines().map(str::trim).filter(is_for_people)
}

/// Whether the key is there and works without a passphrase, as `ssh-keygen` sees it.
pub(super) fn key_state(identity_file: Option<&Path>) -> KeyState {
    let Some(path) = identity_file else { return KeyState::Usable };
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return KeyState::Missing,
        // Reading a pipe would wait for its other end.
        Ok(found) if found.is_file() && is_forbidden(path) => return KeyState::Unreadable,
        Ok(_) | Err(_) => {}
    }
    let asked = std::process::Command::new("ssh-keygen").args(["-y", "-P", "", "-f"]).arg(path).output();
    match asked {
        Ok(output) if String::from_utf8_lossy(&output.stderr).contains("incorrect passphrase") => KeyState::Locked,
        // This only looks for a more exact reason; without ssh-keygen the general one stays.
        Ok(_) | Err(_) => KeyState::Usable,
    }
}

fn is_forbidden(path: &Path) -> bool {
    std::fs::File::open(path).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests;
