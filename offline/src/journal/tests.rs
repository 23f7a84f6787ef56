//! Laws of the journal.
