//! The HTTP client against servers that misbehave: each misbehaviour ends in its code, in bounded time and memory, and no
//! credential shows or goes where it was not meant to go.

use std::collections::BTreeSet;
use std::io;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use airlock::Error;
use airlock_online::http::{
    Answer, BAD_CERTIFICATE, BAD_CREDENTIAL, BAD_TLS, Credential, Http, OVER_LIMIT, REDIRECTED, Request,
    TIMED_OUT, Trace, UNAUTHORIZED, UNREACHABLE,
};
use airlock_tests::server::{Reply, Server, Stream};
use airlock_tests::workspace_root;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

const PASSWORD: &str = "correct horse battery";
/// Of `rpc:correct horse battery`.
const AUTHORIZATION: &str = "Basic cnBjOmNvcnJlY3QgaG9yc2UgYmF0dGVyeQ==";
/// What one attempt may take in these tests.
const PATIENCE: Duration = Duration::from_millis(1_000);
/// Four attempts, the longest waits between them, and as much again for a busy machine.
const WHOLE_CALL: Duration = Duration::from_secs(12);

fn client(url: &str, credential: Credential, trace: Trace) -> Http {
    Http::new(url.parse().unwrap(), credential, None, trace).unwrap()
}

fn question() -> Request<'static> {
    Request { patience: PATIENCE, limit: 1 << 20, ..Request::get("/question") }
}

fn ask(server: &Server) -> Result<Answer, Error> {
    client(&server.url(), Credential::None, Trace::Off).call(&question())
}

struct PasswordFile(tempfile::TempDir);

impl PasswordFile {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("password"), format!("{PASSWORD}\n")).unwrap();
        Self(folder)
    }

    fn credential(&self) -> Credential {
        Credential::PasswordFile { user: "rpc".to_owned(), file: self.0.path().join("password") }
    }
}

#[test]
fn answers_arrive_whole_however_they_are_cut() {
    let body: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    let honest = Reply::bytes(body.clone()).header("X-Counterparty-Height", "285");
    for reply in [
        honest.clone(),
        honest.clone().status(404),
        honest.clone().chunked(1_000),
        honest.clone().slowly(100_000, Duration::from_millis(20)),
        honest.clone().after(Duration::from_millis(100)),
        honest.closing(),
    ] {
        let status = if reply == reply.clone().status(404) { 404 } else { 200 };
        let answer = ask(&Server::always(reply)).unwrap();
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("x-counterparty-height"), Some("285"));
        assert!(answer.body == body);
    }
}

#[test]
fn each_misbehaviour_ends_in_its_code_in_time() {
    let text = Reply::bytes(vec![b'x'; 10_000]);
    let many_headers = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-More: of it\r\n".repeat(1_000));
    let cases = [
        ("cut short", text.clone().truncated(5_000), &UNREACHABLE, 4),
        ("no body", text.clone().truncated(0), &UNREACHABLE, 4),
        ("claims more than it sends", text.clone().claiming(20_000), &UNREACHABLE, 4),
        ("claims more than anybody has", text.clone().claiming(u64::MAX), &UNREACHABLE, 4),
        ("chunks without an end", text.clone().chunked_without_end(100), &UNREACHABLE, 4),
        ("hangs up", Reply::hang_up(), &UNREACHABLE, 4),
        ("no HTTP", Reply::garbage("\0\u{1}\u{2} is this HTTP?\r\n\r\n"), &UNREACHABLE, 4),
        (
            "a bad chunk",
            Reply::garbage("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
            &UNREACHABLE,
            4,
        ),
        (
            "two lengths",
            Reply::garbage("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 9\r\n\r\nabcdefghi"),
            &UNREACHABLE,
            4,
        ),
        ("silent", Reply::silence(), &TIMED_OUT, 4),
        ("late", text.clone().after(Duration::from_secs(60)), &TIMED_OUT, 4),
        ("drips", text.clone().slowly(1, Duration::from_millis(50)), &TIMED_OUT, 4),
        ("endless", Reply::endless(vec![b'x'; 64 << 10]), &OVER_LIMIT, 1),
        ("too long", Reply::bytes(vec![0; (1 << 20) + 1]), &OVER_LIMIT, 1),
        ("many headers", Reply::garbage(many_headers), &UNREACHABLE, 4),
        ("an endless header", Reply::endless_head(), &OVER_LIMIT, 1),
        ("elsewhere", Reply::redirect("http://127.0.0.1:1/"), &REDIRECTED, 1),
        ("elsewhere, nowhere", Reply::empty(308), &REDIRECTED, 1),
        ("refuses", Reply::unauthorized(), &UNAUTHORIZED, 1),
        ("forbids", Reply::empty(403), &UNAUTHORIZED, 1),
    ];
    thread::scope(|scope| {
        for (name, reply, code, attempts) in cases {
            scope.spawn(move || {
                let server = Server::always(reply);
                let begun = Instant::now();
                let error = ask(&server).err().unwrap_or_else(|| panic!("{name}: an answer"));
                assert_eq!(error.code(), code, "{name}: {error}");
                assert_eq!(server.count(), attempts, "{name}");
                assert!(begun.elapsed() < WHOLE_CALL, "{name}: {:?}", begun.elapsed());
                assert!(error.to_string().contains(&server.url()), "{name}: {error}");
            });
        }
    });
}

#[test]
fn an_endless_answer_is_not_read_beyond_its_limit() {
    let server = Server::always(Reply::endless(vec![b'x'; 64 << 10]));
    let request = Request { limit: 256 << 10, ..question() };
    let error = client(&server.url(), Credential::None, Trace::Off).call(&request).unwrap_err();
    assert_eq!(error.code(), &OVER_LIMIT);
    assert!(error.to_string().contains("more than 262144 bytes"), "{error}");
    // Beyond the limit lies only what the system's buffers of both sockets hold.
    assert!((256 << 10..32 << 20).contains(&server.sent()), "{}", server.sent());
}

#[test]
fn an_answer_longer_than_it_claims_does_not_become_the_next_answer() {
    let server = Server::start(|received| match received.number {
        0 => Reply::bytes(r#"{"result":1}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"#).claiming(12),
        _ => Reply::bytes("the second"),
    });
    let http = client(&server.url(), Credential::None, Trace::Off);
    assert_eq!(http.call(&question()).unwrap().body, br#"{"result":1}"#);
    assert_eq!(http.call(&question()).unwrap().body, b"the second");
}

#[test]
fn a_redirect_is_not_followed_and_the_other_server_sees_nothing() {
    for status in [301, 302, 303, 307, 308] {
        let other = Server::always(Reply::bytes("welcome"));
        let to = format!("{}/elsewhere", other.url());
        let server = Server::always(Reply::redirect(&to).status(status));
        let password = PasswordFile::new();
        let http = client(&server.url(), password.credential(), Trace::Off);
        let body = br#"{"method":"sendrawtransaction"}"#;
        let error = http.call(&Request::post("sendrawtransaction", body)).unwrap_err();
        assert_eq!(error.code(), &REDIRECTED);
        assert!(error.to_string().contains(&to), "{error}");
        assert_eq!((server.count(), other.connections()), (1, 0), "{status}");
    }
}

#[test]
fn what_passes_is_tried_again_and_what_does_not_is_not() {
    for status in [429, 502, 503, 504] {
        let server = Server::start(move |received| match received.number {
            0 | 1 => Reply::empty(status),
            _ => Reply::bytes("at last"),
        });
        assert_eq!(ask(&server).unwrap().body, b"at last");
        assert_eq!(server.count(), 3, "{status}");
    }
    for status in [400, 404, 405, 418, 500] {
        let server = Server::always(Reply::bytes("no").status(status));
        assert_eq!(ask(&server).unwrap().status, status);
        assert_eq!(server.count(), 1, "{status}");
    }
    let stubborn = Server::always(Reply::empty(503));
    assert_eq!(ask(&stubborn).unwrap().status, 503);
    assert_eq!(stubborn.count(), 4);
}

#[test]
fn a_refused_connection_is_tried_again_and_told() {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let url = Server::nobody();
    let begun = Instant::now();
    let error =
        client(&url, Credential::None, Trace::Kept(Arc::clone(&calls))).call(&question()).unwrap_err();
    assert_eq!(error.code(), &UNREACHABLE);
    let attempts: Vec<_> =
        calls.lock().unwrap().iter().map(|call| (call.attempt, call.outcome.clone())).collect();
    assert_eq!(attempts, (1..=4).map(|n| (n, "E-HTTP-002".to_owned())).collect::<Vec<_>>());
    // 150 + 300 + 600 ms at least.
    assert!((Duration::from_millis(1_050)..WHOLE_CALL).contains(&begun.elapsed()), "{:?}", begun.elapsed());

    let once = Request { retries: false, ..question() };
    calls.lock().unwrap().clear();
    let begun = Instant::now();
    client(&url, Credential::None, Trace::Kept(Arc::clone(&calls))).call(&once).unwrap_err();
    assert_eq!(calls.lock().unwrap().len(), 1);
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[test]
fn clients_that_failed_together_do_not_come_back_together() {
    let arrivals = Arc::new(Mutex::new(Vec::new()));
    let held = Arc::clone(&arrivals);
    let server = Server::start(move |received| {
        let client = received.target.clone();
        let first = {
            let mut all = held.lock().unwrap();
            all.push((client.clone(), Instant::now()));
            all.iter().filter(|(name, _)| *name == client).count() == 1
        };
        if first { Reply::empty(503) } else { Reply::bytes("yes") }
    });
    thread::scope(|scope| {
        for number in 0..8 {
            let url = server.url();
            scope.spawn(move || {
                let path = format!("/{number}");
                let request = Request { patience: Duration::from_secs(10), ..Request::get(&path) };
                assert_eq!(client(&url, Credential::None, Trace::Off).call(&request).unwrap().status, 200);
            });
        }
    });
    let arrivals = arrivals.lock().unwrap();
    let waits: BTreeSet<u128> = (0..8)
        .map(|number| {
            let of = |(name, at): &(String, Instant)| (*name == format!("/{number}")).then_some(*at);
            let times: Vec<Instant> = arrivals.iter().filter_map(of).collect();
            assert_eq!(times.len(), 2);
            times[1].duration_since(times[0]).as_millis()
        })
        .collect();
    let (least, most) = (*waits.first().unwrap(), *waits.last().unwrap());
    assert!(least >= 140, "{waits:?}");
    // Eight even draws from 150 ms lie within 15 ms of each other once in a million runs.
    assert!(most - least > 15, "{waits:?}");
}

#[test]
fn the_credential_is_sent_and_never_shown() {
    let password = PasswordFile::new();
    let cookie = password.0.path().join("cookie");
    std::fs::write(&cookie, format!("rpc:{PASSWORD}")).unwrap();
    let calls = Arc::new(Mutex::new(Vec::new()));
    let mut shown = String::new();
    for credential in [password.credential(), Credential::Cookie(cookie)] {
        for reply in [
            Reply::bytes("yes"),
            Reply::unauthorized(),
            Reply::redirect("http://127.0.0.1:1/"),
            Reply::garbage("nonsense"),
            Reply::silence(),
            Reply::endless(vec![0; 1 << 20]),
        ] {
            let server = Server::always(reply);
            let http = client(&server.url(), credential.clone(), Trace::Kept(Arc::clone(&calls)));
            let request = Request { retries: false, ..question() };
            shown.push_str(&match http.call(&request) {
                Ok(answer) => format!("{answer:?}"),
                Err(error) => format!("{error} {error:?}"),
            });
            shown.push_str(&format!("{http:?} {}", http.name()));
            assert_eq!(server.received()[0].header("authorization"), Some(AUTHORIZATION));
        }
    }
    for call in calls.lock().unwrap().iter() {
        shown.push_str(&format!("{call} {call:?}"));
    }
    assert!(shown.contains("E-HTTP-006") && shown.contains("user rpc with the password in"), "{shown}");
    for secret in [PASSWORD, "battery", AUTHORIZATION, "cnBjOmNv"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn a_cookie_that_is_not_there_is_told_and_nobody_is_called() {
    let server = Server::always(Reply::bytes("yes"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".cookie");
    let http = client(&server.url(), Credential::Cookie(path.clone()), Trace::Off);
    assert_eq!(http.call(&question()).unwrap_err().code(), &BAD_CREDENTIAL);
    for bad in ["", "\n", "rpc:one\nX-Injected: two"] {
        std::fs::write(&path, bad).unwrap();
        assert_eq!(http.call(&question()).unwrap_err().code(), &BAD_CREDENTIAL, "{bad:?}");
    }
    assert_eq!(server.connections(), 0);
    // It is written anew at each start of the node, and read anew for each call.
    for cookie in ["rpc:first", "rpc:second"] {
        std::fs::write(&path, cookie).unwrap();
        http.call(&question()).unwrap();
    }
    let sent =
        server.received().iter().map(|r| r.header("authorization").map(str::to_owned)).collect::<Vec<_>>();
    assert_eq!(sent, [Some("Basic cnBjOmZpcnN0".to_owned()), Some("Basic cnBjOnNlY29uZA==".to_owned())]);
}

#[test]
fn no_cache_between_may_answer_for_the_server() {
    let server = Server::always(Reply::json(&json!({"result": 1})));
    let http = client(&server.url(), Credential::None, Trace::Off);
    http.call(&question()).unwrap();
    assert_eq!(server.received()[0].header("cache-control"), Some("no-cache"));
}

#[test]
fn a_post_arrives_with_its_type_and_body() {
    let server = Server::always(Reply::json(&json!({"result": 1})));
    let http = client(&format!("{}/wallet/", server.url()), Credential::None, Trace::Off);
    http.call(&Request::post("getblockcount", br#"{"method":"getblockcount"}"#)).unwrap();
    http.call(&Request { path: "/watch", content_type: "text/plain", ..Request::post("x", b"abc") }).unwrap();
    let [rpc, text] = <[_; 2]>::try_from(server.received()).unwrap();
    assert_eq!((rpc.method.as_str(), rpc.target.as_str()), ("POST", "/wallet"));
    assert_eq!(rpc.header("content-type"), Some("application/json"));
    assert_eq!(rpc.rpc_method().as_deref(), Some("getblockcount"));
    assert_eq!((text.target.as_str(), text.header("content-type")), ("/wallet/watch", Some("text/plain")));
    assert_eq!((text.body.as_slice(), text.header("authorization")), (&b"abc"[..], None));
}

fn pem(name: &str) -> Vec<u8> {
    std::fs::read(workspace_root().join("vectors/tls").join(format!("{name}.pem"))).unwrap()
}

/// A server that shows a certificate of `vectors/tls`; its URL names the port as `host`.
fn tls(certificate: &str) -> Server {
    let chain = vec![CertificateDer::from_pem_slice(&pem(certificate)).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(&pem("server-key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    let wrap = move |stream: TcpStream| -> io::Result<Box<dyn Stream>> {
        let connection = ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
        Ok(Box::new(StreamOwned::new(connection, stream)))
    };
    Server::start_over(wrap, |_| Reply::bytes("over TLS"))
}

/// Asks it, trusting the authority of `ca_file`.
fn ask_tls(server: &Server, ca_file: Option<&str>) -> Result<Answer, Error> {
    let url = format!("https://127.0.0.1:{}", server.port());
    let password = PasswordFile::new();
    let authority = ca_file.map(pem);
    let http =
        Http::new(url.parse().unwrap(), password.credential(), authority.as_deref(), Trace::Off).unwrap();
    http.call(&question())
}

#[test]
fn a_certificate_of_nobody_we_trust_is_refused_before_anything_is_said() {
    for (certificate, ca_file) in [
        ("here", None),
        ("self-signed", None),
        ("here", Some("self-signed")),
        ("self-signed", Some("authority")),
        ("elsewhere", Some("authority")),
        ("expired", Some("authority")),
        // What `openssl req -x509` makes unless told otherwise is an authority, and no server's certificate.
        ("self-signed-authority", Some("self-signed-authority")),
    ] {
        let server = tls(certificate);
        let error = ask_tls(&server, ca_file).unwrap_err();
        assert_eq!(error.code(), &BAD_TLS, "{certificate} by {ca_file:?}: {error}");
        assert_eq!((server.connections(), server.count()), (1, 0), "{certificate} by {ca_file:?}");
    }
}

#[test]
fn a_certificate_of_the_authority_in_ca_file_is_taken() {
    for (certificate, ca_file) in [("here", "authority"), ("self-signed", "self-signed")] {
        let server = tls(certificate);
        assert_eq!(ask_tls(&server, Some(ca_file)).unwrap().body, b"over TLS", "{certificate}");
        assert_eq!(server.received()[0].header("authorization"), Some(AUTHORIZATION));
    }
}

#[test]
fn plain_http_where_tls_is_expected_is_no_answer() {
    let server = Server::always(Reply::bytes("plain"));
    let error = ask_tls(&server, None).unwrap_err();
    assert!([&BAD_TLS, &UNREACHABLE].contains(&error.code()), "{error}");
    assert_eq!(server.count(), 0);
}

#[test]
fn a_ca_file_that_holds_no_certificate_is_refused() {
    let new =
        |pem: &[u8]| Http::new("https://127.0.0.1".parse().unwrap(), Credential::None, Some(pem), Trace::Off);
    let mut both = pem("authority");
    both.extend(pem("server-key"));
    for bad in [b"".to_vec(), b"no PEM".to_vec(), pem("server-key"), both] {
        assert_eq!(new(&bad).unwrap_err().code(), &BAD_CERTIFICATE);
    }
    new(&pem("authority")).unwrap();
}
