//! Looks for known secrets in the memory of a process that stands still, in every form in which a program may hold them.
//!
//! | form | what it is |
//! | --- | --- |
//! | `raw` | the bytes themselves |
//! | `rev` | reversed: a scalar with its lowest byte first |
//! | `swap4`, `swap8` | words of 32 or 64 bits with their bytes swapped: what a hash works on |
//! | `hex`, `HEX`, `b64` | text of the bytes |
//! | `u16`, `u32` | text in wider characters |
//! | `ipad`, `opad`, `ipad8`, `opad8` | a key as the inner or outer block of HMAC, as bytes or 64-bit words |
//!
//! Each secret is looked for whole and in pieces of 16 bytes, so that a copy that is overwritten in part is seen.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;

/// Bytes read at once.
const CHUNK: usize = 1 << 20;
/// Bytes that are looked at together, to see whether they are all zero.
const PAGE: usize = 4096;
/// The length of a piece.
const PIECE: usize = 16;
/// Patterns are found by their first bytes; shorter ones would be found by chance.
const SHORTEST: usize = 8;

/// A secret to look for.
#[derive(Clone, Debug)]
pub struct Needle {
    /// Its name in reports.
    pub name: String,
    bytes: Vec<u8>,
    is_text: bool,
}

impl Needle {
    /// Secret bytes.
    pub fn bytes(name: impl Into<String>, bytes: &[u8]) -> Self {
        Self { name: name.into(), bytes: bytes.to_vec(), is_text: false }
    }

    /// Secret text.
    pub fn text(name: impl Into<String>, text: &str) -> Self {
        Self { name: name.into(), bytes: text.as_bytes().to_vec(), is_text: true }
    }

    /// The secret itself.
    pub fn value(&self) -> &[u8] {
        &self.bytes
    }
}

/// One way in which a needle, or a piece of it, can lie in memory.
#[derive(Clone, Debug)]
struct Pattern {
    needle: String,
    form: &'static str,
    is_whole: bool,
    bytes: Vec<u8>,
}

/// A needle in a form in a kind of memory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The name of the needle.
    pub needle: String,
    /// Its form.
    pub form: &'static str,
    /// Whether all of it is there, or a piece of 16 bytes.
    pub is_whole: bool,
    /// `[heap]`, `[stack]`, `anon` or the name of a mapped file.
    pub region: String,
}

/// What a scan saw.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// How many bytes were read.
    pub bytes: usize,
    /// How often each thing was found.
    pub found: BTreeMap<Place, usize>,
}

impl Scan {
    /// Copies of whole secrets.
    pub fn whole(&self) -> usize {
        self.found.iter().filter(|(place, _)| place.is_whole).map(|(_, count)| count).sum()
    }

    /// How often one needle was found whole.
    pub fn whole_of(&self, needle: &str) -> usize {
        let its = |place: &Place| place.is_whole && place.needle == needle;
        self.found.iter().filter(|(place, _)| its(place)).map(|(_, count)| count).sum()
    }

    /// Copies of whole secrets and of pieces.
    pub fn all(&self) -> usize {
        self.found.values().sum()
    }
}

impl std::fmt::Display for Scan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{} whole, {} with pieces, in {} bytes", self.whole(), self.all(), self.bytes)?;
        for (Place { needle, form, is_whole, region }, count) in &self.found {
            let what = if *is_whole { "whole" } else { "piece" };
            writeln!(f, "  {needle:24} {form:6} {what} {region:20} {count}")?;
        }
        Ok(())
    }
}

/// Needles in all their forms, ready to be found in one pass.
#[derive(Debug)]
pub struct Scanner {
    patterns: Vec<Pattern>,
    by_start: HashMap<[u8; SHORTEST], Vec<usize>>,
    /// Which first two bytes begin any pattern.
    begins: Vec<bool>,
    /// Which two bytes come third and fourth in any pattern.
    goes_on: Vec<bool>,
    longest: usize,
}

impl Scanner {
    /// Prepares the needles.
    ///
    /// # Panics
    /// When a needle has fewer than 16 bytes: it would be found by chance.
    pub fn new(needles: &[Needle]) -> Self {
        let patterns: Vec<Pattern> = needles.iter().flat_map(patterns).collect();
        let mut by_start: HashMap<_, Vec<usize>> = HashMap::new();
        let (mut begins, mut goes_on) = (vec![false; 1 << 16], vec![false; 1 << 16]);
        for (index, pattern) in patterns.iter().enumerate() {
            by_start.entry(start(&pattern.bytes).expect("8 bytes")).or_default().push(index);
            begins[two(&pattern.bytes)] = true;
            goes_on[two(&pattern.bytes[2..])] = true;
        }
        let longest = patterns.iter().map(|pattern| pattern.bytes.len()).max().unwrap_or(0);
        Self { patterns, by_start, begins, goes_on, longest }
    }

    /// How many patterns it looks for.
    pub fn patterns(&self) -> usize {
        self.patterns.len()
    }

    /// Reads every readable mapping of a process, which must stand still.
    ///
    /// # Errors
    /// When the system does not let this process read the other's memory.
    ///
    /// # Panics
    /// When the system lists mappings in a form of its own.
    pub fn scan_process(&self, pid: u32) -> io::Result<Scan> {
        let memory = File::open(format!("/proc/{pid}/mem"))?;
        let mut scan = Scan::default();
        for mapping in fs::read_to_string(format!("/proc/{pid}/maps"))?.lines() {
            let mut parts = mapping.split_whitespace();
            let (range, rights) = (parts.next().expect("a range"), parts.next().expect("rights"));
            let region = match parts.nth(3) {
                None => "anon",
                Some(path) => path.rsplit('/').next().unwrap_or(path),
            };
            // The kernel's own pages: they hold the time, and cannot be read from outside.
            if !rights.starts_with('r') || region.starts_with("[vvar") || region == "[vsyscall]" {
                continue;
            }
            let (from, to) = range.split_once('-').expect("a range");
            let address = |text| u64::from_str_radix(text, 16).expect("an address");
            self.scan_range(&memory, address(from)..address(to), region, &mut scan)?;
        }
        Ok(scan)
    }

    fn scan_range(
        &self,
        memory: &File,
        range: std::ops::Range<u64>,
        region: &str,
        scan: &mut Scan,
    ) -> io::Result<()> {
        let mut buffer = Vec::with_capacity(CHUNK + self.longest);
        let mut at = range.start;
        while at < range.end {
            // What may be the beginning of a pattern that goes on in this chunk.
            let kept = buffer.len().min(self.longest.saturating_sub(1));
            buffer.drain(..buffer.len() - kept);
            let count = usize::try_from(range.end - at).unwrap_or(CHUNK).min(CHUNK);
            buffer.resize(kept + count, 0);
            memory.read_exact_at(&mut buffer[kept..], at)?;
            self.scan_bytes(&buffer, kept, region, scan);
            scan.bytes += count;
            at += u64::try_from(count).expect("a chunk");
        }
        Ok(())
    }

    /// Counts what ends behind the first `seen` bytes.
    fn scan_bytes(&self, bytes: &[u8], seen: usize, region: &str, scan: &mut Scan) {
        // Much memory was never used. No pattern begins with so many zeros as are left at the end of such a page.
        let unused = [0; PAGE];
        for (number, page) in bytes.chunks(PAGE).enumerate() {
            let skipped = if page == unused { PAGE - PIECE } else { 0 };
            let mut pair = usize::from(page[skipped]);
            for (offset, next) in page[skipped + 1..].iter().enumerate() {
                pair = (pair << 8 | usize::from(*next)) & 0xffff;
                if self.begins[pair] {
                    self.compare(bytes, number * PAGE + skipped + offset, seen, region, scan);
                }
            }
            // The pair that crosses the end of the page.
            self.compare(bytes, number * PAGE + page.len() - 1, seen, region, scan);
        }
    }

    /// Counts the patterns that begin here.
    fn compare(&self, bytes: &[u8], at: usize, seen: usize, region: &str, scan: &mut Scan) {
        let here = &bytes[at..];
        if here.len() < SHORTEST || !self.goes_on[two(&here[2..])] {
            return;
        }
        for index in start(here).and_then(|start| self.by_start.get(&start)).into_iter().flatten() {
            let Pattern { needle, form, is_whole, bytes } = &self.patterns[*index];
            if here.starts_with(bytes) && at + bytes.len() > seen {
                let region = region.to_owned();
                let place = Place { needle: needle.clone(), form, is_whole: *is_whole, region };
                *scan.found.entry(place).or_default() += 1;
            }
        }
    }
}

fn two(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

fn start(bytes: &[u8]) -> Option<[u8; SHORTEST]> {
    bytes.first_chunk().copied()
}

/// All forms of a needle and of its pieces; none twice.
fn patterns(needle: &Needle) -> Vec<Pattern> {
    let bytes = needle.bytes.as_slice();
    assert!(bytes.len() >= PIECE, "{} is too short to be told from chance", needle.name);
    let mut parts = vec![(true, bytes)];
    if bytes.len() > PIECE {
        parts.extend(bytes.chunks_exact(PIECE).map(|piece| (false, piece)));
        parts.push((false, &bytes[bytes.len() - PIECE..]));
    }
    let mut patterns: Vec<Pattern> = Vec::new();
    for (is_whole, part) in parts {
        for (form, bytes) in forms(part, needle.is_text) {
            let is_telling = bytes.iter().collect::<std::collections::BTreeSet<_>>().len() > 2;
            if is_telling && !patterns.iter().any(|known| known.bytes == bytes) {
                patterns.push(Pattern { needle: needle.name.clone(), form, is_whole, bytes });
            }
        }
    }
    patterns
}

fn forms(bytes: &[u8], is_text: bool) -> Vec<(&'static str, Vec<u8>)> {
    let padded = |pad: u8| bytes.iter().map(|byte| byte ^ pad).collect::<Vec<u8>>();
    let (ipad, opad) = (padded(0x36), padded(0x5c));
    let mut forms = vec![
        ("raw", bytes.to_vec()),
        ("swap8", swapped(bytes, 8)),
        ("ipad8", swapped(&ipad, 8)),
        ("opad8", swapped(&opad, 8)),
        ("ipad", ipad),
        ("opad", opad),
    ];
    if is_text {
        let wide = |width: usize| -> Vec<u8> {
            bytes.iter().flat_map(|byte| [&[*byte][..], &[0, 0, 0][..width - 1]].concat()).collect()
        };
        forms.extend([("u16", wide(2)), ("u32", wide(4))]);
    } else {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        forms.extend([
            ("rev", bytes.iter().rev().copied().collect()),
            ("swap4", swapped(bytes, 4)),
            ("HEX", hex.to_uppercase().into_bytes()),
            ("hex", hex.into_bytes()),
            ("b64", base64(bytes)),
        ]);
    }
    forms
}

/// Whole words with their bytes swapped; what is left over is left out.
fn swapped(bytes: &[u8], width: usize) -> Vec<u8> {
    bytes.chunks_exact(width).flat_map(|word| word.iter().rev().copied()).collect()
}

/// Base64 without padding and without its last character, which depends on what follows.
fn base64(bytes: &[u8]) -> Vec<u8> {
    use bitcoin::base64::Engine as _;
    use bitcoin::base64::engine::general_purpose::STANDARD_NO_PAD;

    let mut text = STANDARD_NO_PAD.encode(bytes).into_bytes();
    text.pop();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [
        0x1e, 0x99, 0x42, 0x3a, 0x4e, 0xd2, 0x76, 0x08, 0xa1, 0x5a, 0x26, 0x16, 0xa2, 0xb0, 0xe9, 0xe5, 0x2c,
        0xed, 0x33, 0x0a, 0xc5, 0x30, 0xed, 0xcc, 0x32, 0xc8, 0xff, 0xc6, 0xa5, 0x26, 0xae, 0xdd,
    ];

    fn scan(needle: &Needle, memory: &[u8]) -> Scan {
        let mut scan = Scan::default();
        Scanner::new(std::slice::from_ref(needle)).scan_bytes(memory, 0, "here", &mut scan);
        scan
    }

    fn found(needle: &Needle, memory: &[u8]) -> Vec<(&'static str, bool)> {
        scan(needle, memory).found.into_keys().map(|place| (place.form, place.is_whole)).collect()
    }

    #[test]
    fn finds_bytes_in_every_form() {
        let needle = Needle::bytes("key", &KEY);
        let hex = "1e99423a4ed27608a15a2616a2b0e9e52ced330ac530edcc32c8ffc6a526aedd";
        for (form, held) in [
            ("raw", KEY.to_vec()),
            ("rev", KEY.iter().rev().copied().collect()),
            ("swap4", swapped(&KEY, 4)),
            ("swap8", swapped(&KEY, 8)),
            ("hex", hex.as_bytes().to_vec()),
            ("HEX", hex.to_uppercase().into_bytes()),
            ("b64", b"HplCOk7SdgihWiYWorDp5SztMwrFMO3MMsj/xqUmrt0=".to_vec()),
            ("ipad", KEY.map(|byte| byte ^ 0x36).to_vec()),
            ("opad", KEY.map(|byte| byte ^ 0x5c).to_vec()),
            ("ipad8", swapped(&KEY.map(|byte| byte ^ 0x36), 8)),
            ("opad8", swapped(&KEY.map(|byte| byte ^ 0x5c), 8)),
        ] {
            let memory = [&[0xaa; 13][..], &held, &[0xaa; 5]].concat();
            assert!(found(&needle, &memory).contains(&(form, true)), "{form}");
        }
        assert!(found(&needle, &[0; 4096]).is_empty());
    }

    #[test]
    fn finds_text_in_wide_characters_and_half_of_a_key() {
        let words = Needle::text("words", "amber falcon crater oyster");
        let wide: Vec<u8> = "amber falcon crater oyster".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(found(&words, &wide).contains(&("u16", true)));
        let key = Needle::bytes("key", &KEY);
        for half in KEY.chunks(16) {
            let memory = [&[0; 9][..], half, &[0; 32]].concat();
            assert_eq!(found(&key, &memory), [("raw", false)]);
        }
    }

    #[test]
    fn finds_a_copy_wherever_it_begins() {
        let needle = Needle::bytes("key", &KEY);
        for at in [0, 1, PAGE - 33, PAGE - 32, PAGE - 31, PAGE - 2, PAGE - 1, PAGE, 3 * PAGE - 32] {
            let mut memory = vec![0; 3 * PAGE];
            memory[at..at + 32].copy_from_slice(&KEY);
            assert_eq!(scan(&needle, &memory).whole(), 1, "{at}");
        }
    }

    #[test]
    fn a_copy_across_two_chunks_is_found_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("memory");
        let mut memory = vec![0; 2 * CHUNK];
        memory[CHUNK - 7..CHUNK + 25].copy_from_slice(&KEY);
        fs::write(&path, &memory).unwrap();
        let scanner = Scanner::new(&[Needle::bytes("key", &KEY)]);
        let mut scan = Scan::default();
        let end = u64::try_from(memory.len()).unwrap();
        scanner.scan_range(&File::open(&path).unwrap(), 0..end, "here", &mut scan).unwrap();
        assert_eq!((scan.whole(), scan.bytes), (1, memory.len()));
    }
}
