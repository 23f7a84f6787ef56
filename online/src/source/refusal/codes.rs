//! The codes: what it means for the money, and what to do next.

use airlock::{Code, Exit};

/// The node is starting.
pub static WARMING_UP: Code = Code::new(
    "E-BTC-001",
    Exit::Fixable,
    "Bitcoin Core is starting: it loads and checks its blocks before it answers, which takes from seconds to an hour. \
     Nothing was asked of the chain and nothing was sent.",
    "Wait until the node is up, then run the same command again.",
);
/// The wallet is not there.
pub static NO_WALLET: Code = Code::new(
    "E-BTC-002",
    Exit::Fixable,
    "The watch-only wallet that airlock.toml names is not loaded in Bitcoin Core, so its coins cannot be seen. Nothing was \
     sent.",
    "Load it with `bitcoin-cli loadwallet NAME`, or take `wallet` out of airlock.toml: then the whole set of unspent outputs \
     is looked through instead.",
);
/// The wallet does not watch an account.
pub static NOT_WATCHED: Code = Code::new(
    "E-BTC-003",
    Exit::Fixable,
    "The watch-only wallet does not watch all addresses of the account, so coins would be missing without a word. Nothing was \
     planned from it.",
    "Import the account's two descriptors into the wallet with `bitcoin-cli importdescriptors`, with a range that reaches the \
     index named here and the timestamp of the account's first use; or take `wallet` out of airlock.toml.",
);
/// The wallet is behind.
pub static WALLET_BEHIND: Code = Code::new(
    "E-BTC-004",
    Exit::Fixable,
    "The watch-only wallet is still looking through old blocks, so coins may be missing. Nothing was planned from it.",
    "Wait until `bitcoin-cli -rpcwallet=NAME getwalletinfo` says `\"scanning\": false`, then run the same command again.",
);
/// A method that the node does not have.
pub static NO_METHOD: Code = Code::new(
    "E-BTC-005",
    Exit::Environment,
    "The node does not know this call: it is older than Bitcoin Core 24, or was built or started without wallets. Nothing \
     was sent.",
    "Use Bitcoin Core 24 or later; for `wallet` in airlock.toml the node must run with wallets.",
);
/// Parameters that the node does not take.
pub static BAD_CALL: Code = Code::new(
    "E-BTC-006",
    Exit::Environment,
    "The node does not understand the parameters of a call. Airlock checks them before it asks, so the server is probably of \
     another kind or of a version that Airlock does not know. Nothing was sent.",
    "Check the version of the node, and that `kind` and `url` in airlock.toml are right; report it with the words of the node.",
);
/// Something that the node does not have.
pub static NOT_THERE: Code = Code::new(
    "E-BTC-007",
    Exit::Environment,
    "The node does not have the block or transaction that was asked for: it is behind, or the chain was reorganized in the \
     meantime. Nothing was sent.",
    "Run the same command again; if it stays, compare the node's tip with another node's (`airlock-online doctor`).",
);
/// A scan is going on.
pub static SCAN_BUSY: Code = Code::new(
    "E-BTC-008",
    Exit::Fixable,
    "Bitcoin Core looks through the set of unspent outputs for one caller at a time, and another scan is running. Nothing was \
     sent.",
    "Wait until it is over, or end it with `bitcoin-cli scantxoutset abort`; then run the same command again.",
);
/// Thrown away blocks.
pub static PRUNED: Code = Code::new(
    "E-BTC-009",
    Exit::Environment,
    "The node has thrown this old block away (it is pruned) or has not loaded it yet, so a transaction in it cannot be shown. \
     Nothing was sent.",
    "Name a node with all blocks in airlock.toml. For coins, not for deposits, a `wallet` of this one that watches the accounts \
     does as well: it keeps their transactions.",
);
/// The node is alone.
pub static NOT_CONNECTED: Code = Code::new(
    "E-BTC-010",
    Exit::Fixable,
    "The node has no connection to others, or is still loading the chain: what it says may be old, and what it is given goes \
     nowhere yet.",
    "Check the node's network (`bitcoin-cli getpeerinfo`), wait until it has caught up, then run the same command again.",
);
/// The node is in trouble.
pub static NODE_TROUBLE: Code = Code::new(
    "E-BTC-011",
    Exit::Environment,
    "The node has trouble of its own: disk, memory or database. What was submitted before is remembered and can be followed.",
    "Look into the node's debug.log; use another server in airlock.toml until it is well.",
);
/// Words that are not known, to a question.
pub static OTHER_ERROR: Code = Code::new(
    "E-BTC-012",
    Exit::Environment,
    "The node answered a question with an error that Airlock does not know. Nothing was sent.",
    "Read the node's own words in the message; run the same command again, or use another server.",
);
/// A transaction that cannot be found.
pub static OUT_OF_SIGHT: Code = Code::new(
    "E-BTC-013",
    Exit::Environment,
    "The transaction's coins are spent, but its block cannot be found among the last 1,000: without `txindex` the node cannot \
     tell whether it was this transaction or another one.",
    "Look the transaction up by its txid on a node with `txindex=1`; name such a node in airlock.toml.",
);
/// The chain moved under the question.
pub static REORGANIZED: Code = Code::new(
    "E-BTC-014",
    Exit::Fixable,
    "The best chain changed while it was being read. Nothing of what was read was used.",
    "Run the same command again.",
);
/// The scan ended early.
pub static SCAN_ENDED: Code = Code::new(
    "E-BTC-015",
    Exit::Fixable,
    "Somebody ended the scan of the unspent outputs before it was through, so coins would be missing. Nothing was planned.",
    "Run the same command again.",
);

/// Its coins are not there.
pub static INPUTS_GONE: Code = Code::new(
    "E-BTC-020",
    Exit::Refused,
    "A coin that the transaction spends is not there: it was spent by another transaction, or the transaction that makes it is \
     not known to this node yet. This transaction moved no money.",
    "Run `airlock-online status`: it tells what spent the coin. If an earlier step of the same bundle is missing, broadcast it \
     first; if something else took the coin, plan the payment again, after making sure that it was not paid already.",
);
/// A waiting transaction stands against it.
pub static CONFLICT: Code = Code::new(
    "E-BTC-021",
    Exit::Refused,
    "A transaction that waits for a block spends the same coin, and this one may not replace it. This transaction moved no \
     money; the other one may still pay.",
    "Wait for the other one: run `airlock-online status`. To replace it, plan with a higher fee so that it gives way.",
);
/// It does not pay enough to replace.
pub static REPLACEMENT_TOO_CHEAP: Code = Code::new(
    "E-BTC-022",
    Exit::Fixable,
    "A waiting transaction spends the same coin; to take its place this one must pay more in total and per byte (BIP-125). \
     This transaction moved no money; the other one still may.",
    "Broadcast a step of the fee ladder with a higher fee, or plan and sign one with a higher fee.",
);
/// Below the least fee of relays.
pub static FEE_TOO_LOW: Code = Code::new(
    "E-BTC-023",
    Exit::Fixable,
    "The fee is below the least that the node relays. The transaction went nowhere and moved no money.",
    "Plan it again with a higher fee, or broadcast a step of the fee ladder with a higher fee.",
);
/// Below what waits already.
pub static MEMPOOL_FULL: Code = Code::new(
    "E-BTC-024",
    Exit::Fixable,
    "So many transactions wait that the node keeps only those with a higher fee than this one. It went nowhere and moved no \
     money, but stays valid: whoever has it can hand it over later.",
    "Broadcast again when fees have fallen, or plan and sign one with a higher fee.",
);
/// An output too small.
pub static DUST: Code = Code::new(
    "E-BTC-025",
    Exit::Refused,
    "An output is smaller than what nodes relay (dust): spending it would cost more than it holds. The transaction moved no \
     money.",
    "Plan it again with a larger amount or without that output; 546 sat pass for every kind of address.",
);
/// Not yet: lock time.
pub static NOT_YET: Code = Code::new(
    "E-BTC-026",
    Exit::Fixable,
    "The transaction may not go into the next block: its lock time is not reached. It moved no money and stays valid.",
    "Broadcast again after the block height or time of its lock time; `airlock-online inspect` shows it.",
);
/// Not yet: relative lock.
pub static NOT_YET_RELATIVE: Code = Code::new(
    "E-BTC-027",
    Exit::Fixable,
    "A coin that the transaction spends is younger than its sequence number demands (BIP-68). It moved no money and stays \
     valid.",
    "Broadcast again when the coin has the confirmations that the sequence asks for.",
);
/// More than the limit of the caller.
pub static FEE_TOO_HIGH: Code = Code::new(
    "E-BTC-028",
    Exit::Refused,
    "The server refuses the fee, or the amount that nobody can spend, as too high. Airlock's own limits were kept when it was \
     planned and signed, so this limit is the server's. The transaction moved no money.",
    "Look at the fee with `airlock-online inspect`. If it is meant, hand the transaction to a Bitcoin Core of your own, which \
     Airlock asks without a limit; otherwise plan again with a lower fee.",
);
/// The scripts do not pass.
pub static SCRIPT_FAILED: Code = Code::new(
    "E-BTC-029",
    Exit::Refused,
    "A signature or script does not satisfy the coin that it spends. The transaction can never confirm as it is; it moved no \
     money.",
    "Do not retry. Verify the signed file with `airlock-online verify` against its bundle; sign again, and if it stays, stop \
     and find out whether the signer and the bundle have the same keys.",
);
/// Too many waiting.
pub static CHAIN_TOO_LONG: Code = Code::new(
    "E-BTC-030",
    Exit::Fixable,
    "Too many unconfirmed transactions hang together (usually more than 25 in a row, since Bitcoin Core 31 more than 64). It \
     moved no money and stays valid.",
    "Wait until earlier ones are in a block, then broadcast again: what waits already is not sent twice.",
);
/// Data that the node does not relay.
pub static DATA_REFUSED: Code = Code::new(
    "E-BTC-031",
    Exit::Fixable,
    "This node does not relay the OP_RETURN data of the transaction: too large, more than one, or none at all by its settings \
     (`datacarrier`, `datacarriersize`). It moved no money and stays valid.",
    "Add a server with default settings of Bitcoin Core 30 or later to airlock.toml, or raise `datacarriersize`; or plan with \
     another encoding.",
);
/// Valid but not relayed.
pub static NOT_STANDARD: Code = Code::new(
    "E-BTC-032",
    Exit::Fixable,
    "The transaction follows the rules of the chain, but this node does not relay its kind of output, input or version. It \
     moved no money.",
    "Try a server with default settings; if that refuses too, plan with another encoding or kind of address.",
);
/// Too large.
pub static TOO_LARGE: Code = Code::new(
    "E-BTC-033",
    Exit::Refused,
    "The transaction is larger than the 100,000 virtual bytes that nodes relay, or smaller than 65 bytes. It moved no money.",
    "Split it: plan fewer payments or coins in one transaction.",
);
/// Fresh coins of a miner.
pub static IMMATURE: Code = Code::new(
    "E-BTC-034",
    Exit::Fixable,
    "It spends newly mined coins, which may be spent after 100 blocks. It moved no money and stays valid.",
    "Broadcast again when the coin has 100 confirmations.",
);
/// Against the rules.
pub static INVALID: Code = Code::new(
    "E-BTC-035",
    Exit::Refused,
    "The transaction breaks a rule of the chain and can never confirm, whatever the node. It moved no money.",
    "Do not retry. Verify the signed file with `airlock-online verify`; plan and sign again.",
);
/// A package that is not taken.
pub static PACKAGE: Code = Code::new(
    "E-BTC-036",
    Exit::Fixable,
    "The node does not take these transactions together: their order, number or relation is not what its package rules \
     allow. None of them was judged by itself, and none moved money.",
    "Broadcast again: what the node took already is not sent twice. If it stays, use another server.",
);
/// Words that are not known, to a transaction.
pub static OTHER_REFUSAL: Code = Code::new(
    "E-BTC-037",
    Exit::Refused,
    "The node does not take the transaction, for a reason that Airlock does not know. As far as this node goes it moved no \
     money; another node may see it otherwise.",
    "Read the node's own words in the message, then run `airlock-online status` before doing anything else.",
);

/// All of them.
pub static CODES: &[&Code] = &[
    &WARMING_UP,
    &NO_WALLET,
    &NOT_WATCHED,
    &WALLET_BEHIND,
    &NO_METHOD,
    &BAD_CALL,
    &NOT_THERE,
    &SCAN_BUSY,
    &PRUNED,
    &NOT_CONNECTED,
    &NODE_TROUBLE,
    &OTHER_ERROR,
    &OUT_OF_SIGHT,
    &REORGANIZED,
    &SCAN_ENDED,
    &INPUTS_GONE,
    &CONFLICT,
    &REPLACEMENT_TOO_CHEAP,
    &FEE_TOO_LOW,
    &MEMPOOL_FULL,
    &DUST,
    &NOT_YET,
    &NOT_YET_RELATIVE,
    &FEE_TOO_HIGH,
    &SCRIPT_FAILED,
    &CHAIN_TOO_LONG,
    &DATA_REFUSED,
    &NOT_STANDARD,
    &TOO_LARGE,
    &IMMATURE,
    &INVALID,
    &PACKAGE,
    &OTHER_REFUSAL,
];
