//! Which account a request means: by name, else the only account with that role on the rail (design.md 10.8).

use airlock::account::{Account, BitcoinAccount, XrpAccount};
use airlock::request::Request;
use airlock::{Code, Exit, Result};

/// No account, or more than one, fits the name.
pub static NO_ACCOUNT: Code = Code::new(
    "E-PLAN-001",
    Exit::BadInput,
    "`from` is the name of an account on the rail of the request, or a role that exactly one account on that rail has.",
    "Name one of the accounts that `airlock-online accounts list` shows.",
);

/// The Bitcoin account that pays a request.
///
/// # Errors
/// [`NO_ACCOUNT`] with the candidates.
pub(super) fn bitcoin<'a>(
    request: &Request,
    accounts: &'a [Account],
) -> Result<(&'a Account, &'a BitcoinAccount)> {
    choose(request, accounts, "Bitcoin", Account::bitcoin)
}

/// The XRP account that pays a request.
///
/// # Errors
/// [`NO_ACCOUNT`] with the candidates.
pub(super) fn xrp<'a>(request: &Request, accounts: &'a [Account]) -> Result<(&'a Account, &'a XrpAccount)> {
    choose(request, accounts, "XRP", Account::xrp)
}

/// What a person should know where `from` names an account of the other rail and an account was taken by its role.
pub(super) fn warning(request: &Request, taken: &Account, accounts: &[Account]) -> Option<String> {
    let other = accounts.iter().find(|account| account.name == request.from && account.name != taken.name)?;
    let rail = if other.bitcoin().is_some() { "a Bitcoin" } else { "an XRP" };
    Some(format!(
        "'{}' is the name of {rail} account; '{}' pays, which has the role '{}'",
        other.name,
        taken.name,
        taken.role.name()
    ))
}

fn choose<'a, T>(
    request: &Request,
    accounts: &'a [Account],
    rail: &str,
    side: impl Fn(&'a Account) -> Option<T>,
) -> Result<(&'a Account, T)> {
    let wanted = request.from.as_str();
    let on_rail = || accounts.iter().filter_map(|account| Some((account, side(account)?)));
    if let Some(found) = on_rail().find(|(account, _)| account.name == request.from) {
        return Ok(found);
    }
    let mut by_role = on_rail().filter(|(account, _)| account.role.name() == wanted);
    match (by_role.next(), by_role.next()) {
        (Some(found), None) => Ok(found),
        (Some(first), Some(second)) => {
            let names: Vec<&str> = [first, second]
                .into_iter()
                .chain(by_role)
                .map(|(account, _)| account.name.as_str())
                .collect();
            Err(NO_ACCOUNT.error(format!("several {rail} accounts are '{wanted}': {}", names.join(", "))))
        }
        _ => {
            let names: Vec<String> =
                on_rail().map(|(account, _)| format!("{} ({})", account.name, account.role.name())).collect();
            let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            Err(NO_ACCOUNT.error(format!("no {rail} account is '{wanted}'; known: {known}")))
        }
    }
}
