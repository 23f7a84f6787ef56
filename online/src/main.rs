//! The `airlock-online` program.

fn main() {}
