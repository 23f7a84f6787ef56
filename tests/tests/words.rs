//! The words that tell bundles apart can never be mistaken for a seed.

use std::collections::HashSet;

use airlock::words::WORDS;
use airlock_tests::workspace_root;

fn list(name: &str, expected: usize) -> HashSet<String> {
    let path = workspace_root().join("vectors/wordlists").join(name);
    let words: HashSet<String> =
        std::fs::read_to_string(path).unwrap().lines().map(|word| word.to_lowercase()).collect();
    assert_eq!(words.len(), expected, "{name}");
    words
}

#[test]
fn no_word_stands_in_a_seed_word_list() {
    let lists = [list("bip39_english.txt", 2048), list("electrum_v1.txt", 1626), list("rfc1751.txt", 2048)];
    for word in WORDS {
        assert!(lists.iter().all(|list| !list.contains(word)), "{word} is a seed word");
    }
}
