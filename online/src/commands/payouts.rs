use std::path::PathBuf;

use airlock::Result;
use airlock::account::AccountName;
use airlock::request::Encoding;
use clap::Args;

use crate::Streams;
use crate::cli::{Global, parsed};
use crate::commands::Done;
use crate::commands::build::{Build, build};
use crate::commands::inspect::read_file_or_stdin;
use crate::commands::send::parse_encoding;
use crate::payouts;

/// Build a bundle that pays a CSV list of Counterparty assets
///
/// Columns asset,destination,amount and, if wanted, memo or memo_hex; any bad row refuses the whole
/// list and is named. Rows travel together as MPMA batches of up to 1,000.
///
///     asset,destination,amount,memo
///     XCP,bc1q…,12.5,invoice 42
///     PEPECASH,1Dk…,1000,
///
///     airlock-online payouts october.csv --from holding
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Payouts {
    /// The list, or - for stdin
    file: PathBuf,
    /// The paying account: its name, or its role where only one account has it
    #[arg(long, value_name = "ACCOUNT", value_parser = parsed::<AccountName>)]
    from: AccountName,
    /// The list's own number in your books: a list with the same one is not planned twice
    #[arg(long, value_name = "TEXT")]
    reference: Option<String>,
    /// Fee rate in sat/vB [default: the snapshot's estimate]
    #[arg(long, value_name = "RATE")]
    fee_rate: Option<String>,
    /// How messages travel: auto (the cheapest that counts), opreturn, multisig, taproot, p2sh
    #[arg(long, default_value = "auto", value_parser = parse_encoding)]
    encoding: Encoding,
    #[command(flatten)]
    build: Build,
}

impl Payouts {
    pub(crate) fn run(&self, global: &Global, streams: &mut Streams<'_>) -> Result<Done> {
        let payees = payouts::read(&read_file_or_stdin(&self.file, streams)?)?;
        let rows = payees.len();
        let encoding = (self.encoding != Encoding::Auto).then_some(self.encoding);
        let mut requests = payouts::requests(&self.from, payees, self.fee_rate.clone(), encoding);
        for request in &mut requests {
            request.reference.clone_from(&self.reference);
        }
        build(&requests, "payouts", &self.build, global).map_err(|error| payouts::in_the_list(error, rows))
    }
}
