//! Known answers of every primitive, asked before each signing: a program that computes wrongly here signs nothing.
//!
//! The answers come from the standards that are named beside them, from Wycheproof ([`wycheproof`]), and from
//! independent programs; none was made by the code that is tested.

mod curves;
mod encodings;
mod hashes;
mod sealing;
pub mod wycheproof;

use airlock::{Code, Exit, Result};

/// A primitive gives a wrong answer.
pub static WRONG_ANSWER: Code = Code::new(
    "E-SELF-001",
    Exit::Internal,
    "A hash, curve, cipher or codec of this program gives another answer than its standard. The program, the \
     processor or the memory is faulty.",
    "Sign nothing on this machine. Test its memory, and compare the program's checksum with the published one.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&WRONG_ANSWER];

/// A primitive, and how many of its answers are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Primitive {
    /// Its name.
    pub name: &'static str,
    /// How many answers were compared.
    pub answers: usize,
}

/// What was tested, all of it right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The primitives.
    pub primitives: Vec<Primitive>,
}

impl Report {
    /// All answers together.
    pub fn answers(&self) -> usize {
        self.primitives.iter().map(|primitive| primitive.answers).sum()
    }
}

/// Whether each answer is right.
type Answers = Vec<bool>;

/// A primitive with what asks it.
type Test = (&'static str, fn() -> Answers);

const TESTS: &[Test] = &[
    ("SHA-256, SHA-512, RIPEMD-160", hashes::digests),
    ("HMAC-SHA-256, HMAC-SHA-512", hashes::hmac),
    ("PBKDF2-HMAC-SHA-512", hashes::pbkdf2),
    ("BIP-39", curves::bip39),
    ("BIP-32", curves::bip32),
    ("ECDSA on secp256k1, low R", curves::ecdsa),
    ("Schnorr (BIP-340)", curves::schnorr),
    ("ed25519", curves::ed25519),
    ("Argon2id", sealing::argon2id),
    ("XChaCha20-Poly1305", sealing::xchacha20_poly1305),
    ("Base58Check, Bech32, Bech32m", encodings::bitcoin),
    ("XRPL codec and signatures", encodings::xrpl),
    ("Counterparty RC4 and messages", encodings::counterparty),
    ("Wycheproof subset", wycheproof::subset),
];

/// Asks every primitive; about ten milliseconds.
///
/// # Errors
/// [`WRONG_ANSWER`] at the first wrong one.
pub fn run() -> Result<Report> {
    ask(TESTS)
}

fn ask(tests: &[Test]) -> Result<Report> {
    let ask = |(name, answers): &Test| {
        let answers = answers();
        match answers.iter().position(|is_right| !is_right) {
            None if answers.is_empty() => Err(WRONG_ANSWER.error(format!("{name}: nothing was asked"))),
            None => Ok(Primitive { name, answers: answers.len() }),
            Some(index) => {
                let (number, all) = (index.saturating_add(1), answers.len());
                Err(WRONG_ANSWER.error(format!("{name}: answer {number} of {all} is wrong")))
            }
        }
    };
    Ok(Report { primitives: tests.iter().map(ask).collect::<Result<_>>()? })
}

/// Whether bytes are these, written in hexadecimal.
fn is_hex(bytes: &[u8], expected: &str) -> bool {
    bitcoin::hex::DisplayHex::to_lower_hex_string(bytes) == expected
}

/// Bytes written in hexadecimal; none where it is not.
fn unhex(text: &str) -> Option<Vec<u8>> {
    bitcoin::hex::FromHex::from_hex(text).ok()
}

/// As many bytes as are asked for, written in hexadecimal.
fn array<const N: usize>(text: &str) -> Option<[u8; N]> {
    unhex(text)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_primitive_gives_the_known_answers() {
        let report = run().unwrap();
        assert_eq!(report.primitives.len(), TESTS.len());
        assert!(report.answers() > 70, "{report:?}");
    }

    #[test]
    fn one_wrong_answer_of_any_primitive_stops() {
        let wrong: Test = ("SHA-0", || vec![true, false, true]);
        let error = ask(&[TESTS[0], wrong]).unwrap_err();
        assert_eq!((error.code(), error.what()), (&WRONG_ANSWER, "SHA-0: answer 2 of 3 is wrong"));
        let silent: Test = ("SHA-0", Vec::new);
        assert_eq!(ask(&[silent]).unwrap_err().code(), &WRONG_ANSWER);
    }
}
