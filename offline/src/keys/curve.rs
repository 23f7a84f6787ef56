//! The curve context for arithmetic with secrets.

use std::sync::LazyLock;

use bitcoin::secp256k1::{All, Secp256k1};

use crate::secret::Secret;
use crate::vault::fill_random;

/// A context that is blinded with the system's randomness against side channels; it changes no result. The library's own
/// context is for public keys only.
///
/// On a system without randomness it stays unblinded, and signing refuses there ([`crate::unlocked::Unlocked::keyring`]).
pub static SECP: LazyLock<Secp256k1<All>> = LazyLock::new(|| {
    let mut secp = Secp256k1::new();
    let mut blinding = Secret::<32>::zero();
    if fill_random(blinding.expose_mut()).is_ok() {
        secp.seeded_randomize(blinding.expose());
    }
    secp
});
