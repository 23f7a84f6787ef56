//! What seals the vault.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use chacha20poly1305::{AeadInPlace, KeyInit, XChaCha20Poly1305, XNonce};

use super::{Answers, array, is_hex};

/// One pass over 256 KiB, computed by the reference code (argon2-cffi).
pub(super) fn argon2id() -> Answers {
    let salt: [u8; 16] = core::array::from_fn(|index| u8::try_from(index).unwrap_or(0));
    let derived = |password: &[u8]| {
        let params = Params::new(256, 1, 1, Some(32)).ok()?;
        let (mut memory, mut key) = (vec![Block::new(); params.block_count()], [0; 32]);
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon2.hash_password_into_with_memory(password, &salt, &mut key, &mut memory).ok()?;
        Some(key)
    };
    const KEY: &str = "0d67af471ed45307491c0e0c86aeae4a625826d34c118606dbd050af231e8f0b";
    vec![
        derived(b"airlock self-test").is_some_and(|key| is_hex(&key, KEY)),
        derived(b"airlock self-tesu").is_some_and(|key| !is_hex(&key, KEY)),
    ]
}

/// The example of draft-irtf-cfrg-xchacha, A.3.1.
pub(super) fn xchacha20_poly1305() -> Answers {
    const KEY: &str = "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f";
    const NONCE: &str = "404142434445464748494a4b4c4d4e4f5051525354555657";
    const DATA: &str = "50515253c0c1c2c3c4c5c6c7";
    const SEALED: &str = "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb\
                          731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452\
                          2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9\
                          21f9664c97637da9768812f615c68b13b52e";
    const TAG: &str = "c0875924c1c7987947deafd8780acf49";
    let text =
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
                 sunscreen would be it.";
    let (Some(key), Some(nonce), Some(data)) = (array::<32>(KEY), array::<24>(NONCE), array::<12>(DATA))
    else {
        return vec![false];
    };
    let (cipher, nonce) = (XChaCha20Poly1305::new(&key.into()), XNonce::from(nonce));
    let mut bytes = text.to_vec();
    let Ok(tag) = cipher.encrypt_in_place_detached(&nonce, &data, &mut bytes) else { return vec![false] };
    let sealed = [is_hex(&bytes, SEALED), is_hex(&tag, TAG)];
    let mut other = tag;
    other.iter_mut().take(1).for_each(|byte| *byte ^= 1);
    let refuses = cipher.decrypt_in_place_detached(&nonce, &data, &mut bytes.clone(), &other).is_err();
    let opens = cipher.decrypt_in_place_detached(&nonce, &data, &mut bytes, &tag).is_ok() && bytes == text;
    [&sealed[..], &[refuses, opens]].concat()
}
