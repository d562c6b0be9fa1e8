//! What the page plays: the other side in one audio element, and tones.

use super::{
    context,
    hearing::RemoteSound,
    meter::Meter,
    tone::{RINGBACK, RINGTONE, TEST, Tone},
};
use crate::page::{Listener, get, window};
use reactive_graph::{
    prelude::*,
    signal::{ArcRwSignal, ReadSignal},
};
use send_wrapper::SendWrapper;
use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{HtmlAudioElement, MediaStream};

/// The id of the element that plays the other side.
const ELEMENT_ID: &str = "remote-audio";
/// How loud the other side is played.
const VOLUME: f64 = 0.8;

/// The page's loudspeaker. Cheap to clone.
#[derive(Clone)]
pub struct Speaker(SendWrapper<Rc<Inner>>);

struct Inner {
    own: Weak<Self>,
    element: Option<HtmlAudioElement>,
    /// The stream of the other side; a silent one may keep its place before.
    remote: RefCell<Option<MediaStream>>,
    meter: RefCell<Option<Meter>>,
    needs_tap: ArcRwSignal<bool>,
    sound: ArcRwSignal<RemoteSound>,
    ringtone: RefCell<Option<Tone>>,
    ringback: RefCell<Option<Tone>>,
    test: RefCell<Option<Tone>>,
    _listeners: Vec<Listener>,
}

impl Speaker {
    /// Finds or makes the audio element of the page.
    #[expect(clippy::new_without_default, reason = "it changes the page; a default would hide that")]
    pub fn new() -> Self {
        let element = element();
        let inner = Rc::new_cyclic(|own: &Weak<Inner>| {
            let playing = element.as_ref().map(|element| {
                let own = own.clone();
                Listener::on(element, "playing", move |_| {
                    if let Some(inner) = own.upgrade() {
                        inner.needs_tap.set(false);
                    }
                })
            });
            // A page that was loaded anew in a call has its meters and tones back at the first touch.
            let touches = window().into_iter().flat_map(|window| {
                ["pointerdown", "keydown"].map(|name| Listener::on(&window, name, |_| context::wake_again()))
            });
            Inner {
                own: own.clone(),
                element,
                remote: RefCell::default(),
                meter: RefCell::default(),
                needs_tap: ArcRwSignal::new(false),
                sound: ArcRwSignal::new(RemoteSound::None),
                ringtone: RefCell::default(),
                ringback: RefCell::default(),
                test: RefCell::default(),
                _listeners: playing.into_iter().chain(touches).collect(),
            }
        });
        Self(SendWrapper::new(inner))
    }

    /// Makes sound possible. To be called inside a tap, before anything is waited for.
    pub fn unlock(&self) {
        context::wake();
        let Some(element) = &self.0.element else { return };
        if element.src_object().is_none()
            && let Some(silence) =
                context::context().and_then(|context| context.create_media_stream_destination().ok())
        {
            // The same element that will play the other side is the one that the tap unlocks.
            element.set_src_object(Some(&silence.stream()));
        }
        self.0.play();
    }

    /// The browser wants a tap before it plays the other side: show "Tap to hear".
    pub fn needs_tap(&self) -> ReadSignal<bool> {
        self.0.needs_tap.read_only().into()
    }

    /// What comes from the other side.
    pub fn sound(&self) -> ReadSignal<RemoteSound> {
        self.0.sound.read_only().into()
    }

    /// How loud the other side is right now: root mean square, 0 to 1.
    pub fn level(&self) -> f32 {
        self.0.with_meter(Meter::level).unwrap_or(0.0)
    }

    /// Writes the newest samples of the other side, -1 to 1, and gives how many.
    pub fn wave(&self, out: &mut [f32]) -> usize {
        self.0.with_meter(|meter| meter.wave(out)).unwrap_or(0)
    }

    /// Starts or stops the ringtone of whoever is called.
    pub fn ring(&self, on: bool) {
        play(&self.0.ringtone, on.then_some(&RINGTONE));
    }

    /// Plays two short notes.
    pub fn test_sound(&self) {
        context::wake();
        self.0.test.take();
        play(&self.0.test, Some(&TEST));
    }

    /// Starts or stops what a caller hears while it rings.
    pub(crate) fn ringback(&self, on: bool) {
        play(&self.0.ringback, on.then_some(&RINGBACK));
    }

    /// Plays this stream as the other side, unless it does already.
    pub(crate) fn attach(&self, stream: &MediaStream) {
        let same = self.0.remote.borrow().as_ref().is_some_and(|old| old.id() == stream.id());
        if same {
            return;
        }
        self.0.meter.take();
        *self.0.remote.borrow_mut() = Some(stream.clone());
        if let Some(element) = &self.0.element {
            element.set_src_object(Some(stream));
            self.0.play();
        }
    }

    /// Nothing is there to be played any more.
    pub(crate) fn detach(&self) {
        self.0.meter.take();
        if self.0.remote.take().is_some()
            && let Some(element) = &self.0.element
        {
            element.set_src_object(None);
        }
        self.0.needs_tap.set(false);
        self.show(RemoteSound::None);
    }

    pub(crate) fn is_attached(&self) -> bool {
        self.0.remote.borrow().is_some()
    }

    /// Silences the other side, or lets it be heard.
    pub(crate) fn set_silent(&self, silent: bool) {
        if let Some(element) = &self.0.element {
            element.set_muted(silent);
        }
    }

    /// Whether the browser keeps the other side from being played.
    pub(crate) fn is_blocked(&self) -> bool {
        self.0.needs_tap.get_untracked()
    }

    /// Shows what comes from the other side; says whether that is new.
    pub(crate) fn show(&self, sound: RemoteSound) -> bool {
        let new = self.0.sound.with_untracked(|old| *old != sound);
        if new {
            self.0.sound.set(sound);
        }
        new
    }
}

impl Inner {
    fn play(&self) {
        let Some(Ok(playing)) = self.element.as_ref().map(|element| element.play()) else { return };
        let own = self.own.clone();
        spawn_local(async move {
            let outcome = JsFuture::from(playing).await;
            let Some(inner) = own.upgrade() else { return };
            match outcome {
                Ok(_) => inner.needs_tap.set(false),
                // Another stream may have taken the place meanwhile (`AbortError`): that one is
                // being played already.
                Err(error) if get(&error, "name") == "NotAllowedError" => {
                    inner.needs_tap.set(inner.remote.borrow().is_some());
                }
                Err(_) => {}
            }
        });
    }

    fn with_meter<T>(&self, read: impl FnOnce(&Meter) -> T) -> Option<T> {
        let mut slot = self.meter.borrow_mut();
        if slot.is_none() {
            *slot = self.remote.borrow().as_ref().and_then(Meter::of);
        }
        slot.as_ref().map(read)
    }
}

fn play(slot: &RefCell<Option<Tone>>, cadence: Option<&super::tone::Cadence>) {
    match cadence {
        None => {
            slot.take();
        }
        Some(cadence) if slot.borrow().is_none() => *slot.borrow_mut() = Tone::play(cadence),
        Some(_) => {}
    }
}

fn element() -> Option<HtmlAudioElement> {
    let document = window()?.document()?;
    if let Some(element) = document.get_element_by_id(ELEMENT_ID) {
        return element.dyn_into().ok();
    }
    let element: HtmlAudioElement = document.create_element("audio").ok()?.dyn_into().ok()?;
    element.set_id(ELEMENT_ID);
    element.set_autoplay(true);
    element.set_hidden(true);
    element.set_preload("auto");
    element.set_volume(VOLUME);
    element.set_attribute("playsinline", "").ok()?;
    document.body()?.append_child(&element).ok()?;
    Some(element)
}
