//! A small HTTP/1.1 server on this machine that answers as a test tells it to, well or badly, and keeps what it was asked.
//!
//! Requests with `Content-Length` and no body at all are read, which is what the online half sends. One thread for each
//! connection; all of them end when the server is dropped.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;

mod reply;

pub use reply::Reply;
use reply::{Manner, head_of};

/// How often a waiting thread looks whether the server is still wanted.
const TICK: Duration = Duration::from_millis(20);
/// The largest request head and body that are read.
const HEAD_BYTES: usize = 64 << 10;
const BODY_BYTES: usize = 16 << 20;

/// What the server does with a request.
type Script = dyn Fn(&Received) -> Reply + Send + Sync;
/// What stands between the socket and HTTP: TLS, or nothing.
type Wrap = dyn Fn(TcpStream) -> io::Result<Box<dyn Stream>> + Send + Sync;

/// Bytes both ways.
pub trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// A running server.
pub struct Server {
    address: SocketAddr,
    state: Arc<State>,
    listener: Option<JoinHandle<()>>,
}

/// A request as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Which request to this server, from 0.
    pub number: usize,
    /// `GET`, `POST`, …
    pub method: String,
    /// Path and query as they were sent.
    pub target: String,
    /// The headers in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Received {
    /// The path without its query.
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(self.target.as_str(), |(path, _)| path)
    }

    /// The parameters of the query, percent-decoded, in their order.
    pub fn query(&self) -> Vec<(String, String)> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (percent_decoded(name), percent_decoded(value))
            })
            .collect()
    }

    /// A header by its name, whatever the case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// Where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    /// The method of a JSON-RPC call, where the body is one.
    pub fn rpc_method(&self) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        body.get("method")?.as_str().map(str::to_owned)
    }
}

struct State {
    script: Box<Script>,
    wrap: Box<Wrap>,
    ended: AtomicBool,
    connections: AtomicUsize,
    sent: AtomicU64,
    received: Mutex<Vec<Received>>,
}

impl Server {
    /// Starts a server on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// Where this machine has no port to give.
    pub fn start(script: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_over(|stream| Ok(Box::new(stream)), script)
    }

    /// The same behind something that wraps each connection, such as TLS. A connection that cannot be wrapped is closed.
    ///
    /// # Panics
    /// Where this machine has no port to give.
    pub fn start_over(
        wrap: impl Fn(TcpStream) -> io::Result<Box<dyn Stream>> + Send + Sync + 'static,
        script: impl Fn(&Received) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let state = Arc::new(State {
            script: Box::new(script),
            wrap: Box::new(wrap),
            ended: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
            sent: AtomicU64::new(0),
            received: Mutex::new(Vec::new()),
        });
        let held = Arc::clone(&state);
        let listener = thread::spawn(move || listen(&listener, &held));
        Self { address, state, listener: Some(listener) }
    }

    /// Answers every request alike.
    pub fn always(reply: Reply) -> Self {
        Self::start(move |_| reply.clone())
    }

    /// A URL of this machine where nobody listens.
    ///
    /// # Panics
    /// Where this machine has no port to give.
    pub fn nobody() -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        format!("http://{}", listener.local_addr().expect("a bound socket has an address"))
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Everything that it was asked, in the order of arrival.
    pub fn received(&self) -> Vec<Received> {
        self.state.received().clone()
    }

    /// How many requests arrived whole.
    pub fn count(&self) -> usize {
        self.state.received().len()
    }

    /// How many connections were made, with or without a request.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// How many bytes it could send before the other side had enough. The system's buffers are among them.
    pub fn sent(&self) -> u64 {
        self.state.sent.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::SeqCst);
        // Wakes the listener; a port that refuses has none any more.
        drop(TcpStream::connect(self.address));
        if let Some(listener) = self.listener.take() {
            drop(listener.join());
        }
    }
}

impl State {
    fn received(&self) -> MutexGuard<'_, Vec<Received>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// Waits, and no longer than the server is wanted.
    fn pause(&self, wait: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < wait && !self.has_ended() {
            thread::sleep(TICK.min(wait.saturating_sub(begun.elapsed())));
        }
    }
}

fn listen(listener: &TcpListener, state: &Arc<State>) {
    let mut served = Vec::new();
    for stream in listener.incoming() {
        if state.has_ended() {
            break;
        }
        let Ok(stream) = stream else { continue };
        state.connections.fetch_add(1, Ordering::SeqCst);
        let state = Arc::clone(state);
        // A connection that breaks is the other side's affair.
        served.push(thread::spawn(move || drop(serve(stream, &state))));
    }
    for thread in served {
        drop(thread.join());
    }
}

fn serve(stream: TcpStream, state: &State) -> io::Result<()> {
    stream.set_read_timeout(Some(TICK))?;
    stream.set_write_timeout(Some(Duration::from_millis(200)))?;
    stream.set_nodelay(true)?;
    let mut line = Line { stream: (state.wrap)(stream)?, state, kept: Vec::new() };
    while let Some((method, target, headers, body)) = line.request()? {
        let received = {
            let mut all = state.received();
            let received = Received { number: all.len(), method, target, headers, body };
            all.push(received.clone());
            received
        };
        if !line.answer(&(state.script)(&received))? {
            break;
        }
    }
    Ok(())
}

type Head = (String, String, Vec<(String, String)>, Vec<u8>);

/// One connection.
struct Line<'a> {
    stream: Box<dyn Stream>,
    state: &'a State,
    kept: Vec<u8>,
}

impl Line<'_> {
    /// The next request; none where the other side is done.
    fn request(&mut self) -> io::Result<Option<Head>> {
        let end = loop {
            if let Some(at) = self.kept.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            if self.kept.first().is_some_and(|first| !first.is_ascii_uppercase()) {
                self.write(b"HTTP/1.1 400 not HTTP\r\nContent-Length: 0\r\n\r\n")?;
                return Ok(None);
            }
            if self.kept.len() > HEAD_BYTES || !self.read()? {
                return Ok(None);
            }
        };
        let head = String::from_utf8_lossy(&self.kept[..end]).into_owned();
        self.kept.drain(..end + 4);
        let mut lines = head.split("\r\n");
        let mut first = lines.next().unwrap_or_default().split(' ');
        let (method, target) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length: usize = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
        while self.kept.len() < length {
            if length > BODY_BYTES || !self.read()? {
                return Ok(None);
            }
        }
        let body = self.kept.drain(..length).collect();
        Ok(Some((method.to_owned(), target.to_owned(), headers, body)))
    }

    /// Reads what there is; false at the end of the stream or of the server.
    fn read(&mut self) -> io::Result<bool> {
        let mut piece = [0; 16 << 10];
        loop {
            match self.stream.read(&mut piece) {
                Ok(0) => return Ok(false),
                Ok(count) => {
                    self.kept.extend_from_slice(&piece[..count]);
                    return Ok(true);
                }
                Err(e) if is_passing(&e) && !self.state.has_ended() => {}
                Err(e) if is_passing(&e) => return Ok(false),
                Err(e) => return Err(e),
            }
        }
    }

    fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.stream.write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.state.sent.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::SeqCst);
                    bytes = &bytes[count..];
                }
                Err(e) if is_passing(&e) && !self.state.has_ended() => {}
                Err(e) => return Err(e),
            }
        }
        self.stream.flush()
    }

    /// Sends a reply; true where another request may follow on this connection.
    fn answer(&mut self, reply: &Reply) -> io::Result<bool> {
        self.state.pause(reply.delay);
        match &reply.manner {
            Manner::Honest => {
                let mut whole = head_of(reply, &format!("Content-Length: {}", reply.body.len()));
                whole.extend_from_slice(&reply.body);
                self.write(&whole)?;
                Ok(!reply.closes)
            }
            Manner::Claiming(length) => {
                let mut whole = head_of(reply, &format!("Content-Length: {length}"));
                whole.extend_from_slice(&reply.body);
                self.write(&whole)?;
                Ok(false)
            }
            Manner::Truncated(kept) => {
                let mut whole = head_of(reply, &format!("Content-Length: {}", reply.body.len()));
                whole.extend_from_slice(&reply.body[..*kept.min(&reply.body.len())]);
                self.write(&whole)?;
                Ok(false)
            }
            Manner::Chunked { piece, ended } => {
                self.write(&head_of(reply, "Transfer-Encoding: chunked"))?;
                for piece in reply.body.chunks(*piece) {
                    self.write(&chunk(piece))?;
                }
                if *ended {
                    self.write(b"0\r\n\r\n")?;
                }
                Ok(*ended && !reply.closes)
            }
            Manner::Slow { piece, pause } => {
                self.write(&head_of(reply, &format!("Content-Length: {}", reply.body.len())))?;
                for piece in reply.body.chunks(*piece) {
                    self.state.pause(*pause);
                    self.write(piece)?;
                }
                Ok(!reply.closes)
            }
            Manner::Endless => {
                self.write(&head_of(reply, "Transfer-Encoding: chunked"))?;
                loop {
                    self.write(&chunk(&reply.body))?;
                }
            }
            Manner::EndlessHead => {
                self.write(format!("HTTP/1.1 {} \r\nX-More: ", reply.status).as_bytes())?;
                loop {
                    self.write(b"and more of it ")?;
                }
            }
            Manner::Raw => {
                self.write(&reply.body)?;
                Ok(false)
            }
            Manner::HangUp => Ok(false),
            Manner::Silent => {
                self.state.pause(Duration::MAX);
                Ok(false)
            }
        }
    }
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    let mut whole = format!("{:x}\r\n", bytes.len()).into_bytes();
    whole.extend_from_slice(bytes);
    whole.extend_from_slice(b"\r\n");
    whole
}

fn is_passing(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

/// `%41` is `A`, and `+` a space; anything else stands for itself.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = hex.filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        rest = if byte.is_some() { &tail[2..] } else { tail };
        bytes.push(byte.unwrap_or(if *first == b'+' { b' ' } else { *first }));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
