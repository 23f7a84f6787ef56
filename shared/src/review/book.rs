//! What the offline half knows by itself: its accounts and its asset registry.

use crate::account::Account;

/// An asset whose divisibility the person has confirmed once, on the offline machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownAsset {
    /// `XCP`, a named asset or `A…`.
    pub name: String,
    /// Subasset longname.
    pub longname: Option<String>,
    /// True where 10^8 base units are one unit.
    pub divisible: bool,
}

/// A destination that the policy lists, with the name that people know it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDestination {
    /// Printable ASCII.
    pub name: String,
    /// The address in its usual spelling: lower-case bech32, classic address instead of an X-address.
    pub address: String,
}

/// The vault's own knowledge, which no bundle can change.
#[derive(Clone, Copy, Debug)]
pub struct Book<'a> {
    /// All accounts.
    pub accounts: &'a [Account],
    /// The asset registry.
    pub assets: &'a [KnownAsset],
    /// The destinations that the policy lists; without any, none is called new.
    pub destinations: &'a [KnownDestination],
    /// False before the passphrase: accounts and policy are read but not yet authenticated.
    pub authenticated: bool,
}
