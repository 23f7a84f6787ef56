//! How both halves tell an error: for people in lines, for programs in JSON, and `explain` at length.
//!
//! `E-AREA-NNN what is wrong. What state the world is in. What to do next.` (design.md 6). Only the command knows
//! the state of the world ("Nothing was signed."), so it is passed in here.

use serde_json::{Value, json};

use crate::error::{Code, Error, Exit};

/// The error for people: what is wrong on the first line, the state of the world and what to do on the second.
///
/// `state` is a sentence with its full stop, or empty.
pub fn text(error: &Error, state: &str) -> String {
    let rest =
        [state, error.next()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    format!("{} {}.\n{rest}", error.code().id, error.what())
}

/// The error for programs: `{"error":{"code","message","state","next","exit"}}`.
pub fn json(error: &Error, state: &str) -> Value {
    json!({ "error": {
        "code": error.code().id,
        "message": error.what(),
        "state": state,
        "next": error.next(),
        "exit": error.code().exit.code(),
    }})
}

/// The long form of a code, for `explain`.
pub fn explain(code: &Code) -> String {
    let exit = code.exit.code();
    format!(
        "{}\n\n{}\n\nWhat to do: {}\n\nExit code {exit}: {}.",
        code.id,
        code.meaning,
        code.next,
        class(code.exit)
    )
}

/// The long form of a code for programs.
pub fn explain_json(code: &Code) -> Value {
    json!({ "code": code.id, "meaning": code.meaning, "next": code.next, "exit": code.exit.code() })
}

/// What a class of exit codes means, in words (design.md 10.13).
pub fn class(exit: Exit) -> &'static str {
    match exit {
        Exit::Refused => "refused by the review, a policy, an expiry or a rule of the chain",
        Exit::BadInput => "the input is damaged, malformed, of another version or over a limit",
        Exit::Fixable => "the same command can succeed after doing what the message says",
        Exit::Environment => "air gap, clock, media, node or disk",
        Exit::Internal => "a defect of this program",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static SAMPLE: Code = Code::new("E-TEST-001", Exit::Fixable, "A sample.", "Try again.");

    #[test]
    fn tells_what_is_wrong_then_the_state_then_what_to_do() {
        let error = SAMPLE.error("3 is more than 2").at("row 7");
        assert_eq!(
            text(&error, "Nothing was written."),
            "E-TEST-001 row 7: 3 is more than 2.\nNothing was written. Try again."
        );
        assert_eq!(text(&error, ""), "E-TEST-001 row 7: 3 is more than 2.\nTry again.");
        let told = json(&error.with_next("Use 2."), "Nothing was written.");
        assert_eq!(
            told.to_string(),
            "{\"error\":{\"code\":\"E-TEST-001\",\"exit\":3,\"message\":\"row 7: 3 is more than 2\",\
             \"next\":\"Use 2.\",\"state\":\"Nothing was written.\"}}"
        );
    }
}
