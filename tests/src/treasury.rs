//! The treasury of the recordings, both halves of it: watch accounts, snapshot, unlocked keys of the public test mnemonic.

use airlock::account::{Account, BitcoinAccount, Holds, Rail, Role, ScriptKind, XrpAccount};
use airlock::bundle::{Bundle, Signed};
use airlock::network::BitcoinNetwork;
use airlock::request::Request;
use airlock::review::{Book, Review};
use airlock::snapshot::Snapshot;
use airlock_offline::keyring::Keyring;
use airlock_offline::keys::{ExtendedKey, Mnemonic, XrpKey};
use airlock_offline::secret::{Secret, SecretText};
use airlock_offline::sign::sign;
use airlock_online::plan::{Options, plan};
use bitcoin::secp256k1::Secp256k1;

use crate::permits::permission;
use crate::{vectors, workspace_root};

const BITCOIN: [(&str, ScriptKind, &str, Role, Holds); 4] = [
    ("cold", ScriptKind::Wpkh, "m/84'/1'/0'", Role::Cold, Holds::Assets),
    ("float", ScriptKind::Tr, "m/86'/1'/0'", Role::Hot, Holds::BitcoinOnly),
    ("legacy", ScriptKind::Pkh, "m/44'/1'/0'", Role::Holding, Holds::Assets),
    ("nested", ScriptKind::ShWpkh, "m/49'/1'/0'", Role::Warm, Holds::Assets),
];

/// Accounts with their unlocked keys.
pub struct Treasury {
    /// The accounts, sorted by name.
    pub accounts: Vec<Account>,
    /// Their keys.
    pub keyring: Keyring,
}

impl Treasury {
    /// The four Bitcoin accounts on regtest and the XRP account on network 1.
    pub fn open() -> Self {
        let secp = Secp256k1::new();
        let words = vectors("golden.json")["meta"]["mnemonic"].as_str().expect("a mnemonic").to_owned();
        let seed = Mnemonic::parse(&words).expect("it is valid").seed(&SecretText::new(String::new()));
        let master = ExtendedKey::master(&seed, bitcoin::Network::Regtest).expect("the seed has a key");
        let mut keyring = Keyring::new(&Secret::take(&mut [1; 32]));
        let mut accounts = Vec::new();
        for (name, kind, path, role, holds) in BITCOIN {
            let path = path.parse().expect("a path");
            let key = master.derive(&secp, &path).expect("the path has a key");
            let (fingerprint, xpub) = (master.fingerprint(&secp), key.public(&secp));
            let account = BitcoinAccount::new(kind, BitcoinNetwork::Regtest, fingerprint, &path, xpub)
                .expect("the account is of our kinds");
            keyring.add_bitcoin(&account, key).expect("the key is the account's");
            accounts.push(Account {
                name: name.parse().expect("a name"),
                role,
                holds,
                rail: Rail::Bitcoin(account),
            });
        }
        let key = XrpKey::bip44(&secp, &master, 0, 0).expect("the path has a key");
        let account = XrpAccount::new(1, key.public_key());
        keyring.add_xrp(&account, key).expect("the key is the account's");
        accounts.push(Account {
            name: "xrp-cold".parse().expect("a name"),
            role: Role::Cold,
            holds: Holds::default(),
            rail: Rail::Xrp(account),
        });
        accounts.sort_by(|a, b| a.name.cmp(&b.name));
        Self { accounts, keyring }
    }

    /// Plans requests on the demo's snapshot.
    pub fn plan(&self, requests: &[Request]) -> Bundle {
        plan(requests, &snapshot(), &self.accounts, &Options::default()).expect("it can be planned").bundle
    }

    /// Reviews, approves and signs.
    pub fn sign(&self, bundle: &Bundle) -> Signed {
        let book = Book { accounts: &self.accounts, assets: &[], destinations: &[], authenticated: true };
        let review =
            Review::of_bundle(bundle, &book, bundle.contents().created).expect("the review has no objection");
        let typed = review.approval_text().to_owned();
        let permission = permission(&review).expect("the policy allows it");
        sign(review.approve(&typed, permission).expect("it was typed exactly"), &self.keyring)
            .expect("it can be signed")
    }
}

/// The demo's snapshot.
pub fn snapshot() -> Snapshot {
    let path = workspace_root().join("vectors/demo/snapshot.json");
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Snapshot::decode(&bytes).expect("the demo's snapshot is valid")
}

/// Requests from JSON.
pub fn requests(json: serde_json::Value) -> Vec<Request> {
    airlock::json::from_value(json).expect("these are requests")
}
