//! One code that holds everything as text: a PSBT in base64, hex or base43; JSON; a transaction in hex (qr.md 4).

use bitcoin::base64::Engine;
use bitcoin::base64::engine::general_purpose::STANDARD;
use bitcoin::hex::{DisplayHex, FromHex};
use bitcoin::{Transaction, consensus};

use super::{FRAME_CHARACTERS, Kind, Payload, TOO_LARGE, base43};
use crate::bitcoin::psbt_maps::MAGIC as PSBT_MAGIC;
use crate::json::{self, Numbers};
use crate::xrp;
use crate::{Code, Exit, Result};

/// A payload that has no such text.
pub static NO_TEXT: Code = Code::new(
    "E-QR-014",
    Exit::BadInput,
    "A payload is shown as text only in the form that readers expect of its kind: a PSBT in base64, hex or base43, a \
     transaction or bytes in hex or base43, JSON and other text as they are.",
    "Choose another form.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&NO_TEXT];

/// Bytes that one code holds in byte mode: version 40, level L.
const BYTE_MODE: usize = 2953;

/// How a payload is written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Base64: byte mode, 6 bits in 8.
    Base64,
    /// Upper-case hex: alphanumeric mode, 8 bits in 11.
    Hex,
    /// Electrum's base43: alphanumeric mode, 8 bits in 8.1.
    Base43,
    /// The text itself.
    Text,
}

/// Reads what one static code holds.
///
/// Only what is certainly one of these is read: a PSBT by its magic, JSON that is an object, hex that is a Bitcoin
/// transaction or a transaction of the XRP Ledger. So a seed in hex is none of them.
pub fn read(text: &str) -> Option<Payload> {
    if text.len() > FRAME_CHARACTERS {
        return None;
    }
    let text = text.trim_ascii();
    if text.starts_with('{') {
        return json::parse(text.as_bytes(), Numbers::Any)
            .is_ok()
            .then(|| Payload { kind: Kind::Json, bytes: text.as_bytes().to_vec() });
    }
    if let Ok(bytes) = Vec::from_hex(text) {
        return of_hex(bytes);
    }
    let psbt = |bytes: Vec<u8>| bytes.starts_with(PSBT_MAGIC).then_some(Payload { kind: Kind::Psbt, bytes });
    STANDARD.decode(text).ok().and_then(psbt).or_else(|| base43::decode(text).and_then(psbt))
}

fn of_hex(bytes: Vec<u8>) -> Option<Payload> {
    let kind = if bytes.starts_with(PSBT_MAGIC) {
        Kind::Psbt
    } else if consensus::deserialize::<Transaction>(&bytes).is_ok() {
        Kind::Transaction
    } else if xrp::Transaction::from_blob(&bytes).is_ok() {
        Kind::Bytes
    } else {
        return None;
    };
    Some(Payload { kind, bytes })
}

/// Writes a payload as the text of one static code.
///
/// # Errors
/// [`NO_TEXT`] where the form is not one for this kind, [`TOO_LARGE`] where one code does not hold it.
pub fn write(payload: &Payload, form: Form) -> Result<String> {
    let bytes = &payload.bytes;
    let too_large = || TOO_LARGE.error(format!("{} bytes do not fit one code as text", bytes.len()));
    if bytes.len() > FRAME_CHARACTERS {
        return Err(too_large());
    }
    let (text, room) = match (form, payload.kind) {
        (Form::Text, Kind::Json | Kind::Text) => {
            let text =
                String::from_utf8(bytes.clone()).map_err(|_| NO_TEXT.error("the payload is not UTF-8"))?;
            (text, BYTE_MODE)
        }
        (Form::Base64, Kind::Psbt) => (STANDARD.encode(bytes), BYTE_MODE),
        (Form::Hex, Kind::Psbt | Kind::Transaction | Kind::Bytes) => {
            (bytes.to_upper_hex_string(), FRAME_CHARACTERS)
        }
        (Form::Base43, Kind::Psbt | Kind::Transaction | Kind::Bytes) => {
            (base43::encode(bytes).ok_or_else(too_large)?, FRAME_CHARACTERS)
        }
        (Form::Text | Form::Base64 | Form::Hex | Form::Base43, _) => {
            return Err(NO_TEXT.error("a payload of this kind is not shown in this form"));
        }
    };
    if text.len() > room {
        return Err(too_large());
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
