//! What the commands of both halves do with QR codes. A half lends its terminal, its streams and its way with files.

use std::fs::File;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use airlock::{Code, Exit, Result};
use serde_json::Value;

mod content;
mod feed;
mod keep;
mod scan;
mod show;
mod watch;

pub use content::{Content, of_file};
pub use feed::Eye;
pub use keep::keep;
pub use scan::{Received, answer_to, scan};
pub use show::{show, show_also};

/// Nothing that is shown.
pub static NOT_SHOWN: Code = Code::new(
    "E-QR-050",
    Exit::BadInput,
    "Shown are bundles, signed files, watch files, snapshots, PSBTs, Bitcoin transactions and XRP transactions, and nothing \
     else: what is not known could be a secret.",
    "Show one of these. Words, seeds and private keys never leave the offline machine, neither as codes nor in a file.",
);
/// The source ended too early.
pub static INCOMPLETE: Code = Code::new(
    "E-QR-051",
    Exit::Fixable,
    "The pictures or lines ended before all parts of the file were read. What was read is forgotten.",
    "Give more of them, of one file only: a series that is shown twice, or sharper pictures.",
);
/// The person ended the scan, or a signal a scan or a show.
pub static BROKEN_OFF: Code = Code::new(
    "E-QR-052",
    Exit::Fixable,
    "The scan of a camera was ended with q or Ctrl-C, or it or a show on the terminal by a signal. What was read is forgotten.",
    "Run the command again, or move the file on a stick.",
);
/// No terminal to show codes on.
pub static NO_TERMINAL: Code = Code::new(
    "E-QR-053",
    Exit::Fixable,
    "Codes are shown on the terminal itself, and this run has none.",
    "Run it in a terminal, or use `qr show FILE` with `--to` for pictures or `--text` for lines.",
);
/// Codes cannot be written so.
pub static TARGET: Code = Code::new(
    "E-QR-054",
    Exit::Fixable,
    "One code goes into x.png or x.svg, several into x.apng, x.html or an empty folder. A line of text is one line.",
    "Choose another target.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&NOT_SHOWN, &INCOMPLETE, &BROKEN_OFF, &NO_TERMINAL, &TARGET];

/// How a half reads and writes files.
pub trait Files {
    /// Reads a whole file within the half's limit.
    ///
    /// # Errors
    /// Those of the half.
    fn read(&self, path: &Path) -> Result<Vec<u8>>;

    /// Writes a file that is not there yet; does nothing where the same bytes are there already.
    ///
    /// # Errors
    /// Those of the half.
    fn write_new(&self, path: &Path, bytes: &[u8]) -> Result<()>;
}

/// What a half lends to a command.
pub struct Lent<'a> {
    /// Lines of text, raw frames.
    pub stdin: &'a mut dyn BufRead,
    /// Notes, where there is no terminal.
    pub stderr: &'a mut dyn Write,
    /// The controlling terminal, if there is one.
    pub terminal: Option<File>,
    /// Files.
    pub files: &'a dyn Files,
}

impl Lent<'_> {
    /// A note for the person. Nobody is left to tell when it cannot be written.
    pub(crate) fn say(&mut self, text: &str) {
        let _gone = writeln!(self.stderr, "{text}");
    }
}

/// A file that a command wrote. Its bytes come from memory: a medium could give others when it is read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Where it is.
    pub path: PathBuf,
    /// What was written.
    pub bytes: Vec<u8>,
}

/// What a command has to say when it is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// For people.
    pub lines: Vec<String>,
    /// The same for programs.
    pub json: Value,
}

/// A path as it may be shown.
pub(crate) fn shown(path: &Path) -> String {
    airlock::text::Printable::from_bytes(path.as_os_str().as_encoded_bytes()).to_string()
}
