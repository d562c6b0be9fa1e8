//! The sound of a connection: our microphone into it, the other side out of it.

use super::Peer;
use crate::{
    media::Speaker,
    page::{call, get},
};
use js_sys::Array;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{MediaStream, MediaStreamTrack, RtcRtpReceiver, RtcRtpTransceiver, RtcRtpTransceiverDirection};

/// The codecs offered, best first: Opus for browsers, the two of every telephone, and key presses.
const CODECS: [&str; 4] = ["audio/opus", "audio/PCMU", "audio/PCMA", "audio/telephone-event"];

impl Peer {
    /// Sends this track from now on, without a new negotiation; nothing if there is none.
    pub(in crate::call) fn send_track(&self, track: Option<&MediaStreamTrack>) {
        *self.track.borrow_mut() = track.cloned();
        if let Some(transceiver) = self.transceiver() {
            replace_track(&transceiver, track);
        }
    }

    /// Connected, and nothing is played: builds the stream from what the receivers have.
    pub(in crate::call) fn recover_sound(&self, speaker: &Speaker) {
        if speaker.is_attached() {
            return;
        }
        let receivers = self.connection.get_receivers();
        let mut receivers =
            receivers.iter().filter_map(|receiver| receiver.dyn_into::<RtcRtpReceiver>().ok());
        if let Some(receiver) = receivers.next_back() {
            attach(speaker, None, &receiver.track());
        }
    }

    /// The one place for sound, made by the side that offers first.
    pub(super) fn prepare(&self) {
        self.equip(&self.connection.add_transceiver_with_str("audio"));
    }

    /// Both ways, our codecs, our microphone.
    pub(super) fn equip(&self, transceiver: &RtcRtpTransceiver) {
        transceiver.set_direction(RtcRtpTransceiverDirection::Sendrecv);
        prefer_codecs(transceiver);
        replace_track(transceiver, self.track.borrow().as_ref());
    }

    pub(super) fn transceiver(&self) -> Option<RtcRtpTransceiver> {
        self.connection.get_transceivers().get(0).dyn_into().ok()
    }
}

/// Plays a track; one that came without a stream gets one.
pub(super) fn attach(speaker: &Speaker, stream: Option<MediaStream>, track: &MediaStreamTrack) {
    let stream = stream.or_else(|| {
        let stream = MediaStream::new().ok()?;
        stream.add_track(track);
        Some(stream)
    });
    if let Some(stream) = stream {
        speaker.attach(&stream);
    }
}

fn replace_track(transceiver: &RtcRtpTransceiver, track: Option<&MediaStreamTrack>) {
    let replacing = transceiver.sender().replace_track(track);
    // Rejected only when the connection was closed meanwhile.
    spawn_local(async move {
        let _ = JsFuture::from(replacing).await;
    });
}

/// Puts our codecs in our order and leaves out the rest, where the browser lets us.
fn prefer_codecs(transceiver: &RtcRtpTransceiver) {
    let capabilities = get(&js_sys::global(), "RTCRtpReceiver");
    let Some(capabilities) = call(&capabilities, "getCapabilities", &"audio".into()) else { return };
    let known = Array::from(&get(&capabilities, "codecs"));
    let wanted = CODECS.iter().flat_map(|wanted| {
        known.iter().filter(|codec| {
            get(codec, "mimeType").as_string().is_some_and(|kind| kind.eq_ignore_ascii_case(wanted))
        })
    });
    let wanted: Array = wanted.collect();
    if wanted.length() > 0 {
        call(transceiver, "setCodecPreferences", &wanted);
    }
}
