//! The review: what the bytes really do, computed from the bytes that get signed.
//!
//! A `Review` is made from a bundle or a bare PSBT, the vault's own accounts and the clock's time. It refuses what
//! must not be signed, and shows the rest. Only [`Review::approve`] makes an [`Approved`], and only an
//! `Approved` can be signed. The order of the checks, and why:
//!
//! 1. *Nothing twice* (`steps`): two steps that spend one output or one sequence are a race, unless they
//!    say that they exclude each other.
//! 2. *Inputs* (`inputs`): amounts and scripts come from previous transactions whose txid is computed again, or from
//!    earlier steps; keys are derived from the account and their scripts compared. From here on every number is
//!    proved. An input that is not ours ends the review: nothing behind it can be trusted to be a payment of ours.
//! 3. *Form* (`form`): version, locks, sums. A transaction that is valid later or elsewhere is another promise.
//! 4. *Message* (`message`): read as the ledger reads, and written again: bytes that the strict writer would not
//!    write could mean more than is shown. Read under the newest rules too: the height is only claimed.
//! 5. *Outputs* (`step`): change is what derivation proves; everything else is a payment.
//! 6. *Requests* (`requests`): compared last and never believed: the effects found must be exactly those asked for.
//! 7. *Fees* (`fees`): of transactions and pairs, from proved numbers only.
//! 8. *Warnings* (`warnings`), the sentence and the approval text follow from all of these.

use std::collections::BTreeMap;

use bitcoin::Psbt;

use crate::account::{Account, AccountName};
use crate::bundle::{Artefact, Assumption, Bundle, BundleId, Networks, Spoken, Step, Topic};
use crate::counterparty::address;
use crate::counterparty::rules::Rules;
use crate::error::{Exit, Result};
use crate::network::BitcoinNetwork;
use crate::policy::Permission;
use crate::request::{Intent, Request};
use crate::time::Moment;

pub(crate) mod acts;
mod approval;
mod assets;
pub mod book;
mod complete;
pub mod effect;
pub mod fees;
mod form;
mod ground;
mod headline;
mod inputs;
pub mod job;
mod json;
pub mod lines;
mod message;
pub mod outgoing;
pub mod refusals;
mod requests;
mod rows;
mod screen;
mod step;
mod steps;
pub mod uses;
pub mod view;
pub mod warnings;
pub mod xrp;

pub use book::{Book, KnownAsset, KnownDestination};
pub use effect::Effect;
pub use ground::Place;
pub use job::{Approved, BitcoinJob, InputJob, Job, Spend, XrpJob};
pub use outgoing::{Chain, Money, Outgoing};
pub use refusals::CODES;
pub use uses::Use;
pub use view::TransactionView;
pub use warnings::Warning;

use assets::Assets;
use complete::FirstReview;
use ground::Ground;
use refusals::{APPROVAL, CLOCK_BEHIND, EXPIRED};
use steps::{FeeOf, StepKind, StepReview};
use xrp::Claims;

/// How far the clock may be behind a bundle's creation: 10 minutes, in seconds.
const CLOCK_TOLERANCE: u64 = 600;

/// Everything that a person has to see before saying yes.
#[derive(Clone, Debug, PartialEq)]
pub struct Review {
    bundle: Option<BundleId>,
    /// The hash of the bundle, or of a bare PSBT's unsigned transaction.
    subject: BundleId,
    /// Short id and words.
    title: Option<(String, String)>,
    /// The first word of the bundle, or of the PSBT's hash.
    word: &'static str,
    bitcoin: Option<BitcoinNetwork>,
    xrpl: Option<u32>,
    created: Option<Moment>,
    expires: Option<Moment>,
    authenticated: bool,
    references: Vec<Option<String>>,
    assumptions: Vec<Assumption>,
    assets: Assets,
    /// Own addresses among the destinations.
    own: BTreeMap<String, Place>,
    own_xrp: BTreeMap<String, AccountName>,
    /// Destinations that the policy lists: names by address.
    listed: BTreeMap<String, String>,
    steps: Vec<StepReview>,
    fees: Vec<FeeOf>,
    jobs: Vec<Job>,
    accounts: Vec<Account>,
    rules: Option<Rules>,
    warnings: Vec<Warning>,
    headline: String,
    /// The text, and what it is.
    approval: (String, String),
}

impl Review {
    /// Reviews a bundle at the clock's time.
    ///
    /// # Errors
    /// A code of [`CODES`] or of the codecs: malformed input (exit 2) before a wrong clock (exit 4) before refusals
    /// (exit 1).
    pub fn of_bundle(bundle: &Bundle, book: &Book<'_>, now: Moment) -> Result<Self> {
        let review = Self::of_contents(bundle, book, now);
        if let Err(error) = &review
            && error.code().exit == Exit::BadInput
        {
            return review;
        }
        check_time(bundle.contents().created, bundle.contents().expires, now)?;
        check_ledger_time(bundle.contents().created, &bundle.contents().assumptions)?;
        review
    }

    fn of_contents(bundle: &Bundle, book: &Book<'_>, now: Moment) -> Result<Self> {
        let contents = bundle.contents();
        let assets = Assets::new(book.assets, &contents.assumptions);
        let rules = contents.networks.bitcoin.map(|network| rules(network, &contents.assumptions));
        let ground = rules.map(|rules| Ground { rules, accounts: book.accounts, in_bundle: true });
        let claims = Claims::new(&contents.assumptions);
        let xrpl = contents.networks.xrpl;
        let (steps, jobs) = steps::review(bundle.steps(), ground.as_ref(), book.accounts, xrpl, &claims)?;
        let words = bundle.id().words();
        let mut review = Self {
            bundle: Some(bundle.id()),
            subject: bundle.id(),
            title: Some((bundle.id().short(), words.join(" "))),
            word: words[0],
            bitcoin: contents.networks.bitcoin,
            xrpl,
            created: Some(contents.created),
            expires: Some(contents.expires),
            references: contents.requests.iter().map(|request| request.reference.clone()).collect(),
            assumptions: contents.assumptions.clone(),
            assets,
            rules,
            ..Self::empty(book, steps, jobs, bundle.id())
        };
        review.check_requests(&contents.requests, bundle.steps(), book.accounts)?;
        review.fees = steps::fees(&review.steps)?;
        Ok(review.finished(ground.as_ref(), Some(now)))
    }

    /// Reviews a bare PSBT of other software, version 0, under the newest Counterparty rules.
    ///
    /// # Errors
    /// As [`Review::of_bundle`].
    pub fn of_psbt(psbt: &Psbt, network: BitcoinNetwork, book: &Book<'_>) -> Result<Self> {
        let rules = Rules::newest(network);
        let ground = Ground { rules, accounts: book.accounts, in_bundle: false };
        let account = inputs::prove(&ground, psbt, &[], &BTreeMap::new())?
            .first()
            .map(|input| input.account.clone())
            .unwrap_or_default();
        let step = Step {
            request: 0,
            account,
            after: Vec::new(),
            links: Vec::new(),
            one_of: None,
            artefact: Artefact::Psbt(Box::new(psbt.clone())),
        };
        let (steps, jobs) = steps::review(&[step], Some(&ground), book.accounts, None, &Claims::default())?;
        let subject = BundleId::of(&bitcoin::consensus::serialize(&psbt.unsigned_tx));
        let mut review = Self {
            word: subject.words()[0],
            bitcoin: Some(network),
            assets: Assets::new(book.assets, &[]),
            rules: Some(rules),
            ..Self::empty(book, steps, jobs, subject)
        };
        review.fees = steps::fees(&review.steps)?;
        Ok(review.finished(Some(&ground), None))
    }

    fn empty(book: &Book<'_>, steps: Vec<StepReview>, jobs: Vec<Job>, subject: BundleId) -> Self {
        Self {
            bundle: None,
            subject,
            title: None,
            word: "",
            bitcoin: None,
            xrpl: None,
            created: None,
            expires: None,
            authenticated: book.authenticated,
            references: Vec::new(),
            assumptions: Vec::new(),
            assets: Assets::default(),
            own: BTreeMap::new(),
            own_xrp: BTreeMap::new(),
            listed: book
                .destinations
                .iter()
                .map(|known| (known.address.clone(), known.name.clone()))
                .collect(),
            steps,
            fees: Vec::new(),
            jobs,
            accounts: book.accounts.to_vec(),
            rules: None,
            warnings: Vec::new(),
            headline: String::new(),
            approval: (String::new(), String::new()),
        }
    }

    /// Adds what follows from everything else.
    fn finished(mut self, ground: Option<&Ground<'_>>, now: Option<Moment>) -> Self {
        self.own = self.own_destinations(ground);
        let xrpl = self.xrpl;
        self.own_xrp = self
            .accounts
            .iter()
            .filter_map(|account| Some((account.xrp()?, account.name.clone())))
            .filter(|(xrp, _)| Some(xrp.network_id) == xrpl)
            .map(|(xrp, name)| (xrp.address().to_owned(), name))
            .collect();
        self.warnings = warnings::collect(&self, now);
        self.approval = approval::text(&self);
        self.headline = headline::headline(&self, &|moment| moment.to_string());
        self
    }

    /// Destinations on Bitcoin that are first addresses of our accounts.
    fn own_destinations(&self, ground: Option<&Ground<'_>>) -> BTreeMap<String, Place> {
        let Some(ground) = ground else { return BTreeMap::new() };
        if self.steps.iter().all(|step| step.bitcoin().is_none()) {
            return BTreeMap::new();
        }
        let destinations: Vec<String> =
            self.counted_effects().iter().filter_map(|effect| effect.destination()).collect();
        if destinations.is_empty() {
            return BTreeMap::new();
        }
        let scripts = ground.first_scripts();
        destinations
            .into_iter()
            .filter_map(|to| {
                let script = address::parse(&to, ground.rules.network()).ok()?.script_pubkey();
                Some((to, scripts.get(&script)?.clone()))
            })
            .collect()
    }

    /// Compares every request with the effects of its steps; steps that exclude each other must do the same.
    fn check_requests(&self, requests: &[Request], steps: &[Step], accounts: &[Account]) -> Result<()> {
        let reading = requests::Reading { assets: &self.assets, bitcoin: self.bitcoin, xrpl: self.xrpl };
        let mut serving: BTreeMap<usize, Vec<&StepReview>> = BTreeMap::new();
        for step in &self.steps {
            serving.entry(step.request).or_default().push(step);
        }
        for (index, request) in requests.iter().enumerate() {
            let at = |e: crate::Error| e.at(format!("request {}", index.saturating_add(1)));
            let serving = serving.get(&index).map(Vec::as_slice).unwrap_or_default();
            for step in serving {
                requests::check_account(&request.from, step.account(), accounts).map_err(at)?;
                requests::check_terms(request, step).map_err(at)?;
                if let (Intent::XrpTransaction { tx_json }, StepKind::Xrp(found)) =
                    (&request.intent, &step.kind)
                    && let Some(Artefact::TxJson(json)) = steps.get(step.index).map(|step| &step.artefact)
                {
                    requests::check_fields(tx_json, json, found.network_id).map_err(at)?;
                } else if matches!(request.intent, Intent::XrpTransaction { .. }) {
                    return Err(at(refusals::REQUEST_DIFFERS.error("an XRP transaction, served by bitcoin")));
                }
            }
            let effects = requests::counted(serving).map_err(at)?;
            if matches!(request.intent, Intent::XrpTransaction { .. }) && effects.len() != 1 {
                let count = effects.len();
                return Err(at(refusals::REQUEST_DIFFERS
                    .error(format!("one transaction was asked for, {count} serve it"))));
            }
            requests::check(request, &effects, &reading).map_err(at)?;
        }
        Ok(())
    }

    /// All effects, those of steps that exclude each other once.
    fn counted_effects(&self) -> Vec<&Effect> {
        self.counted_steps().into_iter().flat_map(StepReview::effects).collect()
    }

    /// All steps, of those that exclude each other the first.
    fn counted_steps(&self) -> Vec<&StepReview> {
        let mut groups = std::collections::BTreeSet::new();
        self.steps.iter().filter(|step| step.one_of.is_none_or(|group| groups.insert(group))).collect()
    }

    /// A sum over steps, of those that exclude each other the largest.
    fn sum(&self, amounts: impl Iterator<Item = (usize, u64)>) -> Option<u64> {
        let mut alone = None::<u64>;
        let mut groups: BTreeMap<u32, u64> = BTreeMap::new();
        for (step, amount) in amounts {
            match self.steps.get(step).and_then(|step| step.one_of) {
                Some(group) => {
                    let largest = groups.entry(group).or_default();
                    *largest = amount.max(*largest);
                }
                None => alone = Some(alone.unwrap_or(0).saturating_add(amount)),
            }
        }
        groups.into_values().fold(alone, |sum, largest| Some(sum.unwrap_or(0).saturating_add(largest)))
    }

    /// Every address on the screen: destinations, change, sources.
    fn addresses(&self) -> Vec<String> {
        let destinations = self.steps.iter().flat_map(StepReview::effects).filter_map(Effect::destination);
        let own = self.steps.iter().flat_map(|step| match &step.kind {
            StepKind::Bitcoin(found) => found
                .change
                .iter()
                .map(|change| change.to.clone())
                .chain(found.data.iter().map(|data| data.source.clone()))
                .collect::<Vec<_>>(),
            StepKind::Xrp(found) => vec![found.acts_for.to_string(), found.job.account.clone()],
        });
        destinations.chain(own).chain(self.own_xrp.keys().cloned()).collect()
    }

    /// Satoshi for miners over all transactions that can count together.
    fn bitcoin_fee(&self) -> Option<u64> {
        self.sum(self.fees.iter().map(|fee| (fee.steps.0, fee.fee.amount.to_sat())))
    }

    /// Drops burned over all transactions that can count together.
    fn xrp_fee(&self) -> Option<u64> {
        self.sum(self.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Xrp(found) => Some((step.index, found.fee.to_drops())),
            StepKind::Bitcoin(_) => None,
        }))
    }

    /// The bundle that is reviewed; none for a bare PSBT.
    pub fn bundle(&self) -> Option<BundleId> {
        self.bundle
    }

    /// The hash of the bundle, or of a bare PSBT's unsigned transaction.
    pub fn subject(&self) -> BundleId {
        self.subject
    }

    /// False before the passphrase: accounts and policy are not yet authenticated.
    pub fn is_authenticated(&self) -> bool {
        self.authenticated
    }

    /// The one sentence that says it all, with the time in UTC.
    pub fn headline(&self) -> &str {
        &self.headline
    }

    /// As [`Review::headline`], with the caller's way of writing a moment.
    pub fn headline_at(&self, show_time: &dyn Fn(Moment) -> String) -> String {
        headline::headline(self, show_time)
    }

    /// What is unusual.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// What the transactions do to the outside, in order.
    pub fn effects(&self) -> Vec<&Effect> {
        self.counted_effects()
    }

    /// Every line of the review, at most 100 columns, nothing elided; times in UTC.
    pub fn screen(&self) -> Vec<String> {
        self.screen_at(&|moment| moment.to_string())
    }

    /// As [`Review::screen`], with the caller's way of writing a moment: the offline half adds local time.
    pub fn screen_at(&self, show_time: &dyn Fn(Moment) -> String) -> Vec<String> {
        self.screen_with(lines::WIDTH, &[], show_time)
    }

    /// As [`Review::screen_at`], with sections of the caller, heading and lines, before the approval: what policy and
    /// machine say. Lines have at most so many columns, within 40 and 100.
    pub fn screen_with(
        &self,
        columns: usize,
        sections: &[(&str, Vec<String>)],
        show_time: &dyn Fn(Moment) -> String,
    ) -> Vec<String> {
        screen::lines(self, columns, sections, show_time)
    }

    /// The review as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        json::to_json(self)
    }

    /// What the person types to approve (design.md 10.11).
    pub fn approval_text(&self) -> &str {
        &self.approval.0
    }

    /// What [`Review::approval_text`] is, for the prompt: `the amount in XRP`.
    pub fn approval_hint(&self) -> &str {
        &self.approval.1
    }

    /// Demands that what was typed is exactly [`Review::approval_text`].
    ///
    /// # Errors
    /// [`APPROVAL`].
    pub fn check_approval(&self, typed: &str) -> Result<()> {
        if typed == self.approval.0 {
            return Ok(());
        }
        // What is no number is not repeated: it could be a passphrase at the wrong prompt.
        let is_number = typed.len() <= 24 && typed.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let found = if is_number { format!("'{typed}'") } else { "another text".to_owned() };
        Err(APPROVAL.error(format!(
            "{found} was typed; asked for is {}: {}",
            self.approval.1,
            crate::text::Printable::new(&self.approval.0)
        )))
    }

    /// Demands that the clock is within the bundle's life: time passes while a person reads and types.
    ///
    /// # Errors
    /// [`CLOCK_BEHIND`], [`EXPIRED`].
    pub fn check_time(&self, now: Moment) -> Result<()> {
        match (self.created, self.expires) {
            (Some(created), Some(expires)) => check_time(created, expires, now),
            (_, _) => Ok(()),
        }
    }

    /// True where both are the same in everything but whether accounts and policy were authenticated.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let Self {
            bundle,
            subject,
            title,
            word,
            bitcoin,
            xrpl,
            created,
            expires,
            authenticated: _,
            references,
            assumptions,
            assets,
            own,
            own_xrp,
            listed,
            steps,
            fees,
            jobs,
            accounts,
            rules,
            warnings: _,
            headline,
            approval,
        } = self;
        (bundle, subject, title, word) == (&other.bundle, &other.subject, &other.title, &other.word)
            && (bitcoin, xrpl, created, expires)
                == (&other.bitcoin, &other.xrpl, &other.created, &other.expires)
            && (references, assumptions, assets) == (&other.references, &other.assumptions, &other.assets)
            && (own, own_xrp, listed) == (&other.own, &other.own_xrp, &other.listed)
            && (steps, fees, jobs) == (&other.steps, &other.fees, &other.jobs)
            && (accounts, rules) == (&other.accounts, &other.rules)
            && self.warnings_of_content().eq(other.warnings_of_content())
            && (headline, approval) == (&other.headline, &other.approval)
    }

    fn warnings_of_content(&self) -> impl Iterator<Item = &Warning> {
        self.warnings.iter().filter(|warning| warning.kind != warnings::Kind::NotAuthenticated)
    }

    /// The networks that it touches.
    pub fn networks(&self) -> Networks {
        Networks { bitcoin: self.bitcoin, xrpl: self.xrpl }
    }

    /// What it does, every row as the screen shows it, without the screen's margins.
    pub fn effect_lines(&self) -> Vec<String> {
        screen::effect_lines(self)
    }

    /// Takes the person's yes and the policy's: there is no [`Approved`] without both.
    ///
    /// # Errors
    /// [`APPROVAL`] when what was typed is not exactly [`Review::approval_text`];
    /// [`OTHER_REVIEW`](crate::policy::OTHER_REVIEW) when the permission was given for another review.
    pub fn approve(self, typed: &str, permission: Permission) -> Result<Approved> {
        permission.check(&self)?;
        self.check_approval(typed)?;
        let in_bundle = self.bundle.is_some();
        let steps = self
            .steps
            .into_iter()
            .map(|step| match step.kind {
                StepKind::Bitcoin(found) => Some(*found),
                StepKind::Xrp(_) => None,
            })
            .collect();
        let first = FirstReview { accounts: self.accounts, rules: self.rules, in_bundle, steps };
        Ok(Approved { bundle: self.bundle, jobs: self.jobs, first })
    }
}

/// The rules of the first block that can hold the transactions, by the claimed height; the newest without one.
fn rules(network: BitcoinNetwork, assumptions: &[Assumption]) -> Rules {
    let height = assumptions.iter().find_map(|assumption| {
        if let Topic::BitcoinHeight { height } = &assumption.topic { Some(*height) } else { None }
    });
    height.map_or_else(|| Rules::newest(network), |height| Rules::at(network, height.saturating_add(1)))
}

/// The clock against the bundle's life (design.md 10.4).
fn check_time(created: Moment, expires: Moment, now: Moment) -> Result<()> {
    if now < created.minus(CLOCK_TOLERANCE) {
        return Err(CLOCK_BEHIND.error(format!("the clock says {now}, the bundle was made {created}")));
    }
    if now >= expires {
        return Err(EXPIRED.error(format!("it could be signed until {expires}, the clock says {now}")));
    }
    Ok(())
}

/// The claimed close of the ledger lies where the bundle was made: from it follows the time that is shown as expiry.
fn check_ledger_time(created: Moment, assumptions: &[Assumption]) -> Result<()> {
    for assumption in assumptions {
        let Topic::XrpLedger { close_time, .. } = &assumption.topic else { continue };
        if close_time.since(created).max(created.since(*close_time)) > CLOCK_TOLERANCE {
            return Err(refusals::XRP_LEDGER.error(format!(
                "the bundle was made {created}, its ledger is said to have closed {close_time}"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
