//! The readable beginning of a vault: how the key is made of the passphrase.

use airlock::{Error, Result};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

use super::BAD_VAULT;
use crate::error::NO_ENTROPY;
use crate::secret::{Secret, SecretText};

/// Bytes of the header.
pub(super) const HEADER_BYTES: usize = 68;
const MAGIC: &[u8; 16] = b"airlock-vault/1\n";
const MEMORY_KIB: u32 = 64 * 1024;
const FEWEST_PASSES: u32 = 3;
const MOST_PASSES: u32 = 256;
/// How long a guess at the passphrase of a new vault takes on the machine that makes it.
const AIM: Duration = Duration::from_secs(1);
/// Passes of the trial run that tells how fast the machine is.
const TRIAL_PASSES: u32 = 2;
const FAST_MEMORY_KIB: u32 = 256;
const FAST_PASSES: u32 = 1;
const LANES: u32 = 1;

/// How much work a guess at the passphrase costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// 64 MiB and at least 3 passes.
    Full,
    /// Next to nothing: for test networks only.
    TestOnly,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    memory_kib: u32,
    passes: u32,
    salt: [u8; 16],
    nonce: [u8; 24],
}

impl Header {
    pub(super) fn new(strength: Strength) -> Result<Self> {
        let (memory_kib, passes) = match strength {
            Strength::Full => (MEMORY_KIB, passes_for(trial()?)),
            Strength::TestOnly => (FAST_MEMORY_KIB, FAST_PASSES),
        };
        let mut header = Self { memory_kib, passes, salt: [0; 16], nonce: [0; 24] };
        fill_random(&mut header.salt)?;
        Ok(header)
    }

    /// Reads a header and refuses every setting that we would not have written.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self> {
        let mut rest = bytes;
        if take::<16>(&mut rest)? != *MAGIC {
            return Err(BAD_VAULT.error("the file does not begin as a vault does"));
        }
        let mut number = || take::<4>(&mut rest).map(u32::from_be_bytes);
        let (memory_kib, passes, lanes) = (number()?, number()?, number()?);
        let is_full = memory_kib == MEMORY_KIB && (FEWEST_PASSES..=MOST_PASSES).contains(&passes);
        let is_fast = memory_kib == FAST_MEMORY_KIB && passes == FAST_PASSES;
        if lanes != LANES || !(is_full || is_fast) {
            return Err(BAD_VAULT.error(format!(
                "{memory_kib} KiB, {passes} passes and {lanes} lanes are not a setting of ours"
            )));
        }
        Ok(Self { memory_kib, passes, salt: take(&mut rest)?, nonce: take(&mut rest)? })
    }

    pub(super) fn encode(&self) -> [u8; HEADER_BYTES] {
        let numbers = [self.memory_kib, self.passes, LANES].map(u32::to_be_bytes);
        let parts = MAGIC.iter().chain(numbers.iter().flatten()).chain(&self.salt).chain(&self.nonce);
        let mut bytes = [0; HEADER_BYTES];
        for (to, from) in bytes.iter_mut().zip(parts) {
            *to = *from;
        }
        bytes
    }

    pub(super) fn passes(&self) -> u32 {
        self.passes
    }

    pub(super) fn strength(&self) -> Strength {
        if self.memory_kib == FAST_MEMORY_KIB { Strength::TestOnly } else { Strength::Full }
    }

    pub(super) fn nonce(&self) -> &[u8; 24] {
        &self.nonce
    }

    /// A nonce that was never used: 192 random bits.
    pub(super) fn renew_nonce(&mut self) -> Result<()> {
        fill_random(&mut self.nonce)
    }

    /// Argon2id in memory of our own, which is wiped.
    pub(super) fn derive_key(&self, passphrase: &SecretText) -> Result<Secret<32>> {
        let params = Params::new(self.memory_kib, self.passes, LANES, Some(32)).map_err(|e| refused(&e))?;
        let mut memory = Zeroizing::new(vec![Block::new(); params.block_count()]);
        let mut key = Secret::zero();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(
                passphrase.expose().as_bytes(),
                &self.salt,
                key.expose_mut(),
                memory.as_mut_slice(),
            )
            .map_err(|e| refused(&e))?;
        Ok(key)
    }
}

/// The quicker of two trial runs: whatever else the machine does only slows it down.
fn trial() -> Result<Duration> {
    let header = Header { memory_kib: MEMORY_KIB, passes: TRIAL_PASSES, salt: [0; 16], nonce: [0; 24] };
    let none = SecretText::new(String::new());
    let run = || {
        let started = Instant::now();
        header.derive_key(&none).map(|_| started.elapsed())
    };
    Ok(run()?.min(run()?))
}

/// As many passes as take about a second, at least 3 and at most 256.
fn passes_for(trial: Duration) -> u32 {
    let one_pass = trial.as_micros().div_ceil(u128::from(TRIAL_PASSES)).max(1);
    let passes = AIM.as_micros().checked_div(one_pass).unwrap_or_default();
    u32::try_from(passes).unwrap_or(MOST_PASSES).clamp(FEWEST_PASSES, MOST_PASSES)
}

fn refused(error: &argon2::Error) -> Error {
    BAD_VAULT.error(format!("Argon2 refuses the setting: {error}"))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N]> {
    let (head, tail) = rest.split_first_chunk().ok_or_else(|| BAD_VAULT.error("the header is cut off"))?;
    *rest = tail;
    Ok(*head)
}

/// Fills bytes from the operating system's source.
pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|e| NO_ENTROPY.error(format!("no randomness: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_take_about_a_second_and_keep_to_floor_and_ceiling() {
        for (trial_ms, passes) in
            [(0, 256), (1, 256), (7, 256), (60, 33), (100, 20), (500, 4), (800, 3), (60_000, 3)]
        {
            assert_eq!(passes_for(Duration::from_millis(trial_ms)), passes, "{trial_ms} ms");
        }
    }
}
