//! Frames shown until a file is complete, at QR version 20: whole files, our own way of sending them beside what wallets do,
//! our receiver beside that of the crate `ur`. A report rather than a benchmark: nothing in it depends on the machine.
//!
//! `AIRLOCK_QR_RUNS` sets the runs of each cell (200), `AIRLOCK_QR_SEED` the seed.

use airlock::bundle::Bundle;
use airlock::qr::ur::Order;
use airlock::qr::{Kind, Payload, Profile, Sender};
use airlock::xrp::AccountId;
use airlock_tests::camera::Chance;
use airlock_tests::load::{Payee, xrp_payments_to};
use airlock_tests::loss::{LOSSES, Run, Step, Stream, mean, ours, percentile, run};
use airlock_tests::signer::{CREATED, OURS};
use bitcoin::hashes::Hash;
use bitcoin::{
    Amount, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, WPubkeyHash, Witness,
    absolute, transaction,
};

const VERSION: u8 = 20;
/// Files of each kind: each mixes its parts in its own way.
const FILES: usize = 5;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |value| value.parse().expect("a number"))
}

fn main() {
    let (runs, seed) = (setting("AIRLOCK_QR_RUNS", 200) as usize, setting("AIRLOCK_QR_SEED", 20_261_121));
    println!(
        "frames shown until complete at version {VERSION}, mean of {runs} runs (95 of 100 below), loss 0 / 10 / 30 %, seed {seed}"
    );
    let mut chance = Chance::new(seed);
    for (name, make) in [("PSBT", psbt as fn(&mut Chance) -> Payload), ("500 payments", payments)] {
        let files: Vec<Payload> = (0..FILES).map(|_| make(&mut chance)).collect();
        println!("\n{name}, {} bytes", files[0].bytes.len());
        for way in WAYS {
            report(way, &files, runs, seed);
        }
    }
}

/// A way to send, and who receives.
struct Way {
    name: &'static str,
    profile: &'static str,
    order: Order,
    receive: fn(&[(usize, &str)]) -> Run,
    /// How much of its runs is enough: the slow ones are those of others.
    runs: usize,
}

const WAYS: [Way; 6] = [
    Way {
        name: "own: envelope, dense UR, our receiver",
        profile: "airlock",
        order: Order::Dense,
        receive: ours,
        runs: 1,
    },
    Way {
        name: "envelope, UR as it is, our receiver",
        profile: "airlock",
        order: Order::Ascending,
        receive: ours,
        runs: 1,
    },
    Way {
        name: "envelope, UR as it is, crate ur",
        profile: "airlock",
        order: Order::Ascending,
        receive: theirs,
        runs: 4,
    },
    Way { name: "BBQr Z", profile: "coldcard", order: Order::Ascending, receive: ours, runs: 1 },
    Way {
        name: "UR uncompressed, our receiver",
        profile: "generic",
        order: Order::Ascending,
        receive: ours,
        runs: 4,
    },
    Way {
        name: "UR uncompressed, crate ur",
        profile: "generic",
        order: Order::Ascending,
        receive: theirs,
        runs: 4,
    },
];

fn report(way: Way, files: &[Payload], runs: usize, seed: u64) {
    let streams: Vec<Stream> = files.iter().map(|file| stream(&way, file)).collect();
    let source = mean(&streams.iter().map(|stream| stream.source).collect::<Vec<_>>());
    let mut line = format!("{:<38} {source:>5.1} frames", way.name);
    let mut more = String::new();
    for late in [false, true] {
        line += if late { "  late:" } else { "  from 1:" };
        more += if late {
            "  late:"
        } else {
            "\n  in series (runs that stall for more than 3 frames, longest)  from 1:"
        };
        for loss in LOSSES {
            let done: Vec<Run> = (0..runs / way.runs)
                .map(|number| {
                    let seen = streams[number % FILES].seen(late, loss, seed ^ number as u64);
                    (way.receive)(&seen)
                })
                .collect();
            let shown: Vec<usize> = done.iter().map(|run| run.shown).collect();
            let stalls: Vec<usize> = done.iter().map(|run| run.stall).collect();
            line += &format!(" {:.1} ({})", mean(&shown), percentile(&shown, 95));
            let long = stalls.iter().filter(|stall| **stall > 3).count();
            let times = mean(&shown) / source;
            more += &format!(
                " {times:.2} ({:.1} %, {})",
                100.0 * long as f64 / done.len() as f64,
                percentile(&stalls, 100)
            );
        }
    }
    if way.profile == "airlock" && way.runs == 1 {
        line += &more;
    }
    println!("{line}");
}

fn stream(way: &Way, file: &Payload) -> Stream {
    let profile = Profile::named(way.profile).expect("a profile");
    let sender = Sender::new(file, &Profile { version: VERSION, order: way.order, ..profile })
        .expect("it can be shown");
    assert!(sender.version() <= VERSION);
    Stream::new(sender.source_frames(), 14, |shown| sender.frame(shown))
}

fn theirs(seen: &[(usize, &str)]) -> Run {
    let mut decoder = ur::Decoder::default();
    run(seen, |frame| {
        decoder.receive(&frame.to_ascii_lowercase()).expect("a part");
        if decoder.complete() { Step::Done } else { Step::Nearer }
    })
}

/// A PSBT of 40 kB: one input whose previous transaction gathered 268 coins.
fn psbt(chance: &mut Chance) -> Payload {
    let mut bytes = |length: usize| -> Vec<u8> { (0..length).map(|_| chance.bits() as u8).collect() };
    let mut txid = || Txid::from_slice(&bytes(32)).expect("32 bytes");
    let coins: Vec<OutPoint> = (0..268).map(|number| OutPoint::new(txid(), number % 4)).collect();
    let input = |previous_output: OutPoint, witness: Vec<Vec<u8>>| TxIn {
        previous_output,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        witness: Witness::from_slice(&witness),
    };
    let mut witness = || {
        let signature = [&[0x30, 0x44, 2, 32][..], &bytes(32), &[2, 32], &bytes(32), &[1]].concat();
        vec![signature, [&[2][..], &bytes(32)].concat()]
    };
    let gathered = coins.into_iter().map(|coin| input(coin, witness())).collect();
    let mut output = |sats: u64| TxOut {
        value: Amount::from_sat(sats),
        script_pubkey: ScriptBuf::new_p2wpkh(&WPubkeyHash::from_slice(&bytes(20)).expect("20 bytes")),
    };
    let transaction = |input: Vec<TxIn>, output: Vec<TxOut>| Transaction {
        version: transaction::Version::TWO,
        lock_time: absolute::LockTime::ZERO,
        input,
        output,
    };
    let previous = transaction(gathered, vec![output(5_000_000)]);
    let spent = OutPoint::new(previous.compute_txid(), 0);
    let unsigned = transaction(vec![input(spent, Vec::new())], vec![output(3_000_000), output(1_990_000)]);
    let mut psbt = Psbt::from_unsigned_tx(unsigned).expect("it is not signed");
    psbt.inputs[0].witness_utxo = Some(previous.output[0].clone());
    psbt.inputs[0].non_witness_utxo = Some(previous);
    Payload { kind: Kind::Psbt, bytes: psbt.serialize() }
}

/// 500 payments of XRP to addresses of their own, with tags of their own.
fn payments(chance: &mut Chance) -> Payload {
    let payees: Vec<Payee> = (0..500)
        .map(|_| {
            let address = std::array::from_fn(|_| chance.bits() as u8);
            Payee {
                to: AccountId::from_bytes(address).to_string(),
                tag: chance.bits() as u32,
                xrp: 1 + chance.below(5000) as u32,
            }
        })
        .collect();
    let bundle =
        Bundle::seal(xrp_payments_to(&payees, "xrp-cold", OURS, CREATED)).expect("within the limits");
    Payload { kind: Kind::Json, bytes: bundle.encode() }
}
