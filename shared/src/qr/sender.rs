//! What is shown: a payload as one static code, or as a series of codes of one size.

use core::time::Duration;

use crate::qr::profile::{Format, Profile};
use crate::qr::ur::{self, UrType};
use crate::qr::{Kind, Payload, TOO_LARGE, bbqr, capacity, envelope, plain};
use crate::{Code, Exit, Result};

/// A show that nobody has the patience for.
pub static TOO_SLOW: Code = Code::new(
    "E-QR-021",
    Exit::Fixable,
    "Showing so much as codes would take more than ten minutes.",
    "Move the file on a stick, choose a higher density or a higher speed, or force it.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&TOO_SLOW];

/// Above so much time a file is proposed.
const LONG: Duration = Duration::from_secs(60);
/// Above so much time the show is refused.
const TOO_LONG: Duration = Duration::from_secs(600);

/// A payload, ready to be shown.
#[derive(Clone, Debug)]
pub struct Sender {
    profile: Profile,
    coded: Coded,
    series: Series,
    version: u8,
}

/// The payload as its format codes it, before it is cut.
#[derive(Clone, Debug)]
enum Coded {
    Ur(UrType, Vec<u8>),
    Bbqr(Payload),
    Text(String),
}

/// The frames.
#[derive(Clone, Debug)]
enum Series {
    Ur(ur::Sender),
    Bbqr(bbqr::Sender),
    Text(String),
}

impl Sender {
    /// Codes the payload as the profile's reader wants it and cuts it into the fewest frames: one static code where it fits
    /// the density or the next one up.
    ///
    /// # Errors
    /// [`TOO_LARGE`], and of static text [`plain::NO_TEXT`].
    pub fn new(payload: &Payload, profile: &Profile) -> Result<Self> {
        Self::cut(Coded::new(payload, profile)?, *profile)
    }

    /// The same payload in codes of at most another version, without coding it again.
    ///
    /// # Errors
    /// [`TOO_LARGE`].
    pub fn with_version(&self, version: u8) -> Result<Self> {
        Self::cut(self.coded.clone(), self.profile.with_version(version))
    }

    fn cut(coded: Coded, profile: Profile) -> Result<Self> {
        let room = capacity::alphanumeric(profile.version);
        let whole_room = capacity::alphanumeric(profile.static_version());
        let (series, longest) = match &coded {
            Coded::Ur(ur_type, message) => {
                let whole = ur::single_characters(ur_type, message.len()) <= whole_room;
                let max = if whole {
                    usize::MAX
                } else {
                    ur::max_fragment(ur_type, message.len(), room, profile.order)
                };
                if max == 0 {
                    return Err(too_small(profile.version));
                }
                let sender = ur::Sender::new(ur_type.clone(), message, max)?.in_order(profile.order);
                let longest = sender.longest();
                (Series::Ur(sender), longest)
            }
            Coded::Bbqr(payload) => {
                let whole = bbqr::Sender::new(payload, bbqr::Encoding::Deflate, whole_room);
                let sender = match whole {
                    Ok(whole) if whole.parts() == 1 => whole,
                    Ok(_) | Err(_) => bbqr::Sender::new(payload, bbqr::Encoding::Deflate, room)?,
                };
                let longest = sender.longest();
                (Series::Bbqr(sender), longest)
            }
            Coded::Text(text) => {
                let Some(version) = capacity::version_for(text) else {
                    return Err(TOO_LARGE.error(format!("{} characters do not fit one code", text.len())));
                };
                return Ok(Self { profile, series: Series::Text(text.clone()), version, coded });
            }
        };
        let version =
            capacity::VERSIONS.into_iter().find(|version| longest <= capacity::alphanumeric(*version));
        let version = version.ok_or_else(|| too_small(profile.version))?;
        Ok(Self { profile, coded, series, version })
    }

    /// The text of the `shown`-th frame, from 0 and without end.
    pub fn frame(&self, shown: u32) -> String {
        match &self.series {
            Series::Ur(sender) => sender.frame(shown),
            Series::Bbqr(sender) => sender.part(shown),
            Series::Text(text) => text.clone(),
        }
    }

    /// How many frames are enough when none is missed; 1 for a static code.
    pub fn source_frames(&self) -> u32 {
        match &self.series {
            Series::Ur(sender) => sender.source_parts(),
            Series::Bbqr(sender) => sender.parts(),
            Series::Text(_) => 1,
        }
    }

    /// How many frames a file that plays again and again must hold: of a UR half as many mixed parts as fragments besides.
    pub fn loop_frames(&self) -> u32 {
        let frames = self.source_frames();
        match &self.series {
            Series::Ur(_) if frames > 1 => frames.saturating_add(frames.div_ceil(2)),
            Series::Ur(_) | Series::Bbqr(_) | Series::Text(_) => frames,
        }
    }

    /// The QR version of every frame: the smallest that holds the longest.
    pub fn version(&self) -> u8 {
        self.version
    }

    /// How long each frame stays.
    pub fn period(&self) -> Duration {
        self.profile.period
    }

    /// What is shown, for the line below the code: `UR bytes`, `BBQr JSON (J)`, `text`.
    pub fn format(&self) -> String {
        match &self.coded {
            Coded::Ur(ur_type, _) => format!("UR {ur_type}"),
            Coded::Bbqr(payload) => format!("BBQr {}", bbqr::FileType::of_kind(payload.kind)),
            Coded::Text(_) => "text".into(),
        }
    }

    /// How long the transfer takes with a tenth of the frames lost: frames × period × 1.2 (qr.md 9).
    pub fn expected_time(&self) -> Duration {
        let shown = self.profile.period.saturating_mul(self.source_frames());
        shown.saturating_add(shown.checked_div(5).unwrap_or_default())
    }

    /// What a person has to know of the time; none when there is nothing to say.
    ///
    /// # Errors
    /// [`TOO_SLOW`] above ten minutes, unless it is forced.
    pub fn check_time(&self, forced: bool) -> Result<Option<String>> {
        let (frames, expected) = (self.source_frames(), self.expected_time());
        let text = format!("{frames} codes take about {} s", expected.as_secs());
        if expected > TOO_LONG && !forced {
            return Err(TOO_SLOW.error(format!("{text}; limit {} s", TOO_LONG.as_secs())));
        }
        Ok((expected > LONG).then(|| format!("{text}; a file on a stick is quicker")))
    }
}

impl Coded {
    fn new(payload: &Payload, profile: &Profile) -> Result<Self> {
        let bytes = || payload.bytes.clone();
        let room = capacity::alphanumeric(profile.static_version());
        let fits = ur::single_characters(&UrType::CryptoPsbt, payload.bytes.len()) <= room;
        Ok(match (profile.format, payload.kind) {
            (Format::Own, Kind::Psbt) if fits => Self::Ur(UrType::CryptoPsbt, bytes()),
            (Format::Own, _) => Self::Ur(UrType::Bytes, envelope::seal(payload)?),
            (Format::Ur, Kind::Psbt) => Self::Ur(UrType::CryptoPsbt, bytes()),
            (Format::Ur, Kind::Transaction | Kind::Json | Kind::Text | Kind::Bytes) => {
                Self::Ur(UrType::Bytes, bytes())
            }
            (Format::Bbqr, _) => Self::Bbqr(payload.clone()),
            (Format::Text, Kind::Psbt) => Self::Text(plain::write(payload, plain::Form::Base64)?),
            (Format::Text, Kind::Json | Kind::Text) => Self::Text(plain::write(payload, plain::Form::Text)?),
            (Format::Text, Kind::Transaction | Kind::Bytes) => {
                Self::Text(plain::write(payload, plain::Form::Hex)?)
            }
        })
    }
}

fn too_small(version: u8) -> crate::Error {
    TOO_LARGE
        .error(format!("codes of version {version} are too small for a transfer of this size"))
        .with_next("Choose a higher density.")
}

#[cfg(test)]
mod tests;
