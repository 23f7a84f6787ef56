//! Templates: transactions whose parents' txids change when the parents are signed (design.md section 4).
//!
//! A legacy input's signature stands in its scriptSig and so in the txid: a child of such a transaction is
//! planned and reviewed with the parent's unsigned txid, and filled in once the parent is signed.

use bitcoin::{Psbt, Transaction, Txid};

use super::{Link, Step};
use crate::error::{Code, Result};

/// The codes of this module.
pub static CODES: &[&Code] = &[];

/// The txid that the signed transaction will have, as far as it is known before signing: nested segwit
/// inputs get their known scriptSig, legacy inputs keep an empty one (a template, see [`is_final`]).
pub fn txid_of(psbt: &Psbt) -> Txid {
    let _ = psbt;
    todo!()
}

/// True when [`txid_of`] is the txid of the signed transaction, given that its outpoints are final: no input is
/// legacy and no P2SH marker waits for encryption.
pub fn is_final(psbt: &Psbt) -> bool {
    let _ = psbt;
    todo!()
}

/// True when the step spends, directly or through other steps, an output of a step whose txid is not final.
pub fn is_template(steps: &[Step], step: usize) -> bool {
    let _ = (steps, step);
    todo!()
}

/// Fills in the final parents: txids of linked outpoints, their previous transactions, and the P2SH marker that is
/// encrypted under the first of them. The identity where the parents' txids were known.
///
/// `parents` holds the signed transaction of each step, by step, as far as there is one.
///
/// # Errors
/// When a linked parent is not there, or its output is not the one that the PSBT says it spends.
pub fn fill(psbt: &Psbt, links: &[Link], parents: &[Option<Transaction>]) -> Result<Psbt> {
    let _ = (psbt, links, parents);
    todo!()
}
