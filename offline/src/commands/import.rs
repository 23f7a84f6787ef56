//! `import`: a secret that exists on paper comes into the vault; the first one makes the vault.

use std::path::PathBuf;

use airlock::Result;
use airlock::account::AccountName;
use airlock::time::Moment;
use airlock::xrp::Algorithm;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::accounts::{self, AccountKind, Choice};
use crate::answer::Answer;
use crate::error::{Failure, USAGE};
use crate::files;
use crate::founding;
use crate::home::Home;
use crate::keys::{FamilySeed, Mnemonic};
use crate::passphrase;
use crate::register::{Entry, Register};
use crate::screen::Screen;
use crate::secret::SecretText;
use crate::unlocked::{Locked, Unlocked};
use crate::vault::{Kept, NamedSecret, Strength, Vault};

/// Takes a secret into the vault.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  airlock-offline import
        asks for the words or the seed and for a new passphrase; makes the accounts
        btc (wpkh) and xrp on mainnet with the role cold
  airlock-offline import --account cold=wpkh --account cold-tr=tr --account cold-xrp=xrp
  airlock-offline import --bip39-passphrase --name hidden --no-accounts
  airlock-offline import --test-only --network regtest --network-id 1 \\
        --secret-file words.txt --passphrase-file passphrase.txt")]
pub struct ImportArgs {
    /// The name of the secret in the vault
    #[arg(long, default_value = "main")]
    name: AccountName,
    /// Read the words or the seed from this file (- for stdin); without it the terminal asks
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Ask for the BIP-39 passphrase of the words
    #[arg(long)]
    bip39_passphrase: bool,
    /// Read the BIP-39 passphrase from this file
    #[arg(long, value_name = "FILE", conflicts_with = "bip39_passphrase")]
    bip39_passphrase_file: Option<PathBuf>,
    /// The algorithm of a family seed; one that begins with s alone makes a different account under each
    #[arg(long, value_enum)]
    algorithm: Option<AlgorithmChoice>,
    /// Make this account, instead of btc=wpkh and xrp=xrp; can be repeated
    #[arg(long = "account", value_name = "NAME=KIND", value_parser = accounts::parse_account)]
    accounts: Vec<(AccountName, AccountKind)>,
    /// Make no account yet
    #[arg(long, conflicts_with = "accounts")]
    no_accounts: bool,
    #[command(flatten)]
    choice: Choice,
    /// A new vault opens fast and takes accounts of test networks only
    #[arg(long)]
    test_only: bool,
    /// Read the vault's passphrase from this file; without it the terminal asks
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// The algorithms of XRPL keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum AlgorithmChoice {
    /// The default of rippled
    Secp256k1,
    /// The default of most libraries
    Ed25519,
}

impl AlgorithmChoice {
    fn algorithm(self) -> Algorithm {
        match self {
            Self::Secp256k1 => Algorithm::Secp256k1,
            Self::Ed25519 => Algorithm::Ed25519,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// A secret that is none, a wrong passphrase, names that are taken, accounts that the vault does not take.
pub fn run(args: &ImportArgs, home: &Home, screen: &mut dyn Screen, now: Moment) -> Result<Answer, Failure> {
    let existing = if home.vault().exists() { Some(Locked::read(home)?) } else { None };
    if existing.is_some() && args.test_only {
        return Err(USAGE
            .error("--test-only is chosen when the vault is made, and there is one already")
            .into());
    }
    let is_new = existing.is_none();
    if is_new {
        founding::check_free(home)?;
    }
    let kept = read_secret(args, screen)?;
    let Unlocked { mut vault, mut register } = match existing {
        Some(locked) => {
            locked.unlock(&passphrase::read(args.passphrase_file.as_deref(), screen, "Passphrase: ")?)?
        }
        None => {
            let chosen = passphrase::choose(args.passphrase_file.as_deref(), screen, args.test_only)?;
            let strength = if args.test_only { Strength::TestOnly } else { Strength::Full };
            Unlocked { vault: Vault::create(&chosen, strength)?, register: Register::default() }
        }
    };
    let secret = NamedSecret { name: args.name.clone(), kept };
    let mut made = Vec::new();
    for (name, kind) in wanted_accounts(args, &secret.kept) {
        let entry = accounts::make(&secret, &name, kind, &args.choice, [0, 0])?;
        register.add(entry.clone(), &vault)?;
        made.push(entry);
    }
    vault.add(secret)?;
    if is_new {
        founding::found(home, &mut vault, &register, now)?;
    } else {
        write(home, &mut vault, &register)?;
    }
    Ok(answer(home, &Unlocked { vault, register }, &made)?)
}

/// The vault first: an account without its secret would be refused at every unlock, a secret without accounts is not.
fn write(home: &Home, vault: &mut Vault, register: &Register) -> Result<()> {
    let (sealed, accounts) = (vault.seal()?, register.encode(vault));
    files::replace(&home.vault(), &sealed)?;
    files::replace(&home.accounts(), &accounts)
}

fn wanted_accounts(args: &ImportArgs, kept: &Kept) -> Vec<(AccountName, AccountKind)> {
    if args.no_accounts || !args.accounts.is_empty() {
        return args.accounts.clone();
    }
    let name = |text: &str| text.parse::<AccountName>().expect("a short name of letters");
    match kept {
        Kept::Mnemonic { .. } => vec![(name("btc"), AccountKind::Wpkh), (name("xrp"), AccountKind::Xrp)],
        Kept::FamilySeed(_) => vec![(name("xrp"), AccountKind::Xrp)],
        Kept::Extended(_) => vec![(name("btc"), AccountKind::Wpkh)],
        Kept::Counterwallet(_) | Kept::PrivateKey(_) => vec![(name("btc"), AccountKind::Pkh)],
    }
}

fn read_secret(args: &ImportArgs, screen: &mut dyn Screen) -> Result<Kept> {
    let text = passphrase::read(args.secret_file.as_deref(), screen, "Words or family seed (not shown): ")?;
    let trimmed = text.expose().trim();
    if trimmed.contains(char::is_whitespace) {
        let words = Mnemonic::parse(trimmed)?;
        if args.algorithm.is_some() {
            return Err(USAGE.error("--algorithm is for family seeds; keys of words are secp256k1"));
        }
        let passphrase = match (&args.bip39_passphrase_file, args.bip39_passphrase) {
            (Some(file), _) => passphrase::read_file(file)?,
            (None, true) => screen.ask_secret("BIP-39 passphrase of the words (not shown): ")?,
            (None, false) => SecretText::new(String::new()),
        };
        return Ok(Kept::Mnemonic { words, passphrase });
    }
    if args.bip39_passphrase || args.bip39_passphrase_file.is_some() {
        return Err(USAGE.error("a BIP-39 passphrase belongs to words, and this is one word"));
    }
    let seed = FamilySeed::parse(trimmed)?;
    match (seed.algorithm(), args.algorithm) {
        (Algorithm::Ed25519, Some(AlgorithmChoice::Secp256k1)) => {
            Err(USAGE.error("the seed begins with sEd, so its algorithm is ed25519"))
        }
        (Algorithm::Ed25519, _) => Ok(Kept::FamilySeed(seed)),
        (Algorithm::Secp256k1, Some(choice)) => Ok(Kept::FamilySeed(seed.with_algorithm(choice.algorithm()))),
        (Algorithm::Secp256k1, None) => ask_algorithm(seed, screen),
    }
}

/// The same seed makes one account under each algorithm: only the person knows which address it was.
fn ask_algorithm(seed: FamilySeed, screen: &mut dyn Screen) -> Result<Kept> {
    let secp = &crate::keys::curve::SECP;
    let with_secp256k1 = seed.key(secp)?.account_id();
    let seed = seed.with_algorithm(Algorithm::Ed25519);
    let with_ed25519 = seed.key(secp)?.account_id();
    screen.show(&[
        "This seed makes two accounts. Which one is yours?".to_owned(),
        format!("  secp256k1  {with_secp256k1}"),
        format!("  ed25519    {with_ed25519}"),
    ])?;
    match screen.ask("Type secp256k1 or ed25519: ")?.trim() {
        "secp256k1" => Ok(Kept::FamilySeed(seed.with_algorithm(Algorithm::Secp256k1))),
        "ed25519" => Ok(Kept::FamilySeed(seed)),
        _ => Err(USAGE
            .error("neither secp256k1 nor ed25519")
            .with_next("Run the command again, or give `--algorithm`.")),
    }
}

fn answer(home: &Home, unlocked: &Unlocked, made: &[Entry]) -> Result<Answer> {
    let mut lines = unlocked.greeting()?;
    made.iter().for_each(|entry| lines.extend(accounts::describe(entry)));
    lines.push(format!("The vault lies in {}", files::shown(home.folder())));
    if unlocked.vault.is_test_only() {
        lines.push("It is for tests: its passphrase protects little, and it takes no real money.".to_owned());
    }
    lines.push(
        "Next: airlock-offline accounts export, and carry the watch file to the online machine".to_owned(),
    );
    let accounts: Vec<Value> = made.iter().map(accounts::to_json).collect();
    let json = json!({
        "accounts": accounts,
        "home": files::shown(home.folder()),
        "test_only": unlocked.vault.is_test_only(),
    });
    Ok(Answer { lines, json })
}
