//! A whole run of `review` and of `sign`, from reading the files to the signed file read back, for one XRP payment and
//! for 10,000. The vault has the fast setting, so the derivation of the passphrase is as good as excluded; the goal for
//! 10,000 is below 2 seconds for both together and 100 MB.

use std::path::PathBuf;

use airlock::bundle::Bundle;
use airlock_tests::load::{Load, xrp_payments};
use airlock_tests::signer::{CREATED, OURS, PASSPHRASE, Signer, text};
use divan::Bencher;

const COUNTS: [u32; 2] = [1, 10_000];

fn main() {
    divan::main();
}

/// A signer with a bundle, and what approves it.
struct Scene {
    signer: Signer,
    file: PathBuf,
}

impl Scene {
    fn new(bytes: &[u8]) -> Self {
        let signer = Signer::new();
        let file = signer.write("load.bundle.json", bytes);
        Self { signer, file }
    }

    fn review(&self) -> String {
        self.signer.unwatched(&["review", text(&self.file)]).done().out
    }

    fn sign(&self, approval: &str) {
        let passphrase = self.signer.write("passphrase.txt", PASSPHRASE.as_bytes());
        let arguments =
            ["sign", text(&self.file), "--approve", approval, "--passphrase-file", text(&passphrase)];
        self.signer.unwatched(&arguments).done();
    }

    fn approval(&self) -> String {
        let answer = self.signer.unwatched(&["--json", "review", text(&self.file)]).done().json();
        answer["reviews"][0]["approve"].as_str().expect("an approval").to_owned()
    }
}

fn bytes(count: u32) -> Vec<u8> {
    Bundle::seal(xrp_payments("xrp", OURS, CREATED, count)).expect("within the limits").encode()
}

#[divan::bench(args = COUNTS, sample_count = 10, sample_size = 1)]
fn decode(bencher: Bencher<'_, '_>, count: u32) {
    let bytes = bytes(count);
    bencher.bench_local(|| Bundle::decode(&bytes).expect("a bundle"));
}

#[divan::bench(args = COUNTS, sample_count = 10, sample_size = 1)]
fn review_in_memory(bencher: Bencher<'_, '_>, count: u32) {
    let load = Load::xrp(airlock::xrp::Algorithm::Secp256k1, count);
    bencher.bench_local(|| load.review());
}

#[divan::bench(args = COUNTS, sample_count = 10, sample_size = 1)]
fn review(bencher: Bencher<'_, '_>, count: u32) {
    let scene = Scene::new(&bytes(count));
    bencher.bench_local(|| scene.review());
}

#[divan::bench(args = COUNTS, sample_count = 10, sample_size = 1)]
fn sign(bencher: Bencher<'_, '_>, count: u32) {
    let bytes = bytes(count);
    let approval = Scene::new(&bytes).approval();
    bencher.with_inputs(|| Scene::new(&bytes)).bench_local_values(|scene| scene.sign(&approval));
}
