//! The call after somebody answered.

use super::{
    ALL_SOCKETS_LOST, Accepted, Call, Effect, Ended, MEDIA_LOST, MEDIA_NEW, Outcome, RESTORE, SOCKET_LOST,
    own_leg,
};
use crate::{
    code::{Code, Refusal},
    event::{Event, MediaReport, Path, Sender},
    id::{LegId, Sub, Timestamp},
    leg::{Leg, Media, Socket},
    reason::{EndReason, MediaDetail},
};

impl Accepted {
    /// Whether this person has a leg in the call.
    pub fn has_leg(&self, sub: Sub) -> bool {
        self.legs.iter().any(|leg| leg.sub == sub)
    }

    pub(super) fn step(mut self, from: &Sender, event: &Event, now: Timestamp) -> Outcome {
        match event {
            Event::CallAccept { .. } => {
                let taken = Refusal::taken(&self.answered_name);
                (Call::Accepted(self), vec![Effect::Refuse(taken)])
            }
            Event::Hangup { .. } | Event::CallCancel { .. } if self.has_leg(from.sub) => {
                let reason =
                    if self.media_up_at.is_some() { EndReason::Completed } else { EndReason::Cancelled };
                self.end(reason, Some(from.sub), now)
            }
            Event::Hangup { .. } | Event::CallCancel { .. } => {
                self.refuse(Code::Forbidden, "You are not in this call.")
            }
            Event::LegJoin { leg, replaces: None, .. } => self.back(*leg, from.sub),
            Event::LegJoin { leg, replaces: Some(old), .. } => self.exchange(from, *leg, *old, now),
            Event::LegBack { leg, .. } => {
                if let Some(leg) = self.legs.iter_mut().find(|own| own.id == *leg) {
                    leg.socket = Socket::Up;
                }
                (Call::Accepted(self), Vec::new())
            }
            Event::LegLost { leg, .. } => {
                if let Some(leg) = self.legs.iter_mut().find(|own| own.id == *leg)
                    && leg.socket == Socket::Up
                {
                    leg.socket = Socket::Lost(now);
                }
                (Call::Accepted(self), Vec::new())
            }
            Event::LegState { leg, media, path, .. } => self.report(from, *leg, *media, *path, now),
            Event::Media { leg, muted, held, video, .. } => match own_leg(&mut self.legs, *leg, from.sub) {
                Ok(leg) => {
                    (leg.muted, leg.held, leg.video) = (*muted, *held, *video);
                    (Call::Accepted(self), Vec::new())
                }
                Err(refusal) => (Call::Accepted(self), vec![Effect::Refuse(refusal)]),
            },
            Event::CallTransfer { .. } if !self.has_leg(from.sub) => {
                self.refuse(Code::Forbidden, "You are not in this call.")
            }
            Event::CallTimeout { .. } => self.wake(now),
            Event::CallEnd { reason, .. } => self.end(*reason, None, now),
            Event::CallDecline { .. } | Event::CallRequest { .. } => {
                self.refuse(Code::WrongState, "The call was answered already.")
            }
            Event::RungChanged { .. }
            | Event::CallTransfer { .. }
            | Event::Message { .. }
            | Event::Read { .. } => (Call::Accepted(self), Vec::new()),
        }
    }

    fn back(mut self, leg: Option<LegId>, sub: Sub) -> Outcome {
        match own_leg(&mut self.legs, leg, sub) {
            Ok(leg) => {
                leg.socket = Socket::Up;
                (Call::Accepted(self), Vec::new())
            }
            Err(refusal) => (Call::Accepted(self), vec![Effect::Refuse(refusal)]),
        }
    }

    fn exchange(mut self, from: &Sender, leg: Option<LegId>, old: LegId, now: Timestamp) -> Outcome {
        let kept = match own_leg(&mut self.legs, Some(old), from.sub) {
            Ok(leg) => leg.clone(),
            Err(refusal) => return (Call::Accepted(self), vec![Effect::Refuse(refusal)]),
        };
        let Some(new) = leg.filter(|new| self.legs.iter().all(|leg| leg.id != *new)) else {
            return self.refuse(Code::UnknownLeg, "A new leg needs an id of its own.");
        };
        // Whoever was muted or on hold stays so: a reload never opens a microphone.
        let joined = Leg { held: kept.held, muted: kept.muted, ..Leg::new(new, from, self.next_order, now) };
        self.next_order += 1;
        self.legs.retain(|leg| leg.id != old);
        for peer in &mut self.legs {
            peer.media = Media::New(now);
        }
        self.legs.push(joined);
        let effects = vec![Effect::LegReplaced { old, new }, Effect::EnterMedia { leg: new }, Effect::Record];
        (Call::Accepted(self), effects)
    }

    fn report(
        mut self,
        from: &Sender,
        leg: Option<LegId>,
        media: MediaReport,
        path: Option<Path>,
        now: Timestamp,
    ) -> Outcome {
        let leg = match own_leg(&mut self.legs, leg, from.sub) {
            Ok(leg) => leg,
            Err(refusal) => return (Call::Accepted(self), vec![Effect::Refuse(refusal)]),
        };
        match (media, leg.media) {
            (MediaReport::Up, _) => {
                leg.media = Media::Up;
                leg.path = path.or(leg.path);
                let first = self.media_up_at.is_none();
                self.media_up_at.get_or_insert(now);
                return (Call::Accepted(self), if first { vec![Effect::Record] } else { Vec::new() });
            }
            (MediaReport::Lost | MediaReport::Failed, Media::Up) => leg.media = Media::Lost(now),
            (MediaReport::Lost | MediaReport::Failed, Media::New(_) | Media::Lost(_)) => {}
        }
        (Call::Accepted(self), Vec::new())
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        let legs = self.legs.iter();
        let media = legs.clone().filter_map(|leg| match leg.media {
            Media::New(since) => Some(since.after(MEDIA_NEW)),
            Media::Lost(since) => Some(since.after(MEDIA_LOST)),
            Media::Up => None,
        });
        let sockets = legs.filter_map(|leg| match leg.socket {
            Socket::Lost(since) if !self.other_is_up(leg) => Some(since.after(SOCKET_LOST)),
            Socket::Lost(_) | Socket::Up => None,
        });
        media.chain(sockets).chain(self.all_lost()).chain(self.restored_until).min()
    }

    fn wake(mut self, now: Timestamp) -> Outcome {
        if self.restored_until.is_some_and(|until| now >= until) {
            self.restored_until = None;
            if self.legs.iter().all(|leg| leg.socket != Socket::Up) {
                return self.end(EndReason::ServerGone, None, now);
            }
        }
        match self.due(now) {
            Some(reason) => self.end(reason, None, now),
            None => (Call::Accepted(self), Vec::new()),
        }
    }

    fn due(&self, now: Timestamp) -> Option<EndReason> {
        if self.all_lost().is_some_and(|at| now >= at) {
            return Some(EndReason::NetworkLost);
        }
        for leg in &self.legs {
            match leg.media {
                Media::New(since) if now >= since.after(MEDIA_NEW) => {
                    return Some(if self.media_up_at.is_some() {
                        EndReason::NetworkLost
                    } else {
                        EndReason::MediaFailed
                    });
                }
                Media::Lost(since) if now >= since.after(MEDIA_LOST) => return Some(EndReason::NetworkLost),
                Media::New(_) | Media::Lost(_) | Media::Up => {}
            }
            if let Socket::Lost(since) = leg.socket
                && now >= since.after(SOCKET_LOST)
                && !self.other_is_up(leg)
            {
                return Some(EndReason::NetworkLost);
            }
        }
        None
    }

    fn other_is_up(&self, leg: &Leg) -> bool {
        self.legs.iter().any(|other| other.id != leg.id && other.is_up())
    }

    /// When all sockets will have been lost for too long; `None` while one is there.
    fn all_lost(&self) -> Option<Timestamp> {
        let mut latest = None;
        for leg in &self.legs {
            match leg.socket {
                Socket::Up => return None,
                Socket::Lost(since) => latest = latest.max(Some(since)),
            }
        }
        latest.map(|since| since.after(ALL_SOCKETS_LOST))
    }

    pub(super) fn restored(mut self, now: Timestamp) -> Self {
        let from = now.after(RESTORE);
        self.restored_until = Some(from);
        for leg in &mut self.legs {
            leg.socket = Socket::Lost(from);
            leg.media = if self.media_up_at.is_some() { Media::Up } else { Media::New(from) };
        }
        self
    }

    fn end(self, reason: EndReason, ended_by: Option<Sub>, now: Timestamp) -> Outcome {
        let detail = (reason == EndReason::MediaFailed).then_some(if self.head.turn {
            MediaDetail::WithTurn
        } else {
            MediaDetail::NoTurn
        });
        let path = self.legs.iter().find_map(|leg| leg.path);
        let call = Call::Ended(Ended {
            head: self.head,
            at: now,
            reason,
            detail,
            accepted_at: Some(self.at),
            answered_by: Some(self.answered_by),
            answered_name: Some(self.answered_name),
            media_up_at: self.media_up_at,
            path: if reason == EndReason::MediaFailed { Some(Path::Failed) } else { path },
            ended_by,
        });
        (call, vec![Effect::Record, Effect::Ended { reason }])
    }

    fn refuse(self, code: Code, reason: &str) -> Outcome {
        (Call::Accepted(self), vec![Effect::Refuse(Refusal::new(code, reason))])
    }
}
