//! What one code costs: to read its text, to make it, to find it in a picture of 1280 x 720. The hostile frame of the vectors,
//! 85 characters that declare 4,000,000,000 parts, is to be refused in less than a millisecond and a megabyte; a picture is to
//! cost at most 10 ms.

use airlock::qr::{Frame, Kind, Payload, Profile, Reaction, Receiver, Sender, envelope};
use airlock_camera::{Chance, Scene};
use airlock_qr::gray::Gray;
use airlock_qr::reader::{Effort, Reader};
use airlock_qr::symbol::Symbol;
use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher};

/// The offline half's allocator is not in here: this counts.
#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const VERSIONS: [u8; 4] = [10, 15, 20, 27];
const SEED: u64 = 20_261_121;

fn main() {
    // The tables of Bytewords are made once.
    let _ = Frame::read("ur:bytes/aeae");
    divan::main();
}

/// A file that does not compress, as codes of this version at most.
fn sender(version: u8) -> Sender {
    let mut chance = Chance::new(SEED);
    let bytes = (0..40_000).map(|_| chance.bits() as u8).collect();
    let profile = Profile::named("airlock").expect("a profile").with_version(version);
    Sender::new(&Payload { kind: Kind::Bytes, bytes }, &profile).expect("it can be shown")
}

#[divan::bench]
fn hostile_frame(bencher: Bencher<'_, '_>) {
    let streams: serde_json::Value =
        serde_json::from_str(include_str!("../../vectors/qr.json")).expect("it is JSON");
    let streams = streams["negative"].as_array().expect("streams");
    let hostile =
        streams.iter().find(|stream| stream["name"] == "ur-hostile-huge-seqlen").expect("the stream");
    let frame = hostile["frames"][0].as_str().expect("a frame");
    bencher.bench_local(|| {
        let reaction = Receiver::new(&[]).accept(frame);
        assert_eq!(reaction, Reaction::Damaged(None));
    });
}

#[divan::bench(args = VERSIONS)]
fn read_a_frame(bencher: Bencher<'_, '_>, version: u8) {
    let frame = sender(version).frame(0);
    bencher.counter(BytesCount::of_str(&frame)).bench_local(|| Frame::read(&frame));
}

#[divan::bench(args = VERSIONS)]
fn make_a_code(bencher: Bencher<'_, '_>, version: u8) {
    let sender = sender(version);
    let frame = sender.frame(0);
    bencher.bench_local(|| Symbol::new(&frame, sender.version()).expect("it fits"));
}

/// A whole transfer of 40 kB from its second round on.
#[divan::bench(args = VERSIONS, sample_count = 10, sample_size = 1)]
fn receive_40_kb(bencher: Bencher<'_, '_>, version: u8) {
    let sender = sender(version);
    let source = sender.source_frames();
    let frames: Vec<String> = (source..4 * source).map(|shown| sender.frame(shown)).collect();
    bencher.bench_local(|| {
        let mut receiver = Receiver::new(&[]);
        let is_done = |frame: &String| matches!(receiver.accept(frame), Reaction::Done(_));
        assert!(frames.iter().any(is_done));
    });
}

/// Pictures as a hand-held camera takes them.
fn pictures(version: u8) -> Vec<Gray> {
    let mut chance = Chance::new(SEED);
    let sender = sender(version);
    (0..20)
        .map(|shown| {
            let symbol = Symbol::new(&sender.frame(shown), sender.version()).expect("it fits");
            let symbol = airlock_camera::Symbol::from(&symbol);
            Scene::hand(1280, 720, &mut chance).take(&symbol, &symbol, &mut chance)
        })
        .collect()
}

#[divan::bench(args = VERSIONS, sample_count = 40, sample_size = 1)]
fn read_a_picture(bencher: Bencher<'_, '_>, version: u8) {
    let pictures = pictures(version);
    let mut reader = Reader::new();
    let mut next = pictures.iter().cycle();
    let is_part = |text: &str| matches!(Frame::read(text), Frame::Ur(_));
    bencher.bench_local(|| next.next().and_then(|picture| reader.read(picture, &is_part, Effort::Quick)));
}

/// A picture without a code: nothing is found in any way of looking.
#[divan::bench(sample_count = 40, sample_size = 1)]
fn look_in_vain(bencher: Bencher<'_, '_>) {
    let mut chance = Chance::new(SEED);
    let grain = (0..1280 * 720).map(|_| chance.between(90.0, 120.0) as u8).collect();
    let picture = Gray::new(1280, 720, grain).expect("a size that is read");
    let mut reader = Reader::new();
    bencher.bench_local(|| reader.read(&picture, &|_| true, Effort::Quick));
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn seal_200_kb_of_json(bencher: Bencher<'_, '_>) {
    let json: String = (0..2500)
        .map(|number| {
            format!("{{\"Destination\":\"r{number:033}\",\"Amount\":\"{}\",\"Fee\":\"12\"}}", number * 7919)
        })
        .collect();
    let payload = Payload { kind: Kind::Json, bytes: json.into_bytes() };
    bencher
        .counter(BytesCount::new(payload.bytes.len()))
        .bench_local(|| envelope::seal(&payload).expect("it fits"));
}
