//! `policy test`: would these bundles pass today?

use std::path::PathBuf;

use airlock::network::BitcoinNetwork;
use airlock::policy::Policy;
use airlock::time::Moment;
use airlock::{Error, Result};
use airlock_qr::cli::FromQr;
use clap::Args;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::case::{self, Case};
use crate::crossing::{Arrival, TO_REVIEW, TakesCodes};
use crate::desk::Desk;
use crate::error::{CANNOT_READ, Failure, NOTHING_SIGNED};
use crate::home::Home;
use crate::rules::read_text;
use crate::sandbox::{Access, Folders};
use crate::{clock, files};

/// Asks the policy about bundles.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  airlock-offline policy test R7K3-send.bundle.json
  airlock-offline policy test R7K3-send.bundle.json --policy draft.toml
        what would it say under rules that are not accepted yet?

Exit code 0: every file may pass; 1: a rule says no.")]
pub struct TestArgs {
    /// Bundles or PSBTs, judged together as `sign` judges them
    #[arg(required_unless_present = "from_qr", conflicts_with = "from_qr")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    from_qr: FromQr,
    /// Judge by this policy instead of policy.toml in the home folder
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The Bitcoin network of a bare PSBT, where the vault has accounts on several
    #[arg(long)]
    network: Option<BitcoinNetwork>,
}

impl TestArgs {
    /// The places that the command needs.
    pub fn folders(&self, home: Folders) -> Folders {
        home.with_all(&self.files, Access::File).with_all(&self.policy, Access::File)
    }
}

impl TakesCodes for TestArgs {
    fn arrival(&self) -> Option<Arrival> {
        Some(Arrival { source: self.from_qr.source.clone()?, kinds: TO_REVIEW, out: None })
    }

    fn arrived(&mut self, path: PathBuf) {
        self.files.push(path);
    }
}

/// Runs the command.
///
/// # Errors
/// The gravest reason of the review, else the policy's first refusal with the whole verdict.
pub(super) fn run(args: &TestArgs, home: &Home, now: Moment) -> Result<Answer, Failure> {
    let unsigned = |error| Failure::new(error, NOTHING_SIGNED);
    let (answer, refusal) = judge(args, home, now).map_err(unsigned)?;
    match refusal {
        Some(error) => Err(unsigned(error).with_answer(answer)),
        None => Ok(answer),
    }
}

fn judge(args: &TestArgs, home: &Home, now: Moment) -> Result<(Answer, Option<Error>)> {
    let (_, desk) = Desk::read(home)?;
    let (text, by) = match &args.policy {
        Some(path) => (
            read_text(path)?
                .ok_or_else(|| CANNOT_READ.error(format!("there is no file {}", files::shown(path))))?,
            files::shown(path),
        ),
        None => (desk.rules.file()?.to_owned(), "policy.toml".to_owned()),
    };
    let is_accepted = desk.rules.is_accepted(&text);
    let desk = desk.with_policy(Ok(Policy::parse(&text).map_err(|e| e.at(&by))?));
    let (cases, errors) = case::look(&desk, &args.files, args.network, now);
    if let Some(error) = case::gravest(errors) {
        return Err(error);
    }
    let accepted = if is_accepted { "accepted" } else { "NOT accepted yet" };
    let mut lines = vec![format!(
        "By {by} ({accepted}) at {}; accounts, policy and journal not yet authenticated",
        clock::show(desk.chain.now(now))
    )];
    for case in &cases {
        lines.push(String::new());
        lines.push(format!("{}: {}", files::shown(&case.path), case.review.headline_at(&clock::show)));
        lines.extend(case.verdict.iter().flat_map(|verdict| verdict.lines()).map(|line| format!("  {line}")));
    }
    let verdicts: Vec<Value> = cases
        .iter()
        .map(|case| {
            json!({
                "file": files::shown(&case.path),
                "title": case.subject.title(),
                "policy": case.verdict.as_ref().map(|verdict| verdict.to_json()),
            })
        })
        .collect();
    let json = json!({ "verdicts": verdicts, "accepted": is_accepted, "authenticated": false });
    Ok((Answer { lines, json }, cases.iter().find_map(Case::refusal)))
}
