//! The process confines itself before it reads the first byte of input: seccomp leaves it the system calls that the
//! signer needs ([`calls`]), Landlock the folders that the command names.
//!
//! Both hold for the threads that are started afterwards too, and for good. Worker threads are started after the
//! lock-down: Landlock confines the calling thread and what it starts, and only newest kernels confine the others.

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub mod calls;
mod landlock;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod seccomp;

use std::path::PathBuf;

use airlock::{Code, Exit, Result};

use crate::files;
use crate::machine::{Finding, Grade};

/// The kernel has the means and refuses them.
pub static NOT_CONFINED: Code = Code::new(
    "E-BOX-001",
    Exit::Environment,
    "The process could not confine itself although the kernel can: seccomp or Landlock refused.",
    "Run `airlock-offline doctor`; do not sign on this machine before it is understood.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&NOT_CONFINED];

/// What a command may do with a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// List folders below it.
    List,
    /// Read this one file, if it is a regular file.
    File,
    /// Read files and list folders below it.
    Read,
    /// Read, make, write, rename and remove files below it.
    Write,
    /// As `Write`; the folder is made, for its owner only, before the lock-down.
    Make,
}

/// The places that a command needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folders {
    places: Vec<(PathBuf, Access)>,
    camera: bool,
}

impl Folders {
    /// No place at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// With one more place. A place that does not exist is passed over: what is not there can neither be read.
    pub fn with(mut self, path: impl Into<PathBuf>, access: Access) -> Self {
        self.places.push((path.into(), access));
        self
    }

    /// With the same access to more places.
    pub fn with_all<P: Into<PathBuf>>(self, paths: impl IntoIterator<Item = P>, access: Access) -> Self {
        paths.into_iter().fold(self, |folders, path| folders.with(path, access))
    }

    /// With the requests of a camera that is open already.
    pub fn with_camera(mut self) -> Self {
        self.camera = true;
        self
    }

    /// The places.
    pub fn places(&self) -> &[(PathBuf, Access)] {
        &self.places
    }
}

/// How far one of the two confinements holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// All of it.
    Full,
    /// Less than all: the kernel is older; or none: it has none.
    Degraded(String),
}

/// How far this process is confined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confinement {
    /// System calls, by seccomp.
    pub calls: Hold,
    /// Files, by Landlock.
    pub files: Hold,
}

impl Confinement {
    /// Confined in both ways.
    pub fn full() -> Self {
        Self { calls: Hold::Full, files: Hold::Full }
    }

    /// What the review says about it: nothing where all holds.
    pub fn lines(&self) -> Vec<String> {
        self.findings().into_iter().filter(|f| f.grade != Grade::Good).map(|f| f.what).collect()
    }

    /// For `doctor`: both confinements, good or not.
    pub fn findings(&self) -> Vec<Finding> {
        const NEXT: &str = "Use a kernel with seccomp and Landlock (Linux 5.13 or newer) for the signer.";
        let finding = |name, hold: &Hold, good: &str| match hold {
            Hold::Full => Finding { name, grade: Grade::Good, what: good.to_owned(), next: "" },
            Hold::Degraded(why) => Finding { name, grade: Grade::Warns, what: why.clone(), next: NEXT },
        };
        vec![
            finding(
                "sandbox-calls",
                &self.calls,
                "seccomp: a system call that is not needed kills the process",
            ),
            finding("sandbox-files", &self.files, "Landlock: only the folders of the command can be opened"),
        ]
    }
}

/// Confines this process to the allowed system calls and to the given places.
///
/// # Errors
/// [`NOT_CONFINED`], or where a folder cannot be made.
pub fn lock_down(folders: &Folders) -> Result<Confinement> {
    for (path, access) in folders.places() {
        if *access == Access::Make {
            files::create_folder(path)?;
        }
    }
    let files = landlock::confine(folders)?;
    Ok(Confinement { calls: filter_calls(folders.camera)?, files })
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn filter_calls(camera: bool) -> Result<Hold> {
    seccomp::install(camera)
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn filter_calls(_camera: bool) -> Result<Hold> {
    let arch = std::env::consts::ARCH;
    Ok(Hold::Degraded(format!("system calls are not filtered: the list is not known for {arch}")))
}
