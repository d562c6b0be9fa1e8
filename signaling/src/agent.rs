//! Agent status: what the server says of a user, folded over that user's devices.

use serde::{Deserialize, Serialize};

/// What a dashboard asks for by presence `track`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    Ready,
    Paused,
}

/// The status of a user. Everything but `ready` and `paused` is the server's own finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentStatus {
    Ready,
    Paused,
    OnCall,
    WrapUp,
    /// Connected, but the page is frozen.
    Asleep,
    Offline,
}

/// One device of a user, as far as its status goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    pub wish: Option<Wish>,
    pub asleep: bool,
}

impl AgentStatus {
    /// The status of one user over all devices. A call outranks a wish, the newest facts of any
    /// awake device outrank a sleeping one.
    pub fn of(devices: &[Device], on_call: bool, wrap_up: bool) -> Self {
        if on_call {
            return Self::OnCall;
        }
        if devices.is_empty() {
            return Self::Offline;
        }
        if wrap_up {
            return Self::WrapUp;
        }
        let ready = |device: &&Device| device.wish == Some(Wish::Ready);
        if devices.iter().filter(ready).any(|device| !device.asleep) {
            Self::Ready
        } else if devices.iter().any(|device| ready(&device)) {
            Self::Asleep
        } else {
            Self::Paused
        }
    }
}

/// What visitors are told of a tenant's agents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Someone is ready.
    Online,
    /// Nobody is ready, and some are on calls or finishing one.
    Busy,
    #[default]
    Offline,
}

impl Availability {
    /// The availability of a tenant whose agents have these statuses.
    pub fn of(statuses: impl IntoIterator<Item = AgentStatus>) -> Self {
        let mut best = Self::Offline;
        for status in statuses {
            match status {
                AgentStatus::Ready => return Self::Online,
                AgentStatus::OnCall | AgentStatus::WrapUp => best = Self::Busy,
                AgentStatus::Paused | AgentStatus::Asleep | AgentStatus::Offline => {}
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_a_fold_over_devices() {
        let device = |wish, asleep| Device { wish, asleep };
        let ready = device(Some(Wish::Ready), false);
        let frozen = device(Some(Wish::Ready), true);
        let paused = device(Some(Wish::Paused), false);
        for (devices, on_call, wrap_up, status) in [
            (vec![], false, false, AgentStatus::Offline),
            (vec![], true, false, AgentStatus::OnCall),
            (vec![paused, ready], false, false, AgentStatus::Ready),
            (vec![frozen], false, false, AgentStatus::Asleep),
            (vec![frozen, ready], false, false, AgentStatus::Ready),
            (vec![paused], false, false, AgentStatus::Paused),
            (vec![device(None, false)], false, false, AgentStatus::Paused),
            (vec![ready], false, true, AgentStatus::WrapUp),
            (vec![ready], true, true, AgentStatus::OnCall),
        ] {
            assert_eq!(AgentStatus::of(&devices, on_call, wrap_up), status, "{devices:?}");
        }
    }

    #[test]
    fn visitors_hear_the_best_of_all() {
        use AgentStatus::{Asleep, OnCall, Paused, Ready};
        assert_eq!(Availability::of([Paused, OnCall, Ready]), Availability::Online);
        assert_eq!(Availability::of([Paused, OnCall]), Availability::Busy);
        assert_eq!(Availability::of([Asleep]), Availability::Offline);
    }
}
