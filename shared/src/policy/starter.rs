//! To come.
use crate::account::Account;
pub(super) fn text(_accounts: &[Account]) -> String {
    "version = 1\n".to_owned()
}
