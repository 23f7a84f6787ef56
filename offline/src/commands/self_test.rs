//! `self-test`: the known answers of every primitive, which are also asked before each signing.

use std::time::Instant;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::error::Failure;
use crate::self_test;

/// Runs the command.
///
/// # Errors
/// [`self_test::WRONG_ANSWER`].
pub fn run() -> Result<Answer, Failure> {
    let begun = Instant::now();
    let report = self_test::run()?;
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut lines: Vec<String> = report
        .primitives
        .iter()
        .map(|primitive| format!("{:<32} {:>3} answers, all right", primitive.name, primitive.answers))
        .collect();
    let (answers, primitives) = (report.answers(), report.primitives.len());
    lines.push(format!("{answers} known answers of {primitives} groups, all right, in {milliseconds} ms"));
    let groups: Vec<Value> = report
        .primitives
        .iter()
        .map(|primitive| json!({ "name": primitive.name, "answers": primitive.answers }))
        .collect();
    Ok(Answer { lines, json: json!({ "answers": answers, "groups": groups, "milliseconds": milliseconds }) })
}
