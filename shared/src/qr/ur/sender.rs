//! The sending side: any number of parts of one payload.

use crate::error::Result;
use crate::qr::ur::cbor;
use crate::qr::ur::part::{self, Header};
use crate::qr::ur::{Mixing, UrType};
use crate::qr::{PLAIN_BYTES, TOO_LARGE, UR_PARTS};

/// The order in which parts are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// 1, 2, 3 and so on, as every sender does.
    Ascending,
    /// After the first round only mixed parts of about half of the fragments: best for receivers that solve equations, such
    /// as our own. Each missing fragment is in every second part, where the format's own choice has it in every fourth at
    /// 25 fragments and in every tenth at 4,000. After three of them for each fragment all begins again, the fragments too, so
    /// that a receiver that only peels ends as well.
    Dense,
    /// After the first round one fragment and one mixed part in turn: best for receivers that only peel (qr.md 5.3).
    Alternating,
}

/// One payload, ready to be shown for as long as it takes.
#[derive(Clone, Debug)]
pub struct Sender {
    header: Header,
    message: Vec<u8>,
    mixing: Mixing,
    order: Order,
    dense: Vec<u32>,
}

/// The highest number of a part in the dense order: the last that takes three bytes in CBOR.
const LAST_DENSE: u32 = 65_535;
/// How many mixed parts the dense order shows before it begins again with the fragments, for each of them.
const DENSE_ROUNDS: u32 = 3;

impl Sender {
    /// Cuts `payload`, as one CBOR byte string, into the fewest fragments of at most `max_fragment` bytes, all of one length.
    ///
    /// # Errors
    /// [`TOO_LARGE`] above [`PLAIN_BYTES`] or [`UR_PARTS`].
    pub fn new(ur_type: UrType, payload: &[u8], max_fragment: usize) -> Result<Self> {
        let too_large =
            || TOO_LARGE.error(format!("{} bytes to send as a UR; limit {PLAIN_BYTES}", payload.len()));
        let length = u32::try_from(payload.len()).map_err(|_| too_large())?;
        let mut message = Vec::with_capacity(payload.len().saturating_add(5));
        cbor::push_bytes_head(&mut message, length);
        message.extend_from_slice(payload);
        if message.len() > PLAIN_BYTES {
            return Err(too_large());
        }
        let parts = message.len().div_ceil(max_fragment.max(1));
        let fragment = message.len().div_ceil(parts.max(1));
        let (Ok(parts), Ok(message_bytes), Ok(fragment_bytes)) =
            (u32::try_from(parts), u32::try_from(message.len()), u32::try_from(fragment))
        else {
            return Err(too_large());
        };
        if parts > UR_PARTS {
            return Err(TOO_LARGE.error(format!("{parts} parts of a UR; limit {UR_PARTS}")));
        }
        let checksum = crc32fast::hash(&message);
        let header = Header { ur_type, parts, message_bytes, checksum, fragment_bytes };
        Ok(Self {
            header,
            message,
            mixing: Mixing::new(parts, checksum),
            order: Order::Ascending,
            dense: Vec::new(),
        })
    }

    /// The same payload in another order.
    #[must_use]
    pub fn in_order(mut self, order: Order) -> Self {
        self.order = order;
        self.dense = if order == Order::Dense { self.dense_sequences() } else { Vec::new() };
        self
    }

    /// The first mixed parts that hold two to four fifths of the fragments.
    fn dense_sequences(&self) -> Vec<u32> {
        let parts = self.header.parts;
        let fifths = |count: u32| parts.saturating_mul(count).div_ceil(5);
        let degrees = fifths(2)..=fifths(4);
        let wanted = usize::try_from(parts.saturating_mul(DENSE_ROUNDS)).unwrap_or(usize::MAX);
        let mixed = parts.saturating_add(1)..=LAST_DENSE;
        mixed.filter(|sequence| degrees.contains(&self.mixing.degree(*sequence))).take(wanted).collect()
    }

    /// Number of fragments: a receiver that misses nothing needs so many parts.
    pub fn source_parts(&self) -> u32 {
        self.header.parts
    }

    /// The values common to all parts.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Characters of the longest frame.
    pub fn longest(&self) -> usize {
        self.part(last_sequence(self.header.parts, self.order)).len()
    }

    /// The text of the `shown`-th frame, from 0, in upper case. Numbers that would need more digits than
    /// [`max_fragment`] reckons with begin again.
    pub fn frame(&self, shown: u32) -> String {
        self.part(self.sequence(shown))
    }

    /// Frames of the dense order until it begins again: every fragment, then the mixed parts.
    fn cycle(&self) -> u32 {
        self.header.parts.saturating_add(u32::try_from(self.dense.len()).unwrap_or(u32::MAX))
    }

    /// The number of the part that is shown as `shown`-th.
    fn sequence(&self, shown: u32) -> u32 {
        let parts = self.header.parts;
        let shown = match self.order {
            Order::Dense => shown.checked_rem(self.cycle()).unwrap_or_default(),
            Order::Ascending | Order::Alternating => shown,
        };
        let Some(after) = shown.checked_sub(parts) else { return shown.saturating_add(1) };
        let half = after / 2;
        let index = match self.order {
            Order::Ascending => shown,
            Order::Dense => {
                let place = usize::try_from(after).ok();
                return place.and_then(|place| self.dense.get(place)).copied().unwrap_or(1);
            }
            Order::Alternating if after.is_multiple_of(2) => half.checked_rem(parts).unwrap_or_default(),
            Order::Alternating => parts.saturating_add(half),
        };
        index.checked_rem(last_sequence(parts, self.order)).unwrap_or_default().saturating_add(1)
    }

    /// The text of the part `sequence`, which counts from 1, in upper case.
    pub fn part(&self, sequence: u32) -> String {
        let length = usize::try_from(self.header.fragment_bytes).unwrap_or(usize::MAX);
        let mut data = vec![0; length];
        for fragment in self.mixing.fragments(sequence) {
            let start = usize::try_from(fragment).unwrap_or(usize::MAX).saturating_mul(length);
            let source = self.message.get(start..).unwrap_or_default();
            for (byte, other) in data.iter_mut().zip(source) {
                *byte ^= other;
            }
        }
        part::write(&self.header, sequence, &data)
    }
}

/// The highest number that is shown: one digit more than the number of parts has, at least three.
fn last_sequence(parts: u32, order: Order) -> u32 {
    match (order, parts) {
        (Order::Dense, _) => LAST_DENSE,
        (Order::Ascending | Order::Alternating, 0..=99) => 999,
        (Order::Ascending | Order::Alternating, 100..=999) => 9_999,
        (Order::Ascending | Order::Alternating, 1000..=u32::MAX) => 99_999,
    }
}

/// The largest fragment for which every part of a message of `payload` bytes fits `characters` (qr.md 2.2); 0 when none fits.
pub fn max_fragment(ur_type: &UrType, payload: usize, characters: usize, order: Order) -> usize {
    let Ok(message) = u32::try_from(payload.saturating_add(5)) else { return 0 };
    // The number of parts decides how many digits it takes, and the other way round: assume the fewest digits that hold.
    let assumed = |parts: u32| {
        let last = last_sequence(parts, order);
        let path = format!("ur:{}/{last}-{parts}/", ur_type.name()).len();
        let letters = characters.checked_sub(path)?;
        let heads = [last, parts, message].map(cbor::head_bytes).iter().sum::<usize>();
        // Array head 1, CRC32 of the message 5, CRC32 of the part 4.
        let data = (letters / 2).checked_sub(heads.saturating_add(10))?;
        let fragment = (1..=5).find_map(|head| {
            let fragment = data.checked_sub(head).filter(|fragment| *fragment > 0)?;
            (cbor::head_bytes(u32::try_from(fragment).ok()?) <= head).then_some(fragment)
        })?;
        let needed = usize::try_from(message).ok()?.div_ceil(fragment);
        (needed <= usize::try_from(parts).ok()?).then_some(fragment)
    };
    [99, 999, UR_PARTS].into_iter().find_map(assumed).unwrap_or(0)
}

/// Characters of the single-part form of a message of `payload` bytes.
pub fn single_characters(ur_type: &UrType, payload: usize) -> usize {
    let head = cbor::head_bytes(u32::try_from(payload).unwrap_or(u32::MAX));
    let path = "ur:/".len().saturating_add(ur_type.name().len());
    payload.saturating_add(head).saturating_add(4).saturating_mul(2).saturating_add(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, reason = "small numbers")]

    use super::*;

    /// Alphanumeric characters at level L by QR version.
    const CHARACTERS: [(usize, usize); 8] = [
        (154, 46),
        (395, 166),
        (758, 347),
        (1249, 592),
        (1853, 894),
        (2132, 1034),
        (2520, 1228),
        (4296, 2116),
    ];

    #[test]
    fn the_largest_fragments_are_those_of_the_table() {
        for (characters, fragment) in CHARACTERS {
            assert_eq!(
                max_fragment(&UrType::CryptoPsbt, 30 * fragment, characters, Order::Ascending),
                fragment
            );
        }
        assert_eq!(max_fragment(&UrType::Bytes, 4_000_000, 400, Order::Dense), 0);
        assert_eq!(max_fragment(&UrType::Bytes, 1000, 30, Order::Ascending), 0);
    }

    #[test]
    fn every_frame_fits_the_characters_that_its_fragment_was_made_for() {
        for (characters, payload) in
            [(150, 300), (395, 2_000), (395, 24_000), (1249, 24_000), (4296, 300_000)]
        {
            for order in [Order::Ascending, Order::Dense, Order::Alternating] {
                let max = max_fragment(&UrType::Bytes, payload, characters, order);
                let sender = Sender::new(UrType::Bytes, &vec![7; payload], max).unwrap().in_order(order);
                let longest = sender.longest();
                assert!(longest <= characters, "{characters} {payload} {order:?}: {longest}");
                for shown in [0, 1, 50, 600, 998, 999, 100_000, u32::MAX] {
                    assert!(sender.frame(shown).len() <= longest, "{characters} {payload} {order:?} {shown}");
                }
            }
        }
        let sender = Sender::new(UrType::Bytes, &[7; 300], 100).unwrap();
        assert_eq!(sender.frame(999), sender.part(1));
    }

    #[test]
    fn the_dense_order_shows_every_fragment_once_and_then_mixes_half_of_them() {
        let sender = Sender::new(UrType::Bytes, &[9; 495], 10).unwrap().in_order(Order::Dense);
        assert_eq!(sender.source_parts(), 50);
        assert_eq!(
            (0..50).map(|shown| sender.sequence(shown)).collect::<Vec<u32>>(),
            (1..=50).collect::<Vec<u32>>()
        );
        let mixed: Vec<u32> = (50..200).map(|shown| sender.sequence(shown)).collect();
        assert!(mixed.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(mixed.iter().all(|sequence| (20..=40).contains(&sender.mixing.degree(*sequence))));
        assert_eq!(
            (200..250).map(|shown| sender.sequence(shown)).collect::<Vec<u32>>(),
            (1..=50).collect::<Vec<u32>>()
        );
        assert_eq!(sender.sequence(250), mixed[0]);
    }

    #[test]
    fn a_payload_of_one_fragment_has_no_number() {
        let sender = Sender::new(UrType::Bytes, b"seven", 6).unwrap();
        assert_eq!(sender.source_parts(), 1);
        assert_eq!(sender.frame(0), sender.frame(5));
        assert_eq!(sender.frame(0).matches('/').count(), 1);
        assert_eq!(sender.frame(0).len(), single_characters(&UrType::Bytes, 5));
    }

    #[test]
    fn the_alternating_order_shows_fragments_and_mixed_parts_in_turn() {
        let sender = Sender::new(UrType::Bytes, &[9; 299], 100).unwrap().in_order(Order::Alternating);
        assert_eq!(sender.source_parts(), 4);
        for (shown, sequence) in (0..).zip([1, 2, 3, 4, 1, 5, 2, 6, 3, 7, 4, 8, 1, 9]) {
            assert_eq!(sender.frame(shown), sender.part(sequence), "{shown}");
        }
    }

    #[test]
    fn refuses_more_bytes_and_more_parts_than_the_limits() {
        let refused = |payload: usize, max| Sender::new(UrType::Bytes, &vec![0; payload], max).unwrap_err();
        assert_eq!(refused(PLAIN_BYTES - 4, 10_000).what(), "4194300 bytes to send as a UR; limit 4194304");
        assert_eq!(refused(4_097, 1).what(), "4100 parts of a UR; limit 4096");
        assert!(Sender::new(UrType::Bytes, &vec![0; PLAIN_BYTES - 5], 2_116).is_ok());
    }
}
