//! What can go wrong between a question and a fact of the ledger.

use airlock::text::Printable;
use airlock::{Code, Error, Exit};

use super::envelope::Heights;

/// A server that has not parsed all blocks.
pub static BEHIND: Code = Code::new(
    "E-SRCCP-001",
    Exit::Fixable,
    "The Counterparty server has not parsed all blocks that its Bitcoin node knows: its balances and judgements are those \
     of an earlier block. What it says of its own readiness does not count, the two heights do.",
    "Wait and ask again; after a new block a few seconds are usual. If the distance does not shrink, look at the server.",
);
/// A server that starts, or does not know its node's height.
pub static NOT_READY: Code = Code::new(
    "E-SRCCP-002",
    Exit::Fixable,
    "The Counterparty server starts up or is catching up, and answers nothing yet.",
    "Wait and ask again; `airlock-online doctor` shows how far it is.",
);
/// A server on another network.
pub static WRONG_NETWORK: Code = Code::new(
    "E-SRCCP-003",
    Exit::Fixable,
    "The Counterparty server is on another network than the one in airlock.toml; nothing that it says concerns these \
     accounts.",
    "Correct url or network in airlock.toml. Usual ports: 4000 mainnet, 14000 testnet3, 44000 testnet4, 34000 signet, \
     24000 regtest.",
);
/// Something else than a Counterparty server.
pub static NOT_A_SERVER: Code = Code::new(
    "E-SRCCP-004",
    Exit::Environment,
    "What answers is no counterparty-server with API v2, or something stands before it: the heights or the usual form of \
     an answer are missing.",
    "Check the url in airlock.toml: scheme, host and port, without /v2. Proxies must pass the X- headers on.",
);
/// An answer of the wrong form.
pub static UNREADABLE: Code = Code::new(
    "E-SRCCP-005",
    Exit::Environment,
    "The answer has another form than API v2 documents: a member is missing, has another type, or a number is out of \
     range. Quantities are whole numbers from 0 to 2^63-1 and nothing else.",
    "Check the server's version (11.x is known to work); do not use it before the reason is found.",
);
/// An answer to another question.
pub static ANOTHER_ANSWER: Code = Code::new(
    "E-SRCCP-006",
    Exit::Environment,
    "The answer does not belong to the question, or contradicts itself: another address, asset, transaction or block, \
     rows missing, or rows twice. A proxy mixes answers up, or somebody lies.",
    "Ask another server. Plan nothing on the word of this one.",
);
/// A server without its node.
pub static NODE_DOWN: Code = Code::new(
    "E-SRCCP-007",
    Exit::Environment,
    "The Counterparty server cannot reach its own Bitcoin node or Electrs, and does not notice: its heights stand still.",
    "Start the Bitcoin node that the server follows, and check that its height grows.",
);
/// A question that the server does not take.
pub static REFUSED: Code = Code::new(
    "E-SRCCP-008",
    Exit::Environment,
    "The Counterparty server refuses the question. Nothing was changed by it.",
    "Check the server's version: 11.x takes all questions that are asked; then the address or the asset.",
);
/// A failure inside the server.
pub static BROKEN: Code = Code::new(
    "E-SRCCP-009",
    Exit::Environment,
    "The Counterparty server failed while it worked on the question. Nothing was changed by it.",
    "Try again; if it stays, look into the server's log or ask another server.",
);
/// More pages than can be.
pub static TOO_MANY: Code = Code::new(
    "E-SRCCP-010",
    Exit::Environment,
    "The answer goes on for more pages, rows or bytes than any list of a treasury has (200,000 rows, 64 MiB), or comes back to \
     a page that was already read.",
    "Ask another server; for an address with a very long history read fewer blocks at a time.",
);
/// A ledger that moved between two pages.
pub static MOVED: Code = Code::new(
    "E-SRCCP-011",
    Exit::Fixable,
    "New blocks were parsed, or the chain was reorganised, while the answer was read: its pages belong to different blocks. \
     What was read is thrown away.",
    "Ask again.",
);
/// A block that the ledger does not have.
pub static NOT_REACHED: Code = Code::new(
    "E-SRCCP-012",
    Exit::Fixable,
    "The Counterparty ledger has not reached the block, or no longer has it after a reorganisation.",
    "Wait until the server has parsed the block, and ask again.",
);
/// A payment that the server does not compose.
pub static CANNOT_COMPOSE: Code = Code::new(
    "E-SRCCP-013",
    Exit::Fixable,
    "The server does not compose this payment, so that there is no second opinion. The plan does not depend on it.",
    "Read the server's reason: `insufficient funds` or `requires memo` would concern the plan as well.",
);
/// An address that the server does not take.
pub static BAD_ADDRESS: Code = Code::new(
    "E-SRCCP-014",
    Exit::BadInput,
    "The Counterparty server does not take the address: damaged, or of another network.",
    "Check the address, and that the server is on the network of airlock.toml.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[
    &BEHIND,
    &NOT_READY,
    &WRONG_NETWORK,
    &NOT_A_SERVER,
    &UNREADABLE,
    &ANOTHER_ANSWER,
    &NODE_DOWN,
    &REFUSED,
    &BROKEN,
    &TOO_MANY,
    &MOVED,
    &NOT_REACHED,
    &CANNOT_COMPOSE,
    &BAD_ADDRESS,
];

/// Most blocks by which a server lags in daily work.
const USUAL_LAG: u32 = 2;
/// Blocks that a server parses in a minute while it catches up: a careful guess, for the length of the wait only.
const BLOCKS_A_MINUTE: u32 = 60;

/// The refusal of a server that lags.
pub(super) fn behind(heights: Heights) -> Error {
    let lag = heights.bitcoin.saturating_sub(heights.ledger);
    let wait = match lag {
        0..=USUAL_LAG => "usually less than a minute".to_owned(),
        _ => format!("roughly {} min", lag.div_ceil(BLOCKS_A_MINUTE)),
    };
    BEHIND.error(format!(
        "the ledger is at block {}, its Bitcoin node at block {}: {lag} to parse, {wait}",
        heights.ledger, heights.bitcoin
    ))
}

/// The refusal of a server that answers nothing yet.
pub(super) fn not_ready(heights: Option<Heights>) -> Error {
    match heights {
        Some(heights) if heights.ledger < heights.bitcoin => {
            let behind = behind(heights);
            NOT_READY.error(format!("not ready; {}", behind.what()))
        }
        Some(heights) => NOT_READY.error(format!(
            "not ready; the ledger is at block {}, its Bitcoin node at block {}",
            heights.ledger, heights.bitcoin
        )),
        None => NOT_READY
            .error("not ready; it does not know the heights of ledger and node, so wait some minutes"),
    }
}

/// What a 400 means, from the server's words: they are the only thing that it says.
pub(super) fn of_words(what: &str, words: &str) -> Error {
    let shown = Printable::new(words);
    let told = || format!("{} is refused: {shown}", Printable::new(what));
    if words.contains("Electrs backends failed") || words.contains("Max retries exceeded") {
        return NODE_DOWN.error(told());
    }
    if words.starts_with("Invalid address") {
        return BAD_ADDRESS.error(told());
    }
    if words.starts_with("Unrecognized parameter") || words.starts_with("Missing required parameter") {
        return REFUSED
            .error(told())
            .with_next("This version of the server has another API; 11.x is known to work.");
    }
    REFUSED.error(told())
}
