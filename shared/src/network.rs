//! The networks: names as people type them, and what tells one from another.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Exit, Result};
use crate::text::Printable;

/// An unknown network name.
pub static UNKNOWN_NETWORK: Code = Code::new(
    "E-NET-001",
    Exit::BadInput,
    "The Bitcoin networks are mainnet, testnet3, testnet4, signet and regtest.",
    "Use one of: mainnet, testnet3, testnet4, signet, regtest.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&UNKNOWN_NETWORK];

/// A Bitcoin network, and with it the Counterparty ledger on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BitcoinNetwork {
    /// The network with the money.
    #[default]
    Mainnet,
    /// The third test network.
    Testnet3,
    /// The fourth test network (BIP-94).
    Testnet4,
    /// The signed test network (BIP-325).
    Signet,
    /// A private test network.
    Regtest,
}

impl BitcoinNetwork {
    /// All networks, in the order of the documents.
    pub const ALL: [BitcoinNetwork; 5] =
        [Self::Mainnet, Self::Testnet3, Self::Testnet4, Self::Signet, Self::Regtest];

    /// The name that people type and files hold.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mainnet => "mainnet",
            Self::Testnet3 => "testnet3",
            Self::Testnet4 => "testnet4",
            Self::Signet => "signet",
            Self::Regtest => "regtest",
        }
    }

    /// The same network as `bitcoin` knows it.
    pub fn to_bitcoin(self) -> bitcoin::Network {
        match self {
            Self::Mainnet => bitcoin::Network::Bitcoin,
            Self::Testnet3 => bitcoin::Network::Testnet,
            Self::Testnet4 => bitcoin::Network::Testnet4,
            Self::Signet => bitcoin::Network::Signet,
            Self::Regtest => bitcoin::Network::Regtest,
        }
    }

    /// BIP-44 coin type: 0 on mainnet, 1 on every test network (SLIP-44).
    pub fn coin_type(self) -> u32 {
        match self {
            Self::Mainnet => 0,
            Self::Testnet3 | Self::Testnet4 | Self::Signet | Self::Regtest => 1,
        }
    }
}

impl fmt::Display for BitcoinNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for BitcoinNetwork {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|network| network.name() == text).ok_or_else(|| {
            UNKNOWN_NETWORK.error(format!("'{}' is not a Bitcoin network", Printable::new(text)))
        })
    }
}
