//! The accounts that are made together with a secret.

use airlock::Result;
use airlock::account::AccountName;
use clap::{Args, ValueEnum};

use super::{AccountKind, Choice, Place, make};
use crate::register::Entry;
use crate::vault::NamedSecret;

/// Accounts of new words.
#[derive(Debug, Args)]
pub struct Wanted {
    /// Make this account, instead of btc=wpkh and xrp=xrp; can be repeated
    #[arg(long = "account", value_name = "NAME=KIND", value_parser = parse_account)]
    accounts: Vec<(AccountName, AccountKind)>,
    /// Make no account yet
    #[arg(long, conflicts_with = "accounts")]
    no_accounts: bool,
    #[command(flatten)]
    choice: Choice,
}

impl Wanted {
    /// Makes them of words; without a choice one on each chain.
    ///
    /// # Errors
    /// Where an account cannot be derived.
    pub fn of_words(&self, secret: &NamedSecret) -> Result<Vec<Entry>> {
        let name = |text: &str| text.parse::<AccountName>().expect("a short name of letters");
        let usual = [(name("btc"), AccountKind::Wpkh), (name("xrp"), AccountKind::Xrp)];
        let wanted = match self.no_accounts || !self.accounts.is_empty() {
            true => self.accounts.as_slice(),
            false => &usual,
        };
        wanted
            .iter()
            .map(|(name, kind)| make(secret, name, *kind, &self.choice, Place::from([0, 0])))
            .collect()
    }
}

/// Reads `NAME=KIND`.
///
/// # Errors
/// What is wrong with it.
pub fn parse_account(text: &str) -> Result<(AccountName, AccountKind), String> {
    let (name, kind) = text.split_once('=').ok_or("write it as NAME=KIND, for example cold=wpkh")?;
    let name = name.parse().map_err(|e: airlock::Error| e.what().to_owned())?;
    let kind = AccountKind::from_str(kind, false)
        .map_err(|_| "the kinds are wpkh, pkh, pkh-uncompressed, sh-wpkh, tr and xrp")?;
    Ok((name, kind))
}
