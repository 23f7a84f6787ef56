//! `inspect`: says what something is and decodes it. Reads only, judges nothing, needs no vault.

use std::path::{Path, PathBuf};

use airlock::inspect::inspect;
use airlock::network::BitcoinNetwork;
use airlock_qr::cli::FromQr;
use clap::Args;
use serde_json::json;

use crate::answer::Answer;
use crate::crossing::{Arrival, TakesCodes};
use crate::error::Failure;
use crate::files;
use crate::sandbox::{Access, Folders};

/// Says what a file or text is and decodes it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  airlock-offline inspect R7K3-send.bundle.json
  airlock-offline inspect some.psbt
  airlock-offline inspect --from-qr              what the camera sees; it is written to a file first
  airlock-offline inspect 0200000001…            a raw transaction as text
  airlock-offline inspect --network regtest bcrt1q…")]
pub struct InspectArgs {
    /// A file, or the text itself
    #[arg(required_unless_present = "from_qr", conflicts_with = "from_qr")]
    anything: Option<PathBuf>,
    #[command(flatten)]
    from_qr: FromQr,
    /// The network of addresses where the bytes do not tell it
    #[arg(long, default_value = "mainnet")]
    network: BitcoinNetwork,
}

impl InspectArgs {
    /// The places that the command needs.
    pub fn folders(&self) -> Folders {
        Folders::none().with_all(&self.anything, Access::File)
    }
}

impl TakesCodes for InspectArgs {
    fn arrival(&self) -> Option<Arrival> {
        Some(Arrival { source: self.from_qr.source.clone()?, kinds: &[], out: None })
    }

    fn arrived(&mut self, path: PathBuf) {
        self.anything = Some(path);
    }
}

/// Runs the command.
///
/// # Errors
/// When the file cannot be read, or it is nothing that is known.
pub fn run(args: &InspectArgs) -> Result<Answer, Failure> {
    let anything = args.anything.as_deref().unwrap_or(Path::new(""));
    let is_file = std::fs::symlink_metadata(anything).is_ok();
    let (name, bytes) = if is_file {
        (files::shown(anything), files::read_bounded(anything)?)
    } else {
        ("the text".to_owned(), text(anything))
    };
    let found = inspect(&bytes, args.network).map_err(|e| e.at(&name))?;
    let mut lines = vec![format!("{name}: {}", found.headline)];
    lines.extend(found.lines);
    Ok(Answer { lines, json: json!({ "kind": found.kind, "content": found.json }) })
}

fn text(argument: &Path) -> Vec<u8> {
    argument.as_os_str().as_encoded_bytes().to_vec()
}
