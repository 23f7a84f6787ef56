//! How a server stands and what transactions cost: `server_info`, `server_state`, `ledger`, `fee`.

use airlock::Result;
use airlock::amount::Drops;
use airlock::text::Printable;
use serde::Deserialize;
use serde_json::{Number, json};

use super::answer::{Asker, NO_NETWORK_ID, Said, bad, foreign, members_of};
use super::figure::{self, Index};
use crate::source::xrpl::{Ledgers, OpenFee, ValidatedLedger, XrplStatus};

/// The longest `complete_ledgers` that is read: more gaps than this have no use.
const LEDGERS_TEXT: usize = 1 << 16;

#[derive(Deserialize)]
struct ServerInfo {
    info: Info,
}

#[derive(Deserialize)]
struct Info {
    build_version: Option<String>,
    clio_version: Option<String>,
    network_id: Option<u32>,
    server_state: Option<String>,
    #[serde(default)]
    amendment_blocked: bool,
    complete_ledgers: Option<String>,
    validated_ledger: Option<InfoLedger>,
}

#[derive(Deserialize)]
struct InfoLedger {
    age: u64,
    base_fee_xrp: Number,
    reserve_base_xrp: Number,
    reserve_inc_xrp: Number,
}

#[derive(Deserialize)]
struct ServerState {
    state: State,
}

#[derive(Deserialize)]
struct State {
    load_base: Option<u64>,
    load_factor: Option<u64>,
    validated_ledger: Option<StateLedger>,
}

#[derive(Deserialize)]
struct StateLedger {
    base_fee: u64,
    reserve_base: u64,
    reserve_inc: u64,
}

#[derive(Deserialize)]
struct LedgerAnswer {
    #[serde(default)]
    validated: bool,
    ledger: LedgerHeader,
}

#[derive(Deserialize)]
struct LedgerHeader {
    ledger_index: Index,
    ledger_hash: String,
    close_time: u64,
}

#[derive(Deserialize)]
struct FeeAnswer {
    drops: FeeDrops,
    ledger_current_index: Index,
}

#[derive(Deserialize)]
struct FeeDrops {
    base_fee: String,
    minimum_fee: String,
    open_ledger_fee: String,
}

/// How the server stands. Reserves come from `server_state`, in drops; only where a Clio server cannot reach a rippled
/// for it, from the numbers of XRP in `server_info`.
pub(super) fn read(asker: &Asker<'_>) -> Result<XrplStatus> {
    const METHOD: &str = "server_info";
    let ServerInfo { info } = asker.read(METHOD, json!({}))?;
    let network_id = info.network_id.ok_or_else(|| NO_NETWORK_ID.error("`server_info` has no network_id"))?;
    let complete = match info.complete_ledgers.as_deref() {
        None => Ledgers::default(),
        Some(text) => ledgers(text)
            .ok_or_else(|| bad(METHOD, &format!("complete_ledgers is '{}'", Printable::new(text))))?,
    };
    let validated = match info.validated_ledger {
        None => None,
        Some(ledger) => Some(validated(asker, &ledger)?),
    };
    let (version, state) = match (info.clio_version, info.server_state) {
        (None, Some(state)) => (info.build_version.unwrap_or_default(), state),
        // Clio serves validated ledgers and nothing else; it has no state of its own.
        (Some(version), state) => {
            let own = if validated.is_some() { "full" } else { "disconnected" };
            (format!("clio {version}"), state.unwrap_or_else(|| own.to_owned()))
        }
        (None, None) => return Err(bad(METHOD, "it has neither server_state nor clio_version")),
    };
    Ok(XrplStatus {
        network_id,
        version: Printable::new(&version).to_string(),
        state: Printable::new(&state).to_string(),
        amendment_blocked: info.amendment_blocked,
        validated,
        complete,
    })
}

fn validated(asker: &Asker<'_>, info: &InfoLedger) -> Result<ValidatedLedger> {
    let range = |method, what: &str| bad(method, &format!("{what} is no amount of XRP"));
    let [base_fee, reserve_base, reserve_inc] = match state(asker)?.and_then(|state| state.validated_ledger) {
        Some(ledger) => {
            let drops = |drops, what| Drops::new(drops).map_err(|_| range("server_state", what));
            [
                drops(ledger.base_fee, "base_fee")?,
                drops(ledger.reserve_base, "reserve_base")?,
                drops(ledger.reserve_inc, "reserve_inc")?,
            ]
        }
        None => {
            let xrp = |number, what| figure::xrp(number).ok_or_else(|| range("server_info", what));
            [
                xrp(&info.base_fee_xrp, "base_fee_xrp")?,
                xrp(&info.reserve_base_xrp, "reserve_base_xrp")?,
                xrp(&info.reserve_inc_xrp, "reserve_inc_xrp")?,
            ]
        }
    };
    let answer: LedgerAnswer = asker.read("ledger", json!({ "ledger_index": "validated" }))?;
    if !answer.validated {
        return Err(foreign("ledger", "is about a ledger that is not validated"));
    }
    let LedgerHeader { ledger_index, ledger_hash, close_time } = answer.ledger;
    Ok(ValidatedLedger {
        index: ledger_index.0,
        hash: figure::hash(&ledger_hash).ok_or_else(|| bad("ledger", "ledger_hash is no hash"))?,
        close_time: figure::ledger_time(close_time)
            .ok_or_else(|| bad("ledger", "close_time is beyond the year 9999"))?,
        age: info.age,
        base_fee,
        reserve_base,
        reserve_inc,
    })
}

/// The hash of a validated ledger; none where the server does not hold it.
pub(super) fn ledger_hash(asker: &Asker<'_>, index: u32) -> Result<Option<String>> {
    const METHOD: &str = "ledger";
    let members = match asker.ask(METHOD, json!({ "ledger_index": index }))? {
        Said::Result(members) => members,
        Said::Refused(refusal) if refusal.name == "lgrNotFound" => return Ok(None),
        Said::Refused(refusal) => return Err(refusal.error(METHOD)),
    };
    let answer: LedgerAnswer = members_of(METHOD, members)?;
    if !answer.validated || answer.ledger.ledger_index.0 != index {
        return Err(foreign(METHOD, "is about another ledger, or one that is not validated"));
    }
    let hash = figure::hash(&answer.ledger.ledger_hash);
    hash.map(Some).ok_or_else(|| bad(METHOD, "ledger_hash is no hash"))
}

/// `server_state`; none where the server cannot give it.
fn state(asker: &Asker<'_>) -> Result<Option<State>> {
    match asker.ask("server_state", json!({}))? {
        Said::Result(members) => {
            let ServerState { state } = members_of("server_state", members)?;
            Ok(Some(state))
        }
        Said::Refused(_) => Ok(None),
    }
}

/// What gets into the open ledger: its own price, and the price of relaying at the server's load (xrpl.md 7).
pub(super) fn fee(asker: &Asker<'_>) -> Result<OpenFee> {
    const METHOD: &str = "fee";
    let answer: FeeAnswer = asker.read(METHOD, json!({}))?;
    let drops = |text: &str, what: &str| {
        figure::drops(text)
            .ok_or_else(|| bad(METHOD, &format!("{what} '{}' is no amount of drops", Printable::new(text))))
    };
    let base = drops(&answer.drops.base_fee, "base_fee")?;
    let relay = match state(asker)? {
        Some(State { load_base: Some(load_base), load_factor: Some(load_factor), .. }) => {
            let scaled = u128::from(base.to_drops()).saturating_mul(u128::from(load_factor));
            let relay = scaled.checked_div(u128::from(load_base)).map(|relay| {
                let is_exact = relay.saturating_mul(u128::from(load_base)) == scaled;
                if is_exact { relay } else { relay.saturating_add(1) }
            });
            let relay =
                relay.and_then(|relay| u64::try_from(relay).ok()).and_then(|relay| Drops::new(relay).ok());
            relay.ok_or_else(|| bad("server_state", "load_factor and load_base give no amount of drops"))?
        }
        Some(_) | None => base,
    };
    let open = drops(&answer.drops.open_ledger_fee, "open_ledger_fee")?
        .max(drops(&answer.drops.minimum_fee, "minimum_fee")?)
        .max(base)
        .max(relay);
    Ok(OpenFee { base, open, current_index: answer.ledger_current_index.0 })
}

/// `empty`, `32570`, `1-5,7-9`: ascending, apart from each other; those that touch are joined.
pub(super) fn ledgers(text: &str) -> Option<Ledgers> {
    if text == "empty" {
        return Some(Ledgers::default());
    }
    if text.len() > LEDGERS_TEXT {
        return None;
    }
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for part in text.split(',') {
        let number =
            |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
        let (first, last) = match part.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(part)?, number(part)?),
        };
        if first > last {
            return None;
        }
        match ranges.last_mut() {
            Some((_, before)) if first <= *before => return None,
            Some((_, before)) if before.checked_add(1) == Some(first) => *before = last,
            Some(_) | None => ranges.push((first, last)),
        }
    }
    Some(Ledgers(ranges))
}
