//! One part: the text of one frame, read with its length, CRC32 and numbers checked before anything is kept.

use crate::qr::bytewords;
use crate::qr::ur::cbor::{self, Values};
use crate::qr::ur::{Fault, UrType};
use crate::qr::{FRAME_CHARACTERS, PLAIN_BYTES, UR_PARTS};

/// Values in a part's body.
const VALUES: u32 = 5;

/// What all parts of a transfer have in common; a part with any other value belongs to another transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the transfer carries.
    pub ur_type: UrType,
    /// Number of fragments, at most [`UR_PARTS`].
    pub parts: u32,
    /// Length of the CBOR message in bytes, at most [`PLAIN_BYTES`].
    pub message_bytes: u32,
    /// CRC32 of the CBOR message.
    pub checksum: u32,
    /// Length of each fragment in bytes.
    pub fragment_bytes: u32,
}

/// One part, whose numbers agree with one another and stay within the limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    header: Header,
    sequence: u32,
    data: Vec<u8>,
}

impl Part {
    /// Reads the text of a frame, of either case. The single-part form is read as part 1 of 1.
    ///
    /// # Errors
    /// A [`Fault`] that says what is wrong with it. Nothing longer than the frame is allocated before the limits hold.
    pub fn parse(frame: &str) -> Result<Self, Fault> {
        if frame.len() > FRAME_CHARACTERS {
            return Err(Fault::Long(frame.len()));
        }
        let (scheme, path) = frame.split_at_checked(3).ok_or(Fault::Form)?;
        if !scheme.eq_ignore_ascii_case("ur:") {
            return Err(Fault::Form);
        }
        let mut components = path.split('/');
        let (name, second, third, rest) =
            (components.next(), components.next(), components.next(), components.next());
        let ur_type = UrType::parse(name.unwrap_or_default())?;
        match (second, third, rest) {
            (Some(body), None, None) => Self::whole(ur_type, bytewords::decode(body)?),
            (Some(number), Some(body), None) => {
                let (sequence, parts) = read_number(number)?;
                let part = Self::decode(ur_type, &bytewords::decode(body)?)?;
                if (part.sequence, part.header.parts) != (sequence, parts) {
                    return Err(Fault::Disagreement);
                }
                part.within_limits()
            }
            _ => Err(Fault::Form),
        }
    }

    /// The values common to the transfer.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The part's number, from 1.
    pub fn sequence(&self) -> u32 {
        self.sequence
    }

    /// The fragment, or the XOR of several.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The same part with other data.
    #[cfg(test)]
    pub(super) fn forged(part: &Self, data: &[u8]) -> Self {
        Self { data: data.to_vec(), ..part.clone() }
    }

    fn whole(ur_type: UrType, message: Vec<u8>) -> Result<Self, Fault> {
        let length = u32::try_from(message.len()).map_err(|_| Fault::Long(message.len()))?;
        let checksum = crc32fast::hash(&message);
        let header = Header { ur_type, parts: 1, message_bytes: length, checksum, fragment_bytes: length };
        Self { header, sequence: 1, data: message }.within_limits()
    }

    fn decode(ur_type: UrType, body: &[u8]) -> Result<Self, Fault> {
        let mut values = Values(body);
        let mut read = || {
            if values.array()? != VALUES {
                return None;
            }
            let (sequence, parts) = (values.unsigned()?, values.unsigned()?);
            let (message_bytes, checksum) = (values.unsigned()?, values.unsigned()?);
            let data = values.bytes()?;
            let fragment_bytes = u32::try_from(data.len()).ok()?;
            let header = Header { ur_type: ur_type.clone(), parts, message_bytes, checksum, fragment_bytes };
            Some(Self { header, sequence, data: data.to_vec() }).filter(|_| values.is_empty())
        };
        read().ok_or(Fault::Structure)
    }

    /// The number of parts must be what the lengths ask for: this alone refuses a small frame that declares four thousand
    /// million parts.
    fn within_limits(self) -> Result<Self, Fault> {
        let Header { parts, message_bytes, fragment_bytes, .. } = self.header;
        if self.sequence == 0 {
            return Err(Fault::Number);
        }
        let follows = u64::from(message_bytes.checked_sub(1).ok_or(Fault::Structure)?)
            .checked_div(u64::from(fragment_bytes))
            .ok_or(Fault::Structure)?
            .saturating_add(1);
        if follows != u64::from(parts) {
            return Err(Fault::Count { declared: parts, follows });
        }
        if usize::try_from(message_bytes).is_ok_and(|bytes| bytes > PLAIN_BYTES) {
            return Err(Fault::Size(message_bytes));
        }
        if parts > UR_PARTS {
            return Err(Fault::Parts(parts));
        }
        Ok(self)
    }
}

/// `12-8`: the part's number and the number of fragments.
fn read_number(text: &str) -> Result<(u32, u32), Fault> {
    let number = |digits: &str| {
        let canonical = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        digits.parse().ok().filter(|_| canonical).ok_or(Fault::Number)
    };
    let (sequence, parts) = text.split_once('-').ok_or(Fault::Number)?;
    Ok((number(sequence)?, number(parts)?))
}

/// Writes the text of a part in upper case, in the single-part form when there is one part.
pub(super) fn write(header: &Header, sequence: u32, data: &[u8]) -> String {
    let name = header.ur_type.name().to_ascii_uppercase();
    if header.parts == 1 {
        return format!("UR:{name}/{}", bytewords::encode(data));
    }
    let mut body = Vec::with_capacity(data.len().saturating_add(22));
    cbor::push_array_head(&mut body, VALUES);
    for value in [sequence, header.parts, header.message_bytes, header.checksum] {
        cbor::push_unsigned(&mut body, value);
    }
    cbor::push_bytes_head(&mut body, header.fragment_bytes);
    body.extend_from_slice(data);
    format!("UR:{name}/{sequence}-{}/{}", header.parts, bytewords::encode(&body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(parts: u32, message_bytes: u32, fragment_bytes: u32) -> Header {
        Header { ur_type: UrType::Bytes, parts, message_bytes, checksum: 0x1234_5678, fragment_bytes }
    }

    #[test]
    fn the_body_is_the_example_of_the_specification() {
        let text = write(&header(8, 40, 5), 12, &[1, 5, 3, 3, 5]);
        let body = bytewords::decode(text.strip_prefix("UR:BYTES/12-8/").unwrap()).unwrap();
        assert_eq!(body, [0x85, 12, 8, 0x18, 40, 0x1a, 0x12, 0x34, 0x56, 0x78, 0x45, 1, 5, 3, 3, 5]);
        let part = Part::parse(&text.to_ascii_lowercase()).unwrap();
        assert_eq!((part.sequence(), part.data()), (12, [1, 5, 3, 3, 5].as_slice()));
        assert_eq!(part.header(), &header(8, 40, 5));
    }

    #[test]
    fn refuses_numbers_that_do_not_follow_from_the_lengths() {
        let refused =
            |header: &Header, sequence, data: &[u8]| Part::parse(&write(header, sequence, data)).unwrap_err();
        assert_eq!(refused(&header(9, 40, 5), 1, &[0; 5]), Fault::Count { declared: 9, follows: 8 });
        assert_eq!(refused(&header(8, 40, 5), 0, &[0; 5]), Fault::Number);
        assert_eq!(refused(&header(8, 0, 5), 1, &[0; 5]), Fault::Structure);
        assert_eq!(refused(&header(8, 40, 0), 1, &[]), Fault::Structure);
        assert_eq!(refused(&header(4097, 4097, 1), 1, &[0]), Fault::Parts(4097));
        assert_eq!(refused(&header(4_000_000_000, 4_000_000_000, 1), 1, &[0]), Fault::Size(4_000_000_000));
        assert_eq!(refused(&header(8, 40, 5), 1, &[0; 6]), Fault::Structure);
    }

    #[test]
    fn refuses_text_that_is_no_part() {
        let body = bytewords::encode(&[0x41, 7]);
        for (text, fault) in [
            (String::new(), Fault::Form),
            ("ur".into(), Fault::Form),
            ("ür:bytes".into(), Fault::Form),
            ("ur:bytes".into(), Fault::Form),
            (format!("ur:bytes/{body}/1-1/x"), Fault::Form),
            (format!("ur:/{body}"), Fault::Type),
            (format!("ur:by_tes/{body}"), Fault::Type),
            (format!("ur:bytes/1of2/{body}"), Fault::Number),
            (format!("ur:bytes/+1-1/{body}"), Fault::Number),
            (format!("ur:bytes/01-1/{body}"), Fault::Number),
            (format!("ur:bytes/1-99999999999/{body}"), Fault::Number),
            (format!("ur:bytes/1-1/{body}"), Fault::Structure),
            (format!("ur:bytes/{}", bytewords::encode(&[])), Fault::Structure),
            ("u".repeat(5000), Fault::Long(5000)),
        ] {
            assert_eq!(Part::parse(&text), Err(fault), "{text}");
        }
        assert!(Part::parse(&format!("ur:bytes/{body}")).is_ok());
    }
}
