//! What an address received, with who paid and the memo: the ledger's credits, joined with sends, sweeps and dispenses.
//!
//! A credit names a transaction, not its place there. Places must be the same whatever blocks are asked for, because
//! deposits are booked once for each: a send has its `msg_index`, other credits of the transaction's own block take the
//! places that are free, and credits that a transaction causes in later blocks (a closed dispenser, an order that is
//! filled or expires) have places of their own that hold the block's height.

use std::collections::{BTreeMap, BTreeSet};

use airlock::Result;
use airlock::text::Printable;
use bitcoin::hex::FromHex as _;
use bitcoin::{OutPoint, Txid};

use super::history::{CreditRecord, DispenseRecord, SendRecord, SweepRecord};
use super::judgement::VALID;
use super::query::Query;
use super::refusal::{ANOTHER_ANSWER, MOVED, UNREADABLE};
use super::{CounterpartyServer, row};
use crate::source::counterparty::{CounterpartySource as _, Credit, CreditMemo};

/// Credits that have a row among the sends, and our names for them.
const SENDS: [(&str, &str); 5] = [
    ("send", "send"),
    ("mpma send", "mpma"),
    ("utxo move", "move"),
    ("attach to utxo", "attach"),
    ("detach from utxo", "detach"),
];
const SWEEP: &str = "sweep";
const DISPENSE: &str = "dispense";
/// Other credits that only the transaction's own block gives.
const AT_ONCE: [&str; 6] = [SWEEP, DISPENSE, "dividend", "burn", "issuance", "btcpay"];

/// The places of credits in later blocks: bit 31, then 24 bits of height, then 7 bits of order.
const LATER: u32 = 1 << 31;
const HEIGHT_BITS: u32 = 24;
const ORDER_BITS: u32 = 7;

/// What the credits are joined with.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) sends: Vec<SendRecord>,
    pub(super) sweeps: Vec<SweepRecord>,
    pub(super) dispenses: Vec<DispenseRecord>,
}

/// The name of a credit, the ledger's own where we have none.
fn kind_of(record: &CreditRecord) -> &str {
    let told = record.calling_function.as_deref().unwrap_or("unknown");
    SENDS.iter().find(|(name, _)| *name == told).map_or(told, |(_, ours)| *ours)
}

fn is_send(record: &CreditRecord) -> bool {
    SENDS.iter().any(|(name, _)| Some(*name) == record.calling_function.as_deref())
}

/// The transaction: of a match the second, which brought it about.
fn txid_of(record: &CreditRecord) -> Result<Txid> {
    let event = record.event.as_deref().unwrap_or_default();
    let id = event.rsplit_once('_').map_or(event, |(_, second)| second);
    id.parse::<Txid>().map_err(|_| {
        UNREADABLE.error(format!(
            "a credit of {} in block {} by '{}', which is no transaction",
            record.asset,
            record.block_index,
            Printable::new(event)
        ))
    })
}

/// A memo as the server writes it.
fn memo_of(written: Option<String>) -> Option<CreditMemo> {
    written.map(|written| CreditMemo { bytes: Vec::from_hex(&written).ok(), written })
}

/// Joins credits, oldest first, with what tells who paid.
///
/// # Errors
/// [`ANOTHER_ANSWER`] for another address's credits and for sends that no send tells of, [`UNREADABLE`].
pub(super) fn join(credits: Vec<CreditRecord>, records: Records, address: &str) -> Result<Vec<Credit>> {
    let mut sends: BTreeMap<Txid, Vec<SendRecord>> = BTreeMap::new();
    for send in records.sends.into_iter().filter(|send| send.status == VALID) {
        sends.entry(send.tx_hash).or_default().push(send);
    }
    for list in sends.values_mut() {
        list.sort_by_key(|send| send.msg_index);
    }
    let mut taken: BTreeSet<(Txid, u32)> = BTreeSet::new();
    let mut joined = Vec::with_capacity(credits.len());
    for record in credits {
        check_owner(&record, address)?;
        let mut credit = plain(&record)?;
        if is_send(&record) {
            let send = take_send(sends.get_mut(&credit.txid), &record, address).ok_or_else(|| {
                ANOTHER_ANSWER.error(format!(
                    "a credit of {} {} by {}, of which no send tells",
                    record.quantity.to_base_units(),
                    record.asset,
                    credit.txid
                ))
            })?;
            credit.position = send.msg_index;
            credit.source = payer(&send);
            credit.memo = memo_of(send.memo);
            if !taken.insert((credit.txid, credit.position)) {
                return Err(ANOTHER_ANSWER
                    .error(format!("two sends at place {} of {}", credit.position, credit.txid)));
            }
        }
        joined.push((record, credit));
    }
    for (record, credit) in joined.iter_mut().filter(|(record, _)| !is_send(record)) {
        credit.position = place(record, credit.txid, &mut taken)?;
        match credit.kind.as_str() {
            SWEEP => {
                let sweep = records.sweeps.iter().find(|sweep| {
                    sweep.tx_hash == credit.txid
                        && sweep.status == VALID
                        && sweep.destination.as_deref() == Some(address)
                });
                credit.source = sweep.map(|sweep| sweep.source.clone());
                credit.memo = memo_of(sweep.and_then(|sweep| sweep.memo.clone()));
            }
            DISPENSE => {
                let payers: BTreeSet<&String> = records
                    .dispenses
                    .iter()
                    .filter(|paid| {
                        paid.tx_hash == credit.txid
                            && paid.destination == address
                            && paid.asset == credit.asset
                    })
                    .map(|paid| &paid.source)
                    .collect();
                credit.source = payers.first().filter(|_| payers.len() == 1).map(|source| (*source).clone());
            }
            _ => {}
        }
    }
    Ok(joined.into_iter().map(|(_, credit)| credit).collect())
}

/// The credit without place, payer and memo.
fn plain(record: &CreditRecord) -> Result<Credit> {
    Ok(Credit {
        txid: txid_of(record)?,
        position: 0,
        height: record.block_index,
        asset: record.asset.clone(),
        quantity: record.quantity,
        source: None,
        kind: kind_of(record).to_owned(),
        memo: None,
    })
}

fn check_owner(record: &CreditRecord, address: &str) -> Result<()> {
    let owner = match &record.utxo {
        None => record.address.as_deref(),
        Some(_) => record.utxo_address.as_deref(),
    };
    match owner == Some(address) {
        true => Ok(()),
        false => Err(ANOTHER_ANSWER.error(format!(
            "a credit of {} in block {} of {}",
            record.asset,
            record.block_index,
            Printable::new(owner.unwrap_or("nobody"))
        ))),
    }
}

/// Takes the first send that is this credit. Two that are alike in all of this are alike in the money as well.
fn take_send(
    sends: Option<&mut Vec<SendRecord>>,
    credit: &CreditRecord,
    address: &str,
) -> Option<SendRecord> {
    let sends = sends?;
    let to = credit.utxo.map_or_else(|| address.to_owned(), |utxo| utxo.to_string());
    let index = sends.iter().position(|send| {
        send.asset.as_ref() == Some(&credit.asset)
            && row::quantity_of(&send.quantity) == Some(credit.quantity)
            && send.destination.as_ref() == Some(&to)
            && send.block_index == credit.block_index
    })?;
    Some(sends.remove(index))
}

/// Who paid: the owner of an output, where an output did.
fn payer(send: &SendRecord) -> Option<String> {
    let source = send.source.clone().filter(|source| source.parse::<OutPoint>().is_err());
    source.or_else(|| send.source_address.clone())
}

/// The place of a credit that is no send.
fn place(record: &CreditRecord, txid: Txid, taken: &mut BTreeSet<(Txid, u32)>) -> Result<u32> {
    let is_at_once = record.calling_function.as_deref().is_some_and(|kind| AT_ONCE.contains(&kind));
    let first = match (is_at_once, record.block_index.checked_shr(HEIGHT_BITS)) {
        (true, _) => 0,
        (false, Some(0)) => LATER | record.block_index.wrapping_shl(ORDER_BITS),
        (false, _) => return Err(UNREADABLE.error(format!("a credit in block {}", record.block_index))),
    };
    let most = 1_u32.wrapping_shl(ORDER_BITS);
    let last = if is_at_once { LATER } else { first.saturating_add(most) };
    (first..last).find(|place| taken.insert((txid, *place))).ok_or_else(|| {
        UNREADABLE.error(format!("more than {most} credits of {txid} in block {}", record.block_index))
    })
}

impl CounterpartyServer {
    pub(super) fn read_credits(&self, address: &str, from: u32, to: u32) -> Result<Vec<Credit>> {
        if from > to {
            return Ok(Vec::new());
        }
        let before = self.block(to)?;
        let list = |name: &[&str]| Query::of(&[&["addresses", address], name].concat());
        let credits: Vec<CreditRecord> = self.history(&list(&["credits"]), from, to)?;
        let has = |name: &str| credits.iter().any(|record| record.calling_function.as_deref() == Some(name));
        let mut records = Records::default();
        if credits.iter().any(is_send) {
            records.sends = self.history(&list(&["sends"]), from, to)?;
        }
        if has(SWEEP) {
            records.sweeps = self.history(&list(&["sweeps"]), from, to)?;
        }
        if has(DISPENSE) {
            records.dispenses = self.history(&list(&["dispenses", "receives"]), from, to)?;
        }
        if self.block(to)?.hash != before.hash {
            return Err(
                self.named(MOVED.error(format!("block {to} was replaced while its credits were read")))
            );
        }
        join(credits, records, address).map_err(|e| self.named(e))
    }
}
