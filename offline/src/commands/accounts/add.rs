//! `accounts add`: one more account of a secret that the vault has.

use std::path::PathBuf;

use airlock::Result;
use airlock::account::{Account, AccountName, Holds, Rail, Role, ScriptKind, XrpAccount};
use airlock::network::BitcoinNetwork;
use bitcoin::bip32::{ChildNumber, DerivationPath};
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::answer::Answer;
use crate::derive::{Source, bitcoin_path};
use crate::error::Failure;
use crate::files;
use crate::home::Home;
use crate::journal::Journal;
use crate::keys::bip32::DERIVATION;
use crate::keys::xrp::bip44_path;
use crate::register::Entry;
use crate::sandbox::{Access, Folders};
use crate::screen::Screen;
use crate::unlocked::Locked;
use crate::vault::{Kept, NamedSecret, SECRET_NAME, Vault};

/// Adds an account of a secret in the vault.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  airlock-offline accounts add cold wpkh
  airlock-offline accounts add old pkh --role holding --number 1
  airlock-offline accounts add vault-btc tr --network testnet4 --holds bitcoin-only
  airlock-offline accounts add cold-xrp xrp --network-id 1")]
pub struct AddArgs {
    /// The name: a-z, 0-9, '-' and '_', beginning with a letter
    name: AccountName,
    /// What kind of account
    kind: AccountKind,
    #[command(flatten)]
    choice: Choice,
    /// The number of the account in its derivation path
    #[arg(long, default_value_t = 0)]
    number: u32,
    /// The index of the address, for an XRP account and for a key that is not compressed
    #[arg(long, default_value_t = 0)]
    index: u32,
    /// The path of the account, where it is not the usual one: m/0'/0' for example, without branch and index
    #[arg(long, conflicts_with = "number")]
    path: Option<DerivationPath>,
    /// The secret that it comes from; needed where several fit
    #[arg(long, value_name = "NAME")]
    secret: Option<AccountName>,
    /// Read the vault's passphrase from this file (- for stdin); without it the terminal asks
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl AddArgs {
    pub(super) fn folders(&self, home: &Home) -> Folders {
        Folders::none().with(home.folder(), Access::Write).with_all(&self.passphrase_file, Access::File)
    }
}

/// What an account is for and where it lives.
#[derive(Clone, Copy, Debug, Args)]
pub struct Choice {
    /// What the account is for
    #[arg(long, default_value = "cold", value_parser = parse_role)]
    pub role: Role,
    /// The Bitcoin network: mainnet, testnet3, testnet4, signet or regtest
    #[arg(long, default_value = "mainnet")]
    pub network: BitcoinNetwork,
    /// The XRPL network id: 0 mainnet, 1 testnet, 2 devnet
    #[arg(long, value_name = "ID", default_value_t = 0)]
    pub network_id: u32,
    /// Whether a Bitcoin account may hold Counterparty assets
    #[arg(long, value_enum, default_value = "assets")]
    pub holds: HoldsChoice,
}

/// The kinds of account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AccountKind {
    /// Bitcoin, native segwit (BIP-84)
    Wpkh,
    /// Bitcoin, historical 1… addresses (BIP-44)
    Pkh,
    /// Bitcoin, one historical 1… address whose key is not compressed
    PkhUncompressed,
    /// Bitcoin, nested segwit (BIP-49)
    ShWpkh,
    /// Bitcoin, Taproot (BIP-86)
    Tr,
    /// The XRP Ledger
    Xrp,
}

impl AccountKind {
    /// The name by which it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wpkh => "wpkh",
            Self::Pkh => "pkh",
            Self::PkhUncompressed => "pkh-uncompressed",
            Self::ShWpkh => "sh-wpkh",
            Self::Tr => "tr",
            Self::Xrp => "xrp",
        }
    }

    /// The kind of a script with compressed keys.
    pub fn of(kind: ScriptKind) -> Self {
        match kind {
            ScriptKind::Wpkh => Self::Wpkh,
            ScriptKind::Pkh => Self::Pkh,
            ScriptKind::ShWpkh => Self::ShWpkh,
            ScriptKind::Tr => Self::Tr,
        }
    }
}

/// Where an account lies below its secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The number of the account in its usual path.
    pub number: u32,
    /// The index of the address, for accounts of one address.
    pub index: u32,
    /// The path of the account, instead of the usual one.
    pub path: Option<DerivationPath>,
}

impl From<[u32; 2]> for Place {
    fn from([number, index]: [u32; 2]) -> Self {
        Self { number, index, path: None }
    }
}

/// Whether a Bitcoin account may hold Counterparty assets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HoldsChoice {
    /// It may; it pays bitcoin to P2PKH and P2WPKH only
    Assets,
    /// It never does; it may pay bitcoin to every kind of output
    BitcoinOnly,
}

fn parse_role(text: &str) -> Result<Role, String> {
    [Role::Cold, Role::Warm, Role::Hot, Role::Deposit, Role::Holding]
        .into_iter()
        .find(|role| role.name() == text)
        .ok_or_else(|| "one of cold, warm, hot, deposit, holding".to_owned())
}

pub(super) fn run(args: &AddArgs, home: &Home, screen: &mut dyn Screen) -> Result<Answer, Failure> {
    let locked = Locked::read_to_add(home)?;
    let seen = locked.seen();
    let mut unlocked = locked.unlock_by(args.passphrase_file.as_deref(), screen)?;
    let mut lines = unlocked.greeting()?;
    if locked.has_lost_accounts() {
        lines.push(
            "There was no accounts.json beside the vault; a new one begins with this account.".to_owned(),
        );
        lines.push("Compare its first address with what you know, and add the others.".to_owned());
    }
    let secret = choose_secret(&unlocked.vault, args.secret.as_ref(), args.kind)?;
    let place = Place { number: args.number, index: args.index, path: args.path.clone() };
    let entry = make(secret, &args.name, args.kind, &args.choice, place)?;
    unlocked.register.add(entry.clone(), &unlocked.vault)?;
    let _alone = Journal::open(home, &unlocked.vault)?;
    seen.check(home)?;
    files::replace(&home.accounts(), &unlocked.register.encode(&unlocked.vault))?;
    lines.extend(super::describe(&entry));
    lines.push(
        "Next: airlock-offline accounts export, and carry the watch file to the online machine".to_owned(),
    );
    Ok(Answer { lines, json: json!({ "account": super::to_json(&entry) }) })
}

/// The secret of that name, or the only one that fits the kind.
fn choose_secret<'a>(
    vault: &'a Vault,
    name: Option<&AccountName>,
    kind: AccountKind,
) -> Result<&'a NamedSecret> {
    if let Some(name) = name {
        let found = vault.secret(name.as_str());
        return found.ok_or_else(|| SECRET_NAME.error(format!("the vault has no secret '{name}'")));
    }
    let fits = |secret: &&NamedSecret| match secret.kept {
        Kept::Mnemonic { .. } => true,
        Kept::Extended(ref own) => kind != AccountKind::Xrp || own.is_master(),
        Kept::Counterwallet(_) | Kept::PrivateKey(_) => kind != AccountKind::Xrp,
        Kept::FamilySeed(_) => kind == AccountKind::Xrp,
    };
    let fitting: Vec<&NamedSecret> = vault.secrets().iter().filter(fits).collect();
    match fitting.as_slice() {
        [only] => Ok(only),
        several => {
            Err(SECRET_NAME.error(format!("{} secrets fit this kind of account, not one", several.len())))
        }
    }
}

/// The account of a secret.
///
/// # Errors
/// Where the secret cannot make this kind.
pub fn make(
    secret: &NamedSecret,
    name: &AccountName,
    kind: AccountKind,
    choice: &Choice,
    place: impl Into<Place>,
) -> Result<Entry> {
    let (rail, path) = derive(&secret.kept, kind, choice, place.into())?;
    let holds = match (&rail, choice.holds) {
        (Rail::Bitcoin(_), HoldsChoice::BitcoinOnly) => Holds::BitcoinOnly,
        (Rail::Bitcoin(_), HoldsChoice::Assets) | (Rail::Xrp(_), _) => Holds::Assets,
    };
    let account = Account { name: name.clone(), role: choice.role, holds, rail };
    Ok(Entry { account, secret: secret.name.clone(), path })
}

/// Chain and keys of an account, and its path where it is an XRP account that has one.
///
/// # Errors
/// Where the secret cannot make this kind.
pub fn derive(
    kept: &Kept,
    kind: AccountKind,
    choice: &Choice,
    place: Place,
) -> Result<(Rail, Option<DerivationPath>)> {
    let source = Source::new(kept);
    Ok(match kind {
        AccountKind::Wpkh => (bitcoin(&source, kept, ScriptKind::Wpkh, choice, &place)?, None),
        AccountKind::Pkh => (bitcoin(&source, kept, ScriptKind::Pkh, choice, &place)?, None),
        AccountKind::ShWpkh => (bitcoin(&source, kept, ScriptKind::ShWpkh, choice, &place)?, None),
        AccountKind::Tr => (bitcoin(&source, kept, ScriptKind::Tr, choice, &place)?, None),
        AccountKind::PkhUncompressed => {
            let path = match kept {
                Kept::PrivateKey(_) => DerivationPath::master(),
                Kept::Mnemonic { .. } | Kept::FamilySeed(_) | Kept::Counterwallet(_) | Kept::Extended(_) => {
                    account_path(kept, ScriptKind::Pkh, choice, &place)?.extend(receiving(place.index)?)
                }
            };
            (Rail::Bitcoin(source.single(ScriptKind::Pkh, choice.network, &path, false)?), None)
        }
        AccountKind::Xrp => {
            let path = match kept {
                Kept::Mnemonic { .. } | Kept::Extended(_) => Some(match place.path {
                    Some(path) => path,
                    None => bip44_path(place.number, place.index)?,
                }),
                Kept::FamilySeed(_) | Kept::Counterwallet(_) | Kept::PrivateKey(_) => None,
            };
            let key = source.xrp(path.as_ref())?;
            (Rail::Xrp(XrpAccount::new(choice.network_id, key.public_key())), path)
        }
    })
}

fn bitcoin(
    source: &Source<'_>,
    kept: &Kept,
    kind: ScriptKind,
    choice: &Choice,
    place: &Place,
) -> Result<Rail> {
    Ok(Rail::Bitcoin(match kept {
        Kept::PrivateKey(_) => source.single(kind, choice.network, &DerivationPath::master(), true)?,
        Kept::Mnemonic { .. } | Kept::FamilySeed(_) | Kept::Counterwallet(_) | Kept::Extended(_) => {
            source.bitcoin(kind, choice.network, &account_path(kept, kind, choice, place)?)?
        }
    }))
}

/// Where wallets of this secret have their accounts: Counterwallet at m/0', an extended key below a master key at itself,
/// everything else at the path of the kind.
fn account_path(kept: &Kept, kind: ScriptKind, choice: &Choice, place: &Place) -> Result<DerivationPath> {
    if let Some(path) = &place.path {
        return Ok(path.clone());
    }
    match kept {
        Kept::Counterwallet(_) => Ok([ChildNumber::Hardened { index: place.number }].as_slice().into()),
        Kept::Extended(own) if !own.is_master() => Ok(own.path().clone()),
        Kept::Mnemonic { .. } | Kept::FamilySeed(_) | Kept::PrivateKey(_) | Kept::Extended(_) => {
            bitcoin_path(kind, choice.network, place.number)
        }
    }
}

fn receiving(index: u32) -> Result<[ChildNumber; 2]> {
    let step = ChildNumber::from_normal_idx(index)
        .map_err(|_| DERIVATION.error(format!("the index {index} is 2147483648 or more")))?;
    Ok([ChildNumber::Normal { index: 0 }, step])
}
