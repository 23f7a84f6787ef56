//! Coins that a Bitcoin server does not list any more, because it has our transaction that spends them waiting.

use std::collections::BTreeSet;

use airlock::Result;
use airlock::account::{Account, AccountName};
use airlock::bundle::{Artefact, Step};
use airlock::review::Use;
use bitcoin::consensus::encode::deserialize_hex;
use bitcoin::{OutPoint, Psbt, Transaction};

use crate::clock;
use crate::commands::live::Live;
use crate::gather::Gathered;
use crate::source::bitcoin::Whereabouts;
use crate::source::refusal::OUT_OF_SIGHT;
use crate::store::in_flight::uses;
use crate::store::{StepRecord, Store};

/// How far below the tip a transaction is looked for of which nobody noted when it was submitted: a day of blocks.
const BACK: u32 = 144;

/// The accounts and values of those coins, in satoshi.
///
/// # Errors
/// Those of the store and of the server.
pub(super) fn coins(
    live: &Live,
    gathered: &Gathered,
    accounts: &[&Account],
) -> Result<Vec<(AccountName, u64)>> {
    let Some(facts) = &gathered.snapshot.bitcoin else { return Ok(Vec::new()) };
    let now = clock::now();
    let under_way = Store::open(&live.home)?.under_way(&BTreeSet::new(), now, now)?;
    let listed = facts.coins.iter().chain(&gathered.in_flight).map(|coin| coin.outpoint);
    let mut known: BTreeSet<OutPoint> = listed.collect();
    let mut waiting = Vec::new();
    for (record, steps) in &under_way {
        for (step, state) in
            record.bundle.steps().iter().zip(&record.steps).filter(|(_, s)| steps.contains(&s.index))
        {
            let owner = accounts.iter().find(|account| account.reference() == step.account);
            let (Some(owner), Artefact::Psbt(psbt)) = (owner, &step.artefact) else { continue };
            let gone: Vec<(OutPoint, u64)> =
                spent(step, psbt)?.into_iter().filter(|(coin, _)| !known.contains(coin)).collect();
            if !gone.is_empty() && is_waiting(live, state, facts.height)? {
                known.extend(gone.iter().map(|(coin, _)| *coin));
                waiting.extend(gone.into_iter().map(|(_, sat)| (owner.name.clone(), sat)));
            }
        }
    }
    Ok(waiting)
}

/// The coins that a step spends, and their values; outputs of earlier steps are none.
fn spent(step: &Step, psbt: &Psbt) -> Result<Vec<(OutPoint, u64)>> {
    let own = uses(step)?;
    let inputs = psbt.unsigned_tx.input.iter().zip(&psbt.inputs);
    let value = |(input, proof): (&bitcoin::TxIn, &bitcoin::psbt::Input)| {
        let coin = input.previous_output;
        let previous = proof
            .non_witness_utxo
            .as_ref()
            .and_then(|previous| usize::try_from(coin.vout).ok().and_then(|vout| previous.output.get(vout)));
        let output = previous.or(proof.witness_utxo.as_ref())?;
        own.contains(&Use::Coin(coin)).then(|| (coin, output.value.to_sat()))
    };
    Ok(inputs.filter_map(value).collect())
}

fn is_waiting(live: &Live, step: &StepRecord, tip: u32) -> Result<bool> {
    let raw = step.raw.as_deref().and_then(|raw| deserialize_hex::<Transaction>(raw).ok());
    let Some(transaction) = raw else { return Ok(false) };
    let since = step.since_height.unwrap_or_else(|| tip.saturating_sub(BACK));
    let (source, _) = live.sources.read_bitcoin()?;
    match source.whereabouts(&transaction, since) {
        // What a node has lost sight of has waited for no block in a long time.
        Err(error) if error.code() == &OUT_OF_SIGHT => Ok(false),
        whereabouts => Ok(whereabouts? == Whereabouts::Waiting),
    }
}
