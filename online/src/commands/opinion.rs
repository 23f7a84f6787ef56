//! What a Counterparty server would have composed, beside what was planned.

use airlock::bundle::{Bundle, Contents};
use airlock::counterparty::rules::Rules;
use airlock::snapshot::Snapshot;
use airlock::{Code, Exit, Result};
use serde_json::{Value, json};

use crate::source::open::Sources;
use crate::source::second_opinion::{self, Opinion, Outcome};

/// A server that composes something else.
pub(crate) static DIFFERS: Code = Code::new(
    "E-LIVE-006",
    Exit::Refused,
    "The Counterparty server was asked to compose the same payment, and would compose another one. One of the two has a \
     fault, or the server speaks another version of the protocol.",
    "Find out which is right before anything is signed. To plan without asking: `--without-second-opinion`.",
);

/// Asks about every Counterparty send of a bundle; nothing where there is none.
///
/// # Errors
/// [`DIFFERS`]. A server that cannot say is no error.
pub(crate) fn ask(sources: &Sources, bundle: &Bundle, snapshot: &Snapshot) -> Result<Vec<Opinion>> {
    let Some(bitcoin) = &snapshot.bitcoin else { return Ok(Vec::new()) };
    let contents: &Contents = bundle.contents();
    let rules = Rules::at(bitcoin.network, bitcoin.height);
    let Ok((server, _)) = sources.read_counterparty() else { return Ok(Vec::new()) };
    let opinions = second_opinion::of_plan(server, contents, &rules);
    let differences: Vec<String> = opinions.iter().flat_map(differences).collect();
    match differences.is_empty() {
        true => Ok(opinions),
        false => Err(DIFFERS.error(format!("{}: {}", server.name(), differences.join("; ")))),
    }
}

fn differences(opinion: &Opinion) -> Vec<String> {
    let step = opinion.step.saturating_add(1);
    match &opinion.outcome {
        Outcome::Agrees | Outcome::None(_) => Vec::new(),
        Outcome::Differs(sentences) => sentences.iter().map(|said| format!("step {step}: {said}")).collect(),
    }
}

/// One line for all of them, none where nothing was asked.
pub(crate) fn line(opinions: &[Opinion]) -> Option<String> {
    let agrees = opinions.iter().filter(|opinion| opinion.outcome == Outcome::Agrees).count();
    let silent = opinions.iter().find_map(|opinion| match &opinion.outcome {
        Outcome::None(why) => Some(why),
        Outcome::Agrees | Outcome::Differs(_) => None,
    });
    let all = opinions.len();
    match silent {
        _ if opinions.is_empty() => None,
        None => Some("second opinion: the server would compose the same".to_owned()),
        Some(why) if agrees == 0 => Some(format!("second opinion: not available ({why})")),
        Some(why) => {
            Some(format!("second opinion: the same for {agrees} of {all} messages; otherwise: {why}"))
        }
    }
}

/// The same for programs.
pub(crate) fn to_json(opinions: &[Opinion]) -> Value {
    let opinion = |opinion: &Opinion| match &opinion.outcome {
        Outcome::Agrees => json!({ "step": opinion.step, "outcome": "agrees" }),
        Outcome::Differs(sentences) => {
            json!({ "step": opinion.step, "outcome": "differs", "differences": sentences })
        }
        Outcome::None(why) => json!({ "step": opinion.step, "outcome": "none", "why": why }),
    };
    opinions.iter().map(opinion).collect()
}
