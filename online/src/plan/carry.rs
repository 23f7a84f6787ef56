//! How a message travels: every carrier is planned to the end, so that prices are exact, and one is taken.

use airlock::account::ScriptKind;
use airlock::amount::show_bitcoin;
use airlock::bundle::limits;
use airlock::counterparty::carrier::{Carrier, multisig, opreturn};
use airlock::counterparty::rules::{Change, Rules};
use airlock::request::Encoding;
use airlock::{Code, Exit, Result};
use bitcoin::hashes::Hash as _;
use bitcoin::{Amount, TxOut, Txid};

use super::artefact::{Draft, Replacement, key_at, script_at};
use super::fee::Rate;
use super::funding::{Bill, Funding};
use super::holdings::Source;
use super::legs::{Leg, Legs};
use super::pair;
use super::purse::{Purse, Spendable};
use super::{Price, Verdict};

/// A carrier that the ledger does not read.
pub static NOT_READ: Code = Code::new(
    "E-PLAN-050",
    Exit::Refused,
    "The ledger ignores this carrier on this network at this height, or from a source of this kind: the bitcoin would \
     be spent and nothing would happen.",
    "Use --encoding auto, taproot or multisig.",
);
/// A carrier that has no place for an output to the new owner.
pub static NO_DESTINATION: Code = Code::new(
    "E-PLAN-051",
    Exit::Refused,
    "The message needs an output to somebody in its own transaction; the second transaction of a pair has none.",
    "Use --encoding auto, opreturn or multisig.",
);
/// A transaction that nodes do not relay.
pub static TOO_BIG: Code = Code::new(
    "E-PLAN-052",
    Exit::Refused,
    "Nodes do not relay transactions of more than 100,000 virtual bytes.",
    "Split the request into several, or use --encoding taproot, which is the smallest.",
);

/// The largest transaction that nodes relay, in virtual bytes.
const MAX_VSIZE: u64 = 100_000;
/// Blocks within which a P2SH pair must still be read: about one week of waiting for confirmation.
const P2SH_MARGIN: u32 = 1_008;

/// A message that is to be carried.
pub(super) struct Cargo<'a> {
    /// Type id and body.
    pub(super) data: &'a [u8],
    /// The output that must stand before the data.
    pub(super) payee: Option<TxOut>,
    pub(super) source: &'a Source,
    pub(super) purse: &'a Purse<'a>,
    pub(super) rate: Rate,
    pub(super) rules: Rules,
}

/// The carriers that can be asked for, in the order in which equal prices are preferred.
const CARRIERS: [(Encoding, Carrier); 4] = [
    (Encoding::OpReturn, Carrier::OpReturn),
    (Encoding::Multisig, Carrier::Multisig),
    (Encoding::Taproot, Carrier::Taproot),
    (Encoding::P2sh, Carrier::P2sh),
];

/// Plans every carrier, takes the wanted one or the cheapest, and lists the prices.
///
/// # Errors
/// Why the wanted carrier cannot be used, or why none can.
pub(super) fn choose(cargo: &Cargo<'_>, wanted: Encoding, request: usize) -> Result<(Legs, Vec<Price>)> {
    let mut prices = Vec::with_capacity(CARRIERS.len());
    let mut best: Option<(Encoding, Legs)> = None;
    let mut refusal: Option<airlock::Error> = None;
    for (encoding, carrier) in CARRIERS {
        let is_wanted = wanted == Encoding::Auto || wanted == encoding;
        let verdict = match cargo.legs(carrier) {
            Ok(legs) => {
                let verdict = Verdict::Counts {
                    transactions: legs.legs.len(),
                    vsize: legs.vsize(),
                    fee: legs.fee(),
                    tied_up: legs.tied_up,
                };
                let is_cheaper = best.as_ref().is_none_or(|(_, best)| legs.cost() < best.cost());
                if is_wanted && is_cheaper {
                    best = Some((encoding, legs));
                }
                verdict
            }
            Err(error) => {
                let verdict = Verdict::Not { why: error.what().to_owned() };
                let tells_more = refusal.as_ref().is_none_or(|told| {
                    told.code().exit != Exit::Fixable && error.code().exit == Exit::Fixable
                });
                if is_wanted && tells_more {
                    refusal = Some(error);
                }
                verdict
            }
        };
        prices.push(Price { request, encoding, verdict, chosen: false });
    }
    let (chosen, legs) =
        best.ok_or_else(|| refusal.unwrap_or_else(|| NOT_READ.error("no carrier can bring the message")))?;
    for price in &mut prices {
        price.chosen = price.encoding == chosen;
    }
    Ok((legs, prices))
}

impl Cargo<'_> {
    fn legs(&self, carrier: Carrier) -> Result<Legs> {
        self.check_read(carrier)?;
        let legs = match carrier {
            Carrier::OpReturn => {
                self.one(|first, _| Ok(vec![opreturn::encode(self.data, first, opreturn::MAX_PUSH)?]))?
            }
            Carrier::Multisig => {
                if multisig::output_count(self.data.len()) > limits::OUTPUTS.saturating_sub(2) {
                    return Err(TOO_BIG.error(format!("{} bytes of message", self.data.len())));
                }
                self.one(|first, key| multisig::encode(self.data, first, key, multisig::DUST))?
            }
            Carrier::Taproot => pair::taproot(self)?,
            Carrier::P2sh => pair::p2sh(self)?,
            Carrier::PubkeyHash | Carrier::Mixed => {
                return Err(NOT_READ.error(format!("nothing is written as {}", carrier.name())));
            }
        };
        match legs.legs.iter().map(|leg| leg.vsize).max() {
            Some(vsize) if vsize > MAX_VSIZE => {
                Err(TOO_BIG.error(format!("{vsize} virtual bytes, at most {MAX_VSIZE} are relayed")))
            }
            _ => Ok(legs),
        }
    }

    fn check_read(&self, carrier: Carrier) -> Result<()> {
        let (network, height) = (self.rules.network(), self.rules.height());
        let kind = self.purse.account.kind();
        let needs = match kind {
            ScriptKind::Tr => Some(Change::TaprootSupport),
            ScriptKind::Wpkh => Some(Change::SegwitSupport),
            ScriptKind::Pkh | ScriptKind::ShWpkh => None,
        };
        if needs.is_some_and(|change| !self.rules.is_active(change)) {
            return Err(NOT_READ
                .error(format!("sources of this kind are not recognised on {network} at height {height}")));
        }
        let soon = Rules::at(network, height.saturating_add(P2SH_MARGIN));
        let is_read = carrier.is_read(&self.rules) && (carrier != Carrier::P2sh || carrier.is_read(&soon));
        if !is_read {
            return Err(match carrier {
                Carrier::P2sh => NOT_READ
                    .error(format!("{}; the snapshot is at height {height}", p2sh_window(&self.rules)))
                    .with_next("Use --encoding auto or taproot: the modern pair does the same for less."),
                Carrier::Taproot
                | Carrier::OpReturn
                | Carrier::Multisig
                | Carrier::PubkeyHash
                | Carrier::Mixed => NOT_READ.error(format!(
                    "the ledger does not read {} on {network} at height {height}",
                    carrier.name()
                )),
            });
        }
        if self.payee.is_some() && matches!(carrier, Carrier::Taproot | Carrier::P2sh) {
            return Err(NO_DESTINATION.error(format!("{} carries no output to a new owner", carrier.name())));
        }
        Ok(())
    }

    /// One transaction: the payee, the data, change to the source.
    ///
    /// `encode` gives the data outputs under the txid of the first input and the source's public key; their sizes do
    /// not depend on the txid.
    fn one(&self, encode: impl Fn(&Txid, &[u8]) -> Result<Vec<TxOut>>) -> Result<Legs> {
        let key = key_at(self.purse.account, self.source.place)?.to_bytes();
        let outputs = |first: &Txid| -> Result<Vec<TxOut>> {
            Ok(self.payee.iter().cloned().chain(encode(first, &key)?).collect())
        };
        let bill = self.bill(outputs(&Txid::all_zeros())?)?;
        let funding = self.fund(&bill)?;
        let first = funding.coins.first().map_or(Txid::all_zeros(), |coin| coin.outpoint.txid);
        let outputs = outputs(&first)?;
        let tied_up: Amount = outputs.iter().filter(|o| o.script_pubkey.is_multisig()).map(|o| o.value).sum();
        let psbt = self.transaction(&funding, outputs, Replacement::Signalled)?;
        let leg =
            Leg { psbt, links: Vec::new(), fee: funding.settlement.fee, vsize: funding.settlement.vsize };
        Ok(Legs { legs: vec![leg], spent: funding.coins, tied_up, takes_change_address: false })
    }

    /// A bill whose change goes back to the source address: there the next fees are needed.
    ///
    /// # Errors
    /// No address at the source's place, which cannot be.
    pub(super) fn bill(&self, outputs: Vec<TxOut>) -> Result<Bill> {
        Ok(Bill {
            outputs,
            change: script_at(self.purse.account, self.source.place)?,
            rate: self.rate,
            input: self.purse.input_size(),
        })
    }

    /// Pays a bill with coins of the source address alone.
    ///
    /// # Errors
    /// [`super::funding::SHORT_OF_BITCOIN`], with the address.
    pub(super) fn fund(&self, bill: &Bill) -> Result<Funding> {
        let coins: Vec<&Spendable> =
            self.purse.coins().iter().filter(|coin| coin.place == self.source.place).collect();
        bill.fund(&coins, self.purse).map_err(|short| {
            let address = &self.source.address;
            let all = self.purse.coins().iter().fold(0u64, |sum, coin| sum.saturating_add(coin.output.value.to_sat()));
            let next = format!(
                "Send bitcoin to {address}, which must pay for its own messages (the account has {} to spend in all), \
                 wait for a confirmation, and take a new snapshot; or choose a lower fee rate.",
                show_bitcoin(Amount::from_sat(all))
            );
            short.at(format!("source {address}")).with_next(next)
        })
    }

    /// Inputs, then the given outputs, then change.
    ///
    /// # Errors
    /// No key at a place, which cannot be.
    pub(super) fn transaction(
        &self,
        funding: &Funding,
        outputs: Vec<TxOut>,
        replacement: Replacement,
    ) -> Result<bitcoin::Psbt> {
        let mut draft = Draft::new(self.purse.account, replacement);
        for coin in &funding.coins {
            draft.coin(coin)?;
        }
        for output in outputs {
            draft.pay(output);
        }
        if let Some(change) = funding.settlement.change {
            draft.change(change, self.source.place)?;
        }
        Ok(draft.finish())
    }
}

fn p2sh_window(rules: &Rules) -> String {
    let network = rules.network();
    let start = Change::P2shEncoding.activation(network);
    let end = Change::P2shDisabled.activation(network);
    match (start, end) {
        (Some(start), Some(end)) if start < end => format!(
            "the ledger reads P2SH pairs on {network} at heights {start} to {} only, and a pair must have a week to confirm",
            end.saturating_sub(1)
        ),
        _ => format!("the ledger never reads P2SH pairs on {network}"),
    }
}
