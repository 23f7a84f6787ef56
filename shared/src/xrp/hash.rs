//! The hash and the prefixes of the ledger (xrpl.md 5.6). Only transactions are hashed here: no other
//! prefix exists in this library, so no claim, batch, validation or manifest payload can be made with it.

use bitcoin::hashes::{Hash, HashEngine, sha512};

/// `STX\0`: before the data that a single signer signs.
pub const SINGLE_SIGNING: [u8; 4] = *b"STX\0";
/// `SMT\0`: before the data that one of several signers signs.
pub const MULTI_SIGNING: [u8; 4] = *b"SMT\0";
/// `TXN\0`: before a signed transaction, for its id.
pub const TRANSACTION_ID: [u8; 4] = *b"TXN\0";

/// The first 32 bytes of SHA-512 over the parts.
pub fn sha512_half(parts: &[&[u8]]) -> [u8; 32] {
    let mut engine = sha512::Hash::engine();
    for part in parts {
        engine.input(part);
    }
    let mut half = [0u8; 32];
    for (to, from) in half.iter_mut().zip(sha512::Hash::from_engine(engine).to_byte_array()) {
        *to = from;
    }
    half
}
