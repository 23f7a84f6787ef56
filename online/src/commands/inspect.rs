use std::path::{Path, PathBuf};

use airlock::Result;
use airlock::network::BitcoinNetwork;
use airlock_qr::cli::FromQr;
use clap::Args;

use crate::Streams;
use crate::answer::Answer;
use crate::cli::parsed;
use crate::crossing::arrive;
use crate::files;

/// Say what anything is and decode it
///
/// A file, - for stdin, or the text itself: bundle, signed file, watch file, snapshot, PSBT (version 0
/// or 2; bytes, base64 or hex), Bitcoin transaction, XRPL transaction (tx_blob or JSON), address.
/// Nothing is judged here: `verify` checks against a plan, the offline half's review checks the rest.
///
///     airlock-online inspect R7K3-send-xrp.bundle.json
///     airlock-online inspect 0200000001…
///     airlock-online inspect --from-qr
///     airlock-online inspect rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Inspect {
    /// A file, - for stdin, or text
    #[arg(required_unless_present = "from_qr", conflicts_with = "from_qr")]
    anything: Option<PathBuf>,
    #[command(flatten)]
    from_qr: FromQr,
    /// Bitcoin network for addresses and Counterparty rules where the input does not tell
    #[arg(long, default_value = "mainnet", value_parser = parsed::<BitcoinNetwork>)]
    network: BitcoinNetwork,
}

impl Inspect {
    pub(crate) fn run(&self, streams: &mut Streams<'_>) -> Result<Answer> {
        let anything = arrive(&self.from_qr, &[], self.anything.as_deref(), None, streams)?;
        let bytes = match anything.to_str() {
            Some(text) if text != "-" && !anything.exists() && !looks_like_path(text) => {
                text.as_bytes().to_vec()
            }
            _ => read_file_or_stdin(&anything, streams)?,
        };
        let inspection = airlock::inspect::inspect(&bytes, self.network)?;
        Ok(Answer { headline: Some(inspection.headline), lines: inspection.lines, json: inspection.json })
    }
}

/// True for a text that was surely meant as a file, so that a missing file is reported as such. Base64 has slashes
/// but no points; addresses, hex and JSON have none of both.
fn looks_like_path(text: &str) -> bool {
    !text.trim_start().starts_with('{') && (text.contains('.') || text.starts_with('/'))
}

/// Reads a file, or stdin for `-`.
pub(crate) fn read_file_or_stdin(path: &Path, streams: &mut Streams<'_>) -> Result<Vec<u8>> {
    if path == Path::new("-") { files::read_bounded(&mut *streams.stdin, "stdin") } else { files::read(path) }
}
