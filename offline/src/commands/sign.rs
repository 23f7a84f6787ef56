//! `sign`: review, policy, journal, approval, passphrase, all of it again with what is authentic now, signatures, record,
//! file.
//!
//! 1. *Look* ([`case`]): every file is read, reviewed and judged, the machine is measured, the clock compared
//!    with the journal. Nothing is asked yet: what is refused never comes to a question, and of several reasons the gravest is
//!    told.
//! 2. *Ask* (`ask`): sentences where a person may go on ([`hurdles`]), then each screen to its last page and its approval.
//! 3. *Unlock* (`unlock`): passphrase, seals of accounts and journal, the journal locked for this run, every review and
//!    verdict made again: a difference refuses.
//! 4. *Sign and deliver* (`deliver`): the program tests itself, signs everything in memory, and then for each file writes
//!    the record, syncs it, writes the signed file and reads it back.

mod ask;
mod deliver;
pub mod hurdles;
mod unlock;

use std::path::{Path, PathBuf};

use airlock::network::BitcoinNetwork;
use airlock::qr::Profile;
use airlock::{Error, Result};
use airlock_qr::cli::{FromQr, ShowAlso};
use airlock_qr::command::Written;
use clap::Args;

use crate::answer::Answer;
use crate::case::{self, Case};
use crate::clock::Clock;
use crate::crossing::{Arrival, TO_REVIEW, TakesCodes};
use crate::desk::Desk;
use crate::error::{APPROVALS, EXISTS, Failure, NOTHING_SIGNED};
use crate::home::Home;
use crate::machine::{self, Finding};
use crate::sandbox::{Access, Confinement, Folders};
use crate::sentence::{Hurdle, Sentences};
use crate::subject::{Subject, signed_path};
use crate::unlocked::Locked;
use crate::{Streams, files, media};

/// Reviews, asks for approval and signs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  airlock-offline sign                          the one new bundle on the stick or in this folder
  airlock-offline sign R7K3-send.bundle.json
  airlock-offline sign one.psbt two.psbt --out /media/stick
  airlock-offline sign --from-qr --qr           from the camera, and back on this screen, without a stick
  airlock-offline sign R7K3-send.bundle.json --approve 80000 --passphrase-file passphrase.txt
        for scripts: the approval is content that the review prints, never a yes")]
pub struct SignArgs {
    /// Bundles or PSBTs; without, the one new bundle on removable media or in this folder
    #[arg(conflicts_with = "from_qr")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    from_qr: FromQr,
    #[command(flatten)]
    also: ShowAlso,
    /// Look for the bundle in this folder; can be repeated
    #[arg(long, value_name = "DIR", conflicts_with = "from_qr")]
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
            (true, _) if self.from_qr.source.is_some() => folders,
            (true, _) => {
                media::places(&self.media).into_iter().fold(folders, |f, (path, access)| f.with(path, access))
            }
            (false, None) => folders.with_all(beside, Access::Write),
            (false, Some(_)) => folders.with_all(beside, Access::Read),
        }
    }

    /// Whether the file comes or goes as codes.
    fn is_without_stick(&self) -> bool {
        self.from_qr.source.is_some() || self.also.profile.is_some()
    }

    /// For whom the signed files are shown as codes.
    pub fn shown_for(&self) -> Option<Profile> {
        self.also.profile
    }
}

impl TakesCodes for SignArgs {
    fn arrival(&self) -> Option<Arrival> {
        let source = self.from_qr.source.clone()?;
        Some(Arrival { source, kinds: TO_REVIEW, out: self.out.clone() })
    }

    fn arrived(&mut self, path: PathBuf) {
        self.files.push(path);
    }

    fn reads_stdin(&self) -> bool {
        self.passphrase_file.as_deref() == Some(Path::new("-"))
    }
}

/// What belongs to one run.
struct Run<'a> {
    args: &'a SignArgs,
    home: &'a Home,
    sentences: Sentences<'a>,
    confinement: &'a Confinement,
    as_json: bool,
    clock: Clock<'a>,
}

/// Everything that was looked at, and nothing refused it.
struct Looked {
    locked: Locked,
    desk: Desk,
    cases: Vec<Case>,
    findings: Vec<Finding>,
    /// Of the run, then of each file.
    hurdles: Vec<Hurdle>,
}

/// Runs the command; gives the signed files, too.
///
/// # Errors
/// Whatever keeps a file from being signed; then nothing was written, except where writing itself fails.
pub fn run(
    args: &SignArgs,
    home: &Home,
    streams: &mut Streams<'_>,
    confinement: &Confinement,
    sentences: Sentences<'_>,
    as_json: bool,
    clock: Clock<'_>,
) -> Result<(Answer, Vec<Written>), Failure> {
    let run = Run { args, home, sentences, confinement, as_json, clock };
    let unsigned = |error| Failure::new(error, NOTHING_SIGNED);
    let looked = run.look(streams).map_err(unsigned)?;
    let typed = run.ask(&looked, streams).map_err(unsigned)?;
    let opened = run.unlock(looked, typed, streams).map_err(unsigned)?;
    run.deliver(opened)
}

impl<'a> Run<'a> {
    /// Looks at everything without a question; of several reasons to refuse the gravest is told.
    fn look(&self, streams: &Streams<'_>) -> Result<Looked> {
        let args = self.args;
        args.out.as_deref().map_or(Ok(()), files::check_folder)?;
        let paths = if args.files.is_empty() { vec![media::find(&args.media)?] } else { args.files.clone() };
        let (locked, desk) = Desk::read(self.home)?;
        let now = (self.clock)();
        let (cases, mut errors) = case::look(&desk, &paths, args.network, now);
        let (files, approvals) = (paths.len(), args.approve.len());
        if approvals > 0 && approvals != files {
            errors.push(APPROVALS.error(format!("{approvals} approvals for {files} files")));
        }
        errors.extend(desk.policy().err());
        errors.extend(desk.chain.check_whole().err());
        errors.extend(desk.chain.check_clock(now).err());
        let findings = machine::findings(streams.machine, self.home);
        let mut hurdles = hurdles::of_run(&desk, &cases, &findings, now);
        for (index, case) in cases.iter().enumerate() {
            let before = cases.get(..index).unwrap_or_default();
            if before.iter().any(|other| other.id == case.id) {
                errors.push(hurdles::TWICE.error("it was given before").at(files::shown(&case.path)));
                continue;
            }
            errors.extend(case.refusal());
            errors.extend(self.check_free(case).err());
            hurdles.extend(hurdles::of_case(&desk, case, before));
        }
        if !errors.is_empty() {
            errors.extend(hurdles.iter().filter(|hurdle| !self.sentences.has(hurdle)).map(Hurdle::refusal));
        }
        match case::gravest(errors) {
            Some(error) => Err(error),
            None => Ok(Looked { locked, desk, cases, findings, hurdles }),
        }
    }

    /// A bundle that was never signed has no signed file yet: what lies there under its name is somebody's.
    fn check_free(&self, case: &Case) -> Result<()> {
        let path = signed_path(&case.path, &case.subject, self.args.out.as_deref());
        files::check_folder(files::folder(&path))?;
        let is_there = std::fs::symlink_metadata(&path).is_ok();
        match &case.subject {
            Subject::Bundle(_) if case.known.is_none() && is_there => {
                let shown = files::shown(&path);
                Err(EXISTS
                    .error(format!("{shown} is there already, and the journal knows no signature of it")))
            }
            Subject::Bundle(_) | Subject::Psbt(_) => Ok(()),
        }
    }

    /// Says what a run that nobody watches would have shown.
    fn say(&self, streams: &mut Streams<'_>, lines: &[String]) {
        if !self.as_json {
            for line in lines {
                let _ = writeln!(streams.stderr, "{line}");
            }
        }
    }
}

fn at(case: &Case) -> impl Fn(Error) -> Error + '_ {
    |error| error.at(files::shown(&case.path))
}
