//! The secrets of the measured wallet, and everything that is derived from them, by other code than the program's.

use std::path::Path;

use airlock_tests::memscan::Needle;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use bitcoin::bip32::{DerivationPath, Xpriv};
use bitcoin::hashes::{Hash, sha256, sha512};
use bitcoin::hex::{DisplayHex, FromHex};
use bitcoin::key::{Keypair, TapTweak};
use bitcoin::secp256k1::{Scalar, Secp256k1, SecretKey};
use bitcoin::{NetworkKind, PrivateKey};

pub const PASSPHRASE: &str = "glacier-Tundra7 moth.quartz-Ibex velvet_19";
pub const BIP39_PASSPHRASE: &str = "Juniper.44 saddle-Onyx brisk";

/// Where the signed coins lie below their account; the payments of a bundle use them in turn.
pub const INDEXES: u32 = 4;

/// 32 bytes that nobody has chosen.
fn drawn(label: &str) -> [u8; 32] {
    sha256::Hash::hash(format!("airlock residue {label}").as_bytes()).to_byte_array()
}

pub fn entropy() -> [u8; 32] {
    drawn("words")
}

pub fn words() -> String {
    bip39::Mnemonic::from_entropy(&entropy()).unwrap().to_string()
}

fn family_entropy(label: &str) -> [u8; 16] {
    *drawn(label).first_chunk().unwrap()
}

/// `sEd…`
pub fn ed25519_seed() -> String {
    airlock::xrp::base58::encode_check(&[&[0x01, 0xE1, 0x4B], &family_entropy("ed25519")[..]].concat())
        .unwrap()
}

/// `s…`
pub fn secp256k1_seed() -> String {
    airlock::xrp::base58::encode_check(&[&[0x21], &family_entropy("secp256k1")[..]].concat()).unwrap()
}

pub fn bip39_seed() -> [u8; 64] {
    bip39::Mnemonic::parse(words()).unwrap().to_seed(BIP39_PASSPHRASE)
}

fn half(parts: &[&[u8]]) -> [u8; 32] {
    *sha512::Hash::hash(&parts.concat()).as_byte_array().first_chunk().unwrap()
}

/// The needles that the secrets of a vault give; its header says what the passphrase becomes.
pub fn needles(vault: &Path) -> Vec<Needle> {
    let mut needles = vec![
        Needle::text("passphrase", PASSPHRASE),
        Needle::text("bip39-passphrase", BIP39_PASSPHRASE),
        Needle::text("words", &words()),
        Needle::bytes("entropy", &entropy()),
        Needle::bytes("word-numbers", &word_numbers()),
        Needle::bytes("kdf", &kdf(vault)),
    ];
    needles.extend(tree());
    needles.extend(family_seeds());
    needles.extend(others().into_iter().flat_map(|other| other.needles));
    needles
}

/// A secret of one of the rarer kinds.
pub struct Other {
    /// Its name in the vault and in reports, and the name of its file.
    pub name: &'static str,
    /// As it is written on paper.
    pub text: String,
    /// What the import says of it.
    pub arguments: &'static [&'static str],
    /// Itself and what is derived from it.
    pub needles: Vec<Needle>,
}

/// One of each kind that is neither words nor a family seed.
pub fn others() -> Vec<Other> {
    let secp = Secp256k1::new();
    let at = |master: &Xpriv, path: &str| {
        master.derive_priv(&secp, &path.parse::<DerivationPath>().unwrap()).unwrap()
    };

    let key = PrivateKey::from_slice(&drawn("wif"), NetworkKind::Test).unwrap();
    let wif = key.to_wif();
    let wif_needles = vec![Needle::text("wif text", &wif), Needle::bytes("wif key", &key.to_bytes())];

    let vector = &airlock_tests::vectors("counterwallet.json")["vectors"][0];
    let words = vector["words"].as_str().unwrap().to_owned();
    let entropy = Vec::<u8>::from_hex(vector["entropy"].as_str().unwrap()).unwrap();
    let master = Xpriv::new_master(NetworkKind::Test, &entropy).unwrap();
    let mut words_needles = vec![Needle::text("cw text", &words), Needle::bytes("cw entropy", &entropy)];
    words_needles.extend(extended("cw master", &master));
    words_needles.extend(extended("cw account", &at(&master, "0'")));
    words_needles.extend(extended("cw child", &at(&master, "0'/0/0")));

    let tree = Xpriv::new_master(NetworkKind::Test, &drawn("xprv")).unwrap();
    let tprv = tree.to_string();
    let mut tree_needles = extended("xprv master", &tree).to_vec();
    tree_needles.extend(extended("xprv account", &at(&tree, "84'/1'/0'")));
    tree_needles.extend(extended("xprv child", &at(&tree, "84'/1'/0'/0/0")));

    let (numbers, hex) = (family_entropy("numbers"), family_entropy("hex"));
    let numbers_text = secret_numbers(&numbers);
    vec![
        Other { name: "wif", text: wif, arguments: &["--account", "wif=pkh"], needles: wif_needles },
        Other { name: "cw", text: words, arguments: &["--account", "cw=pkh"], needles: words_needles },
        Other { name: "xprv", text: tprv, arguments: &["--account", "xprv=wpkh"], needles: tree_needles },
        Other {
            name: "numbers",
            needles: vec![
                Needle::text("numbers text", &numbers_text),
                Needle::bytes("numbers entropy", &numbers),
                Needle::bytes("numbers key", &family_key(&numbers)[2]),
            ],
            text: numbers_text,
            arguments: &["--algorithm", "secp256k1", "--account", "numbers=xrp"],
        },
        Other {
            name: "hex",
            text: hex.to_lower_hex_string(),
            arguments: &["--algorithm", "ed25519", "--account", "hex=xrp"],
            needles: vec![Needle::bytes("hex entropy", &hex), Needle::bytes("hex seed", &half(&[&hex]))],
        },
    ]
}

/// Eight groups of a number below 65536 and its check (Xaman's form).
fn secret_numbers(entropy: &[u8; 16]) -> String {
    let groups = entropy.chunks(2).zip(0u32..).map(|(pair, place)| {
        let value = u32::from(pair[0]) << 8 | u32::from(pair[1]);
        format!("{value:05}{}", value * (place * 2 + 1) % 9)
    });
    groups.collect::<Vec<_>>().join(" ")
}

/// The root scalar, the step and the account key that the ledger makes of 16 bytes.
fn family_key(entropy: &[u8; 16]) -> [[u8; 32]; 3] {
    let secp = Secp256k1::new();
    // The first candidate is in range for all but one seed in 2^128.
    let root = SecretKey::from_slice(&half(&[entropy, &[0; 4]])).unwrap();
    let step = half(&[&root.public_key(&secp).serialize(), &[0; 4], &[0; 4]]);
    let key = root.add_tweak(&Scalar::from_be_bytes(step).unwrap()).unwrap();
    [root.secret_bytes(), step, key.secret_bytes()]
}

/// The numbers of the words, as the library holds them.
fn word_numbers() -> Vec<u8> {
    let words = bip39::Mnemonic::parse(words()).unwrap();
    words.word_indices().flat_map(|index| u16::try_from(index).unwrap().to_le_bytes()).collect()
}

/// What the passphrase becomes under a vault's header: memory and passes at 16 and 20, salt at 28.
pub fn kdf(vault: &Path) -> [u8; 32] {
    let file = std::fs::read(vault).unwrap();
    let number = |at: usize| u32::from_be_bytes(*file[at..].first_chunk().unwrap());
    let params = Params::new(number(16), number(20), number(24), Some(32)).unwrap();
    let mut memory = vec![Block::new(); params.block_count()];
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(PASSPHRASE.as_bytes(), &file[28..44], &mut key, &mut memory)
        .unwrap();
    key
}

/// Everything below the words.
fn tree() -> Vec<Needle> {
    let secp = Secp256k1::new();
    let seed = bip39_seed();
    let master = Xpriv::new_master(NetworkKind::Test, &seed).unwrap();
    let mut needles = vec![Needle::bytes("seed", &seed)];
    needles.extend(extended("master", &master));
    // From the account down the chain codes stand in the watch file.
    needles.push(Needle::bytes("master chain", master.chain_code.as_bytes()));
    let at = |path: &str| master.derive_priv(&secp, &path.parse::<DerivationPath>().unwrap()).unwrap();
    for (name, account) in [("btc", "84'/1'/0'"), ("tap", "86'/1'/0'")] {
        needles.extend(extended(&format!("{name} account"), &at(account)));
        needles.extend(extended(&format!("{name} branch"), &at(&format!("{account}/0"))));
        for index in 0..INDEXES {
            let child = at(&format!("{account}/0/{index}"));
            needles.extend(extended(&format!("{name} 0/{index}"), &child));
            if name == "tap" {
                let tweaked = Keypair::from_secret_key(&secp, &child.private_key).tap_tweak(&secp, None);
                let key = tweaked.to_keypair().secret_bytes();
                needles.push(Needle::bytes(format!("tap 0/{index} tweaked"), &key));
            }
        }
    }
    let xrp = at("44'/144'/0'/0/0");
    needles.extend(extended("xrp", &xrp));
    needles.push(Needle::bytes("xrp chain", xrp.chain_code.as_bytes()));
    needles
}

/// An extended key, bare and as text.
fn extended(name: &str, key: &Xpriv) -> [Needle; 2] {
    [
        Needle::bytes(format!("{name} key"), &key.private_key.secret_bytes()),
        Needle::text(format!("{name} tprv"), &key.to_string()),
    ]
}

fn family_seeds() -> Vec<Needle> {
    let ed = half(&[&family_entropy("ed25519")]);
    let expanded = sha512::Hash::hash(&ed).to_byte_array();
    let mut scalar = *expanded.first_chunk::<32>().unwrap();
    scalar[0] &= 248;
    scalar[31] = scalar[31] & 127 | 64;

    let entropy = family_entropy("secp256k1");
    let [root, step, key] = family_key(&entropy);
    vec![
        Needle::text("ed text", &ed25519_seed()),
        Needle::bytes("ed entropy", &family_entropy("ed25519")),
        Needle::bytes("ed seed", &ed),
        Needle::bytes("ed scalar", &scalar),
        Needle::bytes("ed prefix", &expanded[32..]),
        Needle::text("k1 text", &secp256k1_seed()),
        Needle::bytes("k1 entropy", &entropy),
        Needle::bytes("k1 root", &root),
        Needle::bytes("k1 step", &step),
        Needle::bytes("k1 key", &key),
    ]
}
