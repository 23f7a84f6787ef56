//! A slow inflater that follows RFC 1951 by the letter and notes how far back a stream reaches: flate2's own reader
//! keeps 32 kB whatever window it was asked for, so it proves nothing.

#![allow(clippy::arithmetic_side_effects, reason = "a panic in a test is a failed test")]
#![allow(clippy::indexing_slicing, reason = "a panic in a test is a failed test")]

struct Bits<'a> {
    coded: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> usize {
        (0..count).map(|place| self.bit() << place).sum()
    }

    fn bit(&mut self) -> usize {
        let bit = usize::from(self.coded[self.at / 8] >> (self.at % 8)) & 1;
        self.at += 1;
        bit
    }
}

/// Code words in canonical order: length of the word, the word, what it stands for.
struct Huffman(Vec<(usize, usize, usize)>);

impl Huffman {
    fn new(lengths: &[usize]) -> Self {
        let mut words: Vec<_> = lengths.iter().copied().zip(0..).filter(|(length, _)| *length > 0).collect();
        words.sort_unstable();
        let (mut code, mut last) = (0, words.first().map_or(0, |(length, _)| *length));
        let words = words.into_iter().map(|(length, symbol)| {
            code <<= length - last;
            last = length;
            code += 1;
            (length, code - 1, symbol)
        });
        Self(words.collect())
    }

    fn symbol(&self, bits: &mut Bits<'_>) -> usize {
        let (mut code, mut length) = (0, 0);
        loop {
            code = code << 1 | bits.bit();
            length += 1;
            if let Ok(found) =
                self.0.binary_search_by_key(&(length, code), |(length, code, _)| (*length, *code))
            {
                return self.0[found].2;
            }
            assert!(length < 16, "no such code word");
        }
    }
}

/// The plain bytes, and the largest distance of any copy.
pub(super) fn inflate(coded: &[u8]) -> (Vec<u8>, usize) {
    let (mut bits, mut plain, mut furthest) = (Bits { coded, at: 0 }, Vec::new(), 0);
    loop {
        let is_last = bits.take(1) == 1;
        let (literals, distances) = match bits.take(2) {
            0 => {
                bits.at = bits.at.next_multiple_of(8);
                let length = bits.take(16);
                assert_eq!(bits.take(16), !length & 0xffff);
                plain.extend_from_slice(&coded[bits.at / 8..bits.at / 8 + length]);
                bits.at += 8 * length;
                (Huffman::new(&[]), None)
            }
            1 => {
                let lengths = [[8].repeat(144), [9].repeat(112), [7].repeat(24), [8].repeat(8)].concat();
                (Huffman::new(&lengths), Some(Huffman::new(&[5; 30])))
            }
            2 => dynamic(&mut bits),
            other => panic!("block type {other}"),
        };
        if let Some(distances) = distances {
            furthest = furthest.max(block(&mut bits, &literals, &distances, &mut plain));
        }
        if is_last {
            return (plain, furthest);
        }
    }
}

fn dynamic(bits: &mut Bits<'_>) -> (Huffman, Option<Huffman>) {
    let (literals, distances, words) = (bits.take(5) + 257, bits.take(5) + 1, bits.take(4) + 4);
    let mut lengths = [0; 19];
    for place in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15].into_iter().take(words) {
        lengths[place] = bits.take(3);
    }
    let (code, mut lengths) = (Huffman::new(&lengths), Vec::new());
    while lengths.len() < literals + distances {
        let (length, times) = match code.symbol(bits) {
            16 => (lengths[lengths.len() - 1], 3 + bits.take(2)),
            17 => (0, 3 + bits.take(3)),
            18 => (0, 11 + bits.take(7)),
            length => (length, 1),
        };
        lengths.extend([length].repeat(times));
    }
    (Huffman::new(&lengths[..literals]), Some(Huffman::new(&lengths[literals..])))
}

fn block(bits: &mut Bits<'_>, literals: &Huffman, distances: &Huffman, plain: &mut Vec<u8>) -> usize {
    let mut furthest = 0;
    loop {
        let length = match literals.symbol(bits) {
            256 => return furthest,
            literal @ 0..256 => {
                plain.push(u8::try_from(literal).unwrap());
                continue;
            }
            285 => 258,
            symbol => in_steps(bits, symbol - 257, 4) + 3,
        };
        let symbol = distances.symbol(bits);
        let distance = in_steps(bits, symbol, 2) + 1;
        furthest = furthest.max(distance);
        for _ in 0..length {
            plain.push(plain[plain.len() - distance]);
        }
    }
}

/// Lengths and distances grow by symbols in groups of `group`, each group with one extra bit more than the last; the
/// first two groups have none.
fn in_steps(bits: &mut Bits<'_>, symbol: usize, group: usize) -> usize {
    if symbol < 2 * group {
        return symbol;
    }
    let extra = symbol / group - 1;
    ((group + symbol % group) << extra) + bits.take(extra)
}
