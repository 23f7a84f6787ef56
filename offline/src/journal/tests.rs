#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a wrong sum here is a failed test"
)]

use std::fs;
use std::path::PathBuf;

use airlock::bundle::JournalHead;
use airlock::policy::Spent;
use airlock::review::{Chain as Network, Money, Outgoing, Use};
use airlock::time::Moment;
use airlock::{Code, json};

use super::*;
use crate::home::Home;
use crate::secret::SecretText;
use crate::vault::{Strength, Vault};

const START: u64 = 1_795_000_000;

fn moment(seconds: u64) -> Moment {
    Moment::from_unix(START + seconds)
}

fn vault(passphrase: &str) -> Vault {
    Vault::create(&SecretText::new(passphrase.to_owned()), Strength::TestOnly).unwrap()
}

/// A home with a vault whose journal holds its founding.
struct Scene {
    folder: tempfile::TempDir,
    home: Home,
    vault: Vault,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::find(Some(folder.path())).unwrap();
        let vault = vault("a");
        let line = first_line(&vault, vec!["73c5da0a".to_owned()], moment(0)).unwrap();
        crate::files::write_new(&home.journal(), &line).unwrap();
        Self { folder, home, vault }
    }

    fn open(&self) -> Journal {
        Journal::open(&self.home, &self.vault).unwrap()
    }

    fn append(&self, event: Event, seconds: u64) -> JournalHead {
        self.open().append(&self.vault, event, moment(seconds)).unwrap()
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.home.journal()).unwrap()
    }

    fn write(&self, bytes: &[u8]) {
        fs::write(self.home.journal(), bytes).unwrap();
    }

    /// How these bytes are refused as a journal; none where they are accepted.
    fn refusal(&self, bytes: &[u8]) -> Option<&'static Code> {
        self.write(bytes);
        let read = Chain::read(&self.home).and_then(|chain| chain.authenticate(&self.vault));
        read.err().map(|error| error.code())
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("journal.jsonl")
    }
}

fn bundle(number: u8) -> String {
    format!("{number:02x}").repeat(32)
}

fn coin(number: u8) -> Use {
    format!("coin {}:{number}", bundle(number)).parse().unwrap()
}

fn sequence(number: u32) -> Use {
    format!("sequence rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh {number}").parse().unwrap()
}

fn outgoing(sats: u64) -> Outgoing {
    Outgoing {
        amount: sats.into(),
        chain: Network::Bitcoin(airlock::network::BitcoinNetwork::Regtest),
        money: Money::Bitcoin,
        to: Some("bcrt1q".to_owned()),
    }
}

fn signing(number: u8, uses: Vec<Use>, sats: u64) -> Event {
    Event::Signed(Box::new(Signing {
        bundle: bundle(number),
        effects: vec!["Pay 1 BTC \"\u{1b}[2J,\"mac\":\"\" \u{e9}".to_owned()],
        outgoings: vec![outgoing(sats), Outgoing { to: None, ..outgoing(3) }],
        title: "R7K3".to_owned(),
        txids: vec![bundle(number + 100)],
        uses,
        verdict: vec!["allowed by rule 'send-btc'".to_owned()],
        words: "amber falcon lantern tundra".to_owned(),
    }))
}

fn every_event() -> Vec<Event> {
    vec![
        signing(1, vec![coin(1), sequence(5)], 1_000),
        Event::PolicyAccepted { sha256: bundle(9) },
        Event::Overridden {
            about: vec!["it is old".into()],
            head: Some(JournalHead::of(b"lost")),
            text: "go on".into(),
            what: "rollback".into(),
        },
        Event::Overridden { about: vec![], head: None, text: "go on".into(), what: "air-gap".into() },
        Event::Imported { fingerprint: "73c5da0a".into(), kind: "mnemonic".into(), secret: "main".into() },
        Event::PassphraseChanged,
        Event::Drill { outcome: "same accounts".into(), secret: "main".into() },
        signing(2, vec![coin(2)], 20_000),
    ]
}

fn sum(spent: &Spent) -> String {
    String::from(spent.of(Network::Bitcoin(airlock::network::BitcoinNetwork::Regtest), Money::Bitcoin))
}

#[test]
fn reads_back_what_was_appended() {
    let scene = Scene::new();
    let events = every_event();
    for (seconds, event) in (1..).zip(events.clone()) {
        scene.append(event, seconds);
    }
    let journal = scene.open();
    assert_eq!(journal.count(), 1 + events.len());
    let found: Vec<Event> = journal.records(2).map(|entry| entry.unwrap().record.event).collect();
    assert_eq!(found, events);
    let last = journal.record(journal.count()).unwrap();
    assert_eq!((last.head, last.record.time), (journal.head(), moment(8)));
    assert_eq!(journal.accepted_policy(), Some(&*bundle(9)));
    assert_eq!(journal.overridden().map(|entry| entry.unwrap().record.number).collect::<Vec<_>>(), [4, 5]);
    assert!(journal.record(0).is_err() && journal.record(99).is_err());
}

#[test]
fn every_line_is_canonical_json() {
    let scene = Scene::new();
    every_event().into_iter().for_each(|event| _ = scene.append(event, 1));
    for line in scene.bytes().split_inclusive(|byte| *byte == b'\n') {
        let value = json::parse(line, json::Numbers::Integers).unwrap();
        assert_eq!(json::canonical(&value), line, "{}", String::from_utf8_lossy(line));
    }
}

#[test]
fn refuses_every_line_taken_away_doubled_or_moved() {
    let scene = Scene::new();
    every_event().into_iter().for_each(|event| _ = scene.append(event, 1));
    let whole = scene.bytes();
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let mut tried = 0;
    for at in 0..lines.len() {
        let mut fewer = lines.clone();
        fewer.remove(at);
        if at < lines.len() - 1 {
            assert_eq!(scene.refusal(&fewer.concat()), Some(&DAMAGED), "line {at} taken away");
        }
        for to in 0..=lines.len() {
            let mut doubled = lines.clone();
            doubled.insert(to, lines[at]);
            assert_eq!(scene.refusal(&doubled.concat()), Some(&DAMAGED), "line {at} again at {to}");
            tried += 1;
        }
        for with in at + 1..lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(at, with);
            assert_eq!(scene.refusal(&swapped.concat()), Some(&DAMAGED), "lines {at} and {with} swapped");
            tried += 1;
        }
    }
    assert!(tried > 100);
    assert_eq!(scene.refusal(&whole), None);
}

#[test]
fn refuses_every_flipped_bit() {
    let scene = Scene::new();
    scene.append(signing(1, vec![coin(1), sequence(5)], 1_000), 1);
    scene.append(Event::PolicyAccepted { sha256: bundle(9) }, 2);
    let whole = scene.bytes();
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            let refusal = scene.refusal(&bytes);
            let known = [Some(&DAMAGED), Some(&NOT_AUTHENTIC), Some(&TORN)].contains(&refusal);
            assert!(known, "bit {bit} of byte {at}: {:?}", refusal.map(|code| code.id));
        }
    }
    assert_eq!(scene.refusal(&whole), None);
}

#[test]
fn a_cut_is_seen_at_every_byte_but_the_line_ends() {
    let scene = Scene::new();
    scene.append(signing(1, vec![coin(1)], 1_000), 1);
    scene.append(Event::PassphraseChanged, 2);
    let whole = scene.bytes();
    for end in 0..whole.len() {
        let refusal = scene.refusal(&whole[..end]);
        let expected = match end {
            0 => Some(&MISSING),
            _ if whole[end - 1] == b'\n' => None,
            _ if !whole[..end].contains(&b'\n') => Some(&DAMAGED),
            _ => Some(&TORN),
        };
        assert_eq!(refusal.map(|code| code.id), expected.map(|code| code.id), "cut at {end}");
    }
}

#[test]
fn only_the_echoed_head_reveals_a_clean_cut_at_the_end() {
    let scene = Scene::new();
    scene.append(signing(1, vec![], 1), 1);
    let before = scene.bytes();
    let head = scene.append(signing(2, vec![], 1), 2);
    scene.open().check_echo(Some(head)).unwrap();
    scene.open().check_echo(None).unwrap();
    scene.write(&before);
    let rolled_back = scene.open();
    assert_eq!(rolled_back.check_echo(Some(head)).unwrap_err().code(), &ROLLED_BACK);
    drop(rolled_back);
    let event =
        Event::Overridden { about: vec![], head: Some(head), text: "go on".into(), what: "rollback".into() };
    scene.append(event, 3);
    scene.open().check_echo(Some(head)).unwrap();
}

#[test]
fn refuses_a_record_of_another_history_of_the_same_vault() {
    let scene = Scene::new();
    let first = scene.bytes();
    scene.append(signing(1, vec![coin(1)], 1_000), 1);
    scene.append(Event::PassphraseChanged, 2);
    let history = scene.bytes();
    // The machine was set back to its first record, and something smaller was signed.
    scene.write(&first);
    scene.append(signing(2, vec![coin(2)], 1), 1);
    let other = scene.bytes();
    let last = history.split_inclusive(|byte| *byte == b'\n').next_back().unwrap();
    let woven = [&*other, last].concat();
    assert_eq!(
        scene.refusal(&woven),
        Some(&DAMAGED),
        "number, time and seal are right, the head before is not"
    );
}

#[test]
fn refuses_the_records_of_another_vault() {
    let scene = Scene::new();
    scene.append(Event::PassphraseChanged, 1);
    let other = vault("b");
    let chain = Chain::read(&scene.home).unwrap();
    assert_eq!(chain.authenticate(&other).err().unwrap().code(), &NOT_AUTHENTIC);
    // A foreign record in the right place of the chain.
    let mut bytes = scene.bytes();
    let head = scene.open().head();
    bytes.extend(Record::seal(Event::PassphraseChanged, 3, head, moment(2), &other).unwrap());
    assert_eq!(scene.refusal(&bytes), Some(&NOT_AUTHENTIC));
}

#[test]
fn refuses_records_that_only_somebody_with_the_key_could_write_but_this_program_does_not() {
    let scene = Scene::new();
    let (first, head) = (scene.bytes(), scene.open().head());
    let seal =
        |event, number, seconds| Record::seal(event, number, head, Moment::from_unix(seconds), &scene.vault);
    let founded = Event::Founded { fingerprints: vec![] };
    for (line, why) in [
        (seal(Event::PassphraseChanged, 3, START), "a number is left out"),
        (seal(Event::PassphraseChanged, 2, START - 1), "time goes back"),
        (seal(founded, 2, START), "founded twice"),
    ] {
        let bytes = [&*first, &line.unwrap()].concat();
        assert_eq!(scene.refusal(&bytes), Some(&DAMAGED), "{why}");
    }
    let line =
        Record::seal(Event::PassphraseChanged, 1, JournalHead::of(b""), moment(0), &scene.vault).unwrap();
    assert_eq!(scene.refusal(&line), Some(&DAMAGED), "not founded");
    scene.write(&first);
    let founded_again = scene.open().append(&scene.vault, Event::Founded { fingerprints: vec![] }, moment(1));
    assert_eq!(founded_again.unwrap_err().code(), &DAMAGED);
    assert_eq!(scene.bytes(), first, "what could not be read is not written");
}

#[test]
fn a_missing_journal_is_said_to_be_missing() {
    let scene = Scene::new();
    fs::remove_file(scene.path()).unwrap();
    assert_eq!(Chain::read(&scene.home).err().unwrap().code(), &MISSING);
    assert_eq!(Journal::open(&scene.home, &scene.vault).err().unwrap().code(), &MISSING);
}

#[test]
fn zeros_at_the_end_are_a_torn_line() {
    let scene = Scene::new();
    let whole = scene.bytes();
    for tail in [&b"\0"[..], b"\0\0\0\n", b"{\"event\":\0\0}\n"] {
        let bytes = [&*whole, tail].concat();
        assert_eq!(scene.refusal(&bytes), Some(&TORN));
        assert_eq!(Chain::read(&scene.home).unwrap().torn(), tail.len() as u64);
    }
    let inside = [&*whole, b"\0\n", &*whole].concat();
    assert_eq!(scene.refusal(&inside), Some(&DAMAGED));
}

#[test]
fn knows_a_signed_bundle_again_with_the_head_behind_its_own_record() {
    let scene = Scene::new();
    let head = scene.append(signing(1, vec![coin(1)], 1_000), 1);
    scene.append(signing(2, vec![coin(2)], 1_000), 2);
    let journal = scene.open();
    let again = journal.signed(&bundle(1)).unwrap().unwrap();
    assert_eq!((again.head, again.record.number), (head, 2));
    assert!(journal.signed(&bundle(3)).unwrap().is_none());
}

#[test]
fn names_the_earlier_bundle_of_a_coin_or_sequence() {
    let scene = Scene::new();
    let mut journal = scene.open();
    journal.append(&scene.vault, signing(1, vec![coin(1), coin(2), sequence(5)], 1), moment(1)).unwrap();
    for number in 10..60 {
        journal.append(&scene.vault, signing(number, vec![coin(number)], 1), moment(1)).unwrap();
    }
    let check = |chain: &Chain| {
        let numbers = |uses: &[Use], except: &str| -> Vec<(u64, usize)> {
            let earlier = chain.using(uses, except).unwrap();
            earlier.iter().map(|earlier| (earlier.entry.record.number, earlier.uses.len())).collect()
        };
        assert_eq!(numbers(&[coin(2), sequence(5), sequence(6)], &bundle(9)), [(2, 2)]);
        assert_eq!(numbers(&[coin(2)], &bundle(1)), [], "its own record is no second one");
        assert_eq!(numbers(&[coin(3), sequence(6)], &bundle(9)), []);
        assert_eq!(numbers(&[coin(59), coin(1)], &bundle(9)), [(2, 1), (52, 1)]);
    };
    check(&journal);
    drop(journal);
    check(&Chain::read(&scene.home).unwrap());
}

#[test]
fn counts_what_was_spent_within_a_day_of_journal_time() {
    let scene = Scene::new();
    scene.append(signing(1, vec![], 1_000), 100);
    scene.append(signing(2, vec![], 20_000), 200);
    scene.append(Event::PassphraseChanged, 250);
    scene.append(signing(3, vec![], 300_000), 300);
    let journal = scene.open();
    let spent = |from, except: &str| sum(&journal.spent_since(moment(from), except).unwrap());
    assert_eq!(spent(0, ""), "321009");
    assert_eq!(spent(200, ""), "320006", "the first moment of the day counts");
    assert_eq!(spent(201, ""), "300003");
    assert_eq!(spent(301, ""), "0");
    assert_eq!(spent(0, &bundle(2)), "301006", "a bundle that is signed again does not count twice");
}

#[test]
fn journal_time_never_goes_back() {
    let scene = Scene::new();
    scene.append(Event::PassphraseChanged, 500);
    let journal = scene.open();
    assert_eq!((journal.now(moment(400)), journal.now(moment(600))), (moment(500), moment(600)));
    assert_eq!(journal.check_clock(moment(499)).unwrap_err().code(), &CLOCK_BEHIND);
    journal.check_clock(moment(500)).unwrap();
    journal.check_jump(moment(500 + JUMP_SECONDS)).unwrap();
    assert_eq!(journal.check_jump(moment(501 + JUMP_SECONDS)).unwrap_err().code(), &CLOCK_AHEAD);
    drop(journal);
    scene.append(Event::PassphraseChanged, 1);
    assert_eq!(scene.open().last_time(), moment(500), "a record is never before the last one");
}

#[test]
fn two_runs_cannot_both_judge_by_the_same_journal() {
    let scene = Scene::new();
    let mut early = Chain::read(&scene.home).unwrap().authenticate(&scene.vault).unwrap();
    scene.append(signing(1, vec![], 1), 1);
    let late = early.append(&scene.vault, signing(2, vec![], 1), moment(2));
    assert_eq!(late.unwrap_err().code(), &BUSY);
    let holder = scene.open();
    let mut other = Chain::read(&scene.home).unwrap().authenticate(&scene.vault).unwrap();
    assert_eq!(other.append(&scene.vault, Event::PassphraseChanged, moment(2)).unwrap_err().code(), &BUSY);
    drop(holder);
    other.append(&scene.vault, Event::PassphraseChanged, moment(2)).unwrap();
    drop(other);
    // A journal that was put in the place of the one that was read.
    let mut replaced = Chain::read(&scene.home).unwrap().authenticate(&scene.vault).unwrap();
    let copy = scene.bytes();
    fs::rename(scene.path(), scene.folder.path().join("old")).unwrap();
    scene.write(&copy);
    let lost = replaced.append(&scene.vault, Event::PassphraseChanged, moment(2));
    assert_eq!(lost.unwrap_err().code(), &BUSY);
}

#[test]
fn threads_that_append_at_once_leave_one_chain() {
    let scene = Scene::new();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let scene = &scene;
            scope.spawn(move || scene.append(signing(number, vec![], 1), 1));
        }
    });
    assert_eq!(scene.open().count(), 9);
}

#[test]
fn refuses_a_journal_that_is_no_regular_file() {
    let scene = Scene::new();
    fs::rename(scene.path(), scene.folder.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere", scene.path()).unwrap();
    assert_eq!(Chain::read(&scene.home).err().unwrap().code(), &crate::error::NOT_REGULAR);
}

fn aside(scene: &Scene) -> Vec<Vec<u8>> {
    let names = fs::read_dir(scene.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    names.filter(|path| *path != scene.path()).map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn a_torn_line_is_put_aside_and_noted() {
    let scene = Scene::new();
    scene.append(signing(1, vec![coin(1)], 1_000), 100);
    let whole = scene.bytes();
    for tail in [&b"{\"event\":{\"sig"[..], b"\0\0\n"] {
        assert_eq!(scene.refusal(&[&*whole, tail].concat()), Some(&TORN));
        let ailment = examine(&scene.home, &scene.vault).unwrap().unwrap();
        let sentence = ailment.hurdle().sentence;
        assert_eq!((ailment.hurdle().error.code(), &*sentence), (&TORN, "put torn line 3 aside"));
        let mended = mend(&scene.home, &scene.vault, &ailment, vec![], moment(50)).unwrap();
        let journal = scene.open();
        assert_eq!((journal.head(), journal.count()), (mended.head, 3));
        let last = journal.record(3).unwrap().record;
        assert_eq!(last.time, moment(100), "never before the last record");
        let Event::Overridden { about, head: None, text, what } = last.event else { panic!("a note") };
        assert_eq!((&*text, &*what), (&*sentence, "torn-line"));
        assert!(about[0].contains(&format!("{} bytes of line 3", tail.len())), "{about:?}");
        assert_eq!(scene.bytes()[..whole.len()], whole);
        assert_eq!(fs::read(mended.aside.unwrap()).unwrap(), tail);
        assert!(examine(&scene.home, &scene.vault).unwrap().is_none());
    }
}

#[test]
fn a_damaged_journal_is_put_aside_and_a_lost_one_begun_anew() {
    let scene = Scene::new();
    let head = scene.append(signing(1, vec![coin(1)], 1_000), 1);
    let mut damaged = scene.bytes();
    damaged[20] ^= 1;
    scene.write(&damaged);
    let ailment = examine(&scene.home, &scene.vault).unwrap().unwrap();
    assert_eq!(ailment.hurdle().error.code(), &DAMAGED);
    let mended = mend(&scene.home, &scene.vault, &ailment, vec!["73c5da0a".into()], moment(2)).unwrap();
    assert_eq!(fs::read(mended.aside.unwrap()).unwrap(), damaged);
    let begun = scene.open();
    assert_eq!((begun.count(), begun.head()), (2, mended.head));
    assert_eq!(
        begun.check_echo(Some(head)).unwrap_err().code(),
        &ROLLED_BACK,
        "what was lost is not forgotten online"
    );
    drop(begun);
    for empty in [false, true] {
        fs::remove_file(scene.path()).unwrap();
        if empty {
            scene.write(b"");
        }
        let ailment = examine(&scene.home, &scene.vault).unwrap().unwrap();
        assert_eq!(ailment.hurdle().error.code(), &MISSING);
        // One that was put back meanwhile is not thrown away.
        scene.write(b"put back\n");
        let mended = mend(&scene.home, &scene.vault, &ailment, vec![], moment(3));
        assert_eq!((mended.unwrap_err().code(), &*scene.bytes()), (&BUSY, &b"put back\n"[..]));
        fs::remove_file(scene.path()).unwrap();
        let mended = mend(&scene.home, &scene.vault, &ailment, vec!["73c5da0a".into()], moment(3)).unwrap();
        assert_eq!((scene.open().head(), mended.aside), (mended.head, None));
    }
    assert_eq!(aside(&scene), [damaged], "nothing was deleted");
}

#[test]
fn the_journal_of_another_vault_is_put_aside_whole() {
    let scene = Scene::new();
    let other = vault("b");
    let ailment = examine(&scene.home, &other).unwrap().unwrap();
    assert_eq!(ailment.hurdle().error.code(), &NOT_AUTHENTIC);
    let before = scene.bytes();
    mend(&scene.home, &other, &ailment, vec![], moment(1)).unwrap();
    assert_eq!(aside(&scene), [before]);
    assert_eq!(Journal::open(&scene.home, &other).unwrap().count(), 2);
}

#[test]
fn a_write_that_fails_signs_nothing_and_says_what_may_be_left() {
    let mut full = fs::OpenOptions::new().append(true).open("/dev/full").unwrap();
    let error = append::write_line(&mut full, b"{}\n", 0, std::path::Path::new("journal.jsonl")).unwrap_err();
    assert_eq!(error.code(), &crate::error::CANNOT_WRITE);
    assert!(
        error.what().contains("No space left") && error.what().contains("a piece of the record may be left")
    );
}
