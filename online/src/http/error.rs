//! What can go wrong between this machine and a server.

use airlock::text::Printable;
use airlock::{Code, Error, Exit};

use super::Request;

/// A URL that is not taken.
pub static BAD_URL: Code = Code::new(
    "E-HTTP-001",
    Exit::BadInput,
    "A server is named by an http or https URL without user name, password, query or fragment.",
    "Correct the url in airlock.toml; credentials go into `cookie_file`, `password_file` or `password_env`.",
);
/// No connection.
pub static UNREACHABLE: Code = Code::new(
    "E-HTTP-002",
    Exit::Environment,
    "The server did not take the connection, or broke it: it is down, listens elsewhere, or a firewall stands between.",
    "Check that the node runs and that host and port in airlock.toml are right; `airlock-online doctor` tries all of them.",
);
/// No answer in time.
pub static TIMED_OUT: Code = Code::new(
    "E-HTTP-003",
    Exit::Environment,
    "The server took the call and did not answer in time.",
    "Try again when the node is less busy; what was already submitted is remembered and can be followed with \
     `airlock-online status`.",
);
/// A certificate that is not trusted.
pub static BAD_TLS: Code = Code::new(
    "E-HTTP-004",
    Exit::Environment,
    "The server's certificate is not trusted, is for another name, or has expired. Somebody may be standing between.",
    "Check the address. For an authority of your own name its certificate in airlock.toml as `ca_file`.",
);
/// A redirect.
pub static REDIRECTED: Code = Code::new(
    "E-HTTP-005",
    Exit::Environment,
    "Redirects are not followed: credentials and transactions go to the server that you configured and to no other.",
    "If the new address is right, write it into airlock.toml.",
);
/// A credential that the server does not take.
pub static UNAUTHORIZED: Code = Code::new(
    "E-HTTP-006",
    Exit::Environment,
    "The server does not take the credential, or none was given.",
    "For Bitcoin Core name its cookie file in airlock.toml (`cookie_file`), or `user` with `password_file` or \
     `password_env`; check that this user may read the file.",
);
/// An answer that is too large.
pub static OVER_LIMIT: Code = Code::new(
    "E-HTTP-007",
    Exit::Environment,
    "The answer is larger than any that this call can have; reading on could take all memory.",
    "Check that the URL is that of the node. If it is, ask another server.",
);
/// Another status than the protocol knows.
pub static HTTP_STATUS: Code = Code::new(
    "E-HTTP-008",
    Exit::Environment,
    "The server answered with an HTTP status that its protocol does not use for this call.",
    "Check that the url in airlock.toml is that of the node and not of something before it; then try again.",
);
/// A credential that cannot be read.
pub static BAD_CREDENTIAL: Code = Code::new(
    "E-HTTP-009",
    Exit::Environment,
    "The cookie or password file cannot be read, or the environment variable is not set. Bitcoin Core writes its cookie \
     anew at each start, and removes it when it stops.",
    "Check the path, its permissions, and that the node runs.",
);
/// A file that holds no certificate.
pub static BAD_CERTIFICATE: Code = Code::new(
    "E-HTTP-010",
    Exit::BadInput,
    "`ca_file` names a PEM file with the certificates of your own authority, and nothing else.",
    "Ask whoever runs the server for the certificate of its authority in PEM.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[
    &BAD_URL,
    &UNREACHABLE,
    &TIMED_OUT,
    &BAD_TLS,
    &REDIRECTED,
    &UNAUTHORIZED,
    &OVER_LIMIT,
    &HTTP_STATUS,
    &BAD_CREDENTIAL,
    &BAD_CERTIFICATE,
];

/// The error of a call that brought no answer.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library's errors may grow; what is not known is no connection"
)]
pub(super) fn of_transport(server: &str, request: &Request<'_>, error: &ureq::Error) -> Error {
    let what = Printable::new(request.what);
    let why = Printable::new(&error.to_string()).to_string();
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            UNREACHABLE.error(format!("{server} does not take the connection within 5 s"))
        }
        ureq::Error::Timeout(_) | ureq::Error::BodyStalled => {
            let seconds = request.patience.as_secs();
            TIMED_OUT.error(format!("{server} did not answer {what} within {seconds} s"))
        }
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::Pem(_) | ureq::Error::TlsRequired => {
            BAD_TLS.error(format!("{server}: {why}"))
        }
        ureq::Error::Io(io)
            if io.get_ref().is_some_and(|inner| inner.to_string().contains("certificate")) =>
        {
            BAD_TLS.error(format!("{server}: {why}"))
        }
        ureq::Error::BodyExceedsLimit(limit) => {
            OVER_LIMIT.error(format!("{server} answers {what} with more than {limit} bytes"))
        }
        ureq::Error::LargeResponseHeader(..) => OVER_LIMIT.error(format!("{server}: {why}")),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => BAD_URL.error(format!("{server}: {why}")),
        _ => UNREACHABLE.error(format!("{server}: {why}")),
    }
}
