use airlock::Result;
use clap::Args;
use clap_complete::Shell;
use serde_json::json;

use crate::answer::Answer;
use crate::cli;

/// Write the completions of a shell to stdout
///
///     airlock-online completions bash > ~/.local/share/bash-completion/completions/airlock-online
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self) -> Result<Answer> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut cli::command(), "airlock-online", &mut script);
        let script = String::from_utf8_lossy(&script).into_owned();
        let lines = script.lines().map(str::to_owned).collect();
        Ok(Answer { headline: None, lines, json: json!({ "completions": script }) })
    }
}
