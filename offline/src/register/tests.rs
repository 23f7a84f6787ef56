use super::*;
use crate::derive::{Source, bitcoin_path};
use crate::keys::{Mnemonic, xrp::bip44_path};
use crate::secret::SecretText;
use crate::vault::{Kept, Strength};
use airlock::account::{Holds, Rail, Role, ScriptKind, XrpAccount};
use airlock::network::BitcoinNetwork;

const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

fn entries(network: BitcoinNetwork, network_id: u32) -> [Entry; 2] {
    let empty = SecretText::new(String::new());
    let kept = Kept::Mnemonic { words: Mnemonic::parse(WORDS).unwrap(), passphrase: empty };
    let source = Source::new(&kept);
    let path = bitcoin_path(ScriptKind::Wpkh, network, 0).unwrap();
    let bitcoin = source.bitcoin(ScriptKind::Wpkh, network, &path).unwrap();
    let path = bip44_path(0, 0).unwrap();
    let xrp = XrpAccount::new(network_id, source.xrp(Some(&path)).unwrap().public_key());
    let entry = |name: &str, rail, path| Entry {
        account: Account { name: name.parse().unwrap(), role: Role::Cold, holds: Holds::Assets, rail },
        secret: "main".parse().unwrap(),
        path,
    };
    [entry("xrp", Rail::Xrp(xrp), Some(path)), entry("btc", Rail::Bitcoin(bitcoin), None)]
}

fn vault() -> Vault {
    Vault::create(&SecretText::new("p".to_owned()), Strength::TestOnly).unwrap()
}

fn register(vault: &Vault) -> Register {
    let mut register = Register::default();
    for entry in entries(BitcoinNetwork::Regtest, 1) {
        register.add(entry, vault).unwrap();
    }
    register
}

#[test]
fn reads_back_what_it_writes_and_sorts_by_name() {
    let vault = vault();
    let register = register(&vault);
    let bytes = register.encode(&vault);
    assert_eq!(Register::decode(&bytes).unwrap(), register);
    Register::check_mac(&bytes, &vault).unwrap();
    assert_eq!(register.accounts().iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["btc", "xrp"]);
}

#[test]
fn accounts_changed_or_of_another_vault_are_not_authentic() {
    let own = vault();
    let bytes = register(&own).encode(&own);
    assert_eq!(Register::check_mac(&bytes, &vault()).unwrap_err().code(), &NOT_AUTHENTIC);
    let text = String::from_utf8(bytes).unwrap();
    for (from, to) in [("\"cold\"", "\"warm\""), ("\"assets\"", "\"bitcoin-only\""), ("\"main\"", "\"mine\"")]
    {
        let changed = text.replace(from, to);
        assert_ne!(changed, text);
        assert!(Register::decode(changed.as_bytes()).is_ok());
        assert_eq!(Register::check_mac(changed.as_bytes(), &own).unwrap_err().code(), &NOT_AUTHENTIC, "{to}");
    }
}

#[test]
fn every_flipped_byte_is_refused() {
    let vault = vault();
    let bytes = register(&vault).encode(&vault);
    for index in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[index] ^= 1;
        assert!(Register::check_mac(&changed, &vault).is_err(), "byte {index}");
    }
}

#[test]
fn a_vault_for_tests_takes_no_real_money() {
    let vault = vault();
    for (network, network_id, expected) in
        [(BitcoinNetwork::Mainnet, 1, [true, false]), (BitcoinNetwork::Signet, 0, [false, true])]
    {
        let mut register = Register::default();
        let outcomes = entries(network, network_id).map(|entry| register.add(entry, &vault));
        for (outcome, expected) in outcomes.into_iter().zip(expected) {
            assert_eq!(outcome.is_ok(), expected);
        }
    }
}

#[test]
fn a_name_and_an_account_appear_once() {
    let vault = vault();
    let mut register = register(&vault);
    let [mut xrp, _] = entries(BitcoinNetwork::Regtest, 1);
    assert_eq!(register.add(xrp.clone(), &vault).unwrap_err().code(), &TAKEN);
    xrp.account.name = "other".parse().unwrap();
    assert_eq!(register.add(xrp, &vault).unwrap_err().code(), &TAKEN);
}
