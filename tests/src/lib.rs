//! Harness of the end-to-end tests: reads vectors, builds and runs the two programs.

pub use airlock_camera as camera;

pub mod ceremony;
pub mod chain;
pub mod consensus;
pub mod dice;
pub mod forge;
pub mod gap;
pub mod load;
pub mod loss;
pub mod memscan;
pub mod online;
pub mod permits;
pub mod person;
pub mod probe;
pub mod programs;
pub mod replay;
pub mod server;
pub mod signer;
pub mod sources;
pub mod strace;
pub mod treasury;

use std::path::{Path, PathBuf};

/// The root folder of the workspace.
pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests crate lies in the workspace")
        .to_path_buf()
}

/// Reads a JSON file below `vectors/`.
pub fn vectors(name: &str) -> serde_json::Value {
    let path = workspace_root().join("vectors").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
