//! What a file is, so far as codes and names need to know it.

use airlock::bitcoin::psbt_maps::MAGIC as PSBT_MAGIC;
use airlock::bitcoin::psbt_v2::decode_any;
use airlock::bundle::BundleId;
use airlock::inspect::{Inspection, UNKNOWN, inspect};
use airlock::json::{self, Numbers};
use airlock::network::BitcoinNetwork;
use airlock::qr::frame::is_secret;
use airlock::qr::{Kind, PLAIN_BYTES, Payload, Profile, TOO_LARGE};
use airlock::{Error, Result};
use bitcoin::base64::Engine;
use bitcoin::base64::engine::general_purpose::STANDARD;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::hex::{DisplayHex, FromHex};
use bitcoin::{Transaction, consensus};

use super::NOT_SHOWN;
use crate::player::Title;

/// Digits of a txid or hash in a file's name.
const DIGITS: usize = 8;

/// The payload of a file that may be shown: PSBTs and transactions as bytes, however they stand in the file.
///
/// # Errors
/// [`TOO_LARGE`] above 4 MiB; [`NOT_SHOWN`]; of a damaged file what reading it raises.
pub fn of_file(file: &[u8]) -> Result<Payload> {
    if file.len() > PLAIN_BYTES {
        return Err(TOO_LARGE
            .error(format!("{} bytes are more than the {PLAIN_BYTES} that cross as QR codes", file.len())));
    }
    let not_shown = || {
        let secret = if is_secret(&String::from_utf8_lossy(file)) { " and look like a secret" } else { "" };
        NOT_SHOWN.error(format!("{} bytes are nothing that is shown{secret}", file.len()))
    };
    let found = look(file).map_err(|error| if error.code() == &UNKNOWN { not_shown() } else { error })?;
    let payload = |kind, bytes| Ok(Payload { kind, bytes });
    let is_json = file.trim_ascii_start().starts_with(b"{");
    if is_json && has_more_than_it_says(file) {
        return Err(not_shown());
    }
    match found.kind {
        "psbt" => payload(Kind::Psbt, binary(file)),
        "bitcoin-transaction" => payload(Kind::Transaction, binary(file)),
        "xrpl-transaction" if !is_json => payload(Kind::Bytes, binary(file)),
        "xrpl-transaction" | "bundle" | "signed" | "watch" | "snapshot" | "broadcast" => {
            payload(Kind::Json, file.to_vec())
        }
        _ => Err(not_shown()),
    }
}

/// What a wallet reads, in one sentence, where this payload is nothing of it.
pub(super) fn unread(payload: &Payload, profile: &Profile) -> Option<String> {
    let (wallet, reads, is_read) = match (profile.name, payload.kind) {
        ("sparrow", kind) => {
            ("Sparrow", "PSBTs and Bitcoin transactions", matches!(kind, Kind::Psbt | Kind::Transaction))
        }
        ("coldcard", kind) => ("Coldcard", "PSBTs", kind == Kind::Psbt),
        ("seedsigner", kind) => ("SeedSigner", "PSBTs", kind == Kind::Psbt),
        ("keystone", kind) => {
            let is_read = kind == Kind::Psbt || (kind == Kind::Json && is_bare_xrp(&payload.bytes));
            ("Keystone", "PSBTs and XRP transactions as JSON", is_read)
        }
        _ => return None,
    };
    (!is_read).then(|| {
        let ours = match payload.kind {
            Kind::Json => "; our other half reads it `--for airlock`",
            Kind::Psbt | Kind::Transaction | Kind::Text | Kind::Bytes => "",
        };
        format!("warning: {wallet} reads {reads}, and will not understand this file{ours}")
    })
}

/// True for the JSON of a transaction with nothing around it.
fn is_bare_xrp(file: &[u8]) -> bool {
    json::parse(file, Numbers::Integers).is_ok_and(|value| value.get("TransactionType").is_some())
}

/// What a file is called on both screens: the short id and words of a bundle, the short id of what answers one, the first
/// digits of a PSBT's txid.
pub(super) fn title(payload: &Payload) -> Title {
    let Ok(found) = look(&payload.bytes) else { return Title::default() };
    let text = |member: &str| found.json.get(member).and_then(|value| value.as_str()).unwrap_or_default();
    let (short, words) = match found.kind {
        "bundle" => {
            let words = found.json.get("words").and_then(|words| words.as_array()).into_iter().flatten();
            let words = words.filter_map(|word| word.as_str()).map(str::to_owned).collect();
            (text("short_id").to_owned(), words)
        }
        "signed" => (BundleId::short_of(text("bundle")).unwrap_or_default(), Vec::new()),
        "psbt" | "bitcoin-transaction" => {
            let name = name(&found, payload.kind, &payload.bytes);
            (name.split('.').next().unwrap_or_default().to_owned(), Vec::new())
        }
        _ => return Title::default(),
    };
    Title { short, words }
}

/// True for JSON around a transaction with members of another meaning, such as the `secret` of a request to sign, and for
/// JSON with a private key in it.
fn has_more_than_it_says(file: &[u8]) -> bool {
    const AROUND: [&str; 4] = ["tx_json", "tx_blob", "hash", "signed"];
    let parsed = json::parse(file, Numbers::Integers);
    let members = parsed.as_ref().ok().and_then(|value| value.as_object());
    let more = members.is_some_and(|members| {
        members.contains_key("tx_json")
            && !members.contains_key("format")
            && members.keys().any(|name| !AROUND.contains(&name.as_str()))
    });
    more || is_secret(&String::from_utf8_lossy(file))
}

/// The bytes of which a file is the base64 or the hex, or the file itself.
fn binary(file: &[u8]) -> Vec<u8> {
    let text = core::str::from_utf8(file).map(str::trim).unwrap_or_default();
    match Vec::from_hex(text) {
        Ok(bytes) if !bytes.is_empty() => bytes,
        Ok(_) | Err(_) if file.starts_with(PSBT_MAGIC) => file.to_vec(),
        Ok(_) | Err(_) => {
            let decoded = STANDARD.decode(text).ok().filter(|bytes| bytes.starts_with(PSBT_MAGIC));
            decoded.unwrap_or_else(|| file.to_vec())
        }
    }
}

fn look(file: &[u8]) -> Result<Inspection> {
    inspect(file, BitcoinNetwork::default())
}

/// What arrived, as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its name, by what it is: `R7K3.bundle.json`, `watch.json`, `1a2b3c4d.psbt`.
    pub name: String,
    /// What it is, in one line.
    pub what: String,
}

impl Content {
    /// Names what arrived.
    pub fn of(payload: Payload) -> Self {
        let Payload { kind, bytes } = payload;
        let (name, what) = match &look(&bytes) {
            Ok(found) => (name(found, kind, &bytes), found.headline.clone()),
            Err(error) => (format!("received-{}.{}", digest(&bytes), ending(kind)), unknown(error, kind)),
        };
        Self { bytes, name, what }
    }
}

fn unknown(error: &Error, kind: Kind) -> String {
    if error.code() != &UNKNOWN {
        return format!("damaged or not understood ({error})");
    }
    match kind {
        Kind::Psbt => "a PSBT",
        Kind::Transaction => "a transaction",
        Kind::Json => "JSON of unknown meaning",
        Kind::Text => "text",
        Kind::Bytes => "bytes of unknown meaning",
    }
    .to_owned()
}

fn name(found: &Inspection, kind: Kind, bytes: &[u8]) -> String {
    let text = |member: &str| found.json.get(member).and_then(|value| value.as_str()).unwrap_or_default();
    let digest = || digest(bytes);
    match found.kind {
        "bundle" => format!("{}.bundle.json", text("short_id")),
        "signed" => {
            format!("{}.signed.json", BundleId::short_of(text("bundle")).unwrap_or_else(digest))
        }
        "watch" => "watch.json".to_owned(),
        "snapshot" => "snapshot.json".to_owned(),
        "broadcast" => format!("{}.broadcast.json", digest()),
        "psbt" => match decode_any(bytes) {
            Ok((psbt, _)) => {
                let mut txid = psbt.unsigned_tx.compute_txid().to_string();
                txid.truncate(DIGITS);
                let signed = found.json.get("signed_inputs").is_some_and(|count| count != 0);
                format!("{txid}{}.psbt", if signed { ".signed" } else { "" })
            }
            Err(_) => format!("{}.psbt", digest()),
        },
        "bitcoin-transaction" => match consensus::deserialize::<Transaction>(bytes) {
            Ok(transaction) => {
                let mut txid = transaction.compute_txid().to_string();
                txid.truncate(DIGITS);
                format!("{txid}.tx")
            }
            Err(_) => format!("{}.tx", digest()),
        },
        "xrpl-transaction" if kind == Kind::Json => format!("xrp-{}.json", digest()),
        "xrpl-transaction" => format!("xrp-{}.blob", digest()),
        _ => format!("received-{}.{}", digest(), ending(kind)),
    }
}

fn digest(bytes: &[u8]) -> String {
    let mut digits = sha256::Hash::hash(bytes).to_byte_array().to_lower_hex_string();
    digits.truncate(DIGITS);
    digits
}

fn ending(kind: Kind) -> &'static str {
    match kind {
        Kind::Psbt => "psbt",
        Kind::Transaction => "tx",
        Kind::Json => "json",
        Kind::Text => "txt",
        Kind::Bytes => "bin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAYMENT: &str = r#"{"Account":"rf1BiGeXwwQoi8Z2ueFYTEXSwuJYfV2Jpn","Amount":"1","Destination":"ra5nK24KXen9AHvsdFTKHSANinZseWnPcX","Fee":"10","Flags":0,"Sequence":1,"TransactionType":"Payment"}"#;

    #[test]
    fn a_transaction_is_shown_and_what_lies_beside_it_is_not() {
        assert_eq!(of_file(PAYMENT.as_bytes()).unwrap().bytes, PAYMENT.as_bytes());
        let alone = format!("{{\"tx_json\":{PAYMENT}}}");
        assert_eq!(of_file(alone.as_bytes()).unwrap().kind, Kind::Json);
        for beside in ["\"secret\":\"sn259rEFXrQrWyx3Q7XneWcwV6dfL\"", "\"passphrase\":\"masterpassphrase\""]
        {
            let request = format!("{{\"tx_json\":{PAYMENT},{beside}}}");
            assert_eq!(of_file(request.as_bytes()).unwrap_err().code(), &NOT_SHOWN, "{beside}");
        }
        let list = format!(
            "{{\"format\":\"airlock-broadcast\",\"note\":\"xprv{}\",\"version\":1}}",
            "A".repeat(107)
        );
        assert_eq!(of_file(list.as_bytes()).unwrap_err().code(), &NOT_SHOWN);
    }
}
