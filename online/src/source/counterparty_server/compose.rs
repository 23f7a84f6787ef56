//! The server's own composition of a payment.

use airlock::Result;
use airlock::text::Printable;
use bitcoin::Transaction;
use bitcoin::consensus::encode;
use bitcoin::hex::DisplayHex as _;
use serde::Deserialize;

use super::CounterpartyServer;
use super::envelope::result_of;
use super::query::{LONGEST, Query};
use super::refusal::{BAD_ADDRESS, CANNOT_COMPOSE, REFUSED, UNREADABLE};
use crate::source::counterparty::Composition;

/// Carriers that the server composes.
const ENCODINGS: [&str; 3] = ["opreturn", "multisig", "taproot"];
/// Most coins that the server takes.
const INPUTS: usize = 100;

/// The question.
///
/// # Errors
/// [`CANNOT_COMPOSE`] for what the server is known not to compose.
pub(super) fn question(wish: &Composition<'_>) -> Result<Query> {
    if !ENCODINGS.contains(&wish.encoding) {
        return Err(
            CANNOT_COMPOSE.error(format!("the server does not compose {}", Printable::new(wish.encoding)))
        );
    }
    if wish.inputs.is_empty() || wish.inputs.len() > INPUTS {
        return Err(
            CANNOT_COMPOSE.error(format!("{} coins; the server takes 1 to {INPUTS}", wish.inputs.len()))
        );
    }
    let query = match wish.sends {
        [] => return Err(CANNOT_COMPOSE.error("there is nothing to send")),
        [(asset, quantity, destination, memo)] => {
            let query = Query::of(&["addresses", wish.source, "compose", "send"])
                .with("destination", destination)
                .with("asset", asset)
                .with("quantity", &quantity.to_base_units().to_string());
            match memo {
                None => query,
                Some(memo) => query.with("memo", &memo.to_lower_hex_string()).with("memo_is_hex", "true"),
            }
        }
        sends => {
            let joined = |part: &dyn Fn(usize) -> String| -> String {
                (0..sends.len()).map(part).collect::<Vec<_>>().join(",")
            };
            let of = |index: usize| sends.get(index);
            let query = Query::of(&["addresses", wish.source, "compose", "mpma"])
                .with("assets", &joined(&|i| of(i).map_or_else(String::new, |send| send.0.clone())))
                .with("destinations", &joined(&|i| of(i).map_or_else(String::new, |send| send.2.clone())))
                .with(
                    "quantities",
                    &joined(&|i| of(i).map_or_else(String::new, |send| send.1.to_base_units().to_string())),
                );
            match sends.iter().any(|send| send.3.is_some()) {
                false => query,
                // An empty one is none.
                true => sends
                    .iter()
                    .fold(query, |query, send| {
                        query.with("memos", &send.3.as_deref().unwrap_or_default().to_lower_hex_string())
                    })
                    .with("memos_are_hex", "true"),
            }
        }
    };
    let coins: Vec<String> = wish.inputs.iter().map(ToString::to_string).collect();
    let query = query
        .with("encoding", wish.encoding)
        .with("inputs_set", &coins.join(","))
        .with("use_all_inputs_set", "true")
        .with("exact_fee", &wish.fee.to_string())
        .with("disable_utxo_locks", "true")
        .with("verbose", "true");
    Ok(match wish.pubkey {
        Some(pubkey) if wish.encoding == "multisig" => query.with("multisig_pubkey", pubkey),
        Some(_) | None => query,
    })
}

/// The transactions of the answer, in the order in which they are broadcast.
///
/// # Errors
/// [`UNREADABLE`].
pub(super) fn transactions(body: &[u8]) -> Result<Vec<Transaction>> {
    #[derive(Deserialize)]
    struct Composed {
        rawtransaction: String,
        signed_reveal_rawtransaction: Option<String>,
    }
    let composed: Composed = result_of(body, "compose")?;
    [Some(composed.rawtransaction), composed.signed_reveal_rawtransaction]
        .into_iter()
        .flatten()
        .map(|hex| {
            let transaction = encode::deserialize_hex::<Transaction>(&hex);
            transaction.map_err(|e| {
                UNREADABLE.error(format!("the composed transaction: {}", Printable::new(&e.to_string())))
            })
        })
        .collect()
}

impl CounterpartyServer {
    pub(super) fn read_composition(&self, wish: &Composition<'_>) -> Result<Vec<Transaction>> {
        let query = question(wish)?;
        let told = match query.target().len() <= LONGEST {
            true => self.ask(&query),
            false => {
                self.check_network()?;
                let reply = self.wire.post(query.path(), query.form())?;
                reply.told(query.path()).map_err(|e| self.named(e))
            }
        };
        let told = told.map_err(|e| match e.code() {
            code if [&REFUSED, &BAD_ADDRESS].contains(&code) => CANNOT_COMPOSE.error(e.what().to_owned()),
            _ => e,
        })?;
        let body = told
            .body
            .ok_or_else(|| self.named(CANNOT_COMPOSE.error("the server composes nothing of this kind")))?;
        transactions(&body).map_err(|e| self.named(e))
    }
}
