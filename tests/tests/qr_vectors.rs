//! Every transfer of `vectors/qr.json`, made by programs that we did not write, is read and written as they do.

#[path = "qr_vectors/ur.rs"]
mod ur;
