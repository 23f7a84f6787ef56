//! `cargo demo`: the main job from end to end, in two folders that stand for two machines.
//!
//! The real programs run as a person would run them, on a snapshot that `scripts/make_demo_snapshot.py` assembled from
//! recordings. Every Bitcoin signature is executed by Bitcoin Core's script engine.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use airlock::bundle::{Artefact, Bundle, Signed, SignedStep};
use airlock::snapshot::Snapshot;
use airlock::time::Moment;
use airlock_tests::programs::{Programs, programs, run};
use airlock_tests::{consensus, workspace_root};
use bitcoin::{Transaction, TxOut};

/// The public test mnemonic of the recordings: never fund its accounts on a network with money.
const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about\n";
const PASSPHRASE: &str = "demo passphrase\n";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let programs = programs();
    let began = Instant::now();
    let stage = Stage::set(programs)?;
    stage.make_accounts()?;
    let jobs = [
        Job { title: "(a) 80,000 XRP with a destination tag", arguments: XRP },
        Job { title: "(b) XCP with a memo, from a historical legacy address", arguments: XCP },
        Job {
            title: "(c) a batch of 20 payouts in 3 assets: a Taproot pair, signed in one visit",
            arguments: BATCH,
        },
        Job { title: "(d) bitcoin to two addresses", arguments: BITCOIN },
    ];
    let mut executed = 0;
    for job in &jobs {
        executed += stage.run_job(job)?;
    }
    stage.close(executed, began);
    Ok(())
}

const XRP: &[&str] = &[
    "send",
    "xrp",
    "--from",
    "xrp-cold",
    "--to",
    "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s",
    "--tag",
    "1",
    "--amount",
    "80000",
];
const XCP: &[&str] = &[
    "send",
    "xcp",
    "--from",
    "legacy",
    "--to",
    "bcrt1qy9qk504uumlsynpy5qyx2y70wgkgtqpdurpu7w",
    "--amount",
    "25.5",
    "--memo",
    "invoice 42",
];
const BATCH: &[&str] = &["payouts", "payouts.csv", "--from", "cold", "--encoding", "taproot"];
const BITCOIN: &[&str] = &[
    "send",
    "btc",
    "--from",
    "float",
    "--to",
    "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks",
    "--amount",
    "0.0003",
    "--to",
    "2MyeHqZeFvVwKMU5VQGAUYc31SrbUBXcxCL",
    "--amount",
    "0.0002",
];

/// One thing that a treasurer wants done.
struct Job {
    title: &'static str,
    arguments: &'static [&'static str],
}

/// The two machines and the stick between them.
struct Stage<'a> {
    programs: &'a Programs,
    online: PathBuf,
    offline: PathBuf,
    stick: PathBuf,
}

impl<'a> Stage<'a> {
    /// Lays out the folders afresh.
    fn set(programs: &'a Programs) -> Outcome<Self> {
        let root = workspace_root().join("demo");
        if root.exists() {
            std::fs::remove_dir_all(&root)?;
        }
        let folder = |name: &str| -> Outcome<PathBuf> {
            let path = root.join(name);
            std::fs::create_dir_all(&path)?;
            Ok(path)
        };
        let stage = Self {
            programs,
            online: folder("online-machine")?,
            offline: folder("offline-machine")?,
            stick: folder("stick")?,
        };
        std::fs::write(stage.offline.join("words.txt"), WORDS)?;
        std::fs::write(stage.offline.join("passphrase.txt"), PASSPHRASE)?;
        let data = workspace_root().join("vectors/demo");
        std::fs::copy(data.join("payouts.csv"), stage.online.join("payouts.csv"))?;
        let snapshot = taken_now(&std::fs::read(data.join("snapshot.json"))?)?;
        std::fs::write(stage.online.join("now.snapshot.json"), snapshot)?;
        Ok(stage)
    }

    /// Once: the vault on the offline machine, its accounts carried to the online machine.
    fn make_accounts(&self) -> Outcome<()> {
        heading("Once: keys on the offline machine, their public side on the online machine");
        self.offline(&[
            "import",
            "--test-only",
            "--network",
            "regtest",
            "--network-id",
            "1",
            "--secret-file",
            "words.txt",
            "--passphrase-file",
            "passphrase.txt",
            "--account",
            "cold=wpkh",
            "--account",
            "legacy=pkh",
            "--account",
            "xrp-cold=xrp",
        ])?;
        self.offline(&[
            "accounts",
            "add",
            "float",
            "tr",
            "--network",
            "regtest",
            "--role",
            "hot",
            "--holds",
            "bitcoin-only",
            "--passphrase-file",
            "passphrase.txt",
        ])?;
        self.offline(&["accounts", "export", "--out", "../stick", "--passphrase-file", "passphrase.txt"])?;
        self.online(&["accounts", "import", "../stick/watch.json"])?;
        Ok(())
    }

    /// Plan, walk, review, sign, walk, verify. Gives the number of inputs that the script engine executed.
    fn run_job(&self, job: &Job) -> Outcome<usize> {
        heading(job.title);
        let before = self.bundles()?;
        self.online(&[job.arguments, &["--snapshot", "now.snapshot.json", "--out", "../stick"]].concat())?;
        let bundle =
            self.bundles()?.into_iter().find(|path| !before.contains(path)).ok_or("no bundle was written")?;
        let on_stick =
            format!("../stick/{}", bundle.file_name().and_then(|name| name.to_str()).ok_or("no name")?);

        let asked: serde_json::Value =
            serde_json::from_str(&self.silently_offline(&["--json", "review", &on_stick])?)?;
        let approval =
            asked["reviews"][0]["approve"].as_str().ok_or("the review asks for no approval")?.to_owned();
        self.offline(&["sign", &on_stick, "--approve", &approval, "--passphrase-file", "passphrase.txt"])?;

        let signed = on_stick.replace(".bundle.json", ".signed.json");
        self.online(&["verify", &signed])?;
        let executed = execute(&bundle, &self.online.join(&signed))?;
        if executed > 0 {
            println!("Bitcoin Core's script engine executed {executed} input(s) of it: valid.");
        }
        Ok(executed)
    }

    fn close(&self, executed: usize, began: Instant) {
        heading("Done");
        println!(
            "{executed} Bitcoin inputs were executed by Bitcoin Core's script engine, in {:.1} s of demo.",
            began.elapsed().as_secs_f32()
        );
        println!(
            "The files lie in demo/: online-machine, offline-machine and the stick that went between them."
        );
        println!("The recorded coins are regtest coins; the figures of the XRP account are invented.");
        println!();
        println!("Try next, in demo/offline-machine:");
        println!("  {} inspect ../stick/*-payouts.bundle.json", shown(&self.programs.offline));
        println!("  {} --home home review ../stick/*-payouts.bundle.json", shown(&self.programs.offline));
        println!("and change one digit of a bundle on the stick before you review it again.");
    }

    fn bundles(&self) -> Outcome<Vec<PathBuf>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.stick)? {
            let path = entry?.path();
            if path.to_string_lossy().ends_with(".bundle.json") {
                found.push(path);
            }
        }
        Ok(found)
    }

    fn online(&self, arguments: &[&str]) -> Outcome<String> {
        say("online ", "airlock-online", arguments);
        shown_run(&self.programs.online, &self.online, arguments)
    }

    fn offline(&self, arguments: &[&str]) -> Outcome<String> {
        say("offline", "airlock-offline", arguments);
        shown_run(&self.programs.offline, &self.offline, arguments)
    }

    fn silently_offline(&self, arguments: &[&str]) -> Outcome<String> {
        Ok(String::from_utf8(at_home(&self.programs.offline, &self.offline, arguments)?.stdout)?)
    }
}

fn heading(title: &str) {
    println!("\n━━━ {title} ━━━\n");
}

fn say(machine: &str, program: &str, arguments: &[&str]) {
    let quoted = |argument: &&str| {
        if argument.contains(' ') { format!("'{argument}'") } else { (*argument).to_owned() }
    };
    let line: Vec<String> = arguments.iter().map(quoted).collect();
    println!("{machine} $ {program} {}", line.join(" "));
}

fn shown_run(program: &Path, folder: &Path, arguments: &[&str]) -> Outcome<String> {
    let output = at_home(program, folder, arguments)?;
    let text = [output.stderr, output.stdout].concat();
    let text = String::from_utf8(text)?;
    for line in text.lines() {
        println!("    {line}");
    }
    println!();
    Ok(text)
}

fn at_home(program: &Path, folder: &Path, arguments: &[&str]) -> Outcome<std::process::Output> {
    let output = run(program, folder, &[&["--home", "home"], arguments].concat());
    if !output.status.success() {
        return Err(format!("{}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(output)
}

/// The recorded snapshot as if it had been taken now: bundles expire.
fn taken_now(bytes: &[u8]) -> Outcome<Vec<u8>> {
    let mut snapshot = Snapshot::decode(bytes)?;
    let now = Moment::from_unix(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
    snapshot.taken_at = now;
    if let Some(xrpl) = &mut snapshot.xrpl {
        xrpl.close_time = now.minus(4);
    }
    Ok(snapshot.encode())
}

/// Executes every input of every signed Bitcoin transaction; gives their number.
fn execute(bundle: &Path, signed: &Path) -> Outcome<usize> {
    let bundle = Bundle::decode(&std::fs::read(bundle)?)?;
    let signed = Signed::decode(&std::fs::read(signed)?)?;
    let mut finals: Vec<Option<Transaction>> = Vec::new();
    let mut executed = 0;
    for (step, signed) in bundle.steps().iter().zip(&signed.contents().steps) {
        let (Artefact::Psbt(psbt), SignedStep::Bitcoin { tx, .. }) = (&step.artefact, signed) else {
            finals.push(None);
            continue;
        };
        let transaction: Transaction = bitcoin::consensus::encode::deserialize_hex(tx)?;
        let spent = transaction.input.iter().enumerate().map(|(index, input)| -> Outcome<TxOut> {
            let vout = input.previous_output.vout as usize;
            let parent = match step.links.iter().find(|link| link.input == index) {
                Some(link) => finals[link.step].as_ref(),
                None => psbt.inputs[index].non_witness_utxo.as_ref(),
            };
            match parent {
                Some(parent) if parent.compute_txid() == input.previous_output.txid => {
                    Ok(parent.output[vout].clone())
                }
                Some(_) => Err("a parent with another txid".into()),
                None => Ok(psbt.inputs[index].witness_utxo.clone().ok_or("an input without its coin")?),
            }
        });
        let spent = spent.collect::<Outcome<Vec<TxOut>>>()?;
        consensus::execute(&transaction, &spent).map_err(|e| format!("{e:?}"))?;
        executed += transaction.input.len();
        finals.push(Some(transaction));
    }
    Ok(executed)
}

fn shown(path: &Path) -> String {
    let relative = path.strip_prefix(workspace_root()).unwrap_or(path);
    format!("../../{}", relative.display())
}
