//! Pairs: a first transaction that commits to the data, a second one that shows it.
//!
//! Neither fee may be raised by replacing the first: the second spends exactly it. The second one's fee is what the
//! first one puts into its data outputs.

use airlock::account::{BitcoinAccount, REVEAL_BRANCH, ScriptKind};
use airlock::bundle::template;
use airlock::counterparty::carrier::{p2sh as redeem, taproot as envelope};
use airlock::counterparty::rules::Change;
use airlock::{Code, Exit, Result};
use bitcoin::psbt::Input;
use bitcoin::taproot::{ControlBlock, LeafVersion, TapNodeHash};
use bitcoin::{Amount, OutPoint, ScriptBuf, TxOut, XOnlyPublicKey};

use super::artefact::{Draft, NO_KEY, Replacement, key_at, origin};
use super::carry::{Cargo, NOT_READ};
use super::fee::{InputSize, OutputSize, vsize};
use super::legs::{Leg, Legs};
use super::purse::Place;

/// An envelope that does not fit together.
pub static BROKEN_ENVELOPE: Code = Code::new(
    "E-PLAN-053",
    Exit::Internal,
    "The control block of a reveal is not one.",
    "This is a defect of this program: please report it.",
);

/// Commit and reveal (counterparty.md 5.5). The reveal key is the account's own, found again from the commit's first
/// input (design.md 10.7).
///
/// # Errors
/// The codes of envelopes and funding.
pub(super) fn taproot(cargo: &Cargo<'_>) -> Result<Legs> {
    let account = cargo.purse.account;
    let sketch = envelope::encode(cargo.data, &any_reveal_key(account)?.serialize())?;
    let reveal_input = InputSize::reveal(&sketch.script);
    let reveal_vsize = vsize(&[reveal_input], OutputSize::of(&sketch.reveal_outputs));
    let value = cargo.rate.fee(reveal_vsize).max(envelope::DUST);

    let bill = cargo.bill(vec![TxOut { value, script_pubkey: sketch.commit_script }])?;
    let funding = cargo.fund(&bill)?;
    let first = funding.coins.first().map(|coin| coin.outpoint).ok_or_else(none_chosen)?;
    let place = Place { branch: REVEAL_BRANCH, index: BitcoinAccount::reveal_index(first) };
    let key = account.reveal_key(first).ok_or_else(no_reveal_key)?;
    let sealed = envelope::encode(cargo.data, &key.serialize())?;
    let commit_output = TxOut { value, script_pubkey: sealed.commit_script.clone() };
    let commit = cargo.transaction(&funding, vec![commit_output.clone()], Replacement::NotSignalled)?;

    let control = ControlBlock::decode(&sealed.control_block)
        .map_err(|_| BROKEN_ENVELOPE.error("the control block does not decode"))?;
    let mut evidence = Input {
        witness_utxo: Some(commit_output),
        tap_internal_key: Some(key),
        tap_merkle_root: Some(TapNodeHash::from(sealed.leaf_hash)),
        ..Input::default()
    };
    evidence.tap_scripts.insert(control, (sealed.script, LeafVersion::TapScript));
    evidence.tap_key_origins.insert(key, (vec![sealed.leaf_hash], origin(account, place)?));
    let mut reveal = Draft::new(account, Replacement::Signalled);
    reveal.input(OutPoint { txid: template::txid_of(&commit), vout: 0 }, evidence);
    for output in sealed.reveal_outputs {
        reveal.pay(output);
    }
    Ok(Legs {
        legs: vec![
            Leg {
                psbt: commit,
                links: Vec::new(),
                fee: funding.settlement.fee,
                vsize: funding.settlement.vsize,
            },
            Leg { psbt: reveal.finish(), links: vec![(0, 0)], fee: value, vsize: reveal_vsize },
        ],
        spent: funding.coins,
        tied_up: Amount::ZERO,
        takes_change_address: false,
    })
}

/// The historical pair (counterparty.md 5.4). The redeem scripts hold the source's own key.
///
/// # Errors
/// [`NOT_READ`] where the ledger would see another source, the codes of redeem scripts and funding.
pub(super) fn p2sh(cargo: &Cargo<'_>) -> Result<Legs> {
    let account = cargo.purse.account;
    check_source(cargo)?;
    let key = key_at(account, cargo.source.place)?;
    let scripts = redeem::redeem_scripts(cargo.data, &key.to_bytes(), 0)?;
    let inputs: Vec<InputSize> = scripts.iter().map(|script| InputSize::p2sh_data(script)).collect();
    let data_vsize = vsize(&inputs, OutputSize::of(&redeem::second_outputs_template()));
    let count = u64::try_from(scripts.len()).unwrap_or(u64::MAX);
    let share = cargo.rate.fee(data_vsize).to_sat().div_ceil(count.max(1));
    let value = Amount::from_sat(share).max(redeem::DUST);

    let bill = cargo.bill(redeem::first_outputs(&scripts, value))?;
    let funding = cargo.fund(&bill)?;
    let first = cargo.transaction(&funding, bill.outputs, Replacement::NotSignalled)?;
    let txid = template::txid_of(&first);
    let mut second = Draft::new(account, Replacement::Signalled);
    for (vout, script) in (0u32..).zip(&scripts) {
        second.input(OutPoint { txid, vout }, data_input(cargo, &first, script)?);
    }
    let outputs = if template::is_final(&first) {
        redeem::second_outputs(&txid)
    } else {
        redeem::second_outputs_template()
    };
    for output in outputs {
        second.pay(output);
    }
    let links = (0usize..).zip(0u32..).take(scripts.len()).collect();
    let fee = Amount::from_sat(value.to_sat().saturating_mul(count));
    Ok(Legs {
        legs: vec![
            Leg {
                psbt: first,
                links: Vec::new(),
                fee: funding.settlement.fee,
                vsize: funding.settlement.vsize,
            },
            Leg { psbt: second.finish(), links, fee, vsize: data_vsize },
        ],
        spent: funding.coins,
        tied_up: Amount::ZERO,
        takes_change_address: false,
    })
}

fn data_input(cargo: &Cargo<'_>, first: &bitcoin::Psbt, script: &ScriptBuf) -> Result<Input> {
    let key = key_at(cargo.purse.account, cargo.source.place)?;
    let mut evidence = Input {
        non_witness_utxo: Some(first.unsigned_tx.clone()),
        redeem_script: Some(script.clone()),
        ..Input::default()
    };
    evidence.bip32_derivation.insert(key.inner, origin(cargo.purse.account, cargo.source.place)?);
    Ok(evidence)
}

/// The ledger reads the P2PKH address of the key as source, or its P2WPKH address where the first transaction carries
/// a witness; every other kind of account would send from an address that is not its own.
fn check_source(cargo: &Cargo<'_>) -> Result<()> {
    let witness_is_seen =
        cargo.rules.is_active(Change::PrevoutSegwitFix) && !cargo.rules.is_active(Change::FixIsSegwit);
    match cargo.purse.account.kind() {
        ScriptKind::Pkh => Ok(()),
        ScriptKind::Wpkh if witness_is_seen => Ok(()),
        ScriptKind::Wpkh | ScriptKind::ShWpkh | ScriptKind::Tr => Err(NOT_READ.error(format!(
            "the ledger would see another source than {} in a P2SH pair from an account of this kind",
            cargo.source.address
        ))),
    }
}

fn any_reveal_key(account: &BitcoinAccount) -> Result<XOnlyPublicKey> {
    account.public_key(REVEAL_BRANCH, 0).map(|key| key.inner.into()).ok_or_else(no_reveal_key)
}

fn no_reveal_key() -> airlock::Error {
    NO_KEY.error("no reveal key on branch 9")
}

fn none_chosen() -> airlock::Error {
    super::funding::SHORT_OF_BITCOIN.error("no coin was chosen")
}
