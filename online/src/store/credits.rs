//! What came in, each thing once, and how far the chains were looked through.

use core::fmt;
use core::str::FromStr;

use airlock::Result;
use airlock::account::AccountName;
use airlock::review::Chain;
use airlock::text::Printable;
use airlock::time::Moment;
use rusqlite::{Connection, Row, named_params, params};

use super::Store;
use super::alarms::raise;
use super::error::{FORBIDDEN, MISUSED, damaged};
use super::row::{change, get, moment, moment_if_any, parsed, parsed_if_any, row, rows, seconds};

/// What a credit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CreditState {
    /// In a block, not deep enough.
    Pending,
    /// The customer's.
    Credited,
    /// A person has to say whose it is.
    Suspense,
    /// An asset that is not dealt in.
    Quarantine,
    /// Its block is no longer in the chain.
    Reversed,
}

impl CreditState {
    /// All states.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Credited, Self::Suspense, Self::Quarantine, Self::Reversed];

    /// The word in the store, in JSON and on screens.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Credited => "credited",
            Self::Suspense => "suspense",
            Self::Quarantine => "quarantine",
            Self::Reversed => "reversed",
        }
    }

    /// True where `next` may follow. A reversed one can come into the chain again; the same state again notes another block.
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Pending | Self::Reversed => true,
            Self::Credited => matches!(next, Self::Credited | Self::Reversed),
            Self::Suspense | Self::Quarantine => next != Self::Pending,
        }
    }
}

impl fmt::Display for CreditState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for CreditState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|state| state.name() == text);
        found.ok_or_else(|| format!("'{}' is no state", Printable::new(text)))
    }
}

/// Something that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCredit {
    /// The chain with its network.
    pub chain: Chain,
    /// Txid or hash.
    pub txid: String,
    /// Its place in the transaction: `msg_index`, vout, or 0.
    pub position: u32,
    /// The address that received.
    pub address: String,
    /// `BTC`, `XRP`, a Counterparty asset, or `CURRENCY.rISSUER`.
    pub asset: String,
    /// The account that received.
    pub account: AccountName,
    /// Whose it is, where that is known.
    pub customer: Option<String>,
    /// Base units; none where the chain does not tell, or for tokens, whose value stands in `detail`.
    pub amount: Option<u64>,
    /// Decimals of a unit: 8, 6 or 0.
    pub decimals: u8,
    /// The block or ledger.
    pub height: u32,
    /// Its hash.
    pub block_hash: String,
    /// When it was made.
    pub block_time: Option<Moment>,
    /// `send`, `sweep`, `Payment`, …
    pub kind: String,
    /// Who paid.
    pub source: Option<String>,
    /// The exact bytes of the memo.
    pub memo: Option<Vec<u8>>,
    /// The destination tag.
    pub tag: Option<u32>,
    /// What it is at first.
    pub state: CreditState,
    /// Why.
    pub detail: Option<String>,
}

impl NewCredit {
    /// The idempotency key: `chain:txid:position:address:asset`, with the chain as `bitcoin mainnet` or `xrpl 0`.
    pub fn key(&self) -> String {
        let chain = String::from(self.chain);
        format!("{chain}:{}:{}:{}:{}", self.txid, self.position, self.address, self.asset)
    }
}

/// A credit in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credit {
    /// Its number here, in the order in which they were found.
    pub number: u64,
    /// Its idempotency key.
    pub key: String,
    /// What came in, as it is now.
    pub what: NewCredit,
    /// When it was found.
    pub found: Moment,
    /// When it was credited first.
    pub credited: Option<Moment>,
}

/// A change of a credit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditChange {
    /// The idempotency key.
    pub key: String,
    /// The state in which the caller found it.
    pub from: CreditState,
    /// The new state.
    pub to: CreditState,
    /// The customer, where one is assigned now.
    pub customer: Option<String>,
    /// The block that holds it now, where it is another one.
    pub block: Option<Cursor>,
    /// Why.
    pub detail: Option<String>,
}

/// A block or ledger up to which everything was looked through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Its height or index.
    pub height: u32,
    /// Its hash.
    pub hash: String,
}

/// One look at a chain: what it found and how far it went, written together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Which cursor.
    pub key: String,
    /// Where it stood when the look began.
    pub from: Option<Cursor>,
    /// Where it stands then.
    pub to: Cursor,
    /// What was found, known or not.
    pub credits: Vec<NewCredit>,
    /// What becomes of known ones.
    pub changes: Vec<CreditChange>,
    /// What a person must look at.
    pub alarms: Vec<String>,
}

/// How taking a credit ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credited {
    /// It was not known.
    New,
    /// It was: nothing was changed, also where its block is another one now.
    Known(Box<Credit>),
}

/// Which credits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreditFilter {
    /// Of this account.
    pub account: Option<AccountName>,
    /// In this state.
    pub state: Option<CreditState>,
    /// Found at this moment or later.
    pub since: Option<Moment>,
    /// In this block or a later one.
    pub from_height: Option<u32>,
}

impl Store {
    /// Takes a credit, once.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn credit(&self, credit: &NewCredit, now: Moment) -> Result<Credited> {
        self.write(|connection| take(connection, credit, now))
    }

    /// Credits in the order in which they were found.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn credits(&self, filter: &CreditFilter) -> Result<Vec<Credit>> {
        let question =
            "SELECT * FROM credits WHERE (?1 IS NULL OR account = ?1) AND (?2 IS NULL OR state = ?2)
            AND (?3 IS NULL OR found >= ?3) AND (?4 IS NULL OR height >= ?4) ORDER BY number";
        let account = filter.account.as_ref().map(AccountName::as_str);
        let parameters = params![
            account,
            filter.state.map(CreditState::name),
            filter.since.map(seconds),
            filter.from_height
        ];
        rows(&self.connection, question, parameters, credit)
    }

    /// The credit with this idempotency key.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn credit_by_key(&self, key: &str) -> Result<Option<Credit>> {
        by_key(&self.connection, key)
    }

    /// Changes a credit, if it is still in the state `change.from`; false where it is in another one or not there.
    ///
    /// # Errors
    /// [`FORBIDDEN`] where the new state cannot follow.
    pub fn set_credit_state(&self, change: &CreditChange, now: Moment) -> Result<bool> {
        self.write(|connection| alter(connection, change, now))
    }

    /// How far a chain was looked through.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn cursor(&self, key: &str) -> Result<Option<Cursor>> {
        cursor(&self.connection, key)
    }

    /// Sets a cursor by hand, to look again from there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn set_cursor(&self, key: &str, cursor: &Cursor) -> Result<()> {
        self.write(|connection| put_cursor(connection, key, cursor))
    }

    /// Forgets a cursor.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn forget_cursor(&self, key: &str) -> Result<()> {
        self.write(|connection| change(connection, "DELETE FROM cursors WHERE key = ?1", [key]).map(|_| ()))
    }

    /// Writes what a look at a chain found, and how far it went, as a whole. None where another process has looked in the
    /// meantime (the cursor no longer stands at `from`, or a credit is in another state): nothing was changed, look again.
    ///
    /// # Errors
    /// As [`Store::credit`] and [`Store::set_credit_state`].
    pub fn deposit_batch(&self, batch: &Batch, now: Moment) -> Result<Option<Vec<Credited>>> {
        self.deposit_batch_at(batch, || now)
    }

    /// As [`Store::deposit_batch`]; the clock is read when the file is locked, so that of two batches the later one never
    /// bears the earlier moment.
    ///
    /// # Errors
    /// As [`Store::deposit_batch`].
    pub fn deposit_batch_at(
        &self,
        batch: &Batch,
        clock: impl FnOnce() -> Moment,
    ) -> Result<Option<Vec<Credited>>> {
        let written = self.write(|connection| {
            let now = clock();
            if cursor(connection, &batch.key)? != batch.from {
                return Err(overtaken());
            }
            let taken = batch
                .credits
                .iter()
                .map(|credit| take(connection, credit, now))
                .collect::<Result<Vec<_>>>()?;
            for change in &batch.changes {
                if !alter(connection, change, now)? {
                    return Err(overtaken());
                }
            }
            for alarm in &batch.alarms {
                raise(connection, &batch.key, alarm, now)?;
            }
            put_cursor(connection, &batch.key, &batch.to)?;
            Ok(taken)
        });
        match written {
            Ok(taken) => Ok(Some(taken)),
            Err(error) if error == overtaken() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Undoes a batch; it is not shown to anybody.
fn overtaken() -> airlock::Error {
    MISUSED.error("another process has looked in the meantime")
}

fn take(connection: &Connection, credit: &NewCredit, now: Moment) -> Result<Credited> {
    let key = credit.key();
    if let Some(known) = by_key(connection, &key)? {
        return Ok(Credited::Known(Box::new(known)));
    }
    change(
        connection,
        "INSERT INTO credits (key, chain, txid, position, address, asset, account, customer, amount, decimals, height,
                              block_hash, block_time, kind, source, memo, tag, state, detail, found, credited)
         VALUES (:key, :chain, :txid, :position, :address, :asset, :account, :customer, :amount, :decimals, :height,
                 :hash, :time, :kind, :source, :memo, :tag, :state, :detail, :found, :credited)",
        named_params! {
            ":key": key,
            ":chain": String::from(credit.chain),
            ":txid": credit.txid,
            ":position": credit.position,
            ":address": credit.address,
            ":asset": credit.asset,
            ":account": credit.account.as_str(),
            ":customer": credit.customer,
            ":amount": credit.amount.map(|amount| amount.to_string()),
            ":decimals": credit.decimals,
            ":height": credit.height,
            ":hash": credit.block_hash,
            ":time": credit.block_time.map(seconds),
            ":kind": credit.kind,
            ":source": credit.source,
            ":memo": credit.memo,
            ":tag": credit.tag,
            ":state": credit.state.name(),
            ":detail": credit.detail,
            ":found": seconds(now),
            ":credited": (credit.state == CreditState::Credited).then(|| seconds(now)),
        },
    )?;
    write_history(connection, connection.last_insert_rowid(), None, now)?;
    Ok(Credited::New)
}

fn alter(connection: &Connection, wanted: &CreditChange, now: Moment) -> Result<bool> {
    if !wanted.from.may_become(wanted.to) {
        let (from, to) = (wanted.from, wanted.to);
        return Err(
            FORBIDDEN.error(format!("credit {} cannot become {to} from {from}", Printable::new(&wanted.key)))
        );
    }
    let Some(known) = by_key(connection, &wanted.key)?.filter(|known| known.what.state == wanted.from) else {
        return Ok(false);
    };
    let credited = (wanted.to == CreditState::Credited).then(|| seconds(now));
    change(
        connection,
        "UPDATE credits SET state = ?2, customer = coalesce(?3, customer), height = coalesce(?4, height),
             block_hash = coalesce(?5, block_hash), detail = ?6, credited = coalesce(credited, ?7)
         WHERE number = ?1",
        params![
            known.number,
            wanted.to.name(),
            wanted.customer,
            wanted.block.as_ref().map(|block| block.height),
            wanted.block.as_ref().map(|block| &block.hash),
            wanted.detail,
            credited
        ],
    )?;
    write_history(connection, i64::try_from(known.number).map_err(damaged)?, Some(wanted.from), now)?;
    Ok(true)
}

/// Notes the present state of a credit.
fn write_history(connection: &Connection, number: i64, was: Option<CreditState>, now: Moment) -> Result<()> {
    let statement =
        "INSERT INTO credit_history (at, credit, was, state, customer, height, block_hash, detail)
        SELECT ?2, number, ?3, state, customer, height, block_hash, detail FROM credits WHERE number = ?1";
    change(connection, statement, params![number, seconds(now), was.map(CreditState::name)]).map(|_| ())
}

fn by_key(connection: &Connection, key: &str) -> Result<Option<Credit>> {
    row(connection, "SELECT * FROM credits WHERE key = ?1", [key], credit)
}

fn credit(row: &Row<'_>) -> Result<Credit> {
    let what = NewCredit {
        chain: Chain::try_from(get::<String>(row, "chain")?).map_err(damaged)?,
        txid: get(row, "txid")?,
        position: get(row, "position")?,
        address: get(row, "address")?,
        asset: get(row, "asset")?,
        account: parsed(row, "account")?,
        customer: get(row, "customer")?,
        amount: parsed_if_any(row, "amount")?,
        decimals: get(row, "decimals")?,
        height: get(row, "height")?,
        block_hash: get(row, "block_hash")?,
        block_time: moment_if_any(row, "block_time")?,
        kind: get(row, "kind")?,
        source: get(row, "source")?,
        memo: get(row, "memo")?,
        tag: get(row, "tag")?,
        state: parsed(row, "state")?,
        detail: get(row, "detail")?,
    };
    let key: String = get(row, "key")?;
    if what.key() != key {
        return Err(damaged(format!("the credit {key} is another one")));
    }
    let (found, credited) = (moment(row, "found")?, moment_if_any(row, "credited")?);
    Ok(Credit { number: get(row, "number")?, key, what, found, credited })
}

fn cursor(connection: &Connection, key: &str) -> Result<Option<Cursor>> {
    row(connection, "SELECT height, hash FROM cursors WHERE key = ?1", [key], |row| {
        Ok(Cursor { height: get(row, "height")?, hash: get(row, "hash")? })
    })
}

fn put_cursor(connection: &Connection, key: &str, cursor: &Cursor) -> Result<()> {
    let statement = "INSERT INTO cursors (key, height, hash) VALUES (?1, ?2, ?3)
        ON CONFLICT (key) DO UPDATE SET height = excluded.height, hash = excluded.hash";
    change(connection, statement, params![key, cursor.height, cursor.hash]).map(|_| ())
}
