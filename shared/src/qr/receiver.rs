//! The receiving side of every format: takes the text of one code after the other and says what came of it (qr.md 9).

use bitcoin::psbt::Input;

use crate::bitcoin::psbt_v2::decode_any;
use crate::qr::frame::{Foreign, Frame};
use crate::qr::{Kind, Payload, TOO_LARGE};
use crate::{Code, Error, Exit, Result};

mod progress;
mod transfer;

pub use progress::{HINTS, Progress};
use transfer::{Step, Transfer};

/// Another thing than the command takes.
pub static UNEXPECTED: Code = Code::new(
    "E-QR-022",
    Exit::BadInput,
    "The codes carry another thing than this command takes.",
    "Choose on the sender what to show.",
);

/// UR 1.
pub static OBSOLETE: Code = Code::new(
    "E-QR-023",
    Exit::BadInput,
    "The codes are of UR 1, which was replaced in 2020 and is not read.",
    "Update the sending wallet, or move the file on a stick.",
);

/// A seed was shown.
pub static SEED: Code = Code::new(
    "E-QR-024",
    Exit::Refused,
    "The code looks like a seed or a private key. Nothing of it was kept or logged.",
    "Never show a seed to a camera of a machine that has a network. If this one has, move the funds to new keys.",
);

/// The transfer ended in a damaged file several times.
pub static DAMAGED: Code = Code::new(
    "E-QR-025",
    Exit::BadInput,
    "All parts were read, and what they make is damaged, every time.",
    "Show only one file at a time and begin again; if it stays so, move the file on a stick.",
);

/// A PSBT came back that signs something else.
pub static OTHER_TRANSACTION: Code = Code::new(
    "E-QR-026",
    Exit::BadInput,
    "The PSBT that came back is for another transaction than the one that was sent.",
    "Show the answer to this transaction.",
);

/// A PSBT came back as it was sent.
pub static NO_ANSWER: Code = Code::new(
    "E-QR-027",
    Exit::BadInput,
    "The PSBT that came back has no signature that the one that was sent does not have: it is the question, not the answer.",
    "Sign it on the other device, and show what that gives.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&UNEXPECTED, &OBSOLETE, &SEED, &DAMAGED, &OTHER_TRANSACTION, &NO_ANSWER];

/// Damaged frames after which a person is told.
const DAMAGED_TOLD: u32 = 10;
/// Frames of another transfer in a row after which it is taken for the new one.
const SWITCH: u32 = 3;
/// Damaged ends in a row after which the transfer is given up.
const GIVEN_UP: u32 = 3;

/// What came of one frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Reaction {
    /// One step nearer.
    Accepted,
    /// Nothing new.
    Repeat,
    /// Damaged, and not used; from time to time with a text for the person.
    Damaged(Option<String>),
    /// Not of this transfer, and not used; the first time with a text for the person.
    Foreign(Option<String>),
    /// The transfer began again; says why.
    Restarted(String),
    /// Everything is there.
    Done(Payload),
    /// It cannot go on.
    Stopped(Error),
}

/// A receiver of any format.
#[derive(Debug, Default)]
pub struct Receiver {
    expected: Vec<Kind>,
    current: Option<Transfer>,
    candidate: Option<(Transfer, u32)>,
    /// The last other transfer of which parts were read: no file is made of it, it is only told.
    beside: Option<Transfer>,
    read: u32,
    repeats: u32,
    rejected: u32,
    damaged_ends: u32,
    strangers: u32,
    told: Vec<Foreign>,
}

impl Receiver {
    /// Takes payloads of the `expected` kinds, or of any kind when none is named.
    pub fn new(expected: &[Kind]) -> Self {
        Self { expected: expected.to_vec(), ..Self::default() }
    }

    /// Takes the text of one code.
    pub fn accept(&mut self, text: &str) -> Reaction {
        match Frame::read(text) {
            Frame::Ur1 => self.stop(OBSOLETE.error("this is the obsolete UR 1 format; update the sender")),
            Frame::Seed => self.stop(SEED.error("this looks like a seed; nothing was kept")),
            Frame::TooLarge(what) => self.stop(TOO_LARGE.error(what)),
            Frame::Damaged(_) => self.damaged(),
            Frame::Foreign(what) => {
                let first = !self.told.contains(&what);
                if first {
                    self.told.push(what);
                }
                Reaction::Foreign(first.then(|| format!("not a transfer code: {what}")))
            }
            part @ (Frame::Ur(_) | Frame::Bbqr(_) | Frame::Specter(_) | Frame::Plain(_)) => self.part(&part),
        }
    }

    /// How far the transfer is; none before its first part.
    pub fn progress(&self) -> Option<Progress> {
        let transfer = self.current.as_ref()?;
        let (read, repeats, rejected) = (self.read, self.repeats, self.rejected);
        Some(Progress { read, repeats, rejected, ..transfer.progress() })
    }

    /// How far another transfer came whose parts were read among those of this one. Once it is done, that of the file.
    pub fn beside(&self) -> Option<Progress> {
        self.beside.as_ref().map(Transfer::progress)
    }

    /// Frames that were damaged.
    pub fn rejected(&self) -> u32 {
        self.rejected
    }

    /// Counts a picture that held a code nobody could read as text.
    pub fn damaged(&mut self) -> Reaction {
        self.rejected = self.rejected.saturating_add(1);
        let told = self.rejected.is_multiple_of(DAMAGED_TOLD);
        let count = self.rejected;
        Reaction::Damaged(
            told.then(|| format!("{count} damaged frames; clean the lens or lower the density")),
        )
    }

    fn part(&mut self, part: &Frame) -> Reaction {
        let Some(current) = &mut self.current else {
            return self.begin(part);
        };
        match current.add(part) {
            Step::New => {
                (self.candidate, self.strangers) = (None, 0);
                self.read = self.read.saturating_add(1);
                self.accepted()
            }
            Step::Repeat => {
                (self.candidate, self.strangers) = (None, 0);
                self.read = self.read.saturating_add(1);
                self.repeats = self.repeats.saturating_add(1);
                Reaction::Repeat
            }
            Step::Conflict(text) => {
                self.beside = self.current.take();
                self.forget();
                let begun = self.begin(part);
                if begun == Reaction::Accepted { Reaction::Restarted(text) } else { begun }
            }
            Step::Foreign => self.foreign(part),
        }
    }

    /// Begins a transfer with its first part.
    fn begin(&mut self, part: &Frame) -> Reaction {
        match Transfer::begin(part, &self.expected) {
            Ok(transfer) => {
                self.current = Some(transfer);
                self.read = self.read.saturating_add(1);
                self.accepted()
            }
            Err(error) => self.stop(error),
        }
    }

    /// After a part was taken: done, or one step nearer.
    fn accepted(&mut self) -> Reaction {
        if !self.current.as_ref().is_some_and(Transfer::is_complete) {
            return Reaction::Accepted;
        }
        let finished = self.current.take().map(|transfer| transfer.finish(&self.expected));
        self.forget();
        match finished {
            Some(Ok(payload)) => {
                self.damaged_ends = 0;
                Reaction::Done(payload)
            }
            Some(Err(error)) if error.code() == &UNEXPECTED || error.code() == &TOO_LARGE => self.stop(error),
            Some(Err(error)) => {
                self.damaged_ends = self.damaged_ends.saturating_add(1);
                if self.damaged_ends >= GIVEN_UP {
                    return self.stop(DAMAGED.error(format!("the file is damaged: {}", error.what())));
                }
                Reaction::Restarted(format!(
                    "all parts read but the file is damaged; parts of two files may be mixed: {}",
                    error.what()
                ))
            }
            None => Reaction::Accepted,
        }
    }

    /// A part of another transfer: the current one is kept until three in a row say that another one has begun.
    fn foreign(&mut self, part: &Frame) -> Reaction {
        match &mut self.beside {
            Some(beside) => {
                // Of a third transfer nothing is told.
                let _told = beside.add(part);
            }
            None => self.beside = Transfer::begin(part, &[]).ok(),
        }
        let (transfer, seen) = match self.candidate.take() {
            Some((mut transfer, seen)) => match transfer.add(part) {
                Step::New | Step::Repeat => (Ok(transfer), seen),
                Step::Conflict(_) | Step::Foreign => (Transfer::begin(part, &self.expected), 0),
            },
            None => (Transfer::begin(part, &self.expected), 0),
        };
        let seen = seen.saturating_add(1);
        let transfer = match transfer {
            Ok(transfer) => transfer,
            Err(error) => {
                self.strangers = self.strangers.saturating_add(1);
                return if self.strangers < SWITCH { Reaction::Foreign(None) } else { self.stop(error) };
            }
        };
        if seen < SWITCH {
            self.candidate = Some((transfer, seen));
            return Reaction::Foreign(None);
        }
        let had = self
            .current
            .as_ref()
            .map(Transfer::progress)
            .map_or((0, 0), |progress| (progress.have, progress.of));
        self.beside = self.current.take();
        self.forget();
        self.read = seen;
        self.current = Some(transfer);
        let begun = self.accepted();
        if begun != Reaction::Accepted {
            return begun;
        }
        Reaction::Restarted(format!("another transfer started; restarting (had {} of {})", had.0, had.1))
    }

    fn forget(&mut self) {
        self.current = None;
        self.candidate = None;
        (self.read, self.repeats, self.strangers) = (0, 0, 0);
    }

    fn stop(&mut self, error: Error) -> Reaction {
        self.forget();
        Reaction::Stopped(error)
    }
}

/// Checks that a PSBT which came back is for the transaction that was sent, and has a signature more.
///
/// # Errors
/// [`OTHER_TRANSACTION`] when the txid of its unsigned transaction is another one, [`NO_ANSWER`] when nothing was signed, and
/// what reading a PSBT raises.
pub fn check_answer(psbt: &[u8], sent: &bitcoin::Psbt) -> Result<()> {
    let (psbt, _) = decode_any(psbt)?;
    let [came, asked] = [&psbt, sent].map(|psbt| psbt.unsigned_tx.compute_txid());
    if came != asked {
        return Err(OTHER_TRANSACTION
            .error(format!("signed PSBT is for another transaction: {came} instead of {asked}")));
    }
    if psbt.inputs.iter().zip(&sent.inputs).any(|(came, sent)| has_more(came, sent)) {
        return Ok(());
    }
    Err(NO_ANSWER.error("this is the question, not the answer: no signature was added"))
}

/// Whether an input has a signature, or is final, where it was not before.
fn has_more(came: &Input, sent: &Input) -> bool {
    let is_new = |came: bool, sent: bool| came && !sent;
    came.partial_sigs.keys().any(|key| !sent.partial_sigs.contains_key(key))
        || came.tap_script_sigs.keys().any(|key| !sent.tap_script_sigs.contains_key(key))
        || is_new(came.tap_key_sig.is_some(), sent.tap_key_sig.is_some())
        || is_new(came.final_script_sig.is_some(), sent.final_script_sig.is_some())
        || is_new(came.final_script_witness.is_some(), sent.final_script_witness.is_some())
}

#[cfg(test)]
pub(super) mod tests;
