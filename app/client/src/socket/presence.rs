//! Who is there: presence states and diffs folded into one map.

use serde::Deserialize;
use std::collections::BTreeMap;
use tincan_signaling::json;

/// The newest meta of each key.
#[derive(Debug)]
pub(crate) struct Presence<T> {
    here: BTreeMap<String, Meta<T>>,
}

#[derive(Debug, Deserialize)]
struct Meta<T> {
    phx_ref: String,
    #[serde(flatten)]
    value: T,
}

#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
struct Metas<T> {
    metas: Vec<Meta<T>>,
}

#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
struct Diff<T> {
    #[serde(default = "BTreeMap::new")]
    joins: BTreeMap<String, Metas<T>>,
    #[serde(default)]
    leaves: BTreeMap<String, Metas<serde::de::IgnoredAny>>,
}

impl<T> Default for Presence<T> {
    fn default() -> Self {
        Self { here: BTreeMap::new() }
    }
}

impl<T: for<'de> Deserialize<'de>> Presence<T> {
    /// Takes the whole state; what cannot be read changes nothing.
    pub(crate) fn state(&mut self, payload: &str) {
        if let Ok(state) = json::read::<BTreeMap<String, Metas<T>>>(payload) {
            self.here.clear();
            self.join(state);
        }
    }

    /// Takes a change; leaves come before joins.
    pub(crate) fn diff(&mut self, payload: &str) {
        let Ok(Diff { joins, leaves }) = json::read::<Diff<T>>(payload) else { return };
        for (key, Metas { metas }) in leaves {
            let gone = |here: &Meta<T>| metas.iter().any(|meta| meta.phx_ref == here.phx_ref);
            if self.here.get(&key).is_some_and(gone) {
                self.here.remove(&key);
            }
        }
        self.join(joins);
    }

    /// Everyone here, by key.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.here.iter().map(|(key, meta)| (key.as_str(), &meta.value))
    }

    fn join(&mut self, joins: BTreeMap<String, Metas<T>>) {
        for (key, mut metas) in joins {
            if let Some(newest) = metas.metas.pop() {
                self.here.insert(key, newest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tincan_signaling::{agent::AgentStatus, lobby::StaffPresence};

    #[test]
    fn a_change_of_status_is_a_leave_and_a_join() {
        let mut presence = Presence::<StaffPresence>::default();
        presence
            .state(r#"{"u1":{"metas":[{"phx_ref":"A","name":"Agent One","status":"paused","since":1}]}}"#);
        let statuses = |presence: &Presence<StaffPresence>| -> Vec<AgentStatus> {
            presence.iter().map(|(_, staff)| staff.status).collect()
        };
        assert_eq!(statuses(&presence), [AgentStatus::Paused]);
        presence.diff(r#"{"joins":{},"leaves":{"u1":{"metas":[{"phx_ref":"A","name":"x","status":"paused","since":1}]}}}"#);
        assert!(statuses(&presence).is_empty());
        presence.diff(r#"{"joins":{"u1":{"metas":[{"phx_ref":"B","name":"Agent One","status":"ready","since":2}]}},"leaves":{}}"#);
        assert_eq!(statuses(&presence), [AgentStatus::Ready]);
        presence.diff(r#"{"joins":{},"leaves":{"u1":{"metas":[{"phx_ref":"A"}]}}}"#);
        assert_eq!(statuses(&presence), [AgentStatus::Ready]);
        presence.state("nonsense");
        assert_eq!(statuses(&presence), [AgentStatus::Ready]);
    }
}
