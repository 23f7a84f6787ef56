//! What a hostile stream can make the receiver hold, counted by the allocator.

#![allow(unsafe_code, reason = "an allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use airlock::qr::bbqr::{Added, Encoding, Part, Receiver, Sender};
use airlock::qr::{Frame, Kind, PLAIN_BYTES, Payload, Reaction, brotli, deflate, envelope, specter, ur};

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

fn count(change: isize) {
    let _ = HELD.try_with(|held| {
        held.set(held.get() + change);
        let _ = MOST.try_with(|most| most.set(most.get().max(held.get())));
    });
}

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as isize - layout.size() as isize);
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What `work` returns, and the most bytes that this thread held meanwhile beyond what it held before.
fn most_held<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.get();
    MOST.set(before);
    let result = work();
    (result, usize::try_from(MOST.get() - before).unwrap())
}

fn sealed(codec: u8, length: u32, coded: &[u8]) -> Vec<u8> {
    [&b"AGQ1"[..], &[codec, 4], &length.to_be_bytes(), &[0; 32], coded].concat()
}

#[test]
fn the_counter_counts() {
    let (_, most) = most_held(|| drop(vec![0u8; 123_456]));
    assert_eq!(most, 123_456);
}

#[test]
fn a_bbqr_that_inflates_without_end_stops_at_4_mib() {
    let coded = deflate::deflate(&vec![0; 64 << 20]);
    assert!(coded.len() < 70_000);
    // A sender that lies: the deflated bytes go as base32 and the letter is changed afterwards.
    let sender = Sender::new(&Payload { kind: Kind::Bytes, bytes: coded }, Encoding::Base32, 4296).unwrap();
    let frames: Vec<_> = (0..sender.parts()).map(|n| sender.part(n).replacen("B$2", "B$Z", 1)).collect();
    let (error, most) = most_held(|| {
        let mut receiver = Receiver::new(&Part::parse(&frames[0]).unwrap()).unwrap();
        for frame in &frames {
            assert_eq!(receiver.add(Part::parse(frame).unwrap()), Added::New);
        }
        receiver.finish().unwrap_err()
    });
    assert_eq!(
        error.what(),
        "all parts were read, but the file is damaged: it inflates to more than 4194304 bytes"
    );
    assert!(most < PLAIN_BYTES + (512 << 10), "{most}");
}

#[test]
fn an_envelope_inflates_no_further_than_it_declares() {
    let plain = vec![0; 4 << 20];
    for (codec, coded) in [(1, deflate::deflate(&plain)), (2, brotli::compress(&plain))] {
        let envelope = sealed(codec, 1000, &coded);
        let (error, most) = most_held(|| envelope::open(&envelope).unwrap_err());
        assert_eq!(error.code().id, "E-QR-012");
        assert!(most < 256 << 10, "codec {codec}: {most}");
    }
}

#[test]
fn brotli_within_its_window_inflates_no_further_than_it_declares() {
    // 33,000 and 60,000 bytes have the same window.
    let envelope = sealed(2, 33_000, &brotli::compress(&vec![0; 60_000]));
    let (error, most) = most_held(|| envelope::open(&envelope).unwrap_err());
    assert!(error.what().ends_with("more than 33000 bytes"), "{error}");
    assert!(most < 512 << 10, "{most}");
}

#[test]
fn a_declared_size_over_the_limit_costs_nothing() {
    let envelope = sealed(2, 900_000_000, &[0x1b; 100]);
    let (error, most) = most_held(|| envelope::open(&envelope).unwrap_err());
    assert_eq!(error.code().id, "E-QR-001");
    assert!(most < 1000, "{most}");
}

#[test]
fn an_envelope_that_declares_4_mib_and_holds_nothing_costs_little() {
    for codec in 0..3 {
        let envelope = sealed(codec, 4 << 20, &[0xff; 40]);
        let (result, most) = most_held(|| envelope::open(&envelope).is_err());
        assert!(result && most < 256 << 10, "codec {codec}: {most}");
    }
}

#[test]
fn one_frame_that_promises_many_parts_costs_little() {
    let (_, most) = most_held(|| Receiver::new(&Part::parse("B$HBZZ002A").unwrap()).unwrap());
    assert!(most < 64 << 10, "{most}");
    let (_, most) = most_held(|| specter::Receiver::new(&specter::Part::parse("p1of9999 AAAA").unwrap()));
    assert!(most < 512 << 10, "{most}");
}

#[test]
fn the_hostile_frame_of_four_thousand_million_parts_costs_nothing() {
    let streams: serde_json::Value = serde_json::from_str(include_str!("../../vectors/qr.json")).unwrap();
    let hostile = |stream: &&serde_json::Value| stream["name"] == "ur-hostile-huge-seqlen";
    let stream = streams["negative"].as_array().unwrap().iter().find(hostile).unwrap();
    let frame = stream["frames"][0].as_str().unwrap();
    // The tables of bytewords are made once.
    let _ = Frame::read("ur:bytes/aeae");
    let mut receiver = airlock::qr::Receiver::new(&[]);
    let (reaction, most) = most_held(|| receiver.accept(frame));
    assert_eq!(reaction, Reaction::Damaged(None));
    assert!(most < 2000, "{most}");
    let started = std::time::Instant::now();
    let rounds = 10_000;
    for _ in 0..rounds {
        receiver.accept(frame);
    }
    println!("{} characters, {most} bytes held, {:?} each", frame.len(), started.elapsed() / rounds);
}

#[test]
fn the_largest_ur_is_held_once_and_its_message_once() {
    let payload = vec![0x5a; PLAIN_BYTES - 5];
    let sender = ur::Sender::new(ur::UrType::Bytes, &payload, 1024).unwrap();
    assert_eq!(sender.source_parts(), airlock::qr::UR_PARTS);
    let (received, most) = most_held(|| {
        let mut receiver = ur::Receiver::new(&ur::Part::parse(&sender.frame(0)).unwrap());
        for shown in 0..sender.source_parts() {
            assert_eq!(receiver.add(&ur::Part::parse(&sender.frame(shown)).unwrap()), ur::Added::New);
        }
        receiver.finish().unwrap()
    });
    assert_eq!(received.len(), payload.len());
    assert!(most < 11 << 20, "{most}");
}

#[test]
fn one_frame_of_a_ur_of_4096_parts_costs_little() {
    let sender = ur::Sender::new(ur::UrType::Bytes, &[7; 4093], 1).unwrap();
    let frame = sender.frame(5000);
    let (receiver, most) = most_held(|| {
        let part = ur::Part::parse(&frame).unwrap();
        let mut receiver = ur::Receiver::new(&part);
        receiver.add(&part);
        receiver
    });
    assert_eq!((receiver.rank(), receiver.of()), (1, 4096));
    assert!(most < 512 << 10, "{most}");
}
