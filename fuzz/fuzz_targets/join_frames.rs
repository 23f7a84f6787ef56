//! A stream of frames: parts of honest transfers, of forged ones with right checks, damaged ones and any text. What comes
//! out is within the limits, and is what was sent when every part was honest.

#![no_main]

use std::sync::LazyLock;

use airlock::qr::{Kind, PLAIN_BYTES, Payload, Profile, Reaction, Receiver, Sender, bytewords};
use libfuzzer_sys::fuzz_target;

/// A PSBT of one input and one output with this script of 700 bytes.
fn psbt(script: &[u8]) -> Vec<u8> {
    let input = [&[1][..], &[0; 36], &[0], &[0xff; 4]].concat();
    let output = [&[1][..], &[0; 8], &[0xfd], &700u16.to_le_bytes(), script].concat();
    let transaction = [&[2, 0, 0, 0][..], &input, &output, &[0; 4]].concat();
    let length = u16::try_from(transaction.len()).expect("700 bytes and a few").to_le_bytes();
    [&b"psbt\xff"[..], &[1, 0, 0xfd], &length, &transaction, &[0; 3]].concat()
}

/// Honest transfers: two payloads for each of three readers.
static SENDERS: LazyLock<Vec<(Payload, Sender)>> = LazyLock::new(|| {
    let payloads = [3u32, 5].map(|seed| {
        let noise: Vec<u8> =
            (0..700).map(|index: u32| (index.wrapping_mul(index * seed) >> 3) as u8).collect();
        Payload { kind: Kind::Psbt, bytes: psbt(&noise) }
    });
    let profiles =
        ["airlock", "generic", "coldcard"].map(|name| Profile::named(name).unwrap().with_version(6));
    let pairs = profiles.iter().flat_map(|profile| payloads.iter().map(move |payload| (payload, profile)));
    pairs.map(|(payload, profile)| (payload.clone(), Sender::new(payload, profile).unwrap())).collect()
});

/// What is left of the input.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// Small numbers mostly.
    fn number(&mut self) -> Option<u32> {
        Some(match self.byte()? {
            0xff => u32::from_be_bytes([self.byte()?, self.byte()?, self.byte()?, self.byte()?]),
            0xfe => u32::from_be_bytes([0, 0, self.byte()?, self.byte()?]),
            small => small.into(),
        })
    }

    fn bytes(&mut self) -> Option<Vec<u8>> {
        let length = usize::from(self.byte()?).min(self.0.len());
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        Some(bytes.to_vec())
    }
}

fn head(out: &mut Vec<u8>, major: u8, value: u32) {
    match value {
        0..=0x17 => out.push(major | value as u8),
        0x18..=0xff => out.extend([major | 0x18, value as u8]),
        0x100..=0xffff => {
            out.push(major | 0x19);
            out.extend((value as u16).to_be_bytes());
        }
        _ => {
            out.push(major | 0x1a);
            out.extend(value.to_be_bytes());
        }
    }
}

/// A part whose CRC32 is right, whatever it declares.
fn forged(input: &mut Input) -> Option<String> {
    let (sequence, parts) = (input.number()?, input.number()?);
    let mut body = vec![0x85];
    for value in [sequence, parts, input.number()?, input.number()?] {
        head(&mut body, 0x00, value);
    }
    let data = input.bytes()?;
    head(&mut body, 0x40, data.len() as u32);
    body.extend(data);
    Some(format!("ur:bytes/{sequence}-{parts}/{}", bytewords::encode(&body)))
}

fn damaged(mut frame: String, place: u32, byte: u8) -> String {
    let place = place as usize % frame.len();
    frame.replace_range(place..=place, &char::from(b' ' + byte % 95).to_string());
    frame
}

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input(bytes);
    let mut receiver = Receiver::new(&[]);
    let mut honest = true;
    loop {
        let Some(choice) = input.byte() else { return };
        let frame = match choice % 8 {
            0..=4 => input
                .byte()
                .zip(input.number())
                .map(|(which, shown)| SENDERS[usize::from(which) % SENDERS.len()].1.frame(shown)),
            5 => {
                honest = false;
                forged(&mut input)
            }
            6 => input.byte().zip(input.number()).zip(input.number().zip(input.byte())).map(
                |((which, shown), (place, byte))| {
                    honest = false;
                    damaged(SENDERS[usize::from(which) % SENDERS.len()].1.frame(shown), place, byte)
                },
            ),
            _ => {
                honest = false;
                input.bytes().map(|text| String::from_utf8_lossy(&text).into_owned())
            }
        };
        let Some(frame) = frame else { return };
        match receiver.accept(&frame) {
            Reaction::Done(payload) => {
                assert!(payload.bytes.len() <= PLAIN_BYTES);
                // Two BBQr may be mixed in ways that nothing in the format shows; a UR never.
                let known = SENDERS.iter().any(|(sent, _)| *sent == payload);
                assert!(known || !honest || frame.starts_with("B$"));
            }
            Reaction::Accepted | Reaction::Repeat => {
                let progress = receiver.progress().expect("a transfer that accepts has begun");
                assert!(progress.have < progress.of);
            }
            Reaction::Damaged(_) | Reaction::Foreign(_) | Reaction::Restarted(_) | Reaction::Stopped(_) => (),
        }
    }
});
