//! Who offers, who yields, and when to offer again: perfect negotiation (RFC 8829; W3C WebRTC 1.0,
//! section 10.7) as decisions without a browser.

use tincan_signaling::{
    call::Call,
    event::MediaReport,
    leg::{Leg, Media},
};

/// How long an offer may stay without an answer.
const ANSWER_MS: f64 = 5_000.0;
/// How long a broken path may mend by itself before it is renewed.
const MEND_MS: f64 = 1_000.0;
/// How long one attempt at a path is given.
const ATTEMPT_MS: f64 = 6_000.0;

/// How long no packet may come before the path is thought to be broken.
const SILENCE_MS: f64 = 1_000.0;

/// What one pair of legs has negotiated so far, from one side.
#[derive(Debug)]
pub(crate) struct Negotiation {
    polite: bool,
    first: bool,
    /// Media was up with the other leg: from then on its path is renewed, before that the whole
    /// connection is made afresh.
    up: bool,
    offered_at: Option<f64>,
    /// When the path was last seen to break or to be renewed.
    broken_at: Option<f64>,
    ignoring: bool,
}

/// How the path of a peer connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// There is none.
    None,
    Connecting,
    Up,
    Lost,
}

impl Negotiation {
    pub(crate) fn new(own: &Leg, peer: &Leg) -> Self {
        Self {
            polite: own.polite_to(peer),
            first: own.offers_to(peer),
            up: false,
            offered_at: None,
            broken_at: None,
            ignoring: false,
        }
    }

    /// Whether this side may make an offer: until media was up only the one that offers first.
    pub(crate) const fn may_offer(&self) -> bool {
        self.first || self.up
    }

    /// Whether an unfinished negotiation is redone on a fresh connection. A half-made one holds on
    /// to roles and sections of which the other side never heard.
    pub(crate) const fn begins_anew(&self) -> bool {
        !self.up
    }

    /// Media is up.
    pub(crate) const fn came_up(&mut self) {
        self.up = true;
    }

    /// An offer went out.
    pub(crate) const fn offered(&mut self, now_ms: f64) {
        self.offered_at = Some(now_ms);
        if self.broken_at.is_some() {
            self.broken_at = Some(now_ms);
        }
    }

    /// An offer came in. Whether to take it: an impolite side with an offer of its own under way
    /// does not, nor the candidates that belong to it.
    pub(crate) const fn takes_offer(&mut self, stable: bool) -> bool {
        self.ignoring = !stable && !self.polite;
        !self.ignoring
    }

    /// Whether candidates that cannot be used are no surprise.
    pub(crate) const fn is_ignoring(&self) -> bool {
        self.ignoring
    }

    /// Offer and answer are both there.
    pub(crate) const fn settled(&mut self) {
        self.offered_at = None;
    }

    /// Looks at the path; says whether to offer again now, with an ICE restart.
    pub(crate) fn renew(&mut self, connection: Connection, failed: bool, now_ms: f64) -> bool {
        if !self.may_offer() {
            return false;
        }
        if let Some(at) = self.offered_at {
            return now_ms - at >= ANSWER_MS;
        }
        match connection {
            Connection::None | Connection::Up => {
                self.broken_at = None;
                false
            }
            Connection::Connecting | Connection::Lost => {
                let first_look = self.broken_at.is_none();
                let since = *self.broken_at.get_or_insert(now_ms);
                let patience = if connection == Connection::Connecting {
                    ATTEMPT_MS
                } else if self.polite {
                    MEND_MS
                } else {
                    2.0 * MEND_MS
                };
                // A second attempt needs time of its own; a path that failed does not mend.
                (failed && first_look)
                    || now_ms - since >= patience.max(if failed { ATTEMPT_MS } else { 0.0 })
            }
        }
    }
}

/// Notices that a path is dead seconds before the browser says so.
#[derive(Debug, Default)]
pub(crate) struct PathWatch {
    packets: f64,
    checks: f64,
    last_packet_ms: Option<f64>,
}

impl PathWatch {
    /// Takes the totals so far; says whether the path is silent: packets came and stopped, and no
    /// connectivity check came since. A side that only stopped sending still answers those.
    pub(crate) fn is_silent(&mut self, packets: f64, checks: f64, now_ms: f64) -> bool {
        if packets > self.packets {
            (self.packets, self.checks, self.last_packet_ms) = (packets, checks, Some(now_ms));
        } else if checks > self.checks {
            self.last_packet_ms = None;
        }
        self.last_packet_ms.is_some_and(|last| now_ms - last >= SILENCE_MS)
    }
}

/// What this leg still has to tell the room about its media, seeing its own connection.
pub(crate) fn report(own: &Leg, connection: Connection, failed: bool) -> Option<MediaReport> {
    match (own.media, connection) {
        (Media::New(_) | Media::Lost(_), Connection::Up) => Some(MediaReport::Up),
        (Media::Up, Connection::Lost) => Some(if failed { MediaReport::Failed } else { MediaReport::Lost }),
        _ => None,
    }
}

/// Whether everybody must be silent: some leg holds.
pub(crate) fn is_held(call: &Call) -> bool {
    call.legs().iter().any(|leg| leg.held)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tincan_signaling::{
        event::{Event, MediaKind, Role, Rung, Sender},
        id::{CallId, LegId, Sub, Timestamp},
    };
    use uuid::Uuid;

    fn legs() -> (Leg, Leg) {
        let id = |number| Uuid::from_u128(number);
        let from = |sub, role| Sender { sub: Sub(id(sub)), role, name: "N".into(), leg: None };
        let request = Event::CallRequest {
            call_id: CallId(id(9)),
            leg: Some(LegId(id(1))),
            media: MediaKind::Audio,
            rung: vec![Rung { sub: Sub(id(2)), name: "A".into() }],
            busy: false,
            turn: false,
            ring_ms: 0,
        };
        let accept = Event::CallAccept { call_id: CallId(id(9)), leg: Some(LegId(id(2))) };
        let (call, _) = Call::Idle.step(&from(1, Role::Visitor), &request, Timestamp(1));
        let (call, _) = call.step(&from(2, Role::Agent), &accept, Timestamp(2));
        (call.legs()[0].clone(), call.legs()[1].clone())
    }

    #[test]
    fn whoever_joined_last_offers_first_and_yields() {
        let (caller, answerer) = legs();
        let mut late = Negotiation::new(&answerer, &caller);
        let mut early = Negotiation::new(&caller, &answerer);
        assert!(late.may_offer() && !early.may_offer());
        assert!(late.takes_offer(false));
        assert!(!early.takes_offer(false) && early.is_ignoring());
        assert!(early.takes_offer(true) && !early.is_ignoring());
        early.settled();
        assert!(!early.may_offer() && early.begins_anew());
        early.came_up();
        assert!(early.may_offer() && !early.begins_anew());
    }

    #[test]
    fn an_offer_without_answer_is_made_again_after_five_seconds() {
        let (caller, answerer) = legs();
        let mut late = Negotiation::new(&answerer, &caller);
        late.offered(1_000.0);
        assert!(!late.renew(Connection::Connecting, false, 5_900.0));
        assert!(late.renew(Connection::Connecting, false, 6_000.0));
        late.offered(6_000.0);
        late.settled();
        assert!(!late.renew(Connection::Connecting, false, 6_100.0));
        assert!(!late.renew(Connection::Up, false, 7_000.0));
    }

    #[test]
    fn a_broken_path_is_given_a_moment_and_a_failed_one_none() {
        let (caller, answerer) = legs();
        let mut late = Negotiation::new(&answerer, &caller);
        late.settled();
        assert!(!late.renew(Connection::Lost, false, 0.0));
        assert!(late.renew(Connection::Lost, false, 1_000.0));
        late.offered(1_000.0);
        late.settled();
        assert!(!late.renew(Connection::Lost, false, 1_500.0));
        assert!(!late.renew(Connection::Up, false, 2_000.0));
        assert!(late.renew(Connection::Lost, true, 9_000.0));
        late.offered(9_000.0);
        late.settled();
        assert!(!late.renew(Connection::Lost, true, 10_500.0));
        assert!(late.renew(Connection::Lost, true, 15_000.0));
    }

    #[test]
    fn a_silent_path_is_noticed_and_a_silent_speaker_is_not_taken_for_one() {
        let mut watch = PathWatch::default();
        assert!(!watch.is_silent(0.0, 3.0, 0.0));
        assert!(!watch.is_silent(50.0, 4.0, 500.0));
        assert!(!watch.is_silent(50.0, 4.0, 1_400.0));
        assert!(watch.is_silent(50.0, 4.0, 1_500.0));
        assert!(!watch.is_silent(50.0, 5.0, 2_000.0));
        assert!(!watch.is_silent(50.0, 5.0, 9_000.0));
        assert!(!watch.is_silent(60.0, 9.0, 9_500.0));
        assert!(watch.is_silent(60.0, 9.0, 10_500.0));
    }

    #[test]
    fn a_leg_reports_what_the_room_does_not_know() {
        let (caller, _) = legs();
        assert_eq!(report(&caller, Connection::Up, false), Some(MediaReport::Up));
        assert_eq!(report(&caller, Connection::Lost, false), None);
        let up = Leg { media: Media::Up, ..caller };
        assert_eq!(report(&up, Connection::Up, false), None);
        assert_eq!(report(&up, Connection::Lost, false), Some(MediaReport::Lost));
        assert_eq!(report(&up, Connection::Lost, true), Some(MediaReport::Failed));
        assert_eq!(report(&up, Connection::Connecting, false), None);
    }
}
