//! The `airlock-offline` program.

fn main() {}
