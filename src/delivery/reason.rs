//! Why `ssh` gave up, in one sentence with the next step.
//!
//! `ssh` says everything on standard error and nothing in its exit code (255 for all). The phrases are those of OpenSSH; an
//! unknown one is passed on as it is.

use std::io::ErrorKind;
use std::path::Path;

use super::Settings;
use crate::exit::{Exit, Failure};
use crate::remote::SftpTarget;

/// What is known when a connection did not come about or ended.
pub struct Ended<'a> {
    pub settings: &'a Settings,
    pub target: &'a SftpTarget,
    /// Everything `ssh -v` wrote.
    pub standard_error: &'a str,
    pub key: KeyState,
}

/// What can be seen of the configured private key from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    Usable,
    Missing,
    /// It is there, and not for this user to read.
    Unreadable,
    /// It has a passphrase, and nobody is there to type it.
    Locked,
}

pub fn reason(ended: &Ended<'_>) -> Failure {
    let Ended { settings, target, standard_error, key } = ended;
    let SftpTarget { host, user, .. } = target;
    // What it says while it tries one address after the other is no reason yet.
    let said = |phrase: &str| for_people(standard_error).any(|line| line.contains(phrase));
    let identity = settings.identity_file.as_deref().map(|path| path.display().to_string());
    let identity = identity.unwrap_or_else(|| "the key that ssh offers".to_owned());
    let user = user.as_deref().unwrap_or("the user");
    let seen = seen_fingerprint(standard_error);
    let fingerprint = seen.as_deref().unwrap_or("unknown");
    let accept = format!(
        "compare it with what the owner of {host} says; if it is right, set [delivery] host_key = \"{fingerprint}\""
    );

    if said("REMOTE HOST IDENTIFICATION HAS CHANGED") {
        let what = format!("the host key of {host} has changed: it is {fingerprint} now; nothing was sent");
        return Failure::new(Exit::Rejected, what).hint(format!("somebody may be in between; {accept}"));
    }
    if said("Host key verification failed") || said("KnownHostsCommand failed") {
        let what = match &settings.host_key {
            Some(pinned) => format!(
                "the host key of {host} is {fingerprint}, not {} as [delivery] host_key says; nothing was sent",
                pinned.as_str()
            ),
            None => format!("the host key of {host} is not known: {fingerprint}; nothing was sent"),
        };
        return Failure::new(Exit::Rejected, what).hint(accept);
    }
    if said("UNPROTECTED PRIVATE KEY FILE") {
        let what = format!("other users of this machine can read the key {identity}, so ssh does not use it");
        return Failure::new(Exit::Rejected, what).hint(format!("chmod 600 {identity}"));
    }
    if said("Permission denied (") {
        let without_it = match key {
            KeyState::Usable => None,
            KeyState::Missing => {
                Some((format!("the key {identity} does not exist"), "set [delivery] identity_file to the private key"))
            }
            KeyState::Unreadable => Some((
                format!("the key {identity} cannot be read by this user"),
                "make it the key of the user that runs honestly-sync, with mode 600",
            )),
            KeyState::Locked => Some((
                format!("the key {identity} has a passphrase, and no agent has it open"),
                "use an agent, or a key of its own without a passphrase that only this user can read",
            )),
        };
        if let Some((what, hint)) = without_it {
            return Failure::new(Exit::Rejected, what).hint(hint);
        }
        let what = format!("{host} does not accept {identity} for {user}: wrong user, wrong key, or a locked account");
        return Failure::new(Exit::Rejected, what).hint(
            "give the public key to the owner of the host; Honestly asks for RSA keys: ssh-keygen -t rsa -b 4096",
        );
    }
    if said("Could not resolve hostname") {
        return Failure::new(Exit::Unavailable, format!("the name {host} cannot be resolved"))
            .hint("check [delivery] to and the network; the next run tries again");
    }
    if said("Connection refused") || said("timed out") || said("No route to host") || said("Network is unreachable") {
        return Failure::new(Exit::Unavailable, format!("{host} cannot be reached: {}", last_words(standard_error)))
            .hint("check [delivery] to and the network; the next run tries again");
    }
    if said("subsystem request failed") {
        return Failure::new(Exit::Rejected, format!("{host} offers no SFTP to {user}"))
            .hint("ask the owner of the host to allow SFTP for this account");
    }
    if said("No user exists for uid") {
        return Failure::new(Exit::Misconfigured, "ssh does not run for a user without an entry in the user database")
            .hint("install libnss-systemd, or run as a user that exists");
    }
    Failure::new(Exit::Unavailable, format!("the connection to {host} ended: {}", last_words(standard_error)))
        .hint("the next run tries again; ssh -v to the same host shows more")
}

/// The fingerprint of the key that the host showed, from `ssh -v`; a jump host shows its own before.
fn seen_fingerprint(standard_error: &str) -> Option<String> {
    let shown = standard_error.lines().rev().find_map(|line| line.trim().strip_prefix("debug1: Server host key: "))?;
    shown.split_whitespace().find(|word| word.starts_with("SHA256:")).map(str::to_owned)
}

/// The last line that `ssh` wrote for people.
fn last_words(standard_error: &str) -> String {
    let words = for_people(standard_error).last();
    words.unwrap_or("it said nothing more").trim_start_matches("ssh: ").to_owned()
}

fn for_people(standard_error: &str) -> impl Iterator<Item = &str> {
    let is_for_people = |line: &&str| {
        !line.is_empty()
            && !line.starts_with("debug")
            && !line.starts_with("OpenSSH_")
            && !line.starts_with("Authenticated to")
            && !line.starts_with("Transferred:")
            && !line.starts_with("Bytes per second:")
    };
    standard_error.lines().map(str::trim).filter(is_for_people)
}

/// Whether the key is there and can be used without a passphrase, as `ssh-keygen` sees it.
pub fn key_state(identity_file: Option<&Path>) -> KeyState {
    let Some(path) = identity_file else { return KeyState::Usable };
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return KeyState::Missing,
        // A pipe would wait for its other end.
        Ok(found) if found.is_file() && is_forbidden(path) => return KeyState::Unreadable,
        Ok(_) | Err(_) => {}
    }
    let asked = std::process::Command::new("ssh-keygen").args(["-y", "-P", "", "-f"]).arg(path).output();
    match asked {
        Ok(output) if String::from_utf8_lossy(&output.stderr).contains("incorrect passphrase") => KeyState::Locked,
        // Only a reason is sought here; without ssh-keygen the general one is given.
        Ok(_) | Err(_) => KeyState::Usable,
    }
}

fn is_forbidden(path: &Path) -> bool {
    std::fs::File::open(path).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::remote::{Fingerprint, Target};

    const SEEN: &str = "SHA256:PLNg+s3KGIxpvNOTBGiu/WXI0sRSfTAS28fewXhuNyQ";

    #[test]
    fn every_refusal_has_its_sentence() {
        let shown = format!("OpenSSH_9.2p1\ndebug1: Server host key: ssh-ed25519 {SEEN}\r\n");
        let denied = "u@h: Permission denied (publickey).";
        let cases = [
            (
                "No ED25519 host key is known for h\nHost key verification failed.",
                KeyState::Usable,
                Exit::Rejected,
                "is not known: SHA256:PLNg",
            ),
            (
                "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
                KeyState::Usable,
                Exit::Rejected,
                "has changed: it is SHA256:PLNg",
            ),
            (
                "@ WARNING: UNPROTECTED PRIVATE KEY FILE! @\nu@h: Permission denied (publickey).",
                KeyState::Usable,
                Exit::Rejected,
                "other users of this machine can read the key /k",
            ),
            (denied, KeyState::Missing, Exit::Rejected, "/k does not exist"),
            (denied, KeyState::Unreadable, Exit::Rejected, "/k cannot be read"),
            (denied, KeyState::Locked, Exit::Rejected, "has a passphrase"),
            (denied, KeyState::Usable, Exit::Rejected, "does not accept /k for u"),
            (
                "ssh: Could not resolve hostname h: Name or service not known",
                KeyState::Usable,
                Exit::Unavailable,
                "cannot be resolved",
            ),
            (
                "ssh: connect to host h port 22: Connection refused",
                KeyState::Usable,
                Exit::Unavailable,
                "Connection refused",
            ),
            ("Connection timed out during banner exchange", KeyState::Usable, Exit::Unavailable, "timed out"),
            (
                "Authenticated to h ([h]:22)\nsubsystem request failed on channel 0",
                KeyState::Usable,
                Exit::Rejected,
                "no SFTP",
            ),
            ("No user exists for uid 61234", KeyState::Usable, Exit::Misconfigured, "user database"),
            (
                "debug1: connect to address ::1 port 22: Connection refused\nsubsystem request failed on channel 0",
                KeyState::Usable,
                Exit::Rejected,
                "no SFTP",
            ),
            ("Connection closed by 127.0.0.1 port 22", KeyState::Usable, Exit::Unavailable, "Connection closed by"),
            ("", KeyState::Usable, Exit::Unavailable, "it said nothing more"),
        ];
        let Ok(Target::Sftp(target)) = Target::parse("sftp://u@h/e.csv") else { panic!() };
        let settings = Settings {
            target: Target::Sftp(target.clone()),
            identity_file: Some("/k".into()),
            known_hosts: None,
            host_key: None,
            timeout: Duration::from_secs(1),
        };
        for (said, key, exit, sentence) in cases {
            let standard_error = &format!("{shown}{said}\n");
            let failure = reason(&Ended { settings: &settings, target: &target, standard_error, key });
            assert_eq!(failure.exit, exit, "{said}");
            assert!(failure.message.contains(sentence), "{said}: {}", failure.message);
            assert!(!failure.hints.is_empty());
        }
        let jump = format!("debug1: Server host key: ssh-rsa SHA256:of-the-jump-host\n{shown}No key is known for h\n");
        let standard_error = &format!("{jump}Host key verification failed.");
        let failure = reason(&Ended { settings: &settings, target: &target, standard_error, key: KeyState::Usable });
        assert!(failure.message.contains("is not known: SHA256:PLNg"), "{}", failure.message);
        let pinned = Settings { host_key: Fingerprint::parse(&SEEN.replace('P', "Q")), ..settings };
        let standard_error = &format!("{shown}Host key verification failed.");
        let failure = reason(&Ended { settings: &pinned, target: &target, standard_error, key: KeyState::Usable });
        assert!(failure.message.contains("not SHA256:QLNg"), "{}", failure.message);
    }
}
