//! XRP transactions: complete, in sequence, valid for as long as the bundle.
//!
//! LastLedgerSequence counts from the snapshot's last validated ledger to the bundle's expiry at 3 s a ledger, the
//! fastest pace (design.md 10.4): however fast ledgers close, the transaction does not expire before the bundle does.
//! At the slow pace of 5 s it stays valid for up to two thirds longer.

use std::collections::{BTreeMap, BTreeSet};

use airlock::account::{Account, XrpAccount};
use airlock::amount::{Drops, parse_units};
use airlock::bundle::{Artefact, Step};
use airlock::request::{Intent, Request};
use airlock::snapshot::{XrplAccountFacts, XrplFacts};
use airlock::text::Printable;
use airlock::time::Moment;
use airlock::xrp::whitelist::{LAST_NETWORK_WITHOUT_ID, Turn};
use airlock::xrp::{AccountId, Permitted, Transaction, TransactionType, XAddress};
use airlock::{Code, Exit, Result, amount};
use serde_json::{Map, Value};

use super::claims::Claims;
use super::purse::OTHER_NETWORK;

mod checks;

pub use checks::{
    BELOW_BASE_FEE, DEPOSIT_AUTH, KEY_CANNOT_SIGN, NO_TICKET, NOT_DELETABLE, NOT_EXISTING, SHORT_OF_XRP,
    TAG_REQUIRED, TOO_LITTLE_TO_ACTIVATE,
};

/// A tag that is given twice.
pub static TWO_TAGS: Code = Code::new(
    "E-PLAN-060",
    Exit::BadInput,
    "An X-address carries its own destination tag (or says that there is none); a second one contradicts it.",
    "Give the X-address alone, or the classic address with its tag.",
);
/// An X-address of another network.
pub static OTHER_X_NETWORK: Code = Code::new(
    "E-PLAN-061",
    Exit::BadInput,
    "X-addresses beginning with X are of the main network, those beginning with T of test networks.",
    "Ask for an address of the right network.",
);
/// Facts of the ledger that are no numbers, or not there.
pub static BAD_LEDGER_FACTS: Code = Code::new(
    "E-PLAN-062",
    Exit::BadInput,
    "A figure of the snapshot's XRP Ledger side is not a number of drops, or passes what the ledger can hold.",
    "Take the snapshot again.",
);
/// A member that is given twice, or that is not the request's to give.
pub static NOT_TO_BE_GIVEN: Code = Code::new(
    "E-PLAN-071",
    Exit::BadInput,
    "A request for an XRP transaction holds its own fields: no signatures, no key but the account's, and one fee.",
    "Leave the member out; the planner and the signer fill it in.",
);

/// The usual fee, in drops (design.md 10.16).
const USUAL_FEE: u64 = 5_000;
/// The fastest pace of ledgers, in seconds.
const FASTEST_LEDGER: u64 = 3;

/// The XRP side of a plan: sequences and balances run on from request to request.
pub(super) struct Desk<'a> {
    facts: &'a XrplFacts,
    accounts: BTreeMap<&'a str, &'a XrplAccountFacts>,
    last_ledger: u32,
    states: BTreeMap<String, State>,
    created: BTreeSet<AccountId>,
}

/// What is left of a paying account.
struct State {
    sequence: u32,
    /// Drops, what earlier requests pay and burn already taken away.
    balance: u64,
    /// Drops that must stay.
    reserve: u64,
    tickets: BTreeSet<u32>,
    last_step: Option<usize>,
}

impl<'a> Desk<'a> {
    /// Starts with the snapshot's figures.
    ///
    /// # Errors
    /// [`BAD_LEDGER_FACTS`].
    pub(super) fn new(facts: &'a XrplFacts, expires: Moment) -> Result<Self> {
        let ledgers = expires.since(facts.close_time).div_ceil(FASTEST_LEDGER);
        let last_ledger = u32::try_from(ledgers)
            .ok()
            .and_then(|ledgers| facts.ledger_index.checked_add(ledgers))
            .ok_or_else(|| BAD_LEDGER_FACTS.error(format!("{ledgers} ledgers until the expiry")))?;
        let accounts = facts.accounts.iter().map(|account| (account.address.as_str(), account)).collect();
        Ok(Self { facts, accounts, last_ledger, states: BTreeMap::new(), created: BTreeSet::new() })
    }

    /// Plans one request as the step with the number `index`.
    ///
    /// # Errors
    /// The codes of this module, of the whitelist and of the codec.
    pub(super) fn plan(
        &mut self,
        request: &Request,
        number: usize,
        index: usize,
        account: &Account,
        side: &XrpAccount,
    ) -> Result<(Step, Claims)> {
        if self.facts.network_id != side.network_id {
            return Err(OTHER_NETWORK.error(format!(
                "the snapshot is of XRPL network {}, account '{}' of {}",
                self.facts.network_id, account.name, side.network_id
            )));
        }
        let mut members = self.wanted(request, side)?;
        let owner = owner_of(&members, side)?;
        let mut claims = Claims::default();
        claims.ledger(self.facts);
        self.open(&owner.to_string(), &mut claims)?;
        self.complete(&mut members, request, side, &owner)?;
        let transaction = Transaction::from_json_on(&Value::Object(members), side.network_id)?;
        check_signer(&transaction, side)?;
        let permitted = Permitted::of(&transaction, side.network_id)?;
        self.check(&permitted, side, &mut claims)?;
        let after = self.advance(&permitted, index);
        let Value::Object(tx_json) = transaction.to_json() else {
            return Err(BAD_LEDGER_FACTS.error("a transaction that is no JSON object"));
        };
        let step = Step {
            request: number,
            account: account.reference().to_owned(),
            after,
            links: Vec::new(),
            one_of: None,
            artefact: Artefact::TxJson(tx_json),
        };
        Ok((step, claims))
    }

    /// The members that the request itself gives.
    fn wanted(&self, request: &Request, side: &XrpAccount) -> Result<Map<String, Value>> {
        let (to, tag, text) = match &request.intent {
            Intent::XrpTransaction { tx_json } => return Ok(tx_json.clone()),
            Intent::SendXrp { to, tag, amount } => (to, tag, amount),
            Intent::SendBitcoin { .. }
            | Intent::SendAsset { .. }
            | Intent::SendMany { .. }
            | Intent::Sweep { .. }
            | Intent::RequireMemo { .. }
            | Intent::TransferOwnership { .. } => return Ok(Map::new()),
        };
        let (destination, tag) = read_destination(to, *tag, side.network_id)?;
        let drops = Drops::parse_xrp(text)?;
        if drops == Drops::default() {
            return Err(amount::ZERO.error("a payment of 0 XRP"));
        }
        let mut members = Map::new();
        members.insert("TransactionType".to_owned(), "Payment".into());
        members.insert("Destination".to_owned(), destination.to_string().into());
        members.insert("Amount".to_owned(), drops.to_drops().to_string().into());
        if let Some(tag) = tag {
            members.insert("DestinationTag".to_owned(), tag.into());
        }
        Ok(members)
    }

    /// Fills in what the request leaves to the planner.
    fn complete(
        &self,
        members: &mut Map<String, Value>,
        request: &Request,
        side: &XrpAccount,
        owner: &AccountId,
    ) -> Result<()> {
        let mut absent = |name: &str, value: Value| {
            members.entry(name).or_insert(value);
        };
        absent("Account", owner.to_string().into());
        absent("Flags", 0.into());
        absent("LastLedgerSequence", self.last_ledger.into());
        absent("SigningPubKey", side.public_key.to_string().into());
        if side.network_id > LAST_NETWORK_WITHOUT_ID {
            absent("NetworkID", side.network_id.into());
        }
        let sequence = match members.get("TicketSequence") {
            Some(_) => 0,
            None => self.states.get(&owner.to_string()).map_or(0, |state| state.sequence),
        };
        members.entry("Sequence").or_insert(sequence.into());
        if let Some(text) = &request.fee_drops {
            if members.contains_key("Fee") {
                return Err(NOT_TO_BE_GIVEN.error("the fee is given twice, in fee_drops and in Fee"));
            }
            let fee = Drops::new(parse_units(text, 0)?)?;
            members.insert("Fee".to_owned(), fee.to_drops().to_string().into());
        } else if !members.contains_key("Fee") {
            let fee = self.usual_fee(members)?;
            members.insert("Fee".to_owned(), fee.to_string().into());
        }
        Ok(())
    }

    /// 5,000 drops or the open ledger's fee; deleting an account costs one owner reserve.
    fn usual_fee(&self, members: &Map<String, Value>) -> Result<u64> {
        let deletes = members.get("TransactionType").and_then(Value::as_str)
            == Some(TransactionType::AccountDelete.name());
        let floor = if deletes { drops(&self.facts.reserve_inc)? } else { USUAL_FEE };
        Ok(floor.max(drops(&self.facts.open_fee)?))
    }

    /// Looks the paying account up, once.
    fn open(&mut self, address: &str, claims: &mut Claims) -> Result<()> {
        let facts = self
            .facts_of(address)
            .filter(|facts| facts.exists)
            .ok_or_else(|| NOT_EXISTING.error(format!("the snapshot knows no existing account {address}")))?;
        let balance = Drops::new(drops(&facts.balance)?)?;
        let reserve = u64::from(facts.owner_count)
            .checked_mul(drops(&self.facts.reserve_inc)?)
            .and_then(|owned| owned.checked_add(drops(&self.facts.reserve_base).ok()?))
            .ok_or_else(|| BAD_LEDGER_FACTS.error("the reserve passes 2^64"))?;
        claims.xrp_account(address, facts.sequence, balance, Drops::new(reserve)?);
        let state = State {
            sequence: facts.sequence,
            balance: balance.to_drops(),
            reserve,
            tickets: facts.tickets.iter().copied().collect(),
            last_step: None,
        };
        self.states.entry(address.to_owned()).or_insert(state);
        Ok(())
    }

    fn facts_of(&self, address: &str) -> Option<&'a XrplAccountFacts> {
        self.accounts.get(address).copied()
    }

    /// Moves the account on behind a transaction; gives the steps that it must follow.
    fn advance(&mut self, permitted: &Permitted, index: usize) -> Vec<usize> {
        let common = permitted.common();
        let Some(state) = self.states.get_mut(&common.account.to_string()) else { return Vec::new() };
        let tickets = tickets_of(permitted);
        match common.turn {
            Turn::Sequence(sequence) => {
                state.sequence = sequence.saturating_add(1).saturating_add(tickets);
            }
            Turn::Ticket(ticket) => {
                state.tickets.remove(&ticket);
                state.sequence = state.sequence.saturating_add(tickets);
            }
        }
        state.last_step.replace(index).into_iter().collect()
    }
}

/// Signatures and keys are the signer's to add.
fn check_signer(transaction: &Transaction, side: &XrpAccount) -> Result<()> {
    if transaction.is_signed() {
        return Err(NOT_TO_BE_GIVEN.error("the request holds signatures"));
    }
    match transaction.signing_pub_key() {
        Some(key) if key == side.public_key => Ok(()),
        _ => Err(NOT_TO_BE_GIVEN.error(format!("SigningPubKey is not {}", side.public_key))),
    }
}

/// How many tickets a transaction creates.
fn tickets_of(permitted: &Permitted) -> u32 {
    if let Permitted::TicketCreate { count, .. } = permitted { *count } else { 0 }
}

/// The account whose transaction it is: the one that is named, else the signing account itself.
fn owner_of(members: &Map<String, Value>, side: &XrpAccount) -> Result<AccountId> {
    match members.get("Account") {
        None => Ok(side.account_id()),
        Some(Value::String(text)) => text.parse(),
        Some(other) => Err(airlock::xrp::address::ADDRESS
            .error(format!("Account is {}", Printable::new(&other.to_string())))),
    }
}

/// Splits an X-address into account and tag.
fn read_destination(to: &str, tag: Option<u32>, network_id: u32) -> Result<(AccountId, Option<u32>)> {
    if !to.starts_with(['X', 'T']) {
        return Ok((to.parse()?, tag));
    }
    let x: XAddress = to.parse()?;
    if x.test != (network_id != 0) {
        return Err(OTHER_X_NETWORK
            .error(format!("'{}' is not an address of XRPL network {network_id}", Printable::new(to))));
    }
    if let Some(tag) = tag {
        let own = x.tag.map_or("no tag".to_owned(), |own| format!("tag {own}"));
        return Err(TWO_TAGS.error(format!("the X-address says {own}, the request says tag {tag}")));
    }
    Ok((x.account, x.tag))
}

/// Reads a figure of the snapshot, in drops.
fn drops(text: &str) -> Result<u64> {
    parse_units(text, 0).map_err(|e| BAD_LEDGER_FACTS.error(e.what()))
}
