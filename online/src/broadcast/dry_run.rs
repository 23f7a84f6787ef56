//! What servers would say, asked before anything goes out.

use airlock::Result;
use airlock::bundle::Artefact;

use super::bitcoin::Nodes;
use super::courier::Courier;
use super::job::JobStep;
use super::xrpl::Servers;
use crate::source::bitcoin::Verdict;
use crate::source::engine::{self, Outlook, Stage};
use crate::store::{State, StepRecord};

/// The most transactions that nodes try out together.
const PACKAGE: usize = 25;

/// Asks the first server of each chain that can tell. A package is tried as a whole, because the second of a pair that
/// would be refused leaves the first alone. Left out is what nobody can tell: children of unconfirmed transactions outside
/// of their package, and sequences behind the account's next one.
///
/// # Errors
/// The server's refusal, by its own code.
pub(super) fn check(
    courier: &Courier<'_>,
    records: &[StepRecord],
    nodes: Option<&Nodes<'_>>,
    servers: Option<&Servers<'_>>,
) -> Result<()> {
    let is_new = |step: &&JobStep| {
        records.get(step.index).is_some_and(|record| record.state == State::Signed)
            && !courier.is_other_rung(step, records)
    };
    if let Some(nodes) = nodes {
        for package in courier.job.packages() {
            let steps: Vec<&JobStep> =
                package.iter().filter_map(|index| courier.job.steps.get(*index)).filter(is_new).collect();
            try_package(courier, &steps, nodes)?;
        }
    }
    let Some(servers) = servers else { return Ok(()) };
    for step in courier.job.steps.iter().filter(is_new) {
        // Behind a step of the same account a server can only say that a sequence is missing.
        let follows = step
            .after
            .iter()
            .any(|earlier| courier.job.steps.get(*earlier).is_some_and(|e| e.xrp().is_some()));
        let Some(Artefact::TxJson(tx_json)) = courier.job.bundle.steps().get(step.index).map(|s| &s.artefact)
        else {
            continue;
        };
        if follows {
            continue;
        }
        let Some((name, engine)) = servers.simulate(tx_json)? else { continue };
        let Some(error) = engine::error(&engine.result, &engine.message, Stage::Trial) else { continue };
        match engine::read(&engine.result).outlook {
            // It can still succeed: submission tells.
            Outlook::Applied | Outlook::MaySucceed | Outlook::Elsewhere => {}
            Outlook::Claimed | Outlook::LookUp | Outlook::Dead | Outlook::Unknown => {
                return Err(error.at(format!("{}: {name}", step.place())));
            }
        }
    }
    Ok(())
}

fn try_package(courier: &Courier<'_>, steps: &[&JobStep], nodes: &Nodes<'_>) -> Result<()> {
    let transactions: Vec<_> =
        steps.iter().take(PACKAGE).filter_map(|step| step.bitcoin().cloned()).collect();
    if transactions.is_empty() {
        return Ok(());
    }
    let Some((name, verdicts)) = nodes.try_out(&transactions)? else { return Ok(()) };
    for (step, verdict) in steps.iter().zip(verdicts) {
        let Verdict::Refused(error) = verdict else { continue };
        let pair = step.first_of_pair.map_or(String::new(), |first| {
            format!(
                " (the second of a pair; the first, step {}, is not submitted alone)",
                first.saturating_add(1)
            )
        });
        let count = courier.job.steps.len();
        return Err(error.at(format!("{} of {count}{pair}: {name} would refuse it", step.place())));
    }
    Ok(())
}
