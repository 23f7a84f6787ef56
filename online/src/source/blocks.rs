//! What blocks pay to us: whole blocks, each proven, each on top of the one before.

use std::collections::{BTreeSet, HashSet};

use airlock::Result;
use bitcoin::{Amount, Block, BlockHash, OutPoint, ScriptBuf};

use super::bitcoin::Payment;
use super::proof;
use super::refusal::REORGANIZED;
use crate::progress::Progress;
use crate::stop;

/// The outputs that pay any of `scripts` in the blocks of `chain`, which `read` gives proven.
pub(super) fn payments(
    server: &str,
    scripts: &[ScriptBuf],
    chain: &[(u32, BlockHash)],
    progress: &dyn Progress,
    read: impl Fn(BlockHash) -> Result<Block>,
) -> Result<Vec<Payment>> {
    progress.begin("reading blocks", u64::try_from(chain.len()).unwrap_or(0));
    let outcome = read_all(server, scripts, chain, progress, read);
    progress.end();
    outcome
}

fn read_all(
    server: &str,
    scripts: &[ScriptBuf],
    chain: &[(u32, BlockHash)],
    progress: &dyn Progress,
    read: impl Fn(BlockHash) -> Result<Block>,
) -> Result<Vec<Payment>> {
    let wanted: HashSet<&ScriptBuf> = scripts.iter().collect();
    let mut payments = Vec::new();
    let mut previous: Option<BlockHash> = None;
    for (done, (height, hash)) in (1_u64..).zip(chain) {
        stop::check()?;
        let block = read(*hash)?;
        if previous.is_some_and(|previous| block.header.prev_blockhash != previous) {
            return Err(REORGANIZED
                .error(format!("{server} changed its best chain below height {height} while it was read")));
        }
        payments.extend(of_block(server, &wanted, *height, *hash, &block)?);
        previous = Some(*hash);
        progress.reach(done);
    }
    Ok(payments)
}

fn of_block(
    server: &str,
    wanted: &HashSet<&ScriptBuf>,
    height: u32,
    hash: BlockHash,
    block: &Block,
) -> Result<Vec<Payment>> {
    let mut payments = Vec::new();
    let mut seen = BTreeSet::new();
    for transaction in &block.txdata {
        let ours = |output: &&bitcoin::TxOut| wanted.contains(&output.script_pubkey);
        if transaction.output.iter().find(ours).is_none() {
            continue;
        }
        let txid = transaction.compute_txid();
        // The root of a block is the same when its last transactions stand there twice (CVE-2012-2459).
        if !seen.insert(txid) {
            return Err(proof::other(server, format!("gives block {hash} with transaction {txid} twice")));
        }
        for (vout, output) in (0_u32..).zip(&transaction.output).filter(|(_, output)| ours(output)) {
            if output.value > Amount::MAX_MONEY {
                return Err(proof::other(
                    server,
                    format!("gives output {txid}:{vout} more than 21 million bitcoin"),
                ));
            }
            payments.push(Payment {
                outpoint: OutPoint::new(txid, vout),
                script: output.script_pubkey.clone(),
                amount: output.value,
                height,
                block: hash,
            });
        }
    }
    Ok(payments)
}
