//! JSON Lines of the Counterparty codec: pack, unpack, asset, address, carry, decode.

use std::collections::BTreeMap;

use airlock::Result;
use airlock::counterparty::address::{self, Form};
use airlock::counterparty::asset::AssetId;
use airlock::counterparty::message::{self, framing};
use airlock::counterparty::rules::{Change, Rules};
use airlock::counterparty::transaction::{self, Decoded, Options, Reading};
use airlock::network::BitcoinNetwork;
use airlock::text::Printable;
use bitcoin::hex::DisplayHex as _;
use bitcoin::{Transaction, Txid};
use serde_json::{Value, json};

use super::members::{Members, hex, integer};
use super::{BAD_LINE, Command};

mod carry;
mod read_message;
mod show_message;

const NETWORK: &str = "network";
const HEIGHT: &str = "height";

/// The function of a command.
pub(crate) fn command(name: &str) -> Option<Command> {
    match name {
        "pack" => Some(pack),
        "unpack" => Some(unpack),
        "asset" => Some(asset),
        "address" => Some(packed_address),
        "carry" => Some(carry::carry),
        "decode" => Some(decode),
        _ => None,
    }
}

/// The rules that a line asks for: those of its network and height, by default the newest of mainnet.
fn rules(line: Members<'_>) -> Result<Rules> {
    let network: BitcoinNetwork = line.text_or(NETWORK, BitcoinNetwork::Mainnet.name())?.parse()?;
    match line.optional(HEIGHT) {
        None => Ok(Rules::newest(network)),
        Some(_) => Ok(Rules::at(network, line.integer_u32(HEIGHT)?)),
    }
}

fn pack(line: &Value) -> Result<Value> {
    let line = Members::of(line, &["message", NETWORK, HEIGHT])?;
    let rules = rules(line)?;
    let message = line.value("message")?;
    let data = message::encode(&read_message::read(message, &rules)?, &rules)?;
    read_message::check_type_id(message, &data, &rules)?;
    Ok(json!({ "data": data.to_lower_hex_string() }))
}

fn unpack(line: &Value) -> Result<Value> {
    let line = Members::of(line, &["data", NETWORK, HEIGHT])?;
    let rules = rules(line)?;
    let data = line.hex("data")?;
    Ok(match message::decode(&data, &rules) {
        Ok(message) => json!({
            "message": show_message::show(&message, &data, &rules),
            "canonical": message.is_written_as(&data, &rules),
        }),
        Err(error) => json!({ "message": null, "message_error": error.to_string(), "canonical": false }),
    })
}

fn asset(line: &Value) -> Result<Value> {
    let line = Members::of(line, &["name", "id", NETWORK, HEIGHT])?;
    rules(line)?;
    let asset = match (line.has("name"), line.has("id")) {
        (true, false) => AssetId::from_name(line.text("name")?)?,
        (false, true) => AssetId::new(line.integer("id")?)?,
        _ => return Err(BAD_LINE.error("exactly one of 'name' and 'id' is needed")),
    };
    Ok(json!({ "name": asset.name(), "id": asset.to_u64().to_string() }))
}

fn packed_address(line: &Value) -> Result<Value> {
    let line = Members::of(line, &["address", "hex", "form", NETWORK, HEIGHT])?;
    let rules = rules(line)?;
    let form = match line.text_or("form", "new")? {
        "new" => Form::of(&rules),
        "legacy" => Form::Legacy,
        other => {
            return Err(BAD_LINE.error(format!("form '{}' is neither new nor legacy", Printable::new(other))));
        }
    };
    match (line.has("address"), line.has("hex")) {
        (true, false) => {
            let packed = address::pack(line.text("address")?, rules.network(), form)?;
            Ok(json!({ "hex": packed.to_lower_hex_string() }))
        }
        (false, true) => {
            let bytes = line.hex("hex")?;
            let address = match form {
                Form::New => address::unpack(&bytes, &rules),
                Form::Legacy => address::unpack_legacy(&bytes, &rules),
            }?;
            Ok(json!({ "address": address }))
        }
        _ => Err(BAD_LINE.error("exactly one of 'address' and 'hex' is needed")),
    }
}

fn decode(line: &Value) -> Result<Value> {
    let line = Members::of(line, &["tx", "prev_txs", "assume_signed", "disabled", NETWORK, HEIGHT])?;
    let mut rules = rules(line)?;
    if line.optional("disabled").is_some() {
        for name in line.list("disabled")? {
            let change = name.as_str().and_then(Change::from_name).ok_or_else(|| {
                BAD_LINE.error(format!("{} is no protocol change", Printable::new(&name.to_string())))
            })?;
            rules = rules.without(change);
        }
    }
    let tx = read_transaction(line.text("tx")?, "tx")?;
    let previous = match line.optional("prev_txs") {
        None => BTreeMap::new(),
        Some(_) => previous_transactions(line.list("prev_txs")?)?,
    };
    let options = Options { assume_signed: line.flag_or("assume_signed", false)?, open_dispensers: &[] };
    Ok(match transaction::decode(&tx, &|txid| previous.get(txid), &rules, &options) {
        Reading::NotSeen(reason) => json!({ "carrier": null, "reason": reason.name() }),
        Reading::Seen(decoded) => show_decoded(&decoded, &rules),
    })
}

fn previous_transactions(list: &[Value]) -> Result<BTreeMap<Txid, Transaction>> {
    list.iter()
        .map(|item| {
            let digits =
                item.as_str().ok_or_else(|| BAD_LINE.error("a previous transaction is not a string"))?;
            let tx = read_transaction(digits, "prev_txs")?;
            Ok((tx.compute_txid(), tx))
        })
        .collect()
}

fn read_transaction(digits: &str, name: &str) -> Result<Transaction> {
    bitcoin::consensus::deserialize(&hex(digits, name)?)
        .map_err(|_| BAD_LINE.error(format!("member '{name}' is not a Bitcoin transaction")))
}

fn show_decoded(decoded: &Decoded, rules: &Rules) -> Value {
    let mut shown = json!({
        "carrier": decoded.carrier.map(airlock::counterparty::carrier::Carrier::name),
        "source": decoded.source,
        "destination": decoded.destination,
        "btc_amount": integer(decoded.btc_amount),
        "data": decoded.data.to_lower_hex_string(),
        "message": decoded.message.as_ref().map(|message| show_message::show(message, &decoded.data, rules)),
        "canonical": decoded.message.as_ref().is_some_and(|message| message.is_written_as(&decoded.data, rules)),
    });
    let Some(members) = shown.as_object_mut() else { return shown };
    if let Some(error) = &decoded.message_error {
        members.insert("message_error".to_owned(), error.to_string().into());
    }
    if !decoded.executed {
        members.insert("executed".to_owned(), false.into());
    }
    if decoded.carrier.is_none() {
        let reason = if framing::split(&decoded.data, rules).is_some() { "dispense" } else { "burn" };
        members.insert("reason".to_owned(), reason.into());
    }
    shown
}
