//! Looking at the call, and making the page match it.

use super::{Inner, Place, negotiation::is_held};
use reactive_graph::prelude::*;
use tincan_signaling::{
    Call,
    leg::{Leg, Socket as LegSocket},
};

impl Inner {
    pub(super) fn own_leg<'a>(&self, call: &'a Call) -> Option<&'a Leg> {
        call.leg(self.leg.get()?)
    }

    /// Looks at the call and makes the page match.
    pub(super) fn look(&self) {
        let call = self.room.call_now();
        self.show_place(&call);
        let own = self.own_leg(&call).cloned();
        let rings = matches!(&call, Call::Ringing(ringing) if Some(ringing.leg.id) == self.leg.get());
        self.speaker.ringback(rings);
        match (&call, own) {
            (Call::Accepted(accepted), Some(own)) => {
                self.enter(&own);
                self.apply_switches(&call);
                self.match_peers(&own, &accepted.legs);
                self.report();
                if !self.tick.is_set() {
                    self.tick();
                }
            }
            (Call::Ringing(_), Some(own)) => self.enter(&own),
            // Ended, or the leg went to another page. A leg that was only asked for stays.
            (Call::Idle | Call::Ringing(_) | Call::Accepted(_) | Call::Ended(_), _) => {
                if self.entered.get() {
                    self.depart();
                }
            }
        }
    }

    /// The leg is in the call: a returning one was muted or on hold, and stays so.
    pub(super) fn enter(&self, own: &Leg) {
        if !self.entered.replace(true) {
            self.muted.set(own.muted || self.muted.get_untracked());
            self.held.set(own.held || self.held.get_untracked());
        }
    }

    pub(super) fn show_place(&self, call: &Call) {
        let place = if self.own_leg(call).is_some() {
            Place::Here
        } else {
            call.legs_of(self.room.me()).next().map_or(Place::None, |leg| Place::Elsewhere {
                leg: leg.id,
                gone: matches!(leg.socket, LegSocket::Lost(_)),
            })
        };
        if self.place.with_untracked(|old| *old != place) {
            self.place.set(place);
        }
    }

    pub(super) fn apply_switches(&self, call: &Call) {
        let held = is_held(call) || self.held.get_untracked();
        self.mic.set_enabled(!held && !self.muted.get_untracked());
        self.speaker.set_silent(held);
    }

    /// This page is no longer in the call: its media stops.
    pub(super) fn depart(&self) {
        self.leg.set(None);
        self.entered.set(false);
        self.tick.stop();
        self.close_peers();
        self.ice.take();
        self.early.take();
        self.speaker.ringback(false);
        self.speaker.detach();
        self.speaker.set_silent(false);
        self.mic.close();
        self.mic.set_enabled(true);
        self.muted.set(false);
        self.held.set(false);
        self.show_connection();
        self.show_place(&self.room.call_now());
    }
}
