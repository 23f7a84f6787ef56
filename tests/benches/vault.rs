//! Opening a vault: with the fast setting of test vaults, and with 64 MiB of memory and some counts of passes, of which a
//! vault has as many as take about a second.

use airlock_offline::secret::SecretText;
use airlock_offline::vault::{Strength, Vault};
use divan::Bencher;

fn main() {
    divan::main();
}

fn passphrase() -> SecretText {
    SecretText::new("six words are quite enough here".to_owned())
}

#[divan::bench(sample_count = 100, sample_size = 1)]
fn open_fast(bencher: Bencher<'_, '_>) {
    let file = Vault::create(&passphrase(), Strength::TestOnly)
        .and_then(|mut vault| vault.seal())
        .expect("a vault of tests");
    bencher.bench_local(|| Vault::open(&file, &passphrase()).expect("it opens").passes());
}

#[divan::bench(args = [3, 6], sample_count = 5, sample_size = 1)]
fn open_with_passes(bencher: Bencher<'_, '_>, passes: u32) {
    // A vault only by its header: the key is derived before the seal is found wrong.
    let numbers = [64 * 1024, passes, 1].map(u32::to_be_bytes);
    let file = [b"airlock-vault/1\n".as_slice(), numbers.as_flattened(), &[0x5e; 200]].concat();
    bencher.bench_local(|| {
        let error = Vault::open(&file, &passphrase()).err().expect("nobody sealed it");
        assert_eq!(error.code(), &airlock_offline::vault::WRONG_PASSPHRASE);
    });
}
