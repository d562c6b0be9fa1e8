//! One peer connection between this page's leg and one other leg. Its commands are done one after
//! the other, so no offer is made while another one is being taken.

use super::{
    negotiation::{Connection, Negotiation, PathWatch},
    stats::{self, Stats},
};
use crate::{
    media::Speaker,
    page::{Listener, call, get, now_ms},
};
use futures::{StreamExt, channel::mpsc};
use js_sys::{Array, Function, Object, Promise, Reflect};
use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};
use tincan_signaling::{
    event::{Body, IceServer},
    id::LegId,
    leg::Leg,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    MediaStream, MediaStreamTrack, RtcConfiguration, RtcIceCandidate, RtcIceCandidateInit, RtcPeerConnection,
    RtcPeerConnectionIceEvent, RtcPeerConnectionState, RtcRtpReceiver, RtcRtpTransceiver,
    RtcRtpTransceiverDirection, RtcRtpTransceiverInit, RtcSdpType, RtcSessionDescriptionInit,
    RtcSignalingState, RtcTrackEvent,
};

/// The codecs offered, best first: Opus for browsers, the two of every telephone, and key presses.
const CODECS: [&str; 4] = ["audio/opus", "audio/PCMU", "audio/PCMA", "audio/telephone-event"];

enum Command {
    Offer { restart: bool },
    Hear(Body),
}

type Send = dyn Fn(Body);

/// The connection to one other leg.
pub(super) struct Peer {
    leg: LegId,
    connection: RtcPeerConnection,
    commands: mpsc::UnboundedSender<Command>,
    negotiation: RefCell<Negotiation>,
    /// Candidates that came before the description they belong to.
    waiting: RefCell<Vec<RtcIceCandidateInit>>,
    track: RefCell<Option<MediaStreamTrack>>,
    /// Which connection of the other side the last description came from.
    remote_origin: RefCell<Option<String>>,
    was_up: Cell<bool>,
    watch: RefCell<PathWatch>,
    silent: Cell<bool>,
    send: Box<Send>,
    listeners: RefCell<Vec<Listener>>,
}

impl Peer {
    /// A fresh connection; the side whose turn it is makes the first offer at once.
    pub(super) fn new(
        own: &Leg,
        leg: &Leg,
        servers: &[IceServer],
        speaker: &Speaker,
        track: Option<MediaStreamTrack>,
        send: impl Fn(Body) + 'static,
        changed: impl Fn() + 'static,
    ) -> Option<Rc<Self>> {
        let connection = RtcPeerConnection::new_with_configuration(&configuration(servers)).ok()?;
        let (commands, mut todo) = mpsc::unbounded();
        let peer = Rc::new(Self {
            leg: leg.id,
            connection,
            commands,
            negotiation: RefCell::new(Negotiation::new(own, leg)),
            waiting: RefCell::default(),
            track: RefCell::new(track),
            remote_origin: RefCell::default(),
            was_up: Cell::new(false),
            watch: RefCell::default(),
            silent: Cell::new(false),
            send: Box::new(send),
            listeners: RefCell::default(),
        });
        peer.listen(speaker, changed);
        let doing = Rc::downgrade(&peer);
        spawn_local(async move {
            while let Some(command) = todo.next().await {
                let Some(peer) = doing.upgrade() else { return };
                // A step that the browser refuses is mended by the next offer.
                let _ = peer.run(command).await;
            }
        });
        if peer.negotiation.borrow().may_offer() {
            peer.prepare();
            peer.order(Command::Offer { restart: false });
        }
        Some(peer)
    }

    /// What the other leg said.
    pub(super) fn hear(&self, body: Body) {
        self.order(Command::Hear(body));
    }

    /// Sends this track from now on, without a new negotiation; nothing if there is none.
    pub(super) fn send_track(&self, track: Option<&MediaStreamTrack>) {
        *self.track.borrow_mut() = track.cloned();
        if let Some(transceiver) = self.transceiver() {
            replace_track(&transceiver, track);
        }
    }

    /// Uses other servers from the next restart on.
    pub(super) fn use_servers(&self, servers: &[IceServer]) {
        call(&self.connection, "setConfiguration", &configuration(servers));
    }

    /// How the path is, as people see it: one that was up and is being renewed is lost, and so is
    /// one on which nothing comes.
    pub(super) fn connection(&self) -> Connection {
        match self.state() {
            Connection::Connecting if self.was_up.get() => Connection::Lost,
            Connection::Up if self.silent.get() => Connection::Lost,
            state => state,
        }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.connection.connection_state() == RtcPeerConnectionState::Failed
    }

    pub(super) const fn leg(&self) -> LegId {
        self.leg
    }

    /// Whether this description is of another connection than the one talked to so far: the other
    /// side began anew.
    pub(super) fn is_anew(&self, sdp: &str) -> bool {
        let known = self.remote_origin.borrow();
        known.as_deref().is_some_and(|known| origin(sdp) != Some(known))
    }

    /// A socket is back: an unfinished negotiation is begun again. True: on a fresh connection.
    pub(super) fn resume(&self) -> bool {
        let stable = self.connection.signaling_state() == RtcSignalingState::Stable;
        (!stable || self.state() != Connection::Up) && self.renew()
    }

    /// Looks for a new path now. True: on a fresh connection.
    pub(super) fn renew(&self) -> bool {
        let (may_offer, anew) = {
            let negotiation = self.negotiation.borrow();
            (negotiation.may_offer(), negotiation.begins_anew())
        };
        if may_offer && !anew {
            self.order(Command::Offer { restart: true });
        }
        may_offer && anew
    }

    /// Looks whether a path must be renewed, or an offer made again. True: on a fresh connection.
    pub(super) fn mend(&self) -> bool {
        let (state, failed) = (self.state(), self.has_failed());
        let due = self.negotiation.borrow_mut().renew(state, failed, now_ms());
        due && self.renew()
    }

    pub(super) async fn stats(&self) -> Option<Stats> {
        let stats = stats::read(&self.connection).await?;
        let received = &stats.received;
        let silent = self.watch.borrow_mut().is_silent(received.packets, received.checks, now_ms());
        self.silent.set(silent);
        Some(stats)
    }

    /// Connected, and nothing is played: builds the stream from what the receivers have.
    pub(super) fn recover_sound(&self, speaker: &Speaker) {
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

    pub(super) fn close(&self) {
        self.commands.close_channel();
        self.listeners.take();
        self.connection.close();
    }

    fn order(&self, command: Command) {
        // Closed: nothing is to be done any more.
        let _ = self.commands.unbounded_send(command);
    }

    /// How the path is by the browser's own word.
    pub(super) fn state(&self) -> Connection {
        match self.connection.connection_state() {
            RtcPeerConnectionState::Connected => {
                self.was_up.set(true);
                self.negotiation.borrow_mut().came_up();
                Connection::Up
            }
            RtcPeerConnectionState::Disconnected | RtcPeerConnectionState::Failed => Connection::Lost,
            RtcPeerConnectionState::Closed => Connection::None,
            _ => Connection::Connecting,
        }
    }

    fn listen(self: &Rc<Self>, speaker: &Speaker, changed: impl Fn() + 'static) {
        let peer = Rc::downgrade(self);
        let candidate = move |event: web_sys::Event| tell_candidate(&peer, &event);
        let speaker = speaker.clone();
        let track = move |event: web_sys::Event| {
            if let Some(event) = event.dyn_ref::<RtcTrackEvent>() {
                attach(&speaker, event.streams().get(0).dyn_into().ok(), &event.track());
            }
        };
        *self.listeners.borrow_mut() = vec![
            Listener::on(&self.connection, "connectionstatechange", move |_| changed()),
            Listener::on(&self.connection, "icecandidate", candidate),
            Listener::on(&self.connection, "track", track),
        ];
    }

    // ---- negotiation ------------------------------------------------------------------------

    async fn run(&self, command: Command) -> Result<(), JsValue> {
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
            transceiver.set_direction(RtcRtpTransceiverDirection::Sendrecv);
            prefer_codecs(&transceiver);
            replace_track(&transceiver, self.track.borrow().as_ref());
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

    // ---- media ------------------------------------------------------------------------------

    /// The one place for sound, made by the side that offers first.
    fn prepare(&self) {
        let init = RtcRtpTransceiverInit::new();
        init.set_direction(RtcRtpTransceiverDirection::Sendrecv);
        let transceiver = self.connection.add_transceiver_with_str_and_init("audio", &init);
        prefer_codecs(&transceiver);
        replace_track(&transceiver, self.track.borrow().as_ref());
    }

    fn transceiver(&self) -> Option<RtcRtpTransceiver> {
        self.connection.get_transceivers().get(0).dyn_into().ok()
    }
}

/// The session that a description belongs to (RFC 8866, section 5.2): name and number, without the
/// version that each new offer raises.
fn origin(sdp: &str) -> Option<&str> {
    let origin = sdp.lines().find_map(|line| line.strip_prefix("o="))?;
    let end = origin.match_indices(' ').nth(1)?.0;
    origin.get(..end)
}

fn tell_candidate(peer: &Weak<Peer>, event: &web_sys::Event) {
    let Some(peer) = peer.upgrade() else { return };
    let Some(event) = event.dyn_ref::<RtcPeerConnectionIceEvent>() else { return };
    let Some(candidate): Option<RtcIceCandidate> = event.candidate() else { return };
    (peer.send)(Body::Candidate {
        candidate: candidate.candidate(),
        sdp_mid: candidate.sdp_mid(),
        sdp_m_line_index: candidate.sdp_m_line_index(),
        username_fragment: get(&candidate, "usernameFragment").as_string(),
    });
}

/// Plays a track; one that came without a stream gets one.
fn attach(speaker: &Speaker, stream: Option<MediaStream>, track: &MediaStreamTrack) {
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

fn configuration(servers: &[IceServer]) -> RtcConfiguration {
    let list = Array::new();
    for server in servers {
        let entry = Object::new();
        let urls: Array = server.urls.iter().map(|url| JsValue::from_str(url)).collect();
        let fields = [
            ("urls", Some(JsValue::from(urls))),
            ("username", server.username.as_deref().map(JsValue::from_str)),
            ("credential", server.credential.as_deref().map(JsValue::from_str)),
        ];
        for (name, value) in fields {
            // Setting a property of a fresh object cannot fail.
            let _ = value.map(|value| Reflect::set(&entry, &name.into(), &value));
        }
        list.push(&entry);
    }
    let configuration = RtcConfiguration::new();
    configuration.set_ice_servers(&list);
    configuration
}

/// Calls a method without arguments by name: the bindings want one where the standard wants none.
fn call_bare(target: &JsValue, name: &str) -> Option<JsValue> {
    get(target, name).dyn_into::<Function>().ok()?.call0(target).ok()
}
