//! The Counterparty side of a plan: messages, who sends them, how they travel.

use airlock::amount::{BITCOIN_DECIMALS, Quantity, grouped_units};
use airlock::counterparty::message::{self, Message, sweep};
use airlock::counterparty::rules::{Change, Rules};
use airlock::request::Request;
use airlock::snapshot::{BitcoinFacts, CounterpartyFacts, Snapshot};
use airlock::{Code, Exit, Result};

use super::Price;
use super::assets::Assets;
use super::carry::{self, Cargo};
use super::claims::Claims;
use super::destination;
use super::fee::Rate;
use super::holdings::{Holder, Holdings, Source};
use super::legs::Legs;
use super::message::Desk;
use super::purse::Purse;

/// No Counterparty facts.
pub static NO_FACTS: Code = Code::new(
    "E-PLAN-054",
    Exit::BadInput,
    "A Counterparty message, and a bitcoin payment from an account that may hold assets, need what the ledger says of \
     assets, balances, addresses and coins; the snapshot has none of it.",
    "Take a snapshot that has the Counterparty side.",
);
/// A server that lags behind.
pub static LAGGING: Code = Code::new(
    "E-PLAN-055",
    Exit::Fixable,
    "The Counterparty ledger of the snapshot has not reached the Bitcoin chain's tip (one block may be missing): its \
     balances are old.",
    "Wait until the Counterparty server has caught up, and take a new snapshot.",
);
/// Not enough XCP for a sweep.
pub static SHORT_OF_SWEEP_FEE: Code = Code::new(
    "E-PLAN-056",
    Exit::Fixable,
    "A sweep burns XCP of the swept address: 0.002 for each balance and 0.004 for each asset that it ever issued (0.5 \
     flat in old blocks). The exact sum is known to the server alone; the estimate counts what the snapshot shows.",
    "Send XCP to the address, and take a new snapshot.",
);

/// XCP that a sweep burns, in base units: for each balance, for each issued asset, and flat in old blocks.
const SWEEP_FEE_BALANCE: u64 = 200_000;
const SWEEP_FEE_ASSET: u64 = 400_000;
const SWEEP_FEE_FLAT: u64 = 50_000_000;

/// Demands a Counterparty side that has reached the tip, or the block before it.
///
/// # Errors
/// [`NO_FACTS`], [`LAGGING`].
pub(super) fn check_current(snapshot: &Snapshot, bitcoin: &BitcoinFacts) -> Result<()> {
    match &snapshot.counterparty {
        None => Err(NO_FACTS.error("the snapshot has nothing of the Counterparty ledger")),
        Some(facts) if facts.height.saturating_add(1) < bitcoin.height => Err(LAGGING.error(format!(
            "the Counterparty ledger is at block {}, Bitcoin at block {}",
            facts.height, bitcoin.height
        ))),
        Some(_) => Ok(()),
    }
}

/// The ledger as the snapshot tells it, less what the plan sends away.
pub(super) struct Ledger<'a> {
    facts: &'a CounterpartyFacts,
    assets: Assets,
    /// What the snapshot tells.
    told: Holdings,
    /// What earlier requests of the plan leave of it.
    holdings: Holdings,
    snapshot: &'a Snapshot,
}

impl<'a> Ledger<'a> {
    /// Reads the Counterparty side; none where there is none.
    ///
    /// # Errors
    /// The codes of assets and balances.
    pub(super) fn open(snapshot: &'a Snapshot) -> Result<Option<Self>> {
        let Some(facts) = &snapshot.counterparty else { return Ok(None) };
        let (assets, told) = (Assets::read(facts)?, Holdings::read(facts)?);
        Ok(Some(Self { facts, assets, holdings: told.clone(), told, snapshot }))
    }

    /// Plans the message of a request.
    ///
    /// # Errors
    /// The codes of messages, holdings, carriers and funding.
    pub(super) fn plan(
        &mut self,
        index: usize,
        request: &Request,
        purse: &Purse<'_>,
        bitcoin: &BitcoinFacts,
    ) -> Result<(Legs, Vec<Price>, Claims)> {
        check_current(self.snapshot, bitcoin)?;
        let rules = Rules::at(bitcoin.network, bitcoin.height);
        let desk = Desk { assets: &self.assets, facts: self.facts, rules, taken_at: self.snapshot.taken_at };
        let composed =
            desk.compose(&request.intent)?.ok_or_else(|| NO_FACTS.error("not a Counterparty request"))?;
        let data = message::encode(&composed.message, &rules)?;
        let source = self.holdings.source(&composed.holder, purse, self.assets.by_name())?;
        let address = source.address.to_string();
        if let Some(told) = composed.destinations.get(&address) {
            return Err(destination::PAYS_ITSELF.error(format!("{told}, which is the paying address itself")));
        }
        let mut claims = composed.claims;
        if let Message::Sweep(sweep) = &composed.message {
            self.check_sweep_fee(&source, sweep.flags, &rules, &mut claims)?;
        }
        let cargo = Cargo {
            data: &data,
            payee: composed.payee,
            source: &source,
            purse,
            rate: Rate::of(request, bitcoin)?,
            rules,
        };
        let (legs, prices) = carry::choose(&cargo, request.encoding.unwrap_or_default(), index)?;
        self.settle(&composed.message, &composed.holder, &address, &mut claims)?;
        let inputs = legs.legs.iter().map(|leg| leg.psbt.inputs.len()).sum();
        claims.bitcoin(bitcoin, inputs, usize::from(legs.has_change()));
        Ok((legs, prices, claims))
    }

    /// Claims the balances that the message rests on, and takes away what it sends.
    fn settle(
        &mut self,
        message: &Message,
        holder: &Holder,
        address: &str,
        claims: &mut Claims,
    ) -> Result<()> {
        if let Holder::Of(needs) = holder {
            for asset in needs.keys() {
                claims.balance(address, asset, Quantity::new(self.told.left(address, asset))?);
            }
            self.holdings.spend(address, needs);
        }
        if let Message::Sweep(sweep) = message
            && sweep.flags & sweep::FLAG_BALANCES != 0
        {
            self.holdings.empty(address);
        }
        Ok(())
    }

    fn check_sweep_fee(&self, source: &Source, flags: u64, rules: &Rules, claims: &mut Claims) -> Result<()> {
        let address = source.address.to_string();
        let balances = u64::try_from(self.holdings.count(&address)).unwrap_or(u64::MAX);
        let owned = self.facts.assets.iter().filter(|asset| asset.owner.as_deref() == Some(&address)).count();
        let owned = u64::try_from(owned).unwrap_or(u64::MAX);
        let estimate = if rules.is_active(Change::IssuanceBackwardsCompatibility) {
            let part = |flag: u64, count: u64, fee: u64| {
                if flags & flag == 0 { 0 } else { count.saturating_mul(fee) }
            };
            part(sweep::FLAG_BALANCES, balances, SWEEP_FEE_BALANCE).saturating_add(part(
                sweep::FLAG_OWNERSHIP,
                owned,
                SWEEP_FEE_ASSET,
            ))
        } else {
            SWEEP_FEE_FLAT
        };
        let have = self.holdings.left(&address, "XCP");
        let shown = |base_units: u64| grouped_units(base_units, BITCOIN_DECIMALS);
        if have < estimate {
            return Err(SHORT_OF_SWEEP_FEE.error(format!(
                "{address} has {} XCP, the sweep burns about {} XCP",
                shown(have),
                shown(estimate)
            )));
        }
        claims.balance(&address, "XCP", Quantity::new(self.told.left(&address, "XCP"))?);
        claims.warnings.insert(format!(
            "the sweep of {address} burns about {} XCP of its {} XCP; the server knows the exact sum",
            shown(estimate),
            shown(have)
        ));
        Ok(())
    }
}
