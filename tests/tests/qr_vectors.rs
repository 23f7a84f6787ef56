//! Every transfer of `vectors/qr.json`, made by programs that we did not write, is read and written as they do, and every
//! stream that must be refused is.

#[path = "qr_vectors/negative.rs"]
mod negative;
#[path = "qr_vectors/ur.rs"]
mod ur;
