//! The accepted policy: policy.toml as a person edits it counts only while it is, byte for byte, what was accepted last.
//!
//! What was accepted is told by the journal: its last record of an acceptance holds the SHA-256 of the text. Beside it
//! lies `policy.accepted.toml`, a copy of that text, from which differences are shown. Accepting writes the record first
//! and the copy afterwards; a crash between them leaves an old copy, whose hash is not the record's: then there is no
//! copy to compare with, policy.toml is the accepted text all the same, and the next `policy accept` or `sign` writes
//! the copy again. A missing policy.toml is not a policy without rules: nothing is signed.

use std::io::ErrorKind;
use std::path::Path;

use airlock::policy::Policy;
use airlock::text::Printable;
use airlock::{Code, Error, Exit, Result};
use bitcoin::hashes::{Hash, sha256};
use bitcoin::hex::DisplayHex;

use crate::files;
use crate::home::Home;

/// A policy that was not accepted.
pub static POLICY_CHANGED: Code = Code::new(
    "E-OFPOL-001",
    Exit::Fixable,
    "policy.toml is not, byte for byte, the policy that was accepted last. Nothing is signed under rules that nobody \
     has read on this machine.",
    "Read what changed and accept it with `airlock-offline policy accept`, or put the accepted text back: it lies in \
     policy.accepted.toml.",
);
/// No policy at all.
pub static NO_POLICY: Code = Code::new(
    "E-OFPOL-002",
    Exit::Fixable,
    "There is no policy.toml beside the vault. A missing file is not a policy without rules.",
    "Copy policy.accepted.toml to policy.toml in the home folder, or restore it from the backup; a text other than the \
     accepted one needs `airlock-offline policy accept`.",
);
/// Another approval than the one asked for.
pub static NOT_ACCEPTED: Code = Code::new(
    "E-OFPOL-003",
    Exit::Fixable,
    "A policy is accepted by typing the first eight digits of the SHA-256 of its text, which stand under the difference.",
    "Run `airlock-offline policy accept` again, read the difference, and type the digits.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&POLICY_CHANGED, &NO_POLICY, &NOT_ACCEPTED];

/// The SHA-256 of a policy's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyHash([u8; 32]);

impl PolicyHash {
    /// Hashes a text.
    pub fn of(text: &str) -> Self {
        Self(sha256::Hash::hash(text.as_bytes()).to_byte_array())
    }

    /// 64 digits, as `sha256sum policy.toml` prints them.
    pub fn to_hex(self) -> String {
        self.0.to_lower_hex_string()
    }

    /// What is typed to accept the text: the first eight digits.
    pub fn approval(self) -> String {
        self.0.first_chunk::<4>().map(|first| first.to_lower_hex_string()).unwrap_or_default()
    }
}

/// The policy files of a home, and what the journal says was accepted.
#[derive(Clone, Debug)]
pub struct Rules {
    file: Option<String>,
    copy: Option<String>,
    accepted: Option<String>,
}

impl Rules {
    /// Reads both files; `accepted` is the hash, in hex, that the journal's last acceptance holds.
    ///
    /// # Errors
    /// What reading can meet, except that a file is missing.
    pub fn read(home: &Home, accepted: Option<&str>) -> Result<Self> {
        let (file, copy) = (read_text(&home.policy())?, read_text(&home.accepted_policy())?);
        Ok(Self { file, copy, accepted: accepted.map(str::to_owned) })
    }

    /// The text of policy.toml.
    ///
    /// # Errors
    /// [`NO_POLICY`].
    pub fn file(&self) -> Result<&str> {
        self.file.as_deref().ok_or_else(|| NO_POLICY.error("there is no policy.toml"))
    }

    /// The text that was accepted last, where it is still known.
    pub fn accepted(&self) -> Option<&str> {
        [&self.file, &self.copy].into_iter().flatten().map(String::as_str).find(|text| self.is_accepted(text))
    }

    /// True for exactly the text that was accepted last.
    pub fn is_accepted(&self, text: &str) -> bool {
        self.accepted.as_deref() == Some(PolicyHash::of(text).to_hex().as_str())
    }

    /// True for another acceptance than the one that these files were compared with.
    pub fn is_other(&self, accepted: Option<&str>) -> bool {
        self.accepted.as_deref() != accepted
    }

    /// True where the copy is not what policy.toml and the journal agree on: a crash came between record and copy.
    pub fn needs_copy(&self) -> bool {
        self.file.as_deref().is_some_and(|text| self.is_accepted(text)) && self.copy != self.file
    }

    /// The policy to judge by.
    ///
    /// # Errors
    /// [`NO_POLICY`], [`POLICY_CHANGED`].
    pub fn policy(&self) -> Result<Policy> {
        let text = self.file()?;
        if !self.is_accepted(text) {
            return Err(self.changed(text));
        }
        Policy::parse(text)
    }

    fn changed(&self, text: &str) -> Error {
        let now = PolicyHash::of(text).approval();
        POLICY_CHANGED.error(match self.accepted.as_deref().and_then(|hash| hash.get(..8)) {
            Some(before) => {
                // The journal that says it may not be authentic yet.
                let before = Printable::new(before);
                format!("policy.toml has the SHA-256 {now}…, accepted was the text with {before}…")
            }
            None => format!("policy.toml has the SHA-256 {now}…, and no policy was accepted yet"),
        })
    }
}

/// Writes the copy of an accepted text.
///
/// # Errors
/// As [`files::replace`].
pub fn keep_copy(home: &Home, text: &str) -> Result<()> {
    files::replace(&home.accepted_policy(), text.as_bytes())
}

/// The text of a policy file; none where there is no such file.
///
/// # Errors
/// What reading can meet; bytes that are not UTF-8 are no policy.
pub fn read_text(path: &Path) -> Result<Option<String>> {
    match std::fs::symlink_metadata(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(_) | Ok(_) => {}
    }
    let bytes = files::read_bounded(path)?;
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_| crate::error::NOT_TEXT.error(format!("{} is not UTF-8 text", files::shown(path))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(file: Option<&str>, copy: Option<&str>, accepted: Option<&str>) -> Rules {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Rules {
            file: owned(file),
            copy: owned(copy),
            accepted: accepted.map(|text| PolicyHash::of(text).to_hex()),
        }
    }

    #[test]
    fn only_the_accepted_text_is_a_policy() {
        let code = |rules: &Rules| rules.policy().err().map(|error| error.code().id);
        assert_eq!(code(&rules(Some("version = 1\n"), None, Some("version = 1\n"))), None);
        for (file, accepted, id) in [
            (Some("version = 1\n"), Some("version = 1 \n"), "E-OFPOL-001"),
            (Some("version = 1\n"), None, "E-OFPOL-001"),
            (None, Some("version = 1\n"), "E-OFPOL-002"),
        ] {
            // The copy stands in for nothing: neither for a changed file nor for a missing one.
            assert_eq!(code(&rules(file, accepted, accepted)), Some(id));
        }
    }

    #[test]
    fn after_a_crash_between_record_and_copy_the_record_decides() {
        let crashed = rules(Some("new"), Some("old"), Some("new"));
        assert_eq!(crashed.accepted(), Some("new"));
        assert!(crashed.needs_copy());
        let edited_again = rules(Some("newer"), Some("old"), Some("new"));
        assert_eq!(edited_again.accepted(), None, "an old copy is not what was accepted");
        assert!(!edited_again.needs_copy());
        let usual = rules(Some("newer"), Some("new"), Some("new"));
        assert_eq!(usual.accepted(), Some("new"));
    }
}
