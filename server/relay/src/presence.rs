//! Who is there, by key: one meta a key, a leave frame and then a join frame, `phx_ref` always.
//! Existing clients stay right only so.

use crate::{meters::Level, outbox::SocketId};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The presence of one channel: as many metas at most as there are members.
pub(crate) struct Presence {
    metas: BTreeMap<String, Tracked>,
    refs: u64,
    shown: Level,
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.shown.add(-(self.metas.len() as i64));
    }
}

#[derive(Debug)]
struct Tracked {
    socket: SocketId,
    meta: Map<String, Value>,
}

/// The payload of one `presence_diff`.
pub(crate) type Diff = Value;

impl Presence {
    /// Nobody is there; `shown` counts who will be.
    pub(crate) fn new(shown: &Level) -> Self {
        Self { metas: BTreeMap::new(), refs: 0, shown: shown.clone() }
    }

    /// Sets the meta of a key and gives the diffs to send, in order.
    pub(crate) fn track(&mut self, key: &str, socket: SocketId, mut meta: Map<String, Value>) -> Vec<Diff> {
        self.refs += 1;
        meta.insert("phx_ref".into(), Value::from(format!("F{:x}", self.refs)));
        let mut diffs = Vec::new();
        diffs.extend(self.forget(key));
        diffs.push(diff(&[(key, &meta)], &[]));
        self.metas.insert(key.to_owned(), Tracked { socket, meta });
        self.shown.add(1);
        diffs
    }

    /// Drops a key, if it is this socket's.
    pub(crate) fn untrack(&mut self, key: &str, socket: SocketId) -> Vec<Diff> {
        match self.metas.get(key) {
            Some(tracked) if tracked.socket == socket => {}
            _ => return Vec::new(),
        }
        self.forget(key)
    }

    /// Drops a key, whoever tracked it.
    pub(crate) fn forget(&mut self, key: &str) -> Vec<Diff> {
        let Some(old) = self.metas.remove(key) else { return Vec::new() };
        self.shown.add(-1);
        vec![diff(&[], &[(key, &old.meta)])]
    }

    /// Whether this key shows just this meta already.
    pub(crate) fn shows(&self, key: &str, meta: &Map<String, Value>) -> bool {
        self.metas.get(key).is_some_and(|tracked| {
            tracked.meta.len() == meta.len() + 1
                && meta.iter().all(|(name, value)| tracked.meta.get(name) == Some(value))
        })
    }

    /// The payload of `presence_state`.
    pub(crate) fn state(&self) -> Value {
        self.metas.iter().map(|(key, tracked)| (key.clone(), json!({"metas": [tracked.meta]}))).collect()
    }
}

fn diff(joins: &[(&str, &Map<String, Value>)], leaves: &[(&str, &Map<String, Value>)]) -> Diff {
    let side = |all: &[(&str, &Map<String, Value>)]| -> Value {
        all.iter().map(|(key, meta)| ((*key).to_owned(), json!({"metas": [meta]}))).collect()
    };
    json!({"joins": side(joins), "leaves": side(leaves)})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_a_leave_and_then_a_join() {
        let shown = Level::uncounted();
        let mut presence = Presence::new(&shown);
        let (one, two) = (SocketId(1), SocketId(2));
        let meta = |state: &str| Map::from_iter([("state".into(), Value::from(state))]);
        assert_eq!(presence.track("u", one, meta("a")).len(), 1);
        let diffs = presence.track("u", one, meta("b"));
        assert_eq!(diffs[0]["leaves"]["u"]["metas"][0]["state"], "a");
        assert_eq!(diffs[0]["joins"], json!({}));
        assert_eq!(diffs[1]["joins"]["u"]["metas"][0]["state"], "b");
        assert_eq!(diffs[1]["joins"]["u"]["metas"][0]["phx_ref"], "F2");
        assert_eq!(presence.untrack("u", two), Vec::<Diff>::new());
        assert_eq!(presence.untrack("u", one).len(), 1);
        assert_eq!(presence.state(), json!({}));
        assert_eq!(shown.get(), 0);
        presence.track("u", one, meta("c"));
        assert_eq!(shown.get(), 1);
        drop(presence);
        assert_eq!(shown.get(), 0, "nobody is shown in a room that is gone");
    }
}
