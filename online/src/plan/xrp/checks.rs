//! What the ledger would refuse, found before the walk (xrpl.md 7 to 9).

use airlock::account::XrpAccount;
use airlock::amount::Drops;
use airlock::snapshot::XrplAccountFacts;
use airlock::xrp::whitelist::Turn;
use airlock::xrp::{AccountId, Amount, Permitted};
use airlock::{Code, Exit, Result};

use super::{BAD_LEDGER_FACTS, Desk, drops, tickets_of};
use crate::plan::claims::Claims;

/// The paying account does not exist.
pub static NOT_EXISTING: Code = Code::new(
    "E-PLAN-063",
    Exit::Fixable,
    "The snapshot does not have the paying account, or says that the ledger does not have it.",
    "Take a snapshot that has the account; fund it if it is new.",
);
/// Not enough XRP.
pub static SHORT_OF_XRP: Code = Code::new(
    "E-PLAN-064",
    Exit::Fixable,
    "The balance does not cover the payments of this plan from the account, their fees, and the reserve that the ledger \
     keeps back.",
    "Pay less, or fund the account and take a new snapshot.",
);
/// A destination that rejects payments without tag.
pub static TAG_REQUIRED: Code = Code::new(
    "E-PLAN-065",
    Exit::Refused,
    "The destination requires a destination tag; without one the ledger refuses the payment, and with a wrong one the \
     recipient cannot tell whose it is.",
    "Ask the recipient for the tag.",
);
/// A destination that takes payments from preauthorized senders only.
pub static DEPOSIT_AUTH: Code = Code::new(
    "E-PLAN-066",
    Exit::Refused,
    "The destination takes payments from senders that it has preauthorized only; the snapshot cannot show that this \
     account is one of them.",
    "Ask the recipient for another address.",
);
/// Too little to create the destination.
pub static TOO_LITTLE_TO_ACTIVATE: Code = Code::new(
    "E-PLAN-067",
    Exit::Refused,
    "The destination does not exist yet; the first payment must bring at least the base reserve, in XRP.",
    "Check the destination; pay at least the base reserve.",
);
/// A key that may not sign.
pub static KEY_CANNOT_SIGN: Code = Code::new(
    "E-PLAN-068",
    Exit::Refused,
    "The account's master key is disabled, or the transaction is of another account whose regular key is not this one.",
    "Sign with the key that the ledger accepts for the account.",
);
/// A ticket that is not there.
pub static NO_TICKET: Code = Code::new(
    "E-PLAN-069",
    Exit::Refused,
    "The snapshot does not have the ticket, or an earlier request of the same plan uses it; or a sequence is given that \
     is not the account's next one.",
    "Leave Sequence out, or use a ticket that the account has.",
);
/// An account that cannot be deleted yet.
pub static NOT_DELETABLE: Code = Code::new(
    "E-PLAN-070",
    Exit::Refused,
    "An account can be deleted when its next sequence lies at least 256 ledgers back; the fee is burned all the same.",
    "Wait, and take a new snapshot.",
);
/// A fee that the ledger does not take.
pub static BELOW_BASE_FEE: Code = Code::new(
    "E-PLAN-072",
    Exit::Refused,
    "The ledger takes no transaction whose fee is below the base fee of the snapshot; deleting an account costs one \
     owner reserve.",
    "Give a higher fee, or leave it out: 5000 drops is usual.",
);

const LSF_REQUIRE_DEST_TAG: u32 = 0x0002_0000;
const LSF_DISALLOW_XRP: u32 = 0x0008_0000;
const LSF_DISABLE_MASTER: u32 = 0x0010_0000;
const LSF_DEPOSIT_AUTH: u32 = 0x0100_0000;
/// Ledgers that must lie between an account's sequence and its deletion.
const DELETION_DISTANCE: u32 = 255;

impl Desk<'_> {
    /// Checks a transaction against the facts and takes away what it pays and burns.
    pub(super) fn check(
        &mut self,
        permitted: &Permitted,
        side: &XrpAccount,
        claims: &mut Claims,
    ) -> Result<()> {
        self.check_key(permitted, side)?;
        self.check_turn(permitted)?;
        self.check_fee(permitted)?;
        let mut paid = 0;
        match permitted {
            Permitted::Payment { destination, destination_tag, amount, .. } => {
                self.check_destination(destination, destination_tag.is_some(), amount, claims)?;
                paid = amount.drops().map_or(0, Drops::to_drops);
            }
            Permitted::AccountDelete { destination, destination_tag, .. } => {
                self.check_tag(destination, destination_tag.is_some(), claims)?;
                self.check_deletable(permitted)?;
            }
            Permitted::AccountSet { .. }
            | Permitted::SetRegularKey { .. }
            | Permitted::SignerListSet { .. }
            | Permitted::TicketCreate { .. }
            | Permitted::TrustSet { .. }
            | Permitted::DepositPreauth { .. } => {}
        }
        self.take(permitted, paid)
    }

    fn take(&mut self, permitted: &Permitted, paid: u64) -> Result<()> {
        let common = permitted.common();
        let inc = drops(&self.facts.reserve_inc)?;
        let Some(state) = self.states.get_mut(&common.account.to_string()) else { return Ok(()) };
        let tickets = u64::from(tickets_of(permitted));
        state.reserve = state.reserve.saturating_add(inc.saturating_mul(tickets));
        let fee = common.fee.to_drops();
        let is_deletion = matches!(permitted, Permitted::AccountDelete { .. });
        let kept = if is_deletion { 0 } else { state.reserve };
        let needed = paid.checked_add(fee).and_then(|sum| sum.checked_add(kept));
        match needed.filter(|needed| *needed <= state.balance) {
            Some(_) => {
                state.balance = state.balance.saturating_sub(paid).saturating_sub(fee);
                Ok(())
            }
            None => Err(SHORT_OF_XRP.error(format!(
                "{} has {}; {} to pay, {} fee and {} reserve are needed",
                common.account,
                shown(state.balance)?,
                shown(paid)?,
                common.fee,
                shown(kept)?
            ))),
        }
    }

    fn check_fee(&self, permitted: &Permitted) -> Result<()> {
        let (fee, least) = match permitted {
            Permitted::AccountDelete { .. } => (permitted.common().fee, drops(&self.facts.reserve_inc)?),
            Permitted::Payment { .. }
            | Permitted::AccountSet { .. }
            | Permitted::SetRegularKey { .. }
            | Permitted::SignerListSet { .. }
            | Permitted::TicketCreate { .. }
            | Permitted::TrustSet { .. }
            | Permitted::DepositPreauth { .. } => (permitted.common().fee, drops(&self.facts.base_fee)?),
        };
        if fee.to_drops() < least {
            let fee = fee.to_drops();
            return Err(
                BELOW_BASE_FEE.error(format!("a fee of {fee} drops; the ledger takes {least} or more"))
            );
        }
        Ok(())
    }

    fn check_key(&self, permitted: &Permitted, side: &XrpAccount) -> Result<()> {
        let account = permitted.common().account;
        let Some(facts) = self.facts_of(&account.to_string()) else { return Ok(()) };
        let own = account == side.account_id();
        let refuse = |why: &str| Err(KEY_CANNOT_SIGN.error(format!("{account}: {why}")));
        if own && facts.flags & LSF_DISABLE_MASTER != 0 {
            return refuse("its master key is disabled");
        }
        if !own && facts.regular_key.as_deref() != Some(side.address()) {
            return refuse(&format!("its regular key is not {}", side.address()));
        }
        Ok(())
    }

    fn check_turn(&self, permitted: &Permitted) -> Result<()> {
        let common = permitted.common();
        let Some(state) = self.states.get(&common.account.to_string()) else { return Ok(()) };
        match common.turn {
            Turn::Ticket(ticket) if !state.tickets.contains(&ticket) => {
                Err(NO_TICKET.error(format!("{} has no ticket {ticket}", common.account)))
            }
            Turn::Sequence(sequence) if sequence != state.sequence => Err(NO_TICKET.error(format!(
                "the next sequence of {} is {}, not {sequence}",
                common.account, state.sequence
            ))),
            Turn::Ticket(_) | Turn::Sequence(_) => Ok(()),
        }
    }

    fn check_destination(
        &mut self,
        to: &AccountId,
        has_tag: bool,
        amount: &Amount,
        claims: &mut Claims,
    ) -> Result<()> {
        let Some(facts) = self.check_tag(to, has_tag, claims)? else { return Ok(()) };
        if facts.exists || self.created.contains(to) {
            if facts.flags & LSF_DEPOSIT_AUTH != 0 {
                return Err(DEPOSIT_AUTH.error(format!("{to} has DepositAuth set")));
            }
            if facts.flags & LSF_DISALLOW_XRP != 0 && amount.drops().is_some() {
                claims.warnings.insert(format!("{to} asks others not to send XRP (DisallowXRP)"));
            }
            return Ok(());
        }
        let least = Drops::new(drops(&self.facts.reserve_base)?)?;
        match amount.drops() {
            Some(drops) if drops >= least => {
                self.created.insert(*to);
                claims.warnings.insert(format!("{to} does not exist yet; the payment creates it"));
                Ok(())
            }
            Some(drops) => Err(TOO_LITTLE_TO_ACTIVATE
                .error(format!("{to} does not exist; {drops} is less than the base reserve of {least}"))),
            None => {
                Err(TOO_LITTLE_TO_ACTIVATE.error(format!("{to} does not exist, and tokens cannot create it")))
            }
        }
    }

    /// Without facts of the destination nothing is claimed about it, and the review warns.
    fn check_tag(
        &self,
        to: &AccountId,
        has_tag: bool,
        claims: &mut Claims,
    ) -> Result<Option<XrplAccountFacts>> {
        let address = to.to_string();
        let Some(facts) = self.facts_of(&address) else { return Ok(None) };
        let requires_tag = facts.exists && facts.flags & LSF_REQUIRE_DEST_TAG != 0;
        claims.xrp_destination(&address, facts.exists, requires_tag);
        if requires_tag && !has_tag {
            return Err(
                TAG_REQUIRED.error(format!("{address} requires a destination tag, and there is none"))
            );
        }
        Ok(Some(facts.clone()))
    }

    fn check_deletable(&self, permitted: &Permitted) -> Result<()> {
        let account = permitted.common().account;
        let Some(state) = self.states.get(&account.to_string()) else { return Ok(()) };
        let first = state.sequence.checked_add(DELETION_DISTANCE);
        match first.filter(|first| *first <= self.facts.ledger_index) {
            Some(_) => Ok(()),
            None => Err(NOT_DELETABLE.error(format!(
                "{account} has the sequence {}, the last ledger is {}",
                state.sequence, self.facts.ledger_index
            ))),
        }
    }
}

fn shown(drops: u64) -> Result<Drops> {
    Drops::new(drops).map_err(|e| BAD_LEDGER_FACTS.error(e.what()))
}
