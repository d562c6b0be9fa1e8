//! The fold of a tenant's devices into statuses, and what a change of statuses means for calls that
//! ring.

use super::{Change, Inner, RUNG_LOST, RungChange};
use crate::{member::Fanout, outbox::SocketId, presence::Diff};
use std::collections::HashMap;
use tincan_signaling::{
    agent::{AgentStatus, Availability, Device},
    event::Rung,
    id::{Sub, Timestamp},
    lobby::{Ringing, StaffPresence},
};

impl Inner {
    /// Folds all statuses anew, shows what changed, and says what must follow.
    pub(super) fn refresh(&mut self, now: Timestamp) -> Change {
        let mut devices: HashMap<Sub, Vec<Device>> = HashMap::new();
        for device in self.devices.values() {
            let folded = Device { wish: device.wish, asleep: device.asleep };
            devices.entry(device.member.sender.sub).or_default().push(folded);
        }
        let mut shown = Vec::new();
        for (sub, user) in &mut self.users {
            let own = devices.get(sub).map_or(&[][..], Vec::as_slice);
            let wrap_up = user.wrap_up_until.is_some_and(|until| now < until);
            // Who comes back says a moment later what it wants; until then nothing changes.
            let undecided = own.iter().all(|device| device.wish.is_none())
                && user.gone_since.is_some_and(|since| now.since(since) < RUNG_LOST);
            let own = if undecided { &[][..] } else { own };
            let status = AgentStatus::of(own, user.on_call.is_some(), wrap_up);
            if status != user.status {
                user.status = status;
                user.since = now;
            }
            if own.is_empty() && user.on_call.is_none() {
                shown.push((*sub, None));
                continue;
            }
            let meta = StaffPresence {
                name: user.name.clone(),
                status,
                reason: user.reason.clone().filter(|_| status == AgentStatus::Paused),
                since: user.since,
            };
            shown.push((*sub, Some(meta)));
        }
        self.show(shown);
        self.users.retain(|sub, user| {
            user.on_call.is_some()
                || devices.contains_key(sub)
                || user.gone_since.is_some_and(|since| now.since(since) < RUNG_LOST)
        });
        self.follow(now)
    }

    fn show(&mut self, users: Vec<(Sub, Option<StaffPresence>)>) {
        for (sub, meta) in users {
            let key = sub.to_string();
            let diffs = match meta {
                None => self.presence.forget(&key),
                Some(meta) => {
                    let Ok(serde_json::Value::Object(meta)) = serde_json::to_value(meta) else { continue };
                    if self.presence.shows(&key, &meta) {
                        continue;
                    }
                    self.presence.track(&key, SocketId(0), meta)
                }
            };
            self.send_diffs(&diffs);
        }
    }

    fn send_diffs(&self, diffs: &[Diff]) {
        for diff in diffs {
            let payload = diff.to_string();
            let mut fanout = Fanout::new("presence_diff", &payload);
            for device in self.devices.values().filter(|device| device.member.presence.is_some()) {
                fanout.to(&device.member);
            }
        }
    }

    fn follow(&mut self, now: Timestamp) -> Change {
        let availability = Availability::of(self.users.values().map(|user| user.status));
        let mut change = Change::default();
        if availability != self.availability {
            self.availability = availability;
            change.availability = Some(availability);
        }
        let busy = self.is_busy();
        for rings in self.ringing.values() {
            let (mut add, mut drop) = (Vec::new(), Vec::new());
            for (sub, user) in &self.users {
                let rung = rings.users.contains(sub);
                let elsewhere = user.on_call.is_some_and(|call| call != rings.ringing.call_id);
                match user.status {
                    AgentStatus::Ready if !rung => add.push(Rung { sub: *sub, name: user.name.clone() }),
                    AgentStatus::Paused | AgentStatus::Asleep | AgentStatus::WrapUp if rung => {
                        drop.push(*sub);
                    }
                    AgentStatus::OnCall if rung && elsewhere => drop.push(*sub),
                    AgentStatus::Offline
                        if rung && user.gone_since.is_some_and(|since| now.since(since) >= RUNG_LOST) =>
                    {
                        drop.push(*sub);
                    }
                    _ => {}
                }
            }
            drop.extend(rings.users.iter().filter(|sub| !self.users.contains_key(sub)));
            if !add.is_empty() || !drop.is_empty() {
                let Ringing { session_id: session, call_id: call, .. } = rings.ringing;
                change.rung.push(RungChange { session, call, add, drop, busy });
            }
        }
        change
    }
}
