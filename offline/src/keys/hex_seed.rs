//! The 16 bytes of an XRP account as 32 hex digits, as rippled prints them (`master_seed_hex`).

use airlock::{Code, Exit, Result};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// Hex digits that are not a seed.
pub static HEX_SEED: Code = Code::new(
    "E-KEY-010",
    Exit::BadInput,
    "The hex form of an XRPL seed has 32 digits, for 16 bytes. 64 or 66 digits are the private key that some tools \
     derive from a seed: it is no seed, no paper form leads to it, and nothing tells its algorithm.",
    "Look for the seed itself: the family seed (s…), the secret numbers, or `master_seed_hex`.",
);

/// Reads 32 hex digits of either case. The algorithm is not in them.
///
/// # Errors
/// [`HEX_SEED`], without the digits.
pub fn parse(text: &str) -> Result<Secret<16>> {
    if text.len() != 32 {
        return Err(HEX_SEED.error(format!("{} hex digits, this form has 32", text.len())));
    }
    let mut entropy = Secret::zero();
    let (pairs, _) = text.as_bytes().as_chunks::<2>();
    for (byte, pair) in entropy.expose_mut().iter_mut().zip(pairs) {
        let digits = Zeroizing::new(pair.map(|digit| char::from(digit).to_digit(16)));
        let [Some(high), Some(low)] = *digits else {
            return Err(HEX_SEED.error("a character that is no hex digit"));
        };
        *byte = u8::try_from(high << 4 | low).expect("two hex digits are below 256");
    }
    Ok(entropy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_cases_and_says_what_64_digits_are() {
        for text in ["DEDCE9CE67B451D852FD4E846FCDE31C", "dedce9ce67b451d852fd4e846fcde31c"] {
            assert_eq!(parse(text).unwrap().expose()[..3], [0xDE, 0xDC, 0xE9]);
        }
        for text in
            ["DEDCE9CE67B451D852FD4E846FCDE31C".repeat(2), "0".repeat(31), "g".repeat(32), "é".repeat(16)]
        {
            assert_eq!(parse(&text).err().unwrap().code(), &HEX_SEED);
        }
    }
}
