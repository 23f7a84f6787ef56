//! `accounts add`: one more account of a secret that the vault has.

use std::path::PathBuf;

use airlock::Result;
use airlock::account::{Account, AccountName, Holds, Rail, Role, ScriptKind, XrpAccount};
use airlock::network::BitcoinNetwork;
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::answer::Answer;
use crate::derive::{Source, bitcoin_path};
use crate::error::Failure;
use crate::files;
use crate::home::Home;
use crate::keys::xrp::bip44_path;
use crate::passphrase;
use crate::register::Entry;
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
    /// The index of the address in the path of an XRP account
    #[arg(long, default_value_t = 0)]
    index: u32,
    /// The secret that it comes from; needed where several fit
    #[arg(long, value_name = "NAME")]
    secret: Option<AccountName>,
    /// Read the vault's passphrase from this file (- for stdin); without it the terminal asks
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
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
    /// Bitcoin, nested segwit (BIP-49)
    ShWpkh,
    /// Bitcoin, Taproot (BIP-86)
    Tr,
    /// The XRP Ledger
    Xrp,
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
    let locked = Locked::read(home)?;
    let passphrase = passphrase::read(args.passphrase_file.as_deref(), screen, "Passphrase: ")?;
    let mut unlocked = locked.unlock(&passphrase)?;
    let greeting = unlocked.greeting()?;
    let secret = choose_secret(&unlocked.vault, args.secret.as_ref(), args.kind)?;
    let entry = make(secret, &args.name, args.kind, &args.choice, [args.number, args.index])?;
    unlocked.register.add(entry.clone(), &unlocked.vault)?;
    files::replace(&home.accounts(), &unlocked.register.encode(&unlocked.vault))?;
    let mut lines = greeting;
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

/// The account of a secret; `place` is the number of the account and the index of the address in its path.
///
/// # Errors
/// Where the secret cannot make this kind.
pub fn make(
    secret: &NamedSecret,
    name: &AccountName,
    kind: AccountKind,
    choice: &Choice,
    place: [u32; 2],
) -> Result<Entry> {
    let source = Source::new(&secret.kept);
    let [number, index] = place;
    let (rail, path) = match kind {
        AccountKind::Wpkh => (bitcoin(&source, ScriptKind::Wpkh, choice, number)?, None),
        AccountKind::Pkh => (bitcoin(&source, ScriptKind::Pkh, choice, number)?, None),
        AccountKind::ShWpkh => (bitcoin(&source, ScriptKind::ShWpkh, choice, number)?, None),
        AccountKind::Tr => (bitcoin(&source, ScriptKind::Tr, choice, number)?, None),
        AccountKind::Xrp => {
            let path = match secret.kept {
                Kept::Mnemonic { .. } | Kept::Extended(_) => Some(bip44_path(number, index)?),
                Kept::FamilySeed(_) | Kept::Counterwallet(_) | Kept::PrivateKey(_) => None,
            };
            let key = source.xrp(path.as_ref())?;
            (Rail::Xrp(XrpAccount::new(choice.network_id, key.public_key())), path)
        }
    };
    let holds = match (&rail, choice.holds) {
        (Rail::Bitcoin(_), HoldsChoice::BitcoinOnly) => Holds::BitcoinOnly,
        (Rail::Bitcoin(_), HoldsChoice::Assets) | (Rail::Xrp(_), _) => Holds::Assets,
    };
    let account = Account { name: name.clone(), role: choice.role, holds, rail };
    Ok(Entry { account, secret: secret.name.clone(), path })
}

fn bitcoin(source: &Source<'_>, kind: ScriptKind, choice: &Choice, number: u32) -> Result<Rail> {
    let path = bitcoin_path(kind, choice.network, number)?;
    Ok(Rail::Bitcoin(source.bitcoin(kind, choice.network, &path)?))
}
