//! Shows a file: on the terminal, as pictures, as lines of text.

use std::fs;
use std::path::Path;

use airlock::qr::profile::Profile;
use airlock::qr::sender::Sender;
use airlock::{Error, Result};
use serde_json::json;

use super::keep::is_folder;
use super::{Lent, NO_TERMINAL, Outcome, TARGET, Written, content, shown};
use crate::cli::{Manner, ShowArgs};
use crate::look::Look;
use crate::player::{self, Series, Settings, Title};
use crate::reel::Reel;
use crate::tty::Tty;
use crate::{apng, html, png, svg};

/// Least mixed parts of a UR in pictures and lines.
const MIXED: u32 = 8;

/// Runs `qr show`.
///
/// # Errors
/// What the file, the profile, the terminal or the target refuse.
pub fn show(args: &ShowArgs, lent: &mut Lent<'_>) -> Result<Outcome> {
    if args.to.is_none() && !args.text && lent.terminal.is_none() {
        return Err(NO_TERMINAL.error("there is no terminal to show codes on"));
    }
    let ready = Ready::new(&args.file, &lent.files.read(&args.file)?, &args.manner)?;
    ready.say_unread(lent);
    let outcome = if args.text {
        lines(args, &ready)
    } else {
        warn(&ready.sender, &args.manner, lent)?;
        match &args.to {
            Some(target) => pictures(args, target, &ready, lent),
            None => play(&args.file, &args.manner, &ready, lent),
        }
    };
    Ok(ready.warned(outcome?))
}

/// Shows a file that a command wrote, as `--qr` asks for, without reading it again.
///
/// # Errors
/// As [`show`].
pub fn show_also(written: &Written, profile: Profile, lent: &mut Lent<'_>) -> Result<Outcome> {
    let manner = Manner::of(profile);
    let ready = Ready::new(&written.path, &written.bytes, &manner)?;
    ready.say_unread(lent);
    warn(&ready.sender, &manner, lent)?;
    Ok(ready.warned(play(&written.path, &manner, &ready, lent)?))
}

/// A file that is ready to be shown.
struct Ready {
    sender: Sender,
    title: Title,
    bytes: usize,
    /// Why the wallet that was named will not understand it.
    unread: Option<String>,
}

impl Ready {
    fn new(path: &Path, file: &[u8], manner: &Manner) -> Result<Self> {
        let name = || shown(path);
        let payload = content::of_file(file).map_err(|error| error.at(name()))?;
        let sender = Sender::new(&payload, &manner.asked()).map_err(|error| error.at(name()))?;
        let unread = content::unread(&payload, &manner.profile);
        Ok(Self { sender, title: content::title(&payload), bytes: payload.bytes.len(), unread })
    }

    fn say_unread(&self, lent: &mut Lent<'_>) {
        if let Some(warning) = &self.unread {
            lent.say(warning);
        }
    }

    /// The outcome with the warning, for programs.
    fn warned(&self, mut outcome: Outcome) -> Outcome {
        if let (Some(warning), Some(members)) = (&self.unread, outcome.json.as_object_mut()) {
            members.insert("warning".to_owned(), warning.as_str().into());
        }
        outcome
    }
}

fn warn(sender: &Sender, manner: &Manner, lent: &mut Lent<'_>) -> Result<()> {
    if let Some(note) = sender.check_time(manner.force)? {
        lent.say(&note);
    }
    Ok(())
}

/// So many that a reader may miss some. Of a short UR a few mixed parts more: three of them may all lack the same fragment.
fn enough(sender: &Sender) -> u32 {
    let (once, looped) = (sender.source_frames(), sender.loop_frames());
    if looped > once { looped.max(once.saturating_add(MIXED)) } else { looped }
}

fn frames<'a>(args: &ShowArgs, sender: &'a Sender) -> impl ExactSizeIterator<Item = String> + 'a {
    let count = args.frames.unwrap_or_else(|| enough(sender));
    (0..usize::try_from(count).unwrap_or(usize::MAX))
        .map(|number| sender.frame(u32::try_from(number).unwrap_or(u32::MAX)))
}

fn lines(args: &ShowArgs, ready: &Ready) -> Result<Outcome> {
    let Ready { sender, bytes, .. } = ready;
    let lines: Vec<String> = frames(args, sender).map(|frame| frame.trim_end().to_owned()).collect();
    if lines.iter().any(|line| line.contains(['\n', '\r'])) {
        return Err(TARGET.error("the text of the code has several lines"));
    }
    let json = json!({ "frames": lines, "format": sender.format(), "source_frames": sender.source_frames(),
        "bytes": bytes, "version": sender.version() });
    Ok(Outcome { lines, json })
}

fn pictures(args: &ShowArgs, target: &Path, ready: &Ready, lent: &Lent<'_>) -> Result<Outcome> {
    let Ready { sender, bytes, .. } = ready;
    let write = |bytes: &[u8]| lent.files.write_new(target, bytes).map_err(named_by_to);
    let look = Look::default().with_dim(args.manner.dim);
    let reel = Reel::new(frames(args, sender), sender.version(), sender.period())?;
    let count = reel.symbols().len();
    let ending = target.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    let single = |kind: &str| match count {
        1 => Ok(reel.first()),
        _ => Err(TARGET.error(format!("{count} codes do not go into one {kind}"))),
    };
    match ending.as_deref() {
        _ if is_folder(target) => numbered(&reel, look, target, lent)?,
        Some("png") => write(&png::encode(single("PNG")?, look)?)?,
        Some("svg") => write(svg::encode(single("SVG")?, look).as_bytes())?,
        Some("apng") => write(&apng::encode(&reel, look)?)?,
        Some("html" | "htm") => {
            let title = shown(Path::new(args.file.file_name().unwrap_or_default()));
            write(html::page(&reel, look, &title).as_bytes())?;
        }
        Some(_) | None => {
            return Err(
                TARGET.error(format!("{} is neither a folder nor .png, .svg, .apng or .html", shown(target)))
            );
        }
    }
    let (codes, target) = (if count == 1 { "code" } else { "codes" }, shown(target));
    Ok(Outcome {
        lines: vec![format!(
            "wrote {target}   {count} {codes} of version {}, {}",
            sender.version(),
            sender.format()
        )],
        json: json!({ "wrote": target, "codes": count, "format": sender.format(),
            "source_frames": sender.source_frames(), "bytes": bytes, "version": sender.version() }),
    })
}

/// `0001.png` and so on, in a folder of their own: pictures of two files in one folder would be read as one.
fn numbered(reel: &Reel, look: Look, folder: &Path, lent: &Lent<'_>) -> Result<()> {
    let failed = |error: std::io::Error| {
        TARGET.error(format!("the folder {} cannot be used: {}", shown(folder), error.kind()))
    };
    if !folder.is_dir() {
        fs::create_dir(folder).map_err(failed)?;
    }
    if fs::read_dir(folder).map_err(failed)?.next().is_some() {
        return Err(TARGET.error(format!("the folder {} is not empty", shown(folder))));
    }
    for (number, symbol) in (1..).zip(reel.symbols()) {
        let path = folder.join(format!("{number:04}.png"));
        lent.files.write_new(&path, &png::encode(symbol, look)?).map_err(named_by_to)?;
    }
    Ok(())
}

/// The halves advise the option by which most of their commands are told where to write.
fn named_by_to(error: Error) -> Error {
    let next = error.next().replace("`--out`", "`--to`");
    error.with_next(next)
}

fn play(file: &Path, manner: &Manner, ready: &Ready, lent: &mut Lent<'_>) -> Result<Outcome> {
    let Ready { sender, title, bytes, .. } = ready;
    let terminal = lent.terminal.as_ref().and_then(|terminal| terminal.try_clone().ok());
    let terminal = terminal.ok_or_else(|| NO_TERMINAL.error("there is no terminal to show codes on"))?;
    let profile = manner.asked();
    let settings = Settings { version: profile.version, period: profile.period, dim: manner.dim };
    let mut build = |version| -> Result<Box<dyn Series>> { Ok(Box::new(sender.with_version(version)?)) };
    let played = player::play(&mut Tty::begin(terminal)?, settings, title, &mut build)?;
    let (file, format) = (shown(file), sender.format());
    let codes = if played.frames == 1 { "1 code".to_owned() } else { format!("{} codes", played.frames) };
    Ok(Outcome {
        lines: vec![format!("showed {file}   {codes}, {format}")],
        json: json!({ "showed": file, "codes": played.frames, "format": format, "bytes": bytes }),
    })
}
