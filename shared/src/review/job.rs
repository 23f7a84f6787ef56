//! What an approved review allows to be signed: transactions whose every input is proved.

use bitcoin::taproot::ControlBlock;
use bitcoin::{Psbt, ScriptBuf, TxOut};

use super::complete::FirstReview;
use crate::bundle::{BundleId, Link};

/// The person's yes, as a value. It holds exactly what was shown and is used up by signing.
#[derive(Debug)]
pub struct Approved {
    pub(super) bundle: Option<BundleId>,
    pub(super) jobs: Vec<Job>,
    pub(super) first: FirstReview,
}

impl Approved {
    /// The bundle that was approved; none for a bare PSBT.
    pub fn bundle(&self) -> Option<BundleId> {
        self.bundle
    }

    /// One job for each step, parents before children.
    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }
}

/// One transaction to sign.
#[derive(Clone, Debug, PartialEq)]
pub enum Job {
    /// A Bitcoin transaction.
    Bitcoin(Box<BitcoinJob>),
    /// An XRPL transaction.
    Xrp(Box<XrpJob>),
}

/// A Bitcoin transaction whose inputs are all proved ours.
#[derive(Clone, Debug, PartialEq)]
pub struct BitcoinJob {
    /// The PSBT, version 0, without signatures. A template as long as a linked parent is legacy and unsigned.
    pub psbt: Psbt,
    /// One for each input.
    pub inputs: Vec<InputJob>,
    /// Inputs that spend outputs of earlier steps.
    pub links: Vec<Link>,
}

/// How one input is signed.
#[derive(Clone, Debug, PartialEq)]
pub struct InputJob {
    /// The output that it spends, proved from the previous transaction or the earlier step.
    pub prevout: TxOut,
    /// Descriptor checksum of the signing account.
    pub account: String,
    /// Branch below the account: 0, 1, or 9 for a reveal.
    pub branch: u32,
    /// Index on the branch.
    pub index: u32,
    /// What the script wants.
    pub spend: Spend,
}

/// What the script of a proved output wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Spend {
    /// Native segwit, BIP-143 signature, ALL.
    Wpkh,
    /// Legacy signature, ALL.
    Pkh,
    /// Legacy signature, ALL, by a key that is written in 65 bytes.
    PkhUncompressed,
    /// Nested segwit, BIP-143 signature, ALL.
    ShWpkh,
    /// Taproot key path, BIP-341 with the BIP-86 tweak, DEFAULT.
    TaprootKey,
    /// Taproot script path of a reveal, DEFAULT.
    TaprootReveal {
        /// The envelope.
        leaf: ScriptBuf,
        /// Proof that the output commits to it.
        control_block: ControlBlock,
    },
    /// Data output of the historical P2SH pair, legacy signature over the redeem script, ALL.
    P2shData {
        /// The redeem script that carries the chunk.
        redeem_script: ScriptBuf,
    },
}

/// An XRPL transaction of an account of ours.
#[derive(Clone, Debug, PartialEq)]
pub struct XrpJob {
    /// Classic address of the signing account.
    pub account: String,
    /// The transaction with SigningPubKey, without signature.
    pub transaction: crate::xrp::Transaction,
}
