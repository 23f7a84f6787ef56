//! The watch file: what the online half needs to know of the vault's accounts (design.md 10.22).

use bitcoin::hex::FromHex;
use serde::{Deserialize, Serialize};

use crate::account::{Account, AccountName, BitcoinAccount, Holds, Rail, Role, XrpAccount};
use crate::bundle::file::{self, NOT_CANONICAL};
use crate::bundle::limits;
use crate::error::{Code, Exit, Result};
use crate::json;
use crate::network::BitcoinNetwork;
use crate::text::Printable;
use crate::xrp::PublicKey;

/// The value of `format` in a watch file.
pub const FORMAT: &str = "airlock-watch";
/// The version of the watch format.
pub const VERSION: u32 = 1;

/// Accounts that contradict each other or themselves.
pub static BAD_WATCH: Code = Code::new(
    "E-WTCH-001",
    Exit::BadInput,
    "A watch file lists each account once, and the address of an XRP account is that of its public key.",
    "Export the watch file again with `airlock-offline accounts export`.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&BAD_WATCH];

/// The accounts of a vault, without secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// The accounts, sorted by name.
    pub accounts: Vec<Account>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    accounts: Vec<Entry>,
    format: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: AccountName,
    role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bitcoin: Option<BitcoinEntry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    xrp: Option<XrpEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BitcoinEntry {
    network: BitcoinNetwork,
    descriptor: String,
    holds: Holds,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct XrpEntry {
    network_id: u32,
    address: String,
    public_key: String,
    algorithm: String,
}

impl Watch {
    /// Reads a watch file.
    ///
    /// # Errors
    /// [`BAD_WATCH`], and the codes of the bundle files, of descriptors and of XRP addresses.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        file::open(bytes, FORMAT, VERSION)?;
        let file: File = json::parse_as(bytes)?;
        if file.accounts.len() > limits::WATCH_ACCOUNTS {
            let count = file.accounts.len();
            return Err(
                file::OVER_LIMIT.error(format!("{count} accounts are more than {}", limits::WATCH_ACCOUNTS))
            );
        }
        let accounts = file.accounts.into_iter().map(account).collect::<Result<Vec<_>>>()?;
        if !accounts.is_sorted_by(|a, b| a.name < b.name) {
            return Err(BAD_WATCH.error("accounts must be sorted by name, each name once"));
        }
        let watch = Self { accounts };
        if watch.encode() != bytes {
            return Err(NOT_CANONICAL.error("the file is not in canonical form"));
        }
        Ok(watch)
    }

    /// Writes the watch file.
    pub fn encode(&self) -> Vec<u8> {
        let accounts = self.accounts.iter().map(entry).collect();
        let file = File { accounts, format: FORMAT.to_owned(), version: VERSION };
        json::canonical(
            &serde_json::to_value(file).expect("a watch file has string keys and always serializes"),
        )
    }
}

fn account(entry: Entry) -> Result<Account> {
    let (holds, rail) = match (entry.bitcoin, entry.xrp) {
        (Some(bitcoin), None) => {
            (bitcoin.holds, Rail::Bitcoin(BitcoinAccount::parse(&bitcoin.descriptor, bitcoin.network)?))
        }
        (None, Some(xrp)) => {
            let bytes = <[u8; 33]>::from_hex(&xrp.public_key)
                .map_err(|_| BAD_WATCH.error("a public key is not 66 hex digits"))?;
            let key = PublicKey::from_slice(&bytes)?;
            let account = XrpAccount::new(xrp.network_id, key);
            if account.address() != xrp.address || key.algorithm().name() != xrp.algorithm {
                return Err(BAD_WATCH.error(format!(
                    "'{}' is not the address of its public key",
                    Printable::new(&xrp.address)
                )));
            }
            (Holds::default(), Rail::Xrp(account))
        }
        _ => return Err(BAD_WATCH.error(format!("account '{}' must be on one chain", entry.name))),
    };
    Ok(Account { name: entry.name, role: entry.role, holds, rail })
}

fn entry(account: &Account) -> Entry {
    let (bitcoin, xrp) = match &account.rail {
        Rail::Bitcoin(bitcoin) => (
            Some(BitcoinEntry {
                network: bitcoin.network(),
                descriptor: bitcoin.descriptor().to_owned(),
                holds: account.holds,
            }),
            None,
        ),
        Rail::Xrp(xrp) => (
            None,
            Some(XrpEntry {
                network_id: xrp.network_id,
                address: xrp.address().to_owned(),
                public_key: xrp.public_key.to_string(),
                algorithm: xrp.public_key.algorithm().name().to_owned(),
            }),
        ),
    };
    Entry { name: account.name.clone(), role: account.role, bitcoin, xrp }
}
