//! Offers, answers and candidates: what the two sides of a connection tell each other (RFC 8829).

use super::{Command, Peer};
use crate::page::{get, now_ms};
use js_sys::{Function, Promise, Reflect};
use tincan_signaling::event::Body;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RtcIceCandidateInit, RtcSdpType, RtcSessionDescriptionInit, RtcSignalingState};

impl Peer {
    /// Whether this description is of another connection than the one talked to so far: the other
    /// side began anew.
    pub(in crate::call) fn is_anew(&self, sdp: &str) -> bool {
        let known = self.remote_origin.borrow();
        known.as_deref().is_some_and(|known| origin(sdp) != Some(known))
    }

    pub(super) async fn run(&self, command: Command) -> Result<(), JsValue> {
        match command {
            Command::Offer { restart } => self.offer(restart).await,
            Command::Hear(Body::Offer { sdp }) => self.take_offer(&sdp).await,
            Command::Hear(Body::Answer { sdp }) => self.take_answer(&sdp).await,
            Command::Hear(Body::Candidate { candidate, sdp_mid, sdp_m_line_index, username_fragment }) => {
                let init = RtcIceCandidateInit::new(&candidate);
                init.set_sdp_mid(sdp_mid.as_deref());
                init.set_sdp_m_line_index(sdp_m_line_index);
                Reflect::set(&init, &"usernameFragment".into(), &username_fragment.into())?;
                self.take_candidate(init).await
            }
            Command::Hear(Body::Dtmf { .. } | Body::IceServers { .. }) => Ok(()),
        }
    }

    async fn offer(&self, restart: bool) -> Result<(), JsValue> {
        if restart {
            call_bare(&self.connection, "restartIce");
        }
        self.set_local().await?;
        let Some(sdp) = self.local_sdp() else { return Ok(()) };
        self.negotiation.borrow_mut().offered(now_ms());
        (self.send)(Body::Offer { sdp });
        Ok(())
    }

    async fn take_offer(&self, sdp: &str) -> Result<(), JsValue> {
        let stable = self.connection.signaling_state() == RtcSignalingState::Stable;
        if !self.negotiation.borrow_mut().takes_offer(stable) {
            return Ok(());
        }
        self.set_remote(RtcSdpType::Offer, sdp).await?;
        if let Some(transceiver) = self.transceiver() {
            self.equip(&transceiver);
        }
        self.set_local().await?;
        self.negotiation.borrow_mut().settled();
        if let Some(sdp) = self.local_sdp() {
            (self.send)(Body::Answer { sdp });
        }
        Ok(())
    }

    async fn take_answer(&self, sdp: &str) -> Result<(), JsValue> {
        if self.connection.signaling_state() != RtcSignalingState::HaveLocalOffer {
            return Ok(());
        }
        self.set_remote(RtcSdpType::Answer, sdp).await?;
        self.negotiation.borrow_mut().settled();
        Ok(())
    }

    async fn take_candidate(&self, init: RtcIceCandidateInit) -> Result<(), JsValue> {
        if self.negotiation.borrow().is_ignoring() {
            return Ok(());
        }
        if self.connection.remote_description().is_none() {
            self.waiting.borrow_mut().push(init);
            return Ok(());
        }
        self.add_candidate(&init).await
    }

    async fn add_candidate(&self, init: &RtcIceCandidateInit) -> Result<(), JsValue> {
        let adding = self.connection.add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(init));
        JsFuture::from(adding).await.map(|_| ())
    }

    async fn set_remote(&self, kind: RtcSdpType, sdp: &str) -> Result<(), JsValue> {
        let description = RtcSessionDescriptionInit::new(kind);
        description.set_sdp(sdp);
        JsFuture::from(self.connection.set_remote_description(&description)).await?;
        *self.remote_origin.borrow_mut() = origin(sdp).map(str::to_owned);
        let waiting = self.waiting.take();
        for init in waiting {
            // A candidate of an older description is of no use and does no harm.
            let _ = self.add_candidate(&init).await;
        }
        Ok(())
    }

    /// Makes and sets the offer or answer that is due (RFC 8829, section 5.4).
    async fn set_local(&self) -> Result<(), JsValue> {
        let setting = call_bare(&self.connection, "setLocalDescription").ok_or(JsValue::UNDEFINED)?;
        JsFuture::from(setting.dyn_into::<Promise>()?).await.map(|_| ())
    }

    fn local_sdp(&self) -> Option<String> {
        Some(self.connection.local_description()?.sdp())
    }
}

/// The session that a description belongs to (RFC 8866, section 5.2): name and number, without the
/// version that each new offer raises.
fn origin(sdp: &str) -> Option<&str> {
    let origin = sdp.lines().find_map(|line| line.strip_prefix("o="))?;
    let end = origin.match_indices(' ').nth(1)?.0;
    origin.get(..end)
}

/// Calls a method without arguments by name: the bindings want one where the standard wants none.
fn call_bare(target: &JsValue, name: &str) -> Option<JsValue> {
    get(target, name).dyn_into::<Function>().ok()?.call0(target).ok()
}
