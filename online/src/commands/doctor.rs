use std::time::Duration;

use airlock::Exit;
use airlock::Result;
use clap::Args;
use serde_json::{Value, json};

use crate::answer::{Answer, table};
use crate::cli::Global;
use crate::clock;
use crate::commands::Done;
use crate::commands::live::Live;
use crate::store::Store;

mod finding;
mod servers;
mod together;

use finding::{Finding, Grade};

/// Between two looks at servers that are one block apart.
const PAUSE: Duration = Duration::from_secs(2);

/// Try every server of airlock.toml, and say what to do
///
/// Whether each can be reached, is of the right network and has caught up; whether they agree on the last blocks; where a
/// credential travels in the open; whether this machine's clock and store are right. Exit code 4 where something stands
/// in the way of planning or broadcasting.
///
///     airlock-online doctor
///     airlock-online doctor --json --trace
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Doctor {}

impl Doctor {
    pub(crate) fn run(&self, global: &Global) -> Result<Done> {
        let live = Live::open(global)?;
        let mut findings = servers::in_the_open(&live.config);
        let seen = servers::look(&live.sources, PAUSE, &mut findings)?;
        findings.extend(together::findings(&live.sources, &seen, PAUSE, clock::now())?);
        findings.push(store(&live)?);
        findings.push(accounts(&live));
        Ok(answer(&findings))
    }
}

fn store(live: &Live) -> Result<Finding> {
    Ok(match Store::open_existing(&live.home) {
        Ok(None) => Finding::good("store", "file", "none yet".to_owned()),
        Ok(Some(store)) => match store.check() {
            Ok(()) => Finding::good("store", "file", "every page and reference is right".to_owned()),
            Err(error) => Finding::of_error("store", "file", &error),
        },
        Err(error) => Finding::of_error("store", "file", &error),
    })
}

fn accounts(live: &Live) -> Finding {
    match live.home.accounts_for_planning() {
        Ok(accounts) => Finding::good("store", "accounts", format!("{}", accounts.len())),
        Err(error) => Finding { grade: Grade::Warns, ..Finding::of_error("store", "accounts", &error) },
    }
}

fn answer(findings: &[Finding]) -> Done {
    let row = |finding: &Finding| {
        let mark = finding.grade.mark().to_owned();
        vec![mark, finding.server.clone(), finding.name.to_owned(), finding.what.clone()]
    };
    let rows: Vec<Vec<String>> = findings.iter().map(row).collect();
    let mut lines = Vec::new();
    for (line, finding) in table(&rows).into_iter().zip(findings) {
        lines.push(line);
        if !finding.next.is_empty() {
            lines.push(format!("       {}", finding.next));
        }
    }
    let count = |grade: Grade| findings.iter().filter(|finding| finding.grade == grade).count();
    let (forbidding, warning) = (count(Grade::Forbids), count(Grade::Warns));
    lines.push(match (forbidding, warning) {
        (0, 0) => "Everything is as it should be.".to_owned(),
        (0, warning) => format!("Fit for work; to be looked at: {warning}."),
        (forbidding, _) => format!("Not fit for work: {forbidding} of {} checks fail.", findings.len()),
    });
    let checks: Vec<Value> = findings.iter().map(Finding::to_json).collect();
    let json = json!({ "fit": forbidding == 0, "checks": checks });
    let exit = (forbidding > 0).then_some(Exit::Environment);
    Done { answer: Answer { headline: None, lines, json }, crossing: None, exit }
}

#[cfg(test)]
mod tests;
