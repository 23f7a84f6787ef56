use airlock::review::warnings::Kind;
use airlock::text::Printable;
use airlock::{Error, Result, report};
use clap::Args;
use serde_json::json;

use crate::answer::Answer;
use crate::error::{UNKNOWN_CODE, codes};

/// Areas of the codes that only the offline half prints.
const OFFLINE_AREAS: &[&str] = &[
    "BACKUP", "BOX", "DERIVE", "DICE", "ENTROPY", "FOUND", "GAP", "JRNL", "KEY", "OFARG", "OFFILE", "OFHOME",
    "OFMED", "OFPOL", "OFPSBT", "OFSYS", "PAPER", "PASS", "REG", "RING", "SELF", "SIGN", "TERM", "USE",
    "VAULT",
];

/// Explain an error or warning code at length
///
///     airlock-online explain E-AMT-002
///     airlock-online explain W-UNKNOWN-DESTINATION
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Explain {
    /// The code as the message printed it
    code: String,
}

impl Explain {
    pub(crate) fn run(&self) -> Result<Answer> {
        if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.code().eq_ignore_ascii_case(&self.code)) {
            let (code, meaning) = (kind.code(), kind.meaning());
            let lines = vec![code.to_owned(), String::new(), meaning.to_owned()];
            return Ok(Answer { headline: None, lines, json: json!({ "code": code, "meaning": meaning }) });
        }
        let Some(code) = codes().find(|code| code.id.eq_ignore_ascii_case(&self.code)) else {
            return Err(self.unknown());
        };
        let lines = report::explain(code).lines().map(str::to_owned).collect();
        Ok(Answer { headline: None, lines, json: report::explain_json(code) })
    }
    /// Codes of the offline half begin like its areas; this program does not contain their texts.
    fn unknown(&self) -> Error {
        let code = Printable::new(&self.code).to_string();
        let upper = self.code.to_ascii_uppercase();
        let area = upper.strip_prefix("E-").and_then(|rest| rest.split_once('-')).map(|(area, _)| area);
        if area.is_some_and(|area| OFFLINE_AREAS.contains(&area)) {
            return UNKNOWN_CODE
                .error(format!("'{code}' is a code of the offline half"))
                .with_next(format!("On the offline machine: `airlock-offline explain {code}`."));
        }
        UNKNOWN_CODE.error(format!("there is no code '{code}'"))
    }
}
