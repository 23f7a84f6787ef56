use airlock::text::Printable;
use airlock::{Result, report};
use clap::Args;

use crate::answer::Answer;
use crate::error::{UNKNOWN_CODE, codes};

/// Explain an error code at length
///
///     airlock-online explain E-AMT-002
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Explain {
    /// The code as the message printed it
    code: String,
}

impl Explain {
    pub(crate) fn run(&self) -> Result<Answer> {
        let code = codes().find(|code| code.id.eq_ignore_ascii_case(&self.code)).ok_or_else(|| {
            UNKNOWN_CODE.error(format!("there is no code '{}'", Printable::new(&self.code)))
        })?;
        let lines = report::explain(code).lines().map(str::to_owned).collect();
        Ok(Answer { headline: None, lines, json: report::explain_json(code) })
    }
}
