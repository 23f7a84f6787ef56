//! Reading the fixed layouts from before CBOR.

/// Takes fields from the front of a body.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        Self { rest: body }
    }

    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.bytes(8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.bytes(4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.bytes(1)?.first().copied()
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        self.u8().map(|byte| byte != 0)
    }

    pub(super) fn rest(self) -> &'a [u8] {
        self.rest
    }
}
