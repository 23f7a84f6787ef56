//! The XRPL commands of the codec (codec.md, xrpl). They are the codec, not the signer: only a line that says
//! `"for":"signing"` meets the whitelist as well.

use airlock::Result;
use airlock::xrp::transaction::RULE;
use airlock::xrp::{AccountId, Amount, Permitted, Transaction, XAddress};
use bitcoin::hex::DisplayHex as _;
use serde_json::{Value, json};

use super::members::Members;
use super::{BAD_LINE, Command};

/// The command of a name.
pub(crate) fn command(name: &str) -> Option<Command> {
    match name {
        "encode" => Some(encode),
        "decode" => Some(decode),
        "amount" => Some(amount),
        "address" => Some(address),
        _ => None,
    }
}

/// `{"tx_json":…, "signer":…, "for":"signing"}` to blob, signing data and hash.
fn encode(line: &Value) -> Result<Value> {
    let members = Members::of(line, &["tx_json", "signer", "for"])?;
    let transaction = Transaction::from_json(members.value("tx_json")?)?;
    if members.has("for") {
        if members.text("for")? != "signing" {
            return Err(BAD_LINE.error("member 'for' can only be \"signing\""));
        }
        Permitted::of(&transaction, transaction.network_id().unwrap_or(0))?;
    }
    let signing_data = if members.has("signer") {
        let signer: AccountId = members.text("signer")?.parse()?;
        if signer == transaction.account() {
            return Err(RULE.error("the account itself cannot be one of its signers"));
        }
        transaction.multi_signing_data(&signer)
    } else {
        transaction.signing_data()
    };
    Ok(json!({
        "tx_blob": transaction.to_blob().to_upper_hex_string(),
        "signing_data": signing_data.to_upper_hex_string(),
        "hash": hash(&transaction),
    }))
}

/// `{"tx_blob":…}` to JSON and hash.
fn decode(line: &Value) -> Result<Value> {
    let members = Members::of(line, &["tx_blob"])?;
    let transaction = Transaction::from_blob(&members.hex("tx_blob")?)?;
    Ok(json!({ "tx_json": transaction.to_json(), "hash": hash(&transaction) }))
}

/// `{"amount":…}` to bytes, or `{"hex":…}` to JSON.
fn amount(line: &Value) -> Result<Value> {
    let members = Members::of(line, &["amount", "hex"])?;
    match (members.has("amount"), members.has("hex")) {
        (true, false) => {
            let amount = Amount::from_json(members.value("amount")?)?;
            Ok(json!({ "hex": amount.to_bytes().to_upper_hex_string() }))
        }
        (false, true) => {
            let bytes = members.hex("hex")?;
            let (amount, rest) = Amount::split_from(&bytes)?;
            if !rest.is_empty() {
                return Err(BAD_LINE.error(format!("{} bytes behind the amount", rest.len())));
            }
            Ok(json!({ "amount": amount.to_json() }))
        }
        _ => Err(BAD_LINE.error("give either 'amount' or 'hex'")),
    }
}

/// `{"address":…, "tag":…, "test":…}` to an X-address, or `{"x_address":…}` to its parts.
fn address(line: &Value) -> Result<Value> {
    if line.get("x_address").is_some() {
        let x: XAddress = Members::of(line, &["x_address"])?.text("x_address")?.parse()?;
        return Ok(json!({ "address": x.account.to_string(), "tag": x.tag, "test": x.test }));
    }
    let members = Members::of(line, &["address", "tag", "test"])?;
    let account = members.text("address")?.parse()?;
    let tag = members.optional("tag").map(|_| members.integer_u32("tag")).transpose()?;
    let x = XAddress { account, tag, test: members.flag_or("test", false)? };
    Ok(json!({ "x_address": x.to_string() }))
}

/// The id of a signed transaction, null for an unsigned one.
fn hash(transaction: &Transaction) -> Value {
    transaction.hash().map_or(Value::Null, |hash| hash.to_upper_hex_string().into())
}
