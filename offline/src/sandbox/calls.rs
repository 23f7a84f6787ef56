//! The system calls that the signer needs, and why.
