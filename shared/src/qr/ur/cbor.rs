//! The little CBOR (RFC 8949) that a UR needs: unsigned integers, byte strings and one array head, shortest form only.

/// Major types of the first three bits.
const UNSIGNED: u8 = 0x00;
const BYTES: u8 = 0x40;
const ARRAY: u8 = 0x80;

/// Appends an unsigned integer.
pub(super) fn push_unsigned(out: &mut Vec<u8>, value: u32) {
    push_head(out, UNSIGNED, value);
}

/// Appends the head of a byte string of `length` bytes.
pub(super) fn push_bytes_head(out: &mut Vec<u8>, length: u32) {
    push_head(out, BYTES, length);
}

/// Appends the head of an array of `length` values.
pub(super) fn push_array_head(out: &mut Vec<u8>, length: u32) {
    push_head(out, ARRAY, length);
}

/// Bytes of a head: 1, 2, 3 or 5.
pub(super) fn head_bytes(value: u32) -> usize {
    match value {
        0..=0x17 => 1,
        0x18..=0xff => 2,
        0x100..=0xffff => 3,
        0x1_0000..=u32::MAX => 5,
    }
}

fn push_head(out: &mut Vec<u8>, major: u8, value: u32) {
    let [b3, b2, b1, b0] = value.to_be_bytes();
    match head_bytes(value) {
        1 => out.push(major | b0),
        2 => out.extend([major | 0x18, b0]),
        3 => out.extend([major | 0x19, b1, b0]),
        _ => out.extend([major | 0x1a, b3, b2, b1, b0]),
    }
}

/// Reads values one after the other; every reader gives none for another type, a longer form than needed or a value cut off.
pub(super) struct Values<'a>(pub(super) &'a [u8]);

impl<'a> Values<'a> {
    /// An unsigned integer.
    pub(super) fn unsigned(&mut self) -> Option<u32> {
        self.head(UNSIGNED)
    }

    /// The length of an array.
    pub(super) fn array(&mut self) -> Option<u32> {
        self.head(ARRAY)
    }

    /// A byte string.
    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.head(BYTES)?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    /// True when nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn head(&mut self, major: u8) -> Option<u32> {
        let (first, rest) = self.0.split_first()?;
        let width = match first.checked_sub(major)? {
            small @ 0..=0x17 => {
                self.0 = rest;
                return Some(u32::from(small));
            }
            0x18 => 1,
            0x19 => 2,
            0x1a => 4,
            _ => return None,
        };
        let (digits, rest) = rest.split_at_checked(width)?;
        let value = digits.iter().fold(0, |value, byte| value << 8 | u32::from(*byte));
        if head_bytes(value) != width.saturating_add(1) {
            return None;
        }
        self.0 = rest;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_they_were_written() {
        for value in [0, 1, 23, 24, 255, 256, 65_535, 65_536, u32::MAX] {
            let mut out = Vec::new();
            push_unsigned(&mut out, value);
            assert_eq!(out.len(), head_bytes(value));
            let mut values = Values(&out);
            assert_eq!(values.unsigned(), Some(value));
            assert!(values.is_empty());
            assert_eq!(Values(&out).array(), None);
            assert_eq!(Values(out.split_last().unwrap().1).unsigned(), None);
        }
        let mut values = Values(&[0x43, 1, 2, 3, 0x85]);
        assert_eq!((values.bytes(), values.array()), (Some([1, 2, 3].as_slice()), Some(5)));
    }

    #[test]
    fn refuses_longer_forms_other_types_and_what_is_cut_off() {
        for bad in
            [&[0x18, 0x17][..], &[0x19, 0, 0xff], &[0x1a, 0, 0, 0xff, 0xff], &[0x1b, 0, 0, 0, 1, 0, 0, 0, 0]]
        {
            assert_eq!(Values(bad).unsigned(), None, "{bad:02x?}");
        }
        for bad in [&[0x42, 1][..], &[0x5a, 0xff, 0xff, 0xff, 0xff, 1], &[0x5f, 0x41, 1, 0xff], &[0x00], &[]]
        {
            assert_eq!(Values(bad).bytes(), None, "{bad:02x?}");
        }
    }
}
