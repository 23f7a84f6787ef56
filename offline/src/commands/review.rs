//! `review`: what would a bundle or PSBT do? Complete without the passphrase, and marked so.

use std::path::PathBuf;

use airlock::network::BitcoinNetwork;
use airlock::time::Moment;
use airlock_qr::cli::FromQr;
use clap::Args;
use serde_json::{Value, json};

use super::sign::hurdles::machine_lines;
use crate::Streams;
use crate::answer::Answer;
use crate::case;
use crate::crossing::{Arrival, TO_REVIEW, TakesCodes};
use crate::desk::Desk;
use crate::error::{Failure, NOTHING_SIGNED};
use crate::files;
use crate::home::Home;
use crate::machine::findings;
use crate::sandbox::{Access, Confinement, Folders};
use crate::screen::REVIEW_COLUMNS;

/// Shows what bundles and PSBTs would do.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  airlock-offline review R7K3-send.bundle.json
  airlock-offline review R7K3-send.bundle.json | less
  airlock-offline review --json some.psbt
  airlock-offline review --from-qr              the camera reads the bundle from the other screen")]
pub struct ReviewArgs {
    /// Bundles or PSBTs
    #[arg(required_unless_present = "from_qr", conflicts_with = "from_qr")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    from_qr: FromQr,
    /// The Bitcoin network of a bare PSBT, where the vault has accounts on several
    #[arg(long)]
    network: Option<BitcoinNetwork>,
}

impl ReviewArgs {
    /// The places that the command needs.
    pub fn folders(&self, home: &Home) -> Folders {
        Folders::none().with(home.folder(), Access::Read).with_all(&self.files, Access::File)
    }
}

impl TakesCodes for ReviewArgs {
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
/// The gravest reason why a file cannot be reviewed; what the policy says is part of the answer.
pub fn run(
    args: &ReviewArgs,
    home: &Home,
    streams: &Streams<'_>,
    confinement: &Confinement,
    as_json: bool,
    now: Moment,
) -> Result<Answer, Failure> {
    let outcome = reviews(args, home, streams, confinement, as_json, now);
    outcome.map_err(|error| Failure::new(error, NOTHING_SIGNED))
}

fn reviews(
    args: &ReviewArgs,
    home: &Home,
    streams: &Streams<'_>,
    confinement: &Confinement,
    as_json: bool,
    now: Moment,
) -> airlock::Result<Answer> {
    let (_, desk) = Desk::read(home)?;
    let (cases, errors) = case::look(&desk, &args.files, args.network, now);
    if let Some(error) = case::gravest(errors) {
        return Err(error);
    }
    let machine = machine_lines(&findings(streams.machine, home), confinement);
    let (mut lines, mut reviews) = (Vec::new(), Vec::<Value>::new());
    for case in &cases {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        if as_json {
            reviews.push(json!({
                "file": files::shown(&case.path),
                "title": case.subject.title(),
                "approve": case.review.approval_text(),
                "review": case.review.to_json(),
                "policy": case.verdict.as_ref().map(|verdict| verdict.to_json()),
                "screen": case.screen(&machine, REVIEW_COLUMNS),
            }));
        }
        lines.extend(case.screen(&machine, streams.screen.columns()));
    }
    Ok(Answer { lines, json: json!({ "reviews": reviews }) })
}
