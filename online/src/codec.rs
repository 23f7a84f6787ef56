//! The codec commands: JSON Lines in, JSON Lines out, one answer per line in the same order (codec.md).
//!
//! A bad line gives an error line and the stream goes on.

use std::io::{BufRead, BufWriter, Read as _, Write};

use airlock::error::{Code, Exit};
use airlock::json::{self, Numbers};
use airlock::text::Printable;
use airlock::{Error, Result};
use serde_json::{Value, json};

pub mod counterparty;
mod members;
pub mod xrpl;

/// No such chain or command.
pub static UNKNOWN_COMMAND: Code = Code::new(
    "E-CODEC-001",
    Exit::BadInput,
    "The codec commands are: counterparty pack, unpack, asset, address, carry, decode; xrpl encode, decode, \
     amount, address.",
    "Name the chain and one of its commands.",
);
/// A line whose members are not those of the command.
pub static BAD_LINE: Code = Code::new(
    "E-CODEC-002",
    Exit::BadInput,
    "The line is not an object with the members of the command: one is missing, unknown, or of another type.",
    "Correct the line; unknown members are refused.",
);
/// A line that is too long.
pub static LINE_TOO_LONG: Code = Code::new(
    "E-CODEC-003",
    Exit::BadInput,
    "A line is longer than the limit of 32 MiB.",
    "Send it in smaller parts.",
);
/// The streams failed.
pub static STREAM: Code = Code::new(
    "E-CODEC-004",
    Exit::Environment,
    "Reading the input or writing the output failed.",
    "Check the pipe and the disk.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&UNKNOWN_COMMAND, &BAD_LINE, &LINE_TOO_LONG, &STREAM];

/// The longest line, in bytes.
pub const MAX_LINE: u64 = 32 << 20;
const BUFFER: usize = 1 << 20;

/// What answers a line.
pub(crate) type Command = fn(&Value) -> Result<Value>;

/// Answers every line of `input` on `output`.
///
/// # Errors
/// [`UNKNOWN_COMMAND`], or [`STREAM`] when a stream fails. A bad line is no error here.
pub fn run(chain: &str, command: &str, mut input: impl BufRead, output: impl Write) -> Result<()> {
    let found = match chain {
        "counterparty" => counterparty::command(command),
        "xrpl" => xrpl::command(command),
        _ => None,
    };
    let answer = found.ok_or_else(|| {
        let shown = Printable::new(&format!("{chain} {command}")).to_string();
        UNKNOWN_COMMAND.error(format!("there is no codec command '{shown}'"))
    })?;
    let failed = |e: std::io::Error| STREAM.error(Printable::new(&e.to_string()).to_string());
    let mut output = BufWriter::with_capacity(BUFFER, output);
    let mut line = Vec::with_capacity(BUFFER);
    loop {
        line.clear();
        let limit = MAX_LINE.saturating_add(1);
        if input.by_ref().take(limit).read_until(b'\n', &mut line).map_err(failed)? == 0 {
            return output.flush().map_err(failed);
        }
        let reply = if u64::try_from(line.len()).unwrap_or(u64::MAX) > MAX_LINE {
            skip_line(&mut input, &line).map_err(failed)?;
            Err(LINE_TOO_LONG.error(format!("longer than {MAX_LINE} bytes")))
        } else {
            json::parse(&line, Numbers::Any).and_then(|value| answer(&value))
        };
        let reply = match reply {
            Ok(ok) => json!({ "ok": ok }),
            Err(error) => failure(&error),
        };
        serde_json::to_writer(&mut output, &reply).map_err(|e| failed(e.into()))?;
        output.write_all(b"\n").map_err(failed)?;
    }
}

fn failure(error: &Error) -> Value {
    json!({ "error": { "code": error.code().id, "message": error.what() } })
}

/// Drops the rest of a line of which too much has been read already.
fn skip_line(input: &mut impl BufRead, read: &[u8]) -> std::io::Result<()> {
    let mut ended = read.last() == Some(&b'\n');
    while !ended {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let (used, found) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(index) => (index.saturating_add(1), true),
            None => (buffer.len(), false),
        };
        input.consume(used);
        ended = found;
    }
    Ok(())
}
