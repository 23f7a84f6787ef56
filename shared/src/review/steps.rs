//! The steps of a bundle together: parents before children, pairs judged as one, nothing spent twice.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::{Amount, OutPoint, Psbt};

use super::effect::Effect;
use super::fees::{Fee, MAX_FEE};
use super::ground::Ground;
use super::inputs::{self, Parent, Parents};
use super::job::{BitcoinJob, InputJob, Job, Spend};
use super::refusals::{FEE, LINKS};
use super::step::{self, BitcoinStep};
use super::xrp::{self, Claims, XrpStep};
use crate::account::{Account, AccountName};
use crate::bundle::{Artefact, Link, Step, template};
use crate::error::Result;

/// One step with what it does.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StepReview {
    /// Place in the bundle, from 0.
    pub(super) index: usize,
    /// Steps in the bundle.
    pub(super) of: usize,
    pub(super) request: usize,
    pub(super) one_of: Option<u32>,
    pub(super) links: Vec<Link>,
    pub(super) kind: StepKind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum StepKind {
    Bitcoin(Box<BitcoinStep>),
    Xrp(Box<XrpStep>),
}

impl StepReview {
    pub(super) fn effects(&self) -> &[Effect] {
        match &self.kind {
            StepKind::Bitcoin(step) => &step.effects,
            StepKind::Xrp(step) => &step.effects,
        }
    }

    pub(super) fn account(&self) -> &AccountName {
        match &self.kind {
            StepKind::Bitcoin(step) => &step.account,
            StepKind::Xrp(step) => &step.account,
        }
    }

    pub(super) fn bitcoin(&self) -> Option<&BitcoinStep> {
        match &self.kind {
            StepKind::Bitcoin(step) => Some(step),
            StepKind::Xrp(_) => None,
        }
    }

    /// `transaction 2 of 3`.
    pub(super) fn place(&self) -> String {
        format!("transaction {} of {}", self.index.saturating_add(1), self.of)
    }

    /// The earlier step whose outputs this one reveals, when it is the second of a pair.
    pub(super) fn first_of_pair(&self) -> Option<usize> {
        let step = self.bitcoin()?;
        let is_data =
            |input: &InputJob| matches!(input.spend, Spend::TaprootReveal { .. } | Spend::P2shData { .. });
        step.inputs.first().filter(|input| is_data(input))?;
        self.links.first().map(|link| link.step)
    }
}

/// The fee of one transaction or of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FeeOf {
    /// Step, and the second step of a pair.
    pub(super) steps: (usize, Option<usize>),
    pub(super) fee: Fee,
    pub(super) paid_in: Amount,
}

impl FeeOf {
    pub(super) fn place(&self) -> String {
        let first = self.steps.0.saturating_add(1);
        match self.steps.1 {
            Some(second) => format!("transactions {first} and {}", second.saturating_add(1)),
            None => format!("transaction {first}"),
        }
    }
}

/// Reviews all steps of a bundle.
pub(super) fn review(
    steps: &[Step],
    ground: Option<&Ground<'_>>,
    accounts: &[Account],
    xrpl: Option<u32>,
    claims: &Claims<'_>,
) -> Result<(Vec<StepReview>, Vec<Job>)> {
    check_spent_once(steps)?;
    let proved = prove_inputs(steps, ground)?;
    let mut reviews = Vec::with_capacity(steps.len());
    let mut jobs = Vec::with_capacity(steps.len());
    let templates = template::templates(steps);
    for (index, step) in steps.iter().enumerate() {
        let at = |e: crate::Error| e.at(format!("step {}", index.saturating_add(1)));
        let (kind, job) = match (&step.artefact, ground, xrpl) {
            (Artefact::Psbt(psbt), Some(ground), _) => {
                let inputs = proved.inputs.get(&index).cloned().unwrap_or_default();
                let committed = proved.committed.get(&index).cloned().unwrap_or_default();
                let mut found = step::review(ground, psbt, &step.links, inputs, &proved.parents, &committed)
                    .map_err(at)?;
                found.is_final &= templates.get(index) != Some(&true);
                let job = Job::Bitcoin(Box::new(BitcoinJob {
                    psbt: (**psbt).clone(),
                    inputs: found.inputs.clone(),
                    links: step.links.clone(),
                }));
                (StepKind::Bitcoin(Box::new(found)), job)
            }
            (Artefact::TxJson(json), _, Some(network_id)) => {
                let found = xrp::review(accounts, &step.account, json, network_id, claims).map_err(at)?;
                let job = Job::Xrp(Box::new(found.job.clone()));
                (StepKind::Xrp(Box::new(found)), job)
            }
            (Artefact::Psbt(_) | Artefact::TxJson(_), ..) => {
                return Err(at(LINKS.error("its network is not named by the bundle")));
            }
        };
        reviews.push(StepReview {
            index,
            of: steps.len(),
            request: step.request,
            one_of: step.one_of,
            links: step.links.clone(),
            kind,
        });
        jobs.push(job);
    }
    check_turns(&reviews)?;
    check_groups(steps, &reviews)?;
    Ok((reviews, jobs))
}

/// Inputs of all Bitcoin steps, and which outputs are data of a pair.
struct Proved {
    inputs: BTreeMap<usize, Vec<InputJob>>,
    parents: Parents,
    committed: BTreeMap<usize, BTreeSet<u32>>,
}

fn prove_inputs(steps: &[Step], ground: Option<&Ground<'_>>) -> Result<Proved> {
    let mut proved = Proved { inputs: BTreeMap::new(), parents: BTreeMap::new(), committed: BTreeMap::new() };
    let Some(ground) = ground else { return Ok(proved) };
    let are_parents: BTreeSet<usize> =
        steps.iter().flat_map(|step| step.links.iter().map(|link| link.step)).collect();
    for (index, step) in steps.iter().enumerate() {
        let Artefact::Psbt(psbt) = &step.artefact else { continue };
        let at = |e: crate::Error| e.at(format!("step {}", index.saturating_add(1)));
        let jobs = inputs::prove(ground, psbt, &step.links, &proved.parents).map_err(at)?;
        if jobs.iter().any(|job| job.account != step.account) {
            return Err(at(super::refusals::FOREIGN_INPUT.error(format!(
                "its inputs do not belong to the account '{}' that it names",
                crate::text::Printable::new(&step.account)
            ))));
        }
        for link in &step.links {
            let spend = jobs.get(link.input).map(|job| &job.spend);
            if matches!(spend, Some(Spend::TaprootReveal { .. } | Spend::P2shData { .. })) {
                proved.committed.entry(link.step).or_default().insert(link.vout);
            }
        }
        if are_parents.contains(&index)
            && let Some(parent) = parent_of(psbt, &jobs)
        {
            proved.parents.insert(index, parent);
        }
        proved.inputs.insert(index, jobs);
    }
    Ok(proved)
}

fn parent_of(psbt: &Psbt, jobs: &[InputJob]) -> Option<Parent> {
    let first = jobs.first()?;
    Some(Parent {
        txid: template::txid_of(psbt),
        outputs: psbt.unsigned_tx.output.clone(),
        first_input: psbt.unsigned_tx.input.first()?.previous_output,
        account: first.account.clone(),
        source: first.prevout.script_pubkey.clone(),
    })
}

/// No output is spent by two steps that do not exclude each other, and outputs of earlier steps only by links.
fn check_spent_once(steps: &[Step]) -> Result<()> {
    let mut spent: BTreeMap<OutPoint, (usize, Option<u32>)> = BTreeMap::new();
    let mut txids = BTreeSet::new();
    for (index, step) in steps.iter().enumerate() {
        let Artefact::Psbt(psbt) = &step.artefact else { continue };
        for (input, spends) in psbt.unsigned_tx.input.iter().enumerate() {
            let outpoint = spends.previous_output;
            let linked = step.links.iter().any(|link| link.input == input);
            if !linked && txids.contains(&outpoint.txid) {
                return Err(LINKS.error(format!(
                    "step {}, input {input}: spends an earlier step without saying so",
                    index.saturating_add(1)
                )));
            }
            let earlier = spent.insert(outpoint, (index, step.one_of));
            if let Some((earlier, group)) = earlier.filter(|(earlier, _)| *earlier != index)
                && (group.is_none() || group != step.one_of)
            {
                return Err(LINKS.error(format!(
                    "steps {} and {} both spend {outpoint}",
                    earlier.saturating_add(1),
                    index.saturating_add(1)
                )));
            }
        }
        txids.insert(template::txid_of(psbt));
    }
    Ok(())
}

/// No sequence or ticket is used by two steps that do not exclude each other.
fn check_turns(steps: &[StepReview]) -> Result<()> {
    let mut used: BTreeMap<(crate::xrp::AccountId, String), Option<u32>> = BTreeMap::new();
    for step in steps {
        let StepKind::Xrp(found) = &step.kind else { continue };
        let turn = format!("{:?}", found.turn);
        if let Some(group) = used.insert((found.acts_for, turn.clone()), step.one_of)
            && (group.is_none() || group != step.one_of)
        {
            return Err(LINKS.error(format!("{}: {turn} of {} is used twice", step.place(), found.acts_for)));
        }
    }
    Ok(())
}

/// Steps that are said to exclude each other are shown once: they serve one request, and all of them spend one same
/// output or use one same sequence, so that no two of them can confirm.
fn check_groups(steps: &[Step], reviews: &[StepReview]) -> Result<()> {
    let mut groups: BTreeMap<u32, (usize, BTreeSet<String>)> = BTreeMap::new();
    for (step, review) in steps.iter().zip(reviews) {
        let Some(group) = step.one_of else { continue };
        let spends = what_it_uses_up(step, review);
        let (request, shared) = groups.entry(group).or_insert_with(|| (step.request, spends.clone()));
        shared.retain(|spent| spends.contains(spent));
        if *request != step.request {
            return Err(LINKS.error(format!("{}: group {group} serves two requests", review.place())));
        }
        if shared.is_empty() {
            return Err(LINKS.error(format!(
                "{}: it spends nothing that all steps of group {group} spend, so two of them could confirm",
                review.place()
            )));
        }
    }
    Ok(())
}

fn what_it_uses_up(step: &Step, review: &StepReview) -> BTreeSet<String> {
    match (&step.artefact, &review.kind) {
        (Artefact::Psbt(psbt), _) => {
            psbt.unsigned_tx.input.iter().map(|input| input.previous_output.to_string()).collect()
        }
        (Artefact::TxJson(_), StepKind::Xrp(found)) => {
            BTreeSet::from([format!("{} {:?}", found.acts_for, found.turn)])
        }
        (Artefact::TxJson(_), StepKind::Bitcoin(_)) => BTreeSet::new(),
    }
}

/// Fees, each pair as one, within the limits.
pub(super) fn fees(steps: &[StepReview]) -> Result<Vec<FeeOf>> {
    let mut fees: Vec<FeeOf> = Vec::new();
    for step in steps {
        let Some(found) = step.bitcoin() else { continue };
        let pair = step.first_of_pair();
        let first = pair.and_then(|first| fees.iter_mut().rev().find(|fee| fee.steps == (first, None)));
        match first {
            Some(first) => {
                first.fee = first.fee.with(found.fee);
                first.steps.1 = Some(step.index);
            }
            None => {
                fees.push(FeeOf { steps: (step.index, None), fee: found.fee, paid_in: found.paid_in });
            }
        }
    }
    let mut by_request: BTreeMap<usize, Amount> = BTreeMap::new();
    for fee in &fees {
        fee.fee.check().map_err(|e| e.at(fee.place()))?;
        let Some(step) = steps.get(fee.steps.0).filter(|step| step.one_of.is_none()) else { continue };
        let sum = by_request.entry(step.request).or_insert(Amount::ZERO);
        *sum = sum.checked_add(fee.fee.amount).unwrap_or(Amount::MAX_MONEY);
        if *sum > MAX_FEE {
            return Err(FEE.error(format!(
                "request {}: its transactions pay {} sat in fees; the limit is {} sat",
                step.request.saturating_add(1),
                sum.to_sat(),
                MAX_FEE.to_sat()
            )));
        }
    }
    Ok(fees)
}

/// Reviews one filled-in step again; `parents` are its final parents.
pub(super) fn again(
    ground: &Ground<'_>,
    job: &BitcoinJob,
    parents: &Parents,
    committed: &BTreeSet<u32>,
) -> Result<BitcoinStep> {
    let inputs = inputs::prove(ground, &job.psbt, &job.links, parents)?;
    step::review(ground, &job.psbt, &job.links, inputs, parents, committed)
}
