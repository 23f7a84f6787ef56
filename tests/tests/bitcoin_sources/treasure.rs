//! Accounts and transactions for the tests of sources.

use std::path::PathBuf;

use airlock::account::{AccountName, BitcoinAccount, ScriptKind};
use airlock::network::BitcoinNetwork;
use airlock_online::http::{Credential, Http, Trace};
use airlock_online::source::bitcoin::Watched;
use bitcoin::absolute::LockTime;
use bitcoin::opcodes::OP_TRUE;
use bitcoin::script::Builder;
use bitcoin::transaction::Version;
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness};

/// The account keys of the public test mnemonic, by kind.
const KEYS: [(ScriptKind, &str, &str); 4] = [
    (
        ScriptKind::Wpkh,
        "84'/1'/0'",
        "tpubDC8msFGeGuwnKG9Upg7DM2b4DaRqg3CUZa5g8v2SRQ6K4NSkxUgd7HsL2XVWbVm39yBA4LAxysQAm397zwQSQoQgewGiYZqrA9DsP4zbQ1M",
    ),
    (
        ScriptKind::Pkh,
        "44'/1'/0'",
        "tpubDC5FSnBiZDMmhiuCmWAYsLwgLYrrT9rAqvTySfuCCrgsWz8wxMXUS9Tb9iVMvcRbvFcAHGkMD5Kx8koh4GquNGNTfohfk7pgjhaPCdXpoba",
    ),
    (
        ScriptKind::Tr,
        "86'/1'/0'",
        "tpubDDfvzhdVV4unsoKt5aE6dcsNsfeWbTgmLZPi8LQDYU2xixrYemMfWJ3BaVneH3u7DBQePdTwhpybaKRU95pi6PMUtLPBJLVQRpzEnjfjZzX",
    ),
    (
        ScriptKind::ShWpkh,
        "49'/1'/0'",
        "tpubDD7tXK8KeQ3YY83yWq755fHY2JW8Ha8Q765tknUM5rSvjPcGWfUppDFMpQ1ScziKfW3ZNtZvAD7M3u7bSs7HofjTD3KP3YxPK7X6hwV8Rk2",
    ),
];

/// The four accounts, named by their kind.
pub fn accounts() -> Vec<(AccountName, BitcoinAccount)> {
    let account = |(kind, path, xpub): (ScriptKind, &str, &str)| {
        let fingerprint = "73c5da0a".parse().unwrap();
        let (path, xpub) = (path.parse().unwrap(), xpub.parse().unwrap());
        let account = BitcoinAccount::new(kind, BitcoinNetwork::Regtest, fingerprint, &path, xpub).unwrap();
        (format!("{kind:?}").to_lowercase().parse().unwrap(), account)
    };
    KEYS.into_iter().map(account).collect()
}

/// All of them, up to an index.
pub fn watched(accounts: &[(AccountName, BitcoinAccount)], last_index: u32) -> Vec<Watched<'_>> {
    accounts.iter().map(|(name, account)| Watched { name, account, last_index }).collect()
}

/// A client without credential.
pub fn http(url: &str) -> Http {
    Http::new(url.parse().unwrap(), Credential::None, None, Trace::Off).unwrap()
}

/// A client with a cookie.
pub fn http_with_cookie(url: &str, cookie: PathBuf) -> Http {
    Http::new(url.parse().unwrap(), Credential::Cookie(cookie), None, Trace::Off).unwrap()
}

/// A script that everybody can spend from, and the witness for it.
pub fn anyone() -> (ScriptBuf, Witness) {
    let script = Builder::new().push_opcode(OP_TRUE).into_script();
    (script.to_p2wsh(), Witness::from_slice(&[script.as_bytes()]))
}

/// A transaction that spends these coins of everybody.
pub fn spend(coins: &[OutPoint], to: &[(ScriptBuf, u64)]) -> Transaction {
    let input = coins.iter().map(|coin| TxIn {
        previous_output: *coin,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        witness: anyone().1,
    });
    let output =
        to.iter().map(|(script, sat)| TxOut { value: Amount::from_sat(*sat), script_pubkey: script.clone() });
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: input.collect(),
        output: output.collect(),
    }
}
