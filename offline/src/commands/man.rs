//! `man`: the manual pages, made of the same text as `--help`.

use clap::Args;
use serde_json::json;

use crate::answer::Answer;
use crate::cli;
use crate::error::{CANNOT_WRITE, Failure, USAGE};

/// Prints a man page.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  airlock-offline man | man -l -\n  airlock-offline man sign | man -l -")]
pub struct ManArgs {
    /// The page of this command; the program's own without
    command: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// [`USAGE`] where there is no such command.
pub fn run(args: &ManArgs) -> Result<Answer, Failure> {
    let mut program = cli::command();
    program.build();
    let command = match &args.command {
        None => program,
        Some(name) => {
            let found = program.find_subcommand(name).cloned();
            found.ok_or_else(|| USAGE.error("there is no such command"))?
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(|e| CANNOT_WRITE.error(format!("the page: {e}")))?;
    let page = String::from_utf8_lossy(&page).into_owned();
    Ok(Answer { lines: page.lines().map(str::to_owned).collect(), json: json!({ "man": page }) })
}
