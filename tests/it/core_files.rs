//! A crash writes no memory to the disk: the secret would be in it.

use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::personio::{CLIENT_ID, Personio, SECRET};
use crate::stage::Stage;

/// A run that may write core files as large as it likes, in a folder of its own.
fn allowed_everything(stage: &Stage, arguments: &[&str]) -> Child {
    let direct = stage.command(arguments);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -c unlimited && exec \"$0\" \"$@\""]).arg(direct.get_program()).args(direct.get_args());
    command.env_clear().envs(direct.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("HONESTLY_SYNC_CLIENT_ID", CLIENT_ID).env("HONESTLY_SYNC_SECRET", SECRET);
    command.current_dir(stage.home()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn aborted(mut child: Child) -> ExitStatus {
    kill_process(Pid::from_child(&child), Signal::ABORT).unwrap();
    child.wait().unwrap()
}

#[test]
fn a_run_that_is_aborted_with_the_secret_in_memory_leaves_no_core_file() {
    // Accepts connections and never answers: whoever connected is in the middle of a run.
    let personio = TcpListener::bind("127.0.0.1:0").unwrap();
    let stage = Stage::new(&Personio::with([]));
    stage.configure_url(&format!("http://{}/v1", personio.local_addr().unwrap()), "");
    let run = allowed_everything(&stage, &["sync", "--dry-run"]);
    let connection = personio.accept().unwrap();
    let before = stage.files();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", run.id())).unwrap();
    let ended = aborted(run);
    assert_eq!(ended.signal(), Some(Signal::ABORT.as_raw()));
    assert!(!ended.core_dumped(), "{ended}");
    assert_eq!(stage.files(), before);
    let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    // What it starts, such as ssh, inherits the limit.
    assert_eq!(line.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{line}");
    drop(connection);
}
