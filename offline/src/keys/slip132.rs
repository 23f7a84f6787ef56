//! Extended private keys whose first letters tell the kind of account (SLIP-132): `zprv`, `yprv` and those of the test
//! networks. The key is the same as in `xprv`.

use airlock::Result;
use airlock::account::ScriptKind;
use zeroize::Zeroizing;

use super::bip32::{EXTENDED_KEY, ExtendedKey};

const XPRV: [u8; 4] = [0x04, 0x88, 0xAD, 0xE4];
const TPRV: [u8; 4] = [0x04, 0x35, 0x83, 0x94];
/// Version, the version that says the same without the kind, and the kind.
const VERSIONS: [([u8; 4], [u8; 4], ScriptKind); 4] = [
    ([0x04, 0xB2, 0x43, 0x0C], XPRV, ScriptKind::Wpkh),
    ([0x04, 0x9D, 0x78, 0x78], XPRV, ScriptKind::ShWpkh),
    ([0x04, 0x5F, 0x18, 0xBC], TPRV, ScriptKind::Wpkh),
    ([0x04, 0x4A, 0x4E, 0x28], TPRV, ScriptKind::ShWpkh),
];
/// Yprv, Zprv, Uprv, Vprv: keys of accounts that several people sign for.
const SHARED: [[u8; 4]; 4] =
    [[0x02, 0x95, 0xB0, 0x05], [0x02, 0xAA, 0x7A, 0x99], [0x02, 0x42, 0x85, 0xB5], [0x02, 0x57, 0x50, 0x48]];

/// Reads an extended private key of any of these forms, with the kind where the form tells it.
///
/// # Errors
/// [`EXTENDED_KEY`], without the text.
pub fn parse(text: &str) -> Result<(ExtendedKey, Option<ScriptKind>)> {
    // 111 or 112 characters are usual; a longer text is not decoded at all.
    let payload = (text.len() <= 112).then(|| bitcoin::base58::decode_check(text).ok()).flatten();
    let Some(mut payload) = payload.map(Zeroizing::new) else { return Ok((ExtendedKey::parse(text)?, None)) };
    let Some(version) = payload.first_chunk_mut::<4>() else { return Ok((ExtendedKey::parse(text)?, None)) };
    if SHARED.contains(version) {
        return Err(EXTENDED_KEY
            .error("this is the key of a multi-signature account, which this program does not sign for"));
    }
    let Some((_, plain, kind)) = VERSIONS.iter().find(|(own, ..)| own == version) else {
        return Ok((ExtendedKey::parse(text)?, None));
    };
    *version = *plain;
    let text = Zeroizing::new(bitcoin::base58::encode_check(&payload));
    Ok((ExtendedKey::parse(&text)?, Some(*kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_letters_tell_the_kind_and_change_nothing_else() {
        // BIP-84 and SLIP-132: the root key of "abandon" x 11, "about".
        let plain = "xprv9s21ZrQH143K3GJpoapnV8SFfukcVBSfeCficPSGfubmSFDxo1kuHnLisriDvSnRRuL2Qrg5ggqHKNVpxR86QEC8w35uxmGoggxtQTPvfUu";
        for (text, kind) in [
            (plain, None),
            (
                "zprvAWgYBBk7JR8Gjrh4UJQ2uJdG1r3WNRRfURiABBE3RvMXYSrRJL62XuezvGdPvG6GFBZduosCc1YP5wixPox7zhZLfiUm8aunE96BBa4Kei5",
                Some(ScriptKind::Wpkh),
            ),
            (
                "yprvABrGsX5C9jantZVwdwcQhDXkqsu4RoSAZKBwPnLA3uyeVM3C3fvTuqzru4fovMSLqYSqALGe9MBqCf7Pg7Y7CTsjoNnLYg6HxR2Xo44NX7E",
                Some(ScriptKind::ShWpkh),
            ),
        ] {
            let (key, found) = parse(text).unwrap();
            assert_eq!(found, kind);
            assert!(key.to_text().matches(plain));
        }
        assert!(parse("Zprv123").is_err());
    }
}
