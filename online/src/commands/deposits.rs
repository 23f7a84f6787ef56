use airlock::Result;
use airlock::account::{Account, AccountName};
use airlock::text::Printable;
use clap::{Args, Subcommand};

use crate::Streams;
use crate::answer::Answer;
use crate::cli::Global;
use crate::config::Config;
use crate::deposits::error::WRONG_ACCOUNT;
use crate::home::Home;

mod books;
mod hand_out;
mod watch;

/// Customers' deposits: hand out addresses, invoices and tags, watch what comes in, write the credits
///
///     airlock-online deposits address --account customers --customer 4711
///     airlock-online deposits invoice --account cold --customer 4711 --asset XCP --amount 12.5
///     airlock-online deposits tag --account xrp-cold --customer 4711
///     airlock-online deposits watch              (or --once, from a timer)
///     airlock-online deposits list --state suspense
///     airlock-online deposits assign 17 --customer 4711 --reason "ticket 991: forgot the memo"
///     airlock-online deposits export --csv --after 0 > credits.csv
///     airlock-online deposits acknowledge 3
///
/// Confirmations count the block that holds the payment as 1. The exchange guides write
/// `block_index <= current - N`; that is N + 1 confirmations counted so: their N = 1 is a depth of 2,
/// which is what deposits need unless airlock.toml says otherwise ([[depth]]).
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Deposits {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Address(hand_out::Address),
    Invoice(hand_out::NewInvoice),
    Tag(hand_out::Tag),
    Customers(hand_out::Customers),
    Watch(watch::Watch),
    List(books::List),
    Assign(books::Assign),
    Export(books::Export),
    Acknowledge(books::Acknowledge),
}

impl Deposits {
    /// None where the command has written as it went.
    pub(crate) fn run(&self, global: &Global, streams: &mut Streams<'_>) -> Result<Option<Answer>> {
        let home = Home::find(global.home.as_deref())?;
        match &self.action {
            Action::Address(address) => address.run(&home, global).map(Some),
            Action::Invoice(invoice) => invoice.run(&home, global).map(Some),
            Action::Tag(tag) => tag.run(&home).map(Some),
            Action::Customers(customers) => customers.run(&home).map(Some),
            Action::Watch(watch) => watch.run(global, streams).map(|()| None),
            Action::List(list) => list.run(&home).map(Some),
            Action::Assign(assign) => assign.run(&home).map(Some),
            Action::Export(export) => export.run(&home, global, streams).map(Some),
            Action::Acknowledge(acknowledge) => acknowledge.run(&home).map(Some),
        }
    }

    /// What state the world is in when the command ends in an error.
    pub(crate) fn state_after_error(&self) -> &'static str {
        match &self.action {
            Action::Address(_) | Action::Invoice(_) | Action::Tag(_) => "Nothing was handed out.",
            Action::Watch(_) => {
                "Each look is kept as a whole or not at all; the next one goes on from there."
            }
            Action::Assign(_) => "The credit is as it was.",
            Action::Acknowledge(_) => "No alarm was acknowledged.",
            Action::Customers(_) | Action::List(_) | Action::Export(_) => "",
        }
    }
}

/// The account of that name.
fn account(home: &Home, name: &AccountName) -> Result<Account> {
    let found = home.accounts_for_planning()?.into_iter().find(|account| account.name == *name);
    found.ok_or_else(|| {
        WRONG_ACCOUNT.error(format!("there is no account '{}'", Printable::new(name.as_str())))
    })
}

/// The configuration, or the usual one where there is none yet: handing out needs no server.
fn settings(home: &Home) -> Result<(crate::config::Deposits, u32)> {
    let config = Config::load_if_there(home)?;
    let config = config.map_or_else(|| Config::decode(""), Ok)?;
    Ok((config.deposits, config.bitcoin.gap_limit))
}

#[cfg(test)]
mod tests;
