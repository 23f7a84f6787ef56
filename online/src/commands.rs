//! The commands, one file for each; the doc comment of a command's arguments is its help.

use clap::Subcommand;

use airlock::qr::Profile;
use airlock::{Code, Error, Exit, Result};
use airlock_qr::command::Written;

use crate::Streams;
use crate::answer::Answer;
use crate::cli::Global;

mod accounts;
mod balances;
mod book;
mod broadcast;
mod build;
mod codec;
mod completions;
mod deposits;
mod doctor;
mod drop;
mod explain;
mod init;
mod inspect;
mod live;
mod man;
mod opinion;
mod payouts;
mod plan;
mod qr;
mod send;
mod snapshot;
mod status;
mod verify;

/// The codes of the commands themselves.
pub static CODES: &[&Code] = &[&opinion::DIFFERS, &drop::NOT_PLANNED, &drop::NOT_CONFIRMED];

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(init::Init),
    Doctor(doctor::Doctor),
    Plan(plan::Plan),
    Send(send::Send),
    Payouts(payouts::Payouts),
    Accounts(accounts::Accounts),
    Balances(balances::Balances),
    Snapshot(snapshot::TakeSnapshot),
    Book(book::Book),
    Verify(verify::Verify),
    Broadcast(broadcast::Broadcast),
    Status(status::Status),
    Drop(drop::Drop),
    Deposits(deposits::Deposits),
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
            Self::Book(_) => "The address book is unchanged.",
            Self::Verify(verify) => verify.state_after(error),
            Self::Broadcast(broadcast) => broadcast.state_after_error(),
            Self::Drop(_) => "The bundle is as it was.",
            Self::Deposits(deposits) => deposits.state_after_error(),
            Self::Qr(_) | Self::Init(_) | Self::Snapshot(_) => "Nothing was written.",
            Self::Doctor(_)
            | Self::Status(_)
            | Self::Balances(_)
            | Self::Inspect(_)
            | Self::Codec(_)
            | Self::Explain(_)
            | Self::Completions(_)
            | Self::Man(_) => "",
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
    /// How the process ends where what was found is not good.
    pub(crate) exit: Option<Exit>,
}

impl From<Answer> for Done {
    fn from(answer: Answer) -> Self {
        Self { answer, crossing: None, exit: None }
    }
}

/// Runs a command. Codec lines are written as they come, so that command has no answer of its own.
pub(crate) fn run(command: &Command, global: &Global, streams: &mut Streams<'_>) -> Result<Option<Done>> {
    match command {
        Command::Plan(plan) => return plan.run(global, streams).map(Some),
        Command::Send(send) => return send.run(global).map(Some),
        Command::Payouts(payouts) => return payouts.run(global, streams).map(Some),
        Command::Accounts(accounts) => accounts.run(global, streams),
        Command::Book(book) => book.run(global),
        Command::Verify(verify) => verify.run(global, streams),
        Command::Broadcast(broadcast) => broadcast.run(global, streams),
        Command::Drop(drop) => drop.run(global, streams),
        Command::Status(status) => return Ok(status.run(global, streams)?.map(Done::from)),
        Command::Inspect(inspect) => inspect.run(streams),
        Command::Qr(qr) => qr.run(streams),
        Command::Deposits(deposits) => {
            return deposits.run(global, streams).map(|answer| answer.map(Done::from));
        }
        Command::Init(init) => init.run(global),
        Command::Doctor(doctor) => return doctor.run(global).map(Some),
        Command::Balances(balances) => balances.run(global),
        Command::Snapshot(snapshot) => snapshot.run(global, streams),
        Command::Codec(codec) => return codec.run(streams).map(|()| None),
        Command::Explain(explain) => explain.run(),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
    }
    .map(|answer| Some(answer.into()))
}
