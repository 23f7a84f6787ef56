//! `import`: a secret that exists on paper comes into the vault; the first one makes the vault.

mod choose;

use std::path::PathBuf;

use airlock::Result;
use airlock::account::AccountName;
use airlock::xrp::Algorithm;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use self::choose::{Chosen, Wishes};
use super::Dated;
use super::accounts::{self, AccountKind, Choice};
use crate::answer::Answer;
use crate::derive::Source;
use crate::error::{Failure, NO_CAMERA, USAGE};
use crate::files;
use crate::founding;
use crate::home::Home;
use crate::journal::Event;
use crate::keys::reading::Form;
use crate::passphrase;
use crate::register::{Entry, Register, TAKEN};
use crate::sandbox::{Access, Folders};
use crate::screen::Screen;
use crate::secret::SecretText;
use crate::unlocked::{Locked, Unlocked};
use crate::vault::{NamedSecret, SECRET_NAME, Strength, Vault};

/// Takes a secret into the vault.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  airlock-offline import
        asks for the words or the seed and for a new passphrase; makes the accounts
        btc (wpkh) and xrp on mainnet with the role cold
  airlock-offline import --account cold=wpkh --account cold-tr=tr --account cold-xrp=xrp
  airlock-offline import --bip39-passphrase --name hidden --no-accounts
  airlock-offline import --name old --holds assets
        old wallets: Counterwallet words, private keys (5…, K…, L…), xprv, descriptors;
        shows the addresses of every candidate and asks which one is yours
  airlock-offline import --name old --as counterwallet --account old=pkh
  airlock-offline import --test-only --network regtest --network-id 1 \\
        --secret-file words.txt --passphrase-file passphrase.txt")]
pub struct ImportArgs {
    /// The name of the secret in the vault
    #[arg(long, default_value = "main")]
    name: AccountName,
    /// Read the words, the seed or the key from this file (- for stdin); without it the terminal asks
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Refused: nothing secret is shown to a camera
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "")]
    from_qr: Option<String>,
    /// Ask for the BIP-39 passphrase of the words
    #[arg(long)]
    bip39_passphrase: bool,
    /// Read the BIP-39 passphrase from this file
    #[arg(long, value_name = "FILE", conflicts_with = "bip39_passphrase")]
    bip39_passphrase_file: Option<PathBuf>,
    /// What the text is, where it can be several things
    #[arg(long = "as", value_name = "FORM", value_parser = parse_form)]
    form: Option<Form>,
    /// The algorithm of an XRPL seed; all but sEd… make a different account under each
    #[arg(long, value_enum)]
    algorithm: Option<AlgorithmChoice>,
    /// Make this account, instead of btc=wpkh and xrp=xrp or of the candidate that you choose; can be repeated
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

impl ImportArgs {
    /// The places that the command needs.
    pub fn folders(&self, home: &Home) -> Folders {
        if self.from_qr.is_some() {
            return Folders::none();
        }
        let files = [&self.secret_file, &self.bip39_passphrase_file, &self.passphrase_file];
        Folders::none().with(home.folder(), Access::Make).with_all(files.into_iter().flatten(), Access::File)
    }
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

fn parse_form(text: &str) -> Result<Form, String> {
    let names = Form::ALL.map(Form::name);
    Form::ALL
        .into_iter()
        .find(|form| form.name() == text)
        .ok_or_else(|| format!("one of {}", names.join(", ")))
}

/// Runs the command.
///
/// # Errors
/// A secret that is none, a wrong passphrase, names that are taken, accounts that the vault does not take.
pub fn run(
    args: &ImportArgs,
    home: &Home,
    screen: &mut dyn Screen,
    dated: &Dated,
) -> Result<Answer, Failure> {
    if args.from_qr.is_some() {
        return Err(NO_CAMERA.error("a secret is not read from QR codes").into());
    }
    let existing = if home.vault().exists() { Some(Locked::read(home)?) } else { None };
    if existing.is_some() && args.test_only {
        return Err(USAGE
            .error("--test-only is chosen when the vault is made, and there is one already")
            .into());
    }
    let seen = existing.as_ref().map(Locked::seen);
    let is_new = seen.is_none();
    if is_new {
        founding::check_free(home)?;
    }
    if let Some(locked) = &existing {
        check_secret_name(args, locked.register())?;
    }
    let Chosen { kept, accounts } = choose(args, screen)?;
    if let Some(locked) = &existing {
        accounts.iter().try_for_each(|(name, kind, _)| check_name(name, *kind, locked.register()))?;
    }
    let Unlocked { mut vault, mut register } = match existing {
        Some(locked) => locked.unlock_by(args.passphrase_file.as_deref(), screen)?,
        None => {
            let chosen = passphrase::choose(args.passphrase_file.as_deref(), screen, args.test_only)?;
            let strength = if args.test_only { Strength::TestOnly } else { Strength::Full };
            Unlocked { vault: Vault::create(&chosen, strength)?, register: Register::default() }
        }
    };
    let secret = NamedSecret { name: args.name.clone(), kept };
    let mut made = Vec::new();
    for (name, kind, place) in accounts {
        let entry = accounts::make(&secret, &name, kind, &args.choice, place)?;
        register.add(entry.clone(), &vault)?;
        made.push(entry);
    }
    let imported = Event::Imported {
        fingerprint: Source::new(&secret.kept).fingerprint()?,
        kind: secret.kept.kind().to_owned(),
        secret: secret.name.to_string(),
    };
    vault.add(secret)?;
    match seen {
        None => founding::found(home, &mut vault, &register, dated.now)?,
        Some(seen) => {
            let _alone = super::record_alone(home, &vault, imported, dated, &seen)?;
            write(home, &mut vault, &register)?;
        }
    }
    Ok(answer(home, &Unlocked { vault, register }, &made, is_new)?)
}

/// Before anything is typed: a name that is taken must not cost the words and the passphrase.
fn check_secret_name(args: &ImportArgs, register: &Register) -> Result<()> {
    match register.entries().iter().any(|entry| entry.secret == args.name) {
        true => Err(SECRET_NAME
            .error(format!("the vault has a secret '{}' already", args.name))
            .with_next("Give the new one a name of its own: `--name NAME`.")),
        false => Ok(()),
    }
}

fn check_name(name: &AccountName, kind: AccountKind, register: &Register) -> Result<()> {
    match register.entries().iter().any(|entry| entry.account.name == *name) {
        true => Err(TAKEN
            .error(format!("the name '{name}' is taken by another account"))
            .with_next(format!("Name the new account: `--account NAME={}`.", kind.name()))),
        false => Ok(()),
    }
}

/// The vault first: an account without its secret would be refused at every unlock, a secret without accounts is not.
fn write(home: &Home, vault: &mut Vault, register: &Register) -> Result<()> {
    let (sealed, accounts) = (vault.seal()?, register.encode(vault));
    files::replace(&home.vault(), &sealed)?;
    files::replace(&home.accounts(), &accounts)
}

fn choose(args: &ImportArgs, screen: &mut dyn Screen) -> Result<Chosen> {
    let question = "Words, seed or private key (not shown): ";
    let text = passphrase::read(args.secret_file.as_deref(), screen, question)?;
    let wishes = Wishes {
        form: args.form,
        algorithm: args.algorithm.map(AlgorithmChoice::algorithm),
        accounts: &args.accounts,
        no_accounts: args.no_accounts,
        choice: &args.choice,
    };
    choose::choose(&text, &wishes, screen, |screen, has_words| {
        match (&args.bip39_passphrase_file, args.bip39_passphrase) {
            (None, false) => Ok(SecretText::new(String::new())),
            _ if !has_words => {
                Err(USAGE.error("a BIP-39 passphrase belongs to words, and these are not BIP-39 words"))
            }
            (Some(file), _) => passphrase::read_file(file),
            (None, true) => screen.ask_secret("BIP-39 passphrase of the words (not shown): "),
        }
    })
}

fn answer(home: &Home, unlocked: &Unlocked, made: &[Entry], is_new: bool) -> Result<Answer> {
    let mut lines = unlocked.greeting()?;
    made.iter().for_each(|entry| lines.extend(accounts::describe(entry)));
    lines.push(format!("The vault lies in {}", files::shown(home.folder())));
    if is_new && !unlocked.vault.is_test_only() {
        lines.push(format!("A guess at its passphrase: {}", super::passphrase::cost(&unlocked.vault)));
    }
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
