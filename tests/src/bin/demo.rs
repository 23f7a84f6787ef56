//! `cargo demo`: the main job from end to end, in two folders that stand for two machines.
//!
//! The real programs run as a person would run them, on a snapshot that `scripts/make_demo_snapshot.py` assembled from
//! recordings. Every Bitcoin signature is executed by Bitcoin Core's script engine.
//!
//! `cargo demo -- --qr`: the files cross the gap as codes that a hand-held camera sees, instead of on a stick.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use airlock::bundle::{Artefact, Bundle, Signed, SignedStep};
use airlock::snapshot::Snapshot;
use airlock::time::Moment;
use airlock_tests::camera::Chance;
use airlock_tests::gap::{Crossing, Half, cross};
use airlock_tests::programs::{Programs, programs, run};
use airlock_tests::{consensus, workspace_root};
use bitcoin::{Transaction, TxOut};

/// The public test mnemonic of the recordings: never fund its accounts on a network with money.
const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about\n";
const PASSPHRASE: &str = "demo passphrase\n";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let way =
        match std::env::args().skip(1).filter(|argument| argument != "--").collect::<Vec<_>>().as_slice() {
            [] => Way::Stick,
            [qr] if qr == "--qr" => Way::Codes(Codes::new()),
            _ => return Err("the demo takes --qr or nothing".into()),
        };
    let programs = programs();
    let began = Instant::now();
    let mut stage = Stage::set(programs, way)?;
    stage.make_accounts()?;
    let mut jobs = vec![
        Job { title: "(a) 80,000 XRP with a destination tag", arguments: XRP, snapshot: NOW },
        Job { title: "(b) XCP with a memo, from a historical legacy address", arguments: XCP, snapshot: NOW },
        Job {
            title: "(c) a batch of 20 payouts in 3 assets: a Taproot pair, signed in one visit",
            arguments: BATCH,
            snapshot: NOW,
        },
        Job { title: "(d) bitcoin to two addresses", arguments: BITCOIN, snapshot: NOW },
    ];
    if matches!(stage.way, Way::Codes(_)) {
        jobs.push(Job {
            title: "(e) 200 payments of XRP in one bundle, after (a) has been confirmed",
            arguments: WITHDRAWALS,
            snapshot: LATER,
        });
    }
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

const WITHDRAWALS: &[&str] = &["plan", "withdrawals.json"];

const NOW: &str = "now.snapshot.json";
const LATER: &str = "later.snapshot.json";

/// One thing that a treasurer wants done.
struct Job {
    title: &'static str,
    arguments: &'static [&'static str],
    snapshot: &'static str,
}

/// How files cross the gap.
enum Way {
    Stick,
    Codes(Codes),
}

/// The two machines and the way between them.
struct Stage<'a> {
    programs: &'a Programs,
    online: PathBuf,
    offline: PathBuf,
    stick: PathBuf,
    way: Way,
}

impl<'a> Stage<'a> {
    /// Lays out the folders afresh.
    fn set(programs: &'a Programs, way: Way) -> Outcome<Self> {
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
            stick: root.join("stick"),
            way,
        };
        if matches!(stage.way, Way::Stick) {
            folder("stick")?;
        }
        std::fs::write(stage.offline.join("words.txt"), WORDS)?;
        std::fs::write(stage.offline.join("passphrase.txt"), PASSPHRASE)?;
        let data = workspace_root().join("vectors/demo");
        std::fs::copy(data.join("payouts.csv"), stage.online.join("payouts.csv"))?;
        let mut snapshot = taken_now(&std::fs::read(data.join("snapshot.json"))?)?;
        std::fs::write(stage.online.join(NOW), snapshot.encode())?;
        for account in snapshot.xrpl.iter_mut().flat_map(|xrpl| &mut xrpl.accounts) {
            account.sequence += 1;
        }
        std::fs::write(stage.online.join(LATER), snapshot.encode())?;
        std::fs::write(stage.online.join("withdrawals.json"), withdrawals().to_string())?;
        Ok(stage)
    }

    /// Once: the vault on the offline machine, its accounts carried to the online machine.
    fn make_accounts(&mut self) -> Outcome<()> {
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
        let out = self.out();
        self.offline(&["accounts", "export", "--out", out, "--passphrase-file", "passphrase.txt"])?;
        let watch = self.carry(Machine::Offline, "watch.json")?;
        self.online(&["accounts", "import", &watch])?;
        Ok(())
    }

    /// Where a machine writes what goes to the other.
    fn out(&self) -> &'static str {
        match self.way {
            Way::Stick => "../stick",
            Way::Codes(_) => ".",
        }
    }

    /// Brings a file that `from` wrote to the other machine; gives its path there.
    fn carry(&mut self, from: Machine, name: &str) -> Outcome<String> {
        let online = Half { program: &self.programs.online, folder: &self.online };
        let offline = Half { program: &self.programs.offline, folder: &self.offline };
        let (from, to) = match from {
            Machine::Online => (online, offline),
            Machine::Offline => (offline, online),
        };
        match &mut self.way {
            Way::Stick => Ok(format!("../stick/{name}")),
            Way::Codes(codes) => codes.cross(from, to, name),
        }
    }

    /// Plan, walk, review, sign, walk, verify. Gives the number of inputs that the script engine executed.
    fn run_job(&mut self, job: &Job) -> Outcome<usize> {
        heading(job.title);
        let before = self.bundles()?;
        self.online(&[job.arguments, &["--snapshot", job.snapshot, "--out", self.out()]].concat())?;
        let bundle =
            self.bundles()?.into_iter().find(|path| !before.contains(path)).ok_or("no bundle was written")?;
        let name = bundle.file_name().and_then(|name| name.to_str()).ok_or("no name")?;
        let carried = self.carry(Machine::Online, name)?;
        let written = carried.strip_prefix("../stick/").unwrap_or(&carried);

        let asked: serde_json::Value =
            serde_json::from_str(&self.silently_offline(&["--json", "review", &carried])?)?;
        let approval =
            asked["reviews"][0]["approve"].as_str().ok_or("the review asks for no approval")?.to_owned();
        self.offline(&["sign", &carried, "--approve", &approval, "--passphrase-file", "passphrase.txt"])?;

        let signed = self.carry(Machine::Offline, &written.replace(".bundle.json", ".signed.json"))?;
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
        match &self.way {
            Way::Stick => println!(
                "The files lie in demo/: online-machine, offline-machine and the stick that went between them."
            ),
            Way::Codes(codes) => {
                codes.sum();
                println!("The files lie in demo/: online-machine and offline-machine.");
            }
        }
        println!("The recorded coins are regtest coins; the figures of the XRP account are invented.");
        println!();
        println!("Try next, in demo/offline-machine:");
        let (program, folder) = match self.way {
            Way::Stick => (shown(&self.programs.offline), "../stick"),
            Way::Codes(_) => (shown(&self.programs.offline), "../online-machine"),
        };
        let bundle = format!("{folder}/*-payouts.bundle.json");
        println!("  {program} inspect {bundle}");
        println!("  {program} --home home review {bundle}");
        println!("and change one digit of a bundle before you review it again.");
    }

    fn bundles(&self) -> Outcome<Vec<PathBuf>> {
        let mut found = Vec::new();
        let folder = match self.way {
            Way::Stick => &self.stick,
            Way::Codes(_) => &self.online,
        };
        for entry in std::fs::read_dir(folder)? {
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

/// Who writes a file that crosses the gap.
enum Machine {
    Online,
    Offline,
}

/// The seed of the pictures.
const SEED: u64 = 20_261_121;

/// A screen and a camera, and what they have done.
struct Codes {
    chance: Chance,
    crossings: Vec<Crossing>,
}

impl Codes {
    fn new() -> Self {
        println!(
            "Every file crosses as codes, seen by a camera of 1280 x 720 in a hand: tilt, blur, movement, noise, glare and"
        );
        println!(
            "JPEG drawn anew for each picture (seed {SEED}), a tenth of the codes lost, the camera joins at any moment."
        );
        Self { chance: Chance::new(SEED), crossings: Vec::new() }
    }

    /// Gives the name of the file on the other machine.
    fn cross(&mut self, from: Half<'_>, to: Half<'_>, name: &str) -> Outcome<String> {
        let crossing = cross(from, to, name, &mut self.chance)?;
        let Crossing { name: arrived, bytes, format, version, source, shown, lost, read, .. } = &crossing;
        println!("codes   : {name}, {bytes} bytes, as {format} in {source} code(s) of version {version}");
        println!(
            "    shown {shown} in {:.1} s; lost {lost}, not read {}, read {read}: {arrived}",
            crossing.seconds(),
            crossing.unread(),
        );
        println!();
        let arrived = arrived.clone();
        self.crossings.push(crossing);
        Ok(arrived)
    }

    fn sum(&self) {
        let sum = |part: fn(&Crossing) -> u64| self.crossings.iter().map(part).sum::<u64>();
        let (shown, source, lost) =
            (sum(|crossing| crossing.shown), sum(|crossing| crossing.source), sum(|crossing| crossing.lost));
        println!(
            "{} files crossed in {shown} codes, {:.2} times the {source} of their series, {:.0} s before the camera.",
            self.crossings.len(),
            shown as f64 / source as f64,
            self.crossings.iter().map(Crossing::seconds).sum::<f64>(),
        );
        let processor: f64 = self.crossings.iter().map(|crossing| crossing.processor.as_secs_f64()).sum();
        let pictures = shown - lost;
        println!(
            "{lost} codes were lost, {} of {pictures} pictures not read; {:.1} ms of processor a picture, with the start of each scan.",
            sum(Crossing::unread),
            1000.0 * processor / pictures as f64,
        );
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

/// Lines of an answer above which its middle is left out.
const SHOWN: usize = 80;

fn shown_run(program: &Path, folder: &Path, arguments: &[&str]) -> Outcome<String> {
    let output = at_home(program, folder, arguments)?;
    let text = [output.stderr, output.stdout].concat();
    let text = String::from_utf8(text)?;
    let lines: Vec<&str> = text.lines().collect();
    let hidden = if lines.len() > SHOWN { SHOWN / 2..lines.len() - SHOWN / 2 } else { 0..0 };
    for (number, line) in lines.iter().enumerate() {
        if number == hidden.start && !hidden.is_empty() {
            println!("    [{} lines more]", hidden.len());
        }
        if !hidden.contains(&number) {
            println!("    {line}");
        }
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
fn taken_now(bytes: &[u8]) -> Outcome<Snapshot> {
    let mut snapshot = Snapshot::decode(bytes)?;
    let now = Moment::from_unix(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
    snapshot.taken_at = now;
    if let Some(xrpl) = &mut snapshot.xrpl {
        xrpl.close_time = now.minus(4);
    }
    Ok(snapshot)
}

/// What an exchange pays out in an hour: one destination with many tags.
fn withdrawals() -> serde_json::Value {
    let payment = |number: u32| {
        serde_json::json!({
            "from": "xrp-cold",
            "reference": format!("withdrawal-{}", 1000 + number),
            "intent": { "send-xrp": {
                "to": "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s",
                "tag": number,
                "amount": (10 + number % 7).to_string(),
            } },
        })
    };
    (1..=200).map(payment).collect()
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
