//! The bit stream of MPMA messages, most significant bit first.

/// Reads bits.
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.position / 8)?;
        let shift = 7usize.checked_sub(self.position % 8)?;
        self.position = self.position.checked_add(1)?;
        Some((byte >> shift) & 1 == 1)
    }

    /// An unsigned number of at most 64 bits.
    pub(super) fn number(&mut self, bits: u32) -> Option<u64> {
        (0..bits).try_fold(0u64, |number, _| Some((number << 1) | u64::from(self.flag()?)))
    }

    pub(super) fn bytes(&mut self, count: u64) -> Option<Vec<u8>> {
        (0..count).map(|_| self.number(8).and_then(|byte| u8::try_from(byte).ok())).collect()
    }
}

/// Writes bits; the last byte is filled with zeros.
#[derive(Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    used: u32,
}

impl BitWriter {
    pub(super) fn flag(&mut self, bit: bool) {
        if self.used == 0 {
            self.bytes.push(0);
        }
        if let (true, Some(last)) = (bit, self.bytes.last_mut()) {
            *last |= 0x80 >> self.used;
        }
        self.used = self.used.wrapping_add(1) % 8;
    }

    pub(super) fn number(&mut self, number: u64, bits: u32) {
        for bit in (0..bits).rev() {
            self.flag((number >> bit) & 1 == 1);
        }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.number(u64::from(*byte), 8);
        }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}
