use std::path::Path;

use airlock::Result;
use airlock_qr::cli::{QrCommand, ScanArgs};
use airlock_qr::command::{Eye, Outcome, answer_to, keep, scan, show};
use clap::Args;

use crate::Streams;
use crate::answer::Answer;
use crate::crossing::{OwnFiles, lend};
use crate::files;

/// Show a file as QR codes, or read one from them
///
///     airlock-online qr show R7K3-send-xrp.bundle.json
///     airlock-online qr scan
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Qr {
    #[command(subcommand)]
    command: QrCommand,
}

impl Qr {
    pub(crate) fn run(&self, streams: &mut Streams<'_>) -> Result<Answer> {
        let Outcome { lines, json } = match &self.command {
            QrCommand::Show(args) => show(args, &mut lend(streams))?,
            QrCommand::Scan(args) => scan_file(args, streams)?,
        };
        Ok(Answer { headline: None, lines, json })
    }
}

fn scan_file(args: &ScanArgs, streams: &mut Streams<'_>) -> Result<Outcome> {
    if let Some(out) = args.out.as_deref().filter(|out| !out.is_dir()) {
        let is_folder = out.as_os_str().as_encoded_bytes().ends_with(b"/");
        files::check_folder(if is_folder { out } else { out.parent().unwrap_or(Path::new("")) })?;
    }
    let sent = answer_to(args.answer_to.as_deref(), &OwnFiles)?;
    let received = scan(Eye::open(args.source())?, &[], sent, &mut lend(streams))?;
    Ok(keep(received, args.out.as_deref(), &OwnFiles)?.1)
}
