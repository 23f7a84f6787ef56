//! `completions`: for the shells.

use clap::Args;
use serde_json::json;

use crate::answer::Answer;
use crate::cli;

/// Prints the completions of a shell.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  airlock-offline completions bash > /etc/bash_completion.d/airlock-offline"
)]
pub struct CompletionsArgs {
    /// The shell
    shell: clap_complete::Shell,
}

/// Runs the command.
pub fn run(args: &CompletionsArgs) -> Answer {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli::command(), "airlock-offline", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    let json = json!({ "shell": args.shell.to_string(), "completions": script });
    Answer { lines: script.lines().map(str::to_owned).collect(), json }
}
