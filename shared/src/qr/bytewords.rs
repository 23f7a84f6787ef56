//! Bytewords, minimal form (BCR-2020-012): each byte is the first and the last letter of its word, and the CRC32 of the
//! data follows the data. Two letters a byte, all of them in the alphanumeric set of QR codes.

use std::sync::LazyLock;

use crate::qr::ur::Fault;

/// First and last letters of the 256 words, in order.
const LETTERS: &str = "\
    AEADAOAXAAAHAMATAYASBKBDBNBTBABSBEBYBGBWBBBZCMCHCSCFCYCWCECACKCT\
    CXCLCPCNDKDADSDIDEDTDRDNDWDPDMDLDYEHEYEOEEECENEMETESFTFRFNFSFMFH\
    FZFPFWFXFYFEFGFLFDGAGEGRGSGTGLGWGDGYGMGUGHGOHFHGHDHKHTHPHHHLHYHE\
    HNHSIDIAIEIHIYIOISINIMJEJZJNJTJLJOJSJPJKJYKPKOKTKSKKKNKGKEKIKBLB\
    LALYLFLSLRLPLNLTLOLDLELULKLGMNMYMHMEMOMUMWMDMTMSMKNLNYNDNSNTNNNE\
    NBOYOEOTOXONOLOSPDPTPKPYPSPMPLPEPFPAPRQDQZRERPRLRORHRDRKRFRYRNRS\
    RTSESASRSSSKSWSTSPSOSGSBSFSNTOTKTITTTDTETYTLTBTSTPTATNUYUOUTUEUR\
    VTVYVOVLVEVWVAVDVSWLWDWMWPWEWYWSWTWNWZWFWKYKYNYLYAYTZSZOZTZCZEZM";

/// Letters of the alphabet; a pair of letters is a number to this base.
const ALPHABET: usize = 26;
/// Bytes of the CRC32.
const CHECK_BYTES: usize = 4;

/// The byte of every pair of letters that is one.
static BYTES: LazyLock<Vec<Option<u8>>> = LazyLock::new(|| {
    let mut bytes = vec![None; ALPHABET.saturating_mul(ALPHABET)];
    for (byte, pair) in (0..=u8::MAX).zip(LETTERS.as_bytes().chunks_exact(2)) {
        if let Some(slot) = place(pair).and_then(|place| bytes.get_mut(place)) {
            *slot = Some(byte);
        }
    }
    bytes
});

/// Writes `data` and its CRC32 as upper-case letters.
pub fn encode(data: &[u8]) -> String {
    let check = crc32fast::hash(data).to_be_bytes();
    let mut letters = String::with_capacity(data.len().saturating_add(CHECK_BYTES).saturating_mul(2));
    for byte in data.iter().chain(&check) {
        let start = usize::from(*byte).saturating_mul(2);
        letters
            .push_str(LETTERS.get(start..start.saturating_add(2)).expect("512 letters, two for each byte"));
    }
    letters
}

/// Reads letters of either case back; what is given back is half as long as `letters`, less four bytes.
///
/// # Errors
/// [`Fault::Letters`] when a pair is no byte or a letter is left over, [`Fault::Check`] when the CRC32 differs.
pub fn decode(letters: &str) -> Result<Vec<u8>, Fault> {
    let pairs = letters.as_bytes().chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return Err(Fault::Letters);
    }
    let mut data = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let byte = place(pair).and_then(|place| BYTES.get(place).copied().flatten()).ok_or(Fault::Letters)?;
        data.push(byte);
    }
    let body = data.len().checked_sub(CHECK_BYTES).ok_or(Fault::Letters)?;
    let check = data.split_off(body);
    if check != crc32fast::hash(&data).to_be_bytes() {
        return Err(Fault::Check);
    }
    Ok(data)
}

/// The place of a pair of letters of either case among all pairs.
fn place(pair: &[u8]) -> Option<usize> {
    let [first, last] = pair else { return None };
    let letter = |byte: u8| {
        byte.to_ascii_uppercase().checked_sub(b'A').map(usize::from).filter(|place| *place < ALPHABET)
    };
    letter(*first)?.checked_mul(ALPHABET)?.checked_add(letter(*last)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_letters_of_its_own() {
        let all: Vec<u8> = (0..=u8::MAX).collect();
        let letters = encode(&all);
        assert_eq!(letters.len(), 2 * (256 + 4));
        assert_eq!(decode(&letters), Ok(all.clone()));
        assert_eq!(decode(&letters.to_ascii_lowercase()), Ok(all));
        assert_eq!(BYTES.iter().flatten().count(), 256);
    }

    #[test]
    fn the_example_of_the_specification_holds() {
        // BCR-2020-012: 00 01 02 80 ff in minimal form.
        assert_eq!(encode(&[0x00, 0x01, 0x02, 0x80, 0xff]), "AEADAOLAZMJENDEOTI");
    }

    #[test]
    fn refuses_letters_that_are_no_words_and_a_wrong_check() {
        for bad in
            ["", "A", "AEA", "AAA", "AEADAOLAZMJENDEOT", "AEADAOLAZMJENDEO1I", "AEADAOLAZMJENDEOé", "QQ"]
        {
            assert_eq!(decode(bad), Err(Fault::Letters), "{bad}");
        }
        assert_eq!(decode("AEADAOLAZMJENDEOAE"), Err(Fault::Check));
    }
}
