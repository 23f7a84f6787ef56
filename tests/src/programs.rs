//! Builds the two programs once and runs them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::workspace_root;

/// The two programs, built in the profile of the running test or demo.
#[derive(Debug)]
pub struct Programs {
    /// `airlock-offline`.
    pub offline: PathBuf,
    /// `airlock-online`.
    pub online: PathBuf,
}

/// Builds the programs at the first call of this process.
///
/// # Panics
/// When the build fails.
pub fn programs() -> &'static Programs {
    static BUILT: OnceLock<Programs> = OnceLock::new();
    BUILT.get_or_init(|| {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--locked", "-p", "airlock-offline", "-p", "airlock-online"]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        let status = build.current_dir(workspace_root()).stdin(Stdio::null()).status().expect("cargo runs");
        assert!(status.success(), "the programs do not build");
        let folder = target_folder();
        Programs { offline: folder.join("airlock-offline"), online: folder.join("airlock-online") }
    })
}

/// One program in a profile of Cargo's, built at the first call of this process.
///
/// # Panics
/// When the build fails.
pub fn built(package: &str, profile: &str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let path = built.entry(format!("{package} {profile}")).or_insert_with(|| {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--locked", "--profile", profile, "-p", package]);
        let status = build.current_dir(workspace_root()).stdin(Stdio::null()).status().expect("cargo runs");
        assert!(status.success(), "{package} does not build");
        let name = if profile == "dev" { "debug" } else { profile };
        target_folder().with_file_name(name).join(package)
    });
    path.clone()
}

/// The folder of the running executable's profile: tests lie one level deeper, in `deps`.
fn target_folder() -> PathBuf {
    let executable = std::env::current_exe().expect("the running executable has a path");
    let folder = executable.parent().expect("an executable lies in a folder");
    let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    folder.to_path_buf()
}

/// Runs a program in a folder, without terminal and without the caller's homes.
///
/// # Panics
/// When the program cannot be started.
pub fn run(program: &Path, folder: &Path, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env_remove("AIRLOCK_OFFLINE_HOME")
        .env_remove("AIRLOCK_ONLINE_HOME")
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|e| panic!("{}: {e}", program.display()))
}
