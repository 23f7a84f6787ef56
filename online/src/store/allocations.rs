//! What was handed out to customers: addresses, invoices (memos) and destination tags. Nothing is handed out twice, and
//! nothing is taken back.

use airlock::Result;
use airlock::account::AccountName;
use airlock::amount::Quantity;
use airlock::time::Moment;
use rusqlite::{Connection, Row, params};

use super::Store;
use super::error::damaged;
use super::row::{change, get, moment, moment_if_any, parsed, row, rows, seconds};

/// An address of one customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerAddress {
    /// The deposit account.
    pub account: AccountName,
    /// The customer's id in the exchange's books.
    pub customer: String,
    /// Index on branch 0.
    pub index: u32,
    /// The address at that index.
    pub address: String,
    /// When it was handed out.
    pub at: Moment,
    /// The first block whose payments are the customer's; none where no block was known then.
    pub counts_from: Option<u32>,
}

/// A destination tag of one customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerTag {
    /// The account that receives.
    pub account: AccountName,
    /// The customer's id.
    pub customer: String,
    /// The tag.
    pub tag: u32,
    /// When it was handed out.
    pub at: Moment,
}

/// An invoice: a memo that stands for one customer's payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// The account that receives.
    pub account: AccountName,
    /// The customer's id.
    pub customer: String,
    /// The exact bytes of the memo.
    pub memo: Vec<u8>,
    /// The asset that is expected.
    pub asset: String,
    /// How much, where an amount was agreed.
    pub amount: Option<Quantity>,
    /// When it was made.
    pub created: Moment,
    /// Until when it is good.
    pub expires: Option<Moment>,
}

/// How handing out ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allocated<T> {
    /// It is this customer's from now on.
    New(T),
    /// The customer had one already: this, and nothing was changed.
    Known(T),
    /// The index, address or tag is another customer's, perhaps since a moment ago: choose the next one.
    Taken,
}

impl Store {
    /// Hands an address out, unless the customer has one of this account or it is taken. The caller derives the address and
    /// chooses the index, normally the one behind [`Store::last_index`].
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn allocate_address(&self, wanted: &CustomerAddress) -> Result<Allocated<CustomerAddress>> {
        self.write(|connection| {
            let parameters = [wanted.account.as_str(), &wanted.customer];
            let question = "SELECT * FROM allocations WHERE account = ?1 AND customer = ?2";
            if let Some(known) = row(connection, question, parameters, allocation)? {
                return Ok(Allocated::Known(known));
            }
            let new = change(
                connection,
                "INSERT INTO allocations (account, position, customer, address, at, counts_from)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
                params![
                    wanted.account.as_str(),
                    wanted.index,
                    wanted.customer,
                    wanted.address,
                    seconds(wanted.at),
                    wanted.counts_from
                ],
            )?;
            Ok(if new == 1 { Allocated::New(wanted.clone()) } else { Allocated::Taken })
        })
    }

    /// The addresses that were handed out of an account, by index.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn allocations(&self, account: &AccountName) -> Result<Vec<CustomerAddress>> {
        let question = "SELECT * FROM allocations WHERE account = ?1 ORDER BY position";
        rows(&self.connection, question, [account.as_str()], allocation)
    }

    /// The highest index that was handed out of an account.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn last_index(&self, account: &AccountName) -> Result<Option<u32>> {
        let question = "SELECT max(position) AS last FROM allocations WHERE account = ?1";
        Ok(row(&self.connection, question, [account.as_str()], |row| get(row, "last"))?.flatten())
    }

    /// Hands a tag out, unless the customer has one of this account or it is taken.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn allocate_tag(&self, wanted: &CustomerTag) -> Result<Allocated<CustomerTag>> {
        self.write(|connection| {
            let parameters = [wanted.account.as_str(), &wanted.customer];
            let question = "SELECT * FROM tags WHERE account = ?1 AND customer = ?2";
            if let Some(known) = row(connection, question, parameters, tag)? {
                return Ok(Allocated::Known(known));
            }
            let new = change(
                connection,
                "INSERT INTO tags (account, tag, customer, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                params![wanted.account.as_str(), wanted.tag, wanted.customer, seconds(wanted.at)],
            )?;
            Ok(if new == 1 { Allocated::New(wanted.clone()) } else { Allocated::Taken })
        })
    }

    /// The tags that were handed out of an account, in their order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn tags(&self, account: &AccountName) -> Result<Vec<CustomerTag>> {
        let question = "SELECT * FROM tags WHERE account = ?1 ORDER BY tag";
        rows(&self.connection, question, [account.as_str()], tag)
    }

    /// Keeps an invoice; false where the account has one with this memo, and nothing changes.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new_invoice(&self, invoice: &Invoice) -> Result<bool> {
        self.write(|connection| Ok(insert_invoice(connection, invoice)? == 1))
    }

    /// The invoices of an account, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn invoices(&self, account: &AccountName) -> Result<Vec<Invoice>> {
        let question = "SELECT * FROM invoices WHERE account = ?1 ORDER BY created, memo";
        rows(&self.connection, question, [account.as_str()], invoice)
    }

    /// The invoice of an account with exactly this memo.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn invoice(&self, account: &AccountName, memo: &[u8]) -> Result<Option<Invoice>> {
        let question = "SELECT * FROM invoices WHERE account = ?1 AND memo = ?2";
        row(&self.connection, question, params![account.as_str(), memo], invoice)
    }
}

fn insert_invoice(connection: &Connection, invoice: &Invoice) -> Result<usize> {
    change(
        connection,
        "INSERT INTO invoices (account, memo, customer, asset, amount, created, expires)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
        params![
            invoice.account.as_str(),
            invoice.memo,
            invoice.customer,
            invoice.asset,
            invoice.amount.map(|amount| amount.to_base_units().to_string()),
            seconds(invoice.created),
            invoice.expires.map(seconds)
        ],
    )
}

fn allocation(row: &Row<'_>) -> Result<CustomerAddress> {
    Ok(CustomerAddress {
        account: parsed(row, "account")?,
        customer: get(row, "customer")?,
        index: get(row, "position")?,
        address: get(row, "address")?,
        at: moment(row, "at")?,
        counts_from: get(row, "counts_from")?,
    })
}

fn tag(row: &Row<'_>) -> Result<CustomerTag> {
    Ok(CustomerTag {
        account: parsed(row, "account")?,
        customer: get(row, "customer")?,
        tag: get(row, "tag")?,
        at: moment(row, "at")?,
    })
}

fn invoice(row: &Row<'_>) -> Result<Invoice> {
    let amount = get::<Option<String>>(row, "amount")?.map(|text| {
        let base_units: u64 = text.parse().map_err(damaged)?;
        Quantity::new(base_units).map_err(damaged)
    });
    Ok(Invoice {
        account: parsed(row, "account")?,
        customer: get(row, "customer")?,
        memo: get(row, "memo")?,
        asset: get(row, "asset")?,
        amount: amount.transpose()?,
        created: moment(row, "created")?,
        expires: moment_if_any(row, "expires")?,
    })
}
