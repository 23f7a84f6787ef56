//! What a typed secret is, where it can be several things: every candidate with its addresses, and the person chooses.

use airlock::account::{AccountName, Rail, ScriptKind};
use airlock::xrp::Algorithm;
use airlock::{Error, Result};
use bitcoin::bip32::DerivationPath;

use crate::commands::accounts::{AccountKind, Choice, Place, derive};
use crate::error::{NO_TERMINAL, USAGE};
use crate::keys::reading::{self, Form, Found, Reading};
use crate::screen::{Screen, tries};
use crate::secret::SecretText;
use crate::unlocked::address_of;
use crate::vault::Kept;

/// Addresses that are shown of each candidate.
const SHOWN: u32 = 3;

/// What the command line says already.
pub(super) struct Wishes<'a> {
    pub(super) form: Option<Form>,
    pub(super) algorithm: Option<Algorithm>,
    pub(super) accounts: &'a [(AccountName, AccountKind)],
    pub(super) no_accounts: bool,
    pub(super) choice: &'a Choice,
}

/// The secret, and the accounts to make of it.
pub(super) struct Chosen {
    pub(super) kept: Kept,
    pub(super) accounts: Vec<(AccountName, AccountKind, Place)>,
}

/// One thing that the text can be, with what its descriptor or its first letters say of the account.
struct Meaning {
    form: Form,
    kept: Kept,
    is_certain: bool,
    kind: Option<ScriptKind>,
    path: Option<DerivationPath>,
}

/// A candidate: a meaning with an algorithm or a kind of account.
struct Candidate {
    /// What the person types.
    answer: &'static str,
    title: String,
    addresses: Vec<String>,
    meaning: usize,
    algorithm: Option<Algorithm>,
    account: Option<AccountKind>,
}

/// Reads the text and has the person choose where it can be several things. `passphrase` asks for that of a mnemonic.
///
/// # Errors
/// A text that is none, wishes that do not fit it, an answer that is none of the candidates.
pub(super) fn choose(
    text: &SecretText,
    wishes: &Wishes<'_>,
    screen: &mut dyn Screen,
    passphrase: impl FnOnce(&mut dyn Screen, bool) -> Result<SecretText>,
) -> Result<Chosen> {
    let mut readings = reading::read(text)?;
    if let Some(form) = wishes.form {
        readings.retain(|reading| reading.form == form);
        if readings.is_empty() {
            return Err(USAGE.error(format!("this text is no {}", form.title())));
        }
    }
    let has_words = readings.iter().any(|reading| matches!(reading.found, Found::Mnemonic(_)));
    let mut passphrase = Some(passphrase(screen, has_words)?);
    let mut meanings: Vec<Meaning> =
        readings.into_iter().map(|reading| Meaning::of(reading, &mut passphrase)).collect();
    let candidates = candidates(&meanings, wishes)?;
    let chosen = match candidates.as_slice() {
        [only] => only,
        several => ask(several, &meanings, screen)?,
    };
    let meaning = meanings.swap_remove(chosen.meaning);
    let accounts = accounts(&meaning, chosen, wishes)?;
    let kept = match (meaning.kept, chosen.algorithm) {
        (Kept::FamilySeed(seed), Some(algorithm)) => Kept::FamilySeed(seed.with_algorithm(algorithm)),
        (kept, _) => kept,
    };
    Ok(Chosen { kept, accounts })
}

impl Meaning {
    fn of(reading: Reading, passphrase: &mut Option<SecretText>) -> Self {
        let form = reading.form;
        let certain = |kept| Self { form, kept, is_certain: true, kind: None, path: None };
        match reading.found {
            Found::Mnemonic(words) => {
                let passphrase = passphrase.take().unwrap_or_else(|| SecretText::new(String::new()));
                certain(Kept::Mnemonic { words, passphrase })
            }
            Found::Counterwallet(words) => certain(Kept::Counterwallet(words)),
            Found::Xrp { seed, is_certain } => Self { is_certain, ..certain(Kept::FamilySeed(seed)) },
            Found::PrivateKey(key, kind) => Self { kind, ..certain(Kept::PrivateKey(key)) },
            Found::Extended(key, kind, path) => Self { kind, path, ..certain(Kept::Extended(key)) },
        }
    }

    fn place(&self, index: u32) -> Place {
        Place { number: 0, index, path: self.path.clone() }
    }

    /// The kinds of account that funds of this secret may lie on.
    fn kinds(&self) -> Vec<AccountKind> {
        use AccountKind::{Pkh, PkhUncompressed, ShWpkh, Tr, Wpkh};
        match (&self.kept, self.kind) {
            (Kept::PrivateKey(key), Some(ScriptKind::Pkh)) if !key.is_compressed() => vec![PkhUncompressed],
            (_, Some(kind)) => vec![AccountKind::of(kind)],
            (Kept::Counterwallet(_), None) => vec![Pkh, PkhUncompressed, Wpkh],
            (Kept::PrivateKey(_), None) => vec![Pkh, PkhUncompressed, Wpkh, ShWpkh, Tr],
            (Kept::Extended(_), None) => vec![Wpkh, Pkh, ShWpkh, Tr],
            (Kept::Mnemonic { .. } | Kept::FamilySeed(_), None) => Vec::new(),
        }
    }
}

fn candidates(meanings: &[Meaning], wishes: &Wishes<'_>) -> Result<Vec<Candidate>> {
    let mut candidates = Vec::new();
    for (index, meaning) in meanings.iter().enumerate() {
        let title = meaning.form.title().to_owned();
        let whole = Candidate {
            answer: meaning.form.name(),
            title,
            addresses: Vec::new(),
            meaning: index,
            algorithm: None,
            account: None,
        };
        match &meaning.kept {
            Kept::FamilySeed(seed) if meaning.is_certain => {
                if wishes.algorithm.is_some_and(|algorithm| algorithm != seed.algorithm()) {
                    return Err(USAGE.error("the seed begins with sEd, so its algorithm is ed25519"));
                }
                candidates.push(whole);
            }
            Kept::FamilySeed(seed) => {
                for algorithm in [Algorithm::Secp256k1, Algorithm::Ed25519] {
                    if wishes.algorithm.is_none_or(|wished| wished == algorithm) {
                        let account = seed.key_under(algorithm)?.account_id();
                        candidates.push(Candidate {
                            answer: algorithm.name(),
                            title: whole.title.clone(),
                            addresses: vec![account.to_string()],
                            algorithm: Some(algorithm),
                            ..whole
                        });
                    }
                }
            }
            _ if wishes.algorithm.is_some() => {
                return Err(USAGE.error("--algorithm is for XRPL seeds; all other keys are secp256k1"));
            }
            Kept::Mnemonic { .. } => {
                let addresses = addresses(meaning, AccountKind::Wpkh, wishes, 1)?
                    .into_iter()
                    .chain(addresses(meaning, AccountKind::Xrp, wishes, 1)?);
                candidates.push(Candidate { addresses: addresses.collect(), ..whole });
            }
            Kept::Counterwallet(_) | Kept::PrivateKey(_) | Kept::Extended(_)
                if wishes.no_accounts || !wishes.accounts.is_empty() =>
            {
                candidates.push(whole);
            }
            Kept::Counterwallet(_) | Kept::PrivateKey(_) | Kept::Extended(_) => {
                let count = if matches!(meaning.kept, Kept::PrivateKey(_)) { 1 } else { SHOWN };
                for kind in meaning.kinds() {
                    candidates.push(Candidate {
                        answer: kind.name(),
                        title: whole.title.clone(),
                        addresses: addresses(meaning, kind, wishes, count)?,
                        account: Some(kind),
                        ..whole
                    });
                }
            }
        }
    }
    Ok(candidates)
}

/// The first addresses of an account of this kind.
fn addresses(meaning: &Meaning, kind: AccountKind, wishes: &Wishes<'_>, count: u32) -> Result<Vec<String>> {
    let rail = |index| Ok::<_, Error>(derive(&meaning.kept, kind, wishes.choice, meaning.place(index))?.0);
    let first = rail(0)?;
    if let Rail::Bitcoin(account) = &first
        && account.xpub().is_some()
    {
        return Ok((0..count).map(|index| address_of(&first, index)).collect());
    }
    let mut addresses = vec![address_of(&first, 0)];
    for index in 1..count {
        addresses.push(address_of(&rail(index)?, 0));
    }
    Ok(addresses)
}

fn ask<'a>(
    candidates: &'a [Candidate],
    meanings: &[Meaning],
    screen: &mut dyn Screen,
) -> Result<&'a Candidate> {
    let mut lines = vec![match meanings {
        [only] => {
            format!("This secret ({}) can be the key of any of these. Which one is yours?", only.form.title())
        }
        _ => "This text can be several things. Which one is yours?".to_owned(),
    }];
    for candidate in candidates {
        let mut head = format!("{:<17}", candidate.answer);
        if meanings.len() > 1 {
            lines.push(format!("  {head}{}", candidate.title));
            head = " ".repeat(17);
        }
        for address in &candidate.addresses {
            lines.push(format!("  {head}{address}"));
            head = " ".repeat(17);
        }
    }
    let names: Vec<&str> = candidates.iter().map(|candidate| candidate.answer).collect();
    let (last, others) = names.split_last().ok_or_else(|| USAGE.error("no candidate"))?;
    let question = format!("Type {} or {last}: ", others.join(", "));
    let named = names.join(", ");
    screen.show(&lines).map_err(|error| match error.code() == &NO_TERMINAL {
        true => NO_TERMINAL
            .error(format!("this can be {named}, and there is no terminal to ask on"))
            .with_next(
                "Say which with `--account NAME=KIND`, `--algorithm ALGORITHM` or `--as FORM`, or run it at a terminal.",
            ),
        false => error,
    })?;
    tries(screen, &USAGE, |screen| {
        let typed = screen.ask(&question)?;
        candidates.iter().find(|candidate| candidate.answer == typed.trim()).ok_or_else(|| {
            USAGE
                .error(format!("the answer is none of {named}"))
                .with_next("Run the command again, or give `--as`, `--algorithm` or `--account`.")
        })
    })
}

fn accounts(
    meaning: &Meaning,
    chosen: &Candidate,
    wishes: &Wishes<'_>,
) -> Result<Vec<(AccountName, AccountKind, Place)>> {
    let name = |text: &str| text.parse::<AccountName>().expect("a short name of letters");
    if wishes.no_accounts {
        return Ok(Vec::new());
    }
    let of_descriptor = meaning.kinds();
    if meaning.form == Form::Descriptor
        && let Some((_, kind)) = wishes.accounts.iter().find(|(_, kind)| !of_descriptor.contains(kind))
    {
        return Err(USAGE.error(format!("the descriptor is of another kind than {}", kind.name())));
    }
    let usual = match (&meaning.kept, chosen.account) {
        (_, Some(kind)) => vec![(name("btc"), kind)],
        (Kept::Mnemonic { .. }, None) => {
            vec![(name("btc"), AccountKind::Wpkh), (name("xrp"), AccountKind::Xrp)]
        }
        (Kept::FamilySeed(_), None) => vec![(name("xrp"), AccountKind::Xrp)],
        (Kept::Counterwallet(_) | Kept::PrivateKey(_) | Kept::Extended(_), None) => Vec::new(),
    };
    let wanted = if wishes.accounts.is_empty() { usual } else { wishes.accounts.to_vec() };
    Ok(wanted.into_iter().map(|(name, kind)| (name, kind, meaning.place(0))).collect())
}
