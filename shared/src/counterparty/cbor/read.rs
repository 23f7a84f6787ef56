//! The lenient reader.

use super::{Double, Value};

/// Deeper items are not read; no message nests more than two levels.
const MAX_DEPTH: u8 = 32;

/// Reads the first item and ignores what follows, as the ledger does; none when there is no whole item.
pub fn read(bytes: &[u8]) -> Option<Value> {
    let mut reader = Reader { rest: bytes };
    reader.item(MAX_DEPTH)
}

/// Reads one item that fills the bytes.
pub fn read_exactly(bytes: &[u8]) -> Option<Value> {
    let mut reader = Reader { rest: bytes };
    reader.item(MAX_DEPTH).filter(|_| reader.rest.is_empty())
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(count).ok()?)?;
        self.rest = rest;
        Some(taken)
    }

    fn number(&mut self, size: u64) -> Option<u64> {
        Some(self.take(size)?.iter().fold(0u64, |number, byte| (number << 8) | u64::from(*byte)))
    }

    /// The argument of a head; none inside for an indefinite length.
    fn argument(&mut self, info: u8) -> Option<Option<u64>> {
        Some(match info {
            0..=23 => Some(u64::from(info)),
            24 => Some(self.number(1)?),
            25 => Some(self.number(2)?),
            26 => Some(self.number(4)?),
            27 => Some(self.number(8)?),
            31 => None,
            _ => return None,
        })
    }

    fn at_break(&mut self) -> Option<bool> {
        if self.rest.first()? == &0xff {
            self.byte()?;
            return Some(true);
        }
        Some(false)
    }

    fn item(&mut self, depth: u8) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        let head = self.byte()?;
        let (major, info) = (head >> 5, head & 0x1f);
        if major == 7 {
            return self.simple(info);
        }
        let argument = self.argument(info)?;
        match major {
            0 => Some(Value::Integer(i128::from(argument?))),
            1 => Some(Value::Integer(i128::from(argument?).checked_neg()?.checked_sub(1)?)),
            2 => self.string(2, argument).map(Value::Bytes),
            3 => String::from_utf8(self.string(3, argument)?).ok().map(Value::Text),
            4 => self.items(argument, depth).map(Value::Array),
            5 => self.members(argument, depth).map(Value::Map),
            _ => {
                let item = self.item(depth)?;
                Some(tagged(argument?, item))
            }
        }
    }

    fn string(&mut self, major: u8, length: Option<u64>) -> Option<Vec<u8>> {
        if let Some(length) = length {
            return self.take(length).map(<[u8]>::to_vec);
        }
        let mut joined = Vec::new();
        while !self.at_break()? {
            let head = self.byte()?;
            let length = self.argument(head & 0x1f)?.filter(|_| head >> 5 == major)?;
            let chunk = self.take(length)?;
            if major == 3 && core::str::from_utf8(chunk).is_err() {
                return None;
            }
            joined.extend_from_slice(chunk);
        }
        Some(joined)
    }

    fn items(&mut self, count: Option<u64>, depth: u8) -> Option<Vec<Value>> {
        let mut items = Vec::new();
        let mut left = count;
        while self.goes_on(&mut left)? {
            items.push(self.item(depth)?);
        }
        Some(items)
    }

    fn members(&mut self, count: Option<u64>, depth: u8) -> Option<Vec<(Value, Value)>> {
        let mut members = Vec::new();
        let mut left = count;
        while self.goes_on(&mut left)? {
            let key = self.item(depth)?;
            members.push((key, self.item(depth)?));
        }
        Some(members)
    }

    fn goes_on(&mut self, left: &mut Option<u64>) -> Option<bool> {
        match left {
            None => Some(!self.at_break()?),
            Some(0) => Some(false),
            Some(count) => {
                *count = count.checked_sub(1)?;
                Some(true)
            }
        }
    }

    fn simple(&mut self, info: u8) -> Option<Value> {
        Some(match info {
            20 => Value::Bool(false),
            21 => Value::Bool(true),
            22 => Value::Null,
            24 => Value::Simple(self.byte()?),
            25 => Value::Double(half(self.number(2)?)),
            26 => {
                let bits = u32::try_from(self.number(4)?).ok()?;
                Value::Double(Double::new(f64::from(f32::from_bits(bits))))
            }
            27 => Value::Double(Double::from_bits(self.number(8)?)),
            0..=19 | 23 => Value::Simple(info),
            _ => return None,
        })
    }
}

fn tagged(tag: u64, item: Value) -> Value {
    let number = |bytes: &[u8]| {
        let significant: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
        let fits = significant.len() < 16;
        fits.then(|| significant.iter().fold(0i128, |number, byte| (number << 8) | i128::from(*byte)))
    };
    match (tag, &item) {
        (2, Value::Bytes(bytes)) => number(bytes).map(Value::Integer),
        (3, Value::Bytes(bytes)) => {
            number(bytes).and_then(i128::checked_neg).and_then(|n| n.checked_sub(1)).map(Value::Integer)
        }
        (55_799, _) => return item,
        _ => None,
    }
    .unwrap_or_else(|| Value::Tag(tag, Box::new(item)))
}

/// A 16-bit floating-point number as a double, bit by bit.
fn half(bits: u64) -> Double {
    let sign = (bits & 0x8000) << 48;
    let exponent = (bits >> 10) & 0x1f;
    let fraction = bits & 0x03ff;
    let magnitude = match (exponent, fraction) {
        (0, 0) => 0,
        (0, subnormal) => {
            // The leading one of a subnormal is found and becomes implicit.
            let shift = u64::from(subnormal.leading_zeros()).saturating_sub(53);
            let exponent = 1009u64.saturating_sub(shift);
            (exponent << 52) | (((subnormal << shift) & 0x03ff) << 42)
        }
        (31, fraction) => (0x7ff << 52) | (fraction << 42),
        (exponent, fraction) => (exponent.saturating_add(1008) << 52) | (fraction << 42),
    };
    Double::from_bits(sign | magnitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_numbers_of_the_standard() {
        let double = |bytes: &[u8]| match read(bytes) {
            Some(Value::Double(double)) => double.to_f64(),
            other => panic!("{other:?}"),
        };
        for (bytes, expected) in [
            ([0xf9, 0x3c, 0x00], 1.0),
            ([0xf9, 0x3e, 0x00], 1.5),
            ([0xf9, 0x7b, 0xff], 65504.0),
            ([0xf9, 0x00, 0x01], 5.960_464_477_539_063e-8),
            ([0xf9, 0x03, 0xff], 0.000_060_975_551_605_224_61),
            ([0xf9, 0x04, 0x00], 0.000_061_035_156_25),
            ([0xf9, 0xc4, 0x00], -4.0),
            ([0xf9, 0x7c, 0x00], f64::INFINITY),
        ] {
            assert_eq!(double(&bytes).to_bits(), expected.to_bits(), "{bytes:?}");
        }
        assert_eq!(read(&[0x20]), Some(Value::Integer(-1)));
        assert_eq!(read(&[0xc2, 0x42, 1, 0]), Some(Value::Integer(256)));
        assert_eq!(read(&[0xc3, 0x42, 1, 0]), Some(Value::Integer(-257)));
    }

    #[test]
    fn reads_what_the_ledger_reads_leniently() {
        let list = Value::Array(vec![Value::Integer(1), Value::Bytes(vec![1, 2])]);
        for bytes in [
            &[0x82, 0x01, 0x42, 1, 2][..],
            &[0x9f, 0x18, 0x01, 0x5f, 0x41, 1, 0x41, 2, 0xff, 0xff],
            &[0xd9, 0xd9, 0xf7, 0x82, 0x01, 0x42, 1, 2, 0xaa],
        ] {
            assert_eq!(read(bytes), Some(list.clone()), "{bytes:?}");
        }
        for bytes in [
            &[][..],
            &[0x82, 0x01],
            &[0xff],
            &[0x9f],
            &[0x5b, 255, 255, 255, 255, 255, 255, 255, 255],
            &[0x1c],
        ] {
            assert_eq!(read(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn stops_at_deep_nesting() {
        assert_eq!(read(&vec![0x81; 100_000]), None);
    }
}
