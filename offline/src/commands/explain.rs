//! `explain`: the long form of an error or warning code.

use airlock::report;
use airlock::review::warnings::Kind;
use airlock::text::Printable;
use clap::Args;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::error::{Failure, UNKNOWN_CODE, codes};

/// Explains an error or warning code.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  airlock-offline explain E-VAULT-002\n  airlock-offline explain --list")]
pub struct ExplainArgs {
    /// The code, as the message printed it
    #[arg(required_unless_present = "list")]
    code: Option<String>,
    /// List all codes instead
    #[arg(long)]
    list: bool,
}

/// Runs the command.
///
/// # Errors
/// [`UNKNOWN_CODE`].
pub fn run(args: &ExplainArgs) -> Result<Answer, Failure> {
    if args.list {
        let lines = codes().map(|code| format!("{:<13} {}", code.id, code.meaning)).collect();
        let json: Vec<Value> = codes().map(report::explain_json).collect();
        return Ok(Answer { lines, json: json!({ "codes": json }) });
    }
    let wanted = args.code.as_deref().unwrap_or_default().to_ascii_uppercase();
    if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.code() == wanted) {
        let (code, meaning) = (kind.code(), kind.meaning());
        let lines = vec![code.to_owned(), String::new(), meaning.to_owned()];
        return Ok(Answer { lines, json: json!({ "code": code, "meaning": meaning }) });
    }
    let code = codes().find(|code| code.id == wanted).ok_or_else(|| {
        UNKNOWN_CODE.error(format!("'{}' is no code of this program", Printable::new(&wanted)))
    })?;
    let lines = report::explain(code).lines().map(str::to_owned).collect();
    Ok(Answer { lines, json: report::explain_json(code) })
}
