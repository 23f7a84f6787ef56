//! `review`: what would a bundle or PSBT do? Complete without the passphrase, and marked so.

use std::path::PathBuf;

use airlock::network::BitcoinNetwork;
use airlock::review::Book;
use airlock::time::Moment;
use clap::Args;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::clock;
use crate::error::{Failure, NOTHING_SIGNED};
use crate::files;
use crate::home::Home;
use crate::sandbox::{Access, Confinement, Folders};
use crate::subject::Subject;
use crate::unlocked::Locked;

/// Shows what bundles and PSBTs would do.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  airlock-offline review R7K3-send.bundle.json
  airlock-offline review R7K3-send.bundle.json | less
  airlock-offline review --json some.psbt")]
pub struct ReviewArgs {
    /// Bundles or PSBTs
    #[arg(required = true)]
    files: Vec<PathBuf>,
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

/// Runs the command.
///
/// # Errors
/// The first refusal.
pub fn run(
    args: &ReviewArgs,
    home: &Home,
    confinement: &Confinement,
    now: Moment,
) -> Result<Answer, Failure> {
    let outcome = reviews(args, home, confinement, now);
    outcome.map_err(|error| Failure::new(error, NOTHING_SIGNED))
}

fn reviews(
    args: &ReviewArgs,
    home: &Home,
    confinement: &Confinement,
    now: Moment,
) -> airlock::Result<Answer> {
    let accounts = Locked::read(home)?.register().accounts();
    let book = Book { accounts: &accounts, assets: &[], destinations: &[], authenticated: false };
    let (mut lines, mut reviews) = (Vec::new(), Vec::<Value>::new());
    for path in &args.files {
        let subject = Subject::read(path)?;
        let review = subject.review(&book, args.network, now).map_err(|e| e.at(files::shown(path)))?;
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(review.screen_at(&clock::show));
        lines.extend(confinement.lines());
        reviews.push(json!({
            "file": files::shown(path),
            "title": subject.title(),
            "approve": review.approval_text(),
            "review": review.to_json(),
            "screen": review.screen(),
        }));
    }
    Ok(Answer { lines, json: json!({ "reviews": reviews }) })
}
