//! A look at what the Counterparty ledger credited to customers' addresses.
//!
//! The ledger must stand at the block of the Bitcoin node, by height and by hash: it is what the node's blocks are parsed
//! into, later. The last window is asked for again each time, because credits below the tip follow from the parser as well
//! as from the blocks.

mod others;
mod told;

use std::collections::BTreeMap;

use airlock::Result;
use airlock::account::AccountName;
use airlock::amount::BITCOIN_DECIMALS;
use airlock::counterparty::asset::AssetId;
use airlock::counterparty::rules::Rules;
use airlock::text::Printable;
use airlock::time::Moment;

use super::bitcoin::ASSET as BITCOIN;
use super::error::{MOVED, OUT_OF_STEP, STRANGE_ANSWER};
use super::memo;
use super::ours::Place;
use super::round::{Begins, Report, Round};
use super::settle::{Fate, Found, Look};
use crate::config::Purpose;
use crate::source::counterparty::{CounterpartySource, Credit as LedgerCredit};
use crate::stop;
use crate::store::{Credit, CreditFilter, CreditState, Invoice, NewCredit};
use others::Others;
use told::{Told, told};

/// What moves assets from somebody to an address. Everything else (an order that is filled or cancelled, a dispenser that
/// is closed, an issuance) follows from what the address itself did, and a person looks at it.
const PAYMENTS: [&str; 8] = ["send", "mpma", "sweep", "dividend", "dispense", "move", "attach", "detach"];

fn mine(credit: &Credit) -> bool {
    credit.what.asset != BITCOIN
}

/// Looks for what the customers' addresses received.
pub(super) fn look(
    round: &Round<'_>,
    ledger: &dyn CounterpartySource,
    others: Vec<&dyn CounterpartySource>,
) -> Result<Report> {
    let key = format!("counterparty {}", round.network);
    let tip = round.view.height;
    at_one_block(round, ledger)?;
    let begin = match round.begin(&key, true, mine)? {
        Begins::At(begin) => begin,
        Begins::Behind(report) => return Ok(report),
    };
    let mut look = Look { from: begin.from, to: tip, ..Look::default() };
    let mut raw = Vec::new();
    round.progress.begin("credits", u64::try_from(round.ours.addresses.len()).unwrap_or_default());
    for (number, (address, place)) in (0..).zip(&round.ours.addresses) {
        stop::check()?;
        round.progress.reach(number);
        for credit in ledger.credits(address, begin.from, tip)? {
            if !(begin.from..=tip).contains(&credit.height) {
                let (height, from) = (credit.height, begin.from);
                return Err(STRANGE_ANSWER
                    .error(format!("{} is in block {height}, asked for were {from} to {tip}", credit.txid)));
            }
            raw.push((new_credit(round, address, place, &credit)?, place, credit));
        }
    }
    round.progress.end();
    // In the order of the chain, so that of two payments with one memo the first is the invoice's.
    raw.sort_by_key(|(credit, ..)| credit.height);
    let mut assets = Assets { ledger, known: BTreeMap::new() };
    let mut memos = Memos::default();
    let mut alarms = Vec::new();
    let mut rows = Vec::new();
    for (mut credit, place, row) in raw {
        let known = round.store.credit_by_key(&credit.key())?;
        let proven = match proof(round, &credit, &row, known.as_ref())? {
            Ok(proven) => proven,
            Err(why) => {
                let (name, key) = (ledger.name(), Printable::new(&row.asset));
                alarms.push(format!(
                    "{name} tells of {} {key} to {} by {} in block {}: {why}; nothing was credited",
                    row.quantity.to_base_units(),
                    credit.address,
                    credit.txid,
                    credit.height
                ));
                continue;
            }
        };
        let decimals = match &known {
            Some(known) => Some(known.what.decimals),
            None => assets.decimals(&credit.asset)?,
        };
        credit.decimals = decimals.unwrap_or_default();
        let amount = credit.amount.unwrap_or_default();
        let needs = round.terms.depths.of(Purpose::Deposit, &credit.asset, amount, credit.decimals);
        let fate = match decimals {
            None => Fate::quarantine(place.customer.as_deref(), "the ledger does not know the asset"),
            Some(_) if proven == Proven::Ours => {
                Fate::quarantine(None, "it spends a coin of a bundle of ours")
            }
            Some(_) => fate(round, &credit, place, known.as_ref(), &mut memos)?,
        };
        // A remark for people; what there was to say already weighs more.
        let fate = match (proven, &fate.why) {
            (Proven::Told, None) => {
                fate.noting("on the ledger's word: the transaction's data does not say it")
            }
            (Proven::Told | Proven::Read | Proven::Ours, _) => fate,
        };
        look.found.push(Found { credit, fate, needs, waits: None });
        rows.push(row);
    }
    round.complete(&mut look, mine)?;
    round.weigh(&mut look)?;
    let mut others = Others::of(round, others, (begin.from, tip))?;
    let mut found = core::mem::take(&mut look.found);
    for (found, row) in found.iter_mut().zip(&rows) {
        if found.waits.is_none() && look.decides(found) {
            found.waits = others.doubt(&found.credit.address, row);
        }
    }
    look.found = found;
    let to = round.view.block_at(tip)?;
    round.view.check_still()?;
    check_ledger(round, ledger)?;
    round.write(&key, begin.cursor, to, &look, alarms)
}

/// How a row stands to its transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proven {
    /// The transaction says the same, or was held against it before.
    Read,
    /// The transaction is there and cannot say it.
    Told,
    /// The transaction spends a coin of ours.
    Ours,
}

/// Holds a row against the block of the node; the inner error says why it is no credit.
fn proof(
    round: &Round<'_>,
    credit: &NewCredit,
    row: &LedgerCredit,
    known: Option<&Credit>,
) -> Result<core::result::Result<Proven, String>> {
    if credit.asset == BITCOIN {
        return Ok(Err("no ledger credits bitcoin".to_owned()));
    }
    let decided = |known: &&Credit| {
        let what = &known.what;
        let open = matches!(what.state, CreditState::Pending | CreditState::Reversed);
        !open && what.block_hash == credit.block_hash
    };
    // What follows from an order or a dispenser of the address itself bears the txid of an earlier block.
    if known.filter(decided).is_some() || !PAYMENTS.contains(&row.kind.as_str()) {
        return Ok(Ok(Proven::Read));
    }
    let Some(transaction) = round.view.transaction(row.height, &credit.txid, round.network)? else {
        return Ok(Err("the Bitcoin node's block does not hold the transaction".to_owned()));
    };
    if round.is_ours(&transaction)? {
        return Ok(Ok(Proven::Ours));
    }
    let rules = Rules::at(round.network, row.height);
    Ok(match told(&transaction, &credit.address, row, &rules) {
        Told::Same => Ok(Proven::Read),
        Told::Nothing => Ok(Proven::Told),
        Told::Otherwise(why) => Err(why),
    })
}

/// Waits until the ledger has parsed the tip.
fn at_one_block(round: &Round<'_>, ledger: &dyn CounterpartySource) -> Result<()> {
    let tip = round.view.height;
    let mut last = (0, 0);
    for attempt in 0..round.terms.looks.max(1) {
        if attempt > 0 {
            round.progress.say(&format!("waiting for the ledger, which is at block {} of {tip}", last.0));
            stop::sleep(round.terms.pause)?;
        }
        let status = ledger.status()?;
        last = (status.height, status.bitcoin_height);
        if last.0 > tip {
            return Err(MOVED.error(format!("the ledger is at block {}, the node was at {tip}", last.0)));
        }
        if last == (tip, tip) {
            return check_ledger(round, ledger);
        }
    }
    Err(OUT_OF_STEP.error(format!(
        "{} is at block {}, its node at {}, ours at {tip}",
        ledger.name(),
        last.0,
        last.1
    )))
}

fn check_ledger(round: &Round<'_>, ledger: &dyn CounterpartySource) -> Result<()> {
    let (tip, hash) = (round.view.height, round.view.hash);
    let block = ledger.block(tip)?;
    match block.height == tip && block.hash == hash {
        true => Ok(()),
        false => Err(OUT_OF_STEP.error(format!(
            "{} has another block {tip} than the Bitcoin node: {} and {hash}",
            ledger.name(),
            block.hash
        ))),
    }
}

fn new_credit(round: &Round<'_>, address: &str, place: &Place, credit: &LedgerCredit) -> Result<NewCredit> {
    let block = round.view.block_at(credit.height)?;
    Ok(NewCredit {
        chain: round.chain(),
        txid: credit.txid.to_string(),
        position: credit.position,
        address: address.to_owned(),
        asset: credit.asset.clone(),
        account: place.account.clone(),
        customer: None,
        amount: Some(credit.quantity.to_base_units()),
        decimals: 0,
        height: credit.height,
        block_hash: block.hash,
        block_time: (credit.height == round.view.height).then_some(round.view.time),
        kind: Printable::new(&credit.kind).to_string(),
        source: credit.source.clone(),
        memo: credit.memo.as_ref().map(memo::bytes).filter(|bytes| !bytes.is_empty()),
        tag: None,
        state: CreditState::Pending,
        detail: None,
    })
}

/// Decimals of assets, asked for once each.
struct Assets<'a> {
    ledger: &'a dyn CounterpartySource,
    known: BTreeMap<String, Option<u8>>,
}

impl Assets<'_> {
    fn decimals(&mut self, asset: &str) -> Result<Option<u8>> {
        if asset == "XCP" {
            return Ok(Some(BITCOIN_DECIMALS));
        }
        if let Some(known) = self.known.get(asset) {
            return Ok(*known);
        }
        AssetId::from_name(asset)?;
        let facts = self.ledger.asset(asset)?;
        let decimals = facts.map(|facts| if facts.divisible { BITCOIN_DECIMALS } else { 0 });
        self.known.insert(asset.to_owned(), decimals);
        Ok(decimals)
    }
}

/// The credits that have an invoice's memo, by account and memo.
#[derive(Debug, Default)]
struct Memos {
    /// The key of the first one.
    paid: BTreeMap<(AccountName, Vec<u8>), String>,
    /// Accounts whose credited ones are read.
    read: BTreeMap<AccountName, ()>,
}

impl Memos {
    /// The other credit that the invoice is paid by. Where there is none it is this one, if it pays the whole.
    fn other(&mut self, round: &Round<'_>, invoice: &Invoice, credit: &NewCredit) -> Result<Option<String>> {
        let account = &invoice.account;
        if self.read.insert(account.clone(), ()).is_none() {
            let filter = CreditFilter {
                account: Some(account.clone()),
                state: Some(CreditState::Credited),
                ..CreditFilter::default()
            };
            for credit in round.store.credits(&filter)? {
                let invoice = credit.what.memo.as_deref().and_then(|memo| meant(round, account, memo));
                let there = || round.view.holds(credit.what.height, &credit.what.block_hash);
                if let Some((invoice, _)) = invoice
                    && is_whole(invoice, &credit.what)
                    && there()?
                {
                    self.paid.entry((account.clone(), invoice.memo.clone())).or_insert(credit.key);
                }
            }
        }
        let (place, key) = ((account.clone(), invoice.memo.clone()), credit.key());
        let first = match is_whole(invoice, credit) {
            true => Some(self.paid.entry(place).or_insert_with(|| key.clone())),
            false => self.paid.get_mut(&place),
        };
        Ok(first.filter(|first| **first != key).cloned())
    }
}

/// True where a payment is not less than what was agreed: a part does not use the invoice up.
fn is_whole(invoice: &Invoice, credit: &NewCredit) -> bool {
    invoice.amount.is_none_or(|agreed| credit.amount.is_some_and(|came| came >= agreed.to_base_units()))
}

/// The invoice that a memo means, and whether its digits were typed as text.
fn meant<'a>(round: &Round<'a>, account: &AccountName, bytes: &[u8]) -> Option<(&'a Invoice, bool)> {
    let invoice = |memo: &[u8]| round.ours.invoices.get(&(account.clone(), memo.to_vec()));
    match invoice(bytes) {
        Some(invoice) => Some((invoice, false)),
        None => invoice(&memo::typed_as_text(bytes)?).map(|invoice| (invoice, true)),
    }
}

fn fate(
    round: &Round<'_>,
    credit: &NewCredit,
    place: &Place,
    known: Option<&Credit>,
    memos: &mut Memos,
) -> Result<Fate> {
    let asset = Printable::new(&credit.asset);
    let customer = place.customer.as_deref();
    let own = credit.source.as_ref().is_some_and(|source| round.ours.own.contains(source));
    if own || round.store.made(&credit.txid)? {
        return Ok(Fate::quarantine(None, "it comes from an address or a transaction of ours"));
    }
    if !round.terms.settings.takes(&credit.asset, place.holds) {
        return Ok(Fate::quarantine(customer, format!("{asset} is not among the assets that are dealt in")));
    }
    if !PAYMENTS.contains(&credit.kind.as_str()) {
        let what = format!("'{}' is no payment; it follows from what the address did itself", credit.kind);
        return Ok(Fate::suspense(what));
    }
    if let Some(customer) = customer {
        return Ok(place.early(credit.height).unwrap_or_else(|| Fate::credited(customer)));
    }
    let Some(bytes) = &credit.memo else {
        return Ok(Fate::suspense("without a memo"));
    };
    let Some((invoice, as_text)) = meant(round, &place.account, bytes) else {
        return Ok(unknown_memo(bytes));
    };
    by_invoice(round, credit, invoice, as_text, known, memos)
}

fn unknown_memo(bytes: &[u8]) -> Fate {
    Fate::suspense(match (memo::is_well_formed(bytes), memo::typed_as_text(bytes)) {
        (true, _) => "the memo is an invoice of another account, or of another home folder",
        (false, Some(text)) if memo::is_well_formed(&text) => {
            "the memo is the digits of an invoice typed as text, of another account or home folder"
        }
        (false, Some(_) | None) => "the memo is no invoice; its check fails, so it may be a slip",
    })
}

fn by_invoice(
    round: &Round<'_>,
    credit: &NewCredit,
    invoice: &Invoice,
    as_text: bool,
    known: Option<&Credit>,
    memos: &mut Memos,
) -> Result<Fate> {
    let customer = Printable::new(&invoice.customer).to_string();
    if as_text && !round.terms.settings.accept_text_memos {
        return Ok(Fate::suspense(format!(
            "the memo is the digits of an invoice of {customer}, typed as text instead of hex; accept_text_memos in \
             airlock.toml would credit it"
        )));
    }
    if invoice.asset != credit.asset {
        return Ok(Fate::suspense(format!(
            "the invoice of {customer} is for {}, and {} came",
            Printable::new(&invoice.asset),
            Printable::new(&credit.asset)
        )));
    }
    let seen: Moment = known.map_or(credit.block_time.unwrap_or(round.terms.now), |known| {
        known.what.block_time.unwrap_or(known.found)
    });
    if let Some(expires) = invoice.expires.filter(|expires| *expires < seen) {
        return Ok(Fate::suspense(format!("late: the invoice of {customer} was good until {expires}")));
    }
    // What a person has to decide keeps no invoice from being paid.
    let waits = |known: &Credit| matches!(known.what.state, CreditState::Suspense | CreditState::Quarantine);
    if !known.is_some_and(waits)
        && let Some(first) = memos.other(round, invoice, credit)?
    {
        return Ok(Fate::suspense(format!("the invoice of {customer} was paid already, by {first}")));
    }
    let fate = Fate::credited(&invoice.customer);
    Ok(match invoice.amount.map(|amount| amount.to_base_units()) {
        Some(agreed) if Some(agreed) != credit.amount => fate
            .noting(format!("{agreed} base units were agreed, {} came", credit.amount.unwrap_or_default())),
        Some(_) | None => fate,
    })
}
