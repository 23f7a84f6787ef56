//! What crosses the gap as QR codes, as text: one *frame* is the text of one code (qr.md 2 to 4, 9). Pictures are made and
//! read by the crate `airlock-qr`.

use crate::{Code, Exit};

pub mod base43;
pub mod bbqr;
pub mod brotli;
pub mod bytewords;
pub mod capacity;
pub mod deflate;
pub mod envelope;
pub mod frame;
pub mod plain;
pub mod profile;
pub mod receiver;
pub mod sender;
pub mod specter;
pub mod ur;

pub use frame::Frame;
pub use profile::{Density, Profile};
pub use receiver::{Progress, Reaction, Receiver};
pub use sender::Sender;

/// What a transfer carries, as far as its format says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A PSBT: `ur:crypto-psbt`, `ur:psbt`, BBQr `P`.
    Psbt,
    /// A raw Bitcoin transaction: BBQr `T`.
    Transaction,
    /// JSON: bundles, signed files, watch files, XRP transactions; BBQr `J`.
    Json,
    /// Other text in UTF-8: BBQr `U`.
    Text,
    /// Bytes of which the format says nothing more: `ur:bytes`, BBQr `B`.
    Bytes,
}

/// What is sent or was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// What it is.
    pub kind: Kind,
    /// The plain bytes, at most [`PLAIN_BYTES`].
    pub bytes: Vec<u8>,
}

/// Most plain bytes of a transfer, and most of its coded bytes: 4 MiB (qr.md 9).
pub const PLAIN_BYTES: usize = 4 * 1024 * 1024;
/// Most characters of a frame: version 40, level L, alphanumeric.
pub const FRAME_CHARACTERS: usize = 4296;
/// Most parts of a UR.
pub const UR_PARTS: u32 = 4096;
/// Most parts of a BBQr: two digits to the base 36.
pub const BBQR_PARTS: u32 = 1295;

/// More than may cross as QR codes.
pub static TOO_LARGE: Code = Code::new(
    "E-QR-001",
    Exit::BadInput,
    "Up to 4 MiB cross as QR codes, in 4,096 parts of a UR or 1,295 of a BBQr.",
    "Move the file on a stick instead.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&TOO_LARGE];
