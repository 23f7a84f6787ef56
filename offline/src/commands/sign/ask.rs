//! The questions of a signing run, all of them before the passphrase.

use airlock::Result;
use airlock::text::Printable;

use super::{Looked, Run, at, hurdles};
use crate::Streams;

impl Run<'_> {
    /// Sentences first, then each screen and its approval. Gives what was typed for each file.
    pub(super) fn ask(&self, looked: &Looked, streams: &mut Streams<'_>) -> Result<Vec<String>> {
        for hurdle in &looked.hurdles {
            self.sentences.pass(hurdle, streams, self.as_json)?;
        }
        let machine = hurdles::machine_lines(&looked.findings, self.confinement);
        let mut typed = Vec::new();
        for (index, case) in looked.cases.iter().enumerate() {
            let screen = case.screen(&machine, streams.screen.columns());
            let answer = match self.args.approve.get(index) {
                Some(approval) => {
                    self.say(streams, &screen);
                    approval.clone()
                }
                None => {
                    streams.screen.show(&screen)?;
                    let wanted = Printable::new(case.review.approval_text());
                    let question = format!("Type {wanted} to approve: ");
                    loop {
                        let answer = streams.screen.ask(&question)?.trim().to_owned();
                        if !answer.is_empty() {
                            break answer;
                        }
                    }
                }
            };
            case.review.check_approval(&answer).map_err(at(case))?;
            typed.push(answer);
        }
        Ok(typed)
    }
}
