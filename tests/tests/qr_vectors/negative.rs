//! The streams that a receiver must refuse, each with the reaction that the file names.

use airlock::qr::{Reaction, Receiver};
use airlock_tests::vectors;
use serde_json::Value;

fn texts(frames: &Value) -> Vec<&str> {
    frames.as_array().unwrap().iter().map(|frame| frame.as_str().unwrap()).collect()
}

fn code(reaction: &Reaction) -> &str {
    match reaction {
        Reaction::Stopped(error) => error.code().id,
        Reaction::Accepted
        | Reaction::Repeat
        | Reaction::Damaged(_)
        | Reaction::Foreign(_)
        | Reaction::Restarted(_)
        | Reaction::Done(_) => "",
    }
}

#[test]
fn every_stream_that_must_be_refused_gets_its_reaction() {
    let file = vectors("qr.json");
    let streams = file["negative"].as_array().unwrap();
    assert_eq!(streams.len(), 18);
    for stream in streams {
        let (name, expect) = (stream["name"].as_str().unwrap(), stream["expect"].as_str().unwrap());
        let frames = texts(&stream["frames"]);
        let mut receiver = Receiver::new(&[]);
        let (last, before) = frames.split_last().unwrap();
        for frame in before {
            assert_eq!(receiver.accept(frame), Reaction::Accepted, "{name}");
        }
        let had = receiver.progress();
        let reaction = receiver.accept(last);
        let kept = receiver.progress().map(|progress| (progress.have, progress.of));
        match expect {
            "reject-frame" | "reject-frame-fast (seqLen must equal ceil(messageLen/fragmentLen))" => {
                assert_eq!(reaction, Reaction::Damaged(None), "{name}");
                assert_eq!(had, None, "{name}");
                assert_eq!(kept, None, "{name}");
            }
            "reject-second-as-foreign-transfer" | "reject-second-as-foreign-format" => {
                assert_eq!(reaction, Reaction::Foreign(None), "{name}");
                assert_eq!(receiver.progress(), had, "{name}");
            }
            "unsupported-legacy-ur1" => assert_eq!(code(&reaction), "E-QR-023", "{name}"),
            "conflict-restart" | "reject-second-or-conflict" => {
                let Reaction::Restarted(text) = reaction else { panic!("{name}: {reaction:?}") };
                assert!(text.ends_with("changed: two files are being shown"), "{name}: {text}");
                assert_eq!(kept.map(|(have, _)| have), Some(1), "{name}");
            }
            "foreign-qr" => {
                let Reaction::Foreign(Some(text)) = reaction else { panic!("{name}: {reaction:?}") };
                assert!(text.starts_with("not a transfer code: "), "{name}: {text}");
            }
            "foreign-qr-do-not-log" => {
                assert_eq!(code(&reaction), "E-QR-024", "{name}");
                assert!(!format!("{reaction:?}").contains("0000"), "{name}");
            }
            other => panic!("{name}: a reaction that nobody knows: {other}"),
        }
    }
}

#[test]
fn every_transfer_of_the_file_comes_whole_through_the_one_receiver() {
    let file = vectors("qr.json");
    for format in ["ur", "bbqr"] {
        for transfer in file[format].as_array().unwrap() {
            let mut receiver = Receiver::new(&[]);
            let mut done = None;
            for part in texts(&transfer["parts"]) {
                match receiver.accept(part) {
                    Reaction::Accepted | Reaction::Repeat => (),
                    Reaction::Done(payload) => {
                        done = Some(payload);
                        break;
                    }
                    bad => panic!("{}: {bad:?}", transfer["name"]),
                }
            }
            let hex = bitcoin::hex::DisplayHex::to_lower_hex_string(done.unwrap().bytes.as_slice());
            assert_eq!(hex, transfer["payload_hex"].as_str().unwrap(), "{}", transfer["name"]);
        }
    }
}
