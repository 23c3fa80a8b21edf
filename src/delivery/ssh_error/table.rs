//! What `ssh` and whoever stands behind it say when they refuse: who that was, whether a later run can succeed, and what helps.
//!
//! The first row that fits is told. A name in braces stands for something that was read: a row whose sentence needs something
//! that was not read does not fit, and a hint that needs it is left out.

use super::Step::{self, Connect, Denied, Proxy, Session, SignedIn, Start};
use crate::exit::Exit::{self, Misconfigured, Rejected, Unavailable};

/// When it fits (None: at every step), what is told, and what helps.
pub(super) type Row = (Option<Step>, Sign, Exit, &'static str, &'static [&'static str]);

pub(super) enum Sign {
    /// Everything that the sentence needs was read.
    Read,
    /// `ssh` says one of these in a line for people.
    Says(&'static [&'static str]),
    /// `ssh` writes this into a line of any kind.
    Logs(&'static str),
    /// `ssh` writes nothing like this.
    Lacks(&'static str),
    /// Deliveries to this destination have worked before.
    Worked,
    /// The last line of the jump host's `ssh`, or of the proxy command, holds one of these.
    ProxySays(&'static [&'static str]),
}

use Sign::{Lacks, Logs, ProxySays, Read, Says, Worked};

const AGAIN: &str = "the next run tries again; ssh -v to the same host shows more";
const NETWORK: &str = "check [delivery] to and the network; the next run tries again";
const CONFIGURATION: &str = "correct the SSH configuration of this user, or of the system";
const PROXY: &str = "correct ProxyCommand in the SSH configuration of this user, or of the system";
const ACCEPT: &str =
    "compare it with what the owner of {host} says; if it is right, set [delivery] host_key = \"{seen}\"";
const IN_BETWEEN: &str = "somebody may be in between; compare the key with what the owner of {host} says; if it is right, set \
                          [delivery] host_key = \"{seen}\"";
const PUBLIC_KEY: &str =
    "give the public key to the owner of the host; Honestly asks for RSA keys: ssh-keygen -t rsa -b 4096";
const OPEN: &str = "use an agent, or a key of its own without a passphrase that only this user can read";
const OWNER: &str =
    "ask the owner of {host}: the account's folder may not be a lawful chroot, or its SFTP server is missing";

#[rustfmt::skip]
pub(super) static TABLE: &[Row] = &[
    // Text before SFTP begins.
    (None, Worked, Unavailable, "{host} lets {user} in, but its answer is not SFTP: \"{not_sftp}\"", &[AGAIN, OWNER]),
    (None, Read, Rejected, "{host} lets {user} in, but its answer is not SFTP: \"{not_sftp}\"",
        &["a login script or a forced command writes this; ask the owner of {host} for an account that offers SFTP"]),

    // Before anything was sent: `ssh` itself refuses.
    (Some(Start), Says(&["cannot run ssh"]), Misconfigured, "{line}", &["install the OpenSSH client"]),
    (None, Says(&["No user exists for uid"]), Misconfigured,
        "ssh does not run for a user without an entry in the user database",
        &["install libnss-systemd, or run as a user that exists"]),
    (Some(Start), Says(&["contains invalid characters"]), Rejected, "ssh refuses the user {user} or the host {host}: {line}",
        &["correct the user or the host in [delivery] to, or User and HostName in the SSH configuration"]),
    (None, Says(&["command-line: line 0: Bad configuration option: stdinnull"]), Misconfigured,
        "this ssh is older than OpenSSH 8.7", &["install a newer OpenSSH client"]),
    (None, Says(&["Bad configuration option", "Bad owner or permissions on"]), Misconfigured,
        "ssh refuses its configuration: {line}", &[CONFIGURATION]),

    // On the way there.
    (Some(Proxy), ProxySays(&["Host key verification failed."]), Rejected,
        "the host key of {jump}, on the way to {host}, is not known: {seen_on_the_way}; nothing was sent",
        &["compare it with what its owner says, then add it to this user's known hosts: ssh {jump} exit"]),
    (Some(Proxy), ProxySays(&["Permission denied (", "administratively prohibited"]), Rejected,
        "{jump}, on the way to {host}, cannot be passed: {proxy_line}",
        &["ask the owner of {jump} to let this key through"]),
    (Some(Proxy), ProxySays(&[": not found", "command not found", ": No such file or directory", ": Permission denied",
        "cannot execute", "Exec format error"]), Rejected,
        "the proxy command \"{command}\", on the way to {host}, cannot be run: {proxy_line}", &[PROXY]),
    (Some(Proxy), ProxySays(&[" 403", " 407"]), Rejected,
        "the proxy on the way to {host} refuses (\"{command}\"): {proxy_line}",
        &["ask the owner of the proxy to let this connection through", PROXY]),
    (Some(Proxy), Read, Unavailable, "{jump}, on the way to {host}, cannot be passed: {proxy_line}", &[AGAIN]),
    (Some(Proxy), Read, Unavailable,
        "the proxy command \"{command}\" does not lead to {host}: {proxy_line}", &[AGAIN]),

    // The server's key.
    (None, Says(&["REVOKED HOST KEY DETECTED"]), Rejected,
        "the host key of {host}, {seen}, is marked as revoked in the known hosts; nothing was sent",
        &["somebody may be in between; ask the owner of {host} for the valid key"]),
    (None, Says(&["Certificate invalid: "]), Rejected,
        "the certificate of {host} is not accepted: {line}{certified}; nothing was sent",
        &["ask the owner of {host} for a valid host certificate"]),
    (None, Says(&["REMOTE HOST IDENTIFICATION HAS CHANGED"]), Rejected,
        "the host key of {host} has changed: it is {seen} now; nothing was sent", &[IN_BETWEEN]),
    (None, Says(&["Host key verification failed", "KnownHostsCommand failed"]), Rejected,
        "the host key of {host} is {seen}, not {pinned} as [delivery] host_key says; nothing was sent", &[ACCEPT]),
    (None, Says(&["Host key verification failed", "KnownHostsCommand failed"]), Rejected,
        "no known authority signed the certificate of {host}{certified}, and its key is not known: {seen}; nothing was sent",
        &["add the authority to the known hosts, with @cert-authority before it", ACCEPT]),
    (None, Says(&["Host key verification failed", "KnownHostsCommand failed"]), Rejected,
        "the host key of {host} is not known: {seen}; nothing was sent", &[ACCEPT]),
    (None, Says(&["Host key verification failed", "KnownHostsCommand failed"]), Rejected,
        "the host key of {host} could not be checked: {line}; nothing was sent", &[CONFIGURATION]),

    // Both sides are too far apart in age.
    (None, Says(&["Their offer: "]), Rejected,
        "{host} and this ssh have no {kind} in common; {host} offers {offer}",
        &["ask the owner of {host} for one that is not outdated",
          "or add to the SSH configuration (~/.ssh/config; for the service \
           /etc/ssh/ssh_config.d/honestly.conf), under \"Host {host}\": {keyword} +{known_here}",
          "this ssh knows none of them{unknown_here}: install a newer OpenSSH client here"]),

    // The key of this side.
    (None, Says(&["Too many authentication failures"]), Rejected,
        "{host} gave up before the right key was offered: ssh has too many of them",
        &["set [delivery] identity_file to the one key that is meant"]),
    (Some(Denied), Says(&["UNPROTECTED PRIVATE KEY FILE"]), Rejected,
        "other users of this machine can read the key {loaded}, so ssh does not use it", &["chmod 600 {loaded}"]),
    (Some(Denied), Says(&["with partial success"]), Rejected,
        "{host} accepts the key and asks for more: {methods}; nobody is there to answer",
        &["ask the owner of {host} to let {user} in with the key alone"]),
    (Some(Denied), Read, Rejected, "{host} lets {user} in by {other_methods} and not with a key",
        &["ask the owner of {host} to accept a public key for this user"]),
    (Some(Denied), Says(&["signing failed for", "incorrect signature type"]), Rejected,
        "{host} accepts the key, but nothing here signs with it: {line}",
        &["a key that wants a confirmation, a touch or a PIN needs a person: set [delivery] identity_file to one that needs none",
          "ssh-add -l lists what the agent has"]),
    (Some(Denied), Says(&["\": Permission denied", "no such identity: "]), Rejected,
        "the key {unreadable} cannot be read by this user", &[
            "make it the key of the user that runs honestly-sync, with mode 600",
            "under systemd: LoadCredential=sftp-key:PATH hands it to the service"]),
    (Some(Denied), Says(&["no such identity: "]), Rejected, "the key {key} does not exist",
        &["set [delivery] identity_file to the private key"]),
    (Some(Denied), Says(&["incorrect passphrase"]), Rejected, "the key {loaded} has a passphrase, and no agent has it open", &[OPEN]),
    (Some(Denied), Says(&["Load key \""]), Rejected,
        "ssh cannot read {windows}, because its lines end as those of Windows do: {why}", &["sed -i 's/\\r$//' {windows}"]),
    (Some(Denied), Says(&["Load key \""]), Rejected, "{loaded} is no private key that ssh can use: {why}",
        &["set [delivery] identity_file to the private key, which begins with -----BEGIN OPENSSH PRIVATE KEY-----"]),
    (Some(Denied), Logs("Server accepts key: "), Rejected, "the key {key} has a passphrase, and no agent has it open", &[OPEN]),
    (Some(Denied), Logs("no mutual signature algorithm"), Rejected,
        "{host} knows only signatures with SHA-1 for the RSA key {key}, and this ssh makes none",
        &["give the owner of {host} an ed25519 key",
          "or add to the SSH configuration (~/.ssh/config; for the service \
           /etc/ssh/ssh_config.d/honestly.conf), under \"Host {host}\": PubkeyAcceptedAlgorithms +ssh-rsa"]),
    (Some(Denied), Says(&["Permission denied ()"]), Rejected,
        "{host} lets {user} in by no method at all: wrong user, or a locked account",
        &["ask the owner of {host} whether this user may sign in"]),
    (Some(Denied), Lacks("Offering public key: "), Rejected,
        "ssh offers {host} no key: neither its configuration nor an agent has one for it",
        &["set [delivery] identity_file to the private key",
          "or correct IdentityFile, IdentitiesOnly, PubkeyAuthentication or PreferredAuthentications in the SSH configuration"]),
    (Some(Denied), Read, Rejected, "{host} does not accept the certificate {certificate} for {user}: it {validity}",
        &["renew the certificate; ssh-keygen -L -f {certificate} shows its dates and its principals"]),
    (Some(Denied), Logs(" RSA SHA256:"), Rejected,
        "{host} does not accept {key} for {user}: wrong user, wrong key, or a locked account",
        &[PUBLIC_KEY, "or add to the SSH configuration (~/.ssh/config; for the service \
           /etc/ssh/ssh_config.d/honestly.conf), under \"Host {host}\": PubkeyAcceptedAlgorithms \
                       +ssh-rsa (where the server is old)"]),
    (Some(Denied), Read, Rejected,
        "{host} does not accept {key} for {user}: wrong user, wrong key, or a locked account", &[PUBLIC_KEY]),

    // No connection.
    (None, Says(&["Could not resolve hostname"]), Unavailable, "the name {host} cannot be resolved", &[NETWORK]),
    (None, Says(&["Connection refused", "timed out", "No route to host", "Network is unreachable", "not responding"]), Unavailable,
        "{host} cannot be reached: {last}", &[NETWORK]),

    // The key was accepted, but no session began: whoever notices first, the server did not want one.
    (Some(SignedIn), Worked, Unavailable,
        "{host} lets {user} in and ends the session before SFTP begins ({ending}){words}", &[AGAIN, OWNER]),
    (Some(SignedIn), Says(&["subsystem request failed"]), Rejected, "{host} offers no SFTP to {user}{words}",
        &["ask the owner of the host to allow SFTP for this account"]),
    (Some(SignedIn), Logs("debug1: Exit status 0"), Unavailable,
        "{host} ended the session before SFTP began{words}", &[AGAIN]),
    (Some(SignedIn), Read, Rejected,
        "{host} lets {user} in and ends the session before SFTP begins ({ending}){words}", &[OWNER]),

    // Anything else.
    (Some(Start), Read, Misconfigured, "ssh refuses its configuration: {said}", &[CONFIGURATION]),
    (Some(Connect), Read, Unavailable,
        "the connection to {host} ended: {last}; before SSH began it said \"{before}\"", &[AGAIN]),
    (Some(Session), Read, Unavailable, "the connection to {host} ended: {last}{words}", &[AGAIN]),
    (None, Read, Unavailable, "the connection to {host} ended: {last}", &[AGAIN]),
];
