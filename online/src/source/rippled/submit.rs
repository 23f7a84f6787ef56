//! Trying and handing over a transaction: `simulate`, `submit`.

use airlock::text::Printable;
use airlock::xrp::{Transaction, TransactionType};
use airlock::{Error, Result};
use bitcoin::hex::{DisplayHex, FromHex};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::{
    AMENDMENT_BLOCKED, Asker, BUSY, NOT_SYNCED, NOT_TAKEN, Said, TOO_OLD, bad, foreign, members_of,
};
use super::{figure, status};
use crate::source::engine::Class;
use crate::source::xrpl::Engine;

/// What to do when nobody knows whether the server took it.
const LOOK_IT_UP: &str = "Whether the server took the transaction is not known. `airlock-online status` looks it up by its \
                          hash; handing the same transaction over again does no harm. Do not plan a second payment.";

#[derive(Deserialize)]
struct EngineAnswer {
    engine_result: String,
    engine_result_code: i64,
    #[serde(default)]
    engine_result_message: String,
    #[serde(default)]
    applied: bool,
    #[serde(default)]
    queued: bool,
    validated_ledger_index: Option<u32>,
    tx_json: Option<Map<String, Value>>,
}

/// A trial run; none where the server cannot give one without harm. Signatures are left out: `simulate` refuses them, and
/// nothing signed leaves before it is meant to.
///
/// rippled runs a trial through its real queue: whatever does not pay the open ledger's price is queued there, unsigned, and
/// for some ledgers the signed transaction gets no place of its own (telCAN_NOT_QUEUE_FEE). So in a busy ledger nothing is
/// tried.
pub(super) fn simulate(asker: &Asker<'_>, tx_json: &Map<String, Value>) -> Result<Option<Engine>> {
    const METHOD: &str = "simulate";
    let mut unsigned = tx_json.clone();
    for signature in ["TxnSignature", "Signers", "hash"] {
        unsigned.remove(signature);
    }
    let fee = status::fee(asker)?;
    // A deletion costs much by itself: it is measured by another price.
    let is_deletion = unsigned.get("TransactionType").and_then(Value::as_str) == Some("AccountDelete");
    let offered = unsigned.get("Fee").and_then(Value::as_str).and_then(figure::drops).unwrap_or_default();
    if fee.open > if is_deletion { fee.base } else { offered } {
        return Ok(None);
    }
    let members = match asker.ask(METHOD, json!({ "tx_json": unsigned }))? {
        Said::Result(members) => members,
        Said::Refused(refusal)
            if ["unknownCmd", "unknownMethod", "notSupported", "notImpl"]
                .contains(&refusal.name.as_str()) =>
        {
            return Ok(None);
        }
        Said::Refused(refusal) => return Err(refusal.error(METHOD)),
    };
    let answer: EngineAnswer = members_of(METHOD, members)?;
    if answer.applied {
        return Err(bad(METHOD, "it says that the trial was applied"));
    }
    for name in ["Account", "TransactionType", "Sequence", "TicketSequence", "Destination"] {
        let theirs = answer.tx_json.as_ref().map(|theirs| theirs.get(name));
        if theirs.is_some_and(|theirs| theirs != unsigned.get(name)) && unsigned.contains_key(name) {
            return Err(foreign(METHOD, "is about another transaction"));
        }
    }
    engine(METHOD, answer).map(Some)
}

/// Hands over a signed transaction. A deletion is not to be kept or passed on where it fails here: its fee is large
/// and taken even then (xrpl.md 9.6).
pub(super) fn submit(asker: &Asker<'_>, tx_blob: &str) -> Result<Engine> {
    const METHOD: &str = "submit";
    let not_ours = |why: &str| NOT_TAKEN.error(format!("what is to be handed over {why}"));
    let bytes = Vec::<u8>::from_hex(tx_blob).map_err(|_| not_ours("is not in hex"))?;
    let transaction = Transaction::from_blob(&bytes)?;
    let hash = transaction.hash().ok_or_else(|| not_ours("is not signed"))?.to_upper_hex_string();
    let fail_hard = transaction.transaction_type() == TransactionType::AccountDelete;
    let unknown = |error: Error| error.with_next(LOOK_IT_UP);
    let said = asker.ask(METHOD, json!({ "tx_blob": tx_blob, "fail_hard": fail_hard })).map_err(unknown)?;
    let members = match said {
        Said::Result(members) => members,
        Said::Refused(refusal) => {
            let error = refusal.error(METHOD);
            let is_before_the_engine = [&BUSY, &NOT_SYNCED, &AMENDMENT_BLOCKED, &TOO_OLD, &NOT_TAKEN];
            return Err(match is_before_the_engine.contains(&refusal.code()) {
                true => error.at("the transaction was not taken"),
                false => unknown(error),
            });
        }
    };
    let answer: EngineAnswer = members_of(METHOD, members).map_err(unknown)?;
    let theirs = answer.tx_json.as_ref().and_then(|theirs| theirs.get("hash"));
    if theirs.is_some_and(|theirs| theirs.as_str().and_then(figure::hash).as_ref() != Some(&hash)) {
        return Err(unknown(foreign(METHOD, &format!("is not about {hash}"))));
    }
    engine(METHOD, answer).map_err(unknown)
}

fn engine(method: &str, answer: EngineAnswer) -> Result<Engine> {
    let EngineAnswer { engine_result: result, engine_result_code: number, .. } = answer;
    if !figure::is_name(&result) {
        return Err(bad(method, "engine_result is no name"));
    }
    let class = Class::of(&result);
    if !class.has(number) {
        return Err(bad(method, &format!("{result} and engine_result_code {number} contradict each other")));
    }
    // `kept` says nothing: rippled keeps whatever is handed to it for a few ledgers, tefPAST_SEQ and telINSUF_FEE_P too.
    Ok(Engine {
        queued: answer.queued || result == "terQUEUED",
        result,
        message: Printable::new(&answer.engine_result_message).to_string(),
        validated_index: answer.validated_ledger_index,
    })
}
