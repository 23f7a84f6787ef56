//! rippled or Clio by JSON-RPC (xrpl.md 12).

use crate::http::Http;

/// A rippled or Clio server.
#[derive(Clone, Debug)]
pub struct Rippled {
    http: Http,
}

impl Rippled {
    /// A server behind a client.
    pub fn new(http: Http) -> Self {
        Self { http }
    }

    /// The server as messages name it.
    pub fn name(&self) -> String {
        self.http.name()
    }
}
