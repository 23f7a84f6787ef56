//! Currency codes of issued tokens (xrpl.md 4.3).

use core::fmt;
use core::str::FromStr;

use bitcoin::hex::{DisplayHex, FromHex};

use crate::error::{Code, Error, Exit, Result};
use crate::text::Printable;

/// A currency code that the ledger does not know.
pub static CURRENCY: Code = Code::new(
    "E-XRP-005",
    Exit::BadInput,
    "A currency code is three characters (letters, digits and some signs, but never XRP) or 40 hex digits \
     that do not begin with 00.",
    "Use the code exactly as the issuer publishes it; upper and lower case differ.",
);

/// A currency code of 20 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 20]);

/// What stands for XRP itself, inside payment paths only.
const XRP: [u8; 20] = [0; 20];
const SIGNS: &[u8] = b"?!@#$%^&*<>(){}[]|";

impl Currency {
    /// Checks the bytes of an issued currency.
    ///
    /// # Errors
    /// [`CURRENCY`] for XRP in any form and for codes that begin with 00 but are not three characters.
    pub fn issued(bytes: [u8; 20]) -> Result<Self> {
        let code = Self(bytes);
        if bytes == XRP || code.letters().is_some_and(|letters| letters == "XRP") {
            return Err(CURRENCY.error("XRP is not an issued currency"));
        }
        if bytes[0] == 0 && code.letters().is_none() {
            return Err(CURRENCY.error(format!("'{}' is not a currency code", bytes.to_upper_hex_string())));
        }
        Ok(code)
    }

    /// Checks the bytes of a currency in a payment path, where all zero means XRP.
    ///
    /// # Errors
    /// As [`Currency::issued`] for all others.
    pub fn in_path(bytes: [u8; 20]) -> Result<Self> {
        if bytes == XRP { Ok(Self(XRP)) } else { Self::issued(bytes) }
    }

    /// Reads the text of a currency in a payment path, where `XRP` means XRP.
    ///
    /// # Errors
    /// As [`Currency::issued`] for all others.
    pub fn parse_in_path(text: &str) -> Result<Self> {
        if text == "XRP" { Ok(Self(XRP)) } else { text.parse() }
    }

    /// True for XRP, which only paths can hold.
    pub fn is_xrp(self) -> bool {
        self.0 == XRP
    }

    /// The bytes.
    pub const fn to_bytes(self) -> [u8; 20] {
        self.0
    }

    /// The three characters of a standard code.
    fn letters(&self) -> Option<&str> {
        let (before, rest) = self.0.split_at(12);
        let (letters, after) = rest.split_at(3);
        let standard = before.iter().chain(after).all(|byte| *byte == 0)
            && letters.iter().all(|byte| byte.is_ascii_alphanumeric() || SIGNS.contains(byte));
        standard.then(|| core::str::from_utf8(letters).ok()).flatten()
    }
}

/// Three characters or 40 upper-case hex digits.
impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.letters() {
            _ if self.is_xrp() => f.write_str("XRP"),
            Some(letters) => f.write_str(letters),
            None => f.write_str(&self.0.to_upper_hex_string()),
        }
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads an issued currency.
impl FromStr for Currency {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = || CURRENCY.error(format!("'{}' is not a currency code", Printable::new(text)));
        if let [a, b, c] = *text.as_bytes() {
            let code = Self([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, 0, 0, 0, 0, 0]);
            if code.letters().is_none() {
                return Err(bad());
            }
            return Self::issued(code.0);
        }
        Self::issued(<[u8; 20]>::from_hex(text).map_err(|_| bad())?)
    }
}
