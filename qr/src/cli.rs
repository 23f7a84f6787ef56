//! What both halves take on their command lines about QR codes.

use core::time::Duration;
use std::path::PathBuf;

use airlock::Result;
use airlock::qr::profile::{Density, PROFILES, Profile};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use crate::reel::FRAMES;
use crate::source::Source;

/// Shows and reads QR codes.
#[derive(Debug, Subcommand)]
pub enum QrCommand {
    /// Show a file as QR codes: on the terminal, as pictures, or as lines of text
    Show(ShowArgs),
    /// Read QR codes from a camera, pictures, a film or lines of text, and write the file that they carry
    Scan(ScanArgs),
}

/// Shows a file as QR codes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  qr show R7K3-send.bundle.json                    on this terminal, for our other half
  qr show some.psbt --for sparrow                  for another wallet
  qr show R7K3-send.bundle.json --to codes.html    a page that plays the codes
  qr show R7K3-send.bundle.json --to codes/        numbered pictures in a folder
  qr show R7K3-send.bundle.json --text | ...       each code's text on a line

Keys on the terminal: + - density, < > speed, space pause, d dim, q quit

Density is how much one code holds: low, normal, high, max are QR versions 10, 15, 20, 27. More means fewer codes, a
sharper camera and a larger window (27 needs 133 columns and 68 rows); a smaller window shows what it holds, and + and - go
down to version 5, for 80 columns and 24 rows")]
pub struct ShowArgs {
    /// A bundle, signed file, watch file, PSBT, XRP transaction (JSON or blob) or other file of ours, up to 4 MiB
    pub file: PathBuf,
    #[command(flatten)]
    pub(crate) manner: Manner,
    /// Write pictures instead: x.png, x.svg (one code), x.apng, x.html (moving), or a folder for numbered PNGs
    #[arg(long, value_name = "FILE|DIR", conflicts_with = "text")]
    pub to: Option<PathBuf>,
    /// Print the text of each code on a line of its own instead
    #[arg(long)]
    pub text: bool,
    /// How many codes pictures and lines hold [default: enough for a reader that misses some]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(FRAMES)))]
    pub frames: Option<u32>,
}

/// How codes are shown.
#[derive(Clone, Debug, Args)]
pub(crate) struct Manner {
    /// Who reads the codes
    #[arg(long = "for", value_name = "PROFILE", default_value = "airlock", value_parser = profiles())]
    pub(crate) profile: Profile,
    /// How much one code holds [default: the profile's]
    #[arg(long, value_parser = densities())]
    pub(crate) density: Option<Density>,
    /// How long each code stays, in milliseconds from 100 to 2000 [default: the profile's]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(100..=2000))]
    pub(crate) period: Option<u64>,
    /// Gray instead of white, for cameras that white overexposes
    #[arg(long)]
    pub(crate) dim: bool,
    /// Show also what takes longer than ten minutes
    #[arg(long)]
    pub(crate) force: bool,
}

impl Manner {
    /// The usual manner of a profile.
    pub(crate) fn of(profile: Profile) -> Self {
        Self { profile, density: None, period: None, dim: false, force: false }
    }

    /// The profile with what was asked of it.
    pub(crate) fn asked(&self) -> Profile {
        let profile = self.density.map_or(self.profile, |density| self.profile.with_density(density));
        Profile { period: self.period.map_or(profile.period, Duration::from_millis), ..profile }
    }
}

/// Reads QR codes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  qr scan                                          from the camera, into the current folder
  qr scan --frames screenshot.png                  a picture, a film (GIF, APNG, Y4M) or a folder of pictures
  ffmpeg -f v4l2 -i /dev/video0 -f rawvideo -pix_fmt gray - | ... qr scan --frames - --size 1280x720
  ... | qr scan --text --out /media/stick          lines of text, one for each code

The file is named by what it is, and nothing is overwritten. Ctrl-C ends a scan, and q where a camera is read;
what was read is forgotten.")]
pub struct ScanArgs {
    /// The camera
    #[arg(long, value_name = "DEVICE", default_value = "/dev/video0")]
    camera: PathBuf,
    /// Read pictures instead: a picture, a film, a folder, or - for a film in Y4M on stdin (raw gray with --size)
    #[arg(long, value_name = "-|FILE|DIR", conflicts_with_all = ["camera", "text"])]
    frames: Option<PathBuf>,
    /// The size of raw gray frames on stdin, WIDTHxHEIGHT
    #[arg(long, value_name = "WxH", requires = "frames", value_parser = size)]
    size: Option<(usize, usize)>,
    /// Read lines of text on stdin instead, one for each code
    #[arg(long, conflicts_with = "camera")]
    text: bool,
    /// The folder or the file to write to [default: the current folder, named by what it is]
    #[arg(long, value_name = "DIR|FILE")]
    pub out: Option<PathBuf>,
    /// Take only an answer to this PSBT: the same transaction
    #[arg(long, value_name = "PSBT")]
    pub answer_to: Option<PathBuf>,
}

impl ScanArgs {
    /// Where the codes come from.
    pub fn source(&self) -> Source {
        match &self.frames {
            _ if self.text => Source::Lines,
            Some(path) if path.as_os_str() == "-" => {
                self.size.map_or(Source::Film, |(width, height)| Source::Raw(width, height))
            }
            Some(path) => Source::Pictures(path.clone()),
            None => Source::Camera(self.camera.clone()),
        }
    }
}

/// For commands that write a file which crosses the gap.
#[derive(Clone, Debug, Default, Args)]
pub struct ShowAlso {
    /// Then show the file as QR codes on this terminal, for our other half or for the PROFILE
    #[arg(long = "qr", value_name = "PROFILE", num_args = 0..=1, require_equals = true,
        default_missing_value = "airlock", value_parser = profiles())]
    pub profile: Option<Profile>,
}

/// For commands that read a file which crosses the gap.
#[derive(Clone, Debug, Default, Args)]
pub struct FromQr {
    /// Read the file from QR codes, of the camera or of a SOURCE: a device, a picture, a film (GIF, APNG, Y4M), a folder of
    /// pictures, - for lines of text on stdin. It is written first, under a name by what it is
    #[arg(long = "from-qr", id = "from_qr", value_name = "SOURCE", num_args = 0..=1, require_equals = true,
        default_missing_value = "/dev/video0", value_parser = source)]
    pub source: Option<Source>,
}

fn profiles() -> impl TypedValueParser<Value = Profile> {
    PossibleValuesParser::new(PROFILES.iter().map(|profile| profile.name))
        .try_map(|name: String| Profile::named(&name))
}

fn densities() -> impl TypedValueParser<Value = Density> {
    PossibleValuesParser::new(Density::ALL.map(Density::name)).try_map(|name: String| Density::named(&name))
}

fn size(text: &str) -> Result<(usize, usize), String> {
    let sides = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    sides.ok_or_else(|| "a size is like 1280x720".to_owned())
}

fn source(text: &str) -> Result<Source, String> {
    Ok(match text {
        "-" => Source::Lines,
        device if device.starts_with("/dev/") => Source::Camera(device.into()),
        path => Source::Pictures(path.into()),
    })
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        also: ShowAlso,
        #[command(flatten)]
        from: FromQr,
        #[command(subcommand)]
        qr: QrCommand,
    }

    fn scan(arguments: &[&str]) -> Option<Source> {
        let line = Line::try_parse_from([&["x", "scan"], arguments].concat()).ok()?;
        let QrCommand::Scan(args) = line.qr else { return None };
        Some(args.source())
    }

    #[test]
    fn the_arguments_are_consistent() {
        Line::command().debug_assert();
    }

    #[test]
    fn each_source_is_named_in_one_way() {
        assert_eq!(scan(&[]), Some(Source::Camera("/dev/video0".into())));
        assert_eq!(scan(&["--camera", "/dev/video2"]), Some(Source::Camera("/dev/video2".into())));
        assert_eq!(scan(&["--text"]), Some(Source::Lines));
        assert_eq!(scan(&["--frames", "-"]), Some(Source::Film));
        assert_eq!(scan(&["--frames", "-", "--size", "640x480"]), Some(Source::Raw(640, 480)));
        assert_eq!(scan(&["--frames", "x.png"]), Some(Source::Pictures("x.png".into())));
        for bad in [&["--text", "--frames", "-"][..], &["--size", "1x1"], &["--frames", "-", "--size", "640"]]
        {
            assert_eq!(scan(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn values_of_qr_and_from_qr_stand_behind_an_equals_sign() {
        let line = Line::try_parse_from(["x", "--qr", "--from-qr=-", "scan"]).unwrap();
        assert_eq!(line.also.profile.unwrap().name, "airlock");
        assert_eq!(line.from.source, Some(Source::Lines));
        let line = Line::try_parse_from(["x", "--qr=sparrow", "--from-qr", "scan"]).unwrap();
        assert_eq!(line.also.profile.unwrap().name, "sparrow");
        assert_eq!(line.from.source, Some(Source::Camera("/dev/video0".into())));
        assert!(Line::try_parse_from(["x", "--qr=elektrum", "scan"]).is_err());
    }
}
