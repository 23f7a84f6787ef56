//! What a review of Bitcoin transactions stands on: network, rules and the vault's own accounts.

use bitcoin::bip32::{DerivationPath, Fingerprint};
use bitcoin::secp256k1::{PublicKey, XOnlyPublicKey};
use bitcoin::taproot::TapLeafHash;
use bitcoin::{Script, ScriptBuf};
use std::collections::BTreeMap;

use super::refusals::UNKNOWN_ACCOUNT;
use crate::account::{Account, AccountName, BitcoinAccount, Holds};
use crate::counterparty::rules::Rules;
use crate::error::Result;
use crate::text::Printable;

/// Most derivation claims of one input or output that are looked at.
const CLAIMS: usize = 16;

/// What is the same for all Bitcoin steps of a review.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ground<'a> {
    pub(super) rules: Rules,
    pub(super) accounts: &'a [Account],
    /// False for a bare PSBT of other software.
    pub(super) in_bundle: bool,
}

/// A key of ours by its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The vault's name of the account.
    pub account: AccountName,
    /// 0 for receiving, 1 for change, 9 for reveals.
    pub branch: u32,
    /// Index on the branch.
    pub index: u32,
}

impl<'a> Ground<'a> {
    /// The Bitcoin account that a bundle names by its checksum.
    pub(super) fn account(&self, reference: &str) -> Result<(&'a Account, &'a BitcoinAccount)> {
        self.bitcoin_accounts().find(|(_, account)| account.checksum() == reference).ok_or_else(|| {
            UNKNOWN_ACCOUNT.error(format!(
                "the account '{}' is not a {} account of this vault",
                Printable::new(reference),
                self.rules.network()
            ))
        })
    }

    fn bitcoin_accounts(&self) -> impl Iterator<Item = (&'a Account, &'a BitcoinAccount)> {
        let network = self.rules.network();
        self.accounts
            .iter()
            .filter_map(|account| Some((account, account.bitcoin()?)))
            .filter(move |(_, account)| account.network() == network)
    }

    /// Whether an account may hold assets.
    pub(super) fn may_hold_assets(&self, reference: &str) -> bool {
        self.account(reference).map_or(true, |(account, _)| account.holds == Holds::Assets)
    }

    /// The account, branch and index on 0 or 1 at which a claimed derivation really gives the script.
    pub(super) fn derive(&self, claims: &[Claim], script: &Script) -> Option<(&'a Account, u32, u32)> {
        claims.iter().take(CLAIMS).find_map(|claim| {
            self.bitcoin_accounts().find_map(|(account, bitcoin)| {
                let (branch, index) = claim.below(bitcoin)?;
                let ours = branch <= 1 && bitcoin.script_pubkey(branch, index).as_deref() == Some(script);
                ours.then_some((account, branch, index))
            })
        })
    }

    /// Scripts of the first addresses of every account, to tell the person when a destination is an own one.
    pub(super) fn first_scripts(&self) -> BTreeMap<ScriptBuf, Place> {
        const ACCOUNTS: usize = 32;
        const INDICES: u32 = 3;
        let mut scripts = BTreeMap::new();
        for (account, bitcoin) in self.bitcoin_accounts().take(ACCOUNTS) {
            for index in 0..INDICES {
                if let Some(script) = bitcoin.script_pubkey(0, index) {
                    scripts.insert(script, Place { account: account.name.clone(), branch: 0, index });
                }
            }
        }
        scripts
    }
}

/// A claimed key origin: fingerprint of the master key and path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim(Fingerprint, DerivationPath);

impl Claim {
    /// Branch and index, when the origin claims to lie below the account.
    pub(super) fn below(&self, account: &BitcoinAccount) -> Option<(u32, u32)> {
        account.place(self.0, &self.1)
    }
}

/// All claimed origins of a PSBT input or output.
pub(super) fn claims(
    keys: &BTreeMap<PublicKey, (Fingerprint, DerivationPath)>,
    taproot: &BTreeMap<XOnlyPublicKey, (Vec<TapLeafHash>, (Fingerprint, DerivationPath))>,
) -> Vec<Claim> {
    let taproot = taproot.values().map(|(_, origin)| origin);
    keys.values().chain(taproot).map(|(fingerprint, path)| Claim(*fingerprint, path.clone())).collect()
}
