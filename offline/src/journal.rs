//! journal.jsonl: what was signed and what was decided, one line each, in a chain that nobody can quietly rewrite.
//!
//! Each line holds its number, the hash of the line before it, the journal's time, what happened, and a MAC under a key
//! of the vault (`docs/FORMAT.md` has it byte by byte). The chain is checked without the passphrase ([`Chain`]), the
//! seals with it ([`Journal`]). A line is written and synced before a signature leaves. Lines that are missing, moved,
//! doubled, changed or foreign are refused; only lines cut off cleanly at the end cannot be seen from here, and those
//! are revealed by the head that the online half sends back ([`Chain::check_echo`]).
//!
//! A line that a power cut tore is reported, never dropped silently: [`mend`] puts it aside after a typed sentence.

mod append;
mod chain;
mod lines;
mod record;
mod repair;
mod time;

use airlock::{Code, Exit};

use append::first_line;
pub use append::{Journal, first_lines};
pub use chain::{Chain, Earlier, Entry};
pub use record::{Event, Record, Signing};
pub use repair::{Ailment, Mended, examine, mend};
pub use time::{DAY_SECONDS, JUMP_SECONDS};

/// No journal beside a vault.
pub static MISSING: Code = Code::new(
    "E-JRNL-001",
    Exit::Environment,
    "A journal begins with the vault, so that limits and what was signed before are known. Without it nothing is signed: \
     somebody took it away, or it was not restored with the vault.",
    "Restore journal.jsonl from the newest copy of the home folder. If it is lost, `airlock-offline journal repair` begins \
     a new one after a typed sentence.",
);
/// A journal that is not a chain of records.
pub static DAMAGED: Code = Code::new(
    "E-JRNL-002",
    Exit::BadInput,
    "Each line of the journal names the hash of the line before it. A line was changed, moved, doubled, added or taken \
     away, or the disk failed.",
    "Restore journal.jsonl from the newest copy of the home folder and find out who changed it. If no copy is left, \
     `airlock-offline journal repair` puts the damaged one aside and begins a new one after a typed sentence.",
);
/// A journal whose last line is not whole.
pub static TORN: Code = Code::new(
    "E-JRNL-003",
    Exit::Fixable,
    "The last line of the journal is not whole: the machine stopped while it was written. A signature leaves only after \
     its line is on the disk, so what this line was for was not signed; but a line that was cut by hand looks the same.",
    "Run `airlock-offline journal repair`: it puts the piece aside and notes it in the journal after a typed sentence.",
);
/// A record that this vault did not write.
pub static NOT_AUTHENTIC: Code = Code::new(
    "E-JRNL-004",
    Exit::Refused,
    "A line of the journal does not carry the seal of this vault: it was changed, or the journal belongs to another vault.",
    "Restore vault and journal.jsonl from the same copy of the home folder, and find out who changed them.",
);
/// The online half saw a record that this journal has not.
pub static ROLLED_BACK: Code = Code::new(
    "E-JRNL-005",
    Exit::Environment,
    "The bundle names the last journal head that the online half saw on a signed file. This journal does not have it: it \
     is older than what was signed, was begun anew, or the bundle is for another vault. Limits of the day and the \
     warnings of second payments do not know what is missing.",
    "Restore the newest journal.jsonl; compare the head with the one noted after the last signing.",
);
/// The clock is before the last record.
pub static CLOCK_BEHIND: Code = Code::new(
    "E-JRNL-006",
    Exit::Environment,
    "The journal's time never goes back, and a clock set back would give the limits of a day once more.",
    "Set the clock of this machine.",
);
/// The clock is far ahead of the last record.
pub static CLOCK_AHEAD: Code = Code::new(
    "E-JRNL-007",
    Exit::Fixable,
    "More than 7 days passed since the last record, or the clock was set ahead; a clock ahead would begin a new day for \
     the limits, and the journal could not be written at the right time afterwards.",
    "Compare the clock with another one; if it is right, type the sentence.",
);
/// Somebody else writes the journal.
pub static BUSY: Code = Code::new(
    "E-JRNL-008",
    Exit::Fixable,
    "Another run of airlock-offline is signing, or wrote a record meanwhile. One run judges and writes at a time, so that \
     two cannot both pass under one limit.",
    "Run the command again when the other one has ended.",
);
/// Beyond the limits of a journal.
pub static FULL: Code = Code::new(
    "E-JRNL-009",
    Exit::BadInput,
    "A journal has at most 512 MiB and 1,000,000 records, and a record at most 32 MiB.",
    "Export the journal, move the keys into a new vault, which begins a new journal, and keep the old one.",
);

/// The codes of this module.
pub static CODES: &[&Code] =
    &[&MISSING, &DAMAGED, &TORN, &NOT_AUTHENTIC, &ROLLED_BACK, &CLOCK_BEHIND, &CLOCK_AHEAD, &BUSY, &FULL];

#[cfg(test)]
mod tests;
