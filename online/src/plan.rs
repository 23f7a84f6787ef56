//! Planning: from requests, a snapshot and the accounts to an unsigned bundle.
//!
//! A pure function: no clock, no randomness, no I/O. The same requests, snapshot, accounts and
//! heads give the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use airlock::account::Account;
use airlock::bundle::{Bundle, Contents, Networks, Step};
use airlock::request::{Encoding, Intent, Request};
use airlock::snapshot::Snapshot;
use airlock::time::Moment;
use airlock::{Code, Exit, Result};
use bitcoin::{Amount, OutPoint};

use crate::heads::Heads;

mod artefact;
mod assets;
mod carry;
mod choice;
mod claims;
mod counterparty;
mod destination;
mod fee;
mod funding;
mod holdings;
mod legs;
mod message;
mod pair;
mod payment;
mod purse;
mod xrp;

use claims::Claims;
use counterparty::Ledger;
use purse::Purse;

pub use artefact::NO_KEY;
pub use assets::{BAD_ASSET, UNKNOWN_ASSET};
pub use carry::{NO_DESTINATION, NOT_READ, TOO_BIG};
pub use choice::NO_ACCOUNT;
pub use counterparty::{LAGGING, NO_FACTS, SHORT_OF_SWEEP_FEE};
pub use destination::{BELOW_DUST, BURNS, MEMO_REQUIRED, PAYS_DISPENSER, PAYS_ITSELF, UNSAFE_KIND};
pub use fee::{BAD_RATE, NO_RATE};
pub use funding::SHORT_OF_BITCOIN;
pub use holdings::{AMBIGUOUS_SOURCE, BAD_BALANCE, NOT_THE_OWNER, SHORT_OF_ASSET};
pub use message::EMPTY_MEMO;
pub use pair::BROKEN_ENVELOPE;
pub use payment::PAYEE_COUNT;
pub use purse::{BAD_COIN, OTHER_NETWORK};
pub use xrp::{
    BAD_LEDGER_FACTS, BELOW_BASE_FEE, DEPOSIT_AUTH, KEY_CANNOT_SIGN, NO_TICKET, NOT_DELETABLE, NOT_EXISTING,
    NOT_TO_BE_GIVEN, OTHER_X_NETWORK, SHORT_OF_XRP, TAG_REQUIRED, TOO_LITTLE_TO_ACTIVATE, TWO_TAGS,
};

/// No requests, or a validity of nothing.
pub static NOTHING_TO_DO: Code = Code::new(
    "E-PLAN-004",
    Exit::BadInput,
    "A plan has at least one request and is valid for at least one second.",
    "Give a request, and a validity such as 4h.",
);

/// The codes of planning.
pub static CODES: &[&Code] = &[
    &NOTHING_TO_DO,
    &NO_ACCOUNT,
    &BAD_RATE,
    &NO_RATE,
    &BAD_COIN,
    &OTHER_NETWORK,
    &SHORT_OF_BITCOIN,
    &NO_KEY,
    &PAYS_ITSELF,
    &BURNS,
    &UNSAFE_KIND,
    &PAYS_DISPENSER,
    &BELOW_DUST,
    &MEMO_REQUIRED,
    &PAYEE_COUNT,
    &SHORT_OF_ASSET,
    &AMBIGUOUS_SOURCE,
    &NOT_THE_OWNER,
    &BAD_BALANCE,
    &EMPTY_MEMO,
    &UNKNOWN_ASSET,
    &BAD_ASSET,
    &NOT_READ,
    &NO_DESTINATION,
    &TOO_BIG,
    &BROKEN_ENVELOPE,
    &NO_FACTS,
    &LAGGING,
    &SHORT_OF_SWEEP_FEE,
    &TWO_TAGS,
    &NOT_TO_BE_GIVEN,
    &OTHER_X_NETWORK,
    &BAD_LEDGER_FACTS,
    &NOT_EXISTING,
    &SHORT_OF_XRP,
    &TAG_REQUIRED,
    &DEPOSIT_AUTH,
    &TOO_LITTLE_TO_ACTIVATE,
    &KEY_CANNOT_SIGN,
    &NO_TICKET,
    &NOT_DELETABLE,
    &BELOW_BASE_FEE,
];

/// How long a bundle with XRP transactions is valid, in seconds: 4 hours (design.md 10.4).
const VALID_WITH_XRP: u64 = 4 * 3_600;
/// How long any other bundle is valid, in seconds: 24 hours.
const VALID: u64 = 24 * 3_600;

/// What a person can choose about a plan beside its requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Seconds from the snapshot until the bundle expires; the default of design.md 10.4 when absent.
    pub valid_for: Option<u64>,
    /// The heads of offline journals that came back so far; the newest of the bundle's accounts goes into the bundle.
    pub heads: Heads,
    /// An account that has any of these coins spends no others: those of a bundle that is replaced.
    pub only: BTreeSet<OutPoint>,
}

/// A bundle and what the ways of carrying its Counterparty messages would have cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The unsigned bundle.
    pub bundle: Bundle,
    /// For every Counterparty request one row for each carrier, in the order of the requests.
    pub prices: Vec<Price>,
    /// What a person should know and what does not stop the plan.
    pub warnings: Vec<String>,
}

/// What one carrier would cost one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Index of the request.
    pub request: usize,
    /// The carrier; never [`Encoding::Auto`].
    pub encoding: Encoding,
    /// Whether it can be used, and for how much.
    pub verdict: Verdict,
    /// True for the carrier that the plan uses.
    pub chosen: bool,
}

/// What planning a message with a carrier came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It counts on the network at the height.
    Counts {
        /// 1, or 2 for a pair.
        transactions: usize,
        /// Virtual bytes of all transactions.
        vsize: u64,
        /// Fees of all transactions.
        fee: Amount,
        /// Bitcoin left in outputs that are not ordinary coins: bare multisig data outputs.
        tied_up: Amount,
    },
    /// It cannot be used.
    Not {
        /// Why, without full stop.
        why: String,
    },
}

/// Plans requests.
///
/// A request spends confirmed coins of its account only, never what another request of the same plan spends or gets
/// back. Change of a bitcoin payment goes to the first change address that the snapshot does not know as used; change of
/// a Counterparty message goes back to its source address, which has to pay for the next one.
///
/// # Errors
/// One of [`CODES`], of the address, amount, memo and message codes, or of the bundle's limits; the place says which
/// request and row.
pub fn plan(
    requests: &[Request],
    snapshot: &Snapshot,
    accounts: &[Account],
    options: &Options,
) -> Result<Plan> {
    let has_xrp = requests.iter().any(|request| is_xrp(&request.intent));
    let seconds = options.valid_for.unwrap_or(if has_xrp { VALID_WITH_XRP } else { VALID });
    if requests.is_empty() || seconds == 0 {
        return Err(NOTHING_TO_DO.error(format!("{} requests, valid for {seconds} s", requests.len())));
    }
    let created = snapshot.taken_at;
    let expires = created.plus(seconds);
    let mut planner = Planner::new(snapshot, accounts, expires, &options.only)?;
    for (index, request) in requests.iter().enumerate() {
        planner.add(index, request).map_err(|error| match requests.len() {
            1 => error,
            _ => error.at(format!("request {}", index.saturating_add(1))),
        })?;
    }
    let warnings = planner.claims.warnings();
    let journal_head = options.heads.newest(&planner.steps);
    let bundle = Bundle::seal(Contents {
        networks: planner.networks,
        created,
        expires,
        requests: requests.to_vec(),
        steps: planner.steps,
        assumptions: planner.claims.into_assumptions(),
        journal_head,
    })?;
    Ok(Plan { bundle, prices: planner.prices, warnings })
}

/// The account that pays a request.
///
/// # Errors
/// [`NO_ACCOUNT`] with the candidates.
pub fn payer<'a>(request: &Request, accounts: &'a [Account]) -> Result<&'a Account> {
    match is_xrp(&request.intent) {
        true => choice::xrp(request, accounts).map(|(account, _)| account),
        false => choice::bitcoin(request, accounts).map(|(account, _)| account),
    }
}

fn is_xrp(intent: &Intent) -> bool {
    match intent {
        Intent::SendXrp { .. } | Intent::XrpTransaction { .. } => true,
        Intent::SendBitcoin { .. }
        | Intent::SendAsset { .. }
        | Intent::SendMany { .. }
        | Intent::Sweep { .. }
        | Intent::RequireMemo { .. }
        | Intent::TransferOwnership { .. } => false,
    }
}

/// What runs on from request to request.
struct Planner<'a> {
    snapshot: &'a Snapshot,
    accounts: &'a [Account],
    only: &'a BTreeSet<OutPoint>,
    purses: BTreeMap<&'a str, Purse<'a>>,
    ledger: Option<Ledger<'a>>,
    xrp: Option<xrp::Desk<'a>>,
    networks: Networks,
    steps: Vec<Step>,
    prices: Vec<Price>,
    claims: Claims,
}

impl<'a> Planner<'a> {
    fn new(
        snapshot: &'a Snapshot,
        accounts: &'a [Account],
        expires: Moment,
        only: &'a BTreeSet<OutPoint>,
    ) -> Result<Self> {
        Ok(Self {
            snapshot,
            accounts,
            only,
            purses: BTreeMap::new(),
            ledger: Ledger::open(snapshot)?,
            xrp: snapshot.xrpl.as_ref().map(|facts| xrp::Desk::new(facts, expires)).transpose()?,
            networks: Networks::default(),
            steps: Vec::new(),
            prices: Vec::new(),
            claims: Claims::default(),
        })
    }

    fn add(&mut self, index: usize, request: &Request) -> Result<()> {
        if is_xrp(&request.intent) { self.add_xrp(index, request) } else { self.add_bitcoin(index, request) }
    }

    fn add_xrp(&mut self, index: usize, request: &Request) -> Result<()> {
        let (account, side) = choice::xrp(request, self.accounts)?;
        let desk = self
            .xrp
            .as_mut()
            .ok_or_else(|| OTHER_NETWORK.error("the snapshot has nothing of the XRP Ledger"))?;
        let (step, mut claims) = desk.plan(request, index, self.steps.len(), account, side)?;
        claims.warnings.extend(choice::warning(request, account, self.accounts));
        self.networks.xrpl = Some(side.network_id);
        self.steps.push(step);
        self.claims.merge(claims);
        Ok(())
    }

    fn add_bitcoin(&mut self, index: usize, request: &Request) -> Result<()> {
        let (account, side) = choice::bitcoin(request, self.accounts)?;
        let facts = self
            .snapshot
            .bitcoin
            .as_ref()
            .ok_or_else(|| OTHER_NETWORK.error("the snapshot has nothing of Bitcoin"))?;
        let name = account.name.as_str();
        if !self.purses.contains_key(name) {
            self.purses.insert(name, Purse::open(account, side, facts, self.only)?);
        }
        let purse = self.purses.get_mut(name).expect("it was opened just before");
        let (legs, mut claims) = match &request.intent {
            Intent::SendBitcoin { payees } => {
                payment::plan(request, payees, account, purse, self.snapshot, facts)?
            }
            Intent::SendAsset { .. }
            | Intent::SendMany { .. }
            | Intent::Sweep { .. }
            | Intent::RequireMemo { .. }
            | Intent::TransferOwnership { .. }
            | Intent::SendXrp { .. }
            | Intent::XrpTransaction { .. } => {
                let ledger = self
                    .ledger
                    .as_mut()
                    .ok_or_else(|| NO_FACTS.error("the snapshot has nothing of the Counterparty ledger"))?;
                let (legs, prices, claims) = ledger.plan(index, request, purse, facts)?;
                self.prices.extend(prices);
                (legs, claims)
            }
        };
        claims.warnings.extend(choice::warning(request, account, self.accounts));
        claims.warnings.extend(fee::Rate::of(request, facts)?.warning());
        purse.spend(&legs);
        self.networks.bitcoin = Some(side.network());
        self.steps.extend(legs.into_steps(index, account.reference(), self.steps.len()));
        self.claims.merge(claims);
        Ok(())
    }
}
