//! The commands, one file for each; the doc comment of a command's arguments is its help.

use clap::Subcommand;

use airlock::{Error, Result};

use crate::Streams;
use crate::answer::Answer;
use crate::cli::Global;

mod accounts;
mod build;
mod codec;
mod completions;
mod explain;
mod inspect;
mod man;
mod payouts;
mod plan;
mod send;
mod verify;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Plan(plan::Plan),
    Send(send::Send),
    Payouts(payouts::Payouts),
    Accounts(accounts::Accounts),
    Verify(verify::Verify),
    Inspect(inspect::Inspect),
    Codec(codec::Codec),
    Explain(explain::Explain),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Command {
    /// What state the world is in when the command ends in an error.
    pub(crate) fn state_after_error(&self, error: &Error) -> &'static str {
        match self {
            Self::Plan(_) | Self::Send(_) | Self::Payouts(_) => "No bundle was written.",
            Self::Accounts(_) => "The accounts are unchanged.",
            Self::Verify(_) => verify::state_after(error),
            Self::Inspect(_) | Self::Codec(_) | Self::Explain(_) | Self::Completions(_) | Self::Man(_) => "",
        }
    }
}

/// Runs a command. Codec lines are written as they come, so that command has no answer of its own.
pub(crate) fn run(command: &Command, global: &Global, streams: &mut Streams<'_>) -> Result<Option<Answer>> {
    match command {
        Command::Plan(plan) => plan.run(global, streams),
        Command::Send(send) => send.run(global),
        Command::Payouts(payouts) => payouts.run(global, streams),
        Command::Accounts(accounts) => accounts.run(global, streams),
        Command::Verify(verify) => verify.run(global),
        Command::Inspect(inspect) => inspect.run(streams),
        Command::Codec(codec) => return codec.run(streams).map(|()| None),
        Command::Explain(explain) => explain.run(),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
    }
    .map(Some)
}
