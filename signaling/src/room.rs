//! A room: the fold of its log, who may say what in it, and where a signal goes.

use crate::{
    call::{Call, Effect},
    code::{Code, Refusal},
    event::{Entry, Event, Role, Sender, Signal},
    id::{LegId, Seq, Timestamp},
    leg::Leg,
};
use serde::{Deserialize, Serialize};

/// What everybody who folded the same log holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// The number of the last event folded in.
    pub seq: Seq,
    pub call: Call,
}

/// What came of offering an entry to a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Folded {
    /// It was next; these are its effects.
    Took(Vec<Effect>),
    /// It was folded before: a doubled delivery.
    Old,
    /// Something before it is missing.
    Gap,
}

impl Room {
    /// Takes in the next entry of the log. An entry that is not next changes nothing.
    pub fn fold(&mut self, entry: &Entry) -> Folded {
        if entry.seq <= self.seq {
            return Folded::Old;
        }
        if entry.prev != self.seq {
            return Folded::Gap;
        }
        self.seq = entry.seq;
        let (call, effects) = std::mem::take(&mut self.call).step(&entry.from, &entry.event, entry.at);
        self.call = call;
        Folded::Took(effects)
    }

    /// Whether `from` may say this now: what would be refused is refused before it is logged.
    pub fn check(&self, from: &Sender, event: &Event, now: Timestamp) -> Result<(), Refusal> {
        if matches!(from.role, Role::Operator) {
            return Err(Refusal::new(Code::Forbidden, "Operators enter no room."));
        }
        let (_, effects) = self.call.clone().step(from, event, now);
        match effects.into_iter().next() {
            Some(Effect::Refuse(refusal)) => Err(refusal),
            _ => Ok(()),
        }
    }

    /// Which leg a signal goes to that comes from the leg `from`: the one its page carries, not one
    /// that took its place. Signals begin at Accept.
    pub fn route(&self, from: Option<LegId>, signal: &Signal) -> Result<(LegId, &Leg), Refusal> {
        let accepted = match &self.call {
            Call::Accepted(accepted) if accepted.head.id == signal.call_id => accepted,
            Call::Ringing(ringing) if ringing.head.id == signal.call_id => {
                return Err(Refusal::new(Code::WrongState, "Signals begin when the call is accepted."));
            }
            Call::Ended(ended) if ended.head.id == signal.call_id => {
                return Err(Refusal::new(Code::WrongState, "The call has ended."));
            }
            Call::Idle | Call::Ringing(_) | Call::Accepted(_) | Call::Ended(_) => {
                return Err(Refusal::new(Code::UnknownCall, "There is no such call here."));
            }
        };
        let unknown = || Refusal::new(Code::UnknownLeg, "There is no such leg in this call.");
        let from = accepted
            .legs
            .iter()
            .find(|leg| Some(leg.id) == from)
            .ok_or_else(|| Refusal::new(Code::Forbidden, "This page is not in the call."))?;
        let mut others = accepted.legs.iter().filter(|leg| leg.id != from.id);
        let to = match signal.to {
            Some(id) => others.find(|leg| leg.id == id).ok_or_else(unknown)?,
            None if accepted.legs.len() == 2 => others.next().ok_or_else(unknown)?,
            None => return Err(Refusal::new(Code::UnknownLeg, "Say which leg this is for.")),
        };
        Ok((from.id, to))
    }
}
