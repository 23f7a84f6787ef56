//! The Counterparty message of a transaction: exactly one, written in its usual form, of a kind that is signed
//! (security.md 16 to 19; counterparty.md 5 and 6).

use bitcoin::script::{Builder, PushBytesBuf};
use bitcoin::{Address, Psbt, Script, ScriptBuf, Transaction, Witness};

use super::effect::{Effect, EffectMemo};
use super::ground::Ground;
use super::job::{InputJob, Spend};
use super::refusals::{DATA_KEY, FOREIGN_DATA, MESSAGE_FORM, MESSAGE_REFUSED, NOT_READ};
use super::step::MOST_DUST;
use crate::bundle::template;
use crate::counterparty::carrier::{Carrier, multisig, opreturn, p2sh};
use crate::counterparty::message::broadcast::{Number, OptionsReading};
use crate::counterparty::message::{self, Broadcast, Issuance, Memo, Message, sweep};
use crate::counterparty::rules::{Change, Rules};
use crate::counterparty::transaction::{self, Decoded, Options, Reading, Reason};
use crate::error::Result;
use crate::network::BitcoinNetwork;
use crate::text::Printable;

/// A message with the outputs that carry it.
#[derive(Clone, Debug)]
pub(super) struct Carried {
    pub(super) carrier: Carrier,
    pub(super) message: Message,
    /// Indices of the data outputs.
    pub(super) outputs: Vec<usize>,
    /// The destination before the data, as the ledger reads it.
    pub(super) destination: Option<String>,
    /// Whose message it is, as the ledger reads it.
    pub(super) source: String,
}

/// Reads the message as the ledger will and demands that it is written in its one usual form.
///
/// `source` is the script that names the source where inputs do: that of the commit for a reveal.
pub(super) fn read(
    ground: &Ground<'_>,
    psbt: &Psbt,
    inputs: &[InputJob],
    source: &Script,
) -> Result<Option<Carried>> {
    let rules = &ground.rules;
    check_carrier_is_read(inputs, rules)?;
    let psbt = template::with_encrypted_marker(psbt.clone());
    let tx = as_signed(&psbt.unsigned_tx, inputs);
    check_data_outputs(&tx)?;
    let decoded = match decode(&tx, rules) {
        // An output that the ledger cannot read is judged as a payment, where there is no data to lose.
        Reading::NotSeen(Reason::NoData | Reason::UnreadableOutput(_)) if !holds_data(&tx, inputs) => {
            return check_nothing_is_read(&tx, &Rules::newest(rules.network())).map(|()| None);
        }
        Reading::NotSeen(reason) => {
            return Err(FOREIGN_DATA
                .error(format!("the ledger reads no message in these outputs ({})", reason.name())));
        }
        Reading::Seen(decoded) => decoded,
    };
    if decoded.carrier != Some(Carrier::P2sh) {
        check_same_data(&tx, &decoded, &Rules::newest(rules.network()))?;
    }
    let (Some(carrier), Some(message)) = (decoded.carrier, decoded.message) else {
        let why = decoded.message_error.map_or_else(
            || "the ledger acts on it without a message".to_owned(),
            |error| error.what().to_owned(),
        );
        return Err(MESSAGE_FORM.error(why));
    };
    check_one_meaning(&decoded.data, &message, rules)?;
    let outputs = check_carrier(ground, &tx, inputs, carrier, &decoded.data)?;
    if !decoded.executed {
        return Err(MESSAGE_REFUSED
            .error(format!("the ledger does not act on this message of type {}", message.type_name())));
    }
    let source = match carrier {
        Carrier::P2sh => pair_source(inputs, rules, ground)?,
        Carrier::OpReturn | Carrier::Multisig | Carrier::Taproot | Carrier::PubkeyHash | Carrier::Mixed => {
            address(source, rules).ok_or_else(|| MESSAGE_FORM.error("the source has no address"))?
        }
    };
    Ok(Some(Carried { carrier, message, outputs, destination: decoded.destination, source }))
}

fn decode(tx: &Transaction, rules: &Rules) -> Reading {
    transaction::decode(tx, &|_| None, rules, &Options { assume_signed: true, open_dispensers: &[] })
}

/// The claimed height may be false: what holds no data under its rules must hold none under the newest either.
fn check_nothing_is_read(tx: &Transaction, newest: &Rules) -> Result<()> {
    match decode(tx, newest) {
        Reading::NotSeen(_) => Ok(()),
        Reading::Seen(_) => {
            Err(FOREIGN_DATA.error("the ledger reads a message in the payments under the newest rules"))
        }
    }
}

/// The same for data: outputs that hold other data under the newest rules are refused.
fn check_same_data(tx: &Transaction, decoded: &Decoded, newest: &Rules) -> Result<()> {
    match decode(tx, newest) {
        Reading::Seen(found) if found.data == decoded.data && found.carrier == decoded.carrier => Ok(()),
        Reading::Seen(_) | Reading::NotSeen(_) => {
            Err(FOREIGN_DATA.error("the outputs read differently under the newest rules"))
        }
    }
}

/// Refuses pairs where the ledger ignores them.
fn check_carrier_is_read(inputs: &[InputJob], rules: &Rules) -> Result<()> {
    let p2sh = inputs.iter().any(|input| matches!(input.spend, Spend::P2shData { .. }));
    let reveal = inputs.iter().any(|input| matches!(input.spend, Spend::TaprootReveal { .. }));
    for (carrier, there) in [(Carrier::P2sh, p2sh), (Carrier::Taproot, reveal)] {
        if there && !carrier.is_read(rules) {
            return Err(NOT_READ.error(format!(
                "the ledger ignores the carrier {} on {} at height {}",
                carrier.name(),
                rules.network(),
                rules.height()
            )));
        }
        // The height is only claimed, and this block of mainnet lies in the past.
        if there && carrier == Carrier::P2sh && rules.network() == BitcoinNetwork::Mainnet {
            return Err(NOT_READ.error("the ledger ignores P2SH pairs on mainnet since block 902000"));
        }
    }
    if (p2sh || reveal) && !alike(inputs) {
        return Err(FOREIGN_DATA.error("a data input stands beside inputs of another kind"));
    }
    Ok(())
}

/// True for one reveal alone, or for data inputs of a P2SH pair only.
fn alike(inputs: &[InputJob]) -> bool {
    match inputs {
        [InputJob { spend: Spend::TaprootReveal { .. }, .. }] => true,
        all => all.iter().all(|input| matches!(input.spend, Spend::P2shData { .. })),
    }
}

/// The transaction with stand-ins for signatures where the ledger looks for data beside them.
fn as_signed(tx: &Transaction, inputs: &[InputJob]) -> Transaction {
    let mut tx = tx.clone();
    for (input, job) in tx.input.iter_mut().zip(inputs) {
        match &job.spend {
            Spend::TaprootReveal { leaf, control_block } => {
                input.witness =
                    Witness::from_slice(&[&[0; 64][..], leaf.as_bytes(), &control_block.serialize()]);
            }
            Spend::P2shData { redeem_script } => {
                input.script_sig = Builder::new()
                    .push_slice([0u8; 71])
                    .push_slice(PushBytesBuf::try_from(redeem_script.to_bytes()).unwrap_or_default())
                    .into_script();
            }
            Spend::Wpkh | Spend::Pkh | Spend::PkhUncompressed | Spend::ShWpkh | Spend::TaprootKey => {}
        }
    }
    tx
}

/// At most one OP_RETURN, and it carries no bitcoin (security.md 19).
fn check_data_outputs(tx: &Transaction) -> Result<()> {
    let data: Vec<_> = tx.output.iter().filter(|output| output.script_pubkey.is_op_return()).collect();
    if data.len() > 1 {
        return Err(FOREIGN_DATA.error(format!("{} OP_RETURN outputs; at most one is signed", data.len())));
    }
    match data.iter().find(|output| output.value > bitcoin::Amount::ZERO) {
        Some(output) => Err(FOREIGN_DATA.error(format!("an OP_RETURN burns {} sat", output.value.to_sat()))),
        None => Ok(()),
    }
}

fn holds_data(tx: &Transaction, inputs: &[InputJob]) -> bool {
    let data_input =
        |input: &InputJob| matches!(input.spend, Spend::TaprootReveal { .. } | Spend::P2shData { .. });
    tx.output.iter().any(|output| output.script_pubkey.is_op_return()) || inputs.iter().any(data_input)
}

/// The bytes are what the strict writer writes, and read the same under the newest rules: a false height must not
/// change what a message means.
fn check_one_meaning(data: &[u8], message: &Message, rules: &Rules) -> Result<()> {
    check_kind(message)?;
    let written = message::encode(message, rules)?;
    if written != data {
        return Err(MESSAGE_FORM.error(format!(
            "a message of type {} in {} bytes; its usual form has {}, and they differ",
            message.type_name(),
            data.len(),
            written.len()
        )));
    }
    let newest = message::decode(data, &Rules::newest(rules.network()));
    if newest.as_ref() != Ok(message) {
        return Err(MESSAGE_FORM.error("the message reads differently under the newest rules"));
    }
    Ok(())
}

/// The whitelist of types.
fn check_kind(message: &Message) -> Result<()> {
    match message {
        Message::EnhancedSend(_) | Message::Mpma(_) | Message::Sweep(_) => Ok(()),
        Message::Broadcast(broadcast) => check_broadcast(broadcast),
        Message::Issuance(issuance) => check_transfer(issuance),
        Message::Other(other) => Err(MESSAGE_REFUSED.error(match other.type_id {
            Some(id) => format!("a message of type {} ({id})", message.type_name()),
            None => "data without a message type".to_owned(),
        })),
        Message::Unsound(unsound) => Err(MESSAGE_REFUSED.error(format!(
            "a message of type {} that is invalid: {}",
            unsound.name,
            Printable::new(&unsound.why)
        ))),
    }
}

fn check_broadcast(broadcast: &Broadcast) -> Result<()> {
    let zero = match broadcast.value {
        Number::Integer(value) => value == 0,
        Number::Double(value) => value.to_bits() == 0,
    };
    let text = match broadcast.options() {
        OptionsReading::Sets(option) => format!("OPTIONS {option}"),
        OptionsReading::None | OptionsReading::Invalid => {
            return Err(MESSAGE_REFUSED
                .error(format!("a broadcast of the text '{}'", Printable::new(&broadcast.text))));
        }
    };
    if broadcast.text != text || !zero || broadcast.fee_fraction != 0 {
        return Err(MESSAGE_REFUSED.error(format!(
            "a broadcast of '{}' with a value, a fee fraction or a spelling that OPTIONS does not need",
            Printable::new(&broadcast.text)
        )));
    }
    Ok(())
}

fn check_transfer(issuance: &Issuance) -> Result<()> {
    let wrong = [
        ("issues units", issuance.quantity.to_base_units() > 0),
        ("locks the supply", issuance.lock),
        ("resets the asset", issuance.reset),
        ("changes the description", issuance.description.is_some()),
        ("creates a subasset", issuance.longname.is_some()),
    ];
    match wrong.iter().find(|(_, wrong)| *wrong) {
        Some((what, _)) => {
            Err(MESSAGE_REFUSED.error(format!("an issuance of {} that {what}", issuance.asset)))
        }
        None => Ok(()),
    }
}

/// The carrier is written as ours is, with our keys; gives the data outputs.
fn check_carrier(
    ground: &Ground<'_>,
    tx: &Transaction,
    inputs: &[InputJob],
    carrier: Carrier,
    data: &[u8],
) -> Result<Vec<usize>> {
    let unusual =
        || FOREIGN_DATA.error(format!("the {} data is not written in its usual form", carrier.name()));
    let first = tx.input.first().map(|input| input.previous_output.txid).ok_or_else(unusual)?;
    let op_return = tx.output.iter().position(|output| output.script_pubkey.is_op_return());
    let expected: Vec<ScriptBuf> = match carrier {
        Carrier::OpReturn => {
            let limit = data.len().saturating_add(8);
            vec![opreturn::encode(data, &first, limit)?.script_pubkey]
        }
        Carrier::Taproot => vec![opreturn::marker().script_pubkey],
        Carrier::P2sh => {
            check_pair(tx, inputs, data)?;
            p2sh::second_outputs(&first).into_iter().map(|output| output.script_pubkey).collect()
        }
        Carrier::Multisig => {
            let key = source_key(ground, inputs)?;
            let outputs = multisig::encode(data, &first, &key, multisig::DUST)?;
            let scripts: Vec<_> = outputs.into_iter().map(|output| output.script_pubkey).collect();
            let start = tx.output.iter().position(|output| Some(&output.script_pubkey) == scripts.first());
            let start = start.ok_or_else(|| {
                DATA_KEY.error("a multisig data output does not hold the paying account's own key")
            })?;
            if op_return.is_some() {
                return Err(unusual());
            }
            return in_place(tx, start, &scripts).ok_or_else(unusual);
        }
        Carrier::PubkeyHash | Carrier::Mixed => return Err(unusual()),
    };
    in_place(tx, op_return.ok_or_else(unusual)?, &expected).ok_or_else(unusual)
}

/// The scripts stand at these outputs, one after the other.
fn in_place(tx: &Transaction, start: usize, scripts: &[ScriptBuf]) -> Option<Vec<usize>> {
    let indices: Vec<usize> = (start..).take(scripts.len()).collect();
    let same = indices
        .iter()
        .zip(scripts)
        .all(|(index, script)| tx.output.get(*index).map(|output| &output.script_pubkey) == Some(script));
    same.then_some(indices)
}

/// The redeem scripts of a pair are those of the message, all of them, in order.
fn check_pair(tx: &Transaction, inputs: &[InputJob], data: &[u8]) -> Result<()> {
    let scripts: Vec<&ScriptBuf> = inputs
        .iter()
        .filter_map(|input| match &input.spend {
            Spend::P2shData { redeem_script } => Some(redeem_script),
            Spend::Wpkh
            | Spend::Pkh
            | Spend::PkhUncompressed
            | Spend::ShWpkh
            | Spend::TaprootKey
            | Spend::TaprootReveal { .. } => None,
        })
        .collect();
    let key = scripts
        .first()
        .and_then(|script| p2sh::decode_redeem(script.as_bytes()).ok()?)
        .and_then(|redeemed| redeemed.pubkey)
        .ok_or_else(|| DATA_KEY.error("a redeem script without key"))?;
    let expected = p2sh::redeem_scripts(data, &key, 0)?;
    let count = u32::try_from(tx.input.len()).unwrap_or(u32::MAX);
    let in_order = tx.input.iter().map(|input| input.previous_output.vout).eq(0..count);
    if !expected.iter().eq(scripts) || !in_order {
        return Err(FOREIGN_DATA.error("the redeem scripts are not those of the message in order"));
    }
    Ok(())
}

/// The key of input 0.
fn source_key(ground: &Ground<'_>, inputs: &[InputJob]) -> Result<Vec<u8>> {
    let input = inputs.first().ok_or_else(|| DATA_KEY.error("no inputs"))?;
    let (_, account) = ground.account(&input.account)?;
    let key = account.public_key(input.branch, input.index);
    Ok(key.ok_or_else(|| DATA_KEY.error("no key at this place"))?.to_bytes())
}

/// The source of a P2SH pair: the P2PKH address of the key, or its P2WPKH address where witnesses counted.
fn pair_source(inputs: &[InputJob], rules: &Rules, ground: &Ground<'_>) -> Result<String> {
    let input = inputs.first().ok_or_else(|| DATA_KEY.error("no inputs"))?;
    let (_, account) = ground.account(&input.account)?;
    let witness_counts = rules.is_active(Change::PrevoutSegwitFix) && !rules.is_active(Change::FixIsSegwit);
    let kind_fits = match account.kind() {
        crate::account::ScriptKind::Pkh => true,
        crate::account::ScriptKind::Wpkh => witness_counts,
        crate::account::ScriptKind::ShWpkh | crate::account::ScriptKind::Tr => false,
    };
    match account.address(input.branch, input.index).filter(|_| kind_fits) {
        Some(address) => Ok(address.to_string()),
        None => Err(NOT_READ.error("the ledger would take another address of the key for the source")),
    }
}

pub(super) fn address(script: &Script, rules: &Rules) -> Option<String> {
    Address::from_script(script, rules.network().to_bitcoin()).ok().map(|address| address.to_string())
}

/// What the message does. `paid` is the one payment before the data, if there is one: address and satoshi.
pub(super) fn effects(carried: &Carried, paid: Option<(String, bitcoin::Amount)>) -> Result<Vec<Effect>> {
    if let Some((to, _)) = &paid
        && !matches!(carried.message, Message::Issuance(_))
    {
        return Err(FOREIGN_DATA.error(format!("a {} beside a payment to {to}", carried.message.type_name())));
    }
    match &carried.message {
        Message::EnhancedSend(send) => Ok(vec![Effect::SendsAsset {
            asset: send.asset,
            quantity: send.quantity,
            to: send.destination.clone(),
            memo: memo(send.memo.as_ref()),
        }]),
        Message::Mpma(batch) => Ok(batch
            .sends
            .iter()
            .map(|send| Effect::SendsAsset {
                asset: send.asset,
                quantity: send.quantity,
                to: send.destination.clone(),
                memo: memo(batch.memo_of(send)),
            })
            .collect()),
        Message::Sweep(found) => {
            if found.destination == carried.source {
                return Err(MESSAGE_REFUSED.error("a sweep to its own source"));
            }
            Ok(vec![Effect::Sweeps {
                to: found.destination.clone(),
                balances: found.flags & sweep::FLAG_BALANCES != 0,
                ownerships: found.flags & sweep::FLAG_OWNERSHIP != 0,
                memo: memo(found.memo.as_ref()),
            }])
        }
        Message::Broadcast(broadcast) => {
            Ok(vec![Effect::RequiresMemo { require: broadcast.options() == OptionsReading::Sets(1) }])
        }
        Message::Issuance(issuance) => transfer(carried, issuance, paid),
        Message::Other(_) | Message::Unsound(_) => Err(MESSAGE_REFUSED.error(carried.message.type_name())),
    }
}

/// A transfer goes to the one output before the data, whatever the message says (counterparty.md 4.5).
fn transfer(
    carried: &Carried,
    issuance: &Issuance,
    paid: Option<(String, bitcoin::Amount)>,
) -> Result<Vec<Effect>> {
    let Some((to, dust)) = paid.filter(|(to, _)| carried.destination.as_ref() == Some(to)) else {
        return Err(MESSAGE_REFUSED.error(format!(
            "an issuance of {} without exactly one new owner in front of the data",
            issuance.asset
        )));
    };
    if dust > MOST_DUST {
        return Err(
            FOREIGN_DATA.error(format!("{} sat on the output that names the new owner", dust.to_sat()))
        );
    }
    if to == carried.source {
        return Err(MESSAGE_REFUSED.error("a transfer of ownership to its own source"));
    }
    Ok(vec![Effect::TransfersOwnership { asset: issuance.asset, to, dust }])
}

fn memo(memo: Option<&Memo>) -> Option<EffectMemo> {
    let memo = memo?;
    Some(EffectMemo {
        bytes: memo.as_bytes().to_vec(),
        is_text: match memo {
            Memo::Text(_) => Some(true),
            Memo::Hex(_) => Some(false),
            Memo::Unknown(_) => None,
        },
    })
}
