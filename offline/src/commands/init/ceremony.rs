//! What people do during `init`: contribute, look at the transcript, copy the words and type them back.

use airlock::Result;

use super::InitArgs;
use crate::dice::{NOT_ROLLS, Rolls};
use crate::entropy::Draw;
use crate::keys::Mnemonic;
use crate::recipe::{Length, Recipe, SECOND_SHORTEST, SECOND_TEXT, check_second};
use crate::screen::Screen;
use crate::{paper, passphrase};

/// Lines of rolls that may be typed wrongly.
const MOST_BAD_LINES: usize = 10;

/// Draws the machine's contribution, binds the machine to it, and only then asks for those of people.
pub(super) fn contributions(args: &InitArgs, screen: &mut dyn Screen, draw: &Draw) -> Result<Recipe> {
    let mut recipe = Recipe::begin(args.length(), draw)?;
    if args.offers_transcript() {
        screen.show(&commitment(&recipe))?;
        screen.ask("Enter when it is written down: ")?;
    }
    if args.dice {
        recipe.add_dice(ask_rolls(args.length(), screen)?)?;
    }
    if args.second_person {
        let question = format!(
            "Second person, unseen by the first: a text of yours, at least {SECOND_SHORTEST} characters (not shown): "
        );
        let differ = || SECOND_TEXT.error("the two texts differ");
        recipe.add_second(passphrase::twice(screen, &question, &differ, &check_second)?)?;
    }
    Ok(recipe)
}

/// In groups that a person compares by eye.
fn commitment(recipe: &Recipe) -> Vec<String> {
    let hash = recipe.commitment();
    let groups: Vec<&str> =
        (0..hash.len()).step_by(8).filter_map(|at| hash.get(at..at.saturating_add(8))).collect();
    let mut lines = vec![
        "This machine has drawn its part of the words and is bound to it by this hash.".to_owned(),
        "Write it down; the transcript is compared with it.".to_owned(),
        String::new(),
    ];
    lines.extend(groups.chunks(4).map(|row| format!("    {}", row.join(" "))));
    lines.push(String::new());
    lines
}

/// Rolls line by line, as many on a line as the person likes, until there are enough.
fn ask_rolls(length: Length, screen: &mut dyn Screen) -> Result<Rolls> {
    let mut rolls = Rolls::new();
    let mut note = String::new();
    let mut bad_lines = 0usize;
    while rolls.count() < length.rolls() {
        let question =
            format!("Rolls of a die, digits 1 to 6: {} of {}\n{note}\n> ", rolls.count(), length.rolls());
        match rolls.add(&screen.ask_seen(&question)?) {
            Ok(()) => note.clear(),
            Err(error) if error.code() == &NOT_ROLLS && bad_lines < MOST_BAD_LINES => {
                bad_lines = bad_lines.saturating_add(1);
                note = format!("{}; the line was not taken.\n", error.what());
            }
            Err(error) => return Err(error),
        }
    }
    Ok(rolls)
}

/// Shows what was mixed, to whoever wants to see it. Asked only now, so that the program cannot know before it mixes
/// whether somebody will look.
pub(super) fn offer_transcript(recipe: &Recipe, screen: &mut dyn Screen) -> Result<()> {
    screen.show(&[
        String::new(),
        "The transcript shows all that was mixed, so that you can make the words again with sha256sum"
            .to_owned(),
        "(docs/ENTROPY.md). It is as secret as the words.".to_owned(),
    ])?;
    while screen.ask("Type transcript to see it, or Enter to go on: ")?.trim() == "transcript" {
        recipe.transcript().iter().try_for_each(|page| screen.show_secret(page))?;
    }
    Ok(())
}

/// Onto paper and back from it.
pub(super) fn to_paper(words: &Mnemonic, screen: &mut dyn Screen) -> Result<()> {
    screen.show(&[
        String::new(),
        format!("Now the {} words, for paper: with their numbers, in their order.", words.word_count()),
    ])?;
    loop {
        screen.ask("Enter shows them: ")?;
        paper::show(words, screen)?;
        if screen.ask("Enter when all are on paper, or again to see them again: ")?.trim() != "again" {
            break;
        }
    }
    paper::check(words, screen)
}
