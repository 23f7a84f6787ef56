//! The condition of vault, journal, clock, random source and arithmetic.

use std::ops::Range;
use std::time::{Duration, Instant};

use airlock::text::Printable;
use airlock::time::Moment;
use airlock::{Error, Result};

use crate::home::Home;
use crate::journal::{Chain, Event};
use crate::machine::{Finding, Grade};
use crate::secret::SecretText;
use crate::unlocked::read_vault;
use crate::vault::{Strength, Vault, WRONG_PASSPHRASE, cost, fill_random};
use crate::{clock, self_test};

/// 2026-01-01, before which there was no such program, and 2100-01-01; in seconds.
const PLAUSIBLE: Range<u64> = 1_767_225_600..4_102_444_800;
/// A key that is made faster than this is cheap to guess at.
const FAST: Duration = Duration::from_millis(200);
/// Sentences of the journal that are shown, newest first.
const SHOWN: usize = 3;

/// Vault, journal and clock.
pub(super) fn of_home(home: &Home, now: Moment) -> Vec<Finding> {
    if !home.vault().exists() {
        let none = |name| finding(name, Grade::Good, "none yet".to_owned(), "");
        return vec![none("vault"), none("journal"), time(now, None)];
    }
    let vault = read_vault(home).and_then(|file| vault(&file));
    let vault = vault.unwrap_or_else(|e| broken("vault", &e));
    match Chain::read(home) {
        Ok(chain) => vec![vault, journal(&chain), sentences(&chain), time(now, Some(chain.last_time()))],
        Err(e) => vec![vault, broken("journal", &e), time(now, None)],
    }
}

/// Random source and known answers.
pub(super) fn of_program() -> Vec<Finding> {
    let begun = Instant::now();
    let tested = match self_test::run() {
        Ok(report) => {
            let what =
                format!("{} known answers, all right, in {}", report.answers(), shown(begun.elapsed()));
            finding("self-test", Grade::Good, what, "")
        }
        Err(e) => broken("self-test", &e),
    };
    vec![entropy(&mut |bytes| fill_random(bytes)), tested]
}

/// The header tells the setting; opening with a passphrase that is none takes as long as with the right one.
fn vault(file: &[u8]) -> Result<Finding> {
    let (strength, passes) = cost(file)?;
    let begun = Instant::now();
    match Vault::open(file, &SecretText::new("not the passphrase".to_owned())) {
        Ok(_) => return Ok(finding("vault", Grade::Forbids, "opens by a guess".to_owned(), WEAK)),
        Err(e) if e.code() == &WRONG_PASSPHRASE => {}
        Err(e) => return Err(e),
    }
    let took = begun.elapsed();
    let time = shown(took);
    Ok(match strength {
        Strength::TestOnly => {
            finding("vault", Grade::Good, format!("for tests only: a guess takes {time}"), "")
        }
        Strength::Full if took < FAST => {
            let what = format!("64 MiB, {passes} passes: a guess takes {time} here");
            finding("vault", Grade::Warns, what, WEAK)
        }
        Strength::Full => {
            finding("vault", Grade::Good, format!("64 MiB, {passes} passes: a guess takes {time} here"), "")
        }
    })
}

const WEAK: &str =
    "Change the passphrase with `airlock-offline passphrase`: the passes are then measured anew.";

fn journal(chain: &Chain) -> Finding {
    let what = format!("{} records, {}", chain.count(), chain.head_line());
    match chain.torn() {
        0 => finding("journal", Grade::Good, what, ""),
        torn => finding(
            "journal",
            Grade::Forbids,
            format!("{what}, and {torn} bytes of a line that is not whole"),
            "`airlock-offline journal repair` puts them aside after a typed sentence.",
        ),
    }
}

/// What a person went on with by a typed sentence stays here for ever.
fn sentences(chain: &Chain) -> Finding {
    let entries: Vec<_> = chain.overridden().collect();
    let newest: Vec<String> = entries
        .iter()
        .rev()
        .take(SHOWN)
        .map(|entry| match entry {
            Ok(entry) => match &entry.record.event {
                Event::Overridden { text, .. } => {
                    format!("{} '{}'", clock::show(entry.record.time), Printable::new(text))
                }
                Event::Founded { .. }
                | Event::Signed(_)
                | Event::PolicyAccepted { .. }
                | Event::Imported { .. }
                | Event::PassphraseChanged
                | Event::Drill { .. } => "a record of another kind".to_owned(),
            },
            Err(e) => e.to_string(),
        })
        .collect();
    match entries.len() {
        0 => finding("sentences", Grade::Good, "nobody went on against a refusal".to_owned(), ""),
        count => finding(
            "sentences",
            Grade::Warns,
            format!("typed to go on against a refusal: {count}, last {}", newest.join(", ")),
            "They stay in the journal; see whether each was right.",
        ),
    }
}

fn time(now: Moment, last: Option<Moment>) -> Finding {
    const NEXT: &str = "Set the clock by a watch: expiry and daily limits follow it.";
    let shown = clock::show(now);
    if !PLAUSIBLE.contains(&now.to_unix()) {
        return finding("clock", Grade::Forbids, format!("{shown} is not plausible"), NEXT);
    }
    match last.filter(|last| now < *last) {
        Some(last) => {
            let what = format!("{shown} is before the last journal entry, {}", clock::show(last));
            finding("clock", Grade::Forbids, what, NEXT)
        }
        None => finding("clock", Grade::Good, shown, ""),
    }
}

/// Draws twice: a source that stands still or repeats itself is broken. No draw tells that a source is good.
fn entropy(draw: &mut dyn FnMut(&mut [u8]) -> Result<()>) -> Finding {
    let (mut one, mut two) = ([0u8; 64], [0u8; 64]);
    if let Err(e) = draw(&mut one).and_then(|()| draw(&mut two)) {
        return broken("entropy", &e);
    }
    let ones: u32 = one.iter().chain(&two).map(|byte| byte.count_ones()).sum();
    match one != two && (384..640).contains(&ones) {
        true => finding("entropy", Grade::Good, "two draws of 64 bytes differ".to_owned(), ""),
        false => finding(
            "entropy",
            Grade::Forbids,
            format!("two draws of 64 bytes are not random: {ones} of 1,024 bits set"),
            "Make no keys on this machine.",
        ),
    }
}

fn broken(name: &'static str, error: &Error) -> Finding {
    let what = format!("{} {}", error.code().id, error.what());
    finding(name, Grade::Forbids, what, error.code().next)
}

fn finding(name: &'static str, grade: Grade, what: String, next: &'static str) -> Finding {
    Finding { name, grade, what, next }
}

fn shown(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}
