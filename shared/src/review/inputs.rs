//! Inputs: amounts and scripts proved from bytes, keys derived again and compared (security.md 5 to 10, 15).

use std::collections::BTreeMap;

use bitcoin::psbt::{Input, Psbt};
use bitcoin::taproot::LeafVersion;
use bitcoin::{OutPoint, ScriptBuf, TxOut, Txid};

use super::ground::{Ground, claims};
use super::job::{InputJob, Spend};
use super::refusals::{
    ALREADY_SIGNED, DATA_KEY, FOREIGN_INPUT, INPUT_FIELDS, LINKS, NO_PREVIOUS, PREVIOUS_LIE, SIGHASH,
};
use crate::account::{BitcoinAccount, REVEAL_BRANCH, ScriptKind};
use crate::bundle::Link;
use crate::counterparty::carrier::{p2sh, taproot};
use crate::error::Result;

/// An earlier step, as far as its children need it.
#[derive(Clone, Debug)]
pub(super) struct Parent {
    pub(super) txid: Txid,
    pub(super) outputs: Vec<TxOut>,
    pub(super) first_input: OutPoint,
    /// Descriptor checksum of the account of its inputs.
    pub(super) account: String,
    /// The script that its first input spends: the source of a reveal.
    pub(super) source: ScriptBuf,
}

/// Earlier steps by their index.
pub(super) type Parents = BTreeMap<usize, Parent>;

/// Proves every input.
pub(super) fn prove(
    ground: &Ground<'_>,
    psbt: &Psbt,
    links: &[Link],
    parents: &Parents,
) -> Result<Vec<InputJob>> {
    let mut jobs: Vec<InputJob> = Vec::with_capacity(psbt.inputs.len());
    for (index, input) in psbt.inputs.iter().enumerate() {
        let link = links.iter().find(|link| link.input == index);
        let job = prove_one(ground, psbt, index, input, link, parents)
            .map_err(|e| e.at(format!("input {index}")))?;
        if let Some(first) = jobs.first().filter(|first| first.account != job.account) {
            return Err(FOREIGN_INPUT.error(format!(
                "input {index} belongs to account {}, input 0 to {}",
                job.account, first.account
            )));
        }
        jobs.push(job);
    }
    Ok(jobs)
}

fn prove_one(
    ground: &Ground<'_>,
    psbt: &Psbt,
    index: usize,
    input: &Input,
    link: Option<&Link>,
    parents: &Parents,
) -> Result<InputJob> {
    check_unsigned(input)?;
    let outpoint = psbt.unsigned_tx.input.get(index).map(|input| input.previous_output);
    let outpoint = outpoint.ok_or_else(|| INPUT_FIELDS.error("more input maps than inputs"))?;
    let parent = link.map(|link| linked(*link, outpoint, parents)).transpose()?;
    let prevout = prove_prevout(psbt, input, outpoint, parent)?;
    let job = if !input.tap_scripts.is_empty() {
        reveal(ground, input, prevout, parent)?
    } else if input.redeem_script.as_ref().is_some_and(|script| !script.is_p2wpkh()) {
        p2sh_data(ground, input, prevout, parent)?
    } else {
        owned(ground, input, prevout)?
    };
    check_sighash(input, &job.spend)?;
    check_fields(input, &job.spend)?;
    Ok(job)
}

/// Refuses what is signed or finalized already (security.md 15).
fn check_unsigned(input: &Input) -> Result<()> {
    let signed = !input.partial_sigs.is_empty()
        || input.final_script_sig.is_some()
        || input.final_script_witness.is_some()
        || input.tap_key_sig.is_some()
        || !input.tap_script_sigs.is_empty();
    if signed {
        return Err(ALREADY_SIGNED.error("it carries a signature or is finalized"));
    }
    Ok(())
}

/// Refuses fields that are unknown or that none of our scripts needs (security.md 15).
fn check_fields(input: &Input, spend: &Spend) -> Result<()> {
    let unneeded = [
        ("an unknown field", !input.unknown.is_empty()),
        ("a proprietary field", !input.proprietary.is_empty()),
        ("a witness script", input.witness_script.is_some()),
        (
            "a hash preimage",
            !input.ripemd160_preimages.is_empty()
                || !input.sha256_preimages.is_empty()
                || !input.hash160_preimages.is_empty()
                || !input.hash256_preimages.is_empty(),
        ),
        ("a Taproot tree", input.tap_merkle_root.is_some() && !matches!(spend, Spend::TaprootReveal { .. })),
    ];
    match unneeded.iter().find(|(_, there)| *there) {
        Some((what, _)) => Err(INPUT_FIELDS.error(format!("it carries {what}"))),
        None => Ok(()),
    }
}

/// Refuses every sighash type but ALL, and DEFAULT for Taproot (security.md 8).
fn check_sighash(input: &Input, spend: &Spend) -> Result<()> {
    let Some(sighash) = input.sighash_type else { return Ok(()) };
    let is_taproot = matches!(spend, Spend::TaprootKey | Spend::TaprootReveal { .. });
    match sighash.to_u32() {
        1 => Ok(()),
        0 if is_taproot => Ok(()),
        other => Err(SIGHASH.error(format!("sighash type {other:#04x}; allowed is ALL"))),
    }
}

/// The earlier step that a link names, whose txid the outpoint must hold.
fn linked(link: Link, outpoint: OutPoint, parents: &Parents) -> Result<&Parent> {
    let parent = parents
        .get(&link.step)
        .ok_or_else(|| LINKS.error(format!("step {} is no Bitcoin transaction", link.step)))?;
    if outpoint != (OutPoint { txid: parent.txid, vout: link.vout }) {
        return Err(LINKS.error(format!(
            "it spends {outpoint}, not output {} of step {} ({})",
            link.vout, link.step, parent.txid
        )));
    }
    Ok(parent)
}

/// The spent output, from the earlier step or the previous transaction (security.md 5 to 7).
fn prove_prevout(psbt: &Psbt, input: &Input, outpoint: OutPoint, parent: Option<&Parent>) -> Result<TxOut> {
    let vout = usize::try_from(outpoint.vout).unwrap_or(usize::MAX);
    let mut proved = parent
        .map(|parent| {
            parent.outputs.get(vout).cloned().ok_or_else(|| {
                PREVIOUS_LIE
                    .error(format!("output {vout} of a transaction with {} outputs", parent.outputs.len()))
            })
        })
        .transpose()?;
    if let Some(previous) = &input.non_witness_utxo {
        let txid = previous.compute_txid();
        if txid != outpoint.txid {
            return Err(
                PREVIOUS_LIE.error(format!("it spends {} but carries transaction {txid}", outpoint.txid))
            );
        }
        let output = previous.output.get(vout).ok_or_else(|| {
            PREVIOUS_LIE
                .error(format!("output {vout} of a transaction with {} outputs", previous.output.len()))
        })?;
        if proved.as_ref().is_some_and(|proved| proved != output) {
            return Err(PREVIOUS_LIE.error("the previous transaction is not the earlier step"));
        }
        proved = Some(output.clone());
    }
    match (proved, &input.witness_utxo) {
        (Some(proved), Some(claimed)) if proved != *claimed => Err(PREVIOUS_LIE.error(format!(
            "it claims {} sat under script {}, the previous transaction says {} sat under {}",
            claimed.value.to_sat(),
            claimed.script_pubkey.to_hex_string(),
            proved.value.to_sat(),
            proved.script_pubkey.to_hex_string()
        ))),
        (Some(proved), _) => Ok(proved),
        // BIP-341 signatures cover the amounts of all inputs, so they need no proof where all are Taproot.
        (None, Some(claimed)) if all_taproot(psbt) => Ok(claimed.clone()),
        (None, _) => Err(NO_PREVIOUS.error(format!("transaction {} is not in the file", outpoint.txid))),
    }
}

fn all_taproot(psbt: &Psbt) -> bool {
    psbt.inputs
        .iter()
        .all(|input| input.witness_utxo.as_ref().is_some_and(|utxo| utxo.script_pubkey.is_p2tr()))
}

/// An ordinary output of ours: the claimed derivation gives the script again (security.md 9, 10).
fn owned(ground: &Ground<'_>, input: &Input, prevout: TxOut) -> Result<InputJob> {
    let claims = claims(&input.bip32_derivation, &input.tap_key_origins);
    let Some((account, branch, index)) = ground.derive(&claims, &prevout.script_pubkey) else {
        let from = bitcoin::Address::from_script(&prevout.script_pubkey, ground.rules.network().to_bitcoin())
            .map_or_else(|_| prevout.script_pubkey.to_hex_string(), |address| address.to_string());
        return Err(match claims.is_empty() {
            true => FOREIGN_INPUT
                .error(format!("the file does not say which key the coin of {from} belongs to"))
                .with_next("Export the PSBT again with the key origins (BIP-32 derivations) of its inputs."),
            false => FOREIGN_INPUT.error(format!("no key of this vault gives the address {from}")),
        });
    };
    let spend = match account.bitcoin().map(BitcoinAccount::kind) {
        Some(ScriptKind::Wpkh) => Spend::Wpkh,
        Some(ScriptKind::Pkh) if account.bitcoin().is_some_and(|pkh| !pkh.is_compressed()) => {
            Spend::PkhUncompressed
        }
        Some(ScriptKind::Pkh) => Spend::Pkh,
        Some(ScriptKind::ShWpkh) => Spend::ShWpkh,
        Some(ScriptKind::Tr) => Spend::TaprootKey,
        None => return Err(FOREIGN_INPUT.error("not a Bitcoin account")),
    };
    check_redeem_script(input, account.bitcoin(), branch, index)?;
    Ok(InputJob { prevout, account: account.reference().to_owned(), branch, index, spend })
}

fn check_redeem_script(
    input: &Input,
    account: Option<&BitcoinAccount>,
    branch: u32,
    index: u32,
) -> Result<()> {
    let Some(script) = &input.redeem_script else {
        // Without it the txid of the signed transaction would not be known before signing.
        return match account.map(BitcoinAccount::kind) {
            Some(ScriptKind::ShWpkh) => Err(INPUT_FIELDS.error("a nested segwit input has no redeem script")),
            Some(ScriptKind::Wpkh | ScriptKind::Pkh | ScriptKind::Tr) | None => Ok(()),
        };
    };
    let expected = account
        .filter(|account| account.kind() == ScriptKind::ShWpkh)
        .and_then(|account| account.public_key(branch, index))
        .and_then(|key| key.wpubkey_hash().ok())
        .map(|hash| ScriptBuf::new_p2wpkh(&hash));
    if Some(script) != expected.as_ref() {
        return Err(INPUT_FIELDS.error("its redeem script is not that of the key"));
    }
    Ok(())
}

/// The reveal of a Taproot pair: the commit output must be exactly that of the source account's own reveal key and of
/// the leaf that is shown (design.md 10.7).
fn reveal(ground: &Ground<'_>, input: &Input, prevout: TxOut, parent: Option<&Parent>) -> Result<InputJob> {
    let parent = parent.ok_or_else(|| {
        FOREIGN_INPUT.error("a script path is spent only as the reveal of an earlier step of the same bundle")
    })?;
    let (_, account) = ground.account(&parent.account)?;
    let key = account
        .reveal_key(parent.first_input)
        .ok_or_else(|| DATA_KEY.error("there is no reveal key at this index"))?;
    let mut scripts = input.tap_scripts.iter();
    let (Some((control_block, (leaf, LeafVersion::TapScript))), None) = (scripts.next(), scripts.next())
    else {
        return Err(INPUT_FIELDS.error("a reveal has exactly one leaf of version c0"));
    };
    let data = taproot::decode(leaf, false)?;
    let envelope = taproot::encode(&data, &key.serialize())?;
    let is_ours = envelope.script == *leaf
        && envelope.control_block == control_block.serialize()
        && envelope.commit_script == prevout.script_pubkey
        && input.tap_internal_key.is_none_or(|internal| internal == key)
        && input.tap_merkle_root.is_none_or(|root| root == envelope.leaf_hash.into());
    if !is_ours {
        return Err(DATA_KEY.error(format!(
            "the commit output is not that of the reveal key {key} at {REVEAL_BRANCH}/{}",
            BitcoinAccount::reveal_index(parent.first_input)
        )));
    }
    Ok(InputJob {
        prevout,
        account: parent.account.clone(),
        branch: REVEAL_BRANCH,
        index: BitcoinAccount::reveal_index(parent.first_input),
        spend: Spend::TaprootReveal { leaf: leaf.clone(), control_block: control_block.clone() },
    })
}

/// A data output of the historical pair: the redeem script names a key of ours and hashes to the output.
fn p2sh_data(
    ground: &Ground<'_>,
    input: &Input,
    prevout: TxOut,
    parent: Option<&Parent>,
) -> Result<InputJob> {
    let parent = parent.ok_or_else(|| {
        FOREIGN_INPUT.error("a redeem script is spent only as the data of an earlier step of the same bundle")
    })?;
    let (_, account) = ground.account(&parent.account)?;
    let redeem_script = input.redeem_script.clone().unwrap_or_default();
    if redeem_script.to_p2sh() != prevout.script_pubkey {
        return Err(PREVIOUS_LIE.error("the redeem script is not that of the output"));
    }
    let pubkey = p2sh::decode_redeem(redeem_script.as_bytes())?.and_then(|redeemed| redeemed.pubkey);
    let place = claims(&input.bip32_derivation, &input.tap_key_origins).iter().find_map(|claim| {
        let (branch, index) = claim.below(account).filter(|(branch, _)| *branch <= 1)?;
        let key = account.public_key(branch, index)?;
        (Some(key.to_bytes()) == pubkey).then_some((branch, index))
    });
    let (branch, index) = place
        .ok_or_else(|| DATA_KEY.error("the redeem script does not name the paying account's own key"))?;
    Ok(InputJob {
        prevout,
        account: parent.account.clone(),
        branch,
        index,
        spend: Spend::P2shData { redeem_script },
    })
}
