//! Do these secrets make the same accounts? Every account is derived again and compared, public key by public key.

use std::collections::BTreeSet;

use airlock::account::AccountName;
use airlock::{Code, Exit, Result};

use crate::derive::Source;
use crate::journal::{Chain, Event};
use crate::keys::reading::{Found, Reading};
use crate::register::{Entry, Register};
use crate::secret::SecretText;
use crate::unlocked::first_address;
use crate::vault::{Kept, NamedSecret};

/// A backup that does not make every account.
pub static NOT_A_BACKUP: Code = Code::new(
    "E-BACKUP-001",
    Exit::Refused,
    "Deriving the accounts again from this backup does not give all of them: with it alone, money on the others would be \
     lost.",
    "Look for the other words or the passphrase, or make a new backup of the vault file, and verify it again.",
);
/// No account that could be compared.
pub static NOTHING_TO_COMPARE: Code = Code::new(
    "E-BACKUP-002",
    Exit::Fixable,
    "A backup is verified against the accounts of a home folder, of which there must be at least one.",
    "Name the home with `--home DIR`, or add an account first: `airlock-offline accounts add --help`.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&NOT_A_BACKUP, &NOTHING_TO_COMPARE];

/// An account, and the secret of the backup that makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The account and the secret that it names.
    pub entry: Entry,
    /// The secret of the backup that gives exactly its public key, if any does.
    pub made_by: Option<AccountName>,
}

impl Compared {
    /// One line for people.
    pub fn line(&self) -> String {
        let account = &self.entry.account;
        let (outcome, by) = match &self.made_by {
            Some(by) => ("same   ", format!("from '{by}'")),
            None => ("MISSING", "no secret of the backup makes it".to_owned()),
        };
        format!("{outcome}  {:<12} {}   {by}", account.name.as_str(), first_address(account))
    }
}

/// Compares accounts with the secrets of a backup, in the order of the accounts.
pub fn compare(entries: &[Entry], secrets: &[NamedSecret]) -> Vec<Compared> {
    let sources: Vec<(&AccountName, Source<'_>)> =
        secrets.iter().map(|secret| (&secret.name, Source::new(&secret.kept))).collect();
    let made_by = |entry: &Entry| {
        let makes = |source: &Source<'_>| source.again(entry).is_ok_and(|rail| rail == entry.account.rail);
        // The secret of the same name first: another one may make the account as well.
        let named = sources.iter().filter(|(name, _)| **name == entry.secret);
        let others = sources.iter().filter(|(name, _)| **name != entry.secret);
        named.chain(others).find(|(_, source)| makes(source)).map(|(name, _)| (*name).clone())
    };
    entries.iter().map(|entry| Compared { made_by: made_by(entry), entry: entry.clone() }).collect()
}

/// The accounts of one secret by its name, or of the one that the words on paper belong to: the secret of the first
/// account that they make. Where they make none, all accounts.
pub fn of_paper(
    register: &Register,
    secret: Option<&AccountName>,
    readings: Vec<Reading>,
    passphrase: SecretText,
) -> Result<Vec<Compared>> {
    let kept = every(readings, passphrase)?;
    let compared = compare(register.entries(), &kept);
    let belongs = |found: &&Compared| found.made_by.is_some();
    let name = match secret {
        Some(name) => Some(name.clone()),
        None => compared.iter().find(belongs).map(|found| found.entry.secret.clone()),
    };
    Ok(match name {
        Some(name) => compared.into_iter().filter(|found| found.entry.secret == name).collect(),
        None => compared,
    })
}

/// The fingerprints of all secrets that a vault ever took, as its journal tells them.
///
/// # Errors
/// As [`Chain::record`].
pub fn taken(journal: &Chain) -> Result<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for entry in journal.records(1) {
        match entry?.record.event {
            Event::Founded { fingerprints } => all.extend(fingerprints),
            Event::Imported { fingerprint, .. } => {
                all.insert(fingerprint);
            }
            Event::Signed(_)
            | Event::PolicyAccepted { .. }
            | Event::Overridden { .. }
            | Event::PassphraseChanged
            | Event::Drill { .. } => {}
        }
    }
    Ok(all)
}

/// Demands that a copy has every secret: one without accounts is not missed when accounts are compared.
///
/// # Errors
/// [`NOT_A_BACKUP`].
pub fn demand_secrets(all: &BTreeSet<String>, copy: &[NamedSecret]) -> Result<()> {
    let has = copy.iter().map(|secret| Source::new(&secret.kept).fingerprint());
    let has: BTreeSet<String> = has.collect::<Result<_>>()?;
    let missing: Vec<&str> = all.difference(&has).map(String::as_str).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let what = format!("{} of {} secrets are not in it, fingerprints ", missing.len(), all.len());
    Err(NOT_A_BACKUP.error(what + &missing.join(", ")))
}

/// Everything that a text can be, each as a secret by the name of its form.
fn every(readings: Vec<Reading>, passphrase: SecretText) -> Result<Vec<NamedSecret>> {
    use airlock::xrp::Algorithm;

    let mut passphrase = Some(passphrase);
    let mut kept = Vec::with_capacity(readings.len().saturating_mul(2));
    for reading in readings {
        let mut add = |kind: Kept, name: &str| -> Result<()> {
            kept.push(NamedSecret { name: name.parse()?, kept: kind });
            Ok(())
        };
        let name = reading.form.name();
        match reading.found {
            Found::Mnemonic(words) => {
                let passphrase = passphrase.take().unwrap_or_else(|| SecretText::new(String::new()));
                add(Kept::Mnemonic { words, passphrase }, name)?;
            }
            Found::Counterwallet(words) => add(Kept::Counterwallet(words), name)?,
            Found::PrivateKey(key, _) => add(Kept::PrivateKey(key), name)?,
            Found::Extended(key, ..) => add(Kept::Extended(key), name)?,
            Found::Xrp { seed, is_certain: true } => add(Kept::FamilySeed(seed), name)?,
            Found::Xrp { seed, is_certain: false } => {
                let other = seed.under(Algorithm::Ed25519);
                add(Kept::FamilySeed(seed), name)?;
                add(Kept::FamilySeed(other), &format!("{name}-ed25519"))?;
            }
        }
    }
    Ok(kept)
}

/// Demands that there is something to compare and that all of it is the same.
///
/// # Errors
/// [`NOTHING_TO_COMPARE`], [`NOT_A_BACKUP`].
pub fn demand_all(compared: &[Compared]) -> Result<()> {
    if compared.is_empty() {
        return Err(NOTHING_TO_COMPARE.error("there is no account to compare"));
    }
    let missing: Vec<&str> = compared
        .iter()
        .filter(|found| found.made_by.is_none())
        .map(|found| found.entry.account.name.as_str())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let (count, all) = (missing.len(), compared.len());
    Err(NOT_A_BACKUP.error(format!("{count} of {all} accounts are not made by it: {}", missing.join(", "))))
}
