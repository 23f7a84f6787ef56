//! What words are made of, and how: a recipe that a person can follow with `printf` and `sha256sum` alone.
//!
//! The entropy is SHA-256 of five lines, each ended by LF; for 12 words its first 16 bytes:
//!
//! ```text
//! airlock-entropy/1
//! words 24
//! device 64 <64 lower-case hex digits of 32 bytes drawn from the operating system>
//! dice 99 <the rolls as digits>
//! second 31 <the second person's text>
//! ```
//! The number before each contribution is its length in bytes; a contribution that is absent has the length 0 and
//! nothing behind it. So no two sets of contributions make the same lines, and as long as one of them cannot be guessed
//! neither can the words, whoever knows the others. The machine draws first and is bound to what it drew by the
//! commitment, SHA-256 of the `device` line, which a person writes down before the first roll.

mod transcript;

use airlock::{Code, Exit, Result};
use bitcoin::hashes::{Hash, sha256};
use bitcoin::hex::DisplayHex;
use zeroize::Zeroizing;

use crate::dice::{self, Rolls};
use crate::entropy::{BAD_SOURCE, Draw};
use crate::keys::Mnemonic;
use crate::secret::{Secret, SecretText};

/// A second person's text that cannot be mixed in.
pub static SECOND_TEXT: Code = Code::new(
    "E-ENTROPY-002",
    Exit::Fixable,
    "The second person's text has 20 to 200 printable ASCII characters, at least 8 of them different, neither begins \
     nor ends with a space, and is typed twice the same. ASCII, because only that is the same bytes on every machine.",
    "Let the second person choose a text that the first does not know, and type it the same twice.",
);
/// Rolls that are too few for the words.
pub static FEW_ROLLS: Code = Code::new(
    "E-DICE-003",
    Exit::Fixable,
    "A roll of a die holds 2.58 bits: 50 of them for 12 words (128 bits), 99 for 24 words (256 bits).",
    "Throw the die until there are enough.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&SECOND_TEXT, &FEW_ROLLS];

const HEADING: &str = "airlock-entropy/1";
/// Fewest characters of a second person's text.
pub const SECOND_SHORTEST: usize = 20;
const LONGEST: usize = 200;
const FEWEST_DIFFERENT: usize = 8;

/// How many words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// 12 words, 128 bits.
    Twelve,
    /// 24 words, 256 bits.
    TwentyFour,
}

impl Length {
    /// How many words.
    pub fn words(self) -> usize {
        match self {
            Self::Twelve => 12,
            Self::TwentyFour => 24,
        }
    }

    /// Fewest rolls of a die that alone hold as much as the words.
    pub fn rolls(self) -> usize {
        match self {
            Self::Twelve => 50,
            Self::TwentyFour => 99,
        }
    }

    fn entropy_bytes(self) -> usize {
        match self {
            Self::Twelve => 16,
            Self::TwentyFour => 32,
        }
    }
}

/// The contributions.
pub struct Recipe {
    length: Length,
    device: SecretText,
    dice: Rolls,
    second: SecretText,
}

impl Recipe {
    /// Draws the machine's contribution.
    ///
    /// # Errors
    /// What the source says, and [`BAD_SOURCE`] where two draws are the same.
    pub fn begin(length: Length, draw: &Draw) -> Result<Self> {
        let (mut device, mut other) = (Secret::<32>::zero(), Secret::<32>::zero());
        draw(device.expose_mut())?;
        draw(other.expose_mut())?;
        if device.expose() == other.expose() {
            return Err(BAD_SOURCE.error("the random source is broken: it gave the same 32 bytes twice"));
        }
        Ok(Self::of(length, &device))
    }

    fn of(length: Length, device: &Secret<32>) -> Self {
        Self {
            length,
            device: hex(device.expose()),
            dice: Rolls::new(),
            second: SecretText::new(String::new()),
        }
    }

    /// SHA-256 of the `device` line with its LF: binds the machine before anybody else contributes.
    pub fn commitment(&self) -> String {
        let mut line = Zeroizing::new(String::with_capacity(96));
        push_line(&mut line, "device", self.device.expose());
        sha256::Hash::hash(line.as_bytes()).to_byte_array().to_lower_hex_string()
    }

    /// Takes the rolls.
    ///
    /// # Errors
    /// [`FEW_ROLLS`], [`dice::UNFAIR`].
    pub fn add_dice(&mut self, rolls: Rolls) -> Result<()> {
        let (count, fewest) = (rolls.count(), self.length.rolls());
        if count < fewest {
            return Err(FEW_ROLLS.error(format!("{count} rolls are fewer than {fewest}")));
        }
        rolls.check_fair()?;
        self.dice = rolls;
        Ok(())
    }

    /// Takes the second person's text.
    ///
    /// # Errors
    /// [`SECOND_TEXT`].
    pub fn add_second(&mut self, text: SecretText) -> Result<()> {
        check_second(&text)?;
        self.second = text;
        Ok(())
    }

    /// The words that these contributions make.
    pub fn mix(&self) -> Mnemonic {
        let digest = self.digest();
        let entropy = digest.expose().get(..self.length.entropy_bytes()).unwrap_or_default();
        Mnemonic::from_entropy(entropy).expect("16 and 32 bytes are lengths of BIP-39")
    }

    /// What each contribution was, in few words that tell nothing of it.
    pub fn contributions(&self) -> String {
        let mut parts = vec!["this machine's chance".to_owned()];
        if self.dice.count() > 0 {
            parts.push(format!("{} rolls of a die", self.dice.count()));
        }
        if !self.second.expose().is_empty() {
            parts.push("a second person's text".to_owned());
        }
        parts.join(", ")
    }

    fn digest(&self) -> Secret<32> {
        Secret::take(&mut sha256::Hash::hash(self.lines().as_bytes()).to_byte_array())
    }

    fn lines(&self) -> Zeroizing<String> {
        let room = dice::MOST.saturating_add(LONGEST).saturating_add(256);
        let mut lines = Zeroizing::new(String::with_capacity(room));
        lines.push_str(HEADING);
        lines.push_str("\nwords ");
        lines.push_str(&self.length.words().to_string());
        lines.push('\n');
        push_line(&mut lines, "device", self.device.expose());
        push_line(&mut lines, "dice", self.dice.expose());
        push_line(&mut lines, "second", self.second.expose());
        lines
    }
}

/// Lower-case hex digits.
fn hex(bytes: &[u8]) -> SecretText {
    // Reserved at once: a text that grows leaves copies behind.
    let mut digits = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        let halves = [byte >> 4, byte & 15].map(u32::from);
        digits.extend(halves.map(|half| char::from_digit(half, 16).expect("half a byte is a hex digit")));
    }
    SecretText::new(digits)
}

/// A label, the length of a contribution and the contribution; where it is empty, nothing behind the 0.
fn push_line(lines: &mut String, label: &str, contribution: &str) {
    lines.push_str(label);
    lines.push(' ');
    lines.push_str(&contribution.len().to_string());
    if !contribution.is_empty() {
        lines.push(' ');
        lines.push_str(contribution);
    }
    lines.push('\n');
}

/// Whether a second person's text can be mixed in.
///
/// # Errors
/// [`SECOND_TEXT`].
pub fn check_second(text: &SecretText) -> Result<()> {
    let refused = |what: String| Err(SECOND_TEXT.error(format!("the second person's text {what}")));
    let bytes = text.expose().as_bytes();
    if !bytes.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        return refused("has a character that is not printable ASCII".to_owned());
    }
    if !(SECOND_SHORTEST..=LONGEST).contains(&bytes.len()) {
        return refused(format!("has {} characters, not {SECOND_SHORTEST} to {LONGEST}", bytes.len()));
    }
    if bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ') {
        return refused("begins or ends with a space".to_owned());
    }
    let different = (b' '..=b'~').filter(|character| bytes.contains(character)).count();
    if different < FEWEST_DIFFERENT {
        return refused(format!("has {different} different characters, fewer than {FEWEST_DIFFERENT}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
