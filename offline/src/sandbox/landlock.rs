//! The folders, by Landlock.

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, LandlockStatus, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, Scope, make_bitflags,
};

use super::{Access, Folders, Hold, NOT_CONFINED};

/// The version with which everything that matters here is confined: 1 opening, 2 linking across folders, 3 truncating.
const ENOUGH: ABI = ABI::V3;

/// What is used where a kernel has it: device requests, TCP, signals and abstract sockets.
const MOST: ABI = ABI::V6;

/// What measuring the machine and showing local time need, of every command.
const SYSTEM: [(&str, Access); 9] = [
    ("/sys/class", Access::Read),
    ("/sys/devices", Access::Read),
    ("/proc/self/net", Access::Read),
    ("/proc/self/status", Access::File),
    ("/proc/self/limits", Access::File),
    ("/proc/swaps", Access::File),
    ("/proc/sys/kernel/core_pattern", Access::File),
    ("/usr/share/zoneinfo", Access::Read),
    ("/etc/localtime", Access::File),
];

/// Confines this thread, and those that it starts, to the folders.
///
/// # Errors
/// [`NOT_CONFINED`] where the kernel has Landlock and refuses.
pub(super) fn confine(folders: &Folders) -> airlock::Result<Hold> {
    restrict(folders).map_err(|e| NOT_CONFINED.error(format!("Landlock: {e}")))
}

fn restrict(folders: &Folders) -> Result<Hold, landlock::RulesetError> {
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(MOST))?
        .handle_access(AccessNet::from_all(MOST))?
        .scope(Scope::from_all(MOST))?
        .create()?;
    for (path, access) in &folders.places {
        let is_right_kind = match access {
            Access::File => std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file()),
            Access::List | Access::Read | Access::Write | Access::Make => path.is_dir(),
        };
        if let (true, Ok(place)) = (is_right_kind, PathFd::new(path)) {
            rules = rules.add_rule(PathBeneath::new(place, rights(*access)))?;
        }
    }
    for (path, access) in SYSTEM {
        let Ok(place) = PathFd::new(path) else { continue };
        // Entries of /proc are made anew when nobody holds them, and the rule would hold for the old ones.
        core::mem::forget(PathFd::new(path));
        rules = rules.add_rule(PathBeneath::new(place, rights(access)))?;
    }
    Ok(match rules.restrict_self()?.landlock {
        LandlockStatus::Available { effective_abi, .. } if effective_abi >= ENOUGH => Hold::Full,
        LandlockStatus::Available { effective_abi, .. } => Hold::Degraded(format!(
            "files are confined in part: Landlock of this kernel is {effective_abi:?}, {ENOUGH:?} is needed"
        )),
        LandlockStatus::NotEnabled => {
            Hold::Degraded("files are not confined: Landlock is switched off in this kernel".to_owned())
        }
        LandlockStatus::NotImplemented => {
            Hold::Degraded("files are not confined: this kernel has no Landlock".to_owned())
        }
    })
}

fn rights(access: Access) -> BitFlags<AccessFs> {
    match access {
        Access::List => make_bitflags!(AccessFs::{ReadDir}),
        Access::File => make_bitflags!(AccessFs::{ReadFile}),
        Access::Read => make_bitflags!(AccessFs::{ReadDir | ReadFile}),
        Access::Write | Access::Make => {
            make_bitflags!(AccessFs::{ReadDir | ReadFile | WriteFile | Truncate | MakeReg | RemoveFile})
        }
    }
}
