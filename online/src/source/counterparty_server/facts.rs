//! The server's standing, blocks, assets and addresses.

use airlock::counterparty::asset::AssetId;
use airlock::network::BitcoinNetwork;
use airlock::snapshot::{AddressFacts, AssetFacts};
use airlock::text::Printable;
use airlock::{Error, Result};
use bitcoin::BlockHash;
use bitcoin::hex::FromHex as _;
use serde::Deserialize;

use super::envelope::{Reply, result_of};
use super::query::Query;
use super::refusal::{self, ANOTHER_ANSWER, NOT_A_SERVER, REFUSED, UNREADABLE, WRONG_NETWORK};
use super::{CounterpartyServer, row};
use crate::source::counterparty::{CounterpartyStatus, LedgerBlock};

/// Bit 0 of an address's options: sends without memo are invalid (counterparty.md 9.1).
const REQUIRES_MEMO: u64 = 1;
/// A dispenser that pays.
const OPEN: u32 = 0;
/// A dispenser that is being closed, and pays until then.
const CLOSING: u32 = 11;

/// Reads `/v2/`, which is answered at any time.
///
/// # Errors
/// [`NOT_A_SERVER`], [`UNREADABLE`], [`super::NOT_READY`], [`WRONG_NETWORK`] for a network that does not exist.
pub(super) fn status(reply: Reply) -> Result<CounterpartyStatus> {
    #[derive(Deserialize)]
    struct Root {
        server_ready: bool,
        network: String,
        version: String,
        backend_height: Option<u32>,
        counterparty_height: Option<u32>,
        ledger_state: String,
    }
    if reply.status != 200 {
        let status = reply.status;
        reply.told("/v2/")?;
        return Err(NOT_A_SERVER.error(format!("/v2/ is answered with {status}")));
    }
    let root: Root = result_of(&reply.body, "/v2/")?;
    let network: BitcoinNetwork =
        root.network.parse().map_err(|e: Error| WRONG_NETWORK.error(e.what().to_owned()))?;
    let (Some(height), Some(bitcoin_height)) = (root.counterparty_height, root.backend_height) else {
        return Err(refusal::not_ready(None));
    };
    Ok(CounterpartyStatus {
        network,
        version: root.version,
        height,
        bitcoin_height,
        ready: root.server_ready,
        state: root.ledger_state,
    })
}

/// Reads `/v2/blocks/HEIGHT`.
///
/// # Errors
/// [`UNREADABLE`], [`ANOTHER_ANSWER`].
pub(super) fn block(body: &[u8], height: u32) -> Result<LedgerBlock> {
    #[derive(Deserialize)]
    struct Block {
        block_index: u32,
        block_hash: BlockHash,
        ledger_hash: String,
    }
    let block: Block = result_of(body, "/v2/blocks")?;
    if block.block_index != height {
        return Err(ANOTHER_ANSWER.error(format!("block {} for block {height}", block.block_index)));
    }
    if <[u8; 32]>::from_hex(&block.ledger_hash).is_err() {
        return Err(UNREADABLE
            .error(format!("'{}' is no hash of the ledger in hex", Printable::new(&block.ledger_hash))));
    }
    Ok(LedgerBlock { height, hash: block.block_hash, ledger_hash: block.ledger_hash.to_lowercase() })
}

/// Reads `/v2/assets/NAME`. Servers find names in any case; only the one spelling belongs to the question.
///
/// # Errors
/// [`UNREADABLE`], [`ANOTHER_ANSWER`].
pub(super) fn asset(body: &[u8], name: &str) -> Result<AssetFacts> {
    #[derive(Deserialize)]
    struct Asset {
        #[serde(deserialize_with = "row::asset")]
        asset: String,
        asset_id: Option<String>,
        asset_longname: Option<String>,
        owner: Option<String>,
        divisible: bool,
        locked: bool,
    }
    let found: Asset = result_of(body, "/v2/assets")?;
    if found.asset != name && found.asset_longname.as_deref() != Some(name) {
        let longname = found.asset_longname.as_deref().unwrap_or("no longname");
        return Err(ANOTHER_ANSWER.error(format!(
            "asset {} ({}) for '{}'; names are spelled exactly",
            found.asset,
            Printable::new(longname),
            Printable::new(name)
        )));
    }
    let id = AssetId::from_name(&found.asset)?.to_u64().to_string();
    if found.asset_id.as_ref().is_some_and(|told| *told != id) {
        let told = found.asset_id.unwrap_or_default();
        return Err(ANOTHER_ANSWER.error(format!(
            "asset {} has the id {id}, not {}",
            found.asset,
            Printable::new(&told)
        )));
    }
    Ok(AssetFacts {
        name: found.asset,
        id,
        longname: found.asset_longname,
        divisible: found.divisible,
        locked: found.locked,
        owner: found.owner,
    })
}

/// Reads `/v2/addresses/A/options`: whether sends need a memo.
///
/// # Errors
/// [`UNREADABLE`], [`ANOTHER_ANSWER`].
pub(super) fn requires_memo(body: &[u8], address: &str) -> Result<bool> {
    #[derive(Deserialize)]
    struct Options {
        address: String,
        options: u64,
    }
    let found: Options = result_of(body, "/v2/addresses/options")?;
    check_address(&found.address, address)?;
    Ok(found.options & REQUIRES_MEMO != 0)
}

/// A dispenser.
#[derive(Debug, Deserialize)]
pub(super) struct Dispenser {
    source: String,
    status: u32,
}

fn check_address(found: &str, asked: &str) -> Result<()> {
    match found == asked {
        true => Ok(()),
        false => Err(ANOTHER_ANSWER.error(format!("address {} for {asked}", Printable::new(found)))),
    }
}

impl CounterpartyServer {
    pub(super) fn read_address(&self, address: &str) -> Result<AddressFacts> {
        let options = Query::of(&["addresses", address, "options"]);
        let requires_memo = self
            .fact(&options, |body| requires_memo(body, address))?
            .ok_or_else(|| self.named(REFUSED.error("the server knows no options of addresses")))?;
        let dispensers = Query::of(&["addresses", address, "dispensers"]).with("status", "open,closing");
        let found: Vec<Dispenser> = self.rows(&dispensers)?.rows;
        for dispenser in &found {
            check_address(&dispenser.source, address).map_err(|e| self.named(e))?;
            if ![OPEN, CLOSING].contains(&dispenser.status) {
                return Err(self.named(
                    ANOTHER_ANSWER.error(format!(
                        "a dispenser in state {} among those that are open",
                        dispenser.status
                    )),
                ));
            }
        }
        let dispensers = u32::try_from(found.len()).unwrap_or(u32::MAX);
        Ok(AddressFacts { address: address.to_owned(), requires_memo, dispensers })
    }
}
