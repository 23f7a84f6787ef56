//! Where pictures come from: a camera, films, folders, single pictures. All of it is untrusted.

use std::io;
use std::path::{Path, PathBuf};

use airlock::{Code, Error, Exit, Result};

use crate::gray::Gray;

pub mod camera;
mod canvas;
pub mod folder;
mod gif;
mod jpeg;
pub mod picture;
mod png;
pub mod raw;
pub mod y4m;

/// Where codes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A camera, by its device.
    Camera(PathBuf),
    /// A picture, a film, or a folder of pictures.
    Pictures(PathBuf),
    /// A film in Y4M on stdin.
    Film,
    /// Raw gray frames of this width and height on stdin.
    Raw(usize, usize),
    /// Lines of text on stdin, one for each code.
    Lines,
}

impl Source {
    /// The file or folder that is read, when it is one.
    pub fn place(&self) -> Option<&Path> {
        match self {
            Self::Pictures(path) => Some(path),
            Self::Camera(_) | Self::Film | Self::Raw(..) | Self::Lines => None,
        }
    }

    /// Whether stdin is read.
    pub fn is_stdin(&self) -> bool {
        match self {
            Self::Film | Self::Raw(..) | Self::Lines => true,
            Self::Camera(_) | Self::Pictures(_) => false,
        }
    }

    /// Whether a camera stands behind it that a person can move: then only the newest picture matters.
    pub fn is_live(&self) -> bool {
        match self {
            Self::Camera(_) | Self::Film | Self::Raw(..) => true,
            Self::Pictures(_) | Self::Lines => false,
        }
    }
}

/// Pictures one after the other.
pub trait Frames {
    /// The next picture, or none at the end.
    ///
    /// # Errors
    /// When the source is damaged, over a limit or cannot be read; after that it is of no further use.
    fn next(&mut self) -> Result<Option<Gray>>;

    /// Files that held no picture, so far.
    fn passed_over(&self) -> usize {
        0
    }
}

/// Not a picture or film that is read here, or one with damage.
pub static DAMAGED: Code = Code::new(
    "E-QR-032",
    Exit::BadInput,
    "The picture or film is damaged, or of a kind that is not read: PNG, APNG, GIF, JPEG and Y4M are.",
    "Save it again as PNG, or show the codes to the camera.",
);
/// Reading failed.
pub static UNREADABLE: Code = Code::new(
    "E-QR-033",
    Exit::Environment,
    "The file, folder or stream of pictures could not be read.",
    "Check the path, the permissions and the medium.",
);
/// More than is read of one file or folder.
pub static TOO_MUCH: Code = Code::new(
    "E-QR-034",
    Exit::BadInput,
    "A file of pictures is read up to 64 MiB, a folder up to 10,000 files.",
    "Make the film shorter, or the pictures smaller.",
);
/// The camera cannot be used.
pub static CAMERA: Code = Code::new(
    "E-QR-035",
    Exit::Environment,
    "The camera could not be opened or gives no pictures that are understood (MJPG, YUYV, NV12, YU12, GREY).",
    "Plug it in, close other programs that use it, or name another device.",
);
/// The camera went silent.
pub static SILENT: Code = Code::new(
    "E-QR-036",
    Exit::Environment,
    "The camera gave no picture for 5 seconds.",
    "Unplug it and plug it in again, then repeat the command.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&DAMAGED, &UNREADABLE, &TOO_MUCH, &CAMERA, &SILENT];

pub(crate) fn unreadable(what: &str, error: &io::Error) -> Error {
    UNREADABLE.error(format!("{what} could not be read: {}", error.kind()))
}

#[cfg(test)]
mod tests;
