//! The second transaction of a P2SH pair: data and source stand in its redeem scripts.

use bitcoin::hashes::{Hash as _, hash160};
use bitcoin::{Address, Transaction, WitnessProgram, WitnessVersion};

use super::{Lookup, Reason, outputs};
use crate::counterparty::carrier::{p2sh, script};
use crate::counterparty::rules::{Change, Rules};

/// What the redeem scripts say.
pub(super) struct Pair {
    pub(super) data: Vec<u8>,
    /// None: no redeem script names a source. Some(None): one does, but its form is unknown without the
    /// first transaction.
    #[expect(clippy::option_option, reason = "named by a script, and known")]
    pub(super) source: Option<Option<String>>,
}

pub(super) fn read(tx: &Transaction, previous: Lookup<'_>, rules: &Rules) -> Result<Pair, Reason> {
    let mut pair = Pair { data: Vec::new(), source: None };
    for input in &tx.input {
        let items = script::items(&input.script_sig).ok_or(Reason::UnreadablePair)?;
        let redeem = items.last().ok_or(Reason::UnreadablePair)?;
        let Some(redeemed) = p2sh::decode_redeem(redeem).map_err(|_| Reason::UnreadablePair)? else {
            continue;
        };
        pair.data.extend(redeemed.data);
        if let Some(pubkey) = redeemed.pubkey {
            pair.source = Some(source(&pubkey, previous(&input.previous_output.txid), rules));
        }
    }
    Ok(pair)
}

/// The address of the key: P2WPKH where the first transaction carries a witness and that counted.
fn source(pubkey: &[u8], first: Option<&Transaction>, rules: &Rules) -> Option<String> {
    let hash = hash160::Hash::hash(pubkey);
    let witness_counts = rules.is_active(Change::PrevoutSegwitFix) && !rules.is_active(Change::FixIsSegwit);
    let is_witness = witness_counts && first?.input.iter().any(|input| !input.witness.is_empty());
    if !is_witness {
        return Some(outputs::hash_address(hash.as_byte_array(), rules.network()));
    }
    let program = WitnessProgram::new(WitnessVersion::V0, hash.as_byte_array()).ok()?;
    Some(Address::from_witness_program(program, rules.network().to_bitcoin()).to_string())
}
