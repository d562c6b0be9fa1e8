//! The call while it rings.

use super::{Accepted, CALLER_LOST, Call, Effect, Ended, Outcome, Ringing, own_leg};
use crate::{
    code::{Code, Refusal},
    event::{Event, Rung, Sender},
    id::{LegId, Sub, Timestamp},
    leg::{Leg, Media, Socket},
    reason::EndReason,
};

impl Ringing {
    /// Whether this person is rung right now.
    pub fn is_rung(&self, sub: Sub) -> bool {
        self.rung.iter().any(|rung| rung.sub == sub)
    }

    pub(super) fn start(self, busy: bool, now: Timestamp) -> Outcome {
        if self.rung.is_empty() {
            return self.end(nobody(busy), None, now);
        }
        let effects = vec![Effect::Ring { users: self.rung.clone() }, Effect::Record];
        (Call::Ringing(self), effects)
    }

    pub(super) fn deadline(&self) -> Timestamp {
        match self.leg.socket {
            Socket::Up => self.until,
            Socket::Lost(since) => self.until.min(since.after(CALLER_LOST)),
        }
    }

    pub(super) fn step(mut self, from: &Sender, event: &Event, now: Timestamp) -> Outcome {
        match event {
            Event::CallAccept { leg, .. } => self.accept(from, *leg, now),
            Event::CallDecline { .. } if self.is_rung(from.sub) => {
                self.declined.push(from.sub);
                self.drop_users(&[from.sub], EndReason::Declined, now)
            }
            Event::CallDecline { .. } => self.refuse(Code::Forbidden, "You are not being called."),
            Event::CallCancel { .. } if from.sub == self.head.caller => {
                self.end(EndReason::Cancelled, Some(from.sub), now)
            }
            Event::CallCancel { .. } => self.refuse(Code::Forbidden, "Only the caller can cancel."),
            Event::LegJoin { leg, replaces: None, .. } => self.back(*leg, from.sub),
            Event::LegJoin { leg, replaces: Some(old), .. } => self.exchange(from, *leg, *old, now),
            Event::LegBack { leg, .. } => {
                if self.leg.id == *leg {
                    self.leg.socket = Socket::Up;
                }
                (Call::Ringing(self), Vec::new())
            }
            Event::LegLost { leg, .. } => {
                if self.leg.id == *leg && self.leg.socket == Socket::Up {
                    self.leg.socket = Socket::Lost(now);
                }
                (Call::Ringing(self), Vec::new())
            }
            Event::RungChanged { add, drop, busy, .. } => self.change(add, drop, *busy, now),
            Event::CallTimeout { .. } => self.wake(now),
            Event::CallEnd { reason, .. } => self.end(*reason, None, now),
            Event::Hangup { .. }
            | Event::LegState { .. }
            | Event::Media { .. }
            | Event::CallTransfer { .. }
            | Event::CallRequest { .. } => self.refuse(Code::WrongState, "The call is still ringing."),
            Event::Message { .. } | Event::Read { .. } => (Call::Ringing(self), Vec::new()),
        }
    }

    pub(super) fn accept(self, from: &Sender, leg: Option<LegId>, now: Timestamp) -> Outcome {
        if !self.is_rung(from.sub) {
            return self.refuse(Code::Forbidden, "You are not being called.");
        }
        let Some(leg) = leg.filter(|leg| *leg != self.leg.id) else {
            return self.refuse(Code::UnknownLeg, "Whoever answers needs a leg of its own.");
        };
        let told = self.rung.iter().map(|rung| rung.sub).collect();
        let caller = Leg { media: Media::New(now), ..self.leg };
        let effects = vec![
            Effect::StopRing { users: told, taken_by: Some(from.name.clone()) },
            Effect::EnterMedia { leg: caller.id },
            Effect::EnterMedia { leg },
            Effect::Record,
        ];
        let call = Call::Accepted(Accepted {
            head: self.head,
            at: now,
            answered_by: from.sub,
            answered_name: from.name.clone(),
            legs: vec![caller, Leg::new(leg, from, 1, now)],
            next_order: 2,
            media_up_at: None,
            restored_until: None,
        });
        (call, effects)
    }

    fn back(mut self, leg: Option<LegId>, sub: Sub) -> Outcome {
        match own_leg(std::slice::from_mut(&mut self.leg), leg, sub) {
            Ok(leg) => {
                leg.socket = Socket::Up;
                (Call::Ringing(self), Vec::new())
            }
            Err(refusal) => (Call::Ringing(self), vec![Effect::Refuse(refusal)]),
        }
    }

    fn exchange(mut self, from: &Sender, leg: Option<LegId>, old: LegId, now: Timestamp) -> Outcome {
        if let Err(refusal) = own_leg(std::slice::from_mut(&mut self.leg), Some(old), from.sub) {
            return (Call::Ringing(self), vec![Effect::Refuse(refusal)]);
        }
        let Some(new) = leg.filter(|leg| *leg != old) else {
            return self.refuse(Code::UnknownLeg, "A new leg needs an id of its own.");
        };
        self.leg = Leg::new(new, from, 0, now);
        (Call::Ringing(self), vec![Effect::LegReplaced { old, new }])
    }

    fn change(mut self, add: &[Rung], drop: &[Sub], busy: bool, now: Timestamp) -> Outcome {
        let mut added = Vec::new();
        for user in add {
            if !self.is_rung(user.sub) && !self.declined.contains(&user.sub) {
                self.rung.push(user.clone());
                added.push(user.clone());
            }
        }
        let (call, mut effects) = self.drop_users(drop, nobody(busy), now);
        if !added.is_empty() {
            effects.insert(0, Effect::Ring { users: added });
        }
        (call, effects)
    }

    fn drop_users(mut self, drop: &[Sub], if_nobody: EndReason, now: Timestamp) -> Outcome {
        let dropped: Vec<Sub> = drop.iter().copied().filter(|sub| self.is_rung(*sub)).collect();
        if dropped.is_empty() {
            return (Call::Ringing(self), Vec::new());
        }
        self.rung.retain(|rung| !dropped.contains(&rung.sub));
        let told = Effect::StopRing { users: dropped, taken_by: None };
        if self.rung.is_empty() {
            let (call, mut effects) = self.end(if_nobody, None, now);
            effects.insert(0, told);
            return (call, effects);
        }
        (Call::Ringing(self), vec![told])
    }

    fn wake(self, now: Timestamp) -> Outcome {
        if let Socket::Lost(since) = self.leg.socket
            && now >= since.after(CALLER_LOST)
        {
            return self.end(EndReason::Cancelled, None, now);
        }
        if now >= self.until {
            return self.end(EndReason::NoAnswer, None, now);
        }
        (Call::Ringing(self), Vec::new())
    }

    pub(super) fn end(self, reason: EndReason, ended_by: Option<Sub>, now: Timestamp) -> Outcome {
        let mut effects = Vec::new();
        if !self.rung.is_empty() {
            let users = self.rung.iter().map(|rung| rung.sub).collect();
            effects.push(Effect::StopRing { users, taken_by: None });
        }
        effects.extend([Effect::Record, Effect::Ended { reason }]);
        let call = Call::Ended(Ended {
            head: self.head,
            at: now,
            reason,
            detail: None,
            accepted_at: None,
            answered_by: None,
            answered_name: None,
            media_up_at: None,
            path: None,
            ended_by,
        });
        (call, effects)
    }

    fn refuse(self, code: Code, reason: &str) -> Outcome {
        (Call::Ringing(self), vec![Effect::Refuse(Refusal::new(code, reason))])
    }
}

/// How a call ends that has nobody left to ring.
const fn nobody(busy: bool) -> EndReason {
    if busy { EndReason::Busy } else { EndReason::Unavailable }
}
