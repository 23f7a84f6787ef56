//! The envelope in which our halves send to each other, inside a UR of type `bytes` (qr.md 2.6).
//!
//! | Bytes | Content |
//! |---|---|
//! | 4 | `AGQ1` |
//! | 1 | codec: 0 none, 1 raw deflate, 2 brotli |
//! | 1 | kind: 0 PSBT, 1 transaction, 2 JSON, 3 text, 4 bytes |
//! | 4 | length of the plain payload, big-endian, at most 4 MiB |
//! | 32 | SHA-256 of the plain payload |
//! | rest | the payload, coded |

use bitcoin::hashes::{Hash, sha256};

use super::{Kind, PLAIN_BYTES, Payload, TOO_LARGE, brotli, deflate};
use crate::{Code, Exit, Result};

/// How every envelope begins.
pub const MAGIC: &[u8; 4] = b"AGQ1";
/// What an envelope adds to the coded payload, in bytes.
pub const HEADER_BYTES: usize = 42;

/// An envelope that is not sound.
pub static DAMAGED: Code = Code::new(
    "E-QR-012",
    Exit::BadInput,
    "The envelope around the payload is of another version, or what it holds differs in length or hash from what it \
     declares.",
    "Scan it again from the beginning; if that does not help, bring both halves to the same version.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&DAMAGED];

/// How a payload is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// As it is.
    None,
    /// Raw deflate.
    Deflate,
    /// Brotli.
    Brotli,
}

const CODECS: [Codec; 3] = [Codec::None, Codec::Deflate, Codec::Brotli];
const KINDS: [Kind; 5] = [Kind::Psbt, Kind::Transaction, Kind::Json, Kind::Text, Kind::Bytes];

impl Codec {
    fn number(self) -> u8 {
        match self {
            Codec::None => 0,
            Codec::Deflate => 1,
            Codec::Brotli => 2,
        }
    }
}

fn number_of(kind: Kind) -> u8 {
    match kind {
        Kind::Psbt => 0,
        Kind::Transaction => 1,
        Kind::Json => 2,
        Kind::Text => 3,
        Kind::Bytes => 4,
    }
}

/// Puts a payload into an envelope, with the codec that makes it smallest.
///
/// # Errors
/// [`TOO_LARGE`] above 4 MiB.
pub fn seal(payload: &Payload) -> Result<Vec<u8>> {
    let plain = &payload.bytes;
    let length = u32::try_from(plain.len()).ok().filter(|_| plain.len() <= PLAIN_BYTES);
    let length = length
        .ok_or_else(|| TOO_LARGE.error(format!("{} bytes are more than {PLAIN_BYTES}", plain.len())))?;
    let mut best = (Codec::None, plain.clone());
    for (codec, coded) in
        [(Codec::Deflate, deflate::deflate(plain)), (Codec::Brotli, brotli::compress(plain))]
    {
        if coded.len() < best.1.len() {
            best = (codec, coded);
        }
    }
    let (codec, coded) = best;
    let mut envelope = Vec::with_capacity(HEADER_BYTES.saturating_add(coded.len()));
    envelope.extend_from_slice(MAGIC);
    envelope.extend_from_slice(&[codec.number(), number_of(payload.kind)]);
    envelope.extend_from_slice(&length.to_be_bytes());
    envelope.extend_from_slice(&sha256::Hash::hash(plain).to_byte_array());
    envelope.extend_from_slice(&coded);
    Ok(envelope)
}

/// True for bytes that begin as an envelope of any version does, which nothing else that crosses does.
pub fn is_envelope(bytes: &[u8]) -> bool {
    bytes.starts_with(b"AGQ")
}

/// The codec that an envelope names.
pub fn codec(envelope: &[u8]) -> Option<Codec> {
    let number = envelope.strip_prefix(MAGIC)?.first()?;
    CODECS.into_iter().find(|codec| codec.number() == *number)
}

/// Takes a payload out of its envelope: limits first, then the codec, then the hash.
///
/// # Errors
/// [`TOO_LARGE`] when more than 4 MiB are declared, before anything is allocated; [`DAMAGED`].
pub fn open(envelope: &[u8]) -> Result<Payload> {
    let Some(rest) = envelope.strip_prefix(MAGIC) else {
        return Err(DAMAGED.error("this is no envelope of version 1"));
    };
    let header = rest.split_first_chunk::<2>().and_then(|(marks, rest)| {
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (hash, coded) = rest.split_first_chunk::<32>()?;
        Some((*marks, u32::from_be_bytes(*length), hash, coded))
    });
    let Some(([_, kind], length, hash, coded)) = header else {
        return Err(DAMAGED.error(format!("{} bytes are no whole envelope", envelope.len())));
    };
    let codec = codec(envelope).ok_or_else(|| DAMAGED.error("the envelope names an unknown codec"))?;
    let kind = KINDS.into_iter().find(|known| number_of(*known) == kind);
    let kind = kind.ok_or_else(|| DAMAGED.error("the envelope names an unknown kind"))?;
    let length = usize::try_from(length).ok().filter(|length| *length <= PLAIN_BYTES).ok_or_else(|| {
        TOO_LARGE.error(format!("the envelope declares {length} bytes, and {PLAIN_BYTES} are allowed"))
    })?;
    let bytes = decode(codec, coded, length)?;
    if bytes.len() != length {
        return Err(DAMAGED.error(format!("the envelope declares {length} bytes and holds {}", bytes.len())));
    }
    if sha256::Hash::hash(&bytes).to_byte_array() != *hash {
        return Err(DAMAGED.error("the payload has another hash than its envelope declares"));
    }
    Ok(Payload { kind, bytes })
}

fn decode(codec: Codec, coded: &[u8], length: usize) -> Result<Vec<u8>> {
    let plain = match codec {
        Codec::None if coded.len() > length => Err(deflate::Fault::OverLimit(length)),
        Codec::None => Ok(coded.to_vec()),
        Codec::Deflate => deflate::inflate(coded, length),
        Codec::Brotli => brotli::decompress(coded, length),
    };
    plain.map_err(|fault| DAMAGED.error(format!("the payload cannot be taken out of its envelope: {fault}")))
}

#[cfg(test)]
mod tests;
