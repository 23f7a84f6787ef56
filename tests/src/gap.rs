//! The gap between the halves, crossed by codes: `qr show` of one half, the pictures that a hand-held camera takes of its codes,
//! and `qr scan` of the other half.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use airlock::qr::Profile;
use airlock_camera::{Chance, Scene};
use airlock_qr::symbol::Symbol;
use serde_json::Value;

use crate::programs::run;

/// Codes of a hundred that the camera never sees.
const LOST_PERCENT: usize = 10;
/// Rounds of the series within which the camera joins.
const ROUNDS: usize = 3;
/// Codes that are shown at most: the camera joins late in a series of 50, and misses much.
const SHOWN: usize = 400;
/// Pixels of the camera.
const CAMERA: (usize, usize) = (1280, 720);

/// A half in its folder.
#[derive(Clone, Copy, Debug)]
pub struct Half<'a> {
    /// The program.
    pub program: &'a Path,
    /// Where it runs, with its home in `home`.
    pub folder: &'a Path,
}

/// What it took to bring a file across.
#[derive(Clone, Debug)]
pub struct Crossing {
    /// The name under which the other half wrote it.
    pub name: String,
    /// Its bytes.
    pub bytes: usize,
    /// What was shown: `UR bytes`.
    pub format: String,
    /// Version of the codes.
    pub version: u8,
    /// Codes of the series.
    pub source: u64,
    /// Codes shown from the moment at which the camera joined.
    pub shown: u64,
    /// Codes of these that no picture was taken of.
    pub lost: u64,
    /// Pictures of which the code was read.
    pub read: u64,
    /// How long each code stood on the screen.
    pub period: Duration,
    /// Time of the processor that the scan took, its start and its end included.
    pub processor: Duration,
}

impl Crossing {
    /// Pictures in which no code was read.
    pub fn unread(&self) -> u64 {
        self.shown - self.lost - self.read
    }

    /// From the first code that was shown to the last, in seconds.
    pub fn seconds(&self) -> f64 {
        self.period.as_secs_f64() * self.shown as f64
    }
}

/// Shows the file to a camera that joins at any time, is held in a hand in good light, and misses a tenth of the codes.
///
/// # Errors
/// When it cannot be shown, when the scan fails, or when another file arrives than was sent.
pub fn cross(from: Half<'_>, to: Half<'_>, name: &str, chance: &mut Chance) -> Result<Crossing, String> {
    let profile = Profile::named("airlock").map_err(|error| error.to_string())?;
    let series = show(from, name)?;
    let number = |member: &str| series[member].as_u64().unwrap_or_default();
    let version = u8::try_from(number("version")).map_err(|error| error.to_string())?;
    let frames = series["frames"].as_array().ok_or("no frames")?;
    let joined = chance.below(ROUNDS * number("source_frames") as usize);

    let before = children_time()?;
    let mut scan = scan(to)?;
    let mut camera = scan.stdin.take().ok_or("no stdin")?;
    let (mut shown, mut lost) = (0, 0);
    for frame in frames.iter().skip(joined) {
        let is_lost = chance.below(100) < LOST_PERCENT;
        if !is_lost
            && camera.write_all(&picture(frame.as_str().unwrap_or_default(), version, chance)?).is_err()
        {
            break;
        }
        shown += 1;
        lost += u64::from(is_lost);
    }
    drop(camera);
    let outcome = scan.wait_with_output().map_err(|error| error.to_string())?;
    let answer: Value = serde_json::from_slice(&outcome.stdout)
        .map_err(|_| String::from_utf8_lossy(&outcome.stderr).into_owned())?;
    let arrived = answer["file"].as_str().ok_or("nothing was written")?.trim_start_matches("./").to_owned();
    let read =
        |folder: &Path, name: &str| std::fs::read(folder.join(name)).map_err(|error| error.to_string());
    let sent = read(from.folder, name)?;
    if read(to.folder, &arrived)? != sent {
        return Err(format!("{name} arrived as another file, {arrived}"));
    }
    Ok(Crossing {
        name: arrived,
        bytes: sent.len(),
        format: series["format"].as_str().unwrap_or_default().to_owned(),
        version,
        source: number("source_frames"),
        shown,
        lost,
        read: answer["codes"].as_u64().ok_or("no number of codes")?,
        period: profile.period,
        processor: children_time()?.saturating_sub(before),
    })
}

fn show(half: Half<'_>, name: &str) -> Result<Value, String> {
    let count = SHOWN.to_string();
    let arguments = ["--json", "--home", "home", "qr", "show", name, "--text", "--frames", &count];
    let output = run(half.program, half.folder, &arguments);
    serde_json::from_slice(&output.stdout).map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())
}

fn scan(half: Half<'_>) -> Result<Child, String> {
    let size = format!("{}x{}", CAMERA.0, CAMERA.1);
    Command::new(half.program)
        .args(["--json", "--home", "home", "qr", "scan", "--frames", "-", "--size", &size, "--out", "."])
        .current_dir(half.folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())
}

/// The raw gray picture that a hand-held camera takes of a code.
fn picture(frame: &str, version: u8, chance: &mut Chance) -> Result<Vec<u8>, String> {
    let symbol = Symbol::new(frame, version).map_err(|error| error.to_string())?;
    let seen = airlock_camera::Symbol::from(&symbol);
    Ok(Scene::hand(CAMERA.0, CAMERA.1, chance).take(&seen, &seen, chance).pixels().to_vec())
}

/// Time of the processor that ended children of this process took.
fn children_time() -> Result<Duration, String> {
    let text = std::fs::read_to_string("/proc/self/stat").map_err(|error| error.to_string())?;
    let after_name = text.rsplit(')').next().unwrap_or_default();
    let ticks: u64 =
        after_name.split_whitespace().skip(13).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_secs(ticks) / u32::try_from(rustix::param::clock_ticks_per_second()).unwrap_or(100))
}
