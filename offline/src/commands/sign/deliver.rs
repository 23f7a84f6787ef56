//! Signatures in memory, then for each file its record and the file itself.
//!
//! The record comes first and is synced: a crash behind it leaves a bundle that the journal knows and that can be signed
//! again to the same bytes; a crash before it leaves nothing.

use std::path::{Path, PathBuf};

use airlock::Result;
use airlock::bundle::{JournalHead, Signed, SignedContents, SignedStep, Spoken};
use airlock::review::Approved;
use airlock_qr::command::Written;
use serde_json::{Value, json};

use super::unlock::Opened;
use super::{Run, at};
use crate::answer::Answer;
use crate::case::Case;
use crate::error::{CANNOT_WRITE, Failure, NOTHING_SIGNED};
use crate::journal::{Event, Signing};
use crate::keyring::Keyring;
use crate::subject::{Subject, signed_path};
use crate::{files, rules, self_test, sign};

/// What signing one file gave, still in memory.
struct Made {
    case: Case,
    path: PathBuf,
    what: Product,
    txids: Vec<String>,
    lines: Vec<String>,
}

enum Product {
    /// A bundle's signatures, which get the journal's head once their record is written.
    Bundle(SignedContents),
    /// A PSBT in the version and form in which it came.
    Psbt(Vec<u8>),
}

impl Run<'_> {
    /// Tests the program's arithmetic, signs, records and writes; gives the signed files, too.
    pub(super) fn deliver(&self, opened: Opened) -> Result<(Answer, Vec<Written>), Failure> {
        let unsigned = |error| Failure::new(error, NOTHING_SIGNED);
        let Opened { unlocked, mut journal, desk, cases, hurdles, now } = opened;
        self_test::run().map_err(unsigned)?;
        let mut lines = unlocked.greeting().map_err(unsigned)?;
        if desk.rules.needs_copy() {
            desk.rules.file().and_then(|text| rules::keep_copy(self.home, text)).map_err(unsigned)?;
        }
        for hurdle in &hurdles {
            journal.append(&unlocked.vault, hurdle.event(), now).map_err(unsigned)?;
        }
        let keyring = unlocked.keyring().map_err(unsigned)?;
        let mut all = Vec::new();
        for (case, approved) in cases {
            let path = signed_path(&case.path, &case.subject, self.args.out.as_deref());
            all.push(make(case, path, approved, &keyring).map_err(unsigned)?);
        }
        drop(keyring);
        let (mut answers, mut written) = (Vec::new(), Vec::new());
        for (index, made) in all.into_iter().enumerate() {
            let told = |error| Failure::new(error, unwritten(index));
            if let Product::Psbt(bytes) = &made.what {
                files::check_absent_or_same(&made.path, bytes).map_err(unsigned)?;
            }
            let (head, number) = match &made.case.known {
                Some(entry) => (entry.head, entry.record.number),
                None => {
                    let event = Event::Signed(Box::new(signing(&made)));
                    let head = journal.append(&unlocked.vault, event, now);
                    let number = u64::try_from(journal.count()).unwrap_or(u64::MAX);
                    (head.map_err(|error| Failure::new(error, unrecorded(index)))?, number)
                }
            };
            let (bytes, signed_id) = finish(made.what, head).map_err(told)?;
            let was_there = write(&made.path, &bytes).map_err(told)?;
            written.push(Written { path: made.path.clone(), bytes });
            let path = files::shown(&made.path);
            lines.extend(made.lines);
            lines.push(match was_there {
                true => format!("already signed: {path} says the same; nothing was written"),
                false if self.args.is_without_stick() => format!("wrote {path} and read it back"),
                false => format!("wrote {path} and read it back; the stick may be removed"),
            });
            lines.push(format!(
                "journal record {number}, head {} \"{}\"",
                head.short(),
                head.words().join(" ")
            ));
            if let Subject::Bundle(bundle) = &made.case.subject {
                // It looks for the signed file on sticks by itself.
                let what = self.args.shown_for().map_or(bundle.id().short(), |_| "--from-qr".to_owned());
                lines.push(format!("Next, on the online machine: airlock-online broadcast {what}"));
            }
            let mut json = json!({
                "file": path,
                "wrote": if was_there { Value::Null } else { path.into() },
                "transactions": made.txids,
                "journal": { "record": number, "head": head.to_string() },
                "policy": made.case.verdict.as_ref().map(|verdict| verdict.to_json()),
            });
            if let (Some(members), Subject::Bundle(bundle)) = (json.as_object_mut(), &made.case.subject) {
                members.insert("bundle".to_owned(), bundle.id().to_string().into());
                members.insert("signed".to_owned(), signed_id.into());
                members.insert("short".to_owned(), bundle.id().short().into());
                members.insert("words".to_owned(), bundle.id().words().join(" ").into());
            }
            answers.push(json);
        }
        let head = journal.head();
        let overrides: Vec<&str> = hurdles.iter().map(|hurdle| hurdle.sentence.as_str()).collect();
        let json = json!({
            "signed": answers,
            "overrides": overrides,
            "journal_head": head.to_string(),
        });
        Ok((Answer { lines, json }, written))
    }
}

fn make(case: Case, path: PathBuf, approved: Approved, keyring: &Keyring) -> Result<Made> {
    let mut lines = vec![format!("signed {}", case.subject.title())];
    let (what, txids) = match &case.subject {
        Subject::Bundle(_) => {
            let signed = sign::sign(approved, keyring).map_err(at(&case))?;
            lines.extend(signed.contents().steps.iter().map(transaction_line));
            let txids = signed.contents().steps.iter().map(|step| txid(step).to_owned()).collect();
            (Product::Bundle(signed.contents().clone()), txids)
        }
        Subject::Psbt(bare) => {
            let signed = sign::sign_psbt(approved, keyring).map_err(at(&case))?;
            let txid = signed.transaction.compute_txid().to_string();
            lines.push(format!("  bitcoin {txid}"));
            (Product::Psbt(bare.encode_signed(&signed.signed)?), vec![txid])
        }
    };
    Ok(Made { case, path, what, txids, lines })
}

/// What the journal keeps.
fn signing(made: &Made) -> Signing {
    let case = &made.case;
    let mut effects = vec![case.review.headline().to_owned()];
    effects.extend(case.review.effect_lines());
    Signing {
        bundle: case.id.clone(),
        effects,
        outgoings: case.outgoings.clone(),
        title: case.subject.title(),
        txids: made.txids.clone(),
        uses: case.uses.clone(),
        verdict: case.verdict.as_ref().map(|verdict| verdict.lines()).unwrap_or_default(),
        words: case.words(),
    }
}

/// The bytes of the signed file, and its id where it has one.
fn finish(what: Product, head: JournalHead) -> Result<(Vec<u8>, Option<String>)> {
    Ok(match what {
        Product::Bundle(contents) => {
            let signed = Signed::seal(SignedContents { journal_head: Some(head), ..contents })?;
            (signed.encode(), Some(signed.id().to_string()))
        }
        Product::Psbt(bytes) => (bytes, None),
    })
}

/// Writes a signed file and reads it back; true where it was there already.
fn write(path: &Path, bytes: &[u8]) -> Result<bool> {
    let was_there = files::check_absent_or_same(path, bytes)?;
    files::write_new(path, bytes)?;
    if files::read_bounded(path)? != bytes {
        return Err(CANNOT_WRITE.error(format!("{} reads otherwise than it was written", files::shown(path))));
    }
    Ok(was_there)
}

fn transaction_line(step: &SignedStep) -> String {
    match step {
        SignedStep::Bitcoin { txid, .. } => format!("  bitcoin {txid}"),
        SignedStep::Xrpl { hash, .. } => format!("  xrpl    {hash}"),
    }
}

fn txid(step: &SignedStep) -> &str {
    match step {
        SignedStep::Bitcoin { txid, .. } => txid,
        SignedStep::Xrpl { hash, .. } => hash,
    }
}

fn unrecorded(before: usize) -> String {
    match before {
        0 => NOTHING_SIGNED.to_owned(),
        count => format!("{} before it; this one left no signature.", written(count)),
    }
}

fn unwritten(before: usize) -> String {
    const AGAIN: &str = "signing again gives the same bytes and counts nothing twice.";
    match before {
        0 => format!("Signed and recorded, but nothing was written; {AGAIN}"),
        count => {
            format!("{} before it; this one is signed and recorded, but not written; {AGAIN}", written(count))
        }
    }
}

fn written(count: usize) -> String {
    if count == 1 { "1 file was written".to_owned() } else { format!("{count} files were written") }
}
