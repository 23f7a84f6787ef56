//! Which fragments a part holds: the same on both sides, to the last bit (qr.md 2.3).

#![allow(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the format defines its sampler over IEEE-754 doubles; no money passes here"
)]

use bitcoin::hashes::{Hash as _, sha256};

/// The sets of fragments of one message.
#[derive(Clone, Debug)]
pub struct Mixing {
    parts: u32,
    checksum: u32,
    degrees: Degrees,
}

impl Mixing {
    /// The sets for a message of `parts` fragments whose CRC32 is `checksum`. Holds 12 bytes for each fragment.
    pub fn new(parts: u32, checksum: u32) -> Self {
        Self { parts, checksum, degrees: Degrees::new(parts) }
    }

    /// How many fragments the part `sequence` holds.
    pub fn degree(&self, sequence: u32) -> u32 {
        if sequence <= self.parts {
            return 1;
        }
        self.degrees.draw(&mut Xoshiro::seeded(sequence, self.checksum))
    }

    /// The fragments of the part `sequence`, which counts from 1, in the order in which they are drawn.
    pub fn fragments(&self, sequence: u32) -> Vec<u32> {
        if let Some(pure) = sequence.checked_sub(1).filter(|fragment| *fragment < self.parts) {
            return vec![pure];
        }
        let mut random = Xoshiro::seeded(sequence, self.checksum);
        let degree = self.degrees.draw(&mut random);
        let mut left: Vec<u32> = (0..self.parts).collect();
        let degree = degree as usize;
        let mut chosen = Vec::with_capacity(degree);
        while chosen.len() < degree && !left.is_empty() {
            chosen.push(left.remove(random.below(left.len())));
        }
        chosen
    }
}

/// Walker's and Vose's alias method over the weights 1, 1/2, 1/3, …
#[derive(Clone, Debug)]
struct Degrees {
    coins: Vec<f64>,
    aliases: Vec<u32>,
}

impl Degrees {
    fn new(parts: u32) -> Self {
        let weights = || (1..=parts).map(|degree| 1.0 / f64::from(degree));
        let total: f64 = weights().sum();
        let mut shares: Vec<f64> = weights().map(|weight| weight * f64::from(parts) / total).collect();
        let (mut small, mut large): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
        for (index, share) in (0..parts).zip(&shares).rev() {
            if *share < 1.0 { small.push(index) } else { large.push(index) }
        }
        let mut coins = vec![1.0; shares.len()];
        let mut aliases = vec![0; shares.len()];
        while let (Some(&little), Some(&much)) = (small.last(), large.last()) {
            small.pop();
            large.pop();
            let share = at(&shares, little);
            put(&mut coins, little, share);
            put(&mut aliases, little, much);
            let left = at(&shares, much) + (share - 1.0);
            put(&mut shares, much, left);
            if left < 1.0 { small.push(much) } else { large.push(much) }
        }
        Self { coins, aliases }
    }

    /// A degree from 1 to the number of fragments.
    fn draw(&self, random: &mut Xoshiro) -> u32 {
        let (column, coin) = (random.double(), random.double());
        let index = (self.coins.len() as f64 * column) as u32;
        let stays = coin < at(&self.coins, index);
        let drawn = if stays { index } else { self.aliases.get(index as usize).copied().unwrap_or_default() };
        drawn.saturating_add(1)
    }
}

fn at(values: &[f64], index: u32) -> f64 {
    values.get(index as usize).copied().unwrap_or_default()
}

fn put<T>(values: &mut [T], index: u32, value: T) {
    if let Some(slot) = values.get_mut(index as usize) {
        *slot = value;
    }
}

/// Xoshiro256** (Blackman and Vigna).
struct Xoshiro([u64; 4]);

impl Xoshiro {
    /// The generator of the part `sequence` of the message with this CRC32.
    fn seeded(sequence: u32, checksum: u32) -> Self {
        let seed = [sequence.to_be_bytes(), checksum.to_be_bytes()].concat();
        let digest = sha256::Hash::hash(&seed).to_byte_array();
        let mut state = [0; 4];
        for (word, bytes) in state.iter_mut().zip(digest.chunks_exact(8)) {
            *word = bytes.iter().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
        }
        Self(state)
    }

    fn next(&mut self) -> u64 {
        let [s0, s1, s2, s3] = &mut self.0;
        let result = s1.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = *s1 << 17;
        *s2 ^= *s0;
        *s3 ^= *s1;
        *s1 ^= *s2;
        *s0 ^= *s3;
        *s2 ^= shifted;
        *s3 = s3.rotate_left(45);
        result
    }

    /// From 0 to 1, rarely 1 itself.
    fn double(&mut self) -> f64 {
        self.next() as f64 / 18_446_744_073_709_551_616.0
    }

    /// Below `bound`, which is not 0.
    fn below(&mut self, bound: usize) -> usize {
        ((self.double() * bound as f64) as usize).min(bound.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_parts_are_the_fragments_one_by_one() {
        let mixing = Mixing::new(9, 0xdead_beef);
        for sequence in 1..=9 {
            assert_eq!(mixing.fragments(sequence), [sequence - 1]);
        }
    }

    #[test]
    fn every_set_holds_different_fragments_of_the_message() {
        for parts in [1, 2, 3, 7, 100, 4096] {
            let mixing = Mixing::new(parts, 7);
            for sequence in [parts + 1, parts + 2, 100_000, u32::MAX] {
                let mut set = mixing.fragments(sequence);
                let drawn = set.len();
                set.sort_unstable();
                set.dedup();
                assert_eq!(drawn as u32, mixing.degree(sequence));
                assert!(drawn > 0 && set.len() == drawn && set.iter().all(|fragment| *fragment < parts));
            }
        }
    }

    #[test]
    fn the_degree_one_is_as_frequent_as_its_weight() {
        let mixing = Mixing::new(100, 1);
        let single = (101..10_101).filter(|sequence| mixing.fragments(*sequence).len() == 1).count();
        // 1 / (1 + 1/2 + … + 1/100) = 0.1928
        assert!((1850..2010).contains(&single), "{single}");
    }
}
