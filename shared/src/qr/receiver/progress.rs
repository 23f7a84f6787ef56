//! What a person sees while codes are read (qr.md 9).

use core::fmt;
use core::time::Duration;

/// What to try when nothing is read for two seconds, one after the other.
pub const HINTS: [&str; 4] =
    ["move the camera closer", "lower the density on the sender", "dim the sender", "tilt it against glare"];

/// Missing parts that are named.
const NAMED: usize = 8;

/// How far a transfer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// `UR crypto-psbt`, `BBQr PSBT (P)`, `pMofN PSBT`.
    pub format: String,
    /// Steps done: the rank of a UR, the parts of other formats.
    pub have: u32,
    /// Steps in all; the transfer is complete when they are done.
    pub of: u32,
    /// The numbers of the parts that are missing, from 1; empty for a UR, of which any part will do.
    pub missing: Vec<u32>,
    /// Frames of this transfer that were read.
    pub read: u32,
    /// Those of them that brought nothing new.
    pub repeats: u32,
    /// Frames that were damaged.
    pub rejected: u32,
}

impl Progress {
    /// Whole per cent, 100 only when complete.
    pub fn percent(&self) -> u32 {
        self.have.saturating_mul(100).checked_div(self.of).unwrap_or(0)
    }

    /// The line, and how long it will still take when the transfer goes on as in the time since its first part.
    pub fn line(&self, elapsed: Duration) -> String {
        let left = self.of.saturating_sub(self.have);
        match elapsed.saturating_mul(left).checked_div(self.have) {
            Some(rest) if left > 0 && elapsed > Duration::from_secs(1) => {
                format!("{self}  about {} s left", rest.as_secs().max(1))
            }
            Some(_) | None => self.to_string(),
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { format, have, of, missing, read, repeats, rejected } = self;
        write!(
            f,
            "{format} {have}/{of} ({} %)  read {read}, repeats {repeats}, rejected {rejected}",
            self.percent()
        )?;
        if *have == 0 || missing.is_empty() {
            return Ok(());
        }
        let named: Vec<String> = missing.iter().take(NAMED).map(u32::to_string).collect();
        write!(f, ", missing {}", named.join(" "))?;
        match missing.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_the_one_of_the_document() {
        let mut progress = Progress {
            format: "UR crypto-psbt".into(),
            have: 41,
            of: 69,
            missing: Vec::new(),
            read: 47,
            repeats: 6,
            rejected: 0,
        };
        let line = "UR crypto-psbt 41/69 (59 %)  read 47, repeats 6, rejected 0";
        assert_eq!(progress.line(Duration::ZERO), line);
        assert_eq!(progress.line(Duration::from_secs(9)), format!("{line}  about 6 s left"));
        progress.have = 69;
        assert!(
            progress.line(Duration::from_secs(9)).ends_with("69/69 (100 %)  read 47, repeats 6, rejected 0")
        );
    }

    #[test]
    fn missing_parts_are_named_up_to_eight() {
        let progress = |missing: Vec<u32>| Progress {
            format: "BBQr PSBT (P)".into(),
            have: 1,
            of: 12,
            missing,
            read: 1,
            repeats: 0,
            rejected: 0,
        };
        assert!(progress(vec![3, 7]).to_string().ends_with(", missing 3 7"));
        assert!(progress((2..=12).collect()).to_string().ends_with(", missing 2 3 4 5 6 7 8 9 and 3 more"));
    }
}
