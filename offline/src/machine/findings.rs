//! What the facts mean: each with a stable name, a grade and what to do.

use airlock::text::Printable;

use super::{Facts, Interface, InterfaceKind};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// As it should be.
    Good,
    /// Should be mended; signing goes on with a line in the review.
    Warns,
    /// No signature on mainnet without a typed sentence; test networks warn.
    Forbids,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The stable name: `interfaces`, `routes`, `radios`, `swap`, `core-dumps`, `debugger`, ….
    pub name: &'static str,
    /// How much it weighs.
    pub grade: Grade,
    /// What was found, with the figures.
    pub what: String,
    /// What to do about it; empty where there is nothing to do.
    pub next: &'static str,
}

impl Facts {
    /// Everything that was looked at, good or not, in the order in which `doctor` shows it.
    pub fn checks(&self) -> Vec<Finding> {
        let mut checks = vec![
            self.interfaces(),
            self.routes(),
            self.radios(),
            self.swap(),
            self.locked_memory(),
            self.core_dumps(),
            self.debugger(),
        ];
        if !self.unmeasured.is_empty() {
            let what = format!("cannot be measured: /{}", self.unmeasured.join(", /"));
            checks.push(Finding {
                name: "unmeasured",
                grade: Grade::Forbids,
                what,
                next: "Mount /proc and /sys as usual: what cannot be measured counts as bad.",
            });
        }
        checks
    }

    /// What is not as it should be.
    pub fn findings(&self) -> Vec<Finding> {
        self.checks().into_iter().filter(|check| check.grade != Grade::Good).collect()
    }

    fn interfaces(&self) -> Finding {
        let (up, down): (Vec<_>, Vec<_>) = self.interfaces.iter().partition(|interface| interface.is_up);
        if up.is_empty() {
            let what = match down.len() {
                0 => "none but loopback".to_owned(),
                count => format!("{count} beside loopback, all down"),
            };
            return good("interfaces", what);
        }
        Finding {
            name: "interfaces",
            grade: Grade::Forbids,
            what: format!("up: {}", up.into_iter().map(described).collect::<Vec<_>>().join(", ")),
            next: "Pull the cable and switch the interface off: `ip link set NAME down`; better, a machine that has none.",
        }
    }

    fn routes(&self) -> Finding {
        if self.routes.is_empty() {
            return good("routes", "none".to_owned());
        }
        Finding {
            name: "routes",
            grade: Grade::Forbids,
            what: format!("lead through {}", list(&self.routes)),
            next: "They go when the interface is switched off.",
        }
    }

    fn radios(&self) -> Finding {
        let (off, on): (Vec<_>, Vec<_>) = self.radios.iter().partition(|radio| radio.is_blocked);
        if on.is_empty() {
            let what = match off.len() {
                0 => "none".to_owned(),
                count => format!("{count}, all blocked"),
            };
            return good("radios", what);
        }
        let on: Vec<_> =
            on.into_iter().map(|radio| format!("{} ({})", shown(&radio.name), shown(&radio.kind))).collect();
        Finding {
            name: "radios",
            grade: Grade::Forbids,
            what: format!("on: {}", on.join(", ")),
            next: "`rfkill block all`, or take the part out of the machine.",
        }
    }

    fn swap(&self) -> Finding {
        if self.swaps.is_empty() {
            return good("swap", "off".to_owned());
        }
        let areas: Vec<_> =
            self.swaps.iter().map(|swap| format!("{} of {} KiB", shown(&swap.name), swap.kib)).collect();
        Finding {
            name: "swap",
            grade: Grade::Forbids,
            what: format!("on: {}", areas.join(", ")),
            next: "`swapoff -a`, and take it out of /etc/fstab: swapped memory stays on the disk.",
        }
    }

    fn locked_memory(&self) -> Finding {
        let what = format!("{} KiB cannot be swapped out", self.locked_kib);
        if self.locked_kib > 0 {
            return good("memory-lock", what);
        }
        Finding {
            name: "memory-lock",
            grade: Grade::Warns,
            what,
            next: "Raise the limit of locked memory to 8 MiB: `ulimit -l 8192`; without swap little is lost.",
        }
    }

    fn core_dumps(&self) -> Finding {
        let limit = match self.core_limit {
            Some(0) => return good("core-dumps", "off for this process".to_owned()),
            Some(bytes) => format!("{bytes} bytes"),
            None => "everything".to_owned(),
        };
        Finding {
            name: "core-dumps",
            grade: Grade::Forbids,
            what: format!("a crash writes {limit} of memory to '{}'", shown(&self.core_pattern)),
            next: "`ulimit -c 0` before the program is started; it should have done so itself.",
        }
    }

    fn debugger(&self) -> Finding {
        let Some(pid) = self.tracer else { return good("debugger", "none".to_owned()) };
        Finding {
            name: "debugger",
            grade: Grade::Forbids,
            what: format!("process {pid} watches this one"),
            next: "End it: who traces the program reads every secret.",
        }
    }
}

fn good(name: &'static str, what: String) -> Finding {
    Finding { name, grade: Grade::Good, what, next: "" }
}

fn described(interface: &Interface) -> String {
    let kind = match interface.kind {
        InterfaceKind::Wired => "wired",
        InterfaceKind::Wireless => "wireless",
        InterfaceKind::Virtual => "virtual",
    };
    let carrier = if interface.has_carrier { "carrier" } else { "no carrier" };
    format!("{} ({kind}, {carrier})", shown(&interface.name))
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ")
}

fn shown(name: &str) -> String {
    Printable::new(name).to_string()
}
