//! The binary form (xrpl.md 5.1 to 5.3): reads only what it would write.

use crate::error::Result;
use crate::xrp::address::AccountId;
use crate::xrp::amount::Amount;
use crate::xrp::fields::{Field, Kind};
use crate::xrp::object::{BLOB, FieldValue, Object};
use crate::xrp::path;

/// The deepest nesting of objects.
const MAX_DEPTH: u8 = 10;
const OBJECT_END: (u8, u8) = (14, 1);
const ARRAY_END: (u8, u8) = (15, 1);
const OBJECT_END_BYTE: u8 = 0xE1;
const ARRAY_END_BYTE: u8 = 0xF1;

/// What ends a list of fields.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// The end of the bytes.
    Bytes,
    /// The object terminator.
    Marker,
}

impl Object {
    /// Reads an outermost object, which ends with the bytes.
    ///
    /// # Errors
    /// [`BLOB`] for anything that is not canonical, the code of an unknown field, or of a bad value.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut input = Input { bytes };
        let object = read_object(&mut input, End::Bytes, 0)?;
        Ok(object)
    }

    /// Writes all fields.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.to_bytes_of(|_| true)
    }

    /// Writes the fields that are chosen; inner objects are written whole.
    pub(crate) fn to_bytes_of(&self, chosen: impl Fn(Field) -> bool) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        for (field, value) in self.fields().filter(|(field, _)| chosen(*field)) {
            write_field(&mut out, field, value);
        }
        out
    }
}

/// The bytes that are left.
struct Input<'a> {
    bytes: &'a [u8],
}

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self
            .bytes
            .split_at_checked(count)
            .ok_or_else(|| BLOB.error(format!("cut off: {count} bytes wanted, {} left", self.bytes.len())))?;
        self.bytes = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| BLOB.error("cut off"))
    }

    fn byte(&mut self) -> Result<u8> {
        let [byte] = self.array::<1>()?;
        Ok(byte)
    }

    /// Type code and field code of the next header, in its shortest form only.
    fn header(&mut self) -> Result<(u8, u8)> {
        let first = self.byte()?;
        let (high, low) = (first >> 4, first & 0x0F);
        let escaped = |code: u8| {
            if code < 16 { Err(BLOB.error("a field header is longer than needed")) } else { Ok(code) }
        };
        let kind = if high == 0 { None } else { Some(high) };
        let code = if low == 0 { None } else { Some(low) };
        // With both escaped the type comes first, as with each alone.
        let kind = match kind {
            Some(kind) => kind,
            None => escaped(self.byte()?)?,
        };
        let code = match code {
            Some(code) => code,
            None => escaped(self.byte()?)?,
        };
        Ok((kind, code))
    }

    /// A length of 1 to 3 bytes (xrpl.md 5.2).
    fn length(&mut self) -> Result<usize> {
        let first = usize::from(self.byte()?);
        let length = match first {
            0..=192 => Some(first),
            193..=240 => {
                let second = usize::from(self.byte()?);
                first.checked_sub(193).and_then(|high| (high << 8).checked_add(second)?.checked_add(193))
            }
            241..=254 => {
                let [second, third] = self.array::<2>()?.map(usize::from);
                first.checked_sub(241).and_then(|high| {
                    ((high << 16) | (second << 8) | third).checked_add(12_481).filter(|l| *l <= 918_744)
                })
            }
            _ => None,
        };
        length.ok_or_else(|| BLOB.error("a length prefix is not one"))
    }
}

fn read_object(input: &mut Input<'_>, end: End, depth: u8) -> Result<Object> {
    let depth = depth.checked_add(1).filter(|depth| *depth <= MAX_DEPTH);
    let depth = depth.ok_or_else(|| BLOB.error(format!("nested deeper than {MAX_DEPTH} levels")))?;
    let mut object = Object::default();
    loop {
        if end == End::Bytes && input.bytes.is_empty() {
            return Ok(object);
        }
        let codes = input.header()?;
        match (codes, end) {
            (OBJECT_END, End::Marker) => return Ok(object),
            (OBJECT_END, End::Bytes) => return Err(BLOB.error("an object ends that has not begun")),
            (ARRAY_END, _) => return Err(BLOB.error("an array ends that has not begun")),
            _ => {}
        }
        let field = Field::coded(codes.0, codes.1)?;
        if let Some((last, _)) = object.fields.last()
            && *last >= field
        {
            let how = if *last == field { "stands twice" } else { "is out of order" };
            return Err(BLOB.error(format!("{} {how}", field.name())));
        }
        let value = read_value(input, field, depth).map_err(|e| e.at(field.name()))?;
        object.fields.push((field, value));
    }
}

fn read_value(input: &mut Input<'_>, field: Field, depth: u8) -> Result<FieldValue> {
    Ok(match field.kind() {
        Kind::UInt8 => FieldValue::UInt8(input.byte()?),
        Kind::UInt16 => FieldValue::UInt16(u16::from_be_bytes(input.array()?)),
        Kind::UInt32 => FieldValue::UInt32(u32::from_be_bytes(input.array()?)),
        Kind::Hash128 => FieldValue::Hash128(input.array()?),
        Kind::Hash192 => FieldValue::Hash192(input.array()?),
        Kind::Hash256 => FieldValue::Hash256(input.array()?),
        Kind::Amount => {
            let (amount, rest) = Amount::split_from(input.bytes)?;
            input.bytes = rest;
            FieldValue::Amount(amount)
        }
        Kind::Blob => {
            let length = input.length()?;
            FieldValue::Blob(input.take(length)?.to_vec())
        }
        Kind::Account => {
            let length = input.length()?;
            if length != 20 {
                return Err(BLOB.error(format!("an account has 20 bytes, this has {length}")));
            }
            FieldValue::Account(AccountId::from_bytes(input.array()?))
        }
        Kind::Hashes => {
            let length = input.length()?;
            let (hashes, rest) = input.take(length)?.as_chunks::<32>();
            if !rest.is_empty() {
                return Err(BLOB.error(format!("{length} bytes are not whole hashes of 32 bytes")));
            }
            FieldValue::Hashes(hashes.to_vec())
        }
        Kind::Paths => {
            let (paths, rest) = path::split_from(input.bytes)?;
            input.bytes = rest;
            FieldValue::Paths(paths)
        }
        Kind::Object => FieldValue::Object(read_object(input, End::Marker, depth)?),
        Kind::Array => FieldValue::Array(read_array(input, depth)?),
    })
}

fn read_array(input: &mut Input<'_>, depth: u8) -> Result<Vec<(Field, Object)>> {
    let mut elements = Vec::new();
    loop {
        let codes = input.header()?;
        if codes == ARRAY_END {
            return Ok(elements);
        }
        if codes == OBJECT_END {
            return Err(BLOB.error("an object ends that has not begun"));
        }
        let wrapper = Field::coded(codes.0, codes.1)?;
        if wrapper.kind() != Kind::Object {
            return Err(BLOB.error(format!("{} stands in an array without a wrapper", wrapper.name())));
        }
        let element = read_object(input, End::Marker, depth).map_err(|e| e.at(wrapper.name()))?;
        elements.push((wrapper, element));
    }
}

fn write_field(out: &mut Vec<u8>, field: Field, value: &FieldValue) {
    out.extend(field.header());
    match value {
        FieldValue::UInt8(number) => out.push(*number),
        FieldValue::UInt16(number) => out.extend(number.to_be_bytes()),
        FieldValue::UInt32(number) => out.extend(number.to_be_bytes()),
        FieldValue::Hash128(bytes) => out.extend(bytes),
        FieldValue::Hash192(bytes) => out.extend(bytes),
        FieldValue::Hash256(bytes) => out.extend(bytes),
        FieldValue::Amount(amount) => out.extend(amount.to_bytes()),
        FieldValue::Blob(bytes) => write_with_length(out, bytes),
        FieldValue::Account(account) => write_with_length(out, &account.to_bytes()),
        FieldValue::Hashes(hashes) => write_with_length(out, hashes.as_flattened()),
        FieldValue::Paths(paths) => path::write(out, paths),
        FieldValue::Object(object) => {
            out.extend(object.to_bytes());
            out.push(OBJECT_END_BYTE);
        }
        FieldValue::Array(elements) => {
            for (wrapper, element) in elements {
                out.extend(wrapper.header());
                out.extend(element.to_bytes());
                out.push(OBJECT_END_BYTE);
            }
            out.push(ARRAY_END_BYTE);
        }
    }
}

fn write_with_length(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(length_prefix(bytes.len()).expect("no reader lets a value of more than 918744 bytes in"));
    out.extend(bytes);
}

/// The length prefix of 1 to 3 bytes; none above 918744.
pub fn length_prefix(length: usize) -> Option<Vec<u8>> {
    let [.., b2, b1, b0] = match length {
        0..=192 => return Some(vec![u8::try_from(length).ok()?]),
        193..=12_480 => {
            let [.., high, low] = length.checked_sub(193)?.to_be_bytes();
            return Some(vec![high.checked_add(193)?, low]);
        }
        12_481..=918_744 => length.checked_sub(12_481)?.to_be_bytes(),
        _ => return None,
    };
    Some(vec![b2.checked_add(241)?, b1, b0])
}
