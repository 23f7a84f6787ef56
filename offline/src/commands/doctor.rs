//! `doctor`: is this machine fit to sign for mainnet, and what is to be done where it is not.

mod condition;

use std::path::{Path, PathBuf};

use airlock::Exit;
use airlock::time::Moment;
use clap::Args;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::error::Failure;
use crate::files;
use crate::home::Home;
use crate::machine::{Finding, Grade, Machine, leftovers, permissions};
use crate::sandbox::{Access, Confinement, Folders};

/// Looks at the machine, the home folder and the program itself.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  airlock-offline doctor                 exit code 0: fit for mainnet; 4: not
  airlock-offline doctor --json
  airlock-offline doctor --clean         removes what interrupted runs left in the home folder
  airlock-offline doctor --clean /media/stick")]
pub struct DoctorArgs {
    /// Remove the unfinished files that interrupted runs left in the home folder and in these
    #[arg(long)]
    clean: bool,
    /// Further folders to look for unfinished files in
    folders: Vec<PathBuf>,
}

impl DoctorArgs {
    /// The places that the command needs.
    pub fn folders(&self, home: &Home) -> Folders {
        let access = if self.clean { Access::Write } else { Access::Read };
        Folders::none().with(home.folder(), access).with_all(&self.folders, access)
    }
}

/// Runs the command, and says whether the machine is fit for mainnet.
///
/// # Errors
/// Folders that are none, leftovers that cannot be removed.
pub fn run(
    args: &DoctorArgs,
    home: &Home,
    machine: &dyn Machine,
    confinement: &Confinement,
    now: Moment,
) -> Result<(Answer, Option<Exit>), Failure> {
    for folder in &args.folders {
        files::check_folder(folder)?;
    }
    let removed = if args.clean { clean(args, home)? } else { Vec::new() };
    let mut checks = machine.facts().checks();
    checks.extend(confinement.findings());
    checks.push(permissions(home));
    checks.push(unfinished(args, home));
    checks.extend(condition::of_home(home, now));
    checks.extend(condition::of_program());
    Ok(answer(&checks, &removed))
}

fn places<'a>(args: &'a DoctorArgs, home: &'a Home) -> impl Iterator<Item = &'a Path> {
    [home.folder()].into_iter().chain(args.folders.iter().map(PathBuf::as_path))
}

fn clean(args: &DoctorArgs, home: &Home) -> Result<Vec<String>, Failure> {
    let mut removed = Vec::new();
    for path in leftovers(places(args, home)) {
        files::remove(&path)?;
        removed.push(files::shown(&path));
    }
    Ok(removed)
}

fn unfinished(args: &DoctorArgs, home: &Home) -> Finding {
    let found: Vec<String> = leftovers(places(args, home)).iter().map(|path| files::shown(path)).collect();
    match found.as_slice() {
        [] => Finding {
            name: "unfinished",
            grade: Grade::Good,
            what: "no unfinished files".to_owned(),
            next: "",
        },
        found => Finding {
            name: "unfinished",
            grade: Grade::Warns,
            what: format!("{} unfinished: {}", found.len(), found.join(", ")),
            next: "Interrupted runs left them and nothing reads them: `airlock-offline doctor --clean` removes them.",
        },
    }
}

fn answer(checks: &[Finding], removed: &[String]) -> (Answer, Option<Exit>) {
    let mut lines: Vec<String> = removed.iter().map(|path| format!("removed {path}")).collect();
    for check in checks {
        lines.push(format!("{:<6} {:<14} {}", mark(check.grade), check.name, check.what));
        if !check.next.is_empty() {
            lines.push(format!("{:21} {}", "", check.next));
        }
    }
    let count = |grade| checks.iter().filter(|check| check.grade == grade).count();
    let (forbidding, warning) = (count(Grade::Forbids), count(Grade::Warns));
    let is_fit = forbidding == 0;
    lines.push(match (is_fit, warning) {
        (true, 0) => "Fit for mainnet.".to_owned(),
        (true, warning) => format!("Fit for mainnet; to be mended: {warning}."),
        (false, _) => format!("Not fit for mainnet: {forbidding} of {} checks forbid it.", checks.len()),
    });
    let json: Vec<Value> = checks
        .iter()
        .map(|check| {
            let (grade, next) = (word(check.grade), check.next);
            json!({ "name": check.name, "grade": grade, "what": check.what, "next": next })
        })
        .collect();
    let json = json!({ "fit": is_fit, "checks": json, "removed": removed });
    (Answer { lines, json }, if is_fit { None } else { Some(Exit::Environment) })
}

fn mark(grade: Grade) -> &'static str {
    match grade {
        Grade::Good => "ok",
        Grade::Warns => "WARNS",
        Grade::Forbids => "NO",
    }
}

fn word(grade: Grade) -> &'static str {
    match grade {
        Grade::Good => "good",
        Grade::Warns => "warns",
        Grade::Forbids => "forbids",
    }
}
