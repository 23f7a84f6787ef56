//! Mutations of valid inputs, repeatable by a printed seed.

use bitcoin::hashes::{Hash, sha256};

/// A small generator (xorshift64*): its numbers decide what is mutated and how.
pub struct Dice(u64);

impl Dice {
    /// Dice of a run's seed and of one decoder's name.
    pub fn new(seed: &str, decoder: &str) -> Self {
        let hash = sha256::Hash::hash(format!("{seed}/{decoder}").as_bytes()).to_byte_array();
        Self(u64::from_be_bytes(*hash.first_chunk().unwrap()) | 1)
    }

    /// A number below the limit.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(drawn).unwrap() % limit
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// How many mutations a decoder gets: 20,000, or what `AIRLOCK_MUTATIONS` says.
pub fn mutations() -> usize {
    std::env::var("AIRLOCK_MUTATIONS").map_or(20_000, |count| count.parse().unwrap())
}

/// The run's seed: the time, or what `AIRLOCK_SEED` says.
pub fn seed() -> String {
    std::env::var("AIRLOCK_SEED").unwrap_or_else(|_| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        now.as_nanos().to_string()
    })
}

/// One to three changes: a bit, a byte, a cut, an insertion, a doubling, a piece of another input.
pub fn mutate(dice: &mut Dice, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = dice.pick(corpus).clone();
    for _ in 0..=dice.below(3) {
        let place = dice.below(bytes.len().max(1)).min(bytes.len());
        match dice.below(7) {
            0 if !bytes.is_empty() => bytes[place] ^= 1 << dice.below(8),
            1 if !bytes.is_empty() => {
                bytes[place] = *dice.pick(&[0x00, 0x01, 0x7F, 0x80, 0xE1, 0xF1, 0xFE, 0xFF])
            }
            2 => bytes.truncate(place),
            3 => bytes.insert(place, u8::try_from(dice.below(256)).unwrap()),
            4 => {
                let end = (place + dice.below(40)).min(bytes.len());
                let piece = bytes[place..end].to_vec();
                bytes.splice(place..place, piece);
            }
            5 => {
                let end = (place + dice.below(40)).min(bytes.len());
                bytes.drain(place..end);
            }
            _ => {
                let other = dice.pick(corpus);
                let from = dice.below(other.len().max(1)).min(other.len());
                let end = (from + dice.below(60)).min(other.len());
                bytes.splice(place..place, other[from..end].iter().copied());
            }
        }
    }
    bytes
}
