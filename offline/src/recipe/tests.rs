use std::fs;
use std::path::Path;

use bitcoin::hex::FromHex;

use super::*;
use crate::dice::UNFAIR;
use crate::screen::{SECRET_COLUMNS, SECRET_ROWS};

fn secret_text(text: &str) -> SecretText {
    SecretText::new(text.to_owned())
}

fn rolls(digits: &str) -> Rolls {
    let mut rolls = Rolls::new();
    rolls.add(&secret_text(digits)).unwrap();
    rolls
}

/// The recipe of five lines, through the same doors as a person's contributions.
fn read(lines: &str) -> Recipe {
    let lines: Vec<Vec<&str>> = lines.lines().map(|line| line.splitn(3, ' ').collect()).collect();
    let [_, words, device, dice, second] = lines.as_slice() else { panic!("five lines") };
    let length = if words[1] == "12" { Length::Twelve } else { Length::TwentyFour };
    let device = Secret::take(&mut <[u8; 32]>::from_hex(device[2]).unwrap());
    let mut recipe = Recipe::of(length, &device);
    if let Some(digits) = dice.get(2) {
        recipe.add_dice(rolls(digits)).unwrap();
    }
    if let Some(text) = second.get(2) {
        recipe.add_second(secret_text(text)).unwrap();
    }
    recipe
}

fn vectors() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/entropy");
    let mut vectors = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "txt") {
            let expected = fs::read_to_string(path.with_extension("expected")).unwrap();
            vectors.push((fs::read_to_string(path).unwrap(), expected));
        }
    }
    assert_eq!(vectors.len(), 5);
    vectors
}

#[test]
fn the_vectors_give_their_commitment_entropy_and_words() {
    for (lines, expected) in vectors() {
        let recipe = read(&lines);
        assert_eq!(*recipe.lines(), lines);
        let entropy = hex(&recipe.digest().expose()[..recipe.length.entropy_bytes()]);
        let mut found = format!("commitment {}\nentropy {}\n", recipe.commitment(), entropy.expose());
        for (index, word) in recipe.mix().to_text().expose().split(' ').enumerate() {
            found.push_str(&format!("{} {word}\n", index.saturating_add(1)));
        }
        assert_eq!(found, expected);
    }
}

#[test]
fn every_contribution_changes_every_word_count_and_no_two_sets_make_the_same_lines() {
    let device = Secret::take(&mut [7; 32]);
    let dice =
        "645435145264246445464154623312145424154451434634226453513642654444121534111223656436121232131156336";
    let text = "a text of a second person";
    let mut seen = std::collections::BTreeSet::new();
    for length in [Length::Twelve, Length::TwentyFour] {
        for (with_dice, with_text) in [(false, false), (true, false), (false, true), (true, true)] {
            let mut recipe = Recipe::of(length, &device);
            if with_dice {
                recipe.add_dice(rolls(dice)).unwrap();
            }
            if with_text {
                recipe.add_second(secret_text(text)).unwrap();
            }
            assert_eq!(recipe.mix().word_count(), length.words());
            assert!(seen.insert(recipe.mix().to_text().expose().to_owned()));
        }
    }
    let mut other = Recipe::of(Length::TwentyFour, &Secret::take(&mut [8; 32]));
    other.add_second(secret_text(text)).unwrap();
    assert!(seen.insert(other.mix().to_text().expose().to_owned()));
}

#[test]
fn too_few_or_invented_rolls_are_refused() {
    for (length, count) in [(Length::Twelve, 49), (Length::TwentyFour, 98)] {
        let mut recipe = Recipe::of(length, &Secret::zero());
        let error = recipe.add_dice(rolls(&"1".repeat(count))).unwrap_err();
        assert_eq!(error.code(), &FEW_ROLLS);
        let error = recipe.add_dice(rolls(&"1".repeat(count + 1))).unwrap_err();
        assert_eq!(error.code(), &UNFAIR);
        assert_eq!(recipe.dice.count(), 0);
    }
}

#[test]
fn a_second_text_that_other_machines_could_read_otherwise_or_that_is_short_is_refused() {
    let refused = |text: &str| {
        let mut recipe = Recipe::of(Length::Twelve, &Secret::zero());
        recipe.add_second(secret_text(text)).is_err_and(|error| error.code() == &SECOND_TEXT)
    };
    for bad in [
        "",
        "nineteen characters",
        " begins with a space..",
        "ends with a space... ",
        "caf\u{e9} de la gare du nord",
    ] {
        assert!(refused(bad), "{bad}");
    }
    assert!(refused("tab\tin the middle of it") && refused("abcabcabcabcabcabcabcabc"));
    assert!(refused(&"twenty characters ok".repeat(11)));
    assert!(!refused("twenty characters ok"));
}

#[test]
fn a_source_that_repeats_itself_makes_no_recipe() {
    let stuck: &Draw = &|bytes| {
        bytes.fill(9);
        Ok(())
    };
    assert_eq!(Recipe::begin(Length::Twelve, stuck).err().unwrap().code(), &BAD_SOURCE);
    let recipes = [(); 2].map(|()| Recipe::begin(Length::Twelve, &crate::entropy::of_system).unwrap());
    assert_ne!(recipes[0].commitment(), recipes[1].commitment());
}

#[test]
fn the_transcript_holds_every_digit_and_fits_the_smallest_window() {
    for (lines, expected) in vectors() {
        let recipe = read(&lines);
        let pages = recipe.transcript();
        let mut letters = String::new();
        for page in &pages {
            assert!(page.expose().lines().count() <= SECRET_ROWS, "{}", page.expose());
            assert!(page.expose().lines().all(|row| row.len() <= SECRET_COLUMNS), "{}", page.expose());
            for row in page.expose().lines().skip(2) {
                letters.push_str(row.trim_matches('|'));
            }
        }
        let spaceless = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
        let contributions = [&recipe.device, &secret_text(recipe.dice.expose()), &recipe.second]
            .map(|t| t.expose().to_owned());
        let entropy = expected.lines().nth(1).unwrap().trim_start_matches("entropy ");
        assert_eq!(spaceless(&letters), spaceless(&format!("{}{entropy}", contributions.concat())));
    }
}
