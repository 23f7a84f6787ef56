//! UR 2 (BCR-2020-005): one payload as the text of one code, or of any number of codes of which a few more than the payload
//! is long are enough, whichever they are (qr.md 2).
//!
//! A *part* is one frame. The first parts carry the fragments one by one; every later one carries the XOR of a set of
//! fragments that its number and the message's CRC32 determine. The receiver solves them as linear equations, so that every
//! part that is no combination of those before brings the transfer one step on.

mod cbor;
mod mixing;
mod part;
mod receiver;
mod sender;

use core::fmt;

pub use mixing::Mixing;
pub use part::{Header, Part};
pub use receiver::{Added, Receiver};
pub use sender::{Order, Sender, max_fragment, single_characters};

use crate::qr::{FRAME_CHARACTERS, Kind, PLAIN_BYTES, UR_PARTS};
use crate::text::Printable;

/// Most characters of a type's name that are looked at.
const NAME_CHARACTERS: usize = 64;

/// What a UR says that it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UrType {
    /// `crypto-psbt` (BCR-2020-006): what wallets emit and read.
    CryptoPsbt,
    /// `psbt`: its later name.
    Psbt,
    /// `bytes`: the carrier of everything else.
    Bytes,
    /// Any other type, in lower case.
    Other(String),
}

impl UrType {
    /// Reads a type of either case: letters, digits and hyphens.
    ///
    /// # Errors
    /// [`Fault::Type`] for anything else.
    pub fn parse(name: &str) -> Result<Self, Fault> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if name.is_empty() || name.len() > NAME_CHARACTERS || !name.bytes().all(fits) {
            return Err(Fault::Type);
        }
        let name = name.to_ascii_lowercase();
        Ok(match name.as_str() {
            "crypto-psbt" => UrType::CryptoPsbt,
            "psbt" => UrType::Psbt,
            "bytes" => UrType::Bytes,
            _ => UrType::Other(name),
        })
    }

    /// The name in lower case.
    pub fn name(&self) -> &str {
        match self {
            UrType::CryptoPsbt => "crypto-psbt",
            UrType::Psbt => "psbt",
            UrType::Bytes => "bytes",
            UrType::Other(name) => name,
        }
    }

    /// What it carries; none for a type that Airlock does not read.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            UrType::CryptoPsbt | UrType::Psbt => Some(Kind::Psbt),
            UrType::Bytes => Some(Kind::Bytes),
            UrType::Other(_) => None,
        }
    }
}

impl fmt::Display for UrType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Printable::new(self.name()))
    }
}

/// Why a part is not taken or a finished message is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// More characters than a code holds.
    Long(usize),
    /// Not `ur:` TYPE `/` … at all.
    Form,
    /// The type holds other characters than letters, digits and hyphens.
    Type,
    /// The part's number is not `N-M`.
    Number,
    /// The body is not made of bytewords.
    Letters,
    /// The CRC32 of the body differs.
    Check,
    /// The body is not the five values of a part, in the shortest form.
    Structure,
    /// The number outside differs from the one inside.
    Disagreement,
    /// The number of parts is not what the length of the message asks for.
    Count {
        /// The number of parts that is declared.
        declared: u32,
        /// The number that follows from the length.
        follows: u64,
    },
    /// The declared message is longer than the limit: length in bytes.
    Size(u32),
    /// More parts are declared than the limit.
    Parts(u32),
    /// All parts are there and the CRC32 of the message differs.
    Message,
    /// The message is whole and is not one CBOR byte string.
    Content,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Long(characters) => {
                write!(f, "a frame of {characters} characters; a code holds {FRAME_CHARACTERS}")
            }
            Fault::Form => f.write_str("no UR: `ur:`, a type and a body are needed"),
            Fault::Type => {
                f.write_str("the type of the UR holds other characters than letters, digits and hyphens")
            }
            Fault::Number => f.write_str("the number of the part is not like 3-12"),
            Fault::Letters => f.write_str("the body is not made of bytewords"),
            Fault::Check => f.write_str("the CRC32 of the part is wrong"),
            Fault::Structure => f.write_str("the body is not the five values of a part"),
            Fault::Disagreement => f.write_str("the number of the part outside differs from the one inside"),
            Fault::Count { declared, follows } => {
                write!(f, "{declared} parts are declared; the length of the message asks for {follows}")
            }
            Fault::Size(bytes) => write!(f, "declared size {bytes} bytes; limit {PLAIN_BYTES}"),
            Fault::Parts(parts) => write!(f, "{parts} parts are declared; limit {UR_PARTS}"),
            Fault::Message => f.write_str("all parts are read and the CRC32 of the message is wrong"),
            Fault::Content => f.write_str("the message is not one CBOR byte string"),
        }
    }
}
