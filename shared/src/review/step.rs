//! One Bitcoin transaction: what it does, found in its bytes.

use std::collections::BTreeSet;

use bitcoin::{Amount, Psbt, ScriptBuf, TxOut, Txid};

use super::effect::{Change, Effect};
use super::fees::{self, Fee};
use super::form::{self, Form};
use super::ground::{Ground, Place, claims};
use super::inputs::Parents;
use super::job::{InputJob, Spend};
use super::message;
use super::refusals::{DUST, FOREIGN_DATA, OUTPUT_KIND};
use crate::account::AccountName;
use crate::bundle::{Link, template};
use crate::counterparty::carrier::Carrier;
use crate::error::Result;

/// Change lies below this index (security.md 11).
pub(super) const CHANGE_INDICES: u32 = 10_000;

/// The most bitcoin on an output that only carries data or names a new owner.
pub(super) const MOST_DUST: Amount = Amount::from_sat(10_000);

/// Outputs whose bitcoin is spent by the second transaction of a pair, or stays reclaimable in data outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Data {
    pub(super) carrier: Carrier,
    /// Number of data outputs.
    pub(super) outputs: usize,
    /// Bitcoin on them, which only our own key gets back.
    pub(super) dust: Amount,
    /// Whose message it is.
    pub(super) source: String,
}

/// What one Bitcoin transaction does.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BitcoinStep {
    pub(super) txid: Txid,
    /// True when the txid is known before signing.
    pub(super) is_final: bool,
    pub(super) account: AccountName,
    pub(super) inputs: Vec<InputJob>,
    pub(super) paid_in: Amount,
    pub(super) effects: Vec<Effect>,
    pub(super) change: Vec<Change>,
    /// Outputs that the next step of the pair spends: index and amount.
    pub(super) commits: Vec<(usize, Amount)>,
    pub(super) data: Option<Data>,
    /// True where Counterparty assets may be attached to the coins.
    pub(super) may_hold_assets: bool,
    /// The stranger on whose output such assets would land (counterparty.md 4.7).
    pub(super) attached_go_to: Option<String>,
    pub(super) form: Form,
    pub(super) fee: Fee,
    /// Unknown fields outside the inputs, of bare PSBTs only.
    pub(super) unknown: Vec<String>,
}

impl BitcoinStep {
    /// The same in everything but the txids of templates.
    pub(super) fn does_the_same_as(&self, other: &Self) -> bool {
        let settled = |step: &Self| Self { txid: other.txid, is_final: other.is_final, ..step.clone() };
        settled(self) == settled(other)
    }
}

/// Reviews one transaction whose inputs are proved. `committed`: outputs that a later step spends as data of a pair.
pub(super) fn review(
    ground: &Ground<'_>,
    psbt: &Psbt,
    links: &[Link],
    inputs: Vec<InputJob>,
    parents: &Parents,
    committed: &BTreeSet<u32>,
) -> Result<BitcoinStep> {
    let form = form::check(psbt)?;
    let unknown = form::unknown_fields(psbt, ground.in_bundle)?;
    let (paid_in, fee) = form::fee(&psbt.unsigned_tx, &inputs)?;
    let source = source_script(&inputs, links, parents);
    let carried = message::read(ground, psbt, &inputs, &source)?;
    let data: BTreeSet<usize> = carried.iter().flat_map(|carried| carried.outputs.iter().copied()).collect();

    let (mut payments, mut change, mut commits) = (Vec::new(), Vec::new(), Vec::new());
    let mut dust = Amount::ZERO;
    for (index, output) in psbt.unsigned_tx.output.iter().enumerate() {
        check_dust(output).map_err(|e| e.at(format!("output {index}")))?;
        if data.contains(&index) {
            if output.value > MOST_DUST {
                let value = output.value.to_sat();
                return Err(FOREIGN_DATA.error(format!("output {index}: {value} sat on a data output")));
            }
            dust = dust.checked_add(output.value).unwrap_or(Amount::MAX_MONEY);
            continue;
        }
        if u32::try_from(index).is_ok_and(|index| committed.contains(&index)) {
            commits.push((index, output.value));
            continue;
        }
        match change_of(ground, psbt, index, output, &inputs) {
            Some(found) => change.push((index, found)),
            None => payments.push((
                index,
                payment(ground, psbt, index, output, &inputs).map_err(|e| e.at(format!("output {index}")))?,
            )),
        }
    }
    let lands = psbt.unsigned_tx.output.iter().position(|output| !output.script_pubkey.is_op_return());
    let landing =
        payments.iter().find(|(index, _)| Some(*index) == lands).and_then(|(_, effect)| stranger(effect));
    let (effects, data) = match carried {
        None => (payments.into_iter().map(|(_, effect)| effect).collect(), None),
        Some(carried) => {
            let first = data.first().copied().unwrap_or(0);
            check_order(first, &payments, &change, &commits)?;
            let paid = payments.first().and_then(|(_, effect)| paid(effect));
            let effects = message::effects(&carried, paid)?;
            let data = Data { carrier: carried.carrier, outputs: data.len(), dust, source: carried.source };
            (effects, Some(data))
        }
    };
    let account = inputs.first().map_or_else(
        || ground.account("").map(|(a, _)| a),
        |input| ground.account(&input.account).map(|(account, _)| account),
    )?;
    let vsize = fees::vsize(&psbt.unsigned_tx, &inputs);
    let may_hold_assets = inputs.iter().any(|input| ground.may_hold_assets(&input.account));
    let attached_go_to = landing.filter(|_| may_hold_assets);
    Ok(BitcoinStep {
        may_hold_assets,
        attached_go_to,
        txid: template::txid_of(psbt),
        is_final: template::is_final(psbt),
        account: account.name.clone(),
        fee: fee_of(fee, vsize, paid_in, &effects),
        inputs,
        paid_in,
        effects,
        change: change.into_iter().map(|(_, change)| change).collect(),
        commits,
        data,
        form,
        unknown,
    })
}

/// The script that names the source of a message.
fn source_script(inputs: &[InputJob], links: &[Link], parents: &Parents) -> ScriptBuf {
    match inputs.first() {
        Some(InputJob { spend: Spend::TaprootReveal { .. }, .. }) => links
            .iter()
            .find(|link| link.input == 0)
            .and_then(|link| parents.get(&link.step))
            .map(|parent| parent.source.clone())
            .unwrap_or_default(),
        Some(first) => first.prevout.script_pubkey.clone(),
        None => ScriptBuf::new(),
    }
}

/// A spendable output must be worth more than dust (security.md 12).
fn check_dust(output: &TxOut) -> Result<()> {
    let least = output.script_pubkey.minimal_non_dust();
    if !output.script_pubkey.is_op_return() && output.value < least {
        return Err(DUST.error(format!("{} sat; at least {} sat", output.value.to_sat(), least.to_sat())));
    }
    Ok(())
}

/// Change: back to an address that an input came from, or branch 1 of the same account below the limit
/// (security.md 11).
fn change_of(
    ground: &Ground<'_>,
    psbt: &Psbt,
    index: usize,
    output: &TxOut,
    inputs: &[InputJob],
) -> Option<Change> {
    let to = message::address(&output.script_pubkey, &ground.rules)?;
    let ordinary =
        |input: &&InputJob| input.branch <= 1 && input.prevout.script_pubkey == output.script_pubkey;
    if inputs.iter().any(|input| ordinary(&input)) {
        return Some(Change { to, amount: output.value, place: None });
    }
    let fields = psbt.outputs.get(index)?;
    let claims = claims(&fields.bip32_derivation, &fields.tap_key_origins);
    let (account, branch, index) = ground.derive(&claims, &output.script_pubkey)?;
    let same_account = inputs.iter().all(|input| input.account == account.reference());
    let is_change = same_account && branch == 1 && index < CHANGE_INDICES;
    let place = Some(Place { account: account.name.clone(), branch, index });
    is_change.then_some(Change { to, amount: output.value, place })
}

/// Everything that is not change; what is allowed depends on what the account may hold (counterparty.md 6.6).
fn payment(
    ground: &Ground<'_>,
    psbt: &Psbt,
    index: usize,
    output: &TxOut,
    inputs: &[InputJob],
) -> Result<Effect> {
    let script = &output.script_pubkey;
    let no_address = || OUTPUT_KIND.error(format!("script {} is no address", script.to_hex_string()));
    let to = message::address(script, &ground.rules).ok_or_else(no_address)?;
    let own = psbt.outputs.get(index).and_then(|fields| {
        let claims = claims(&fields.bip32_derivation, &fields.tap_key_origins);
        let (account, branch, index) = ground.derive(&claims, script)?;
        Some(Place { account: account.name.clone(), branch, index })
    });
    let holds_assets = inputs.iter().any(|input| ground.may_hold_assets(&input.account));
    if holds_assets && own.is_none() && !script.is_p2pkh() && !script.is_p2wpkh() {
        return Err(
            OUTPUT_KIND.error(format!("{to} is neither P2PKH nor P2WPKH, and the account may hold assets"))
        );
    }
    Ok(Effect::PaysBitcoin { to, amount: output.value, own })
}

/// With a message: at most one payment, in front of the data, and everything else behind it.
fn check_order(
    first: usize,
    payments: &[(usize, Effect)],
    change: &[(usize, Change)],
    commits: &[(usize, Amount)],
) -> Result<()> {
    let late = payments.iter().find(|(index, _)| *index > first).map(|(index, _)| index);
    let early = change.iter().map(|(index, _)| index).chain(commits.iter().map(|(index, _)| index));
    let early = early.into_iter().find(|index| **index < first);
    match (late, early, payments.len()) {
        (Some(index), ..) => Err(FOREIGN_DATA.error(format!("a payment behind the data, at output {index}"))),
        (_, Some(index), _) => {
            Err(FOREIGN_DATA.error(format!("change in front of the data, at output {index}")))
        }
        (None, None, 0 | 1) => Ok(()),
        (None, None, count) => Err(FOREIGN_DATA.error(format!("{count} payments in front of the data"))),
    }
}

fn stranger(effect: &Effect) -> Option<String> {
    if let Effect::PaysBitcoin { to, own: None, .. } = effect { Some(to.clone()) } else { None }
}

fn paid(effect: &Effect) -> Option<(String, Amount)> {
    if let Effect::PaysBitcoin { to, amount, .. } = effect { Some((to.clone(), *amount)) } else { None }
}

fn fee_of(amount: Amount, vsize: u64, paid_in: Amount, effects: &[Effect]) -> Fee {
    let mut paid = Amount::ZERO;
    let mut of_payment = false;
    for effect in effects {
        if let Effect::PaysBitcoin { amount, own, .. } = effect {
            paid = paid.checked_add(*amount).unwrap_or(Amount::MAX_MONEY);
            of_payment |= own.is_none();
        }
    }
    let base = if paid > Amount::ZERO { paid } else { paid_in };
    Fee { amount, vsize, base, of_payment }
}
