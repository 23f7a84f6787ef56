//! Recorded answers for the tests of the forms.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// A whole recording.
pub(super) fn read(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/recorded");
    serde_json::from_slice(&std::fs::read(folder.join(format!("{name}.json"))).unwrap()).unwrap()
}

/// The result in a recorded answer, read as the source reads it.
pub(super) fn result<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_str(&read(name)["response"]["result"].to_string()).unwrap()
}
