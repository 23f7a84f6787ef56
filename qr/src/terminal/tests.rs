//! The text of a terminal, drawn into pixels by a small terminal of the tests and read again.

#![allow(clippy::arithmetic_side_effects, reason = "tests; an overflow is a failure")]

use super::*;
use crate::eye::{self, cells, draw};

#[test]
fn every_version_is_read_again_from_the_terminal() {
    for version in VERSIONS {
        let text = eye::text_for(version, 5);
        let symbol = Symbol::new(&text, version).unwrap();
        let rows = rows(&symbol, false);
        let needed = Window::needed(version);
        assert_eq!(rows.len(), needed.rows);
        assert!(rows.iter().all(|row| cells(row).len() == needed.columns));
        assert_eq!(draw(&rows, (4, 8, 0)).text().as_deref(), Some(text.as_str()), "version {version}");
    }
}

#[test]
fn cells_of_usual_fonts_and_line_gaps_are_read_dim_or_not() {
    for (place, cell) in [(8, 16, 0), (8, 17, 0), (8, 18, 0), (8, 20, 0), (8, 16, 1), (8, 17, 1), (10, 19, 0)]
        .into_iter()
        .enumerate()
    {
        for version in [5, 10, 15, 20] {
            let text = eye::text_for(version, place);
            let rows = rows(&Symbol::new(&text, version).unwrap(), place % 2 == 1);
            assert_eq!(
                draw(&rows, cell).text().as_deref(),
                Some(text.as_str()),
                "version {version}, cells {cell:?}"
            );
        }
    }
}

#[test]
fn the_quiet_zone_is_painted_and_the_modules_are_where_they_belong() {
    let symbol = Symbol::new("UR:BYTES/AE", 1).unwrap();
    let rows = rows(&symbol, true);
    for (y, row) in rows.iter().enumerate() {
        for (x, (glyph, ink, paper)) in cells(row).into_iter().enumerate() {
            let half = |drawn: bool| if drawn { ink } else { paper };
            let (top, bottom) = (half("▀█".contains(glyph)), half("▄█".contains(glyph)));
            assert_eq!(top == 0, symbol.is_dark_outer(x, 2 * y));
            assert_eq!(bottom == 0, symbol.is_dark_outer(x, 2 * y + 1));
            assert!(top == 0 || top == 188);
        }
    }
    assert!(
        cells(&rows[1]).iter().all(|&(glyph, _, paper)| glyph == ' ' && paper == 188),
        "light above the code"
    );
}

#[test]
fn windows_hold_what_the_reference_says() {
    // qr.md 8.3: rows of versions 5, 10, 15, 20 and 27; an 80 x 24 terminal holds version 5.
    for (version, rows) in [(5, 23), (10, 33), (15, 43), (20, 53), (27, 67)] {
        assert_eq!(Window::needed(version), Window { columns: 25 + 4 * usize::from(version), rows });
        let window = Window { columns: 25 + 4 * usize::from(version), rows: rows + 1 };
        assert_eq!(window.largest_version(1), Some(version));
        for smaller in [Window { columns: window.columns - 1, ..window }, Window { rows, ..window }] {
            assert_eq!(smaller.largest_version(1), Some(version - 1), "{smaller:?}");
        }
    }
    assert_eq!(Window { columns: 80, rows: 24 }.largest_version(1), Some(5));
    assert_eq!(Window { columns: 500, rows: 500 }.largest_version(1), Some(40));
    assert_eq!(Window { columns: 28, rows: 100 }.largest_version(1), None);
}

#[test]
fn a_code_that_would_wrap_is_refused_with_the_sizes() {
    let symbol = Symbol::new("A", 20).unwrap();
    let error = print(&symbol, false, Window { columns: 80, rows: 24 }).unwrap_err();
    assert_eq!(error.code(), &WINDOW);
    assert_eq!(
        error.what(),
        "QR version 20 needs 105 columns and 54 rows; the window has 80 and 24, which holds version 5 at most"
    );
    let error = print(&symbol, false, Window { columns: 20, rows: 5 }).unwrap_err();
    assert!(error.what().ends_with("which holds no code"), "{error}");
    let text = print(&symbol, false, Window { columns: 105, rows: 54 }).unwrap();
    assert_eq!(text.lines().count(), 53);
    assert!(text.ends_with("\x1b[0m\n"));
}
