//! What servers said together, and which of them said nothing.

/// An answer of all servers of a chain, and those that did not take part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heard<T> {
    /// What those that answered say together.
    pub(super) what: T,
    /// The configured servers without a usable answer: they failed, have not caught up, are of another network, or were
    /// not believed.
    pub(super) silent: Vec<String>,
}

/// Why an end without effect is not noted yet: a false one makes people pay twice.
pub(super) fn waits_for(silent: &[String]) -> String {
    let (names, verb) = (silent.join(", "), if silent.len() == 1 { "does" } else { "do" });
    format!(
        "Do not pay again yet: an end that makes people pay again needs all servers: {names} {verb} not answer; wait, or take \
         it out of airlock.toml"
    )
}
