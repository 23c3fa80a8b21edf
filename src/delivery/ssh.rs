//! The `ssh` process: how it is started, what it says, and how it ends.
//!
//! `ssh` brings the operator's keys, agents, jump hosts, known hosts and security updates. It writes its own lines into a file
//! (`-E`), apart from banners, which the other side writes. Nothing that it starts can ask a person anything, and it ends with
//! the run that started it, however that ends.

use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tempfile::NamedTempFile;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

use super::replies::NotSftp;
use super::ssh_error::{self, Ended, Stage};
use super::{Before, Settings};
use crate::exit::{Exit, Failure, PROGRAM};
use crate::remote::{Fingerprint, KeyType, SftpTarget};

/// How much to keep of what `ssh` says: the reason is among the last lines, and `-v` is talkative.
const STDERR_LIMIT: usize = 256 * 1024;
/// How long `ssh` may take to end once there is nothing left to do.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// The `ssh` process behind a session. Dropping it ends the process.
pub(super) struct Ssh {
    child: Child,
    /// Where it writes its own lines. None where no such file can be made: then they are on standard error.
    log: Option<NamedTempFile>,
    /// What came on standard error so far. A process that `ssh` started may keep it open after `ssh` ends.
    stderr: Arc<Mutex<Vec<u8>>>,
    listening: JoinHandle<()>,
    pub not_sftp: NotSftp,
}

/// The two pipes of `ssh`.
pub(super) struct Pipes {
    pub input: ChildStdin,
    pub output: ChildStdout,
}

/// Why a connection ended, as far as a caller acts on it.
pub(super) struct Reason {
    pub failure: Failure,
    /// The host key is not a trusted one, or the host has none of the type that was asked for.
    pub is_host_key: bool,
}

impl Ssh {
    pub(super) fn start(
        settings: &Settings,
        target: &SftpTarget,
        key_type: Option<KeyType>,
    ) -> Result<(Self, Pipes), Failure> {
        let log = match NamedTempFile::new() {
            Ok(log) => Some(log),
            Err(error) => {
                log::debug!("ssh gets no file of its own: {error}");
                None
            }
        };
        let mut command = Command::from(program());
        if let Some(log) = &log {
            command.arg("-E").arg(log.path());
        }
        command.args(arguments(settings, target, key_type));
        // A jump host's ssh inherits no options, but it inherits these variables: a program that fails answers all that it
        // asks.
        command.env("SSH_ASKPASS_REQUIRE", "force").env("SSH_ASKPASS", "false");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| {
            Failure::new(Exit::Misconfigured, format!("cannot run ssh: {error}")).hint("install the OpenSSH client")
        })?;
        let (Some(input), Some(output), Some(errors)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(Failure::new(Exit::Bug, "ssh has no pipes"));
        };
        let stderr = Arc::new(Mutex::new(Vec::new()));
        let listening = tokio::spawn(listen(errors, Arc::clone(&stderr)));
        Ok((Self { child, log, stderr, listening, not_sftp: NotSftp::default() }, Pipes { input, output }))
    }

    /// Forgets what was said before SFTP began: a banner explains nothing that comes after it.
    pub(super) fn forget_the_banner(&self) {
        self.stderr.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Lets `ssh` end by itself, now that its input is closed.
    pub(super) async fn end(mut self) {
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, self.child.wait()).await.is_err() {
            log::debug!("ssh does not end by itself");
            self.kill().await;
        }
    }

    pub(super) async fn kill(mut self) {
        // This fails where it has ended already.
        if let Err(error) = self.child.kill().await {
            log::debug!("ssh cannot be ended: {error}");
        }
    }

    /// Waits a short time for `ssh` to end, and explains what it said.
    pub(super) async fn reason(
        mut self,
        settings: &Settings,
        target: &SftpTarget,
        stage: Stage,
        before: Before,
    ) -> Reason {
        let ended = tokio::time::timeout(SHUTDOWN_TIMEOUT, self.child.wait()).await;
        if ended.is_ok() && tokio::time::timeout(SHUTDOWN_TIMEOUT, &mut self.listening).await.is_err() {
            log::debug!("something that ssh started is still there");
        }
        let stderr = self.stderr.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let log = self.log.as_ref().and_then(|log| match read_log(log) {
            Ok(text) => Some(text),
            Err(error) => {
                log::debug!("what ssh wrote cannot be read: {error}");
                None
            }
        });
        let not_sftp = self.not_sftp.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if ended.is_err() {
            self.kill().await;
        }
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        let (log, stderr) = match log {
            Some(log) => (log, stderr),
            None => (stderr, String::new()),
        };
        log::debug!("ssh ended: {} lines of its own", log.lines().count());
        let not_sftp = not_sftp.as_deref();
        let ended =
            Ended { settings, target, log: &log, stderr: &stderr, not_sftp, stage, before, ask: ssh_error::ask };
        Reason { failure: ssh_error::failure(&ended), is_host_key: ssh_error::is_host_key(&ended) }
    }
}

/// `ssh`, which the kernel ends with the process that started it. Only a process itself can ask for that in safe code: so this
/// program starts itself under another name and becomes `ssh`. Without that, a server that says nothing would keep an `ssh` for
/// ever whose run was killed.
fn program() -> std::process::Command {
    let is_ours = std::env::current_exe().is_ok_and(|path| path.file_name() == Some(PROGRAM.as_ref()));
    if !is_ours {
        return std::process::Command::new("ssh");
    }
    let mut command = std::process::Command::new("/proc/self/exe");
    command.arg0(BECOMES_SSH);
    command
}

/// The name under which this program becomes `ssh`.
pub const BECOMES_SSH: &str = "honestly-sync-becomes-ssh";

/// Returns only where `ssh` cannot be run.
pub fn become_ssh() -> ExitCode {
    let asked = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM));
    let error = std::process::Command::new("ssh").args(std::env::args_os().skip(1)).exec();
    let told = writeln!(std::io::stderr(), "cannot run ssh: {error}");
    ExitCode::from(if asked.is_ok() && told.is_ok() { Exit::Misconfigured } else { Exit::Bug }.code())
}

fn read_log(log: &NamedTempFile) -> std::io::Result<String> {
    let mut text = Vec::new();
    log.reopen()?.read_to_end(&mut text)?;
    let surplus = text.len().saturating_sub(STDERR_LIMIT);
    Ok(String::from_utf8_lossy(&text[surplus..]).into_owned())
}

async fn listen(mut errors: ChildStderr, stderr: Arc<Mutex<Vec<u8>>>) {
    let mut part = [0; 4096];
    // An error while reading is not the reason: what came before it counts.
    while let Ok(read @ 1..) = errors.read(&mut part).await {
        let mut stderr = stderr.lock().unwrap_or_else(PoisonError::into_inner);
        stderr.extend_from_slice(&part[..read]);
        let surplus = stderr.len().saturating_sub(STDERR_LIMIT);
        stderr.drain(..surplus);
    }
}

/// What OpenSSH's own `sftp` and `scp` set, and what keeps host keys checked.
const ALWAYS: [&str; 16] = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "UpdateHostKeys=no",
    "VerifyHostKeyDNS=no",
    "NoHostAuthenticationForLocalhost=no",
    "ControlMaster=no",
    "ControlPath=none",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "Tunnel=no",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    "RequestTTY=no",
    "StdinNull=no",
    "ForkAfterAuthentication=no",
];

/// Sets every option that safety rests on, so that no SSH configuration weakens it. Host keys are always checked, even where a
/// shared connection, a DNS record or a local address would do without. Nothing ever waits for a person, nothing of this machine
/// is lent to the server, and the pipes carry nothing but SFTP.
fn arguments(settings: &Settings, target: &SftpTarget, key_type: Option<KeyType>) -> Vec<String> {
    let Settings { target: _, identity_file, known_hosts, host_keys, temporary_name: _, timeout } = settings;
    let mut arguments = vec!["-v".to_owned()];
    let mut option = |option: String| arguments.extend(["-o".to_owned(), option]);
    ALWAYS.iter().for_each(|always| option((*always).to_owned()));
    option(format!("ConnectTimeout={}", timeout.as_secs().max(1)));
    option(format!("ServerAliveInterval={}", (timeout.as_secs() / 4).max(1)));
    option("ServerAliveCountMax=3".to_owned());
    if let Some(key_type) = key_type {
        option(format!("HostKeyAlgorithms={}", key_type.algorithms()));
    }
    if !host_keys.is_empty() {
        option("UserKnownHostsFile=/dev/null".to_owned());
        option("GlobalKnownHostsFile=/dev/null".to_owned());
        option(format!("KnownHostsCommand={}", known_hosts_command(host_keys)));
    } else if let Some(path) = known_hosts {
        option(format!("UserKnownHostsFile={}", quoted(path)));
        option("GlobalKnownHostsFile=/dev/null".to_owned());
    }
    if let Some(path) = identity_file {
        option("IdentitiesOnly=yes".to_owned());
        option(format!("IdentityFile={}", quoted(path)));
    }
    let SftpTarget { user, host, port, path: _ } = target;
    if let Some(port) = port {
        arguments.extend(["-p".to_owned(), port.to_string()]);
    }
    if let Some(user) = user {
        arguments.extend(["-l".to_owned(), user.clone()]);
    }
    arguments.extend(["-s".to_owned(), "--".to_owned(), host.clone(), "sftp".to_owned()]);
    arguments
}

/// `ssh` asks this command for known keys. The command knows the pinned keys, and only by their fingerprints. Before `ssh` has
/// seen the key, `%f` is no fingerprint, and the command prints nothing.
fn known_hosts_command(host_keys: &[Fingerprint]) -> String {
    let digests: Vec<&str> = host_keys.iter().map(Fingerprint::digest).collect();
    format!("/bin/sh -c 'set -f; case %f in {}) echo %H %t %K;; esac'", digests.join("|"))
}

/// A path in an option's value: `ssh` splits at spaces and expands `%`.
fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.display().to_string().replace('%', "%%").replace('"', "\\\""))
}

/// The types of host key to ask for, one connection after the other, until the host shows a trusted key. None leaves the type
/// to the SSH configuration, which comes first where a pinned key does not say its type.
pub(super) fn key_types(host_keys: &[Fingerprint]) -> Vec<Option<KeyType>> {
    let mut types: Vec<Option<KeyType>> = Vec::new();
    let untyped = host_keys.iter().any(|key| key.key_type().is_none());
    let given = host_keys.iter().filter_map(Fingerprint::key_type).map(Some);
    let others = KeyType::ALL.into_iter().filter(|_| untyped).map(Some);
    for key_type in given.chain([None]).chain(others) {
        if !types.contains(&key_type) {
            types.push(key_type);
        }
    }
    types
}
