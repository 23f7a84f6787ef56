use airlock::Result;
use clap::Args;
use serde_json::json;

use crate::answer::Answer;
use crate::cli::{self, stream_error};

/// Write the manual page to stdout, of this program or of one command
///
///     airlock-online man | man -l -
///     airlock-online man verify | man -l -
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Man {
    /// A command and its subcommand; the whole program when absent
    command: Vec<String>,
}

impl Man {
    pub(crate) fn run(&self) -> Result<Answer> {
        let mut command = cli::command();
        command.build();
        for name in &self.command {
            command = command.find_subcommand(name).cloned().ok_or_else(|| {
                let shown = airlock::text::Printable::new(name).to_string();
                crate::error::USAGE.error(format!("there is no command '{shown}'"))
            })?;
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page).map_err(|e| stream_error(&e))?;
        let page = String::from_utf8_lossy(&page).into_owned();
        let lines = page.lines().map(str::to_owned).collect();
        Ok(Answer { headline: None, lines, json: json!({ "man": page }) })
    }
}
