#![allow(clippy::arithmetic_side_effects, reason = "small numbers")]

use super::*;
use crate::qr::profile::{Density, PROFILES};
use crate::qr::receiver::tests::psbt_of;
use crate::qr::{Reaction, Receiver};

fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..bytes).map(|_| next()).collect()
}

fn psbt(bytes: usize) -> Payload {
    let bytes = psbt_of(noise(bytes - if bytes < 328 { 73 } else { 75 }));
    Payload { kind: Kind::Psbt, bytes }
}

fn json(rows: usize) -> Payload {
    let rows: Vec<String> =
        (0..rows).map(|row| format!("{{\"id\":{},\"to\":\"row {row}\"}}", row * 7919)).collect();
    Payload { kind: Kind::Json, bytes: format!("{{\"rows\":[{}]}}", rows.join(",")).into_bytes() }
}

fn named(name: &str) -> Profile {
    Profile::named(name).unwrap()
}

fn receive(sender: &Sender, expected: &[Kind]) -> Payload {
    let mut receiver = Receiver::new(expected);
    for shown in 0..=sender.source_frames() {
        if let Reaction::Done(payload) = receiver.accept(&sender.frame(shown)) {
            assert_eq!(shown + 1, sender.source_frames());
            return payload;
        }
    }
    panic!("not complete after {} frames", sender.source_frames());
}

#[test]
fn every_payload_of_every_profile_and_density_comes_back() {
    let transaction = Payload { kind: Kind::Bytes, bytes: noise(500) };
    for payload in [psbt(300), psbt(3_000), json(2), json(400), transaction] {
        for profile in PROFILES.into_iter().filter(|profile| profile.format != Format::Text) {
            for density in Density::ALL {
                let sender = Sender::new(&payload, &profile.with_density(density)).unwrap();
                assert_eq!(receive(&sender, &[payload.kind]), payload, "{} {density:?}", profile.name);
                assert!(sender.version() <= profile.with_density(density).static_version());
                assert!(sender.source_frames() == 1 || sender.version() <= density.version());
                let room = capacity::alphanumeric(sender.version());
                for shown in [0, 1, 5, 100, 5_000] {
                    let frame = sender.frame(shown);
                    assert!(frame.len() <= room && frame.bytes().all(capacity::is_alphanumeric));
                }
            }
        }
    }
}

#[test]
fn static_text_comes_back_or_is_refused() {
    for payload in [psbt(300), psbt(2_000), json(2)] {
        let sender = Sender::new(&payload, &named("text")).unwrap();
        assert_eq!(sender.source_frames(), 1);
        assert_eq!(receive(&sender, &[payload.kind]), payload);
        assert!(sender.frame(0).len() <= capacity::characters(sender.version(), &sender.frame(0)));
    }
    assert_eq!(Sender::new(&psbt(3_000), &named("text")).unwrap_err().code().id, "E-QR-001");
}

#[test]
fn our_own_half_gets_a_small_psbt_plain_and_everything_else_in_an_envelope() {
    let small = Sender::new(&psbt(900), &named("airlock")).unwrap();
    assert_eq!((small.format().as_str(), small.source_frames()), ("UR crypto-psbt", 1));
    assert!(small.version() > 20 && small.version() <= 27);
    let large = Sender::new(&psbt(1_100), &named("airlock")).unwrap();
    assert_eq!((large.format().as_str(), large.source_frames()), ("UR bytes", 2));
    let rows = Sender::new(&json(400), &named("airlock")).unwrap();
    let plain = Sender::new(&json(400), &named("generic")).unwrap();
    assert!(
        rows.source_frames() * 3 < plain.source_frames(),
        "{} {}",
        rows.source_frames(),
        plain.source_frames()
    );
}

#[test]
fn the_version_is_the_smallest_that_keeps_the_number_of_frames() {
    let sender = Sender::new(&psbt(1_500), &named("generic")).unwrap();
    assert_eq!(sender.source_frames(), 5);
    assert!(sender.version() < 15);
    let smaller = sender.with_version(sender.version() - 1).unwrap();
    assert!(smaller.source_frames() > 5);
    assert_eq!(sender.with_version(1).unwrap_err().code().id, "E-QR-001");
}

#[test]
fn long_shows_are_warned_of_and_very_long_ones_refused() {
    let time = |bytes: usize| Sender::new(&psbt(bytes), &named("generic")).unwrap();
    assert_eq!(time(3_000).check_time(false).unwrap(), None);
    assert_eq!(time(3_000).expected_time(), Duration::from_millis(9 * 240));
    let long = time(100_000).check_time(false).unwrap().unwrap();
    assert_eq!(long, "292 codes take about 70 s; a file on a stick is quicker");
    let refused = time(1_000_000).check_time(false).unwrap_err();
    assert_eq!(refused.to_string(), "E-QR-021 2942 codes take about 706 s; limit 600 s.");
    assert!(time(1_000_000).check_time(true).unwrap().is_some());
}

#[test]
fn a_file_that_loops_holds_mixed_parts_too() {
    assert_eq!(Sender::new(&psbt(3_000), &named("generic")).unwrap().loop_frames(), 14);
    assert_eq!(Sender::new(&psbt(300), &named("generic")).unwrap().loop_frames(), 1);
    let bbqr = Sender::new(&psbt(9_000), &named("coldcard")).unwrap();
    assert_eq!(bbqr.loop_frames(), bbqr.source_frames());
}
