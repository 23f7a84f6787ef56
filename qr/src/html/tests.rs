//! The page holds what it says it holds and nothing that reaches outside.

#![allow(clippy::arithmetic_side_effects, reason = "tests; an overflow is a failure")]

use core::time::Duration;

use super::*;
use crate::eye::{self, Picture};
use crate::symbol::QUIET;

fn reel(texts: &[String], version: u8) -> Reel {
    Reel::new(texts.to_vec(), version, Duration::from_millis(200)).unwrap()
}

/// The codes that stand in the page's script, as the script paints them.
fn pictures(page: &str) -> Vec<Picture> {
    let number = |name: &str| -> usize {
        let rest = page.split_once(&format!("{name} = ")).unwrap().1;
        rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
    };
    let (size, light) = (number("const size"), u8::try_from(number("firstLight")).unwrap());
    let frames = page.split_once("const frames = [").unwrap().1.split_once(']').unwrap().0;
    let scale = 4;
    let paint = |hex: &str| {
        let mut picture = Picture::blank((size + 2 * QUIET) * scale, light);
        for y in 0..size {
            for x in 0..size {
                let at = y * size.div_ceil(8) + x / 8;
                let byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
                if byte & (0x80 >> (x % 8)) != 0 {
                    picture.fill(((x + QUIET) * scale, (y + QUIET) * scale), (scale, scale), 0);
                }
            }
        }
        picture
    };
    frames.split(',').map(|frame| paint(frame.trim().trim_matches('"'))).collect()
}

#[test]
fn every_code_of_the_page_is_read_again_in_order() {
    let texts: Vec<String> = (0..7).map(|seed| eye::text_for(20, seed)).collect();
    let page = page(&reel(&texts, 20), Look::default(), "R7K3-rebalance");
    let read: Vec<String> = pictures(&page).iter().filter_map(Picture::text).collect();
    assert_eq!(read, texts);
    assert!(page.contains("firstPeriod = 200,"));
    let gray = super::page(&reel(&texts[..1], 20), Look::default().with_dim(true), "x");
    assert!(gray.contains("firstLight = 190;"));
    assert_eq!(pictures(&gray)[0].text().as_deref(), Some(texts[0].as_str()));
}

#[test]
fn the_page_needs_nothing_outside_of_itself() {
    let page = page(&reel(&[eye::text_for(1, 1)], 1), Look::default(), "a");
    for word in [
        "http:",
        "https:",
        "src=",
        "href=",
        "url(",
        "import",
        "fetch",
        "XMLHttp",
        "//cdn",
        "eval(",
        "innerHTML",
    ] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("default-src 'none'"), "and the browser is told so");
    assert!(!page.contains('@'), "every name was filled in");
}

#[test]
fn an_outside_title_stays_text() {
    let title = "</title><script>alert(1)</script> @FRAMES@ \"x\" & \u{202e}";
    let page = page(&reel(&[eye::text_for(1, 1)], 1), Look::default(), title);
    let shown =
        "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt; &#64;FRAMES&#64; &quot;x&quot; &amp; \\u{202e}";
    assert_eq!(page.matches(shown).count(), 3);
    assert_eq!(page.matches("<script>").count(), 1);
    assert_eq!(pictures(&page).len(), 1);
}
