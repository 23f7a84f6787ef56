//! What a file asks to be signed: a bundle of ours, or a bare PSBT of other software in the version and form in which
//! it came.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use airlock::account::Account;
use airlock::bitcoin::psbt_v2::{self, PsbtVersion};
use airlock::bundle::{Bundle, Spoken};
use airlock::inspect::{UNKNOWN, inspect};
use airlock::network::BitcoinNetwork;
use airlock::review::{Book, Review};
use airlock::time::Moment;
use airlock::{Code, Error, Exit, Result};
use bitcoin::Psbt;
use bitcoin::base64::Engine;
use bitcoin::base64::engine::general_purpose::STANDARD;
use bitcoin::hex::DisplayHex;

use crate::files;

/// The network of a bare PSBT is not told by anything.
pub static WHICH_NETWORK: Code = Code::new(
    "E-OFPSBT-001",
    Exit::Fixable,
    "A bare PSBT does not say on which network it is, and the vault has accounts on several, or none.",
    "Give it with `--network NAME`.",
);

/// A file of another kind.
pub static NEITHER: Code = Code::new(
    "E-OFPSBT-002",
    Exit::BadInput,
    "Only bundles of the online half and PSBTs are reviewed and signed.",
    "Check that this is the right file; `airlock-offline inspect FILE` decodes what is known.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&WHICH_NETWORK, &NEITHER];

/// What was read from a file.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A bundle.
    Bundle(Box<Bundle>),
    /// A bare PSBT.
    Psbt(Box<BarePsbt>),
}

/// A PSBT of other software.
#[derive(Clone, Debug)]
pub struct BarePsbt {
    psbt: Psbt,
    version: PsbtVersion,
    form: Form,
}

/// How the bytes of a PSBT stand in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Bytes,
    Base64,
    Hex,
}

impl Subject {
    /// Reads a file and decodes it.
    ///
    /// # Errors
    /// What reading and the two formats can meet.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = files::read_bounded(path)?;
        Self::decode(&bytes).map_err(|e| e.at(files::shown(path)))
    }

    fn decode(bytes: &[u8]) -> Result<Self> {
        if bytes.trim_ascii_start().starts_with(b"{") {
            let bundle = Bundle::decode(bytes).map_err(|e| neither(bytes).unwrap_or(e))?;
            return Ok(Self::Bundle(Box::new(bundle)));
        }
        let (psbt, version) = psbt_v2::decode_any(bytes).map_err(|e| neither(bytes).unwrap_or(e))?;
        let form = match bytes.trim_ascii_start() {
            [b'p', b's', b'b', b't', 0xff, ..] => Form::Bytes,
            [b'7', b'0', ..] => Form::Hex,
            _ => Form::Base64,
        };
        Ok(Self::Psbt(Box::new(BarePsbt { psbt, version, form })))
    }

    /// Reviews it.
    ///
    /// # Errors
    /// As [`Review::of_bundle`] and [`Review::of_psbt`]; [`WHICH_NETWORK`].
    pub fn review(&self, book: &Book<'_>, network: Option<BitcoinNetwork>, now: Moment) -> Result<Review> {
        match self {
            Self::Bundle(bundle) => Review::of_bundle(bundle, book, now),
            Self::Psbt(bare) => Review::of_psbt(&bare.psbt, choose_network(book.accounts, network)?, book),
        }
    }

    /// By what the journal knows it: the bundle's id, or the txid of a PSBT's unsigned transaction.
    pub fn id(&self) -> String {
        match self {
            Self::Bundle(bundle) => bundle.id().to_string(),
            Self::Psbt(bare) => bare.psbt.unsigned_tx.compute_txid().to_string(),
        }
    }

    /// What it is called on the screen: short id and words of a bundle.
    pub fn title(&self) -> String {
        match self {
            Self::Bundle(bundle) => format!("{} \"{}\"", bundle.id().short(), bundle.id().words().join(" ")),
            Self::Psbt(bare) => match bare.version {
                PsbtVersion::Zero => "PSBT version 0".to_owned(),
                PsbtVersion::Two => "PSBT version 2".to_owned(),
            },
        }
    }
}

/// The refusal of bytes that are something else, or nothing known; none for a bundle or PSBT that is damaged.
fn neither(bytes: &[u8]) -> Option<Error> {
    const PSBT: [&[u8]; 4] = [b"psbt\xff", b"cHNidP", b"70736274ff", b"70736274FF"];
    if PSBT.iter().any(|beginning| bytes.trim_ascii_start().starts_with(beginning)) {
        return None;
    }
    match inspect(bytes, BitcoinNetwork::default()) {
        Ok(found) if found.kind == "bundle" || found.kind == "psbt" => None,
        Ok(found) => Some(NEITHER.error(format!("neither a bundle nor a PSBT, but: {}", found.headline))),
        Err(e) if e.code() == &UNKNOWN => Some(NEITHER.error("neither a bundle nor a PSBT")),
        Err(_) => None,
    }
}

impl BarePsbt {
    /// The signed PSBT in the version and form in which the unsigned one came.
    ///
    /// # Errors
    /// As [`psbt_v2::encode`].
    pub fn encode_signed(&self, signed: &Psbt) -> Result<Vec<u8>> {
        let bytes = psbt_v2::encode(signed, self.version)?;
        Ok(match self.form {
            Form::Bytes => bytes,
            Form::Base64 => format!("{}\n", STANDARD.encode(bytes)).into_bytes(),
            Form::Hex => format!("{}\n", bytes.to_lower_hex_string()).into_bytes(),
        })
    }
}

/// The only network of the vault's Bitcoin accounts, unless one was named.
fn choose_network(accounts: &[Account], named: Option<BitcoinNetwork>) -> Result<BitcoinNetwork> {
    let known: BTreeSet<_> = accounts.iter().filter_map(|a| Some(a.bitcoin()?.network())).collect();
    match (named, known.first()) {
        (Some(network), _) => Ok(network),
        (None, Some(network)) if known.len() == 1 => Ok(*network),
        (None, _) => {
            Err(WHICH_NETWORK.error(format!("the vault has accounts on {} Bitcoin networks", known.len())))
        }
    }
}

/// The signed file of a file: `A.bundle.json` gives `A.signed.json`, `some.psbt` gives `some.signed.psbt`; beside it, or
/// in the folder `out`.
pub fn signed_path(path: &Path, subject: &Subject, out: Option<&Path>) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = |endings: &[&str]| {
        endings.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name).to_owned()
    };
    let signed = match subject {
        Subject::Bundle(_) => format!("{}.signed.json", stem(&[".bundle.json", ".json"])),
        Subject::Psbt(_) => format!("{}.signed.psbt", stem(&[".psbt"])),
    };
    out.unwrap_or(files::folder(path)).join(signed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn psbt() -> Psbt {
        let input = bitcoin::TxIn {
            previous_output: "11"
                .repeat(32)
                .parse::<bitcoin::Txid>()
                .map(|txid| bitcoin::OutPoint::new(txid, 0))
                .unwrap(),
            ..Default::default()
        };
        let output =
            bitcoin::TxOut { value: bitcoin::Amount::from_sat(1), script_pubkey: bitcoin::ScriptBuf::new() };
        let unsigned = bitcoin::Transaction {
            version: bitcoin::transaction::Version::TWO,
            lock_time: bitcoin::absolute::LockTime::ZERO,
            input: vec![input],
            output: vec![output],
        };
        Psbt::from_unsigned_tx(unsigned).unwrap()
    }

    #[test]
    fn a_psbt_goes_out_in_the_version_and_form_in_which_it_came() {
        for version in [PsbtVersion::Zero, PsbtVersion::Two] {
            let bytes = psbt_v2::encode(&psbt(), version).unwrap();
            let base64 = format!("{}\n", STANDARD.encode(&bytes)).into_bytes();
            let hex = format!("{}\n", bytes.to_lower_hex_string()).into_bytes();
            for file in [bytes, base64, hex] {
                let Subject::Psbt(bare) = Subject::decode(&file).unwrap() else { panic!("a PSBT") };
                assert_eq!(bare.version, version);
                assert_eq!(bare.encode_signed(&bare.psbt).unwrap(), file);
            }
        }
    }

    #[test]
    fn signed_files_lie_beside_what_they_answer() {
        let psbt = Subject::decode(&psbt().serialize()).unwrap();
        assert_eq!(signed_path(Path::new("/stick/a.psbt"), &psbt, None), Path::new("/stick/a.signed.psbt"));
        assert_eq!(signed_path(Path::new("b"), &psbt, None), Path::new("./b.signed.psbt"));
        let out = Some(Path::new("out"));
        assert_eq!(signed_path(Path::new("/x/b.psbt"), &psbt, out), Path::new("out/b.signed.psbt"));
    }
}
