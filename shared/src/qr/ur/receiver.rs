//! The receiving side: parts are linear equations over GF(2) and are solved as they come (qr.md 5.3).
//!
//! Memory is bounded before the first allocation: a part's header declares at most [`PLAIN_BYTES`](crate::qr::PLAIN_BYTES)
//! in at most [`UR_PARTS`](crate::qr::UR_PARTS) parts, and a row is kept only when it is independent of those before, so at
//! most the message and one bit for each pair of parts are held: 6 MiB, and the message once more in the end.

use crate::qr::ur::cbor::Values;
use crate::qr::ur::{Fault, Header, Mixing, Part};

/// What a part brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// One step nearer: the rank rose by one.
    New,
    /// Nothing that the parts before do not say already.
    Repeat,
    /// It contradicts the parts before: two messages, or a damaged part, under one header.
    Conflict,
    /// It belongs to another transfer; nothing was changed.
    Foreign,
}

/// A transfer under way.
#[derive(Debug)]
pub struct Receiver {
    header: Header,
    mixing: Mixing,
    rows: Vec<Option<Row>>,
    rank: u32,
    index_words: usize,
}

/// One equation: a bit for each fragment, then the XOR of their bytes, in words.
#[derive(Debug)]
struct Row(Vec<u64>);

impl Receiver {
    /// Begins the transfer to which `first` belongs; `first` itself has yet to be [added](Self::add).
    pub fn new(first: &Part) -> Self {
        let header = first.header().clone();
        let parts = usize::try_from(header.parts).unwrap_or(usize::MAX);
        let mut rows = Vec::new();
        rows.resize_with(parts, || None);
        Self {
            mixing: Mixing::new(header.parts, header.checksum),
            rows,
            rank: 0,
            index_words: parts.div_ceil(64),
            header,
        }
    }

    /// The values common to all parts of the transfer.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// True when `part` belongs to this transfer.
    pub fn matches(&self, part: &Part) -> bool {
        *part.header() == self.header
    }

    /// Number of independent parts so far; the transfer is complete at [`of`](Self::of).
    pub fn rank(&self) -> u32 {
        self.rank
    }

    /// Number of independent parts that are needed.
    pub fn of(&self) -> u32 {
        self.header.parts
    }

    /// True when [`finish`](Self::finish) has all it needs.
    pub fn is_complete(&self) -> bool {
        self.rank == self.header.parts
    }

    /// Takes a part in.
    pub fn add(&mut self, part: &Part) -> Added {
        if !self.matches(part) {
            return Added::Foreign;
        }
        let mut row = self.row(part);
        loop {
            let Some(first) = row.first_fragment(self.index_words) else {
                return if row.0.iter().all(|word| *word == 0) { Added::Repeat } else { Added::Conflict };
            };
            match self.rows.get_mut(first) {
                Some(Some(known)) => row.add(known),
                Some(place @ None) => {
                    *place = Some(row);
                    self.rank = self.rank.saturating_add(1);
                    return Added::New;
                }
                None => return Added::Conflict,
            }
        }
    }

    /// Solves what is left and gives the payload: the content of the message's one byte string.
    ///
    /// # Errors
    /// [`Fault::Message`] when the CRC32 of the message differs (or parts are missing), [`Fault::Content`] when the message
    /// is not exactly one CBOR byte string.
    pub fn finish(mut self) -> Result<Vec<u8>, Fault> {
        let mut solved: Vec<Row> = Vec::with_capacity(self.rows.len());
        while let Some(row) = self.rows.pop() {
            let mut row = row.ok_or(Fault::Message)?;
            let place = self.rows.len();
            for fragment in row.fragments(self.index_words) {
                // The rows behind this one stand in `solved` from the last to the next.
                let later =
                    fragment.checked_sub(place).and_then(|distance| solved.len().checked_sub(distance));
                if let Some(known) = later.and_then(|later| solved.get(later)) {
                    row.add(known);
                }
            }
            solved.push(row);
        }
        let fragment = usize::try_from(self.header.fragment_bytes).unwrap_or(usize::MAX);
        let length = usize::try_from(self.header.message_bytes).unwrap_or(usize::MAX);
        let mut message = Vec::with_capacity(solved.len().saturating_mul(fragment));
        for row in solved.iter().rev() {
            let data = row.0.iter().skip(self.index_words).flat_map(|word| word.to_le_bytes());
            message.extend(data.take(fragment));
        }
        drop(solved);
        message.truncate(length);
        if message.len() != length || crc32fast::hash(&message) != self.header.checksum {
            return Err(Fault::Message);
        }
        let mut values = Values(&message);
        let payload = values.bytes().filter(|_| values.is_empty()).ok_or(Fault::Content)?;
        let head = message.len().saturating_sub(payload.len());
        message.drain(..head);
        Ok(message)
    }

    fn row(&self, part: &Part) -> Row {
        let data_words = part.data().len().div_ceil(8);
        let mut words = Vec::with_capacity(self.index_words.saturating_add(data_words));
        words.resize(self.index_words, 0);
        for fragment in self.mixing.fragments(part.sequence()) {
            let place = usize::try_from(fragment / 64).ok();
            if let Some(word) = place.and_then(|place| words.get_mut(place)) {
                *word |= 1 << (fragment % 64);
            }
        }
        words.extend(part.data().chunks(8).map(|bytes| {
            let mut word = [0; 8];
            word.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            u64::from_le_bytes(word)
        }));
        Row(words)
    }
}

impl Row {
    /// The lowest fragment of the equation.
    fn first_fragment(&self, index_words: usize) -> Option<usize> {
        let (place, word) = self.0.iter().take(index_words).enumerate().find(|(_, word)| **word != 0)?;
        place.checked_mul(64)?.checked_add(usize::try_from(word.trailing_zeros()).ok()?)
    }

    /// All fragments of the equation but the lowest.
    fn fragments(&self, index_words: usize) -> Vec<usize> {
        let mut fragments = Vec::new();
        for (place, word) in self.0.iter().take(index_words).enumerate() {
            fragments.extend(
                (0..64)
                    .filter(|bit| word >> bit & 1 == 1)
                    .map(|bit| place.saturating_mul(64).saturating_add(bit)),
            );
        }
        fragments.split_off(fragments.len().min(1))
    }

    fn add(&mut self, other: &Row) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word ^= other;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "small numbers")]

    use super::*;
    use crate::qr::ur::{Sender, UrType};

    fn part(sender: &Sender, sequence: u32) -> Part {
        Part::parse(&sender.part(sequence)).unwrap()
    }

    fn payload(bytes: u32) -> Vec<u8> {
        (0..bytes).map(|index| (index * index / 7 % 251).to_le_bytes()[0]).collect()
    }

    #[test]
    fn mixed_parts_alone_are_enough() {
        for (bytes, max) in [(1, 10), (100, 10), (1003, 10), (5000, 33)] {
            let sender = Sender::new(UrType::Bytes, &payload(bytes), max).unwrap();
            let first = sender.source_parts() + 1;
            let mut receiver = Receiver::new(&part(&sender, first));
            let (mut stalled, mut longest) = (0, 0);
            for sequence in first.. {
                match receiver.add(&part(&sender, sequence)) {
                    Added::New => stalled = 0,
                    Added::Repeat => stalled += 1,
                    bad @ (Added::Conflict | Added::Foreign) => panic!("{bad:?}"),
                }
                longest = longest.max(stalled);
                if receiver.is_complete() {
                    break;
                }
            }
            assert_eq!(receiver.rank(), receiver.of());
            assert!(longest < 12, "{bytes}: {longest} parts in a row brought nothing");
            assert_eq!(receiver.finish().unwrap(), payload(bytes));
        }
    }

    #[test]
    fn a_repeat_brings_nothing_and_a_contradiction_is_seen() {
        let sender = Sender::new(UrType::Bytes, &payload(100), 30).unwrap();
        let mut receiver = Receiver::new(&part(&sender, 1));
        assert_eq!(receiver.rank(), 0);
        assert_eq!(receiver.add(&part(&sender, 1)), Added::New);
        assert_eq!(receiver.add(&part(&sender, 1)), Added::Repeat);
        let other = Sender::new(UrType::Bytes, &payload(101), 30).unwrap();
        assert_eq!(receiver.add(&part(&other, 2)), Added::Foreign);
        let forged = Part::forged(&part(&sender, 1), &[0; 26]);
        assert_eq!(receiver.add(&forged), Added::Conflict);
        assert_eq!(receiver.rank(), 1);
    }

    #[test]
    fn a_message_with_another_check_or_content_is_damaged() {
        let sender = Sender::new(UrType::Bytes, &payload(100), 30).unwrap();
        let mut receiver = Receiver::new(&part(&sender, 1));
        receiver.add(&Part::forged(&part(&sender, 1), &[0; 26]));
        for sequence in 2..=4 {
            receiver.add(&part(&sender, sequence));
        }
        assert!(receiver.is_complete());
        assert_eq!(receiver.finish(), Err(Fault::Message));

        for content in [&[0x42, 1, 2, 3][..], &[0x61, b'a'], &[0x43, 1]] {
            let frame = format!("UR:BYTES/{}", crate::qr::bytewords::encode(content));
            let whole = Part::parse(&frame).unwrap();
            let mut receiver = Receiver::new(&whole);
            assert_eq!(receiver.add(&whole), Added::New);
            assert_eq!(receiver.finish(), Err(Fault::Content), "{content:02x?}");
        }
        assert_eq!(Receiver::new(&part(&sender, 1)).finish(), Err(Fault::Message));
    }
}
