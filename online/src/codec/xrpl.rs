//! JSON Lines of the XRPL codec.

use super::Command;

/// The function of a command.
pub(crate) fn command(_name: &str) -> Option<Command> {
    None
}
