//! What is measured, read from `/sys` and `/proc` below a root folder.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use rustix::process::{DumpableBehavior, dumpable_behavior};

const NET: &str = "sys/class/net";
const LISTED: &str = "proc/self/net/dev";
const ROUTES: &str = "proc/self/net/route";
const ROUTES_IPV6: &str = "proc/self/net/ipv6_route";
const CLASSES: &str = "sys/class";
const SWITCHES: &str = "sys/class/rfkill";
const SWAPS: &str = "proc/swaps";
const CORE_PATTERN: &str = "proc/sys/kernel/core_pattern";
const LIMITS: &str = "proc/self/limits";
const STATUS: &str = "proc/self/status";

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
    /// Whether other processes of the same user may read this one's memory.
    pub is_dumpable: bool,
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
        Probe { root, unmeasured: Vec::new() }.facts()
    }
}

/// Longest file of `/sys` and `/proc` that is read, in bytes: a machine with a full routing table is no signer.
const LONGEST: u64 = 1 << 20;

/// Flags of an interface (Linux `if.h`).
const FLAG_UP: u32 = 0x1;
const FLAG_LOOPBACK: u32 = 0x8;

struct Probe<'a> {
    root: &'a Path,
    unmeasured: Vec<&'static str>,
}

impl Probe<'_> {
    fn facts(mut self) -> Facts {
        let interfaces = self.interfaces();
        let routes = self.routes();
        let radios = self.radios();
        let swaps = self.swaps();
        let core_limit = self.core_limit();
        let tracer = self.status("TracerPid:").and_then(|pid| pid.parse().ok()).filter(|pid| *pid != 0);
        let locked_kib = self.status("VmLck:").and_then(|size| size.split(' ').next()?.parse().ok());
        if locked_kib.is_none() {
            self.unmeasured.push(STATUS);
        }
        let core_pattern = self.text(CORE_PATTERN).unwrap_or_default().trim().to_owned();
        let locked_kib = locked_kib.unwrap_or(0);
        let is_dumpable = dumpable_behavior().ok() != Some(DumpableBehavior::NotDumpable);
        let unmeasured = self.unmeasured;
        Facts {
            interfaces,
            routes,
            radios,
            swaps,
            core_limit,
            core_pattern,
            tracer,
            is_dumpable,
            locked_kib,
            unmeasured,
        }
    }

    /// The text of a file; none where it is not there or cannot be read.
    fn text(&self, path: &str) -> Option<String> {
        let mut bytes = Vec::new();
        File::open(self.root.join(path)).ok()?.take(LONGEST).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The names in a folder, sorted; none where it is not there or cannot be read.
    fn names(&self, folder: &str) -> Option<Vec<String>> {
        let entries = fs::read_dir(self.root.join(folder)).ok()?;
        let mut names: Vec<String> = entries
            .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
            .collect();
        names.sort();
        Some(names)
    }

    /// A line of the status of this process.
    fn status(&self, label: &str) -> Option<String> {
        let text = self.text(STATUS)?;
        text.lines().find_map(|line| Some(line.strip_prefix(label)?.trim().to_owned()))
    }

    /// Those that `/sys` shows and those that this process's own list names: the two differ where somebody hides the
    /// network behind a namespace.
    fn interfaces(&mut self) -> Vec<Interface> {
        let in_sys = self.names(NET);
        let listed = self.text(LISTED);
        if in_sys.is_none() && listed.is_none() {
            self.unmeasured.push(NET);
        }
        let mut names = in_sys.clone().unwrap_or_default();
        let listed = listed.unwrap_or_default();
        names.extend(listed.lines().filter_map(|line| Some(line.split_once(':')?.0.trim().to_owned())));
        names.sort();
        names.dedup();
        names.retain(|name| name != "bonding_masters");
        names.into_iter().filter_map(|name| self.interface(name)).collect()
    }

    /// One interface; none where it is loopback.
    fn interface(&self, name: String) -> Option<Interface> {
        let of = |file: &str| self.text(&format!("{NET}/{name}/{file}")).map(|text| text.trim().to_owned());
        let flags = of("flags").and_then(|text| u32::from_str_radix(text.trim_start_matches("0x"), 16).ok());
        if flags.map_or(name == "lo", |flags| flags & FLAG_LOOPBACK != 0) {
            return None;
        }
        let has = |file: &str| fs::symlink_metadata(self.root.join(format!("{NET}/{name}/{file}"))).is_ok();
        let kind = match (has("wireless") || has("phy80211"), has("device")) {
            (true, _) => InterfaceKind::Wireless,
            (false, true) => InterfaceKind::Wired,
            (false, false) => InterfaceKind::Virtual,
        };
        let has_carrier = of("carrier").as_deref() == Some("1");
        let works = of("operstate").as_deref() == Some("up");
        let is_up = flags.is_none_or(|flags| flags & FLAG_UP != 0) || works || has_carrier;
        Some(Interface { name, kind, is_up, has_carrier })
    }

    fn routes(&self) -> Vec<String> {
        let (old, new) = (self.text(ROUTES).unwrap_or_default(), self.text(ROUTES_IPV6).unwrap_or_default());
        let old = old.lines().skip(1).filter_map(|line| line.split_whitespace().next());
        let new = new.lines().filter_map(|line| line.split_whitespace().last());
        let names: BTreeSet<&str> = old.chain(new).filter(|name| *name != "lo").collect();
        names.into_iter().map(str::to_owned).collect()
    }

    /// What has a switch, and what has none that is known.
    fn radios(&mut self) -> Vec<Radio> {
        if self.names(CLASSES).is_none() {
            self.unmeasured.push(CLASSES);
        }
        let mut radios = Vec::new();
        for entry in self.names(SWITCHES).unwrap_or_default() {
            let of = |file: &str| {
                self.text(&format!("{SWITCHES}/{entry}/{file}")).map(|text| text.trim().to_owned())
            };
            radios.push(Radio {
                name: of("name").unwrap_or_else(|| entry.clone()),
                kind: of("type").unwrap_or_else(|| "radio".to_owned()),
                is_blocked: [of("soft"), of("hard")].iter().any(|switch| switch.as_deref() == Some("1")),
            });
        }
        for (class, kind) in [("sys/class/ieee80211", "wlan"), ("sys/class/bluetooth", "bluetooth")] {
            for name in self.names(class).unwrap_or_default() {
                if !radios.iter().any(|radio| radio.name == name) {
                    radios.push(Radio { name, kind: kind.to_owned(), is_blocked: false });
                }
            }
        }
        radios
    }

    /// A kernel without swap has no list of it.
    fn swaps(&self) -> Vec<Swap> {
        let text = self.text(SWAPS).unwrap_or_default();
        let swap = |line: &str| {
            let mut columns = line.split_whitespace();
            let name = columns.next()?.to_owned();
            Some(Swap { name, kib: columns.nth(1)?.parse().ok()? })
        };
        text.lines().skip(1).filter_map(swap).collect()
    }

    fn core_limit(&mut self) -> Option<u64> {
        let text = self.text(LIMITS);
        let line = text
            .as_deref()
            .and_then(|text| text.lines().find_map(|line| line.strip_prefix("Max core file size")));
        match line.and_then(|line| line.split_whitespace().next()) {
            Some("unlimited") => None,
            Some(bytes) => bytes.parse().ok(),
            None => {
                self.unmeasured.push(LIMITS);
                None
            }
        }
    }
}
