//! What people do: visitors write, call, hang up and reload; agents are ready or not, answer, decline,
//! call visitors. All of it as chance has it, whatever the network does meanwhile.

use super::{
    client::outbox::Link,
    net::{Cut, Happening, Net, PageId, Token},
    page::Page,
};
use std::collections::BTreeSet;
use tincan_signaling::{
    Call,
    event::{Body, Event, MediaKind, MediaReport, Path, Signal},
    id::{CallId, EventId, LegId, SessionId, Sub, TenantId},
    leg::Media,
};
use uuid::Uuid;

pub(super) enum Role {
    Visitor { session: SessionId },
    Agent { tenant: TenantId },
}

pub(super) struct Person {
    pub(super) role: Role,
    pub(super) sub: Sub,
    pub(super) token: Token,
    pub(super) page: Option<PageId>,
    /// Older tabs that were left open.
    tabs: Vec<PageId>,
    /// The room whose call this person was in last: a dashboard that is loaded again goes there.
    room: Option<SessionId>,
    next: u64,
}

/// What somebody may do next.
#[derive(Clone, Copy)]
enum Deed {
    Nothing,
    Write,
    Read,
    Type,
    Call,
    Cancel,
    Accept,
    Decline,
    HangUp,
    Switch,
    Signal,
    Report,
    Return,
    Reload,
    Crash,
    /// Opens a second tab and goes on there.
    Tab,
    /// Writes a lot at once.
    Chatter,
    Wish,
    Look,
    LookAway,
}

impl Person {
    pub(super) fn new(role: Role, sub: Sub, token: Token) -> Self {
        Self { role, sub, token, page: None, tabs: Vec::new(), room: None, next: 0 }
    }

    /// An id that nobody else makes.
    fn id(&mut self) -> Uuid {
        self.next += 1;
        Uuid::from_u128(self.sub.0.as_u128() ^ (u128::from(self.next) << 8) ^ 0xff)
    }

    /// Looks up and does one thing. `rooms`: where visitors are.
    pub(super) fn act(&mut self, net: &mut Net, pages: &mut Vec<Page>, rooms: &[SessionId]) {
        let Some(page) = self.page else {
            return self.open(net, pages);
        };
        if !self.tabs.is_empty() && net.rng.chance(150) {
            let old = self.tabs.remove(0);
            pages[old].close(net);
        }
        let session = match self.role {
            Role::Visitor { session } => Some(session),
            Role::Agent { .. } => self.room_at_hand(net, &mut pages[page], rooms),
        };
        let deed = self.choose(net, &pages[page], session);
        self.carry_out(deed, net, pages, page, session, rooms);
    }

    fn open(&mut self, net: &mut Net, pages: &mut Vec<Page>) {
        let lobby = match self.role {
            Role::Visitor { .. } => None,
            Role::Agent { tenant } => Some(tenant),
        };
        let id = pages.len();
        let mut page = Page::new(id, self.sub, self.token.clone(), lobby, net);
        let room = match self.role {
            Role::Visitor { session } => Some(session),
            Role::Agent { .. } => self.room,
        };
        if let Some(session) = room {
            page.sit(net, session);
        }
        pages.push(page);
        self.page = Some(id);
    }

    /// An agent goes where it is called, or where its own call is, else where it happens to look.
    fn room_at_hand(&mut self, net: &mut Net, page: &mut Page, rooms: &[SessionId]) -> Option<SessionId> {
        let me = self.sub;
        let mine = |call: &Call| match call {
            Call::Ringing(ringing) => ringing.head.caller == me,
            Call::Accepted(accepted) => accepted.has_leg(me),
            Call::Idle | Call::Ended(_) => false,
        };
        let busy = page.seats.values().find(|seat| mine(&seat.call())).map(|seat| seat.session);
        if busy.is_some() {
            return busy;
        }
        let ringing = page.lobby.as_ref().and_then(|lobby| lobby.ringing.values().next().copied());
        if ringing.is_some() {
            return ringing;
        }
        let open: Vec<SessionId> = page.seats.keys().copied().collect();
        if open.is_empty() { None } else { Some(open[net.rng.range(0..open.len() as u64) as usize]) }
            .filter(|session| rooms.contains(session))
    }

    fn choose(&self, net: &mut Net, page: &Page, session: Option<SessionId>) -> Deed {
        let is_agent = matches!(self.role, Role::Agent { .. });
        let calm = net.calm;
        let seat = session.and_then(|session| page.seats.get(&session));
        let Some(seat) = seat else {
            let rung = session.is_some();
            return if rung {
                net.rng.weighed(&[(6, Deed::Accept), (1, Deed::Decline), (2, Deed::Nothing)])
            } else {
                let look = if calm { 0 } else { 3 };
                net.rng.weighed(&[(4, Deed::Nothing), (look, Deed::Look), (1, Deed::Wish)])
            };
        };
        if seat.is_asking() {
            let cancel = u64::from(matches!(seat.call(), Call::Ringing(_)));
            return net.rng.weighed(&[
                (6, Deed::Nothing),
                (cancel, Deed::Cancel),
                (u64::from(!calm), Deed::Reload),
            ]);
        }
        let call = seat.call();
        let busy = !calm;
        let often = |weight: u64| if busy { weight } else { 0 };
        match &call {
            Call::Idle | Call::Ended(_) if is_agent => net.rng.weighed(&[
                (6, Deed::Nothing),
                (often(2), Deed::Write),
                (often(1), Deed::Call),
                (1, Deed::LookAway),
                (often(1), Deed::Wish),
                (often(1), Deed::Reload),
                (often(1), Deed::Tab),
            ]),
            Call::Idle | Call::Ended(_) => net.rng.weighed(&[
                (2, Deed::Nothing),
                (often(3), Deed::Write),
                (often(1), Deed::Read),
                (often(1), Deed::Type),
                (often(8), Deed::Call),
                (often(1), Deed::Reload),
                (often(1), Deed::Tab),
                (often(1), Deed::Chatter),
            ]),
            Call::Ringing(ringing) if ringing.head.caller == self.sub && ringing.leg.sub == self.sub => {
                let gone = seat.own_leg().is_none();
                net.rng.weighed(&[
                    (4, Deed::Nothing),
                    (often(1), Deed::Write),
                    (if busy { 1 } else { 8 }, Deed::Cancel),
                    (if gone { 6 } else { 0 }, Deed::Return),
                    (often(1), Deed::Reload),
                ])
            }
            Call::Ringing(ringing) if ringing.is_rung(self.sub) => net.rng.weighed(&[
                (2, Deed::Nothing),
                (6, Deed::Accept),
                (1, Deed::Decline),
                (often(1), Deed::Crash),
            ]),
            Call::Accepted(accepted) if accepted.has_leg(self.sub) => {
                let own =
                    seat.own_leg().and_then(|(_, leg)| accepted.legs.iter().find(|other| other.id == leg));
                let Some(own) = own else {
                    return net.rng.weighed(&[(1, Deed::Nothing), (6, Deed::Return), (1, Deed::HangUp)]);
                };
                let down = !matches!(own.media, Media::Up);
                net.rng.weighed(&[
                    (2, Deed::Nothing),
                    (often(2), Deed::Write),
                    (if busy { 3 } else { 20 }, Deed::HangUp),
                    (often(2), Deed::Switch),
                    (often(4), Deed::Signal),
                    (if down { 12 } else { often(1) }, Deed::Report),
                    (often(1), Deed::Reload),
                    (often(1), Deed::Tab),
                    (often(1), Deed::Crash),
                ])
            }
            Call::Ringing(_) | Call::Accepted(_) => {
                net.rng.weighed(&[(5, Deed::Nothing), (often(2), Deed::Write), (1, Deed::LookAway)])
            }
        }
    }

    fn carry_out(
        &mut self,
        deed: Deed,
        net: &mut Net,
        pages: &mut [Page],
        id: PageId,
        session: Option<SessionId>,
        rooms: &[SessionId],
    ) {
        let page = &mut pages[id];
        let is_agent = matches!(self.role, Role::Agent { .. });
        match deed {
            Deed::Look => {
                let room = rooms[net.rng.range(0..rooms.len() as u64) as usize];
                return page.sit(net, room);
            }
            Deed::Wish => {
                if let Some(lobby) = &mut page.lobby {
                    // Mostly ready: nobody else answers.
                    lobby.ready = net.rng.chance(800);
                    page.track(net);
                }
                return;
            }
            Deed::Reload | Deed::Crash => {
                if matches!(deed, Deed::Crash)
                    && let Some(conn) = page.conn
                {
                    net.cut(conn, Cut::Silence);
                }
                page.close(net);
                self.page = None;
                return;
            }
            Deed::Tab => {
                self.tabs.extend(self.page.take());
                return;
            }
            Deed::Nothing
            | Deed::Write
            | Deed::Chatter
            | Deed::Read
            | Deed::Type
            | Deed::Call
            | Deed::Cancel
            | Deed::Accept
            | Deed::Decline
            | Deed::HangUp
            | Deed::Switch
            | Deed::Signal
            | Deed::Report
            | Deed::Return
            | Deed::LookAway => {}
        }
        let Some(session) = session else { return };
        if matches!(deed, Deed::Accept | Deed::Decline) {
            page.sit(net, session);
        }
        let ringing = page.lobby.as_ref().and_then(|lobby| {
            lobby.ringing.iter().find(|(_, room)| **room == session).map(|(call, _)| *call)
        });
        let Some(seat) = page.seats.get(&session) else { return };
        let call = seat.call();
        let call_id = call.id().filter(|_| call.is_live()).or(ringing);
        let own = seat.own_leg();
        let waits = seat.link != Link::Synced;
        let messages: BTreeSet<EventId> = seat.held.iter().copied().collect();
        match deed {
            Deed::Write => {
                let id = EventId(self.id());
                page.say(net, session, Event::Message { id, text: format!("{} says {id}", self.sub) });
            }
            Deed::Chatter => {
                for _ in 0..net.rng.range(5..60) {
                    let id = EventId(self.id());
                    page.say(net, session, Event::Message { id, text: "And".to_owned() });
                }
            }
            Deed::Read => {
                if let Some(up_to) = messages.last() {
                    page.say(net, session, Event::Read { up_to: *up_to });
                }
            }
            Deed::Type => page.signal(net, session, "typing", "{}"),
            Deed::Call => {
                let (call_id, leg) = (CallId(self.id()), LegId(self.id()));
                self.take_leg(page, session, call_id, leg);
                page.say(
                    net,
                    session,
                    Event::CallRequest {
                        call_id,
                        leg: Some(leg),
                        media: MediaKind::Audio,
                        rung: Vec::new(),
                        busy: false,
                        turn: false,
                        ring_ms: 0,
                    },
                );
            }
            Deed::Accept => {
                let Some(call_id) = call_id else { return };
                if page.seats[&session].leg.is_some_and(|(asked, _)| asked == call_id) {
                    return;
                }
                let leg = LegId(self.id());
                self.take_leg(page, session, call_id, leg);
                page.say(net, session, Event::CallAccept { call_id, leg: Some(leg) });
            }
            Deed::Decline => {
                if let Some(call_id) = call_id {
                    page.say(net, session, Event::CallDecline { call_id });
                }
            }
            Deed::Cancel => {
                let (Some(call_id), Some((_, own_leg))) = (call_id, page.seats[&session].leg) else { return };
                if let Some(seat) = page.seats.get_mut(&session)
                    && let Some((_tried, step)) = seat.outbox.withdraw(call_id)
                {
                    page.take(net, session, vec![step]);
                    // It may have arrived all the same.
                    self.take_leg(page, session, call_id, own_leg);
                }
                page.say(net, session, Event::CallCancel { call_id });
            }
            Deed::HangUp => {
                if let Some(call_id) = call_id {
                    page.say(net, session, Event::Hangup { call_id });
                }
            }
            Deed::Switch => {
                if let Some((call_id, leg)) = own {
                    let (muted, held) = (net.rng.chance(500), net.rng.chance(200));
                    page.say(
                        net,
                        session,
                        Event::Media { call_id, leg: Some(leg), muted, held, video: false },
                    );
                }
            }
            Deed::Report => {
                if let Some((call_id, leg)) = own {
                    let media =
                        if net.calm || net.rng.chance(850) { MediaReport::Up } else { MediaReport::Lost };
                    let path = Some(Path::Host);
                    page.say(net, session, Event::LegState { call_id, leg: Some(leg), media, path });
                }
            }
            Deed::Signal => {
                if let Some((call_id, _)) = own {
                    for _ in 0..net.rng.range(1..4) {
                        self.next += 1;
                        let body = Body::Candidate {
                            candidate: format!("candidate:{} 1 udp 1 192.0.2.1 9 typ host", self.next),
                            sdp_mid: None,
                            sdp_m_line_index: None,
                            username_fragment: None,
                        };
                        let signal = Signal { call_id, to: None, from: None, body };
                        page.signal(net, session, "candidate", &signal.to_json());
                    }
                }
            }
            Deed::Return => {
                let gone = call.legs_of(self.sub).next().map(|leg| leg.id);
                let (Some(call_id), Some(gone)) = (call_id, gone) else { return };
                // Once is enough, until it is known what came of it.
                if waits || page.seats[&session].leg.is_some_and(|(asked, _)| asked == call_id) {
                    return;
                }
                let leg = LegId(self.id());
                self.take_leg(page, session, call_id, leg);
                page.say(net, session, Event::LegJoin { call_id, leg: Some(leg), replaces: Some(gone) });
            }
            Deed::LookAway if is_agent && !call.is_live() => page.rise(net, session),
            Deed::LookAway
            | Deed::Nothing
            | Deed::Look
            | Deed::Wish
            | Deed::Reload
            | Deed::Tab
            | Deed::Crash => {}
        }
    }

    fn take_leg(&mut self, page: &mut Page, session: SessionId, call_id: CallId, leg: LegId) {
        self.room = Some(session);
        if let Some(seat) = page.seats.get_mut(&session) {
            seat.leg = Some((call_id, leg));
        }
    }

    /// When this person looks up again.
    pub(super) fn look_up_later(person: usize, net: &mut Net) {
        let wait = net.rng.range(150..3_500);
        net.after(wait / net.haste, Happening::Act { person });
    }
}
