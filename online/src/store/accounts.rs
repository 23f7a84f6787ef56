//! The vault's accounts, without their keys.

use airlock::Result;
use airlock::account::Account;
use airlock::text::Printable;
use airlock::watch::Watch;
use rusqlite::{Connection, params};

use super::Store;
use super::error::damaged;
use super::row::{change, get, rows};
use crate::error::ACCOUNT_CONFLICT;

impl Store {
    /// The accounts, sorted by name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn accounts(&self) -> Result<Vec<Account>> {
        accounts(&self.connection)
    }

    /// Adds accounts to those known and gives the new ones.
    ///
    /// # Errors
    /// [`ACCOUNT_CONFLICT`] where one contradicts what is known, [`airlock::bundle::file::OVER_LIMIT`] for too many; then
    /// nothing changes.
    pub fn import(&self, imported: &Watch) -> Result<Vec<Account>> {
        self.write(|connection| {
            let known = accounts(connection)?;
            let mut new = Vec::new();
            for account in &imported.accounts {
                match known.iter().find(|k| k.name == account.name || k.reference() == account.reference()) {
                    Some(same) if same == account => {}
                    Some(other) => return Err(conflict(account, other)),
                    None => new.push(account.clone()),
                }
            }
            let mut all = [known, new.clone()].concat();
            all.sort_by(|a, b| a.name.cmp(&b.name));
            Watch::decode(&Watch { accounts: all }.encode())?;
            for account in &new {
                let watch = Watch { accounts: vec![account.clone()] }.encode();
                let statement = "INSERT INTO accounts (name, reference, watch) VALUES (?1, ?2, ?3)";
                change(connection, statement, params![account.name.as_str(), account.reference(), watch])?;
            }
            Ok(new)
        })
    }
}

fn accounts(connection: &Connection) -> Result<Vec<Account>> {
    rows(connection, "SELECT name, watch FROM accounts ORDER BY name", [], |row| {
        let (name, file): (String, Vec<u8>) = (get(row, "name")?, get(row, "watch")?);
        let watch = Watch::decode(&file).map_err(damaged)?;
        let account = <[Account; 1]>::try_from(watch.accounts).ok().map(|[account]| account);
        let account = account.filter(|account| account.name.as_str() == name);
        account.ok_or_else(|| damaged(format!("account '{}' is another one", Printable::new(&name))))
    })
}

fn conflict(account: &Account, other: &Account) -> airlock::Error {
    ACCOUNT_CONFLICT.error(format!(
        "account '{}' ({}) is known as '{}' ({}) with other keys or properties",
        account.name,
        account.reference(),
        other.name,
        other.reference()
    ))
}
