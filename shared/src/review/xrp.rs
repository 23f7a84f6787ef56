//! One XRP transaction: through the signer's whitelist to effects (security.md 20 to 26).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::effect::Effect;
use super::job::XrpJob;
use super::refusals::{XRP_DESTINATION, XRP_FEE, XRP_LEDGER, XRP_SIGNER};
use crate::account::{Account, AccountName, XrpAccount};
use crate::amount::Drops;
use crate::bundle::{Assumption, Topic};
use crate::error::Result;
use crate::text::Printable;
use crate::time::Moment;
use crate::xrp::whitelist::{Common, Memo, Signing, Turn};
use crate::xrp::{AccountId, Amount, Permitted, Transaction};

/// The most that an XRP transaction pays, in drops; AccountDelete has the codec's own limit.
pub const MAX_FEE: u64 = 10_000;
/// How far LastLedgerSequence may lie ahead of the claimed ledger.
pub const WINDOW: u32 = 28_800;
/// Seconds per ledger at the fastest and at the slowest.
const PACE: (u64, u64) = (3, 5);
/// What creates an account: the base reserve of the main network.
const ONE_XRP: u64 = 1_000_000;

/// What the bundle claims about the XRP Ledger.
#[derive(Clone, Debug, Default)]
pub(super) struct Claims<'a> {
    ledger: Option<(u32, Moment)>,
    /// By address: whether it exists, whether it requires a tag.
    destinations: BTreeMap<&'a str, (bool, bool)>,
}

impl<'a> Claims<'a> {
    pub(super) fn new(assumptions: &'a [Assumption]) -> Self {
        let mut claims = Self::default();
        for assumption in assumptions {
            if let Topic::XrpLedger { index, close_time } = &assumption.topic {
                claims.ledger = claims.ledger.or(Some((*index, *close_time)));
            }
            if let Topic::XrpDestination { address, exists, requires_tag } = &assumption.topic {
                claims.destinations.insert(address, (*exists, *requires_tag));
            }
        }
        claims
    }

    /// Existence of a destination and whether it requires a tag, where the bundle says so.
    pub(super) fn destination(&self, address: &str) -> Option<(bool, bool)> {
        self.destinations.get(address).copied()
    }
}

/// What one XRP transaction does.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct XrpStep {
    pub(super) account: AccountName,
    pub(super) network_id: u32,
    /// Whose transaction it is.
    pub(super) acts_for: AccountId,
    /// True when the signing key is the account's own master key.
    pub(super) is_master: bool,
    pub(super) kind: &'static str,
    pub(super) fee: Drops,
    pub(super) turn: Turn,
    pub(super) last_ledger: u32,
    /// When it expires: not before, not after.
    pub(super) expires: (Moment, Moment),
    pub(super) source_tag: Option<u32>,
    pub(super) memos: Vec<Memo>,
    pub(super) effects: Vec<Effect>,
    pub(super) job: XrpJob,
}

/// Reviews one transaction.
pub(super) fn review(
    accounts: &[Account],
    reference: &str,
    json: &Map<String, Value>,
    network_id: u32,
    claims: &Claims<'_>,
) -> Result<XrpStep> {
    let transaction = Transaction::from_json_on(&Value::Object(json.clone()), network_id)?;
    let permitted = Permitted::of(&transaction, network_id)?;
    let common = permitted.common().clone();
    let (account, xrp) = signer(accounts, reference, network_id)?;
    check_signing(&common, xrp)?;
    check_fee(&permitted, common.fee)?;
    let expires = check_window(&common, claims)?;
    let effects = effects(&permitted);
    for effect in &effects {
        check_destination(effect, claims)?;
    }
    let job = XrpJob {
        account: reference.to_owned(),
        transaction: transaction.with_signing_pub_key(&xrp.public_key),
    };
    Ok(XrpStep {
        account: account.name.clone(),
        network_id,
        acts_for: common.account,
        is_master: common.account == xrp.account_id(),
        kind: transaction.transaction_type().name(),
        fee: common.fee,
        turn: common.turn,
        last_ledger: common.last_ledger_sequence,
        expires,
        source_tag: common.source_tag,
        memos: common.memos,
        effects,
        job,
    })
}

fn signer<'a>(
    accounts: &'a [Account],
    reference: &str,
    network_id: u32,
) -> Result<(&'a Account, &'a XrpAccount)> {
    let found = accounts.iter().find_map(|account| {
        let xrp = account.xrp()?;
        (xrp.address() == reference && xrp.network_id == network_id).then_some((account, xrp))
    });
    found.ok_or_else(|| {
        super::refusals::UNKNOWN_ACCOUNT.error(format!(
            "the account '{}' is not an XRP account of this vault on network {network_id}",
            Printable::new(reference)
        ))
    })
}

/// Unsigned, for one key, and that key is the named account's.
fn check_signing(common: &Common, xrp: &XrpAccount) -> Result<()> {
    if common.is_signed {
        return Err(XRP_SIGNER.error("the transaction is already signed"));
    }
    match common.signing {
        Signing::Open => Ok(()),
        Signing::Single(key) if key == xrp.public_key => Ok(()),
        Signing::Single(key) => Err(XRP_SIGNER.error(format!(
            "SigningPubKey is the key of {}, not of {}",
            key.account_id(),
            xrp.address()
        ))),
        Signing::Multi => Err(XRP_SIGNER.error("SigningPubKey is empty: a transaction for several signers")),
    }
}

fn check_fee(permitted: &Permitted, fee: Drops) -> Result<()> {
    let deletes = matches!(permitted, Permitted::AccountDelete { .. });
    if !deletes && fee.to_drops() > MAX_FEE {
        return Err(XRP_FEE.error(format!("a fee of {} drops; the limit is {MAX_FEE}", fee.to_drops())));
    }
    Ok(())
}

/// The time at which LastLedgerSequence passes, from the claimed ledger.
fn check_window(common: &Common, claims: &Claims<'_>) -> Result<(Moment, Moment)> {
    let last = common.last_ledger_sequence;
    let (index, close) = claims
        .ledger
        .ok_or_else(|| XRP_LEDGER.error("the bundle does not say at which ledger it was made"))?;
    let ahead = last.checked_sub(index).filter(|ahead| (1..=WINDOW).contains(ahead)).ok_or_else(|| {
        XRP_LEDGER.error(format!(
            "LastLedgerSequence {last} at the claimed ledger {index}; allowed are {} to {}",
            index.saturating_add(1),
            index.saturating_add(WINDOW)
        ))
    })?;
    let after = |pace: u64| close.plus(u64::from(ahead).saturating_mul(pace));
    Ok((after(PACE.0), after(PACE.1)))
}

/// Less than the base reserve cannot create an account.
fn check_destination(effect: &Effect, claims: &Claims<'_>) -> Result<()> {
    if let Effect::PaysXrp { to, amount, .. } = effect
        && let Some((false, _)) = claims.destination(&to.to_string())
        && amount.to_drops() < ONE_XRP
    {
        return Err(XRP_DESTINATION.error(format!("{amount} to {to}, which does not exist")));
    }
    Ok(())
}

fn effects(permitted: &Permitted) -> Vec<Effect> {
    let effect = match permitted.clone() {
        Permitted::Payment {
            destination: to, destination_tag: tag, amount, send_max, invoice_id, ..
        } => {
            match amount {
                Amount::Xrp(amount) => Effect::PaysXrp { to, tag, amount, invoice_id },
                Amount::Issued { value, currency, issuer } => {
                    Effect::PaysToken { to, tag, value, currency, issuer, send_max, invoice_id }
                }
                // The whitelist lets no multi-purpose token through.
                Amount::Mpt { .. } => return Vec::new(),
            }
        }
        Permitted::AccountSet { set, clear, domain, email_hash, message_key, .. } => {
            Effect::SetsAccount { set, clear, domain, email_hash, message_key }
        }
        Permitted::SetRegularKey { regular_key: key, .. } => Effect::SetsRegularKey { key },
        Permitted::SignerListSet { quorum, entries, .. } => Effect::SetsSigners { quorum, entries },
        Permitted::TicketCreate { count, .. } => Effect::CreatesTickets { count },
        Permitted::AccountDelete { destination: to, destination_tag: tag, .. } => {
            Effect::DeletesAccount { to, tag }
        }
        Permitted::TrustSet { limit, currency, issuer, no_ripple, .. } => {
            Effect::SetsTrust { limit, currency, issuer, no_ripple }
        }
        Permitted::DepositPreauth { sender, authorize, .. } => Effect::Preauthorizes { sender, authorize },
    };
    vec![effect]
}
