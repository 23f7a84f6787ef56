//! What is unusual: shown before the person says yes, never a refusal by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::Review;
use super::assets::Authority;
use super::effect::{Effect, EffectMemo};
use super::fees::MAX_PERCENT;
use super::steps::{StepKind, StepReview};
use super::xrp::Claims;
use crate::bundle::Topic;
use crate::text::Printable;
use crate::time::Moment;
use crate::xrp::whitelist::AccountFlag;

/// Closer than this to the end, a warning is given: 15 minutes.
const NEAR: u64 = 15 * 60;

/// The kinds of warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Two addresses that look alike.
    LookAlike,
    /// A destination that is said to require a memo gets none.
    MissingMemo,
    /// A destination that is said to require a tag gets none.
    MissingTag,
    /// Something that cannot be undone.
    Irreversible,
    /// Little time is left.
    ExpiryNear,
    /// A fee above ten percent.
    LargeFee,
    /// More than one change output.
    TwoChanges,
    /// The transaction may be replaced.
    Replaceable,
    /// Valid only behind a height.
    LockHeight,
    /// Fields that nobody knows.
    UnknownFields,
    /// Only the bundle says how many units it is.
    ClaimedUnits,
    /// Accounts and policy are not yet authenticated.
    NotAuthenticated,
    /// Outside text holds characters that are not shown as they are.
    HostileText,
    /// A payment that creates an account.
    CreatesAccount,
    /// An XRP destination of which the bundle says nothing.
    UnknownDestination,
    /// Not the master key of the account.
    RegularKey,
    /// The same payment twice.
    SamePayment,
    /// Assets attached to the coins would go to a stranger.
    Attached,
    /// A destination that the policy does not list.
    NewDestination,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 19] = [
        Self::LookAlike,
        Self::MissingMemo,
        Self::MissingTag,
        Self::Irreversible,
        Self::ExpiryNear,
        Self::LargeFee,
        Self::TwoChanges,
        Self::Replaceable,
        Self::LockHeight,
        Self::UnknownFields,
        Self::ClaimedUnits,
        Self::NotAuthenticated,
        Self::HostileText,
        Self::CreatesAccount,
        Self::UnknownDestination,
        Self::RegularKey,
        Self::SamePayment,
        Self::Attached,
        Self::NewDestination,
    ];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::LookAlike => "W-LOOK-ALIKE",
            Self::MissingMemo => "W-MISSING-MEMO",
            Self::MissingTag => "W-MISSING-TAG",
            Self::Irreversible => "W-IRREVERSIBLE",
            Self::ExpiryNear => "W-EXPIRY-NEAR",
            Self::LargeFee => "W-LARGE-FEE",
            Self::TwoChanges => "W-TWO-CHANGES",
            Self::Replaceable => "W-REPLACEABLE",
            Self::LockHeight => "W-LOCK-HEIGHT",
            Self::UnknownFields => "W-UNKNOWN-FIELDS",
            Self::ClaimedUnits => "W-CLAIMED-UNITS",
            Self::NotAuthenticated => "W-NOT-AUTHENTICATED",
            Self::HostileText => "W-HOSTILE-TEXT",
            Self::CreatesAccount => "W-CREATES-ACCOUNT",
            Self::UnknownDestination => "W-UNKNOWN-DESTINATION",
            Self::RegularKey => "W-REGULAR-KEY",
            Self::SamePayment => "W-SAME-PAYMENT",
            Self::Attached => "W-ATTACHED",
            Self::NewDestination => "W-NEW-DESTINATION",
        }
    }

    /// What it means and what to do, for `explain`.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::LookAlike => {
                "Two addresses on the screen begin and end alike and differ between. Somebody may have put theirs in \
                 place of another; compare every group of characters."
            }
            Self::MissingMemo => {
                "The destination is said to require a memo, and the ledger refuses the whole message without one. Ask \
                 the recipient for the memo and plan again."
            }
            Self::MissingTag => {
                "The destination is said to require a destination tag, and the ledger refuses the payment without one. \
                 Ask the recipient for the tag and plan again."
            }
            Self::Irreversible => {
                "What is signed changes who controls an account, an asset or everything of an address, and nobody but \
                 the other side can undo it. Be sure that it was meant."
            }
            Self::ExpiryNear => {
                "Less than 15 minutes are left to sign and broadcast. Plan again if that is too short for the walk."
            }
            Self::LargeFee => {
                "The fee is more than 10 percent of what is spent or paid. Plan again with a lower fee rate, or join \
                 small payments, unless it was meant."
            }
            Self::Attached => {
                "Counterparty assets can be attached to a coin, and go to the first output of whatever spends it. The \
                 offline half cannot see them; the online machine is believed when it says that there are none. Pay \
                 bitcoin from an account that holds no assets."
            }
            Self::NewDestination => {
                "The policy lists destinations, and this is none of them. On a main network the policy refuses it; on a \
                 test network compare the whole address with its owner."
            }
            Self::TwoChanges => {
                "A transaction has more than one output back to the account. It costs more than it needs to; see why."
            }
            Self::Replaceable => {
                "The transaction of other software signals BIP-125: until it confirms, whoever has the keys can replace \
                 it with one of a higher fee."
            }
            Self::LockHeight => {
                "The transaction of other software counts only after a block height that still lies ahead."
            }
            Self::UnknownFields => {
                "A PSBT of other software has fields that this program does not know. They are not signed, and they are \
                 not shown either."
            }
            Self::ClaimedUnits => {
                "Only the online machine says whether the asset has decimals. If it lies, the amount in units is wrong \
                 by a factor of 100,000,000; compare the base units, or confirm the asset once on the offline machine."
            }
            Self::NotAuthenticated => {
                "The passphrase was not given yet, so accounts and policy could have been exchanged on the disk. They \
                 are proved when the vault is unlocked, before anything is signed."
            }
            Self::HostileText => {
                "A memo, domain or reference holds characters that could change how a screen looks. They are shown as \
                 escapes; find out why they are there."
            }
            Self::CreatesAccount => {
                "The destination is said not to exist yet: the payment creates it. A slip in the address looks the same."
            }
            Self::UnknownDestination => {
                "The snapshot had no facts about the destination, so nobody checked whether it exists, requires a \
                 destination tag or takes payments at all. Take a snapshot that has it and plan again, or be sure."
            }
            Self::RegularKey => {
                "The transaction acts for an account with a key that is not its master key. Be sure that this key is \
                 the account's regular key."
            }
            Self::SamePayment => {
                "The same amount goes to the same destination more than once in this bundle. Be sure that it was meant."
            }
        }
    }
}

/// One warning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    /// Its kind.
    pub kind: Kind,
    /// What is unusual, for the person.
    pub text: String,
}

/// Collects all warnings, each once.
pub(super) fn collect(review: &Review, now: Option<Moment>) -> Vec<Warning> {
    let mut found = BTreeSet::new();
    let mut warn = |kind: Kind, text: String| {
        found.insert(Warning { kind, text });
    };
    if !review.authenticated {
        warn(Kind::NotAuthenticated, "accounts and policy not yet authenticated".to_owned());
    }
    time(review, now, &mut warn);
    look_alikes(review, &mut warn);
    new_destinations(review, &mut warn);
    same_payments(review, &mut warn);
    required_memos(review, &mut warn);
    texts(review, &mut warn);
    let claims = Claims::new(&review.assumptions);
    for step in &review.steps {
        bitcoin_step(review, step, &mut warn);
        xrp_step(step, &claims, &mut warn);
        for effect in step.effects() {
            irreversible(effect, &mut warn);
            claimed_units(review, effect, &mut warn);
        }
    }
    for fee in &review.fees {
        if fee.fee.is_large_share() {
            let of = if fee.fee.base == fee.paid_in { "the inputs" } else { "the payment" };
            warn(
                Kind::LargeFee,
                format!("{}: the fee is more than {MAX_PERCENT} percent of {of}", fee.place()),
            );
        }
    }
    found.into_iter().collect()
}

type Warn<'a> = dyn FnMut(Kind, String) + 'a;

fn time(review: &Review, now: Option<Moment>, warn: &mut Warn<'_>) {
    let Some(now) = now else { return };
    let ends = review.expires.map(|expires| (expires, "this bundle"));
    let ledgers = review.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Xrp(step) => Some((step.expires.0, "LastLedgerSequence")),
        StepKind::Bitcoin(_) => None,
    });
    if let Some((end, what)) = ends.into_iter().chain(ledgers).min()
        && end.since(now) < NEAR
    {
        let minutes = end.since(now) / 60;
        warn(Kind::ExpiryNear, format!("{what} may expire in {minutes} minutes"));
    }
}

/// First four and last four characters behind what all addresses of a kind share.
fn face(address: &str) -> Option<(String, String)> {
    let bech32 = ["bcrt1", "bc1", "tb1"].iter().find_map(|prefix| address.strip_prefix(prefix));
    let body: Vec<char> = match bech32 {
        Some(body) => body.chars().skip(1).collect(),
        None => address.chars().skip(1).collect(),
    };
    let end = body.len().checked_sub(4)?;
    Some((body.get(..4)?.iter().collect(), body.get(end..)?.iter().collect()))
}

fn look_alikes(review: &Review, warn: &mut Warn<'_>) {
    let mut faces: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for address in review.addresses() {
        if let Some(face) = face(&address) {
            faces.entry(face).or_default().insert(address);
        }
    }
    for listed in review.listed.keys() {
        // Listed addresses among themselves are the policy's own business.
        if let Some(alike) = face(listed).and_then(|face| faces.get_mut(&face)) {
            alike.insert(listed.clone());
        }
    }
    for addresses in faces.into_values().filter(|addresses| addresses.len() > 1) {
        let shown: Vec<String> =
            addresses.iter().map(|address| Printable::new(address).to_string()).collect();
        warn(Kind::LookAlike, format!("these addresses look alike and differ: {}", shown.join(" and ")));
    }
}

fn new_destinations(review: &Review, warn: &mut Warn<'_>) {
    if review.listed.is_empty() {
        return;
    }
    for effect in review.counted_effects() {
        let Some(to) = effect.destination() else { continue };
        if !review.listed.contains_key(&to) && !review.is_own(effect, &to) {
            warn(Kind::NewDestination, format!("{} is not listed in the policy", Printable::new(&to)));
        }
    }
}

fn same_payments(review: &Review, warn: &mut Warn<'_>) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for effect in review.counted_effects() {
        let payment = match effect {
            Effect::PaysBitcoin { to, amount, .. } => format!("{} sat to {to}", amount.to_sat()),
            Effect::SendsAsset { asset, quantity, to, memo } => {
                let memo = memo.as_ref().map(|memo| memo.bytes.clone()).unwrap_or_default();
                let memo = bitcoin::hex::DisplayHex::to_lower_hex_string(&memo[..]);
                let to = Printable::new(to);
                format!("{} base units of {asset} to {to}, memo '{memo}'", quantity.to_base_units())
            }
            Effect::PaysXrp { to, tag, amount, .. } => {
                let tag = tag.map_or_else(|| "no tag".to_owned(), |tag| format!("tag {tag}"));
                format!("{amount} to {to}, {tag}")
            }
            Effect::PaysToken { .. }
            | Effect::Sweeps { .. }
            | Effect::RequiresMemo { .. }
            | Effect::TransfersOwnership { .. }
            | Effect::SetsAccount { .. }
            | Effect::SetsRegularKey { .. }
            | Effect::SetsSigners { .. }
            | Effect::CreatesTickets { .. }
            | Effect::DeletesAccount { .. }
            | Effect::SetsTrust { .. }
            | Effect::Preauthorizes { .. } => continue,
        };
        if !seen.insert(payment.clone()) {
            warn(Kind::SamePayment, format!("more than once: {payment}"));
        }
    }
}

fn required_memos(review: &Review, warn: &mut Warn<'_>) {
    let required: BTreeSet<&str> = review
        .assumptions
        .iter()
        .filter_map(|assumption| {
            if let Topic::MemoRequired { address, required: true } = &assumption.topic {
                Some(address.as_str())
            } else {
                None
            }
        })
        .collect();
    for effect in review.counted_effects() {
        if let Effect::SendsAsset { to, memo, .. } = effect
            && required.contains(to.as_str())
            && memo.as_ref().is_none_or(|memo| memo.bytes.is_empty())
        {
            warn(Kind::MissingMemo, format!("{} requires a memo and gets none", Printable::new(to)));
        }
    }
}

fn texts(review: &Review, warn: &mut Warn<'_>) {
    let is_hostile = |text: &str| Printable::new(text).is_altered();
    if review.references.iter().flatten().any(|reference| is_hostile(reference)) {
        warn(Kind::HostileText, "a reference holds characters that are shown as escapes".to_owned());
    }
    for step in &review.steps {
        let memo = step.effects().iter().filter_map(Effect::memo).any(is_hostile_memo);
        if memo || has_hostile_xrp_text(step) {
            let place = step.place();
            warn(
                Kind::HostileText,
                format!("{place}: a memo or domain holds characters that are shown as escapes"),
            );
        }
    }
}

/// Memos and domains of the XRP Ledger that are text by their nature.
fn has_hostile_xrp_text(step: &StepReview) -> bool {
    let StepKind::Xrp(xrp) = &step.kind else { return false };
    let memos = xrp.memos.iter().flat_map(|memo| [&memo.kind, &memo.format, &memo.data]).flatten();
    let domains = xrp.effects.iter().filter_map(|effect| {
        if let Effect::SetsAccount { domain: Some(domain), .. } = effect { Some(domain) } else { None }
    });
    memos.chain(domains).any(|bytes| is_altered_text(bytes))
}

/// Text that is not shown as it is; bytes that are no text at all are shown as hex and are ordinary.
fn is_hostile_memo(memo: &EffectMemo) -> bool {
    let declared = memo.is_text == Some(true) && core::str::from_utf8(&memo.bytes).is_ok();
    is_altered_text(&memo.bytes) || (declared && Printable::from_bytes(&memo.bytes).is_altered())
}

/// Mostly letters, with something between them that is shown as an escape.
fn is_altered_text(bytes: &[u8]) -> bool {
    core::str::from_utf8(bytes).is_ok_and(|text| {
        let letters = text.chars().filter(char::is_ascii_graphic).count();
        letters > text.chars().count() / 2 && Printable::new(text).is_altered()
    })
}

fn bitcoin_step(review: &Review, step: &StepReview, warn: &mut Warn<'_>) {
    let StepKind::Bitcoin(bitcoin) = &step.kind else { return };
    let place = step.place();
    if bitcoin.change.len() > 1 {
        warn(Kind::TwoChanges, format!("{place}: {} change outputs", bitcoin.change.len()));
    }
    if let Some(to) = &bitcoin.attached_go_to {
        warn(
            Kind::Attached,
            format!(
                "{place}: Counterparty assets attached to the coins, if any, would go to {}",
                Printable::new(to)
            ),
        );
    }
    // Ours all can be replaced; the screen says so beside each.
    if bitcoin.form.replaceable && review.bundle.is_none() {
        warn(
            Kind::Replaceable,
            format!("{place}: may be replaced by a transaction with a higher fee (BIP-125)"),
        );
    }
    if let Some(height) = bitcoin.form.lock_height {
        warn(Kind::LockHeight, format!("{place}: cannot confirm at or below block {height}"));
    }
    for field in &bitcoin.unknown {
        warn(Kind::UnknownFields, format!("{place}: {field}"));
    }
}

fn xrp_step(step: &StepReview, claims: &Claims<'_>, warn: &mut Warn<'_>) {
    let StepKind::Xrp(xrp) = &step.kind else { return };
    let place = step.place();
    if !xrp.is_master {
        let owner = xrp.acts_for;
        warn(
            Kind::RegularKey,
            format!("{place}: signed for {owner} with the key of account {}", xrp.account),
        );
    }
    for effect in &xrp.effects {
        let Some(tag) = effect.tag() else { continue };
        let to = effect.destination().unwrap_or_default();
        let claim = claims.destination(&to);
        if matches!(claim, Some((_, true))) && tag.is_none() {
            warn(Kind::MissingTag, format!("{place}: {to} requires a destination tag and gets none"));
        }
        if claim.is_none() {
            warn(
                Kind::UnknownDestination,
                format!("{place}: nothing is known of {to}: whether it exists or needs a tag"),
            );
        }
        if matches!(claim, Some((false, _))) {
            warn(Kind::CreatesAccount, format!("{place}: {to} does not exist yet; the payment creates it"));
        }
    }
}

fn irreversible(effect: &Effect, warn: &mut Warn<'_>) {
    let text = match effect {
        Effect::SetsAccount { set: Some(AccountFlag::DisableMaster), .. } => {
            "DISABLES THE MASTER KEY: without a working regular key or signer list the account is lost"
        }
        Effect::SetsAccount { set: Some(AccountFlag::DepositAuth), .. } => {
            "asfDepositAuth: payments from accounts that are not preauthorized will fail, own ones included"
        }
        Effect::SetsAccount { set: Some(AccountFlag::RequireDest), .. } => {
            "asfRequireDest: payments without a destination tag will fail, own ones included"
        }
        Effect::SetsRegularKey { key: Some(_) } => {
            "SETS A REGULAR KEY: whoever has that key can move everything of the account"
        }
        Effect::SetsRegularKey { key: None } => "REMOVES THE REGULAR KEY: it can no longer sign",
        Effect::SetsSigners { quorum: 0, .. } => "REMOVES THE SIGNER LIST: its signers can no longer sign",
        Effect::SetsSigners { .. } => {
            "REPLACES THE SIGNER LIST: whoever reaches the quorum can move everything of the account"
        }
        Effect::DeletesAccount { .. } => "DELETES THE ACCOUNT and sends all its XRP away",
        Effect::Sweeps { .. } => {
            "MOVES EVERYTHING of the source address to another: what is swept cannot be called back"
        }
        Effect::TransfersOwnership { .. } => {
            "GIVES THE ISSUER RIGHT AWAY: only the new owner can give it back"
        }
        Effect::PaysBitcoin { .. }
        | Effect::SendsAsset { .. }
        | Effect::RequiresMemo { .. }
        | Effect::PaysXrp { .. }
        | Effect::PaysToken { .. }
        | Effect::SetsTrust { .. }
        | Effect::SetsAccount { .. }
        | Effect::CreatesTickets { .. }
        | Effect::Preauthorizes { .. } => return,
    };
    warn(Kind::Irreversible, text.to_owned());
}

fn claimed_units(review: &Review, effect: &Effect, warn: &mut Warn<'_>) {
    let Effect::SendsAsset { asset, .. } = effect else { return };
    match review.assets.authority(*asset) {
        Some(Authority::Certain) => {}
        Some(Authority::Claimed) => warn(
            Kind::ClaimedUnits,
            format!("only the bundle says how many base units of {asset} are one unit"),
        ),
        None => warn(Kind::ClaimedUnits, format!("nobody says how many base units of {asset} are one unit")),
    }
}
