//! Every reason, checked against what OpenSSH really writes.

use std::time::Duration;

use super::*;
use crate::remote::{Target, TemporaryName};

const SEEN: &str = "SHA256:eqU+yn/1XcOL9aPdW3B2ZKDt9Jw0l78GjxmzBqDWjYo";
const RECORDED: &str = include_str!("recorded.txt");

/// The part of the recording with this name: what ssh wrote itself, and what came on standard error.
fn recorded(name: &str) -> (&'static str, &'static str) {
    let start = format!("=== {name}\n");
    let (_, rest) = RECORDED.split_once(&start).unwrap_or_else(|| panic!("{name} is not recorded"));
    let part = rest.split("\n\n=== ").next().unwrap();
    part.split_once("--- stderr\n").unwrap_or((part, ""))
}

fn settings(host_keys: &[&str]) -> (Settings, SftpTarget) {
    let Ok(Target::Sftp(target)) = Target::parse("sftp://u@192.0.2.7:2222/e.csv") else { panic!() };
    let settings = Settings {
        target: Target::Sftp(target.clone()),
        identity_file: Some("/keys/key".into()),
        known_hosts: None,
        host_keys: host_keys.iter().map(|key| Fingerprint::parse(key).unwrap()).collect(),
        temporary_name: TemporaryName::Usual,
        timeout: Duration::from_secs(1),
    };
    (settings, target)
}

fn failure_of(log: &str, stderr: &str, key: KeyState) -> Failure {
    let (settings, target) = settings(&[]);
    let stage = Stage::SigningIn;
    failure(&Ended { settings: &settings, target: &target, log, stderr, not_sftp: None, key, stage })
}

/// A recording, and the failure that must come of it.
struct Case {
    name: &'static str,
    key: KeyState,
    exit: Exit,
    sentence: &'static str,
    /// A text that one of the hints contains.
    hint: &'static str,
}

const fn case(name: &'static str, exit: Exit, sentence: &'static str, hint: &'static str) -> Case {
    Case { name, key: KeyState::Usable, exit, sentence, hint }
}

const CASES: [Case; 27] = [
    case("unknown_host_key", Exit::Rejected, "is not known: SHA256:eqU+", "host_key = \"SHA256:eqU+"),
    case("changed_host_key", Exit::Rejected, "has changed: it is SHA256:eqU+", "somebody may be in between"),
    case("no_host_key_type", Exit::Rejected, "no host key type in common", "HostKeyAlgorithms +ssh-ed25519"),
    case("no_kex", Exit::Rejected, "no key exchange method in common", "KexAlgorithms +diffie-hellman-group14-sha1"),
    case("no_cipher", Exit::Rejected, "no cipher in common", "under \"Host 192.0.2.7\": Ciphers +aes128-cbc"),
    case("no_mac", Exit::Rejected, "no MAC in common", "MACs +hmac-sha1-96"),
    case("sha1_only", Exit::Rejected, "does not accept /keys/key", "PubkeyAcceptedAlgorithms +ssh-rsa"),
    case("password_only", Exit::Rejected, "lets u in by password and not with a key", "accept a public key"),
    case("kbd_only", Exit::Rejected, "lets u in by keyboard-interactive and not with a key", "accept a public key"),
    case("key_and_password", Exit::Rejected, "accepts the key and asks for more: password", "with the key alone"),
    case("denied", Exit::Rejected, "does not accept /keys/key for u", "ssh-keygen -t rsa -b 4096"),
    case("unprotected", Exit::Rejected, "other users of this machine can read the key /keys/key", "chmod 600"),
    case("unreadable", Exit::Rejected, "/keys/key_away cannot be read by this user", "LoadCredential"),
    Case { key: KeyState::Locked, ..case("locked", Exit::Rejected, "has a passphrase", "use an agent") },
    Case { key: KeyState::Missing, ..case("missing_option", Exit::Rejected, "does not exist", "identity_file") },
    case("not_a_key", Exit::Rejected, "/keys/key_bad is no private key that ssh can use: error in libcrypto", "BEGIN"),
    case("too_many_keys", Exit::Rejected, "too many of them", "identity_file"),
    case("no_subsystem", Exit::Rejected, "offers no SFTP to u", "allow SFTP"),
    case("chroot_refused", Exit::Rejected, "before SFTP begins (exit status 255)", "chroot"),
    case("sftp_server_missing", Exit::Rejected, "before SFTP begins (exit status 127)", "SFTP server is missing"),
    case("dropped", Exit::Rejected, "\"channel 0: open failed: connect failed: open failed\"", "ask the owner"),
    case("banner_ok", Exit::Rejected, "does not accept /keys/key for u", "give the public key"),
    case("resolve", Exit::Unavailable, "the name 192.0.2.7 cannot be resolved", "next run"),
    case(
        "refused",
        Exit::Unavailable,
        "cannot be reached: connect to host 192.0.2.7 port 9: Connection refused",
        "next run",
    ),
    case("mute", Exit::Unavailable, "cannot be reached: Connection to 192.0.2.7 port 2222 timed out", "next run"),
    case("bad_option", Exit::Misconfigured, "Bad configuration option: nosuchoption", "SSH configuration"),
    case(
        "jump_unknown",
        Exit::Rejected,
        "the host key of jump, on the way to 192.0.2.7, is not known: SHA256:eqU+",
        "ssh jump exit",
    ),
];

#[test]
fn every_reason_is_read_from_what_openssh_really_writes() {
    for Case { name, key, exit, sentence, hint } in CASES {
        let (log, stderr) = recorded(name);
        let failure = failure_of(log, stderr, key);
        assert_eq!(failure.exit, exit, "{name}: {failure:?}");
        assert!(failure.message.contains(sentence), "{name}: {failure:?}");
        assert!(failure.hints.iter().any(|line| line.contains(hint)), "{name}: {failure:?}");
    }
    let (log, stderr) = recorded("jump_refused");
    let failure = failure_of(log, stderr, KeyState::Usable);
    assert_eq!(failure.exit, Exit::Unavailable);
    assert!(
        failure.message.starts_with("lost, on the way to 192.0.2.7, cannot be passed: ssh: connect"),
        "{failure:?}"
    );
}

/// Whatever a banner says, the reason is the same.
#[test]
fn a_banner_is_never_a_reason() {
    let (banner, _) = (recorded("changed_host_key").0.to_owned() + recorded("no_cipher").0, ());
    for Case { name, key, .. } in CASES.iter().filter(|case| !["bad_option", "jump_unknown"].contains(&case.name)) {
        let (log, stderr) = recorded(name);
        let without = failure_of(log, stderr, *key);
        for banner in [banner.as_str(), "No user exists for uid 0", "u@h: Permission denied (password).", "timed out"] {
            // Before a host has answered there is no banner.
            if log.contains("debug1: ") {
                assert_eq!(failure_of(log, &format!("{banner}\n{stderr}"), *key), without, "{name}");
            }
        }
    }
    // The ssh of a jump host says its reason last.
    let (log, stderr) = recorded("jump_refused");
    let banner = format!("Host key verification failed.\nu@h: Permission denied (publickey).\n{stderr}");
    assert_eq!(failure_of(log, &banner, KeyState::Usable), failure_of(log, stderr, KeyState::Usable));
}

#[test]
fn what_is_not_recorded_is_passed_on_or_told() {
    let signed_in = "debug1: Server host key: x\nAuthenticated to h ([h]:22) using \"publickey\".\n";
    let cases = [
        ("Connection closed by 192.0.2.7 port 22", Exit::Unavailable, "ended: Connection closed by"),
        ("", Exit::Unavailable, "it said nothing more"),
        // ProFTPD's answer to a user for whom it allows no method.
        ("u@h: Permission denied ().", Exit::Rejected, "does not accept /keys/key for u"),
        ("kex_exchange_identification: read: Connection reset by peer", Exit::Unavailable, "Connection reset by peer"),
        // What listens there is no SSH server, or one that does not let this machine in.
        (
            "debug1: kex_exchange_identification: banner line 0: HTTP/1.1 400 Bad Request\r\n\
             Connection closed by 192.0.2.7 port 22",
            Exit::Unavailable,
            "closed by 192.0.2.7 port 22; before SSH began it said \"HTTP/1.1 400 Bad Request\"",
        ),
        ("client_loop: send disconnect: Broken pipe", Exit::Unavailable, "Broken pipe"),
        (
            "debug1: connect to address ::1 port 22: Connection refused\nsubsystem request failed on channel 0",
            Exit::Rejected,
            "offers no SFTP",
        ),
        (
            "debug1: send_pubkey_test: no mutual signature algorithm\nu@h: Permission denied (publickey).",
            Exit::Rejected,
            "only signatures with SHA-1",
        ),
    ];
    for (said, exit, sentence) in cases {
        let failure = failure_of(&format!("{signed_in}{said}\n"), "", KeyState::Usable);
        assert_eq!(failure.exit, exit, "{said}");
        assert!(failure.message.contains(sentence), "{said}: {failure:?}");
    }
    let nobody = failure_of("", "No user exists for uid 61234\n", KeyState::Usable);
    assert_eq!(nobody.exit, Exit::Misconfigured);
    let (settings, target) = settings(&[]);
    let ended = Ended {
        settings: &settings,
        target: &target,
        log: recorded("text_first").0,
        stderr: "",
        not_sftp: Some("Welcome to example"),
        key: KeyState::Usable,
        stage: Stage::SigningIn,
    };
    let failure = failure(&ended);
    assert_eq!(failure.exit, Exit::Rejected);
    assert!(failure.message.contains("its answer is not SFTP: \"Welcome to example\""), "{failure:?}");
}

#[test]
fn a_pinned_key_that_is_not_shown_is_named() {
    let (one, other) = (SEEN.replace('q', "p"), SEEN.replace('q', "r"));
    let (settings, target) = settings(&[&one, &other]);
    let (log, stderr) = recorded("unknown_host_key");
    let (key, stage) = (KeyState::Usable, Stage::SigningIn);
    let ended = Ended { settings: &settings, target: &target, log, stderr, not_sftp: None, key, stage };
    let told = failure(&ended).message;
    assert!(told.contains(&format!("is {SEEN}, not {one} or {other} as [delivery] host_key says")), "{told}");
    assert!(is_host_key(&ended));
}
