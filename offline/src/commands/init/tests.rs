use clap::Parser;

use super::*;
use crate::entropy::BAD_SOURCE;
use crate::error::NO_ENTROPY;
use crate::screen::Recorded;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: InitArgs,
}

/// What `init` says of a source, with a person who would answer nothing.
fn with_source(draw: &Draw) -> (Failure, Recorded) {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::find(Some(&folder.path().join("home"))).unwrap();
    let line = Line::try_parse_from(["init", "--test-only"]).unwrap();
    let mut person = Recorded::default();
    let failure = run_with(&line.args, &home, &mut person, Moment::from_unix(0), draw).unwrap_err();
    assert!(!home.folder().exists(), "nothing is left");
    (failure, person)
}

#[test]
fn a_broken_source_ends_it_before_anything_is_asked() {
    let zeros: &Draw = &|bytes| {
        bytes.fill(0);
        Ok(())
    };
    let failing: &Draw = &|_| Err(NO_ENTROPY.error("no randomness"));
    for (draw, code) in [(zeros, &BAD_SOURCE), (failing, &NO_ENTROPY)] {
        let (failure, person) = with_source(draw);
        assert_eq!(failure.error.code(), code);
        assert_eq!(code.exit.code(), 4);
        assert!(person.seen.is_empty() && person.pages.is_empty());
    }
}

#[test]
fn a_source_that_breaks_after_the_test_ends_it_too() {
    let calls = std::cell::Cell::new(0u32);
    let breaks: Box<Draw> = Box::new(move |bytes| {
        calls.set(calls.get().saturating_add(1));
        if calls.get() <= 2 { entropy::of_system(bytes) } else { Err(NO_ENTROPY.error("no randomness")) }
    });
    let folder = tempfile::tempdir().unwrap();
    let home = Home::find(Some(&folder.path().join("home"))).unwrap();
    let line = Line::try_parse_from(["init", "--test-only"]).unwrap();
    let mut person = Recorded::answering(&["p", "p"]);
    let failure = run_with(&line.args, &home, &mut person, Moment::from_unix(0), &breaks).unwrap_err();
    assert_eq!(failure.error.code(), &NO_ENTROPY);
    assert_eq!(failure.state, NOTHING_MADE);
    assert!(!home.folder().exists() && person.pages.is_empty());
}
