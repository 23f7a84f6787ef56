//! One code as an SVG: a rectangle of light and one path of dark runs, in units of modules.

use core::fmt::Write as _;

use crate::look::Look;
use crate::symbol::{QUIET, Symbol};

/// The SVG file of a code. It names no font, no script and nothing outside of itself.
pub fn encode(symbol: &Symbol, look: Look) -> String {
    let (side, outer, light) = (look.side(symbol), symbol.outer_size(), look.light());
    let mut file = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{side}\" height=\"{side}\" \
         viewBox=\"0 0 {outer} {outer}\" shape-rendering=\"crispEdges\">\n\
         <rect width=\"{outer}\" height=\"{outer}\" fill=\"#{light:02x}{light:02x}{light:02x}\"/>\n\
         <path fill=\"#000000\" d=\""
    );
    for y in 0..symbol.size() {
        for (x, length) in dark_runs(symbol, y) {
            let (x, y) = (x.saturating_add(QUIET), y.saturating_add(QUIET));
            write!(file, "M{x} {y}h{length}v1h-{length}z").expect("a String takes all that is written");
        }
    }
    file.push_str("\"/>\n</svg>\n");
    file
}

/// Column and length of each run of dark modules in a row.
fn dark_runs(symbol: &Symbol, y: usize) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for x in (0..symbol.size()).filter(|&x| symbol.is_dark(x, y)) {
        match runs.last_mut() {
            Some((start, length)) if start.saturating_add(*length) == x => *length = length.saturating_add(1),
            Some(_) | None => runs.push((x, 1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "tests; an overflow is a failure")]

    use super::*;
    use crate::eye::{self, Picture};

    /// Paints the rectangle and the path that [`encode`] writes, and nothing else.
    fn rasterize(svg: &str, scale: usize) -> Picture {
        let between = |from: &str, to: &str| {
            let rest = svg.split_once(from).unwrap_or_else(|| panic!("no {from}")).1;
            rest.split_once(to).unwrap_or_else(|| panic!("no {to}")).0
        };
        let outer: usize = between("viewBox=\"0 0 ", " ").parse().unwrap();
        let light = u8::from_str_radix(&between("fill=\"#", "\"")[..2], 16).unwrap();
        let mut picture = Picture::blank(outer * scale, light);
        for run in between(" d=\"", "\"").split_terminator('z') {
            let (start, shape) = run.strip_prefix('M').unwrap().split_once('h').unwrap();
            let (x, y) = start.split_once(' ').unwrap();
            let (length, back) = shape.split_once("v1h-").unwrap();
            assert_eq!(length, back, "the run closes");
            let (x, y, length): (usize, usize, usize) =
                (x.parse().unwrap(), y.parse().unwrap(), length.parse().unwrap());
            picture.fill((x * scale, y * scale), (length * scale, scale), 0);
        }
        picture
    }

    #[test]
    fn what_is_drawn_is_read_again_in_every_version() {
        for version in 1..=40 {
            let text = eye::text_for(version, 3);
            let symbol = Symbol::new(&text, version).unwrap();
            let svg = encode(&symbol, Look::default().with_dim(version % 2 == 0));
            let picture = rasterize(&svg, 4);
            assert!(picture.shows(&symbol, 4), "version {version}");
            assert_eq!(picture.text().as_deref(), Some(text.as_str()), "version {version}");
        }
    }

    #[test]
    fn a_drawing_names_nothing_outside_of_itself() {
        let svg = encode(&Symbol::new("UR:BYTES/AE", 1).unwrap(), Look::default());
        assert_eq!(svg.matches("http").count(), 1, "only the name of the format");
        for word in ["href", "url(", "script", "style", "image", "<!"] {
            assert!(!svg.contains(word), "{word}");
        }
        assert!(svg.contains("width=\"609\""), "29 modules of 21 pixels: {svg}");
    }
}
