//! The commands, one file for each; the doc comment of a command's arguments is its help.

use clap::Subcommand;

use airlock::qr::Profile;
use airlock::{Error, Result};
use airlock_qr::command::Written;

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
mod qr;
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
    Qr(qr::Qr),
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
            Self::Verify(command) => command.state_after(error),
            Self::Qr(_) => "Nothing was written.",
            Self::Inspect(_) | Self::Codec(_) | Self::Explain(_) | Self::Completions(_) | Self::Man(_) => "",
        }
    }
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Done {
    /// What it says.
    pub(crate) answer: Answer,
    /// The file that is shown as codes after the answer, and for whom.
    pub(crate) crossing: Option<(Written, Profile)>,
}

impl From<Answer> for Done {
    fn from(answer: Answer) -> Self {
        Self { answer, crossing: None }
    }
}

/// Runs a command. Codec lines are written as they come, so that command has no answer of its own.
pub(crate) fn run(command: &Command, global: &Global, streams: &mut Streams<'_>) -> Result<Option<Done>> {
    match command {
        Command::Plan(plan) => return plan.run(global, streams).map(Some),
        Command::Send(send) => return send.run(global).map(Some),
        Command::Payouts(payouts) => return payouts.run(global, streams).map(Some),
        Command::Accounts(accounts) => accounts.run(global, streams),
        Command::Verify(verify) => verify.run(global, streams),
        Command::Inspect(inspect) => inspect.run(streams),
        Command::Qr(qr) => qr.run(streams),
        Command::Codec(codec) => return codec.run(streams).map(|()| None),
        Command::Explain(explain) => explain.run(),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
    }
    .map(|answer| Some(answer.into()))
}
