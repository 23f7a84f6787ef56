//! Addresses on the wire: the legacy packing of 21 bytes and the packing since Taproot (counterparty.md 3).
//!
//! Unpacking validates nothing, because the ledger does not: bytes that are no address come out as a text
//! that nobody can spend from. Whoever signs re-packs and compares.

use bitcoin::address::NetworkUnchecked;
use bitcoin::bech32::primitives::iter::{ByteIterExt as _, Fe32IterExt as _};
use bitcoin::bech32::{Bech32, Fe32, Hrp};
use bitcoin::hashes::Hash as _;
use bitcoin::{Address, PubkeyHash, ScriptHash, WitnessProgram, WitnessVersion, base58};

use super::rules::{Change, Rules};
use crate::error::{Code, Exit, Result};
use crate::network::BitcoinNetwork;
use crate::text::Printable;

/// A text that is no address of the network.
pub static NOT_AN_ADDRESS: Code = Code::new(
    "E-CPADDR-001",
    Exit::BadInput,
    "The text is not a Bitcoin address of this network: wrong network, wrong checksum, or a bare-multisig \
     address, which no message can carry.",
    "Copy the address again from where it came from and check the network.",
);
/// An address that the 21-byte form cannot hold.
pub static NOT_PACKABLE: Code = Code::new(
    "E-CPADDR-002",
    Exit::Refused,
    "The 21-byte address form of MPMA tables, dispensers and old messages holds P2PKH, P2SH and P2WPKH \
     addresses only; P2WSH and Taproot recipients cannot be paid with it.",
    "Pay this recipient with a send of its own, or ask for another address.",
);
/// Bytes that the ledger cannot read as an address.
pub static UNREADABLE: Code = Code::new(
    "E-CPADDR-003",
    Exit::BadInput,
    "The bytes are empty, or a witness program of impossible length: the ledger reads no address in them.",
    "Check where the data came from.",
);
/// An address that the ledger would read back differently.
pub static NOT_READ_BACK: Code = Code::new(
    "E-CPADDR-004",
    Exit::Refused,
    "The packed address would be read by the ledger as another text; what is sent there is lost.",
    "Ask the recipient for an ordinary address.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&NOT_AN_ADDRESS, &NOT_PACKABLE, &UNREADABLE, &NOT_READ_BACK];

/// The longest byte string that is written as Base58; beyond, a text that says so stands for it.
const MAX_BASE58: usize = 1024;

/// The two ways to pack an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Version byte and 20 bytes; MPMA tables and dispensers for ever.
    Legacy,
    /// Kind byte and hash or witness program; in CBOR messages.
    New,
}

impl Form {
    /// The form of messages other than MPMA under these rules.
    pub fn of(rules: &Rules) -> Self {
        if rules.is_active(Change::TaprootSupport) { Self::New } else { Self::Legacy }
    }
}

/// Reads an address of a network.
///
/// # Errors
/// [`NOT_AN_ADDRESS`].
pub fn parse(address: &str, network: BitcoinNetwork) -> Result<Address> {
    address
        .parse::<Address<NetworkUnchecked>>()
        .ok()
        .and_then(|address| address.require_network(network.to_bitcoin()).ok())
        .ok_or_else(|| {
            let why = why_not(address, network);
            NOT_AN_ADDRESS
                .error(format!("'{}' is not an address of {network}: {why}", Printable::new(address)))
        })
}

/// Why a text is no address of the network: blanks, another network, or a wrong character.
fn why_not(text: &str, network: BitcoinNetwork) -> String {
    if text.trim() != text {
        return "it has a blank at its end or beginning".to_owned();
    }
    if let Ok(address) = text.parse::<Address<NetworkUnchecked>>() {
        let fits = |other: &BitcoinNetwork| address.is_valid_for_network(other.to_bitcoin());
        let others: Vec<String> = BitcoinNetwork::ALL
            .into_iter()
            .filter(|other| *other != network)
            .filter(fits)
            .map(|n| n.to_string())
            .collect();
        return format!("it is an address of {}", others.join(" or "));
    }
    let lower = text.to_ascii_lowercase();
    let is_bech32 = ["bc1", "tb1", "bcrt1"].iter().any(|start| lower.starts_with(start));
    if is_bech32 || (26..=35).contains(&text.len()) && base58::decode(text).is_ok() {
        return "its checksum is wrong: a character is missing, added or changed".to_owned();
    }
    "it has not the form of an address".to_owned()
}

/// Packs an address as the reference composer does.
///
/// # Errors
/// [`NOT_AN_ADDRESS`], or [`NOT_PACKABLE`] for the legacy form.
pub fn pack(address: &str, network: BitcoinNetwork, form: Form) -> Result<Vec<u8>> {
    let parsed = parse(address, network)?;
    let main = network == BitcoinNetwork::Mainnet;
    let (kind, payload) = match (parsed.pubkey_hash(), parsed.script_hash(), parsed.witness_program(), form) {
        (Some(hash), _, _, Form::New) => (vec![0x01], hash.to_byte_array().to_vec()),
        (_, Some(hash), _, Form::New) => (vec![0x02], hash.to_byte_array().to_vec()),
        (_, _, Some(program), Form::New) => {
            (vec![0x03, program.version().to_num()], program.program().as_bytes().to_vec())
        }
        (Some(hash), _, _, Form::Legacy) => {
            (vec![if main { 0x00 } else { 0x6f }], hash.to_byte_array().to_vec())
        }
        (_, Some(hash), _, Form::Legacy) => {
            (vec![if main { 0x05 } else { 0xc4 }], hash.to_byte_array().to_vec())
        }
        (_, _, Some(program), Form::Legacy) if program.is_p2wpkh() => {
            (vec![0x80], program.program().as_bytes().to_vec())
        }
        _ => {
            return Err(NOT_PACKABLE.error(format!(
                "{} is neither P2PKH, P2SH nor P2WPKH and does not fit 21 bytes",
                Printable::new(address)
            )));
        }
    };
    Ok([kind, payload].concat())
}

/// Packs an address for a message: as [`pack`], and the ledger must read the same address back.
///
/// Gives the bytes and the address in its usual spelling.
///
/// # Errors
/// As [`pack`], and [`NOT_READ_BACK`].
pub fn pack_exactly(address: &str, form: Form, rules: &Rules) -> Result<(Vec<u8>, String)> {
    let packed = pack(address, rules.network(), form)?;
    let spelled = parse(address, rules.network())?.to_string();
    let read = match form {
        Form::New => unpack(&packed, rules),
        Form::Legacy => unpack_legacy(&packed, rules),
    }?;
    if read != spelled {
        return Err(NOT_READ_BACK.error(format!("{spelled} would be read as '{}'", Printable::new(&read))));
    }
    Ok((packed, spelled))
}

/// Unpacks as the ledger does, garbage included: the new form where it is in force, else the legacy form.
///
/// # Errors
/// [`UNREADABLE`].
pub fn unpack(bytes: &[u8], rules: &Rules) -> Result<String> {
    if rules.is_active(Change::TaprootSupport)
        && let Some(address) = unpack_new(bytes, rules.network())
    {
        return Ok(address.to_string());
    }
    unpack_legacy(bytes, rules)
}

fn unpack_new(bytes: &[u8], network: BitcoinNetwork) -> Option<Address> {
    let network = network.to_bitcoin();
    match bytes {
        [0x01, hash @ ..] if hash.len() == 20 => {
            Some(Address::p2pkh(PubkeyHash::from_slice(hash).ok()?, network))
        }
        [0x02, hash @ ..] if hash.len() == 20 => {
            Some(Address::p2sh_from_hash(ScriptHash::from_slice(hash).ok()?, network))
        }
        [0x03, version, program @ ..] if program.len() >= 20 => {
            let version = WitnessVersion::try_from(*version).ok()?;
            Some(Address::from_witness_program(WitnessProgram::new(version, program).ok()?, network))
        }
        _ => None,
    }
}

/// Unpacks the legacy form as the ledger does: a witness mark, or Base58Check of whatever is there.
///
/// # Errors
/// [`UNREADABLE`].
pub fn unpack_legacy(bytes: &[u8], rules: &Rules) -> Result<String> {
    match bytes {
        [] => Err(UNREADABLE.error("no address bytes at all")),
        [mark @ 0x80..=0x8f, program @ ..] if rules.is_active(Change::SegwitSupport) => {
            let version = mark.saturating_sub(0x80);
            let fits = match version {
                0 => program.len() == 20 || program.len() == 32,
                _ => (2..=40).contains(&program.len()),
            };
            if !fits {
                return Err(UNREADABLE.error(format!(
                    "a version {version} witness program cannot have {} bytes",
                    program.len()
                )));
            }
            Ok(bech32_whatever_the_version(version, program, rules.network()))
        }
        bytes if bytes.len() > MAX_BASE58 => Ok(format!("({} bytes that are no address)", bytes.len())),
        bytes => Ok(base58::encode_check(bytes)),
    }
}

/// The ledger's legacy reader knows only the first bech32 checksum, for every witness version.
fn bech32_whatever_the_version(version: u8, program: &[u8], network: BitcoinNetwork) -> String {
    let hrp = match network {
        BitcoinNetwork::Mainnet => "bc",
        BitcoinNetwork::Testnet3 | BitcoinNetwork::Testnet4 | BitcoinNetwork::Signet => "tb",
        BitcoinNetwork::Regtest => "bcrt",
    };
    let hrp = Hrp::parse(hrp).expect("the prefixes above are valid");
    let version = Fe32::try_from(version).unwrap_or(Fe32::Q);
    program
        .iter()
        .copied()
        .bytes_to_fes()
        .with_checksum::<Bech32>(&hrp)
        .with_witness_version(version)
        .chars()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_why_a_text_is_no_address() {
        let good = "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks";
        assert!(parse(good, BitcoinNetwork::Regtest).is_ok());
        for (text, network, why) in [
            (good, BitcoinNetwork::Mainnet, "it is an address of regtest"),
            ("1BoatSLRHtKNngkdXEeobR76b53LETtpyT", BitcoinNetwork::Regtest, "it is an address of mainnet"),
            ("1BoatSLRHtKNngkdXEeobR76b53LETtpyU", BitcoinNetwork::Mainnet, "its checksum is wrong"),
            (
                "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxkt",
                BitcoinNetwork::Regtest,
                "its checksum is wrong",
            ),
            ("bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks ", BitcoinNetwork::Regtest, "a blank"),
            ("Alice", BitcoinNetwork::Regtest, "not the form"),
        ] {
            let error = parse(text, network).unwrap_err();
            assert!(error.what().contains(why), "{error}");
        }
    }
}
