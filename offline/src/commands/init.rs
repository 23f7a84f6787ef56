//! `init`: new words out of chance that a person can add to and check, onto paper, and into a new vault.

mod ceremony;

use std::path::PathBuf;

use airlock::account::AccountName;
use airlock::network::BitcoinNetwork;
use airlock::time::Moment;
use airlock::{Error, Result};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::accounts::{self, Wanted};
use crate::answer::Answer;
use crate::derive::Source;
use crate::entropy::{self, Draw, SAMPLE_BYTES};
use crate::error::{Failure, NO_TERMINAL};
use crate::home::Home;
use crate::hygiene::{lock_memory, scrubbed};
use crate::keys::{ExtendedKey, Mnemonic, curve::SECP};
use crate::recipe::Length;
use crate::register::{Entry, Register};
use crate::sandbox::{Access, Folders};
use crate::screen::Screen;
use crate::secret::SecretText;
use crate::unlocked::Unlocked;
use crate::vault::{Kept, NamedSecret, Strength, Vault};
use crate::{files, founding, passphrase};

/// Makes new words and a new vault.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  airlock-offline init
        24 words of this machine's randomness; makes the accounts btc (wpkh) and xrp
        on mainnet with the role cold
  airlock-offline init --dice --second-person
        99 rolls of a die and a second person's text are mixed in: whoever knows two of
        the three still has to guess the third; a transcript is offered, by which you
        make the words again with sha256sum (docs/ENTROPY.md)
  airlock-offline init --words 12 --account cold=wpkh --account cold-xrp=xrp --role cold
  airlock-offline init --test-only --network regtest --network-id 1

What happens: passphrases first, then chance, then the words, 12 on a page, for paper.
Then every word is asked back from the paper. Only then the vault is written: where
anything goes wrong or you press Ctrl-C, nothing is. The words appear at the terminal
alone, on a screen that keeps nothing; a script brings its own words to `import`.")]
pub struct InitArgs {
    /// How many words
    #[arg(long, value_enum, default_value = "24")]
    words: WordsChoice,
    /// Mix in rolls of a die with six faces, typed: at least 50 for 12 words, 99 for 24
    #[arg(long)]
    dice: bool,
    /// Mix in a text that a second person types unseen, at least 20 characters
    #[arg(long)]
    second_person: bool,
    /// Offer the transcript also without dice and second person
    #[arg(long)]
    transcript: bool,
    /// Ask for a BIP-39 passphrase: a part of the secret that is not on the paper with the words
    #[arg(long)]
    bip39_passphrase: bool,
    /// The name of the secret in the vault
    #[arg(long, default_value = "main")]
    name: AccountName,
    #[command(flatten)]
    wanted: Wanted,
    /// The vault opens fast and takes accounts of test networks only
    #[arg(long)]
    test_only: bool,
    /// Read the vault's passphrase from this file; without it the terminal asks
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// How many words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum WordsChoice {
    /// 128 bits
    #[value(name = "12")]
    Twelve,
    /// 256 bits
    #[value(name = "24")]
    TwentyFour,
}

impl InitArgs {
    /// The places that the command needs.
    pub fn folders(&self, home: &Home) -> Folders {
        Folders::none().with(home.folder(), Access::Make).with_all(&self.passphrase_file, Access::File)
    }

    fn length(&self) -> Length {
        match self.words {
            WordsChoice::Twelve => Length::Twelve,
            WordsChoice::TwentyFour => Length::TwentyFour,
        }
    }

    /// Whether others contribute, who can want to see that they were heard.
    fn offers_transcript(&self) -> bool {
        self.transcript || self.dice || self.second_person
    }
}

/// The state of the world after a run that made no vault.
pub const NOTHING_MADE: &str =
    "No vault was made. Words that were shown already are of no use: destroy their paper.";

/// Runs the command.
///
/// # Errors
/// A random source that is broken, contributions that are refused, words that are not on paper, a home that is not free.
pub fn run(args: &InitArgs, home: &Home, screen: &mut dyn Screen, now: Moment) -> Result<Answer, Failure> {
    run_with(args, home, screen, now, &entropy::of_system)
}

fn run_with(
    args: &InitArgs,
    home: &Home,
    screen: &mut dyn Screen,
    now: Moment,
    draw: &Draw,
) -> Result<Answer, Failure> {
    founding::check_free(home)?;
    entropy::check(draw)?;
    screen.show(&introduction(args, home)).map_err(without_terminal)?;
    scrubbed(|| make(args, home, screen, now, draw)).map_err(|error| Failure::new(error, NOTHING_MADE))
}

fn make(args: &InitArgs, home: &Home, screen: &mut dyn Screen, now: Moment, draw: &Draw) -> Result<Answer> {
    // What can be typed wrongly comes before what costs an hour.
    let chosen = passphrase::choose(args.passphrase_file.as_deref(), screen, args.test_only)?;
    let strength = if args.test_only { Strength::TestOnly } else { Strength::Full };
    let mut vault = Vault::create(&chosen, strength)?;
    lock_memory();
    let bip39_passphrase = match args.bip39_passphrase {
        true => passphrase::choose_bip39(screen)?,
        false => SecretText::new(String::new()),
    };

    let recipe = ceremony::contributions(args, screen, draw)?;
    let words = recipe.mix();
    if args.offers_transcript() {
        ceremony::offer_transcript(&recipe, screen)?;
    }
    let contributions = recipe.contributions();
    drop(recipe);

    let without = fingerprint(&words)?;
    let kept = Kept::Mnemonic { words, passphrase: bip39_passphrase };
    let secret = NamedSecret { name: args.name.clone(), kept };
    // Before the words are shown: an account that the vault does not take must not cost the ceremony.
    let mut register = Register::default();
    let made = args.wanted.of_words(&secret)?;
    made.iter().try_for_each(|entry| register.add(entry.clone(), &vault))?;

    ceremony::to_paper(secret.kept.words().expect("the secret was made of words"), screen)?;
    vault.add(secret)?;
    founding::found(home, &mut vault, &register, now)?;
    answer(args, home, &Unlocked { vault, register }, &made, &contributions, &without)
}

fn answer(
    args: &InitArgs,
    home: &Home,
    unlocked: &Unlocked,
    made: &[Entry],
    contributions: &str,
    without_passphrase: &str,
) -> Result<Answer> {
    let mut lines = vec![
        format!("{} words, typed back from the paper.", args.length().words()),
        format!("Made of {contributions}"),
        format!("The vault lies in {}", files::shown(home.folder())),
        String::new(),
    ];
    lines.extend(unlocked.greeting()?);
    if args.bip39_passphrase {
        lines.push(format!("  without the BIP-39 passphrase the fingerprint is {without_passphrase}"));
    }
    lines.push(String::new());
    lines.extend(accounts::table(made));
    lines.push(String::new());
    if args.test_only {
        lines.push("It is for tests: its passphrase protects little, and it takes no real money.".to_owned());
    }
    lines.push(format!("A guess at its passphrase: {}", super::passphrase::cost(&unlocked.vault)));
    lines.push("Write the fingerprint beside the words: it tells whether they were typed right.".to_owned());
    lines.push("Keep a copy of vault.airlock elsewhere: airlock-offline backup verify COPY".to_owned());
    lines.push("Next: airlock-offline accounts export --out FOLDER, for the online machine;".to_owned());
    lines.push("      edit policy.toml, then airlock-offline policy accept: on mainnet nothing".to_owned());
    lines.push("      is signed that it does not allow".to_owned());
    let made: Vec<Value> = made.iter().map(accounts::to_json).collect();
    let secrets = unlocked.vault.secrets().iter().map(|secret| {
        let fingerprint = Source::new(&secret.kept).fingerprint()?;
        Ok(json!({ "name": secret.name, "fingerprint": fingerprint }))
    });
    let mut json = json!({
        "accounts": made,
        "contributions": contributions,
        "home": files::shown(home.folder()),
        "secrets": secrets.collect::<Result<Vec<Value>>>()?,
        "test_only": args.test_only,
        "words": args.length().words(),
    });
    if let (true, Some(members)) = (args.bip39_passphrase, json.as_object_mut()) {
        members.insert("fingerprint_without_bip39_passphrase".to_owned(), json!(without_passphrase));
    }
    Ok(Answer { lines, json })
}

fn introduction(args: &InitArgs, home: &Home) -> Vec<String> {
    vec![
        format!("New words and a new vault in {}", files::shown(home.folder())),
        String::new(),
        "Whoever reads the words has the money: be alone, without cameras.".to_owned(),
        "Have paper and a pen.".to_owned(),
        format!("This machine's random source: {SAMPLE_BYTES} bytes looked at, nothing wrong found."),
        format!("{} words follow, after the passphrase of the vault.", args.length().words()),
        String::new(),
    ]
}

fn without_terminal(error: Error) -> Error {
    if error.code() != &NO_TERMINAL {
        return error;
    }
    NO_TERMINAL
        .error("words are shown at a terminal only, and this run has none")
        .with_next("Run `init` at a terminal; a script brings its own words to `airlock-offline import`.")
}

/// The fingerprint of the words by themselves.
fn fingerprint(words: &Mnemonic) -> Result<String> {
    let none = SecretText::new(String::new());
    let master = ExtendedKey::master(&words.seed(&none), BitcoinNetwork::Mainnet.to_bitcoin())?;
    Ok(master.fingerprint(&SECP).to_string())
}

#[cfg(test)]
mod tests;
