//! The filter of system calls, made from the table and installed for all threads.

use std::collections::BTreeMap;
use std::io::ErrorKind;

use seccompiler::{
    BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter_all_threads,
};

use super::calls::{CAMERA, Call, GROUPS, Must};
use super::{Hold, NOT_CONFINED};

/// Installs the filter, with the requests of an open camera where one is used.
///
/// # Errors
/// [`NOT_CONFINED`] where the kernel has seccomp and refuses.
pub(super) fn install(camera: bool) -> airlock::Result<Hold> {
    let refused = |e: Error| NOT_CONFINED.error(format!("seccomp: {e}"));
    let Ok(arch) = TargetArch::try_from(std::env::consts::ARCH) else {
        let arch = std::env::consts::ARCH;
        return Ok(Hold::Degraded(format!("system calls are not filtered: not known how on {arch}")));
    };
    // The first filter allows all but clone3, the second all that the table lists: of two answers the sterner holds.
    let threads = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let not_there = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let threads = program(threads, SeccompAction::Allow, not_there, arch).map_err(refused)?;
    let listed =
        program(rules(camera).map_err(refused)?, SeccompAction::KillProcess, SeccompAction::Allow, arch);
    let listed = listed.map_err(refused)?;
    for filter in [&threads, &listed] {
        match apply_filter_all_threads(filter) {
            Ok(()) => {}
            Err(Error::Seccomp(e))
                if e.kind() == ErrorKind::Unsupported || e.kind() == ErrorKind::InvalidInput =>
            {
                return Ok(Hold::Degraded(
                    "system calls are not filtered: this kernel has no seccomp".to_owned(),
                ));
            }
            Err(e) => return Err(refused(e)),
        }
    }
    Ok(Hold::Full)
}

fn program(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    others: SeccompAction,
    listed: SeccompAction,
    arch: TargetArch,
) -> Result<BpfProgram, Error> {
    Ok(SeccompFilter::new(rules, others, listed, arch)?.try_into()?)
}

fn rules(camera: bool) -> Result<BTreeMap<i64, Vec<SeccompRule>>, Error> {
    let calls = GROUPS.iter().flat_map(|group| group.calls);
    let mut rules: BTreeMap<_, _> =
        calls.map(|call| Ok((call.number, rule(call)?))).collect::<Result<_, Error>>()?;
    for call in CAMERA.calls.iter().filter(|_| camera) {
        rules.entry(call.number).or_insert_with(Vec::new).extend(rule(call)?);
    }
    Ok(rules)
}

/// The alternatives of one call; none: whatever its arguments.
fn rule(call: &Call) -> Result<Vec<SeccompRule>, Error> {
    let alternative = |when: &super::calls::When| {
        let conditions: Result<Vec<_>, _> = when.arguments.iter().map(condition).collect();
        Ok(SeccompRule::new(conditions?)?)
    };
    call.only.iter().map(alternative).collect()
}

fn condition((place, must): &(u8, Must)) -> Result<SeccompCondition, seccompiler::BackendError> {
    let (width, operator, value) = match *must {
        Must::Be(value) => (SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value),
        Must::BeZero => (SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0),
        Must::Lack(bits) => (SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(bits), 0),
        Must::BeThisProcess => (SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, std::process::id().into()),
    };
    SeccompCondition::new(*place, width, operator, value)
}
