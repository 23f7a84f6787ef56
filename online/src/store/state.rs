//! How far a transaction is.

use core::fmt;
use core::str::FromStr;

use airlock::text::Printable;

/// How far a transaction has come. The order is that of progress; the two ways to end without effect stand first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Something else used what it uses: it can no longer come into the chain.
    Superseded,
    /// It had no effect and will have none.
    Failed,
    /// Built, not signed as far as this half knows.
    Planned,
    /// The signed transaction is in the store. Nothing was submitted.
    Signed,
    /// Handed to a server, or about to be: the network may have it.
    Submitted,
    /// A server has it waiting for a block.
    Seen,
    /// In a block of the best chain, not deep enough yet.
    Confirmed,
    /// It is done.
    Final,
}

impl State {
    /// All states.
    pub const ALL: [Self; 8] = [
        Self::Superseded,
        Self::Failed,
        Self::Planned,
        Self::Signed,
        Self::Submitted,
        Self::Seen,
        Self::Confirmed,
        Self::Final,
    ];

    /// The word in the store, in JSON and on screens.
    pub fn name(self) -> &'static str {
        match self {
            Self::Superseded => "superseded",
            Self::Failed => "failed",
            Self::Planned => "planned",
            Self::Signed => "signed",
            Self::Submitted => "submitted",
            Self::Seen => "seen",
            Self::Confirmed => "confirmed",
            Self::Final => "final",
        }
    }

    /// True where `next` may follow in the normal course. A signed transaction may turn up on the chain without us having
    /// noted its submission (a process was killed, or a person submitted it); eviction leads from seen and confirmed back
    /// to submitted, a reorganization from confirmed back to seen; submitted and confirmed may be noted again, with another
    /// block. What has ended stays ended: see [`State::may_reopen`].
    pub fn may_become(self, next: Self) -> bool {
        use State::{Confirmed, Failed, Final, Planned, Seen, Signed, Submitted, Superseded};
        match self {
            Planned => matches!(next, Signed | Superseded),
            Signed => matches!(next, Submitted | Seen | Confirmed | Final | Failed | Superseded),
            Submitted | Confirmed => {
                matches!(next, Submitted | Seen | Confirmed | Final | Failed | Superseded)
            }
            Seen => matches!(next, Submitted | Confirmed | Final | Failed | Superseded),
            Final | Failed | Superseded => false,
        }
    }

    /// True where a deep reorganization may bring an ended transaction back to `next`. This is an incident, never silent.
    pub fn may_reopen(self, next: Self) -> bool {
        self.has_ended() && matches!(next, Self::Submitted | Self::Seen | Self::Confirmed)
    }

    /// Final, failed or superseded.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Final | Self::Failed | Self::Superseded)
    }

    /// Signed to confirmed: what it uses must not be used by anything else.
    pub fn is_in_flight(self) -> bool {
        matches!(self, Self::Signed | Self::Submitted | Self::Seen | Self::Confirmed)
    }

    /// The state of a bundle: of each group of steps that exclude each other its most advanced one counts; then one that
    /// failed, else one that was superseded, else the least advanced.
    pub fn of_bundle(steps: &[(Option<u32>, Self)]) -> Self {
        let counted = steps.iter().filter_map(|(group, state)| match group {
            None => Some(*state),
            Some(group) => {
                let members =
                    steps.iter().filter(|(other, _)| *other == Some(*group)).map(|(_, state)| *state);
                members.max()
            }
        });
        let counted: Vec<Self> = counted.collect();
        let ended = [Self::Failed, Self::Superseded].into_iter().find(|end| counted.contains(end));
        ended.or_else(|| counted.iter().copied().min()).unwrap_or(Self::Planned)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for State {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.name() == text)
            .ok_or_else(|| format!("'{}' is no state", Printable::new(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::State::{Confirmed, Failed, Final, Planned, Seen, Signed, Submitted, Superseded};
    use super::*;

    /// Every pair of states: a letter for each `next` in the order of `State::ALL`, `x` may follow, `!` as an incident.
    const TABLE: [(State, &str); 8] = [
        //              superseded failed planned signed submitted seen confirmed final
        (Superseded, "....!!!."),
        (Failed, "....!!!."),
        (Planned, "x..x...."),
        (Signed, "xx..xxxx"),
        (Submitted, "xx..xxxx"),
        (Seen, "xx..x.xx"),
        (Confirmed, "xx..xxxx"),
        (Final, "....!!!."),
    ];

    #[test]
    fn every_pair_of_states_is_as_the_table_says() {
        for ((from, row), expected) in TABLE.into_iter().zip(State::ALL) {
            assert_eq!(from, expected, "the table is complete and in order");
            for (next, mark) in State::ALL.into_iter().zip(row.chars()) {
                assert_eq!(from.may_become(next), mark == 'x', "{from} to {next}");
                assert_eq!(from.may_reopen(next), mark == '!', "{from} back to {next}");
            }
        }
    }

    #[test]
    fn names_are_read_back() {
        for state in State::ALL {
            assert_eq!(state.name().parse(), Ok(state));
        }
        assert!("Final".parse::<State>().is_err());
    }

    #[test]
    fn a_bundle_is_as_far_as_its_least_advanced_step_and_the_best_of_each_group() {
        for (steps, state) in [
            (&[(None, Final), (None, Seen)][..], Seen),
            (&[(None, Planned), (None, Signed)], Planned),
            (&[(Some(0), Final), (Some(0), Superseded), (Some(0), Signed)], Final),
            (&[(Some(0), Failed), (Some(0), Signed), (None, Confirmed)], Signed),
            (&[(Some(0), Failed), (Some(0), Superseded), (None, Final)], Failed),
            (&[(None, Superseded), (None, Final)], Superseded),
            (&[(None, Superseded), (None, Failed), (None, Seen)], Failed),
            (&[], Planned),
        ] {
            assert_eq!(State::of_bundle(steps), state, "{steps:?}");
        }
    }
}
