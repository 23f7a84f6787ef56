//! A camera that Linux knows (V4L2). It is opened and started before the process locks itself down; after that it needs
//! few calls, which [`CALLS`] and [`REQUESTS`] name.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use airlock::{Error, Result};
use linuxvideo::format::{PixFormat, PixelFormat};
use linuxvideo::stream::ReadStream;
use linuxvideo::{Device, Fract, VideoCaptureDevice};

use super::{CAMERA, Frames, SILENT};
use crate::gray::Gray;

mod luma;
mod newest;

use luma::{Layout, Pixels};
use newest::Newest;

/// System calls on the open camera while it gives pictures, beside those of threads, time and memory: name and what for.
pub static CALLS: &[(&str, &str)] = &[
    ("ioctl", "the requests of REQUESTS, on the camera"),
    ("munmap", "giving the driver's buffers back"),
    ("close", "the camera"),
];

/// Requests of `ioctl` after the camera was started: name and number on 64-bit machines.
pub static REQUESTS: &[(&str, u64)] = &[
    ("VIDIOC_QBUF", request(READ | WRITE, BUFFER, 15)),
    ("VIDIOC_DQBUF", request(READ | WRITE, BUFFER, 17)),
    ("VIDIOC_STREAMOFF", request(WRITE, 4, 19)),
];

const WRITE: u64 = 1;
const READ: u64 = 2;
/// Bytes of `struct v4l2_buffer` on 64-bit machines.
const BUFFER: u64 = 88;

/// The number of a request of V4L2 (the letter `V`), as `linux/ioctl.h` composes it.
const fn request(direction: u64, bytes: u64, number: u64) -> u64 {
    direction << 30 | bytes << 16 | (b'V' as u64) << 8 | number
}

/// What is asked for, best first.
const WISHES: [(u32, u32, Pixels); 5] = [
    (1280, 720, Pixels::Mjpg),
    (640, 480, Pixels::Yuyv),
    (1280, 720, Pixels::Nv12),
    (1280, 720, Pixels::Yu12),
    (1280, 720, Pixels::Grey),
];
/// Longest wait for a picture.
const PATIENCE: Duration = Duration::from_secs(5);
/// Failures one after the other after which the camera is given up: it may lose a picture now and then.
const FAILURES: u32 = 30;

/// A started camera. The newest picture wins: what arrived while another was read is dropped.
pub struct Camera {
    state: State,
    layout: Layout,
    damaged: usize,
}

enum State {
    /// Started, but nobody empties it yet.
    Started(Option<ReadStream>),
    Running(Arc<Newest>),
}

impl Camera {
    /// Opens the device, asks for 1280 x 720 in MJPG at 30 pictures a second, else for 640 x 480 in YUYV, else takes what is
    /// understood, and starts it. To be called before the lock-down: opening needs more requests than reading. The thread that
    /// empties the camera begins with the first [`next`](Frames::next), hence after the lock-down and under its rules.
    ///
    /// # Errors
    /// [`CAMERA`].
    pub fn open(device: &Path) -> Result<Self> {
        let mut acceptable = None;
        for (width, height, pixels) in WISHES {
            let camera = ask(device, width, height, pixels)?;
            let Some(layout) = layout(camera.format()) else { continue };
            if layout.pixels == pixels {
                return start(camera, layout);
            }
            acceptable = acceptable.or(Some((width, height, pixels)));
        }
        let refused = || CAMERA.error("the camera offers none of MJPG, YUYV, NV12, YU12 and GREY");
        let (width, height, pixels) = acceptable.ok_or_else(refused)?;
        let camera = ask(device, width, height, pixels)?;
        let layout = layout(camera.format()).ok_or_else(refused)?;
        start(camera, layout)
    }

    /// What the camera agreed to: `1280 x 720 MJPG`.
    pub fn agreed(&self) -> String {
        format!("{} x {} {}", self.layout.width, self.layout.height, self.layout.pixels)
    }

    /// Pictures that came damaged and were passed over.
    pub fn damaged(&self) -> usize {
        self.damaged
    }
}

fn ask(device: &Path, width: u32, height: u32, pixels: Pixels) -> Result<VideoCaptureDevice> {
    let format = PixFormat::new(width, height, PixelFormat::from_fourcc(pixels.code()));
    Device::open(device).and_then(|device| device.video_capture(format)).map_err(|error| unusable(&error))
}

/// What the driver agreed to, when it is understood.
fn layout(format: &PixFormat) -> Option<Layout> {
    let whole = |number| usize::try_from(number).ok();
    let layout = Layout {
        pixels: Pixels::of(format.pixel_format().as_fourcc())?,
        width: whole(format.width())?,
        height: whole(format.height())?,
        stride: whole(format.bytes_per_line())?,
    };
    Gray::count(layout.width, layout.height).ok().map(|_| layout)
}

fn start(camera: VideoCaptureDevice, layout: Layout) -> Result<Camera> {
    // A camera that keeps its own pace is good enough.
    let _own_pace = camera.set_frame_interval(Fract::new(1, 30));
    let stream = camera.into_stream().map_err(|error| unusable(&error))?;
    Ok(Camera { state: State::Started(Some(stream)), layout, damaged: 0 })
}

fn unusable(error: &io::Error) -> Error {
    CAMERA.error(format!("the camera could not be opened: {}", error.kind()))
}

/// Takes every picture from the driver, so that none grows old there.
fn empty(mut stream: ReadStream, newest: &Newest) {
    let mut failures = 0_u32;
    while newest.is_wanted() {
        let taken = stream.dequeue(|view| {
            if !view.is_error() {
                newest.offer(&view);
            }
            Ok(())
        });
        match taken {
            Ok(()) => failures = 0,
            Err(error) => {
                failures = failures.saturating_add(1);
                // ENODEV: unplugged. There is no kind for it.
                if failures > FAILURES || error.raw_os_error() == Some(19) {
                    return newest.end(error.kind());
                }
            }
        }
    }
}

impl Frames for Camera {
    /// Waits for a picture that is newer than the last one, at most 5 seconds.
    fn next(&mut self) -> Result<Option<Gray>> {
        let newest = match &mut self.state {
            State::Running(newest) => Arc::clone(newest),
            State::Started(stream) => {
                let stream = stream.take().ok_or_else(|| CAMERA.error("the camera was not started"))?;
                let newest = Arc::new(Newest::new());
                let offered = Arc::clone(&newest);
                let thread = thread::Builder::new().name("camera".into());
                thread.spawn(move || empty(stream, &offered)).map_err(|error| unusable(&error))?;
                self.state = State::Running(Arc::clone(&newest));
                newest
            }
        };
        let since = Instant::now();
        while let Some(left) = PATIENCE.checked_sub(since.elapsed()) {
            let bytes =
                newest.take(left).map_err(|kind| CAMERA.error(format!("the camera stopped: {kind}")))?;
            match bytes.map(|bytes| self.layout.gray(&bytes)) {
                Some(Ok(picture)) => return Ok(Some(picture)),
                Some(Err(_)) => self.damaged = self.damaged.saturating_add(1),
                None => break,
            }
        }
        Err(SILENT.error(format!("no picture of {} came for 5 seconds", self.agreed())))
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        if let State::Running(newest) = &self.state {
            newest.stop();
        }
    }
}

impl fmt::Debug for Camera {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Camera({})", self.agreed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_have_the_numbers_of_the_kernel() {
        let numbers: Vec<u64> = REQUESTS.iter().map(|(_, number)| *number).collect();
        assert_eq!(numbers, [0xc058_560f, 0xc058_5611, 0x4004_5613]);
    }

    #[test]
    fn what_is_no_camera_is_refused() {
        for path in ["/dev/null", "/nonexistent/video0"] {
            assert_eq!(Camera::open(Path::new(path)).unwrap_err().code().id, "E-QR-035", "{path}");
        }
    }
}
