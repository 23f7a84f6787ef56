//! The grammar gate: what the text of a code can be, before anything is done with it.
//!
//! Seeds and private keys are recognised to be refused. The text of one is not kept here and is in no error; whoever holds
//! the buffer wipes it.

use core::fmt;

use crate::qr::{FRAME_CHARACTERS, PLAIN_BYTES, Payload, bbqr, plain, specter, ur};

mod seed;

/// What the text of one code is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A part of a UR 2, or a whole one.
    Ur(ur::Part),
    /// A part of a BBQr.
    Bbqr(bbqr::Part),
    /// A part of Specter's `pMofN`.
    Specter(specter::Part),
    /// A whole payload as text.
    Plain(Payload),
    /// The obsolete UR 1.
    Ur1,
    /// It looks like a seed or a private key.
    Seed,
    /// More than the limits allow; says what is declared and what is allowed.
    TooLarge(String),
    /// A transfer code that is damaged; says why.
    Damaged(String),
    /// No transfer code.
    Foreign(Foreign),
}

/// Codes that have nothing to do with transfers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// `bitcoin:…`
    BitcoinUri,
    /// `http://…`, `https://…`
    WebAddress,
    /// An address of Bitcoin or of the XRP Ledger.
    Address,
    /// Anything else.
    Text,
}

impl Foreign {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::BitcoinUri, Self::WebAddress, Self::Address, Self::Text];
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BitcoinUri => "bitcoin URI",
            Self::WebAddress => "web address",
            Self::Address => "address",
            Self::Text => "other text",
        })
    }
}

impl Frame {
    /// Reads the text of one code. Allocates little more than the text is long.
    pub fn read(text: &str) -> Self {
        if text.len() > FRAME_CHARACTERS {
            return Self::Damaged(ur::Fault::Long(text.len()).to_string());
        }
        if begins(text, "ur:") {
            return Self::read_ur(text);
        }
        if begins(text, "b$") {
            return bbqr::Part::parse(text).map_or_else(|fault| Self::Damaged(fault.to_string()), Self::Bbqr);
        }
        if is_specter(text) {
            let damaged = || Self::Damaged("damaged part of a pMofN".into());
            return specter::Part::parse(text).map_or_else(damaged, Self::Specter);
        }
        if seed::is_seed(text) {
            return Self::Seed;
        }
        plain::read(text).map_or_else(|| Self::Foreign(foreign(text)), Self::Plain)
    }

    fn read_ur(text: &str) -> Self {
        if seed::is_secret_ur(text) {
            return Self::Seed;
        }
        let fault = match ur::Part::parse(text) {
            Ok(part) => return Self::Ur(part),
            Err(fault) => fault,
        };
        if is_ur1(text) {
            return Self::Ur1;
        }
        match fault {
            ur::Fault::Size(bytes) => {
                let (declared, limit) = (bytes.div_ceil(1_000_000), PLAIN_BYTES / 1_000_000);
                Self::TooLarge(format!("declared size {declared} MB; limit {limit} MB"))
            }
            ur::Fault::Parts(_) => Self::TooLarge(fault.to_string()),
            ur::Fault::Long(_)
            | ur::Fault::Form
            | ur::Fault::Type
            | ur::Fault::Number
            | ur::Fault::Letters
            | ur::Fault::Check
            | ur::Fault::Structure
            | ur::Fault::Disagreement
            | ur::Fault::Count { .. }
            | ur::Fault::Message
            | ur::Fault::Content => Self::Damaged(fault.to_string()),
        }
    }
}

/// True for text that looks like a seed or a private key, or holds one, however long it is.
pub fn is_secret(text: &str) -> bool {
    seed::is_seed(text)
}

fn begins(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// `ur:bytes/1of2/…`, or a whole one in bech32, whose digits no UR 2 has.
fn is_ur1(text: &str) -> bool {
    let mut components = text.split('/').skip(1);
    let second = components.next().unwrap_or_default();
    let counted = second.to_ascii_lowercase();
    if let Some((number, of)) = counted.split_once("of") {
        return is_digits(number) && is_digits(of);
    }
    let bech32 = |body: &str| {
        body.len() >= 8
            && body.bytes().any(|byte| byte.is_ascii_digit())
            && body
                .bytes()
                .all(|byte| b"qpzry9x8gf2tvdw0s3jn54khce6mua7l".contains(&byte.to_ascii_lowercase()))
    };
    bech32(second) && components.all(bech32)
}

/// `p3of12 …`
fn is_specter(text: &str) -> bool {
    let head = text.split(' ').next().unwrap_or_default();
    let numbers = head.strip_prefix('p').and_then(|numbers| numbers.split_once("of"));
    numbers.is_some_and(|(number, of)| is_digits(number) && is_digits(of))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn foreign(text: &str) -> Foreign {
    let letters = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let bitcoin = ["bc1", "tb1", "bcrt1", "1", "3", "m", "n", "2"].iter().any(|start| begins(text, start));
    let xrp = text.starts_with('r') || text.starts_with('X') || text.starts_with('T');
    if begins(text, "bitcoin:") {
        Foreign::BitcoinUri
    } else if begins(text, "http://") || begins(text, "https://") {
        Foreign::WebAddress
    } else if letters && (25..=90).contains(&text.len()) && (bitcoin || xrp) {
        Foreign::Address
    } else {
        Foreign::Text
    }
}

#[cfg(test)]
mod tests;
