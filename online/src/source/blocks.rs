//! What blocks hold: whole blocks, each proven, each on top of the one before.

use std::collections::{BTreeSet, HashSet};

use airlock::Result;
use airlock::network::BitcoinNetwork;
use bitcoin::{Amount, Block, BlockHash, OutPoint, ScriptBuf, Transaction, Txid};

use super::bitcoin::{BitcoinSource, Payment};
use super::proof;
use super::refusal::REORGANIZED;
use crate::progress::Progress;
use crate::stop;

/// The block with this hash, whole and proven, with the work that the network demands.
///
/// # Errors
/// Those of the server, and [`proof::OTHER_ANSWER`].
pub(crate) fn whole(source: &dyn BitcoinSource, hash: BlockHash, network: BitcoinNetwork) -> Result<Block> {
    let block = source.block(hash)?;
    proof::check_difficulty(&source.name(), &block.header, network)?;
    Ok(block)
}

/// The transaction of this txid in a proven block; none where it is not there.
///
/// # Errors
/// [`proof::OTHER_ANSWER`] where it stands there twice.
pub(crate) fn transaction<'a>(server: &str, block: &'a Block, txid: Txid) -> Result<Option<&'a Transaction>> {
    let mut found = block.txdata.iter().filter(|transaction| transaction.compute_txid() == txid);
    match (found.next(), found.next()) {
        // The root of a block is the same when its last transactions stand there twice (CVE-2012-2459).
        (Some(_), Some(_)) => {
            let hash = block.block_hash();
            Err(proof::other(server, format!("gives block {hash} with transaction {txid} twice")))
        }
        (one, _) => Ok(one),
    }
}

/// Proves by a server's own blocks that one holds a transaction and lies so deep in its best chain: 1 is the tip itself.
/// What it merely says is not believed: the block comes whole, and each block above names the one below.
///
/// # Errors
/// [`proof::OTHER_ANSWER`] where the block does not hold it, [`REORGANIZED`] where the chain above it is another one or too
/// short, and those of the server.
pub(crate) fn prove(
    source: &dyn BitcoinSource,
    network: BitcoinNetwork,
    txid: Txid,
    (height, hash): (u32, BlockHash),
    depth: u32,
) -> Result<()> {
    let server = source.name();
    let moved = |height: u32| {
        REORGANIZED
            .error(format!("{server} does not show blocks {height} and below as one chain above {txid}"))
    };
    if source.block_hash(height)? != Some(hash) {
        return Err(moved(height));
    }
    let block = whole(source, hash, network)?;
    if transaction(&server, &block, txid)?.is_none() {
        return Err(proof::other(
            &server,
            format!("says that block {height} {hash} holds {txid}, and it does not"),
        ));
    }
    let mut below = hash;
    for height in (height..height.saturating_add(depth)).skip(1) {
        stop::check()?;
        let next = source.block_hash(height)?.ok_or_else(|| moved(height))?;
        let header = source.header(next)?;
        proof::check_difficulty(&server, &header, network)?;
        if header.prev_blockhash != below {
            return Err(moved(height));
        }
        below = next;
    }
    Ok(())
}

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
