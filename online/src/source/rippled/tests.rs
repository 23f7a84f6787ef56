//! Fed by the answers in `vectors/xrpl-answers`, each of which also says what must have been asked.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};

use airlock::{Code, Exit};
use serde_json::json;

use super::*;
use crate::http::{HTTP_STATUS, OVER_LIMIT};
use crate::source::xrpl::{Delivered, HistoryEntry, Ledgers};

mod account;
mod envelope;
mod history;
mod status;
mod submit;
mod transaction;
mod wire;

/// The sender and the transaction of the `submit` and `tx` answers.
const SENDER: &str = "r3f3ymxyASQ9rQV9WqNyLVR9F8xnncrc7o";
const HASH: &str = "1BC859022494AC7EEB060A1337A19C8854AB1AE11CFD9E8998E3F9F06BC99AD6";
/// Whose history is read.
const RECEIVER: &str = "r9XULuQxmQwAQqU1k7eiHZLVF5LuWP4yqR";
const GENESIS: &str = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh";
/// The last validated ledger.
const LEDGER: u32 = 99_000_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/xrpl-answers")
}

fn file(name: &str) -> Value {
    let path = folder().join(format!("{name}.json"));
    serde_json::from_slice(&fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).unwrap()
}

/// A server that gives answers in turn, and insists on the questions that belong to them.
struct Script(RefCell<VecDeque<Value>>);

impl Script {
    fn of(names: &[&str]) -> Self {
        Self(RefCell::new(names.iter().map(|name| file(name)).collect()))
    }

    /// Changes the last answer at a JSON pointer below `result`; null takes the member away.
    fn with(self, place: &str, value: Value) -> Self {
        {
            let mut answers = self.0.borrow_mut();
            let result = answers.back_mut().unwrap().pointer_mut("/response/result").unwrap();
            let (parent, name) = place.rsplit_once('/').unwrap();
            let parent = result.pointer_mut(parent).unwrap_or_else(|| panic!("{place}"));
            if value.is_null() {
                drop(parent.as_object_mut().unwrap().remove(name).unwrap());
            } else if let Some(items) = parent.as_array_mut() {
                items[name.parse::<usize>().unwrap()] = value;
            } else {
                parent[name] = value;
            }
        }
        self
    }

    /// Changes what the last answer is an answer to.
    fn asked(self, name: &str, value: Value) -> Self {
        {
            let mut answers = self.0.borrow_mut();
            let params = answers.back_mut().unwrap().pointer_mut("/request/body/params/0").unwrap();
            params[name] = value;
        }
        self
    }

    /// Gives the answers of both, one after the other.
    fn then(self, other: Self) -> Self {
        self.0.borrow_mut().extend(other.0.into_inner());
        self
    }

    fn run<T>(self, job: impl FnOnce(&Asker<'_>) -> Result<T>) -> Result<T> {
        let outcome = job(&Asker(&|question| self.answer(question)));
        assert!(outcome.is_err() || self.0.borrow().is_empty(), "not all answers were asked for");
        outcome
    }

    fn answer(&self, question: &Question) -> Result<Said> {
        let answer =
            self.0.borrow_mut().pop_front().unwrap_or_else(|| panic!("{question:?} is not expected"));
        let asked: Value = serde_json::from_slice(&question.body()).unwrap();
        assert_eq!(asked, answer["request"]["body"]);
        let status = u16::try_from(answer["status"].as_u64().unwrap()).unwrap();
        let response = &answer["response"];
        let body = response.as_str().map_or_else(|| response.to_string(), str::to_owned);
        answer::read(question, status, body.as_bytes())
    }
}

fn code_of<T: core::fmt::Debug>(outcome: Result<T>) -> &'static str {
    outcome.unwrap_err().code().id
}

#[test]
fn every_answer_in_the_folder_is_read_by_a_test() {
    let tests = [
        include_str!("tests/account.rs"),
        include_str!("tests/envelope.rs"),
        include_str!("tests/history.rs"),
        include_str!("tests/status.rs"),
        include_str!("tests/submit.rs"),
        include_str!("tests/transaction.rs"),
    ];
    let mut names = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(name) = name.strip_suffix(".json") {
            let quoted = format!("\"{name}\"");
            assert!(tests.iter().any(|text| text.contains(&quoted)), "{name} is read by no test");
            names += 1;
        }
    }
    assert!(names >= 50, "{names}");
}

#[test]
fn every_code_is_listed_once_among_those_of_the_program() {
    let listed: Vec<&str> = crate::error::codes().map(|code| code.id).collect();
    let ours = CODES.iter().copied().chain(crate::source::engine::codes()).map(|code: &Code| code.id);
    for id in ours {
        assert_eq!(listed.iter().filter(|listed| **listed == id).count(), 1, "{id}");
    }
    assert!(CODES.iter().all(|code| code.exit == Exit::Environment || code.id == NOT_TAKEN.id));
}
