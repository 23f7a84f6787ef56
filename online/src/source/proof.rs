//! What a server says is believed as far as it proves itself: a transaction hashes to its txid, a block to its hash and
//! its transactions to the root in its header.

use airlock::network::BitcoinNetwork;
use airlock::text::Printable;
use airlock::{Code, Error, Exit, Result};
use bitcoin::block::Header;
use bitcoin::consensus::Params;
use bitcoin::consensus::encode::{deserialize, deserialize_hex};
use bitcoin::{Amount, Block, BlockHash, OutPoint, Target, Transaction, TxOut, Txid};
use serde::Deserialize;

/// An answer that is not in the form of its protocol.
pub static BAD_ANSWER: Code = Code::new(
    "E-SRC-001",
    Exit::Environment,
    "The server's answer is not in the form that its protocol has: it is cut off, of another program, or something stands \
     between. Nothing of it was used.",
    "Check that the url in airlock.toml is that of the right server and that its version is supported; then try again.",
);
/// An answer to another question.
pub static OTHER_ANSWER: Code = Code::new(
    "E-SRC-002",
    Exit::Environment,
    "The server answered with another transaction, block, script or address than was asked for, or with data that \
     contradicts itself. A healthy server never does. Nothing of the answer was used.",
    "Do not use this server until you know why; ask another one, best a node of your own.",
);

/// The least difficulty of a block on mainnet, less than a hundredth of what it was in 2025.
const LEAST_DIFFICULTY: u128 = 1_000_000_000_000;

/// The codes of this module.
pub static CODES: &[&Code] = &[&BAD_ANSWER, &OTHER_ANSWER];

/// Reads JSON of a foreign server: members that we do not use are passed over.
///
/// # Errors
/// [`BAD_ANSWER`].
pub fn json<'a, T: Deserialize<'a>>(server: &str, what: &str, body: &'a [u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|e| bad(server, what, &e.to_string()))
}

/// Says that an answer is not in the form of its protocol.
pub fn bad(server: &str, what: &str, why: &str) -> Error {
    BAD_ANSWER.error(format!("{server} answers {}: {}", Printable::new(what), Printable::new(why)))
}

/// Says that an answer does not belong to the question.
pub fn other(server: &str, why: impl core::fmt::Display) -> Error {
    OTHER_ANSWER.error(format!("{server} {why}"))
}

/// Reads a transaction in hex and proves that it is the one asked for.
///
/// # Errors
/// [`BAD_ANSWER`] and [`OTHER_ANSWER`].
pub fn transaction(server: &str, txid: Txid, hex: &str) -> Result<Transaction> {
    let read: Transaction = deserialize_hex(hex.trim_end())
        .map_err(|e| bad(server, &format!("transaction {txid}"), &e.to_string()))?;
    let found = read.compute_txid();
    if found != txid {
        return Err(other(server, format!("gives transaction {found} when asked for {txid}")));
    }
    Ok(read)
}

/// The output of a proven transaction.
///
/// # Errors
/// [`OTHER_ANSWER`] where it has no such output, or one of more than all bitcoin.
pub fn output<'a>(server: &str, transaction: &'a Transaction, outpoint: OutPoint) -> Result<&'a TxOut> {
    let place = usize::try_from(outpoint.vout).ok();
    let output = place.and_then(|place| transaction.output.get(place)).ok_or_else(|| {
        let count = transaction.output.len();
        other(server, format!("names output {outpoint}; the transaction has {count}"))
    })?;
    if output.value > Amount::MAX_MONEY {
        return Err(other(server, format!("gives output {outpoint} more than 21 million bitcoin")));
    }
    Ok(output)
}

/// Reads a block header in hex and proves that it is the one asked for.
///
/// # Errors
/// [`BAD_ANSWER`] and [`OTHER_ANSWER`].
pub fn header(server: &str, hash: BlockHash, hex: &str) -> Result<Header> {
    let header: Header = deserialize_hex(hex.trim_end())
        .map_err(|e| bad(server, &format!("header of block {hash}"), &e.to_string()))?;
    let found = header.block_hash();
    if found != hash {
        return Err(other(server, format!("gives the header of block {found} when asked for {hash}")));
    }
    check_work(server, &header)?;
    Ok(header)
}

/// Checks that a header's hash meets the target that the header itself states.
fn check_work(server: &str, header: &Header) -> Result<()> {
    header.validate_pow(header.target()).map(|_| ()).map_err(|_| {
        other(server, format!("gives block {} without the work that it states", header.block_hash()))
    })
}

/// Checks that the target of a proven header is as hard as any block of today has it. On other networks blocks may be
/// cheap.
///
/// # Errors
/// [`OTHER_ANSWER`].
pub fn check_difficulty(server: &str, header: &Header, network: BitcoinNetwork) -> Result<()> {
    if network != BitcoinNetwork::Mainnet {
        return Ok(());
    }
    let target = header.target();
    let difficulty = if target == Target::ZERO { 0 } else { target.difficulty(Params::MAINNET) };
    match difficulty >= LEAST_DIFFICULTY {
        true => Ok(()),
        false => Err(other(
            server,
            format!(
                "gives block {} of difficulty {difficulty}; mainnet has been above {LEAST_DIFFICULTY} since 2017",
                header.block_hash()
            ),
        )),
    }
}

/// Reads a block and proves that it is the one asked for and that its transactions belong to it.
///
/// # Errors
/// [`BAD_ANSWER`] and [`OTHER_ANSWER`].
pub fn block(server: &str, hash: BlockHash, bytes: &[u8]) -> Result<Block> {
    let block: Block =
        deserialize(bytes).map_err(|e| bad(server, &format!("block {hash}"), &e.to_string()))?;
    let found = block.block_hash();
    if found != hash {
        return Err(other(server, format!("gives block {found} when asked for {hash}")));
    }
    check_work(server, &block.header)?;
    if !block.check_merkle_root() {
        return Err(other(server, format!("gives block {hash} with transactions that are not in it")));
    }
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::consensus::encode::{serialize, serialize_hex};
    use bitcoin::hashes::Hash;

    fn genesis() -> Block {
        bitcoin::constants::genesis_block(bitcoin::Network::Regtest)
    }

    #[test]
    fn believes_a_block_whose_hash_and_root_hold_and_no_other() {
        let whole = genesis();
        let hash = whole.block_hash();
        assert_eq!(block("node", hash, &serialize(&whole)).unwrap(), whole);
        let lie = BlockHash::from_byte_array([7; 32]);
        assert_eq!(block("node", lie, &serialize(&whole)).unwrap_err().code(), &OTHER_ANSWER);
        let mut swapped = whole.clone();
        swapped.txdata[0].output[0].value = Amount::from_sat(1);
        assert_eq!(block("node", hash, &serialize(&swapped)).unwrap_err().code(), &OTHER_ANSWER);
        let mut longer = serialize(&whole);
        longer.push(0);
        assert_eq!(block("node", hash, &longer).unwrap_err().code(), &BAD_ANSWER);
    }

    #[test]
    fn believes_no_block_without_work_and_on_mainnet_no_cheap_one() {
        let mut idle = genesis();
        while idle.header.validate_pow(idle.header.target()).is_ok() {
            idle.header.nonce += 1;
        }
        let hash = idle.block_hash();
        assert_eq!(block("node", hash, &serialize(&idle)).unwrap_err().code(), &OTHER_ANSWER);
        let hex = serialize_hex(&idle.header);
        assert_eq!(header("node", hash, &hex).unwrap_err().code(), &OTHER_ANSWER);
        // Its hash is of real work, and its target is that of 2009.
        let first = bitcoin::constants::genesis_block(bitcoin::Network::Bitcoin).header;
        let cheap = check_difficulty("node", &first, BitcoinNetwork::Mainnet).unwrap_err();
        assert!(cheap.code() == &OTHER_ANSWER && cheap.what().contains("difficulty 1;"), "{cheap:?}");
        check_difficulty("node", &first, BitcoinNetwork::Testnet4).unwrap();
    }

    #[test]
    fn believes_a_header_and_a_transaction_that_hash_to_their_names() {
        let whole = genesis();
        let hash = whole.block_hash();
        assert_eq!(header("node", hash, &serialize_hex(&whole.header)).unwrap(), whole.header);
        let lie = BlockHash::from_byte_array([7; 32]);
        assert_eq!(header("node", lie, &serialize_hex(&whole.header)).unwrap_err().code(), &OTHER_ANSWER);
        let first = &whole.txdata[0];
        let txid = first.compute_txid();
        assert_eq!(transaction("node", txid, &serialize_hex(first)).unwrap(), *first);
        let other = Txid::from_byte_array([7; 32]);
        assert_eq!(transaction("node", other, &serialize_hex(first)).unwrap_err().code(), &OTHER_ANSWER);
        assert_eq!(transaction("node", txid, "00").unwrap_err().code(), &BAD_ANSWER);
        let beyond = OutPoint::new(txid, 1);
        assert_eq!(output("node", first, beyond).unwrap_err().code(), &OTHER_ANSWER);
    }

    #[test]
    fn reads_json_with_members_that_are_not_ours_and_refuses_the_rest() {
        #[derive(Deserialize)]
        struct Part {
            height: u32,
        }
        let read: Part = json("node", "it", br#"{"height":7,"fee":1e-5,"deep":[[[]]]}"#).unwrap();
        assert_eq!(read.height, 7);
        for hostile in [
            &b"{\"height\":-1}"[..],
            b"{\"height\":7,\"height\":8}",
            b"{\"height\":7.5}",
            b"<html>",
            b"{\"height\":7} x",
        ] {
            assert_eq!(json::<Part>("node", "it", hostile).err().unwrap().code(), &BAD_ANSWER);
        }
        let deep = "[".repeat(100_000);
        assert!(json::<serde_json::Value>("node", "it", deep.as_bytes()).is_err());
    }
}
