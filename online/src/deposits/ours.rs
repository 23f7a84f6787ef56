//! Everything that was handed out, to tell whose a payment is; and what is ours, to tell what we pay ourselves.

use std::collections::{BTreeMap, BTreeSet};

use airlock::Result;
use airlock::account::{Account, AccountName, Holds, Rail};
use airlock::network::BitcoinNetwork;
use airlock::time::Moment;

use super::hand_out::MEMO_ADDRESS;
use super::settle::Fate;
use crate::store::{CustomerAddress, Invoice, Store};

/// The addresses of one Bitcoin network that customers pay to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BitcoinDeposits {
    /// Each address that customers pay to.
    pub addresses: BTreeMap<String, Place>,
    /// Invoices by account and memo.
    pub invoices: BTreeMap<(AccountName, Vec<u8>), Invoice>,
    /// Addresses of ours that pay nobody's deposit: all handed out ones and the first of each account.
    pub own: BTreeSet<String>,
    /// When the first thing was handed out.
    pub first: Option<Moment>,
}

/// An address that customers pay to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The account.
    pub account: AccountName,
    /// Index on branch 0.
    pub index: u32,
    /// What the account may hold.
    pub holds: Holds,
    /// Whose it is; none where memos tell.
    pub customer: Option<String>,
    /// The first block whose payments are the customer's.
    pub counts_from: Option<u32>,
}

impl Place {
    /// What becomes of a payment in a block from before the address was handed out: it cannot be the customer's.
    pub(super) fn early(&self, height: u32) -> Option<Fate> {
        let from = self.counts_from.filter(|from| height < *from)?;
        Some(Fate::suspense(format!(
            "it came in block {height}, and the address was handed out later: what comes from block {from} on is the customer's"
        )))
    }
}

/// An XRP account that customers pay to with tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XrpDeposits {
    /// The account.
    pub account: AccountName,
    /// Its classic address.
    pub address: String,
    /// Customers by tag.
    pub tags: BTreeMap<u32, String>,
    /// All XRP accounts of ours.
    pub own: BTreeSet<String>,
    /// When the first tag was handed out.
    pub first: Moment,
}

/// What customers pay to on a Bitcoin network.
///
/// # Errors
/// When the store cannot be read.
pub fn on_bitcoin(store: &Store, accounts: &[Account], network: BitcoinNetwork) -> Result<BitcoinDeposits> {
    let mut all = BitcoinDeposits::default();
    for account in accounts {
        let Some(bitcoin) = account.bitcoin().filter(|bitcoin| bitcoin.network() == network) else {
            continue;
        };
        all.own.extend(bitcoin.address(0, 0).map(|address| address.to_string()));
        for CustomerAddress { account: name, customer, index, address, at, counts_from } in
            store.allocations(&account.name)?
        {
            all.first = Some(all.first.map_or(at, |first| first.min(at)));
            all.own.insert(address.clone());
            let customer = (customer != MEMO_ADDRESS).then_some(customer);
            let place = Place { account: name, index, holds: account.holds, customer, counts_from };
            all.addresses.insert(address, place);
        }
        for invoice in store.invoices(&account.name)? {
            all.invoices.insert((invoice.account.clone(), invoice.memo.clone()), invoice);
        }
    }
    Ok(all)
}

/// The XRP accounts of a network out of which tags were handed out.
///
/// # Errors
/// When the store cannot be read.
pub fn on_xrpl(store: &Store, accounts: &[Account], network_id: u32) -> Result<Vec<XrpDeposits>> {
    let xrp = |account: &Account| match &account.rail {
        Rail::Xrp(xrp) if xrp.network_id == network_id => {
            Some((account.name.clone(), xrp.address().to_owned()))
        }
        Rail::Xrp(_) | Rail::Bitcoin(_) => None,
    };
    let ours: Vec<(AccountName, String)> = accounts.iter().filter_map(xrp).collect();
    let own: BTreeSet<String> = ours.iter().map(|(_, address)| address.clone()).collect();
    let mut all = Vec::new();
    for (account, address) in ours {
        let handed_out = store.tags(&account)?;
        let Some(first) = handed_out.iter().map(|tag| tag.at).min() else { continue };
        let tags = handed_out.into_iter().map(|tag| (tag.tag, tag.customer)).collect();
        all.push(XrpDeposits { account, address, tags, own: own.clone(), first });
    }
    Ok(all)
}

/// Every customer to whom anything was handed out.
///
/// # Errors
/// When the store cannot be read.
pub fn customers(store: &Store, accounts: &[Account]) -> Result<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for Account { name, .. } in accounts {
        all.extend(store.allocations(name)?.into_iter().map(|given| given.customer));
        all.extend(store.invoices(name)?.into_iter().map(|invoice| invoice.customer));
        all.extend(store.tags(name)?.into_iter().map(|given| given.customer));
    }
    all.remove(MEMO_ADDRESS);
    Ok(all)
}
