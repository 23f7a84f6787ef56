//! What can go wrong in the offline half outside the review: arguments, files, terminal, places. And how it is told.

use airlock::{Code, Error, Exit};

use crate::answer::Answer;

/// Arguments that make no sense.
pub static USAGE: Code = Code::new(
    "E-OFARG-001",
    Exit::BadInput,
    "The command line has an unknown command or option, a missing one, or a value of the wrong form.",
    "Look at `airlock-offline --help`, or at the command's own `--help` with its examples.",
);
/// A code that does not exist.
pub static UNKNOWN_CODE: Code = Code::new(
    "E-OFARG-002",
    Exit::BadInput,
    "Error codes look like E-AMT-002; docs/ERRORS.md lists all of them.",
    "Copy the code as the message printed it.",
);
/// Not as many approvals as files.
pub static APPROVALS: Code = Code::new(
    "E-OFARG-003",
    Exit::Fixable,
    "Each file needs one approval of its own, given in the order of the files.",
    "Give `--approve` once for each file; `airlock-offline review FILE` prints what each expects.",
);
/// A secret that was to be read by a camera.
pub static NO_CAMERA: Code = Code::new(
    "E-OFARG-004",
    Exit::Refused,
    "Words, seeds and private keys are never read from QR codes: what can be shown to a camera was in a picture, and \
     somebody else's camera could have seen it.",
    "Type it on this machine, or read it from a file with `--secret-file FILE`.",
);
/// No bundle, or several, where one is looked for.
pub static NO_BUNDLE: Code = Code::new(
    "E-OFMED-001",
    Exit::Fixable,
    "Without a file `sign` looks one level deep in the folders of removable media and in the current folder for one \
     bundle that has no signed file beside it.",
    "Name the file: `airlock-offline sign FILE`.",
);
/// A file that cannot be read.
pub static CANNOT_READ: Code = Code::new(
    "E-OFFILE-001",
    Exit::Environment,
    "The file does not exist or may not be read.",
    "Check the path, the stick and the permissions.",
);
/// Not a regular file.
pub static NOT_REGULAR: Code = Code::new(
    "E-OFFILE-002",
    Exit::BadInput,
    "Only regular files are read: no links, pipes, devices or folders. A stick from elsewhere can hold any of them \
     under a harmless name.",
    "Copy the file itself onto the stick again.",
);
/// A file that is too large.
pub static TOO_LARGE: Code = Code::new(
    "E-OFFILE-003",
    Exit::BadInput,
    "No file of Airlock is larger than 32 MiB, and no secret longer than 4 KiB.",
    "Check that this is the right file.",
);
/// A file that would have to be overwritten.
pub static EXISTS: Code = Code::new(
    "E-OFFILE-004",
    Exit::Fixable,
    "A file of this name is there already and says something else. Files are never overwritten.",
    "Move the file away, or write to another folder with `--out`.",
);
/// A file that cannot be written.
pub static CANNOT_WRITE: Code = Code::new(
    "E-OFFILE-005",
    Exit::Environment,
    "The folder does not exist or may not be written to, or the disk is full.",
    "Check the folder, the stick, the permissions and the free space.",
);
/// Bytes that are no text.
pub static NOT_TEXT: Code = Code::new(
    "E-OFFILE-006",
    Exit::BadInput,
    "The file has to be UTF-8 text.",
    "Check that this is the right file, and save it as UTF-8.",
);
/// No place for the program's own files.
pub static NO_HOME: Code = Code::new(
    "E-OFHOME-001",
    Exit::Environment,
    "The vault lies in `--home`, else AIRLOCK_OFFLINE_HOME, else XDG_DATA_HOME/airlock-offline, else \
     .local/share/airlock-offline in the home folder.",
    "Say where with `--home DIR`.",
);
/// No terminal to ask on.
pub static NO_TERMINAL: Code = Code::new(
    "E-TERM-001",
    Exit::Fixable,
    "Reviews and questions go to the terminal itself, and this run has none.",
    "Give what would be asked by option: `--approve VALUE`, `--passphrase-file FILE`, `--secret-file FILE`.",
);
/// The terminal fails, or the person broke off.
pub static BROKEN_OFF: Code = Code::new(
    "E-TERM-002",
    Exit::Fixable,
    "The question was broken off with Ctrl-C, Ctrl-D or q, or the terminal went away.",
    "Run the command again.",
);
/// A typed line that is too long or not text.
pub static BAD_LINE: Code = Code::new(
    "E-TERM-003",
    Exit::BadInput,
    "An answer is one line of UTF-8 text of at most 4 KiB.",
    "Type it again; where it was read from a file, leave one line in it.",
);
/// A window in which a review cannot be read.
pub static TOO_SMALL: Code = Code::new(
    "E-TERM-004",
    Exit::Fixable,
    "A review is read in a window of at least 40 columns and 12 rows, so that no line leaves the screen unread.",
    "Make the window larger and run the command again.",
);
/// A passphrase that differs, is empty or too short.
pub static BAD_PASSPHRASE: Code = Code::new(
    "E-PASS-001",
    Exit::Fixable,
    "A new passphrase is typed twice the same, has at least 12 characters (test vaults: 1), and is one line.",
    "Choose a longer passphrase, for example six words, and type it the same twice.",
);
/// The operating system gives no randomness.
pub static NO_ENTROPY: Code = Code::new(
    "E-OFSYS-001",
    Exit::Environment,
    "The operating system's random source failed, so no salt and no nonce can be made.",
    "Do not go on on this machine.",
);
/// Two reviews of the same bytes that differ.
pub static REVIEW_CHANGED: Code = Code::new(
    "E-OFSYS-002",
    Exit::Internal,
    "The review after unlocking differs from the one that was approved, although bytes and accounts are the same.",
    "Report this; do not sign with this program.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[
    &USAGE,
    &UNKNOWN_CODE,
    &APPROVALS,
    &NO_CAMERA,
    &NO_BUNDLE,
    &CANNOT_READ,
    &NOT_REGULAR,
    &TOO_LARGE,
    &EXISTS,
    &CANNOT_WRITE,
    &NOT_TEXT,
    &NO_HOME,
    &NO_TERMINAL,
    &BROKEN_OFF,
    &BAD_LINE,
    &TOO_SMALL,
    &BAD_PASSPHRASE,
    &NO_ENTROPY,
    &REVIEW_CHANGED,
];

/// All codes that this program can print: those of the library and its own.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    let own = [
        CODES,
        crate::backup::CODES,
        crate::commands::sign::hurdles::CODES,
        crate::derive::CODES,
        crate::dice::CODES,
        crate::entropy::CODES,
        crate::founding::CODES,
        crate::hygiene::CODES,
        crate::journal::CODES,
        crate::keyring::CODES,
        crate::keys::CODES,
        crate::machine::CODES,
        crate::paper::CODES,
        crate::recipe::CODES,
        crate::register::CODES,
        crate::rules::CODES,
        crate::sandbox::CODES,
        crate::self_test::CODES,
        crate::sign::CODES,
        crate::subject::CODES,
        crate::vault::CODES,
        crate::commands::words::CODES,
    ];
    airlock::codes::all().chain(airlock_qr::codes()).chain(own.into_iter().flatten().copied())
}

/// State of the world where a command only looked.
pub const NOTHING_CHANGED: &str = "Nothing was changed.";
/// State of the world where a signing run stopped before its first signed file.
pub const NOTHING_SIGNED: &str = "Nothing was signed. Nothing was written.";

/// An error with the state of the world, which only the command knows.
#[derive(Debug)]
pub struct Failure {
    /// What is wrong and what to do.
    pub error: Error,
    /// What was done and what was not: sentences with their full stops.
    pub state: String,
    /// What the command found all the same: a verdict that refuses is worth reading.
    pub answer: Option<Box<Answer>>,
}

impl Failure {
    /// An error of a run that left the world in this state.
    pub fn new(error: Error, state: impl Into<String>) -> Self {
        Self { error, state: state.into(), answer: None }
    }

    /// With what the command found.
    #[must_use]
    pub fn with_answer(mut self, answer: Answer) -> Self {
        self.answer = Some(Box::new(answer));
        self
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(error, NOTHING_CHANGED)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn every_code_of_the_program_is_well_formed_and_its_own() {
        let mut seen = BTreeSet::new();
        for code in super::codes() {
            assert!(airlock::codes::is_well_formed(code.id), "{}", code.id);
            assert!(seen.insert(code.id), "{} is listed twice", code.id);
        }
    }
}
