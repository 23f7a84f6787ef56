//! Which of our addresses a script is.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use airlock::Result;
use airlock::account::AccountName;
use bitcoin::{OutPoint, ScriptBuf, Transaction};

use super::bitcoin::{FoundCoin, Watched};
use super::proof;

/// Branch and index of an address of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    pub(super) account: &'a AccountName,
    pub(super) branch: u32,
    pub(super) index: u32,
}

/// The scripts of all watched addresses, derived here.
#[derive(Debug)]
pub(super) struct Scripts<'a> {
    /// In the order of accounts, branches and indices.
    list: Vec<(ScriptBuf, Place<'a>)>,
    places: HashMap<ScriptBuf, Place<'a>>,
}

impl<'a> Scripts<'a> {
    /// Derives both branches of every account up to its last index; a single key has one address.
    pub(super) fn of(watched: &[Watched<'a>]) -> Self {
        let mut list = Vec::new();
        let mut places = HashMap::new();
        for one in watched {
            for branch in [0, 1] {
                for index in 0..=one.last_index {
                    let Some(script) = one.account.script_pubkey(branch, index) else { break };
                    let place = Place { account: one.name, branch, index };
                    if let Entry::Vacant(free) = places.entry(script.clone()) {
                        free.insert(place);
                        list.push((script, place));
                    }
                }
            }
        }
        Self { list, places }
    }

    /// Every script once.
    pub(super) fn list(&self) -> &[(ScriptBuf, Place<'a>)] {
        &self.list
    }

    /// Whose a script is.
    pub(super) fn place(&self, script: &ScriptBuf) -> Option<Place<'a>> {
        self.places.get(script).copied()
    }

    /// The coin of a proven transaction; its output must have one of our scripts.
    pub(super) fn coin(
        &self,
        server: &str,
        outpoint: OutPoint,
        transaction: Transaction,
        height: Option<u32>,
    ) -> Result<FoundCoin> {
        let script = &proof::output(server, &transaction, outpoint)?.script_pubkey;
        let place = self.place(script).ok_or_else(|| {
            proof::other(server, format!("gives {outpoint} as ours, which pays to another script"))
        })?;
        let Place { account, branch, index } = place;
        Ok(FoundCoin { outpoint, account: account.clone(), branch, index, transaction, height })
    }
}
