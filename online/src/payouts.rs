//! Payout lists: a strict CSV file of Counterparty rows becomes the requests of MPMA batches.

use airlock::account::AccountName;
use airlock::request::{AssetPayee, Encoding, Request};
use airlock::{Code, Result};

/// The codes of this module.
pub static CODES: &[&Code] = &[];

/// Reads a payout list with the columns `asset,destination,amount` and, if wanted, `memo` and `memo_hex`.
///
/// # Errors
/// One of [`CODES`], with the row.
pub fn read(csv: &[u8]) -> Result<Vec<AssetPayee>> {
    let _ = csv;
    todo!()
}

/// The requests that pay the rows: one batch for each 1,000 rows, an ordinary send for a single row.
pub fn requests(
    from: &AccountName,
    payees: Vec<AssetPayee>,
    fee_rate: Option<String>,
    encoding: Option<Encoding>,
) -> Vec<Request> {
    let _ = (from, payees, fee_rate, encoding);
    todo!()
}
