//! The journal of a busy treasury: reading it with and without its seals, asking it, and writing one more record.

use airlock::bundle::JournalHead;
use airlock::network::BitcoinNetwork::Regtest;
use airlock::review::{Chain as Network, Money, Outgoing, Use};
use airlock::time::Moment;
use airlock_offline::files::write_new;
use airlock_offline::home::Home;
use airlock_offline::journal::{Chain, Event, Journal, Signing, first_lines};
use airlock_offline::secret::SecretText;
use airlock_offline::vault::{Strength, Vault};
use divan::Bencher;
use divan::counter::ItemsCount;
use tempfile::TempDir;

const RECORDS: u32 = 10_000;
const START: u64 = 1_795_000_000;

fn main() {
    divan::main();
}

/// A home with a vault and a journal.
struct Scene {
    home: Home,
    vault: Vault,
    _folder: TempDir,
}

impl Scene {
    /// So many records besides the founding.
    fn new(folder: TempDir, records: u32) -> Self {
        let home = Home::find(Some(folder.path())).expect("a home");
        let passphrase = SecretText::new("a".to_owned());
        let vault = Vault::create(&passphrase, Strength::TestOnly).expect("a vault of tests");
        let lines = first_lines(&vault, vec!["73c5da0a".to_owned()], "5e".repeat(32), moment(0));
        write_new(&home.journal(), &lines.expect("two lines")).expect("a new file");
        let scene = Self { home, vault, _folder: folder };
        let mut journal = scene.open();
        (1..=records).for_each(|number| _ = scene.append(&mut journal, number));
        scene
    }

    /// In memory where the system has such a folder, so that making it does not wait for the disk.
    fn long() -> Self {
        Self::new(
            tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder"),
            RECORDS,
        )
    }

    fn open(&self) -> Journal {
        Journal::open(&self.home, &self.vault).expect("a journal")
    }

    fn append(&self, journal: &mut Journal, number: u32) -> JournalHead {
        journal.append(&self.vault, signing(number), moment(number)).expect("it can be written")
    }
}

fn moment(number: u32) -> Moment {
    Moment::from_unix(START + u64::from(number))
}

fn sequence(number: u32) -> Use {
    format!("sequence rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh {number}").parse().expect("a use")
}

fn signing(number: u32) -> Event {
    let outgoing = |amount: u64, to: Option<&str>| Outgoing {
        amount: amount.into(),
        chain: Network::Bitcoin(Regtest),
        money: Money::Bitcoin,
        to: to.map(str::to_owned),
    };
    Event::Signed(Box::new(Signing {
        bundle: format!("{number:064x}"),
        effects: vec!["Pay 0.00001 BTC to bcrt1qy9qk504uumlsynpy5qyx2y70wgkgtqpdurpu7w".to_owned()],
        outgoings: vec![
            outgoing(1_000, Some("bcrt1qy9qk504uumlsynpy5qyx2y70wgkgtqpdurpu7w")),
            outgoing(3, None),
        ],
        title: "R7K3".to_owned(),
        txids: vec![format!("{number:064x}")],
        uses: vec![sequence(number)],
        verdict: vec!["allowed by rule 'send-btc'".to_owned()],
        words: "amber falcon lantern tundra".to_owned(),
    }))
}

/// Before the passphrase: numbers, times and hashes.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn read(bencher: Bencher<'_, '_>) {
    let scene = Scene::long();
    bencher
        .counter(ItemsCount::new(RECORDS))
        .bench_local(|| Chain::read(&scene.home).expect("a chain").count());
}

/// Behind the passphrase: the same again, and every seal.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn open(bencher: Bencher<'_, '_>) {
    let scene = Scene::long();
    bencher.counter(ItemsCount::new(RECORDS)).bench_local(|| scene.open().count());
}

/// What a day spent, of a thousand records, and who used one of a thousand sequences before.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn ask(bencher: Bencher<'_, '_>) {
    let scene = Scene::long();
    let journal = scene.open();
    let uses: Vec<Use> = (1..=1_000).map(sequence).collect();
    bencher.bench_local(|| {
        let spent = journal.spent_since(moment(RECORDS - 999), "").expect("it can be read");
        assert_eq!(String::from(spent.of(Network::Bitcoin(Regtest), Money::Bitcoin)), "1003000");
        assert_eq!(journal.using(&uses, "").expect("it can be read").len(), 1_000);
    });
}

/// One write and one sync, in the folder for temporary files.
#[divan::bench(sample_count = 100, sample_size = 1)]
fn append(bencher: Bencher<'_, '_>) {
    let scene = Scene::new(tempfile::tempdir().expect("a folder"), 0);
    let mut journal = scene.open();
    let mut number = 0;
    bencher.bench_local(|| {
        number += 1;
        scene.append(&mut journal, number)
    });
}
