//! Descriptors with private keys, as wallets export them: one kind of script around one key (BIP-380 to BIP-386).

use airlock::account::{ScriptKind, descriptor_checksum};
use airlock::{Code, Exit, Result};
use bitcoin::bip32::DerivationPath;

use super::{ExtendedKey, OriginKey, PrivateKey, origin_key};

/// A descriptor that is none of ours.
pub static PRIVATE_DESCRIPTOR: Code = Code::new(
    "E-KEY-011",
    Exit::BadInput,
    "A descriptor with a private key is wpkh(…), pkh(…), sh(wpkh(…)) or tr(…) around one key: a private key in wallet \
     import format, or an extended private key whose path ends in the branches /0/*, /1/* or /<0;1>/*.",
    "Copy the descriptor with its checksum again; for Bitcoin Core: `listdescriptors true`.",
);

/// A descriptor, taken apart.
pub struct PrivateDescriptor {
    /// The kind of its scripts.
    pub kind: ScriptKind,
    /// Its key.
    pub key: DescriptorKey,
}

/// The key of a descriptor.
pub enum DescriptorKey {
    /// One key without branches.
    Single(PrivateKey),
    /// An extended key.
    Extended {
        /// The key with its origin.
        key: OriginKey,
        /// Path of the account from the master key.
        account: DerivationPath,
    },
}

const BRANCHES: [&str; 3] = ["/<0;1>/*", "/0/*", "/1/*"];

impl PrivateDescriptor {
    /// Reads a descriptor; a checksum, where there is one, must be right.
    ///
    /// # Errors
    /// [`PRIVATE_DESCRIPTOR`], or the codes of its key; never with the key.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = |why: &str| PRIVATE_DESCRIPTOR.error(why);
        let body = match text.split_once('#') {
            None => text,
            Some((body, checksum)) if descriptor_checksum(body).as_deref() == Some(checksum) => body,
            Some(_) => return Err(bad("the checksum behind # is wrong")),
        };
        let inside = |prefix: &str, suffix: &str| body.strip_prefix(prefix)?.strip_suffix(suffix);
        let (kind, key) = [
            (ScriptKind::Wpkh, inside("wpkh(", ")")),
            (ScriptKind::Pkh, inside("pkh(", ")")),
            (ScriptKind::ShWpkh, inside("sh(wpkh(", "))")),
            (ScriptKind::Tr, inside("tr(", ")")),
        ]
        .into_iter()
        .find_map(|(kind, key)| Some((kind, key?)))
        .ok_or_else(|| bad("not wpkh, pkh, sh(wpkh) or tr around one key"))?;
        if key.contains(['(', ')', ',', ' ']) {
            return Err(bad("more than one key"));
        }
        Ok(Self { kind, key: read_key(key, kind)? })
    }
}

fn read_key(text: &str, kind: ScriptKind) -> Result<DescriptorKey> {
    let bad = |why: &str| PRIVATE_DESCRIPTOR.error(why);
    let (origin, text) = origin_key::split(text)?;
    let Some((key, _)) = text.split_once('/') else {
        let key = PrivateKey::parse(text)?;
        if !key.is_compressed() && kind != ScriptKind::Pkh {
            return Err(bad("a key that is not compressed fits pkh only"));
        }
        return Ok(DescriptorKey::Single(key));
    };
    let steps = text.strip_prefix(key).unwrap_or_default();
    let steps = BRANCHES
        .iter()
        .find_map(|branch| steps.strip_suffix(branch))
        .ok_or_else(|| bad("the path behind the key does not end in /0/*, /1/* or /<0;1>/*"))?;
    let below: DerivationPath = steps
        .strip_prefix('/')
        .map_or(Ok(DerivationPath::master()), str::parse)
        .map_err(|_| bad("the path behind the key is none"))?;
    let key = OriginKey::new(ExtendedKey::parse(key)?, origin)?;
    let account = key.path().extend(&below);
    Ok(DescriptorKey::Extended { key, account })
}

#[cfg(test)]
mod tests {
    use super::*;

    // BIP-32 test vector 1, master key.
    const MASTER: &str = "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi";
    const ONE: &str = "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn";
    const ONE_LONG: &str = "5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf";

    #[test]
    fn reads_what_wallets_export() {
        for (text, kind, path) in [
            (format!("wpkh({MASTER}/84'/0'/0'/0/*)"), ScriptKind::Wpkh, "84'/0'/0'"),
            (format!("pkh({MASTER}/44h/0h/0h/1/*)"), ScriptKind::Pkh, "44'/0'/0'"),
            (format!("sh(wpkh({MASTER}/49h/0h/7h/<0;1>/*))"), ScriptKind::ShWpkh, "49'/0'/7'"),
            (format!("tr([3442193e]{MASTER}/86h/0h/0h/0/*)"), ScriptKind::Tr, "86'/0'/0'"),
            (format!("pkh({MASTER}/<0;1>/*)"), ScriptKind::Pkh, ""),
        ] {
            let checksum = descriptor_checksum(&text).unwrap();
            for text in [text.clone(), format!("{text}#{checksum}")] {
                let read = PrivateDescriptor::parse(&text).unwrap();
                let DescriptorKey::Extended { account, .. } = read.key else { panic!("an extended key") };
                assert_eq!((read.kind, account), (kind, path.parse().unwrap_or_default()), "{text}");
            }
        }
        for text in [format!("wpkh({ONE})"), format!("pkh({ONE_LONG})")] {
            assert!(matches!(PrivateDescriptor::parse(&text).unwrap().key, DescriptorKey::Single(_)));
        }
    }

    #[test]
    fn refuses_a_wrong_checksum_and_every_other_form_without_the_key() {
        let good = format!("wpkh({MASTER}/84'/0'/0'/0/*)");
        for text in [
            format!("{good}#aaaaaaaa"),
            format!("{good}#"),
            format!("wpkh({ONE_LONG})"),
            format!("wsh(pk({ONE}))"),
            format!("wpkh({MASTER}/84'/0'/0'/*)"),
            format!("wpkh({MASTER}/84'/0'/0'/0/*')"),
            format!("tr({ONE},pk({ONE}))"),
            format!("sh(wpkh({ONE})"),
            format!("combo({ONE})"),
            "wpkh()".to_owned(),
        ] {
            let error = PrivateDescriptor::parse(&text).err().unwrap();
            assert!(!error.what().contains("prv") && !error.what().contains("DiBf"), "{error}");
        }
    }
}
