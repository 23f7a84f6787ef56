//! Paths with their parameters, percent-encoded.

use std::fmt::Write as _;

/// The longest path that is sent in a GET: servers commonly take 4,094 bytes for the whole first line.
pub(super) const LONGEST: usize = 3_900;

/// A path, and a query that grows.
#[derive(Clone, Debug)]
pub(super) struct Query {
    path: String,
    parameters: String,
}

impl Query {
    /// A path of segments below `/v2`.
    pub(super) fn of(segments: &[&str]) -> Self {
        let path =
            segments.iter().fold("/v2".to_owned(), |path, segment| format!("{path}/{}", encoded(segment)));
        Self { path, parameters: String::new() }
    }

    /// Adds a parameter; the same name may stand several times.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        let joint = if self.parameters.is_empty() { "" } else { "&" };
        let _ = write!(self.parameters, "{joint}{name}={}", encoded(value));
        self
    }

    /// The path without parameters.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The parameters as a form.
    pub(super) fn form(&self) -> &str {
        &self.parameters
    }

    /// Path and parameters.
    pub(super) fn target(&self) -> String {
        match self.parameters.as_str() {
            "" => self.path.clone(),
            parameters => format!("{}?{parameters}", self.path),
        }
    }
}

/// Everything but letters, digits and `-._~` as `%XX` (RFC 3986, 2.3).
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte))
            }
            other => {
                let _ = write!(encoded, "%{other:02X}");
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_value_can_become_a_path_or_a_parameter() {
        let query = Query::of(&["assets", "../x?y#z/%00 ü"]).with("memo", "a&b=c+d,e").with("memo", "");
        assert_eq!(query.target(), "/v2/assets/..%2Fx%3Fy%23z%2F%2500%20%C3%BC?memo=a%26b%3Dc%2Bd%2Ce&memo=");
    }
}
