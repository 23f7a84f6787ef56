//! The coins of one account that a plan may spend, each proved before it is counted.

use std::collections::BTreeSet;

use airlock::account::{Account, AccountKeys, BitcoinAccount};
use airlock::amount::show_bitcoin;
use airlock::bundle::limits;
use airlock::snapshot::{BitcoinFacts, Coin};
use airlock::{Code, Exit, Result};
use bitcoin::consensus::encode::deserialize_hex;
use bitcoin::{Address, Amount, OutPoint, ScriptBuf, Transaction, TxOut, Witness};

use super::fee::InputSize;
use super::legs::Legs;

/// A coin that contradicts itself.
pub static BAD_COIN: Code = Code::new(
    "E-PLAN-010",
    Exit::BadInput,
    "A coin of the snapshot does not fit its previous transaction or its account: the txid, the output, or the \
     script at the branch and index that it names.",
    "Take the snapshot again; if it comes back, do not trust the source that it came from.",
);
/// Snapshot and account are not of one network.
pub static OTHER_NETWORK: Code = Code::new(
    "E-PLAN-011",
    Exit::Refused,
    "The snapshot is of another network than the account, or has nothing of that chain.",
    "Take a snapshot of the account's network.",
);

/// Confirmations after which newly minted bitcoin may be spent.
const COINBASE_MATURITY: u32 = 100;
/// Indices beyond the highest known one that are searched for own addresses.
const GAP: u32 = 20;
/// The highest index up to which own addresses are searched.
const SEARCHED: u32 = 1_000;

/// Where a key stands below its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    /// 0 receive, 1 change, 9 reveal.
    pub(super) branch: u32,
    /// Index on the branch.
    pub(super) index: u32,
}

/// A coin that may be spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spendable {
    pub(super) outpoint: OutPoint,
    pub(super) output: TxOut,
    /// The previous transaction without its witnesses.
    pub(super) previous: Transaction,
    pub(super) place: Place,
    pub(super) address: Address,
}

/// The coins of one account.
#[derive(Clone, Debug)]
pub(super) struct Purse<'a> {
    pub(super) name: &'a str,
    pub(super) account: &'a BitcoinAccount,
    /// Largest first.
    coins: Vec<Spendable>,
    set_aside: Vec<(&'static str, Amount)>,
    next_change: u32,
    own: BTreeSet<ScriptBuf>,
}

impl<'a> Purse<'a> {
    /// Proves the coins of an account and sorts out those that must not be spent; where it has any of `only`, all others.
    ///
    /// # Errors
    /// [`BAD_COIN`], [`OTHER_NETWORK`].
    pub(super) fn open(
        account: &'a Account,
        bitcoin: &'a BitcoinAccount,
        facts: &BitcoinFacts,
        only: &BTreeSet<OutPoint>,
    ) -> Result<Self> {
        if facts.network != bitcoin.network() {
            return Err(OTHER_NETWORK.error(format!(
                "the snapshot is of {}, account '{}' of {}",
                facts.network,
                account.name,
                bitcoin.network()
            )));
        }
        let mut purse = Self {
            name: account.name.as_str(),
            account: bitcoin,
            coins: Vec::new(),
            set_aside: Vec::new(),
            next_change: 0,
            own: BTreeSet::new(),
        };
        let mut seen = BTreeSet::new();
        let mut highest = 0;
        let mut own = facts.coins.iter().filter(|coin| coin.account == account.name);
        let is_bound = own.any(|coin| only.contains(&coin.outpoint));
        for coin in facts.coins.iter().filter(|coin| coin.account == account.name) {
            let proved = prove(coin, bitcoin).map_err(|e| e.at(format!("coin {}", coin.outpoint)))?;
            if !seen.insert(coin.outpoint) {
                return Err(BAD_COIN.error("listed twice").at(format!("coin {}", coin.outpoint)));
            }
            highest = highest.max(coin.index);
            if coin.branch == 1 {
                purse.next_change = purse.next_change.max(coin.index.saturating_add(1));
            }
            match why_not(coin, &proved, facts.height) {
                Some(why) => purse.set_aside.push((why, proved.output.value)),
                None if is_bound && !only.contains(&coin.outpoint) => {
                    purse.set_aside.push(("not of the bundle that is replaced", proved.output.value));
                }
                None => purse.coins.push(proved),
            }
        }
        purse.coins.sort_by_key(|coin| (core::cmp::Reverse(coin.output.value), coin.outpoint));
        let searched = highest.saturating_add(GAP).min(SEARCHED);
        for (branch, index) in [0, 1].into_iter().flat_map(|branch| (0..=searched).map(move |i| (branch, i)))
        {
            purse.own.extend(bitcoin.script_pubkey(branch, index));
        }
        Ok(purse)
    }

    /// The coins that may be spent, largest first.
    pub(super) fn coins(&self) -> &[Spendable] {
        &self.coins
    }

    /// What an input of this account weighs.
    pub(super) fn input_size(&self) -> InputSize {
        InputSize::of(self.account.kind(), self.account.is_compressed())
    }

    /// True for scripts of this account, as far as its known indices reach.
    pub(super) fn owns(&self, script: &ScriptBuf) -> bool {
        self.own.contains(script)
    }

    /// The place of the next change output; a single key pays its change back to its own address.
    pub(super) fn change_place(&self) -> Place {
        match self.account.keys() {
            AccountKeys::Extended(_) => Place { branch: 1, index: self.next_change },
            AccountKeys::Single(_) => Place { branch: 0, index: 0 },
        }
    }

    /// Takes what a request spends out, so that no later request spends it or uses the same change address.
    pub(super) fn spend(&mut self, legs: &Legs) {
        let spent: BTreeSet<OutPoint> = legs.spent.iter().map(|coin| coin.outpoint).collect();
        let (used, left) = self.coins.drain(..).partition(|coin| spent.contains(&coin.outpoint));
        self.coins = left;
        let used: Vec<Spendable> = used;
        self.set_aside
            .extend(used.iter().map(|coin| ("used by earlier requests of this plan", coin.output.value)));
        if legs.takes_change_address {
            self.next_change = self.next_change.saturating_add(1);
        }
    }

    /// Says what was set aside, for messages: empty, or `; set aside: …`.
    pub(super) fn about_set_aside(&self) -> String {
        let mut reasons: Vec<&str> = self.set_aside.iter().map(|(why, _)| *why).collect();
        reasons.sort_unstable();
        reasons.dedup();
        let parts: Vec<String> = reasons
            .into_iter()
            .map(|reason| {
                let sum: u64 = self
                    .set_aside
                    .iter()
                    .filter(|(why, _)| *why == reason)
                    .fold(0, |sum, (_, value)| sum.saturating_add(value.to_sat()));
                format!("{} {reason}", show_bitcoin(Amount::from_sat(sum)))
            })
            .collect();
        if parts.is_empty() { String::new() } else { format!("; set aside: {}", parts.join(", ")) }
    }
}

fn prove(coin: &Coin, account: &BitcoinAccount) -> Result<Spendable> {
    if coin.prev_tx.len() > 2 * limits::FILE_BYTES {
        return Err(BAD_COIN.error("its previous transaction is too long"));
    }
    let mut previous: Transaction = deserialize_hex(&coin.prev_tx)
        .map_err(|_| BAD_COIN.error("its previous transaction is not a transaction in hex"))?;
    for input in &mut previous.input {
        input.witness = Witness::new();
    }
    let txid = previous.compute_txid();
    if txid != coin.outpoint.txid {
        return Err(BAD_COIN.error(format!("its previous transaction has the txid {txid}")));
    }
    let size = previous.total_size();
    if size > limits::PREVIOUS_TRANSACTION_BYTES {
        return Err(BAD_COIN.error(format!(
            "its previous transaction has {size} bytes, at most {} can be carried",
            limits::PREVIOUS_TRANSACTION_BYTES
        )));
    }
    let output = usize::try_from(coin.outpoint.vout)
        .ok()
        .and_then(|vout| previous.output.get(vout))
        .cloned()
        .ok_or_else(|| BAD_COIN.error("its previous transaction has no such output"))?;
    if output.value > Amount::MAX_MONEY {
        return Err(BAD_COIN.error("its value is more than all bitcoin"));
    }
    let address = (coin.branch <= 1)
        .then(|| account.address(coin.branch, coin.index))
        .flatten()
        .filter(|address| address.script_pubkey() == output.script_pubkey)
        .ok_or_else(|| {
            BAD_COIN.error(format!(
                "its script is not that of {}/{} of account '{}'",
                coin.branch, coin.index, coin.account
            ))
        })?;
    let place = Place { branch: coin.branch, index: coin.index };
    Ok(Spendable { outpoint: coin.outpoint, output, previous, place, address })
}

/// Why a coin must not be spent.
fn why_not(coin: &Coin, proved: &Spendable, tip: u32) -> Option<&'static str> {
    let Some(height) = coin.height else { return Some("unconfirmed") };
    if !coin.attached.is_empty() {
        return Some("with Counterparty assets attached");
    }
    let confirmations = tip.saturating_sub(height).saturating_add(1);
    if proved.previous.is_coinbase() && confirmations < COINBASE_MATURITY {
        return Some("newly minted and immature");
    }
    None
}
