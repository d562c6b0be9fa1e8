//! What this node counts. `docs/metrics.md` says what each number means.
//!
//! Handles are made once: counting a frame costs an addition, not a search by name. No label names a
//! tenant, a room or a person.

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use tincan_signaling::{
    agent::AgentStatus,
    code::{Code, Refusal},
    event::{Body, Event, Path, Role},
    reason::EndReason,
};

/// Everything that is counted where it happens.
pub(crate) struct Meters {
    pub(crate) sockets: Level,
    pub(crate) connected: Counter,
    pub(crate) rooms: Level,
    pub(crate) tenants: Level,
    pub(crate) members: Level,
    pub(crate) dashboards: Level,
    pub(crate) presences: Level,
    pub(crate) joining: Level,
    pub(crate) ring_events: Level,
    pub(crate) ring_bytes: Level,
    pub(crate) calls: Level,
    pub(crate) tasks: Tasks,
    /// Times that a socket was not read for a while.
    pub(crate) slowed: Counter,
    pub(crate) relay_seconds: Histogram,
    pub(crate) changes_missed: Counter,
    incoming: Vec<Counter>,
    outgoing: Vec<Counter>,
}

/// What there is on this node right now. All zero: nothing was left behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    pub sockets: i64,
    pub rooms: i64,
    pub tenants: i64,
    pub members: i64,
    pub dashboards: i64,
    pub presences: i64,
    pub joining: i64,
    pub ring_events: i64,
    pub ring_bytes: i64,
    pub calls: i64,
    pub tasks: i64,
}

/// Tasks by what they do.
pub(crate) struct Tasks {
    pub(crate) sockets: Level,
    pub(crate) rooms: Level,
    /// Carry out what a change of statuses means.
    pub(crate) staff: Level,
    /// Show a dashboard that came who is there.
    pub(crate) lists: Level,
    /// Renew the leases of devices.
    pub(crate) leases: Level,
}

/// How many there are of something right now.
#[derive(Clone)]
pub(crate) struct Level(Arc<Shown>);

struct Shown {
    now: AtomicI64,
    gauge: Gauge,
}

/// One of them, for as long as it lives.
pub(crate) struct Held(Level);

impl Level {
    pub(crate) fn new(gauge: Gauge) -> Self {
        gauge.set(0.0);
        Self(Arc::new(Shown { now: AtomicI64::new(0), gauge }))
    }

    /// One that nobody watches.
    #[cfg(test)]
    pub(crate) fn uncounted() -> Self {
        Self::new(Gauge::noop())
    }

    pub(crate) fn get(&self) -> i64 {
        self.0.now.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, more: i64) {
        if more != 0 {
            self.0.now.fetch_add(more, Ordering::Relaxed);
            self.0.gauge.increment(more as f64);
        }
    }

    /// One more, until what comes back is dropped.
    pub(crate) fn hold(&self) -> Held {
        self.add(1);
        Held(self.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.add(-1);
    }
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Held")
    }
}

impl Meters {
    pub(crate) fn new() -> Self {
        announce();
        let level = |name: &'static str| Level::new(gauge!(name));
        let task = |kind: &'static str| Level::new(gauge!("tincan_tasks", "kind" => kind));
        Self {
            sockets: level("tincan_ws_connections"),
            connected: counter!("tincan_ws_connections_total"),
            rooms: level("tincan_rooms_active"),
            tenants: level("tincan_tenants_active"),
            members: level("tincan_room_members"),
            dashboards: level("tincan_lobby_members"),
            presences: level("tincan_presences"),
            joining: level("tincan_joins_waiting"),
            ring_events: level("tincan_ring_events"),
            ring_bytes: level("tincan_ring_bytes"),
            calls: level("tincan_calls_active"),
            tasks: Tasks {
                sockets: task("socket"),
                rooms: task("room"),
                staff: task("staff"),
                lists: task("list"),
                leases: task("lease"),
            },
            slowed: counter!("tincan_ws_slowed_total"),
            relay_seconds: histogram!("tincan_signal_relay_seconds"),
            changes_missed: counter!("tincan_changes_missed_total"),
            incoming: messages("in"),
            outgoing: messages("out"),
        }
    }

    pub(crate) fn levels(&self) -> Levels {
        let Tasks { sockets, rooms, staff, lists, leases } = &self.tasks;
        Levels {
            sockets: self.sockets.get(),
            rooms: self.rooms.get(),
            tenants: self.tenants.get(),
            members: self.members.get(),
            dashboards: self.dashboards.get(),
            presences: self.presences.get(),
            joining: self.joining.get(),
            ring_events: self.ring_events.get(),
            ring_bytes: self.ring_bytes.get(),
            calls: self.calls.get(),
            tasks: [sockets, rooms, staff, lists, leases].into_iter().map(Level::get).sum(),
        }
    }

    /// A client pushed this.
    pub(crate) fn heard(&self, name: &str) {
        if let Some(counter) = position(name).and_then(|at| self.incoming.get(at)) {
            counter.increment(1);
        }
    }

    /// So many members were sent this.
    pub(crate) fn told(&self, name: &str, members: usize) {
        if let Some(counter) = position(name).and_then(|at| self.outgoing.get(at)) {
            counter.increment(members as u64);
        }
    }
}

/// What is neither logged nor a signal.
const OTHERS: [&str; 4] = ["typing", "availability", "call_state", "presence"];

fn types() -> impl Iterator<Item = &'static str> {
    Event::NAMES.iter().chain(Body::NAMES).chain(&OTHERS).copied()
}

fn position(name: &str) -> Option<usize> {
    types().position(|known| known == name)
}

fn messages(direction: &'static str) -> Vec<Counter> {
    types()
        .map(|name| counter!("tincan_signal_messages_total", "type" => name, "direction" => direction))
        .collect()
}

/// Makes every series known from the start: an absent one and a zero are not the same to whoever
/// watches.
fn announce() {
    for code in Code::ALL {
        counter!("tincan_signal_rejected_total", "reason" => code.as_str()).increment(0);
    }
    for reason in crate::outbox::Close::REASONS {
        counter!("tincan_ws_disconnects_total", "reason" => reason).increment(0);
    }
    for reason in REFUSED {
        counter!("tincan_ws_refused_total", "reason" => reason).increment(0);
    }
    for result in ["fresh", "ok", "gap"] {
        counter!("tincan_resume_total", "result" => result).increment(0);
    }
    for capability in CAPABILITIES {
        counter!("tincan_entitlement_denied_total", "capability" => capability).increment(0);
    }
    for status in AGENTS {
        gauge!("tincan_agents", "status" => word(status)).set(0.0);
    }
    for path in [Path::Host, Path::Srflx, Path::Prflx, Path::Relay, Path::Failed] {
        counter!("tincan_ice_outcome_total", "path" => path.as_str()).increment(0);
    }
    for direction in ["inbound", "outbound"] {
        for reason in EndReason::ALL {
            let labels = [("direction", direction), ("result", reason.as_str())];
            counter!("tincan_calls_total", &labels).increment(0);
        }
    }
    counter!("tincan_joins_total").increment(0);
    for code in JOIN_CODES {
        counter!("tincan_joins_refused_total", "reason" => code).increment(0);
    }
    for name in ["tincan_call_ring_seconds", "tincan_call_setup_seconds", "tincan_call_duration_seconds"] {
        let _known = histogram!(name);
    }
    counter!("tincan_records_failed_total").increment(0);
    for name in ["tincan_outbox_frames", "tincan_outbox_bytes", "tincan_records_waiting", "tincan_addresses"]
    {
        gauge!(name).set(0.0);
    }
}

/// Why a socket is not even opened.
const REFUSED: [&str; 7] = [
    "rate-limited",
    "limit-reached",
    "unavailable",
    "not-found",
    "bad-request",
    "origin-denied",
    "unauthorized",
];

const CAPABILITIES: [&str; 4] = [VOICE, "video_enabled", "turn_relay", "sip_gateway"];
const VOICE: &str = "voice_enabled";

/// Why a join is refused: Supabase's codes, and ours.
const JOIN_CODES: [&str; 7] = [
    "InvalidJWTToken",
    "Unauthorized",
    "ClientJoinRateLimitReached",
    "ChannelRateLimitReached",
    "ConnectionRateLimitReached",
    "InvalidJoinPayload",
    "unavailable",
];

/// What an agent's status may be.
pub(crate) const AGENTS: [AgentStatus; 5] =
    [AgentStatus::Ready, AgentStatus::Paused, AgentStatus::OnCall, AgentStatus::WrapUp, AgentStatus::Asleep];

pub(crate) const fn word(status: AgentStatus) -> &'static str {
    match status {
        AgentStatus::Ready => "ready",
        AgentStatus::Paused => "paused",
        AgentStatus::OnCall => "on_call",
        AgentStatus::WrapUp => "wrap_up",
        AgentStatus::Asleep => "asleep",
        AgentStatus::Offline => "offline",
    }
}

/// Something pushed was refused.
pub(crate) fn refused(refusal: &Refusal) {
    counter!("tincan_signal_rejected_total", "reason" => refusal.code.as_str()).increment(1);
    denied(refusal);
}

/// A join was refused. Each reason begins with its code.
pub(crate) fn join_refused(reason: &str) {
    let code = reason.split(':').next().unwrap_or_default();
    let code = JOIN_CODES.into_iter().find(|known| *known == code).unwrap_or("unavailable");
    counter!("tincan_joins_refused_total", "reason" => code).increment(1);
}

/// A capability that the tenant does not have was asked for.
fn denied(refusal: &Refusal) {
    let capability = match refusal.code {
        Code::VoiceNotEnabled => VOICE,
        Code::NotEntitled => {
            let asked = refusal.capability.as_deref();
            CAPABILITIES.into_iter().find(|known| Some(*known) == asked).unwrap_or(VOICE)
        }
        _ => return,
    };
    counter!("tincan_entitlement_denied_total", "capability" => capability).increment(1);
}

/// Who called whom.
pub(crate) const fn direction(caller: Role) -> &'static str {
    if caller.is_staff() { "outbound" } else { "inbound" }
}
