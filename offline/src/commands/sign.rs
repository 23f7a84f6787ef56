//! `sign`: review, approval, passphrase, the same review again with authenticated accounts, signatures, files.
//!
//! All files are reviewed and approved before the passphrase is asked for, and all are signed before the first is
//! written: until then a refusal leaves nothing behind.

use std::path::{Path, PathBuf};

use airlock::bundle::{Signed, SignedStep, Spoken};
use airlock::network::BitcoinNetwork;
use airlock::policy::{Permission, Policy, Spent};
use airlock::review::{Approved, Book, Review};
use airlock::text::Printable;
use airlock::time::Moment;
use airlock::{Error, Result};
use clap::Args;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::clock::Clock;
use crate::error::{APPROVALS, Failure, NOTHING_SIGNED, REVIEW_CHANGED};
use crate::home::Home;
use crate::keyring::Keyring;
use crate::sandbox::{Access, Confinement, Folders};
use crate::subject::{Subject, signed_path};
use crate::unlocked::Locked;
use crate::{Streams, clock, files, media, passphrase, sign};

/// Reviews, asks for approval and signs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  airlock-offline sign                          the one new bundle on the stick or in this folder
  airlock-offline sign R7K3-send.bundle.json
  airlock-offline sign one.psbt two.psbt --out /media/stick
  airlock-offline sign R7K3-send.bundle.json --approve 80000 --passphrase-file passphrase.txt
        for scripts: the approval is content that the review prints, never a yes")]
pub struct SignArgs {
    /// Bundles or PSBTs; without, the one new bundle on removable media or in this folder
    files: Vec<PathBuf>,
    /// Look for the bundle in this folder; can be repeated
    #[arg(long, value_name = "DIR")]
    media: Vec<PathBuf>,
    /// Write the signed files to this folder instead of beside what they answer
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The approval of a run that nobody watches: exactly what the review asks for, once for each file
    #[arg(long, value_name = "VALUE")]
    approve: Vec<String>,
    /// Read the vault's passphrase from this file (- for stdin); without it the terminal asks
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The Bitcoin network of a bare PSBT, where the vault has accounts on several
    #[arg(long)]
    network: Option<BitcoinNetwork>,
}

impl SignArgs {
    /// The places that the command needs: home, the files with their folders, where signed files go, and without files
    /// the folders of media.
    pub fn folders(&self, home: &Home) -> Folders {
        let beside = self.files.iter().map(|path| files::folder(path));
        let folders = Folders::none()
            .with(home.folder(), Access::Write)
            .with_all(&self.passphrase_file, Access::File)
            .with_all(&self.out, Access::Write);
        match (self.files.is_empty(), &self.out) {
            (true, _) => {
                media::places(&self.media).into_iter().fold(folders, |f, (path, access)| f.with(path, access))
            }
            (false, None) => folders.with_all(beside, Access::Write),
            (false, Some(_)) => folders.with_all(beside, Access::Read),
        }
    }
}

/// A file that was reviewed and approved, before the passphrase.
struct Seen {
    path: PathBuf,
    subject: Subject,
    at: Moment,
    typed: String,
    screen: Vec<String>,
}

/// What one file became.
struct Made {
    path: PathBuf,
    bytes: Vec<u8>,
    lines: Vec<String>,
    next: Option<String>,
    json: Value,
}

/// Runs the command.
///
/// # Errors
/// Whatever keeps a file from being signed; then nothing was written, except where writing itself fails.
pub fn run(
    args: &SignArgs,
    home: &Home,
    streams: &mut Streams<'_>,
    confinement: &Confinement,
    as_json: bool,
    clock: Clock<'_>,
) -> Result<Answer, Failure> {
    let (greeting, made) = sign_all(args, home, streams, confinement, as_json, clock)
        .map_err(|error| Failure::new(error, NOTHING_SIGNED))?;
    let (mut lines, mut answers) = (greeting, Vec::new());
    for (index, made) in made.into_iter().enumerate() {
        let told = |error| Failure::new(error, unwritten(index));
        let was_there = files::check_absent_or_same(&made.path, &made.bytes).map_err(told)?;
        files::write_new(&made.path, &made.bytes).map_err(told)?;
        lines.extend(made.lines);
        let path = files::shown(&made.path);
        lines.push(match was_there {
            true => format!("already signed: {path} says the same; nothing was written"),
            false => format!("wrote {path}"),
        });
        lines.extend(made.next);
        let mut json = made.json;
        if let Some(members) = json.as_object_mut() {
            members.insert("file".to_owned(), path.clone().into());
            members.insert("wrote".to_owned(), if was_there { Value::Null } else { path.into() });
        }
        answers.push(json);
    }
    Ok(Answer { lines, json: json!({ "signed": answers }) })
}

fn unwritten(before: usize) -> String {
    match before {
        0 => "Signed, but nothing was written; signing again gives the same signatures.".to_owned(),
        1 => "1 file before it was written; signing again gives the same signatures.".to_owned(),
        count => format!("{count} files before it were written; signing again gives the same signatures."),
    }
}

fn sign_all(
    args: &SignArgs,
    home: &Home,
    streams: &mut Streams<'_>,
    confinement: &Confinement,
    as_json: bool,
    clock: Clock<'_>,
) -> Result<(Vec<String>, Vec<Made>)> {
    args.out.as_deref().map_or(Ok(()), files::check_folder)?;
    let paths = if args.files.is_empty() { vec![media::find(&args.media)?] } else { args.files.clone() };
    if !args.approve.is_empty() && args.approve.len() != paths.len() {
        let (files, approvals) = (paths.len(), args.approve.len());
        return Err(APPROVALS.error(format!("{approvals} approvals for {files} files")));
    }
    let locked = Locked::read(home)?;
    let accounts = locked.register().accounts();
    let book = Book { accounts: &accounts, assets: &[], destinations: &[], authenticated: false };
    for line in confinement.lines() {
        let _ = writeln!(streams.stderr, "{line}");
    }
    let mut seen = Vec::new();
    for (index, path) in paths.iter().enumerate() {
        let approval = args.approve.get(index).map(String::as_str);
        seen.push(look(path, approval, args.network, &book, streams, as_json, clock())?);
    }
    let passphrase = passphrase::read(args.passphrase_file.as_deref(), streams.screen, "Passphrase: ")?;
    let unlocked = locked.unlock(&passphrase)?;
    let accounts = unlocked.register.accounts();
    let book = Book { accounts: &accounts, assets: &[], destinations: &[], authenticated: true };
    let keyring = unlocked.keyring()?;
    let mut made = Vec::new();
    for seen in seen {
        let approved =
            look_again(&seen, args.network, &book, clock()).map_err(|e| e.at(files::shown(&seen.path)))?;
        made.push(
            sign_one(&seen, approved, &keyring, args.out.as_deref())
                .map_err(|e| e.at(files::shown(&seen.path)))?,
        );
    }
    Ok((unlocked.greeting()?, made))
}

/// The review that the person reads, and what the person answers.
fn look(
    path: &Path,
    approval: Option<&str>,
    network: Option<BitcoinNetwork>,
    book: &Book<'_>,
    streams: &mut Streams<'_>,
    as_json: bool,
    now: Moment,
) -> Result<Seen> {
    let subject = Subject::read(path)?;
    let review = subject.review(book, network, now).map_err(|e| e.at(files::shown(path)))?;
    let screen = review.screen_at(&clock::show);
    let typed = match approval {
        Some(approval) => {
            if !as_json {
                for line in &screen {
                    let _ = writeln!(streams.stderr, "{line}");
                }
            }
            approval.to_owned()
        }
        None => {
            streams.screen.show(&screen)?;
            let question = format!("Type {} to approve: ", Printable::new(review.approval_text()));
            loop {
                let typed = streams.screen.ask(&question)?.trim().to_owned();
                if !typed.is_empty() {
                    break typed;
                }
            }
        }
    };
    if typed != review.approval_text() {
        return Err(not_approved(review, &typed, now));
    }
    Ok(Seen { path: path.to_owned(), subject, at: now, typed, screen })
}

/// The refusal of an approval that is not the right one; its `Approved`, if there were one, could sign nothing.
fn not_approved(review: Review, typed: &str, now: Moment) -> Error {
    match permission(&review, now).and_then(|permission| review.approve(typed, permission)) {
        Err(error) => error,
        Ok(_) => REVIEW_CHANGED.error("the review takes an approval that it does not ask for"),
    }
}

/// The same bytes with authenticated accounts must show what they showed when the person looked; and at this moment,
/// after all the waiting at prompts, they must still be within their time.
fn look_again(
    seen: &Seen,
    network: Option<BitcoinNetwork>,
    book: &Book<'_>,
    now: Moment,
) -> Result<Approved> {
    let unauthenticated = Book { authenticated: false, ..*book };
    let again = seen.subject.review(&unauthenticated, network, seen.at)?;
    if again.screen_at(&clock::show) != seen.screen {
        return Err(REVIEW_CHANGED.error("the review after unlocking differs from the one that was shown"));
    }
    let review = seen.subject.review(book, network, now)?;
    let permission = permission(&review, now)?;
    review.approve(&seen.typed, permission)
}

/// The starter's rules: test networks only.
fn permission(review: &Review, now: Moment) -> Result<Permission> {
    Policy::parse(&Policy::starter(&[]))?.judge(review, &Spent::default(), now).permission()
}

fn sign_one(seen: &Seen, approved: Approved, keyring: &Keyring, out: Option<&Path>) -> Result<Made> {
    let path = signed_path(&seen.path, &seen.subject, out);
    let mut next = None;
    let mut lines = vec![format!("signed {}", seen.subject.title())];
    let json;
    let bytes = match &seen.subject {
        Subject::Bundle(bundle) => {
            let signed = sign::sign(approved, keyring)?;
            lines.extend(signed.contents().steps.iter().map(transaction_line));
            let name = files::shown(Path::new(path.file_name().unwrap_or_default()));
            next = Some(format!("Next, on the online machine: airlock-online verify {name}"));
            json = json!({
                "bundle": bundle.id().to_string(),
                "signed": signed.id().to_string(),
                "short": bundle.id().short(),
                "words": bundle.id().words().join(" "),
                "transactions": transactions(&signed),
            });
            signed.encode()
        }
        Subject::Psbt(bare) => {
            let signed = sign::sign_psbt(approved, keyring)?;
            let txid = signed.transaction.compute_txid().to_string();
            lines.push(format!("  bitcoin {txid}"));
            json = json!({ "txid": txid });
            bare.encode_signed(&signed.signed)?
        }
    };
    Ok(Made { path, bytes, lines, next, json })
}

fn transaction_line(step: &SignedStep) -> String {
    match step {
        SignedStep::Bitcoin { txid, .. } => format!("  bitcoin {txid}"),
        SignedStep::Xrpl { hash, .. } => format!("  xrpl    {hash}"),
    }
}

fn transactions(signed: &Signed) -> Vec<&str> {
    signed
        .contents()
        .steps
        .iter()
        .map(|step| match step {
            SignedStep::Bitcoin { txid, .. } => txid.as_str(),
            SignedStep::Xrpl { hash, .. } => hash.as_str(),
        })
        .collect()
}
