//! The sending side: any number of parts of one payload.

use crate::error::Result;
use crate::qr::ur::cbor;
use crate::qr::ur::part::{self, Header};
use crate::qr::ur::{Mixing, UrType};
use crate::qr::{PLAIN_BYTES, TOO_LARGE, UR_PARTS};

/// The order in which parts are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// 1, 2, 3 and so on: best for our own receiver.
    Ascending,
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
}

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
        Ok(Self { header, message, mixing: Mixing::new(parts, checksum), order: Order::Ascending })
    }

    /// The same payload in another order.
    #[must_use]
    pub fn in_order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// Number of fragments: a receiver that misses nothing needs so many parts.
    pub fn source_parts(&self) -> u32 {
        self.header.parts
    }

    /// The values common to all parts.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The text of the `shown`-th frame, from 0, in upper case. Numbers that would need more digits than
    /// [`max_fragment`] reckons with begin again at 1.
    pub fn frame(&self, shown: u32) -> String {
        let parts = self.header.parts;
        let sequence = match (self.order, shown.checked_sub(parts)) {
            (Order::Ascending, _) | (Order::Alternating, None) => shown,
            (Order::Alternating, Some(after)) if after.is_multiple_of(2) => {
                after.checked_div(2).and_then(|turn| turn.checked_rem(parts)).unwrap_or_default()
            }
            (Order::Alternating, Some(after)) => {
                parts.saturating_add(after.checked_div(2).unwrap_or_default())
            }
        };
        self.part(sequence.checked_rem(last_sequence(parts)).unwrap_or_default().saturating_add(1))
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
fn last_sequence(parts: u32) -> u32 {
    match parts {
        0..=99 => 999,
        100..=999 => 9_999,
        1000..=u32::MAX => 99_999,
    }
}

/// The largest fragment for which every part of a message of `payload` bytes fits `characters` (qr.md 2.2); 0 when none fits.
pub fn max_fragment(ur_type: &UrType, payload: usize, characters: usize) -> usize {
    let payload = u32::try_from(payload).unwrap_or(u32::MAX);
    let message = payload.saturating_add(5);
    // The number of parts decides how many digits it takes, and the other way round: assume the fewest digits that hold.
    [99, 999, UR_PARTS]
        .into_iter()
        .find_map(|parts| {
            let last = last_sequence(parts);
            let path = format!("ur:{}/{last}-{parts}/", ur_type.name()).len();
            let letters = characters.checked_sub(path)?;
            let heads = [last, parts, message].map(cbor::head_bytes).iter().sum::<usize>();
            // Array head, three numbers, the CRC32 of the message (5), the CRC32 of the part (4).
            let data = letters.checked_div(2)?.checked_sub(heads.saturating_add(10))?;
            let fragment = (1..=5).find_map(|head| {
                let fragment = data.checked_sub(head)?;
                (cbor::head_bytes(u32::try_from(fragment).ok()?) <= head).then_some(fragment)
            });
            let fragment = fragment.filter(|fragment| *fragment > 0)?;
            let needed = usize::try_from(message).ok()?.div_ceil(fragment);
            (needed <= usize::try_from(parts).ok()?).then_some(fragment)
        })
        .unwrap_or(0)
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
            assert_eq!(max_fragment(&UrType::CryptoPsbt, 30 * fragment, characters), fragment);
        }
        assert_eq!(max_fragment(&UrType::Bytes, 4_000_000, 400), 0);
        assert_eq!(max_fragment(&UrType::Bytes, 1000, 30), 0);
    }

    #[test]
    fn every_frame_fits_the_characters_that_its_fragment_was_made_for() {
        for characters in [150, 395, 758, 1249, 4296] {
            for payload in [300, 2_000, 24_000, 70_000, 300_000] {
                let max = max_fragment(&UrType::Bytes, payload, characters);
                let Ok(sender) = Sender::new(UrType::Bytes, &vec![7; payload], max) else { continue };
                let last = last_sequence(sender.source_parts());
                let longest = [0, 1, last - 2, last - 1].map(|shown| sender.frame(shown).len());
                assert!(
                    longest.iter().all(|length| *length <= characters),
                    "{characters} {payload} {longest:?}"
                );
                assert_eq!(sender.frame(last), sender.part(1));
            }
        }
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
