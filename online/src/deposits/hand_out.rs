//! Handing out: the next address, an invoice, a tag. Each is one customer's from then on and nobody else's ever.

use airlock::Result;
use airlock::account::{Account, AccountName, BitcoinAccount, Holds, Rail, Role};
use airlock::amount::Quantity;
use airlock::counterparty::asset::AssetId;
use airlock::text::Printable;
use airlock::time::Moment;
use airlock::xrp::XAddress;

use super::error::{
    BEYOND_GAP, NO_ADDRESS, NO_CHANCE, NO_MEMO, NO_TAG, NOT_LISTED, OTHER_USE, WRONG_ACCOUNT,
};
use super::{Customer, bitcoin, memo};
use crate::config::Deposits;
use crate::store::{Allocated, CreditFilter, CreditState, CustomerAddress, CustomerTag, Invoice, Store};

/// Who has the one address of an account that takes memos, where other addresses have a customer; no customer can be
/// called so.
pub const MEMO_ADDRESS: &str = "(memo address)";

/// The range of tags: nine or ten digits that fit 31 bits, so that no software takes one for a negative number. Drawn at
/// random, so that a slip of a digit meets nobody else's.
pub const TAGS: core::ops::RangeInclusive<u32> = 100_000_000..=2_147_483_647;

/// How often something is drawn again that is taken.
const DRAWS: u32 = 100;
/// Beside how many others that hand out an address at the same moment one gives up.
const ATTEMPTS: u32 = 1_000;

/// What was handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedOut<T> {
    /// The thing.
    pub what: T,
    /// False where the customer had it already.
    pub new: bool,
}

/// How addresses are handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The gap limit.
    pub gap_limit: u32,
    /// Go beyond it.
    pub beyond_gap: bool,
    /// No lower index, where an older copy of the home folder came back.
    pub at_least: u32,
    /// The last block, where it is known: what it and those below it hold is nobody's.
    pub tip: Option<u32>,
}

/// The customer's address of a deposit account: the known one, or the next of branch 0. Payments count as the customer's
/// behind the tip; where that is not known, behind the last block that was looked through.
///
/// # Errors
/// [`WRONG_ACCOUNT`], [`OTHER_USE`], [`BEYOND_GAP`], [`NO_ADDRESS`].
pub fn address(
    store: &Store,
    account: &Account,
    customer: &Customer,
    terms: Terms,
    now: Moment,
) -> Result<HandedOut<CustomerAddress>> {
    let side = bitcoin_account(account)?;
    if account.role != Role::Deposit {
        let role = account.role.name();
        return Err(WRONG_ACCOUNT.error(format!("'{}' has the role {role}, not deposit", account.name)));
    }
    let last = match terms.tip {
        None => store.cursor(&bitcoin::stream(side.network()))?.map(|seen| seen.height),
        known => known,
    };
    for _ in 0..ATTEMPTS {
        let given = store.allocations(&account.name)?;
        if let Some(known) = given.iter().find(|known| known.customer == customer.as_str()) {
            return Ok(HandedOut { what: known.clone(), new: false });
        }
        if given.iter().any(|given| given.customer == MEMO_ADDRESS) {
            return Err(OTHER_USE.error(format!("'{}' takes deposits with memos", account.name)));
        }
        let next =
            given.iter().map(|given| given.index.saturating_add(1)).max().unwrap_or(0).max(terms.at_least);
        if !terms.beyond_gap {
            check_gap(store, account, &given, next, terms.gap_limit)?;
        }
        let wanted = CustomerAddress {
            account: account.name.clone(),
            customer: customer.to_string(),
            index: next,
            address: derive(side, &account.name, next)?,
            at: now,
            counts_from: last.map(|last| last.saturating_add(1)),
        };
        match store.allocate_address(&wanted)? {
            Allocated::New(what) => return Ok(HandedOut { what, new: true }),
            Allocated::Known(what) => return Ok(HandedOut { what, new: false }),
            Allocated::Taken => {}
        }
    }
    Err(NO_ADDRESS.error(format!("{ATTEMPTS} indexes of '{}' were taken meanwhile", account.name)))
}

/// An invoice for one payment with a memo, and the address that it is paid to.
///
/// # Errors
/// [`WRONG_ACCOUNT`], [`OTHER_USE`], [`NO_MEMO`], [`NOT_LISTED`], [`NO_CHANCE`].
pub fn invoice(
    store: &Store,
    account: &Account,
    customer: &Customer,
    wish: &Wish<'_>,
    now: Moment,
) -> Result<(Invoice, String)> {
    let bitcoin = bitcoin_account(account)?;
    if account.holds == Holds::BitcoinOnly {
        return Err(WRONG_ACCOUNT.error(format!("'{}' holds no assets", account.name)));
    }
    check_asset(wish, account)?;
    let address = memo_address(store, account, bitcoin, now)?;
    for _ in 0..DRAWS {
        let mut drawn = [0; memo::DRAWN];
        draw(&mut drawn)?;
        let invoice = Invoice {
            account: account.name.clone(),
            customer: customer.to_string(),
            memo: memo::of(drawn).to_vec(),
            asset: wish.asset.to_owned(),
            amount: wish.amount,
            created: now,
            expires: wish.valid_for.map(|seconds| now.plus(seconds)),
        };
        if store.new_invoice(&invoice)? {
            return Ok((invoice, address));
        }
    }
    Err(NO_TAG.error(format!("{DRAWS} invoices of '{}' were taken", account.name)))
}

/// What an invoice is for.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// The asset.
    pub asset: &'a str,
    /// How much, where that is agreed.
    pub amount: Option<Quantity>,
    /// For how many seconds it is good.
    pub valid_for: Option<u64>,
    /// What is dealt in.
    pub settings: &'a Deposits,
}

/// The customer's destination tag of an XRP account, and the X-address that holds both.
///
/// # Errors
/// [`WRONG_ACCOUNT`], [`NO_CHANCE`].
pub fn tag(
    store: &Store,
    account: &Account,
    customer: &Customer,
    now: Moment,
) -> Result<(HandedOut<CustomerTag>, String, XAddress)> {
    let Rail::Xrp(xrp) = &account.rail else {
        return Err(WRONG_ACCOUNT.error(format!("'{}' is a Bitcoin account", account.name)));
    };
    let given = draw_tag(store, &account.name, customer, now)?;
    let tag = Some(given.what.tag);
    let x_address = XAddress { account: xrp.account_id(), tag, test: xrp.network_id != 0 };
    Ok((given, xrp.address().to_owned(), x_address))
}

fn draw_tag(
    store: &Store,
    account: &AccountName,
    customer: &Customer,
    now: Moment,
) -> Result<HandedOut<CustomerTag>> {
    for _ in 0..DRAWS {
        let mut drawn = [0; 4];
        draw(&mut drawn)?;
        let tag = u32::from_be_bytes(drawn) >> 1;
        if !TAGS.contains(&tag) {
            continue;
        }
        let wanted = CustomerTag { account: account.clone(), customer: customer.to_string(), tag, at: now };
        match store.allocate_tag(&wanted)? {
            Allocated::New(what) => return Ok(HandedOut { what, new: true }),
            Allocated::Known(what) => return Ok(HandedOut { what, new: false }),
            Allocated::Taken => {}
        }
    }
    Err(NO_TAG.error(format!("{DRAWS} tags of '{account}' were taken")))
}

/// The address that memos are paid to; from its first invoice on the account has no other customers' addresses.
fn memo_address(store: &Store, account: &Account, bitcoin: &BitcoinAccount, now: Moment) -> Result<String> {
    let wanted = CustomerAddress {
        account: account.name.clone(),
        customer: MEMO_ADDRESS.to_owned(),
        index: 0,
        address: derive(bitcoin, &account.name, 0)?,
        at: now,
        counts_from: None,
    };
    match store.allocate_address(&wanted)? {
        Allocated::New(given) | Allocated::Known(given) => Ok(given.address),
        Allocated::Taken => {
            Err(OTHER_USE.error(format!("'{}' has one address for each customer", account.name)))
        }
    }
}

fn check_asset(wish: &Wish<'_>, account: &Account) -> Result<()> {
    let asset = wish.asset;
    if matches!(asset, "BTC" | "XRP") {
        return Err(NO_MEMO.error(format!("the asset is {asset}")));
    }
    AssetId::from_name(asset)?;
    match wish.settings.takes(asset, account.holds) {
        true => Ok(()),
        false => Err(NOT_LISTED.error(format!("{asset} is not dealt in"))),
    }
}

fn check_gap(
    store: &Store,
    account: &Account,
    given: &[CustomerAddress],
    next: u32,
    gap_limit: u32,
) -> Result<()> {
    let of_account = CreditFilter { account: Some(account.name.clone()), ..CreditFilter::default() };
    let credits = store.credits(&of_account)?;
    let used = |given: &&CustomerAddress| {
        credits
            .iter()
            .any(|credit| credit.what.address == given.address && credit.what.state != CreditState::Reversed)
    };
    let first_unused =
        given.iter().filter(used).map(|given| given.index.saturating_add(1)).max().unwrap_or(0);
    let unused = next.saturating_sub(first_unused);
    match unused < gap_limit {
        true => Ok(()),
        false => Err(BEYOND_GAP.error(format!(
            "the last {unused} addresses of '{}' received nothing yet; the gap limit is {gap_limit}",
            account.name
        ))),
    }
}

fn bitcoin_account(account: &Account) -> Result<&BitcoinAccount> {
    account.bitcoin().ok_or_else(|| WRONG_ACCOUNT.error(format!("'{}' is an XRP account", account.name)))
}

fn derive(bitcoin: &BitcoinAccount, name: &AccountName, index: u32) -> Result<String> {
    let address = bitcoin.address(0, index).map(|address| address.to_string());
    address.ok_or_else(|| NO_ADDRESS.error(format!("'{name}' has no address with index {index}")))
}

fn draw(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|e| NO_CHANCE.error(Printable::new(&e.to_string()).to_string()))
}

#[cfg(test)]
mod tests;
