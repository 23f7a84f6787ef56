//! What the policy says of one review: every rule that was consulted, with its outcome.

use serde_json::{Value, json};

use super::refusals::OTHER_REVIEW;
use crate::bundle::BundleId;
use crate::error::{Code, Error, Result};
use crate::review::Review;
use crate::time::Moment;

/// The most refusals that are told line by line: the first ones are enough to know what is wrong.
const REFUSALS_SHOWN: usize = 50;

/// How a rule came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It says no.
    Refused(&'static Code),
    /// It says yes, and a person should know something.
    Warned,
    /// It says yes.
    Allowed,
}

/// One rule with its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Yes or no.
    pub outcome: Outcome,
    /// The rule by its place in the file: `[[limit]] XRP per_day`.
    pub rule: String,
    /// What was found, with the numbers.
    pub text: String,
}

/// All findings for one review; refusals first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    findings: Vec<Finding>,
    stamp: Stamp,
    at: Moment,
}

/// The policy's yes to exactly one review. Only [`Verdict::permission`] makes it.
#[derive(Debug)]
pub struct Permission(Stamp);

/// Which review: the hash of what is signed, whether accounts and policy were authenticated, and the sentence that says
/// from which accounts of which vault what goes where.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    subject: BundleId,
    authenticated: bool,
    headline: String,
}

impl Stamp {
    fn of(review: &Review) -> Self {
        Self {
            subject: review.subject(),
            authenticated: review.is_authenticated(),
            headline: review.headline().to_owned(),
        }
    }
}

impl Verdict {
    pub(super) fn new(review: &Review, mut findings: Vec<Finding>, at: Moment) -> Self {
        let rank = |finding: &Finding| match finding.outcome {
            Outcome::Refused(_) => 0,
            Outcome::Warned => 1,
            Outcome::Allowed => 2,
        };
        findings.sort_by_key(rank);
        Self { findings, stamp: Stamp::of(review), at }
    }

    /// True when no rule says no.
    pub fn is_allowed(&self) -> bool {
        self.refusals().next().is_none()
    }

    /// Every rule that was consulted; refusals first, then warnings.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    fn refusals(&self) -> impl Iterator<Item = (&'static Code, &Finding)> {
        self.findings.iter().filter_map(|finding| match finding.outcome {
            Outcome::Refused(code) => Some((code, finding)),
            Outcome::Warned | Outcome::Allowed => None,
        })
    }

    /// The verdict for people: one sentence, then a line for each rule.
    pub fn lines(&self) -> Vec<String> {
        let refused = self.refusals().count();
        let head = match refused {
            0 => "Policy: allowed".to_owned(),
            1 => "Policy: REFUSED by 1 rule".to_owned(),
            count => format!("Policy: REFUSED by {count} rules"),
        };
        let hidden = refused.saturating_sub(REFUSALS_SHOWN);
        let after_refusals = self.findings.iter().skip(refused);
        let shown = self.findings.iter().take(refused.min(REFUSALS_SHOWN)).chain(after_refusals);
        let rows = shown.map(|finding| {
            let mark = match finding.outcome {
                Outcome::Refused(code) => format!("  NO  [{}] ", code.id),
                Outcome::Warned => "  !   ".to_owned(),
                Outcome::Allowed => "  ok  ".to_owned(),
            };
            format!("{mark}{}: {}", finding.rule, finding.text)
        });
        let mut lines: Vec<String> = core::iter::once(head).chain(rows).collect();
        if hidden > 0 {
            let place = REFUSALS_SHOWN.saturating_add(1);
            lines.insert(place, format!("  NO  and {hidden} more; `--json` tells all of them"));
        }
        lines
    }

    /// The verdict as JSON.
    pub fn to_json(&self) -> Value {
        let findings: Vec<Value> = self
            .findings
            .iter()
            .map(|finding| {
                let (outcome, code) = match finding.outcome {
                    Outcome::Refused(code) => ("refused", Some(code.id)),
                    Outcome::Warned => ("warned", None),
                    Outcome::Allowed => ("allowed", None),
                };
                let mut row = json!({ "outcome": outcome, "rule": finding.rule, "text": finding.text });
                if let (Some(code), Some(members)) = (code, row.as_object_mut()) {
                    members.insert("code".to_owned(), code.into());
                }
                row
            })
            .collect();
        json!({ "allowed": self.is_allowed(), "at": self.at, "findings": findings })
    }

    /// The permission to approve the review.
    ///
    /// # Errors
    /// The first refusal, by its own code, with its rule; how many there are more is said.
    pub fn permission(self) -> Result<Permission> {
        match self.refusal() {
            Some(error) => Err(error),
            None => Ok(Permission(self.stamp)),
        }
    }

    /// The first refusal as an error; none when all rules say yes.
    pub fn refusal(&self) -> Option<Error> {
        let mut refusals = self.refusals();
        let (code, first) = refusals.next()?;
        let more = match refusals.count() {
            0 => String::new(),
            1 => "; 1 more rule says no".to_owned(),
            count => format!("; {count} more rules say no"),
        };
        Some(code.error(format!("{}: {}{more}", first.rule, first.text)))
    }
}

impl Permission {
    /// Whether it was given for this review.
    ///
    /// # Errors
    /// [`OTHER_REVIEW`].
    pub(crate) fn check(&self, review: &Review) -> Result<()> {
        if self.0 == Stamp::of(review) {
            return Ok(());
        }
        Err(OTHER_REVIEW.error(format!("permission for {}, review of {}", self.0.subject, review.subject())))
    }
}
