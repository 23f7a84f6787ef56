//! The heads of offline journals, as signed files brought them back. The newest one of a bundle's accounts goes into the
//! bundle, so that an offline journal that lost records is noticed (design.md 10.14).
//!
//! heads.json is canonical JSON: `{"format":"airlock-heads","seen":[{"accounts":[REFERENCE…],"head":HEX64}…],"version":1}`,
//! oldest first. Heads are kept by accounts, so that those of several vaults do not mix.

use std::collections::BTreeSet;

use airlock::bundle::{Bundle, JournalHead, Step};
use airlock::{Result, json};
use serde::{Deserialize, Serialize};

use crate::error::BAD_HEADS;

const FORMAT: &str = "airlock-heads";
const VERSION: u32 = 1;
/// How many sightings are kept beside those that an account still needs.
const KEPT: usize = 256;

/// All heads that were seen, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heads {
    seen: Vec<Sighting>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sighting {
    accounts: BTreeSet<String>,
    head: JournalHead,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    seen: Vec<Sighting>,
    version: u32,
}

impl Heads {
    /// Reads heads.json.
    ///
    /// # Errors
    /// [`BAD_HEADS`].
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let file: File = json::parse_as(bytes).map_err(|e| BAD_HEADS.error(e.what().to_owned()))?;
        let heads = Self { seen: file.seen };
        if file.format != FORMAT || file.version != VERSION || heads.encode() != bytes {
            return Err(BAD_HEADS.error("not in the form in which this program writes it"));
        }
        Ok(heads)
    }

    /// Writes heads.json.
    pub fn encode(&self) -> Vec<u8> {
        let file = File { format: FORMAT.to_owned(), seen: self.seen.clone(), version: VERSION };
        json::canonical(&serde_json::to_value(file).expect("heads have string keys and always serialize"))
    }

    /// Takes the head that the signed file of a bundle brought; one that was seen before stays where it was, because a
    /// signed file can be verified again after newer ones. True where it is new.
    pub fn saw(&mut self, bundle: &Bundle, head: JournalHead) -> bool {
        if self.seen.iter().any(|sighting| sighting.head == head) {
            return false;
        }
        self.seen.push(Sighting { accounts: accounts(bundle.steps()), head });
        self.forget();
        true
    }

    /// The head that was seen last for any account of these steps.
    pub fn newest(&self, steps: &[Step]) -> Option<JournalHead> {
        let wanted = accounts(steps);
        let newest = self.seen.iter().rev().find(|sighting| !sighting.accounts.is_disjoint(&wanted));
        newest.map(|sighting| sighting.head)
    }

    /// Drops the oldest sightings that no account needs any more.
    fn forget(&mut self) {
        let Some(old) = self.seen.len().checked_sub(KEPT) else { return };
        let mut later = BTreeSet::new();
        let mut needed = Vec::new();
        for (index, sighting) in self.seen.drain(..).enumerate().rev() {
            if index >= old || !sighting.accounts.is_subset(&later) {
                later.extend(sighting.accounts.iter().cloned());
                needed.push(sighting);
            }
        }
        needed.reverse();
        self.seen = needed;
    }
}

fn accounts(steps: &[Step]) -> BTreeSet<String> {
    steps.iter().map(|step| step.account.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(number: u32) -> JournalHead {
        JournalHead::of(&number.to_be_bytes())
    }

    fn sighting(accounts: &[&str], number: u32) -> Sighting {
        Sighting { accounts: accounts.iter().map(|a| (*a).to_owned()).collect(), head: head(number) }
    }

    #[test]
    fn reads_what_it_wrote_and_nothing_else() {
        let heads = Heads { seen: vec![sighting(&["b", "a"], 1), sighting(&["c"], 2)] };
        let bytes = heads.encode();
        assert_eq!(Heads::decode(&bytes).unwrap(), heads);
        assert_eq!(Heads::decode(&Heads::default().encode()).unwrap(), Heads::default());
        let text = String::from_utf8(bytes).unwrap();
        for (from, to) in
            [("airlock-heads", "airlock-head"), (":1}", ":2}"), ("\"a\",\"b\"", "\"b\",\"a\""), ("\n", "")]
        {
            let changed = text.replace(from, to);
            assert_ne!(changed, text);
            assert_eq!(Heads::decode(changed.as_bytes()).unwrap_err().code(), &BAD_HEADS, "{to}");
        }
    }

    #[test]
    fn forgets_the_oldest_that_no_account_needs() {
        let mut heads = Heads::default();
        heads.seen.push(sighting(&["rare"], 0));
        heads.seen.extend((1..=600).map(|number| sighting(&["usual"], number)));
        heads.forget();
        assert_eq!(heads.seen.len(), KEPT + 1);
        assert_eq!(heads.seen.first(), Some(&sighting(&["rare"], 0)));
        assert_eq!(heads.seen.last(), Some(&sighting(&["usual"], 600)));
    }
}
