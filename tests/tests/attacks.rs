//! A thief owns the online machine and edits what crosses the gap. Each test takes an honest bundle the whole road to
//! signatures, changes one thing, and demands the refusal, by its code, in place of any signature.

use std::sync::LazyLock;

use airlock::Code;
use airlock::bundle::Contents;
use airlock_tests::forge::{Vault, refused};

#[path = "attacks/inputs.rs"]
mod inputs;
#[path = "attacks/journal.rs"]
mod journal;
#[path = "attacks/messages.rs"]
mod messages;
#[path = "attacks/outputs.rs"]
mod outputs;
#[path = "attacks/pairs.rs"]
mod pairs;
#[path = "attacks/program.rs"]
mod program;
#[path = "attacks/screen.rs"]
mod screen;
#[path = "attacks/signing.rs"]
mod signing;
#[path = "attacks/steps.rs"]
mod steps;
#[path = "attacks/xrp.rs"]
mod xrp;

static VAULT: LazyLock<Vault> = LazyLock::new(Vault::new);

/// The honest bundle signs; with the change nothing does.
#[track_caller]
fn attack(honest: &Contents, code: &Code, change: impl FnOnce(&mut Contents)) {
    if let Err(error) = VAULT.sign(honest) {
        panic!("the honest bundle is refused: {error}");
    }
    let mut forged = honest.clone();
    change(&mut forged);
    assert_ne!(honest, &forged, "nothing was changed");
    refused(VAULT.sign(&forged), code);
}

/// As [`attack`], where several checks stand in the way and the first one may be any of these.
#[track_caller]
fn attack_any(honest: &Contents, codes: &[&Code], change: impl FnOnce(&mut Contents)) {
    if let Err(error) = VAULT.sign(honest) {
        panic!("the honest bundle is refused: {error}");
    }
    let mut forged = honest.clone();
    change(&mut forged);
    assert_ne!(honest, &forged, "nothing was changed");
    match VAULT.sign(&forged) {
        Ok(_) => panic!("it was signed"),
        Err(error) => assert!(codes.iter().any(|code| code.id == error.code().id), "{error}"),
    }
}

/// The screen of a bundle that may be signed.
#[track_caller]
fn screen(contents: &Contents) -> String {
    match VAULT.review(contents) {
        Ok(review) => review.screen().join("\n"),
        Err(error) => panic!("{error}"),
    }
}
