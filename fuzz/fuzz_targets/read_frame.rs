//! The text of one code: read, and when it is a whole payload, within the limits.

#![no_main]

use airlock::qr::{FRAME_CHARACTERS, Frame, PLAIN_BYTES, Reaction, Receiver};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let frame = Frame::read(&text);
    let reaction = Receiver::new(&[]).accept(&text);
    match (frame, reaction) {
        (Frame::Seed, Reaction::Stopped(error)) => assert_eq!(error.code().id, "E-QR-024"),
        (Frame::Seed, other) => panic!("a seed was answered with {other:?}"),
        (_, Reaction::Done(payload)) => {
            assert!(text.len() <= FRAME_CHARACTERS);
            assert!(payload.bytes.len() <= PLAIN_BYTES);
        }
        _ => (),
    }
});
