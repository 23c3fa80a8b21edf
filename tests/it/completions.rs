//! The completions of the shells are made from the clap definitions, like the man page.

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};
use honestly_sync::cli::Cli;

use crate::golden;

#[test]
fn the_completions_are_what_the_command_line_says() {
    for (shell, file) in
        [(Shell::Bash, "honestly-sync.bash"), (Shell::Zsh, "_honestly-sync"), (Shell::Fish, "honestly-sync.fish")]
    {
        let mut script = Vec::new();
        generate(shell, &mut Cli::command(), "honestly-sync", &mut script);
        golden::assert_is(&format!("completions/{file}"), &String::from_utf8(script).unwrap());
    }
}

#[test]
fn every_shell_gets_its_completions_from_the_program_itself() {
    let stage = crate::stage::Stage::new(&crate::personio::Personio::with([]));
    // Also where the configuration is wrong.
    std::fs::write(stage.config(), "nonsense").unwrap();
    for (shell, file) in [("bash", "honestly-sync.bash"), ("zsh", "_honestly-sync"), ("fish", "honestly-sync.fish")] {
        golden::assert_is(&format!("completions/{file}"), &stage.run(&["completions", shell]).expect(0).stdout);
    }
}
