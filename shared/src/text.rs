//! The only way in which outside text reaches a screen.
//!
//! Memos, descriptions, file names and names from other machines can carry escape sequences, line
//! breaks, right-to-left marks and look-alike letters. [`Printable`] shows printable ASCII as it is and
//! everything else as a visible escape, so that text can neither forge a line nor imitate another text.

use core::fmt;

/// The longest outside text that is shown, in characters; what is beyond is counted, not hidden silently.
pub const MAX_SHOWN: usize = 256;

/// Outside text, made safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printable {
    shown: String,
    altered: bool,
}

impl Printable {
    /// Makes `text` safe: ASCII 0x20 to 0x7e as is, a backslash doubled, everything else as `\u{…}`.
    pub fn new(text: &str) -> Self {
        let mut shown = String::with_capacity(text.len().min(4 * MAX_SHOWN));
        let mut altered = false;
        let mut hidden = 0usize;
        for (count, character) in text.chars().enumerate() {
            if count >= MAX_SHOWN {
                hidden = hidden.saturating_add(1);
                continue;
            }
            match character {
                '\\' => {
                    shown.push_str("\\\\");
                    altered = true;
                }
                ' '..='~' => shown.push(character),
                other => {
                    shown.extend(other.escape_unicode());
                    altered = true;
                }
            }
        }
        if hidden > 0 {
            shown.push_str(&format!("… ({hidden} more characters)"));
            altered = true;
        }
        Self { shown, altered }
    }

    /// Makes bytes safe: valid UTF-8 as text, anything else as its hex.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        match core::str::from_utf8(bytes) {
            Ok(text) => Self::new(text),
            Err(_) => Self {
                shown: format!("hex {}", bitcoin::hex::DisplayHex::to_lower_hex_string(bytes)),
                altered: true,
            },
        }
    }

    /// The text as it is shown.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// True when what is shown is not, character by character, what came in.
    pub fn is_altered(&self) -> bool {
        self.altered
    }
}

impl fmt::Display for Printable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_escape_sequences_and_marks_as_escapes() {
        let hostile = "a\u{1b}]52;c;x\u{7}\r\n\u{202e}b\u{200b}\\п";
        let shown = Printable::new(hostile);
        assert_eq!(shown.as_str(), "a\\u{1b}]52;c;x\\u{7}\\u{d}\\u{a}\\u{202e}b\\u{200b}\\\\\\u{43f}");
        assert!(shown.is_altered());
        assert!(!Printable::new("invoice 42").is_altered());
    }

    #[test]
    fn says_how_much_of_a_long_text_is_hidden() {
        let shown = Printable::new(&"x".repeat(MAX_SHOWN + 3));
        assert!(shown.as_str().ends_with("x… (3 more characters)"));
    }

    #[test]
    fn shows_bytes_that_are_no_text_as_hex() {
        assert_eq!(Printable::from_bytes(&[0xff, 0x00]).as_str(), "hex ff00");
    }
}
