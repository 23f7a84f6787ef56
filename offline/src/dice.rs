//! Rolls of a die with six faces, typed by a person: enough of them, and not what no die gives.

use airlock::{Code, Error, Exit, Result};
use zeroize::Zeroizing;

use crate::secret::SecretText;

/// Typed text that is no rolls.
pub static NOT_ROLLS: Code = Code::new(
    "E-DICE-001",
    Exit::BadInput,
    "Rolls of a die are typed as the digits 1 to 6, with spaces wherever you like, at most 1,000 in all.",
    "Type the rolls again as they fell.",
);
/// Rolls that no die gave.
pub static UNFAIR: Code = Code::new(
    "E-DICE-002",
    Exit::Refused,
    "Rolls that repeat a pattern, count, lack a face or prefer one are not what a fair die gives: fewer than one of \
     100,000 honest series is refused. Words made of invented rolls can be guessed.",
    "Throw a die for each digit, and take another die if this one was thrown. The refused rolls are not used.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&NOT_ROLLS, &UNFAIR];

/// Most rolls.
pub const MOST: usize = 1000;

/// Longest run of one face: one of 700,000 honest series of 99 has a longer one.
const LONGEST_RUN: usize = 10;
/// From this many rolls on all six faces must be there: one of 2,000,000 honest series lacks one.
const ALL_FACES_FROM: usize = 90;
/// Bound of the chi-squared sum over six classes, exceeded in fewer than one of 1,800,000 honest series.
const CHI_SQUARED: usize = 40;

/// Rolls as digits, wiped on drop.
pub struct Rolls {
    digits: Zeroizing<String>,
}

impl Default for Rolls {
    fn default() -> Self {
        Self::new()
    }
}

impl Rolls {
    /// None yet.
    pub fn new() -> Self {
        // Reserved at once: a text that grows leaves copies behind.
        Self { digits: Zeroizing::new(String::with_capacity(MOST)) }
    }

    /// Takes more rolls, all of them or none.
    ///
    /// # Errors
    /// [`NOT_ROLLS`] with the place of the wrong character, never the character.
    pub fn add(&mut self, typed: &SecretText) -> Result<()> {
        let rolls = || typed.expose().chars().filter(|c| !c.is_whitespace());
        if let Some(place) = rolls().position(|c| !('1'..='6').contains(&c)) {
            let place = place.saturating_add(1);
            return Err(NOT_ROLLS.error(format!("roll {place} of this line is not one of 1 to 6")));
        }
        let all = self.count().saturating_add(rolls().count());
        if all > MOST {
            return Err(NOT_ROLLS.error(format!("{all} rolls are more than {MOST}")));
        }
        self.digits.extend(rolls());
        Ok(())
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.digits.len()
    }

    /// The digits, for the code that needs them.
    pub(crate) fn expose(&self) -> &str {
        &self.digits
    }

    /// Refuses rolls that are no die's.
    ///
    /// # Errors
    /// [`UNFAIR`] with the reason.
    pub fn check_fair(&self) -> Result<()> {
        let rolls = self.digits.as_bytes();
        if let Some(period) = period(rolls) {
            return Err(unfair(match period {
                1 => "all rolls are the same".to_owned(),
                _ => format!("the same {period} rolls come again and again"),
            }));
        }
        let run = rolls.chunk_by(|a, b| a == b).map(<[u8]>::len).max().unwrap_or_default();
        if run > LONGEST_RUN {
            return Err(unfair(format!("one face comes {run} times in a row, more than {LONGEST_RUN}")));
        }
        let faces = Zeroizing::new(classes(rolls.iter().map(|roll| roll.wrapping_sub(b'1'))));
        let missing = faces.iter().filter(|count| **count == 0).count();
        if missing > 1 || (missing == 1 && rolls.len() >= ALL_FACES_FROM) {
            return Err(unfair(format!("{missing} of the six faces never come in {} rolls", rolls.len())));
        }
        if is_uneven(&faces) {
            return Err(unfair("some faces come far more often than others".to_owned()));
        }
        // From roll to roll: counting up or down has one step, invented rolls avoid some.
        let steps = rolls.iter().zip(rolls.iter().skip(1));
        let steps = steps.map(|(a, b)| b.wrapping_add(6).wrapping_sub(*a).checked_rem(6).unwrap_or_default());
        if is_uneven(&Zeroizing::new(classes(steps))) {
            return Err(unfair("the rolls follow each other in a pattern, as counting does".to_owned()));
        }
        Ok(())
    }
}

/// The shortest period of at most half the rolls.
fn period(rolls: &[u8]) -> Option<usize> {
    (1..=rolls.len() / 2).find(|period| rolls.iter().zip(rolls.iter().skip(*period)).all(|(a, b)| a == b))
}

/// How many there are of each class 0 to 5.
fn classes(values: impl Iterator<Item = u8>) -> [usize; 6] {
    let mut counts = [0usize; 6];
    for value in values {
        if let Some(count) = counts.get_mut(usize::from(value)) {
            *count = count.saturating_add(1);
        }
    }
    counts
}

/// Chi-squared for six equally likely classes: the sum of (count - n/6)^2 / (n/6), over the bound.
fn is_uneven(counts: &[usize; 6]) -> bool {
    let all: usize = counts.iter().sum();
    let sum = counts.iter().fold(0usize, |sum, count| {
        let distance = count.saturating_mul(6).abs_diff(all);
        sum.saturating_add(distance.saturating_mul(distance))
    });
    sum > all.saturating_mul(6).saturating_mul(CHI_SQUARED)
}

fn unfair(what: String) -> Error {
    UNFAIR.error(format!("no fair die gave these rolls: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rolls(text: &str) -> Rolls {
        let mut rolls = Rolls::new();
        rolls.add(&SecretText::new(text.to_owned())).unwrap();
        rolls
    }

    #[track_caller]
    fn unfair_because(text: &str, reason: &str) {
        let error = rolls(text).check_fair().unwrap_err();
        assert_eq!(error.code(), &UNFAIR);
        assert!(error.what().contains(reason), "{error}");
    }

    /// Digits of a hash chain: what a fair die gives, the same each time.
    fn fair(seed: u8, count: usize) -> String {
        use bitcoin::hashes::{Hash, sha256};
        let mut digits = String::new();
        let mut state = sha256::Hash::hash(&[seed]).to_byte_array();
        while digits.len() < count {
            state = sha256::Hash::hash(&state).to_byte_array();
            let fitting = state.iter().filter(|byte| **byte < 252);
            digits.extend(fitting.map(|byte| char::from(b'1' + byte % 6)));
        }
        digits.truncate(count);
        digits
    }

    #[test]
    fn takes_rolls_with_spaces_and_nothing_else() {
        let mut own = Rolls::new();
        own.add(&SecretText::new("66241 3\t51246".to_owned())).unwrap();
        assert_eq!((own.expose(), own.count()), ("66241351246", 11));
        for (bad, place) in
            [("1270", "roll 3"), ("0", "roll 1"), ("12345, 6", "roll 6"), ("\u{661}", "roll 1")]
        {
            let error = own.add(&SecretText::new(bad.to_owned())).unwrap_err();
            assert_eq!(error.code(), &NOT_ROLLS);
            assert!(error.what().contains(place) && !error.what().contains('7'), "{error}");
        }
        assert_eq!(own.add(&SecretText::new("1".repeat(MOST - 10))).unwrap_err().code(), &NOT_ROLLS);
        assert_eq!(own.count(), 11, "a refused line leaves nothing");
    }

    #[test]
    fn refuses_what_no_die_gives() {
        unfair_because(&"4".repeat(99), "all rolls are the same");
        unfair_because(&"123456".repeat(17), "the same 6 rolls");
        unfair_because(&"1234565432".repeat(10), "the same 10 rolls");
        unfair_because(&format!("{0}{0}", fair(1, 25)), "the same 25 rolls");
        unfair_because(&fair(2, 99).replace('3', "5"), "never come in 99 rolls");
        unfair_because(&fair(2, 50).replace(['3', '4'], "5"), "2 of the six faces");
        unfair_because(&format!("{}{}", fair(3, 88), "6".repeat(11)), "11 times in a row");
        unfair_because(&"6265646366216".repeat(8)[..100].replace("6216", "6126"), "the same 13 rolls");
        let six_heavy: String =
            fair(4, 99).chars().enumerate().map(|(i, c)| if i % 2 == 0 { '6' } else { c }).collect();
        unfair_because(&six_heavy, "more often than others");
        let counting: String =
            ["123456", "234561", "12345", "3456", "561234"].concat().repeat(4).chars().skip(1).collect();
        unfair_because(&format!("{}{}", counting, "2461"), "in a pattern");
    }

    #[test]
    fn takes_what_fair_dice_give() {
        for seed in 0..=255 {
            for count in [50, 99, 120] {
                rolls(&fair(seed, count)).check_fair().unwrap();
            }
        }
    }
}
