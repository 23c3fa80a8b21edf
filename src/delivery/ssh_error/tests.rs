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

/// An OpenSSH that knows only these.
fn ask(_: &str, arguments: &[&str]) -> String {
    match arguments {
        ["-L", ..] => "        Valid: from 2020-01-01T00:00:00 to 2021-01-01T00:00:00\n".to_owned(),
        _ => "diffie-hellman-group14-sha1\nssh-ed25519\naes128-cbc\nhmac-sha1-96\n".to_owned(),
    }
}

fn failure_of(log: &str, stderr: &str) -> Failure {
    failure_after(Before::Untried, log, stderr)
}

fn failure_after(before: Before, log: &str, stderr: &str) -> Failure {
    let (settings, target) = settings(&[]);
    let stage = Stage::SigningIn;
    failure(&Ended { settings: &settings, target: &target, log, stderr, not_sftp: None, stage, before, ask })
}

/// A recording, and the failure that must come of it.
struct Case {
    name: &'static str,
    exit: Exit,
    sentence: &'static str,
    /// A text that one of the hints contains.
    hint: &'static str,
}

const fn case(name: &'static str, exit: Exit, sentence: &'static str, hint: &'static str) -> Case {
    Case { name, exit, sentence, hint }
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
    case("locked", Exit::Rejected, "has a passphrase", "use an agent"),
    case("missing_option", Exit::Rejected, "does not exist", "identity_file"),
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
    for Case { name, exit, sentence, hint } in CASES {
        let (log, stderr) = recorded(name);
        let failure = failure_of(log, stderr);
        assert_eq!(failure.exit, exit, "{name}: {failure:?}");
        assert!(failure.message.contains(sentence), "{name}: {failure:?}");
        assert!(failure.hints.iter().any(|line| line.contains(hint)), "{name}: {failure:?}");
    }
    let (log, stderr) = recorded("jump_refused");
    let failure = failure_of(log, stderr);
    assert_eq!(failure.exit, Exit::Unavailable);
    assert!(
        failure.message.starts_with("lost, on the way to 192.0.2.7, cannot be passed: ssh: connect"),
        "{failure:?}"
    );
}

/// What was delivered there before may be delivered again: the same words mean a server that is not ready.
#[test]
fn a_session_that_ends_at_once_passes_where_deliveries_have_worked() {
    for Case { name, exit, .. } in CASES {
        let (log, stderr) = recorded(name);
        let passes = ["no_subsystem", "chroot_refused", "sftp_server_missing", "dropped"].contains(&name);
        let failure = failure_after(Before::Worked, log, stderr);
        assert_eq!(failure.exit, if passes { Exit::Unavailable } else { exit }, "{name}: {failure:?}");
    }
}

/// Without the other side's words, which are quoted at the end.
fn unquoted(failure: Failure) -> Failure {
    let message = failure.message.split("; it says \"").next().unwrap().to_owned();
    Failure { message, ..failure }
}

/// Whatever a banner says, the reason is the same.
#[test]
fn a_banner_is_never_a_reason() {
    let (banner, _) = (recorded("changed_host_key").0.to_owned() + recorded("no_cipher").0, ());
    for Case { name, .. } in CASES.iter().filter(|case| !["bad_option", "jump_unknown"].contains(&case.name)) {
        let (log, stderr) = recorded(name);
        let without = unquoted(failure_of(log, stderr));
        for banner in [banner.as_str(), "No user exists for uid 0", "u@h: Permission denied (password).", "timed out"] {
            // Before a host has answered there is no banner.
            if log.contains("debug1: ") {
                assert_eq!(unquoted(failure_of(log, &format!("{banner}\n{stderr}"))), without, "{name}");
            }
        }
    }
    // The ssh of a jump host says its reason last.
    let (log, stderr) = recorded("jump_refused");
    let banner = format!("Host key verification failed.\nu@h: Permission denied (publickey).\n{stderr}");
    assert_eq!(failure_of(log, &banner), failure_of(log, stderr));
}

#[test]
fn what_is_not_recorded_is_passed_on_or_told() {
    const KEY: &str = "debug1: Server host key: ssh-ed25519 SHA256:x\n";
    const IN: &str = "debug1: Server host key: x\nAuthenticated to h ([h]:22) using \"publickey\".\n";
    const OFFERED: &str = "debug1: Offering public key: /keys/key ED25519 SHA256:x\n";
    const PROXY: &str =
        "debug1: Executing proxy command: exec nc -X connect h 22\nConnection closed by UNKNOWN port 65535\n";
    let cases: [(&str, &str, &str, Exit, &str, &str); 32] = [
        // Before anything is sent, ssh speaks on standard error.
        ("", "", "cannot run ssh: No such file", Exit::Misconfigured, "cannot run ssh: No such file", "OpenSSH client"),
        ("", "", "No user exists for uid 61234", Exit::Misconfigured, "user database", "libnss"),
        (
            "",
            "",
            "remote username contains invalid characters",
            Exit::Rejected,
            "ssh refuses the user u",
            "correct the user",
        ),
        (
            "",
            "",
            "command-line line 0: Bad port 'abc'.",
            Exit::Misconfigured,
            "its configuration: command-line line 0",
            "correct",
        ),
        (
            "",
            "/etc/ssh/ssh_config line 3: Bad SSH2 cipher spec 'x'.",
            "",
            Exit::Misconfigured,
            "Bad SSH2 cipher",
            "correct",
        ),
        // Whoever stands on the way.
        (
            PROXY,
            "",
            "/bin/bash: line 1: exec: nc: not found",
            Exit::Rejected,
            "\"nc -X connect h 22\", on the way to 192.0.2.7, cannot be run",
            "ProxyCommand",
        ),
        (
            PROXY,
            "",
            "sh: 1: exec: /opt/nc: Permission denied",
            Exit::Rejected,
            "cannot be run: sh: 1: exec",
            "ProxyCommand",
        ),
        (
            PROXY,
            "",
            "nc: Proxy error: \"HTTP/1.1 407 Authentication Required\"",
            Exit::Rejected,
            "refuses (\"nc",
            "owner of the proxy",
        ),
        (
            PROXY,
            "",
            "nc: connect to proxy port 3128: Connection refused",
            Exit::Unavailable,
            "does not lead to 192.0.2.7: nc: connect",
            "next run",
        ),
        (PROXY, "", "", Exit::Unavailable, "does not lead to 192.0.2.7: it said nothing", "next run"),
        (
            PROXY,
            "debug1: Remote protocol version 2.0\nUnable to negotiate with UNKNOWN port 65535: no matching cipher found. Their offer: aes128-cbc",
            "",
            Exit::Rejected,
            "no cipher in common",
            "+aes128-cbc",
        ),
        // The server's key.
        (
            "",
            "Host key verification failed.",
            "",
            Exit::Rejected,
            "could not be checked: Host key verification failed",
            "correct",
        ),
        (
            "debug1: Server host certificate: ssh-ed25519-cert-v01@openssh.com SHA256:y, serial 0 valid from 2020 to 2021\n",
            "Certificate invalid: expired\nHost key verification failed.",
            "",
            Exit::Rejected,
            "is not accepted: Certificate invalid: expired (valid from 2020 to 2021)",
            "valid host certificate",
        ),
        (
            "debug1: Server host certificate: ssh-ed25519-cert-v01@openssh.com SHA256:y, serial 0 CA SHA256:z valid forever\n",
            "Host key verification failed.",
            "",
            Exit::Rejected,
            "no known authority signed the certificate of 192.0.2.7, and its key is not known: SHA256:y",
            "host_key = \"SHA256:y\"",
        ),
        (
            KEY,
            "Unable to negotiate with h port 22: no matching key exchange method found. Their offer: mlkem768x25519-sha256",
            "",
            Exit::Rejected,
            "offers mlkem768x25519-sha256",
            "knows none of them: install a newer",
        ),
        // This side's key.
        (
            OFFERED,
            "sign_and_send_pubkey: signing failed for ED25519 \"c\" from agent: agent refused operation\nu@h: Permission denied (publickey).",
            "",
            Exit::Rejected,
            "accepts the key, but nothing here signs with it: sign_and_send_pubkey: signing failed",
            "touch or a PIN",
        ),
        (
            KEY,
            "u@h: Permission denied (publickey).",
            "",
            Exit::Rejected,
            "ssh offers 192.0.2.7 no key",
            "PubkeyAuthentication",
        ),
        (KEY, "u@h: Permission denied ().", "", Exit::Rejected, "lets u in by no method at all", "may sign in"),
        (
            "debug1: Offering public key: /keys/c.pub ED25519-CERT SHA256:x\n",
            "u@h: Permission denied (publickey).",
            "",
            Exit::Rejected,
            "the certificate /keys/c.pub for u: it expired on 2021-01-01T00:00:00 UTC",
            "renew",
        ),
        (
            OFFERED,
            "debug1: send_pubkey_test: no mutual signature algorithm\nu@h: Permission denied (publickey).",
            "",
            Exit::Rejected,
            "only signatures with SHA-1",
            "ed25519",
        ),
        // No connection.
        (
            KEY,
            "Connection closed by 192.0.2.7 port 22",
            "",
            Exit::Unavailable,
            "ended: Connection closed by",
            "next run",
        ),
        (
            KEY,
            "kex_exchange_identification: read: Connection reset by peer",
            "",
            Exit::Unavailable,
            "Connection reset by peer",
            "next run",
        ),
        (KEY, "", "", Exit::Unavailable, "it said nothing more", "next run"),
        // What listens there is no SSH server, or one that does not let this machine in.
        (
            "debug1: Connecting to h\n",
            "debug1: kex_exchange_identification: banner line 0: HTTP/1.1 400 Bad Request\r\nConnection closed by 192.0.2.7 port 22",
            "",
            Exit::Unavailable,
            "closed by 192.0.2.7 port 22; before SSH began it said \"HTTP/1.1 400 Bad Request\"",
            "next run",
        ),
        (KEY, "Timeout, server h not responding.", "", Exit::Unavailable, "cannot be reached: Timeout", "next run"),
        // Signed in: whoever notices first that the server wants no session.
        (
            IN,
            "client_loop: send disconnect: Broken pipe",
            "",
            Exit::Rejected,
            "before SFTP begins (\"client_loop: send disconnect: Broken pipe\")",
            "chroot",
        ),
        (
            IN,
            "Connection to h closed by remote host.",
            "",
            Exit::Rejected,
            "before SFTP begins (\"Connection to h closed",
            "chroot",
        ),
        (IN, "debug1: Exit status 255", "", Exit::Rejected, "before SFTP begins (exit status 255)", "chroot"),
        (
            IN,
            "debug1: Exit status 1",
            "account is locked, see portal",
            Exit::Rejected,
            "(exit status 1); it says \"account is locked, see portal\"",
            "chroot",
        ),
        (IN, "debug1: Exit status 0", "", Exit::Unavailable, "ended the session before SFTP began", "next run"),
        (
            IN,
            "debug1: connect to address ::1 port 22: Connection refused\nsubsystem request failed on channel 0",
            "",
            Exit::Rejected,
            "offers no SFTP",
            "allow SFTP",
        ),
        (IN, "Timeout, server h not responding.", "", Exit::Unavailable, "cannot be reached: Timeout", "next run"),
    ];
    for (before, said, stderr, exit, sentence, hint) in cases {
        let failure = failure_of(&format!("{before}{said}\n"), stderr);
        assert_eq!(failure.exit, exit, "{said}{stderr}: {failure:?}");
        assert!(failure.message.contains(sentence), "{said}{stderr}: {failure:?}");
        assert!(failure.hints.iter().any(|line| line.contains(hint)), "{said}{stderr}: {failure:?}");
        // Nothing is advised that was not read.
        assert!(!failure.hints.iter().any(|line| line.contains("unknown") || line.contains('{')), "{failure:?}");
    }
    let (settings, target) = settings(&[]);
    let ended = Ended {
        settings: &settings,
        target: &target,
        log: recorded("text_first").0,
        stderr: "",
        not_sftp: Some("Welcome to example"),
        stage: Stage::SigningIn,
        before: Before::Untried,
        ask,
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
    let stage = Stage::SigningIn;
    let ended = Ended {
        settings: &settings,
        target: &target,
        log,
        stderr,
        not_sftp: None,
        stage,
        before: Before::Untried,
        ask,
    };
    let told = failure(&ended).message;
    assert!(told.contains(&format!("is {SEEN}, not {one} or {other} as [delivery] host_key says")), "{told}");
    assert!(is_host_key(&ended));
}

#[test]
fn a_certificate_says_until_when_it_is_valid() {
    for (listed, said) in [
        ("Valid: forever", Some("is valid for ever, but for another user or address, or of another authority")),
        ("Valid: from 2020-01-01T00:00:00 to 2021-01-01T00:00:00", Some("expired on 2021-01-01T00:00:00 UTC")),
        ("Valid: from 2999-01-01T00:00:00 to 2999-02-01T00:00:00", Some("is not valid before 2999-01-01T00:00:00 UTC")),
        ("Serial: 0", None),
    ] {
        assert_eq!(validity(&format!("        {listed}\n")).as_deref(), said, "{listed}");
    }
}
