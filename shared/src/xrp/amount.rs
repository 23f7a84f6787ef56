//! Amounts in JSON and in bytes: XRP, issued tokens, multi-purpose tokens (xrpl.md 4).

use bitcoin::hex::{DisplayHex, FromHex};
use serde_json::{Value, json};

use crate::amount::Drops;
use crate::error::{Code, Exit, Result};
use crate::text::Printable;
use crate::xrp::address::AccountId;
use crate::xrp::currency::Currency;
use crate::xrp::token_value::TokenValue;

/// An amount in a form that the ledger does not know, or out of range.
pub static AMOUNT: Code = Code::new(
    "E-XRP-007",
    Exit::BadInput,
    "An amount is a text of drops (plain digits, at most 100000000000000000), an object with currency, issuer \
     and value, or an object with mpt_issuance_id and value.",
    "Write drops as digits in quotes; write tokens with exactly the three members.",
);

/// The id of a multi-purpose token issuance: sequence and issuer.
pub type IssuanceId = [u8; 24];

/// An amount as a transaction holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Amount {
    /// XRP, in drops.
    Xrp(Drops),
    /// A token on a trust line.
    Issued {
        /// How much.
        value: TokenValue,
        /// Its code.
        currency: Currency,
        /// Who owes it; the same code of another issuer is another token.
        issuer: AccountId,
    },
    /// A multi-purpose token, in its smallest units.
    Mpt {
        /// How much, at most 2^63-1.
        value: u64,
        /// Which.
        issuance: IssuanceId,
    },
}

const NOT_XRP: u64 = 1 << 63;
const POSITIVE: u64 = 1 << 62;
const MPT: u64 = 1 << 61;

impl Amount {
    /// True when it is above zero.
    pub fn is_positive(&self) -> bool {
        match self {
            Self::Xrp(drops) => drops.to_drops() > 0,
            Self::Issued { value, .. } => value.is_positive(),
            Self::Mpt { value, .. } => *value > 0,
        }
    }

    /// The drops, when it is XRP.
    pub fn drops(&self) -> Option<Drops> {
        match self {
            Self::Xrp(drops) => Some(*drops),
            Self::Issued { .. } | Self::Mpt { .. } => None,
        }
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// [`AMOUNT`], or the code of the part that is wrong.
    pub fn from_json(json: &Value) -> Result<Self> {
        match json {
            Value::String(text) => Ok(Self::Xrp(Drops::new(plain_digits(text)?)?)),
            Value::Object(members) => {
                let text = |name: &str| {
                    members
                        .get(name)
                        .and_then(Value::as_str)
                        .ok_or_else(|| AMOUNT.error(format!("an amount of a token needs '{name}' as text")))
                };
                if members.contains_key("mpt_issuance_id") && members.len() == 2 {
                    let value = plain_digits(text("value")?)?;
                    let id = text("mpt_issuance_id")?;
                    let issuance = IssuanceId::from_hex(id).map_err(|_| {
                        AMOUNT.error(format!("'{}' is not 48 hex digits", Printable::new(id)))
                    })?;
                    return Self::mpt(value, issuance);
                }
                if members.len() != 3 {
                    return Err(AMOUNT.error(
                        "an amount of a token has exactly currency, issuer and value, or mpt_issuance_id and value",
                    ));
                }
                let (currency, issuer) = (text("currency")?.parse()?, text("issuer")?.parse()?);
                Self::issued(text("value")?.parse()?, currency, issuer)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                Err(AMOUNT.error("an amount is a text of drops or an object, never a number"))
            }
        }
    }

    /// Writes the JSON form.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Xrp(drops) => Value::String(drops.to_drops().to_string()),
            Self::Issued { value, currency, issuer } => json!({
                "currency": currency.to_string(), "issuer": issuer.to_string(), "value": value.to_string(),
            }),
            Self::Mpt { value, issuance } => json!({
                "mpt_issuance_id": issuance.to_upper_hex_string(), "value": value.to_string(),
            }),
        }
    }

    /// Reads one amount from the front of the bytes and gives the rest.
    ///
    /// # Errors
    /// [`AMOUNT`] when it is cut off, negative XRP, or out of range; or the code of the part that is wrong.
    pub fn split_from(bytes: &[u8]) -> Result<(Self, &[u8])> {
        let (word, rest) = take::<8>(bytes)?;
        let number = u64::from_be_bytes(word);
        if number & NOT_XRP != 0 {
            let (currency, rest) = take::<20>(rest)?;
            let (issuer, rest) = take::<20>(rest)?;
            let (value, issuer) = (TokenValue::from_word(number)?, AccountId::from_bytes(issuer));
            return Ok((Self::issued(value, Currency::issued(currency)?, issuer)?, rest));
        }
        if number & MPT != 0 {
            let (head, rest) = take::<9>(bytes)?;
            let (issuance, rest) = take::<24>(rest)?;
            let [kind, value @ ..] = head;
            if kind != 0x60 {
                return Err(
                    AMOUNT.error(format!("first byte {kind:02X} of a token amount; only 60 is known"))
                );
            }
            return Ok((Self::mpt(u64::from_be_bytes(value), issuance)?, rest));
        }
        if number & POSITIVE == 0 {
            return Err(AMOUNT.error("negative XRP"));
        }
        Ok((Self::Xrp(Drops::new(number & !POSITIVE)?), rest))
    }

    /// Writes the bytes: 8, 48 or 33 of them.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Xrp(drops) => (POSITIVE | drops.to_drops()).to_be_bytes().to_vec(),
            Self::Issued { value, currency, issuer } => {
                [&value.to_word().to_be_bytes()[..], &currency.to_bytes(), &issuer.to_bytes()].concat()
            }
            Self::Mpt { value, issuance } => [&[0x60][..], &value.to_be_bytes(), issuance].concat(),
        }
    }

    fn issued(value: TokenValue, currency: Currency, issuer: AccountId) -> Result<Self> {
        if issuer == AccountId::ZERO {
            return Err(AMOUNT.error("the issuer is the account of zeros"));
        }
        Ok(Self::Issued { value, currency, issuer })
    }

    fn mpt(value: u64, issuance: IssuanceId) -> Result<Self> {
        if value > i64::MAX.unsigned_abs() {
            return Err(AMOUNT.error(format!("{value} is more than 2^63-1")));
        }
        Ok(Self::Mpt { value, issuance })
    }
}

/// Takes `N` bytes from the front.
fn take<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8])> {
    bytes
        .split_first_chunk::<N>()
        .map(|(taken, rest)| (*taken, rest))
        .ok_or_else(|| AMOUNT.error("the amount is cut off"))
}

/// Reads plain digits without sign, point, exponent, separators or leading zeros.
fn plain_digits(text: &str) -> Result<u64> {
    let bad = || AMOUNT.error(format!("'{}' is not a plain whole number", Printable::new(text)));
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || (text.len() > 1 && text.starts_with('0')) {
        return Err(bad());
    }
    text.parse().map_err(|_| AMOUNT.error(format!("'{}' does not fit 64 bits", Printable::new(text))))
}
