//! What the browser counts of a peer connection (W3C webrtc-stats): the path and what was received.

use crate::page::get;
use js_sys::Map;
use tincan_signaling::event::Path;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::RtcPeerConnection;

/// One look at a connection.
#[derive(Debug, Default)]
pub(super) struct Stats {
    pub(super) path: Option<Path>,
    pub(super) received: Received,
}

/// Totals of received audio.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Received {
    pub(super) packets: f64,
    pub(super) energy: f64,
    /// Connectivity checks of either side, seen on the path in use (RFC 7675).
    pub(super) checks: f64,
}

/// Reads the counters; `None` when the connection is closed.
pub(super) async fn read(connection: &RtcPeerConnection) -> Option<Stats> {
    let report: Map = JsFuture::from(connection.get_stats()).await.ok()?.unchecked_into();
    let (mut stats, mut pair) = (Stats::default(), None);
    report.for_each(&mut |entry: JsValue, _| {
        let text = |name| get(&entry, name).as_string().unwrap_or_default();
        match text("type").as_str() {
            "inbound-rtp" if text("kind") == "audio" => {
                let number = |name| get(&entry, name).as_f64().unwrap_or(0.0);
                stats.received.packets += number("packetsReceived");
                stats.received.energy += number("totalAudioEnergy");
            }
            "transport" => pair = get(&entry, "selectedCandidatePairId").as_string().or(pair.take()),
            // Firefox has no transport entry.
            "candidate-pair" if get(&entry, "selected") == true => pair = Some(text("id")),
            _ => {}
        }
    });
    let find = |id: &str| crate::page::call(&report, "get", &id.into());
    let pair = pair.and_then(|pair| find(&pair));
    let number = |name| pair.as_ref().and_then(|pair| get(pair, name).as_f64()).unwrap_or(0.0);
    stats.received.checks = number("responsesReceived") + number("requestsReceived");
    let local = pair.as_ref().and_then(|pair| get(pair, "localCandidateId").as_string());
    let kind = local.and_then(|local| get(&find(&local)?, "candidateType").as_string());
    stats.path = kind.and_then(|kind| match kind.as_str() {
        "host" => Some(Path::Host),
        "srflx" => Some(Path::Srflx),
        "prflx" => Some(Path::Prflx),
        "relay" => Some(Path::Relay),
        _ => None,
    });
    Some(stats)
}
