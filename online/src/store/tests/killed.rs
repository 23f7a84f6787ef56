//! Processes that end in the middle: by themselves between two instructions of the database's machine, and by `kill -9`.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use airlock::review::Chain;

use super::*;
use crate::store::{Batch, CreditFilter, CreditState, Cursor, Filter, NewCredit, State, Transition};

const JOB: &str = "AIRLOCK_TEST_STORE_JOB";
const FILE: &str = "AIRLOCK_TEST_STORE_FILE";
const AFTER: &str = "AIRLOCK_TEST_STORE_AFTER";

fn pair() -> Bundle {
    bundle(vec![bitcoin_step(&[coin(1), coin(2)]), xrp_step(json!({ "Sequence": 5 }))])
}

fn batch(height: u32) -> Batch {
    let credit = |position: u32| NewCredit {
        chain: Chain::Xrpl(0),
        txid: format!("{height}"),
        position,
        address: XRP.to_owned(),
        asset: "XRP".to_owned(),
        account: "deposits".parse().unwrap(),
        customer: None,
        amount: Some(1),
        decimals: 6,
        height,
        block_hash: String::new(),
        block_time: None,
        kind: "Payment".to_owned(),
        source: None,
        memo: None,
        tag: None,
        state: CreditState::Suspense,
        detail: None,
    };
    let cursor = |height| Cursor { height, hash: String::new() };
    Batch {
        key: "xrpl".to_owned(),
        from: height.checked_sub(1).map(cursor),
        to: cursor(height),
        credits: vec![credit(0), credit(1)],
        changes: vec![],
        alarms: vec![],
    }
}

/// The jobs, each repeatable: what is done already is not done again.
fn work(store: &Store, job: &str) {
    let one = pair();
    let (file, finals) = signed(&one, 0);
    match job {
        "plan" => drop(store.plan(&one, "kind", "", at(1)).unwrap()),
        "sign" => drop(store.record_signed(&one, &file, &finals, at(2)).unwrap()),
        "advance" => {
            let submit = Transition::new(State::Signed, State::Submitted).since(70);
            store.advance_all(one.id(), &[(0, submit.clone()), (1, submit)], at(3)).unwrap();
        }
        "receipt" => drop(store.write_receipt(one.id(), &json!({ "ok": true }), at(4)).unwrap()),
        "deposits" => drop(store.deposit_batch(&batch(0), at(5)).unwrap()),
        other => panic!("no job {other}"),
    }
}

const JOBS: [&str; 5] = ["plan", "sign", "advance", "receipt", "deposits"];

/// What is there of a job: everything, or nothing.
fn is_done(store: &Store, job: &str) -> bool {
    let record = store.bundle(&pair().id().to_string()).unwrap();
    let count =
        |question: &str| store.connection.query_row(question, [], |row| row.get::<_, i64>(0)).unwrap();
    let parts: Vec<i64> = match job {
        "plan" => ["bundles", "steps", "uses", "history"]
            .map(|table| count(&format!("SELECT count(*) FROM {table}")))
            .to_vec(),
        "sign" => vec![
            count("SELECT count(*) FROM steps WHERE raw IS NOT NULL"),
            count("SELECT count(*) FROM steps WHERE state = 'signed'"),
            count("SELECT count(*) FROM history WHERE state = 'signed'"),
            2 * count("SELECT count(*) FROM bundles WHERE signed IS NOT NULL"),
        ],
        "advance" => vec![
            count("SELECT count(*) FROM steps WHERE state = 'submitted' AND since_height = 70"),
            count("SELECT count(*) FROM history WHERE state = 'submitted'"),
        ],
        "receipt" => vec![count("SELECT count(*) FROM receipts")],
        _ => vec![
            count("SELECT count(*) FROM credits"),
            count("SELECT count(*) FROM credit_history"),
            2 * count("SELECT count(*) FROM cursors"),
        ],
    };
    let whole: &[i64] = match job {
        "plan" => &[1, 2, 3, 2],
        "sign" => &[2, 2, 2, 2],
        "advance" => &[2, 2],
        "receipt" => &[1],
        _ => &[2, 2, 2],
    };
    let done = parts.iter().any(|count| *count > 0);
    assert!(!done || parts == whole, "half of {job}: {parts:?}");
    assert!(record.is_some() || !done || job == "plan" || job == "deposits");
    done
}

#[test]
#[ignore = "the process that the tests of this file start and kill"]
fn worker() {
    let (job, path) = (std::env::var(JOB).unwrap(), std::env::var(FILE).unwrap());
    let store = Store::open_at(Path::new(&path)).unwrap();
    if let Ok(after) = std::env::var(AFTER) {
        let mut left: i64 = after.parse().unwrap();
        let hook = move || {
            left -= 1;
            if left < 0 {
                std::process::abort();
            }
            false
        };
        store.connection.progress_handler(1, Some(hook)).unwrap();
        work(&store, &job);
        return;
    }
    // Without an end of its own: look after look, and a line for each one that is on the disk.
    let next = |cursor: Option<Cursor>| cursor.map_or(0, |cursor| cursor.height + 1);
    for height in next(store.cursor("xrpl").unwrap()).. {
        assert!(store.deposit_batch(&batch(height), at(1)).unwrap().is_some());
        writeln!(std::io::stdout(), "taken {height}").unwrap();
    }
}

fn start(path: &Path, job: &str, after: Option<u32>) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "store::tests::killed::worker", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(JOB, job).env(FILE, path).env_remove(AFTER).stdout(Stdio::piped()).stderr(Stdio::null());
    if let Some(after) = after {
        command.env(AFTER, after.to_string());
    }
    command
}

#[test]
fn a_process_that_dies_between_two_instructions_has_done_all_or_nothing() {
    for (number, job) in JOBS.iter().enumerate() {
        let (mut deaths, mut after) = (0, 0);
        loop {
            let place = Place::new();
            let store = place.store();
            JOBS[..number].iter().for_each(|earlier| work(&store, earlier));
            drop(store);
            let ended: ExitStatus = start(&place.path(), job, Some(after)).status().unwrap();
            let store = place.store();
            store.check().unwrap();
            let done = is_done(&store, job);
            assert!(done || !ended.success(), "{job} said that it was done");
            // Whoever comes after the dead one ends in the same place.
            work(&store, job);
            assert!(is_done(&store, job), "{job} after a death at {after}");
            assert_eq!(store.bundles(Filter::All).unwrap().len(), 1);
            if ended.success() {
                break;
            }
            deaths += 1;
            after += 1 + after / 6;
        }
        assert!(deaths > 10, "{job} died {deaths} times only");
    }
}

#[test]
fn what_a_killed_process_has_told_is_there_and_nothing_is_half_there() {
    let place = Place::new();
    drop(place.store());
    for round in 1..=8u64 {
        let mut child = start(&place.path(), "without end", None).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let told =
            |line: String| line.rsplit_once("taken ").and_then(|(_, height)| height.parse::<u32>().ok());
        let mut last = None;
        for _ in 0..5 * round {
            last = lines.next().unwrap().ok().and_then(told).or(last);
        }
        std::thread::sleep(core::time::Duration::from_micros(700 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        last = lines.map_while(Result::ok).filter_map(told).last().or(last);

        assert!(last.is_some(), "it told something");

        let store = place.store();
        store.check().unwrap();
        let cursor = store.cursor("xrpl").unwrap().unwrap();
        assert!(Some(cursor.height) >= last, "told {last:?}, kept {cursor:?}");
        let credits = store.credits(&CreditFilter::default()).unwrap();
        assert_eq!(credits.len(), 2 * (usize::try_from(cursor.height).unwrap() + 1));
    }
}
