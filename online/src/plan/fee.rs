//! Sizes before there are signatures, and what they cost (counterparty.md 8).
//!
//! Signatures are counted at the size that the signer produces at most: 71 bytes for ECDSA (low R, low S, and the
//! sighash byte), 64 for BIP-340.

use airlock::account::ScriptKind;
use airlock::amount::{grouped_units, parse_units};
use airlock::request::Request;
use airlock::snapshot::BitcoinFacts;
use airlock::{Code, Exit, Result};
use bitcoin::{Amount, Script, ScriptBuf, TxOut, VarInt};

/// A fee rate that cannot be meant.
pub static BAD_RATE: Code = Code::new(
    "E-PLAN-002",
    Exit::BadInput,
    "A fee rate is a number of sat/vB with at most three decimals, at least 0.1 and at most 10000. Nodes do not relay \
     what pays less.",
    "Give the rate in sat/vB, for example 12 or 2.5.",
);
/// No fee rate anywhere.
pub static NO_RATE: Code = Code::new(
    "E-PLAN-003",
    Exit::Fixable,
    "The snapshot has no fee estimate and the request gives no fee rate.",
    "Give a fee rate in sat/vB with the request.",
);

/// The lowest rate that is planned: 0.1 sat/vB, the least that any usual node relays (Bitcoin Core since 29.1).
const MIN_RATE: u64 = 100;
/// Below this many nodes do not relay: 1 sat/vB, the default of Bitcoin Core before 29.1.
const USUAL_MIN_RATE: u64 = 1_000;
/// The highest rate that is planned: 10,000 sat/vB.
const MAX_RATE: u64 = 10_000_000;
/// Weight that nodes count for each unit of signature-operation cost.
const WEIGHT_PER_SIGOP: u64 = 20;

/// A fee rate in satoshi per 1,000 virtual bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rate(u64);

impl Rate {
    /// The rate of a request: its own, else the snapshot's estimate for the fewest blocks.
    ///
    /// # Errors
    /// [`BAD_RATE`], [`NO_RATE`], or the codes of amounts.
    pub(super) fn of(request: &Request, facts: &BitcoinFacts) -> Result<Self> {
        let rate = match &request.fee_rate {
            Some(text) => parse_units(text, 3)?,
            None => estimate(facts).ok_or_else(|| NO_RATE.error("no fee rate is known"))?,
        };
        if !(MIN_RATE..=MAX_RATE).contains(&rate) {
            return Err(
                BAD_RATE.error(format!("{} sat/vB is not between 0.1 and 10,000 sat/vB", shown(rate)))
            );
        }
        Ok(Self(rate))
    }

    /// What a person should know about a rate that not every node relays.
    pub(super) fn warning(self) -> Option<String> {
        (self.0 < USUAL_MIN_RATE).then(|| {
            let rate = shown(self.0);
            format!("{rate} sat/vB is below 1 sat/vB: many nodes do not relay it, and it may never confirm")
        })
    }

    /// The fee of so many virtual bytes, rounded up to whole satoshi.
    pub(super) fn fee(self, vsize: u64) -> Amount {
        Amount::from_sat(self.0.saturating_mul(vsize).div_ceil(1_000))
    }
}

fn shown(sat_per_kvb: u64) -> String {
    grouped_units(sat_per_kvb, 3)
}

/// The snapshot's estimate for the fewest blocks, in satoshi per 1,000 virtual bytes.
pub(super) fn estimate(facts: &BitcoinFacts) -> Option<u64> {
    facts.fee_rates.iter().min_by_key(|rate| rate.blocks).map(|rate| rate.sat_per_kvb)
}

/// What signing will add to an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InputSize {
    /// Weight of outpoint, sequence, scriptSig and witness, without the witness count of a legacy input.
    weight: u64,
    segwit: bool,
    sigops: u64,
}

/// Weight of outpoint, sequence and an empty scriptSig.
const BARE_INPUT: u64 = 41 * 4;
/// A pushed ECDSA signature and a pushed compressed key.
const ECDSA_AND_KEY: u64 = 72 + 34;

impl InputSize {
    /// An input of an account of this kind, whose key may be written in 65 bytes where the kind is `pkh`.
    pub(super) fn of(kind: ScriptKind, is_compressed: bool) -> Self {
        match kind {
            ScriptKind::Wpkh => Self { weight: BARE_INPUT + 1 + ECDSA_AND_KEY, segwit: true, sigops: 1 },
            ScriptKind::ShWpkh => {
                Self { weight: BARE_INPUT + 23 * 4 + 1 + ECDSA_AND_KEY, segwit: true, sigops: 1 }
            }
            ScriptKind::Pkh => {
                let key = if is_compressed { ECDSA_AND_KEY } else { ECDSA_AND_KEY + 32 };
                Self { weight: BARE_INPUT.saturating_add(key.saturating_mul(4)), segwit: false, sigops: 0 }
            }
            ScriptKind::Tr => Self { weight: BARE_INPUT + 1 + 65, segwit: true, sigops: 0 },
        }
    }

    /// The reveal of a Taproot pair: signature, leaf, control block of 33 bytes.
    pub(super) fn reveal(leaf: &Script) -> Self {
        let leaf = length(leaf.len());
        let witness = 1 + 65 + 34u64;
        let weight = witness.saturating_add(leaf).saturating_add(varint(leaf)).saturating_add(BARE_INPUT);
        Self { weight, segwit: true, sigops: 0 }
    }

    /// A data input of the P2SH pair: pushed signature, pushed redeem script.
    pub(super) fn p2sh_data(redeem: &Script) -> Self {
        let redeem = length(redeem.len());
        let push = match redeem {
            0..=75 => 1,
            76..=255 => 2,
            _ => 3,
        };
        let script_sig = redeem.saturating_add(push).saturating_add(72);
        let grown = varint(script_sig).saturating_sub(1).saturating_add(script_sig).saturating_mul(4);
        Self { weight: BARE_INPUT.saturating_add(grown), segwit: false, sigops: 4 }
    }
}

/// What outputs add to a transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OutputSize {
    weight: u64,
    sigops: u64,
    count: u64,
}

impl OutputSize {
    /// All of these outputs.
    pub(super) fn of(outputs: &[TxOut]) -> Self {
        outputs.iter().fold(Self::default(), |size, output| size.plus(&output.script_pubkey))
    }

    /// These and one more to this script.
    #[must_use]
    pub(super) fn plus(self, script: &ScriptBuf) -> Self {
        let output = TxOut { value: Amount::ZERO, script_pubkey: script.clone() };
        let sigops = length(script.count_sigops_legacy()).saturating_mul(4);
        Self {
            weight: self.weight.saturating_add(output.weight().to_wu()),
            sigops: self.sigops.saturating_add(sigops),
            count: self.count.saturating_add(1),
        }
    }
}

/// Weight of version and lock time.
const FIXED_FIELDS: u64 = 4 * 8;
/// Weight of the marker and flag of transactions with witnesses.
const SEGWIT_MARK: u64 = 2;

/// Virtual bytes of a transaction once it is signed, as nodes count them: with many signature operations in bare
/// multisig outputs more than its bytes.
pub(super) fn vsize(inputs: &[InputSize], outputs: OutputSize) -> u64 {
    let segwit = inputs.iter().any(|input| input.segwit);
    let counts = varint(length(inputs.len())).saturating_add(varint(outputs.count));
    let mut weight = FIXED_FIELDS.saturating_add(counts.saturating_mul(4)).saturating_add(outputs.weight);
    let mut sigops = outputs.sigops;
    if segwit {
        weight = weight.saturating_add(SEGWIT_MARK);
    }
    for input in inputs {
        let empty_witness = u64::from(segwit && !input.segwit);
        weight = weight.saturating_add(input.weight).saturating_add(empty_witness);
        sigops = sigops.saturating_add(input.sigops);
    }
    weight.max(sigops.saturating_mul(WEIGHT_PER_SIGOP)).div_ceil(4)
}

/// The value below which an output is not worth its place: 330 satoshi for witness outputs, 546 for others.
pub(super) fn dust(script: &Script) -> Amount {
    Amount::from_sat(if script.is_witness_program() { 330 } else { 546 })
}

fn varint(value: u64) -> u64 {
    length(VarInt(value).size())
}

fn length(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
