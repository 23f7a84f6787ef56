//! An Esplora server (Blockstream's electrs and its relatives): an index of all addresses, so nothing has to be scanned. Who
//! runs it learns which addresses are ours; best it is oneself.
//!
//! It cannot rehearse a submission, takes one transaction at a time, and does not tell whether it has caught up.

use airlock::Result;
use airlock::network::BitcoinNetwork;
use airlock::snapshot::FeeRate;
use airlock::time::Moment;
use bitcoin::block::Header;
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::{Block, BlockHash, OutPoint, ScriptBuf, Transaction, Txid};

use super::bitcoin::{BitcoinSource, BitcoinStatus, FoundCoin, Payment, Verdict, Watched, Whereabouts};
use super::core::one_by_one;
use super::refusal::REORGANIZED;
use super::scripts::Scripts;
use super::{blocks, proof};
use crate::http::Http;
use crate::progress::Progress;
use crate::stop;

mod answers;
mod wire;

use answers::{Outspend, Status, Unspent};
use wire::Wire;

/// Most bytes of a block: 4,000,000, and a little.
const BLOCK_BYTES: u64 = 4_100_000;

/// One Esplora server.
#[derive(Clone, Debug)]
pub struct Esplora {
    wire: Wire,
}

impl Esplora {
    /// A server; its URL ends where `/blocks/tip/height` begins.
    pub fn new(http: Http) -> Self {
        Self { wire: Wire::new(http) }
    }

    fn hash_at(&self, height: u32) -> Result<Option<BlockHash>> {
        self.wire.text(&format!("/block-height/{height}"))
    }

    /// The network by its genesis block, which is a constant of each.
    fn network(&self) -> Result<BitcoinNetwork> {
        let genesis: BlockHash = self.wire.must("/block-height/0", self.hash_at(0)?)?;
        answers::network_of(&self.wire.name(), genesis)
    }

    fn block_of(&self, hash: BlockHash) -> Result<Block> {
        let path = format!("/block/{hash}/raw");
        let bytes = self.wire.bytes(&path, BLOCK_BYTES)?;
        proof::block(&self.wire.name(), hash, &self.wire.must(&path, bytes)?)
    }

    fn header_of(&self, hash: BlockHash) -> Result<Header> {
        let path = format!("/block/{hash}/header");
        let hex: String = self.wire.must(&path, self.wire.text(&path)?)?;
        proof::header(&self.wire.name(), hash, &hex)
    }

    /// The transaction, proven; none where the server does not know it.
    fn known(&self, txid: Txid) -> Result<Option<Transaction>> {
        let hex: Option<String> = self.wire.text(&format!("/tx/{txid}/hex"))?;
        hex.map(|hex| proof::transaction(&self.wire.name(), txid, &hex)).transpose()
    }

    /// What spends an output; none where nothing does, or the server does not know it.
    fn outspend(&self, coin: OutPoint) -> Result<Option<Outspend>> {
        let path = format!("/tx/{}/outspend/{}", coin.txid, coin.vout);
        let spend: Option<Outspend> = self.wire.json(&path)?;
        Ok(spend.filter(|spend| spend.spent))
    }

    /// The unspent outputs of a script, by Esplora's name for it: its SHA-256, not reversed.
    fn unspent(&self, script: &ScriptBuf) -> Result<Vec<Unspent>> {
        let name = sha256::Hash::hash(script.as_bytes());
        let path = format!("/scripthash/{name}/utxo");
        let unspent: Option<Vec<Unspent>> = self.wire.json(&path)?;
        self.wire.must(&path, unspent)
    }

    fn coins_of(&self, scripts: &Scripts<'_>, progress: &dyn Progress) -> Result<Vec<FoundCoin>> {
        let server = self.wire.name();
        let mut coins = Vec::new();
        for (done, (script, place)) in (1_u64..).zip(scripts.list()) {
            stop::check()?;
            for unspent in self.unspent(script)? {
                let outpoint = OutPoint::new(unspent.txid, unspent.vout);
                let known: Option<&FoundCoin> =
                    coins.iter().find(|coin: &&FoundCoin| coin.outpoint.txid == outpoint.txid);
                let transaction = match known {
                    Some(coin) => coin.transaction.clone(),
                    None => {
                        self.wire.must(&format!("/tx/{}/hex", unspent.txid), self.known(unspent.txid)?)?
                    }
                };
                if proof::output(&server, &transaction, outpoint)?.script_pubkey != *script {
                    return Err(proof::other(
                        &server,
                        format!(
                            "gives {outpoint} to branch {} index {} of {}",
                            place.branch, place.index, place.account
                        ),
                    ));
                }
                let height = unspent.status.height(&server)?;
                coins.push(scripts.coin(&server, outpoint, transaction, height)?);
            }
            progress.reach(done);
        }
        coins.sort_by(|a, b| {
            (&a.account, a.branch, a.index, a.outpoint).cmp(&(&b.account, b.branch, b.index, b.outpoint))
        });
        Ok(coins)
    }

    fn send(&self, transaction: &Transaction) -> Result<Verdict> {
        let txid = transaction.compute_txid();
        let (status, body) = self.wire.post("/tx", serialize_hex(transaction).as_bytes())?;
        answers::of_send(&self.wire.name(), txid, status, &body)
    }
}

impl BitcoinSource for Esplora {
    fn name(&self) -> String {
        self.wire.name()
    }

    /// How it stands, as far as it tells: it never says that it is behind, so `synced` is always true; the time of its tip
    /// is what can be judged.
    fn status(&self) -> Result<BitcoinStatus> {
        let network = self.network()?;
        let path = "/blocks/tip/hash";
        let hash: BlockHash = self.wire.must(path, self.wire.text(path)?)?;
        let path = format!("/block/{hash}/status");
        let place: answers::Place = self.wire.must(&path, self.wire.json(&path)?)?;
        let header = self.header_of(hash)?;
        let height = place.height.filter(|_| place.in_best_chain).ok_or_else(|| {
            REORGANIZED.error(format!("{} changed its best chain while its tip was read", self.wire.name()))
        })?;
        Ok(BitcoinStatus {
            network,
            height,
            hash,
            tip_time: Moment::from_unix(u64::from(header.time)),
            headers: height,
            synced: true,
            version: "Esplora".to_owned(),
            txindex: true,
            pruned: false,
        })
    }

    fn block_hash(&self, height: u32) -> Result<Option<BlockHash>> {
        self.hash_at(height)
    }

    fn fee_rates(&self) -> Result<Vec<FeeRate>> {
        let path = "/fee-estimates";
        let body = self.wire.bytes(path, crate::http::ANSWER_BYTES)?;
        answers::parse_rates(&self.wire.name(), &self.wire.must(path, body)?)
    }

    fn coins(&self, watched: &[Watched<'_>], progress: &dyn Progress) -> Result<Vec<FoundCoin>> {
        let scripts = Scripts::of(watched);
        let count = u64::try_from(scripts.list().len()).unwrap_or(0);
        progress.begin("asking for addresses", count);
        let coins = self.coins_of(&scripts, progress);
        progress.end();
        coins
    }

    fn payments(
        &self,
        scripts: &[ScriptBuf],
        from: u32,
        to: u32,
        progress: &dyn Progress,
    ) -> Result<Vec<Payment>> {
        let hash = |height: u32| -> Result<(u32, BlockHash)> {
            Ok((height, self.wire.must(&format!("/block-height/{height}"), self.hash_at(height)?)?))
        };
        let chain: Vec<(u32, BlockHash)> = (from..to.saturating_add(1)).map(hash).collect::<Result<_>>()?;
        blocks::payments(&self.wire.name(), scripts, &chain, progress, |hash| self.block_of(hash))
    }

    fn block(&self, hash: BlockHash) -> Result<Block> {
        self.block_of(hash)
    }

    fn header(&self, hash: BlockHash) -> Result<Header> {
        self.header_of(hash)
    }

    fn transaction(&self, txid: Txid, _block: Option<BlockHash>) -> Result<Option<Transaction>> {
        self.known(txid)
    }

    fn spender(&self, coin: OutPoint, _since: u32) -> Result<Option<Transaction>> {
        let by = self.outspend(coin)?.and_then(|spend| spend.txid);
        by.map_or(Ok(None), |by| self.known(by))
    }

    fn try_out(&self, _transactions: &[Transaction]) -> Result<Option<Vec<Verdict>>> {
        Ok(None)
    }

    fn submit(&self, transactions: &[Transaction]) -> Result<Vec<Verdict>> {
        one_by_one(transactions, vec![None; transactions.len()], |transaction| self.send(transaction))
    }

    fn whereabouts(&self, transaction: &Transaction, _since: u32) -> Result<Whereabouts> {
        let txid = transaction.compute_txid();
        let status: Option<Status> = self.wire.json(&format!("/tx/{txid}/status"))?;
        if let Some((height, hash)) = status.and_then(|status| status.block()) {
            return match self.hash_at(height)? {
                Some(there) if there == hash => Ok(Whereabouts::InBlock { height, hash }),
                Some(_) | None => Err(REORGANIZED.error(format!(
                    "{} changed its best chain while {txid} was looked for",
                    self.wire.name()
                ))),
            };
        }
        // An unknown transaction has the same status as one that waits.
        if self.known(txid)?.is_some() {
            return Ok(Whereabouts::Waiting);
        }
        for input in &transaction.input {
            let coin = input.previous_output;
            if let Some(by) = self.outspend(coin)?.filter(|spender| spender.txid != Some(txid)) {
                let in_block = by.status.as_ref().is_some_and(|status| status.block().is_some());
                return Ok(Whereabouts::Displaced { coin, by: by.txid, in_block });
            }
        }
        Ok(Whereabouts::Unknown)
    }
}
