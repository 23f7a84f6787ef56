//! Calls to one server: bounded in time and size, no redirects, TLS by rustls, retries with jitter, each call traced.
//!
//! Blocking. What comes back is bytes of a stranger; whoever asked for them checks them.

use std::time::{Duration, Instant};

use airlock::text::Printable;
use airlock::{Error, Result};
use ureq::Agent;
use ureq::http::{HeaderMap, StatusCode};
use ureq::tls::{RootCerts, TlsConfig};

mod credential;
mod error;
mod trace;
mod url;

pub use credential::Credential;
pub use error::{
    BAD_CERTIFICATE, BAD_CREDENTIAL, BAD_TLS, BAD_URL, CODES, HTTP_STATUS, OVER_LIMIT, REDIRECTED, TIMED_OUT,
    UNAUTHORIZED, UNREACHABLE,
};
pub use trace::{Call, Trace};
pub use url::Url;

/// How long a connection may take to stand.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an ordinary call may take.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Most bytes of an ordinary answer: 8 MiB.
pub const ANSWER_BYTES: u64 = 8 << 20;
/// How often a call is made before its failure is told.
const ATTEMPTS: u32 = 4;
/// The wait before the second attempt, in milliseconds; it doubles each time, and up to as much again is added.
const FIRST_WAIT: u64 = 150;

/// One server.
#[derive(Clone, Debug)]
pub struct Http {
    agent: Agent,
    url: Url,
    credential: Credential,
    trace: Trace,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// What is asked, for the trace and for messages: `getblockcount`, `/v2/assets/XCP`.
    pub what: &'a str,
    /// The path below the server's URL, with its query: empty, or beginning with `/`.
    pub path: &'a str,
    /// JSON to post; none gets.
    pub body: Option<&'a [u8]>,
    /// The type of `body`; JSON unless something else is said.
    pub content_type: &'static str,
    /// Most bytes of the answer.
    pub limit: u64,
    /// The longest that one attempt may take.
    pub patience: Duration,
    /// False for calls that are made once, because somebody is waiting to hear that the server is down.
    pub retries: bool,
}

impl<'a> Request<'a> {
    /// An ordinary GET.
    pub fn get(path: &'a str) -> Self {
        Self {
            what: path,
            path,
            body: None,
            content_type: "application/json",
            limit: ANSWER_BYTES,
            patience: PATIENCE,
            retries: true,
        }
    }

    /// An ordinary POST of JSON to the server's URL itself.
    pub fn post(what: &'a str, body: &'a [u8]) -> Self {
        Self { what, path: "", body: Some(body), ..Self::get("") }
    }
}

/// What a server answered, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The whole body, within the limit of the request.
    pub body: Vec<u8>,
    headers: HeaderMap,
}

impl Answer {
    /// A header, where it is there and plain text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Http {
    /// A client of one server. `certificates` is PEM of the treasury's own authority; without it the public
    /// authorities count (as compiled in).
    ///
    /// # Errors
    /// [`BAD_CERTIFICATE`] where the PEM holds no certificate.
    pub fn new(url: Url, credential: Credential, certificates: Option<&[u8]>, trace: Trace) -> Result<Self> {
        let roots = match certificates {
            None => RootCerts::WebPki,
            Some(pem) => RootCerts::new_with_certs(&certificates_of(pem)?),
        };
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_connect(Some(CONNECT))
            .user_agent(concat!("airlock-online/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build()
            .new_agent();
        Ok(Self { agent, url, credential, trace })
    }

    /// The server as messages name it: scheme, host, port and path, never a credential.
    pub fn name(&self) -> String {
        self.url.to_string()
    }

    /// Makes a call and gives the answer whatever its status, except a redirect and a refused credential.
    ///
    /// # Errors
    /// One of [`CODES`], once the attempts are used up.
    pub fn call(&self, request: &Request<'_>) -> Result<Answer> {
        let mut attempt = 1;
        loop {
            let begun = Instant::now();
            let outcome = self.attempt(request);
            self.trace.note(&Call::of(&self.name(), request, attempt, begun.elapsed(), &outcome));
            let again = request.retries && attempt < ATTEMPTS && is_passing(&outcome);
            if !again {
                return outcome;
            }
            std::thread::sleep(wait_before(attempt));
            attempt = attempt.saturating_add(1);
        }
    }

    fn attempt(&self, request: &Request<'_>) -> Result<Answer> {
        let url = format!("{}{}", self.url.as_str(), request.path);
        let authorization = self.credential.header()?;
        let answered = match request.body {
            None => {
                // Servers let caches between them and us keep answers; what was true a minute ago is no answer.
                let call = self.agent.get(&url).header("Cache-Control", "no-cache");
                let call = call.config().timeout_global(Some(request.patience)).build();
                let call = authorization
                    .iter()
                    .fold(call, |call, value| call.header("Authorization", value.as_str()));
                call.call()
            }
            Some(body) => {
                let call = self.agent.post(&url).config().timeout_global(Some(request.patience)).build();
                let call = authorization
                    .iter()
                    .fold(call, |call, value| call.header("Authorization", value.as_str()));
                call.header("Content-Type", request.content_type).send(body)
            }
        };
        let failed = |e: ureq::Error| error::of_transport(&self.name(), request, &e);
        let mut response = answered.map_err(failed)?;
        let status = response.status();
        if status.is_redirection() {
            let to = response.headers().get("location").and_then(|value| value.to_str().ok());
            let to = Printable::new(to.unwrap_or("nowhere"));
            return Err(REDIRECTED.error(format!(
                "{} answers {} and points to {to}",
                self.name(),
                status.as_u16()
            )));
        }
        if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
            return Err(UNAUTHORIZED.error(format!(
                "{} answers {} to {}",
                self.name(),
                status.as_u16(),
                self.credential.describe()
            )));
        }
        let headers = response.headers().clone();
        let body = response.body_mut().with_config().limit(request.limit).read_to_vec().map_err(failed)?;
        Ok(Answer { status: status.as_u16(), body, headers })
    }
}

/// True where the next attempt may well succeed.
fn is_passing(outcome: &Result<Answer>) -> bool {
    match outcome {
        Ok(answer) => matches!(answer.status, 429 | 502 | 503 | 504),
        Err(error) => [&UNREACHABLE, &TIMED_OUT].contains(&error.code()),
    }
}

fn wait_before(attempt: u32) -> Duration {
    let wait = FIRST_WAIT.saturating_mul(1_u64.checked_shl(attempt.saturating_sub(1)).unwrap_or(u64::MAX));
    Duration::from_millis(wait.saturating_add(fastrand::u64(0..=wait)))
}

fn certificates_of(pem: &[u8]) -> Result<Vec<ureq::tls::Certificate<'static>>> {
    let bad = |why: String| -> Error { BAD_CERTIFICATE.error(why) };
    let mut certificates = Vec::new();
    for item in ureq::tls::parse_pem(pem) {
        let item =
            item.map_err(|e| bad(format!("the PEM cannot be read: {}", Printable::new(&e.to_string()))))?;
        let ureq::tls::PemItem::Certificate(certificate) = item else {
            return Err(bad("the file holds a private key, or something else than certificates".to_owned()));
        };
        certificates.push(certificate);
    }
    match certificates.is_empty() {
        true => Err(bad("the file holds no certificate".to_owned())),
        false => Ok(certificates),
    }
}
