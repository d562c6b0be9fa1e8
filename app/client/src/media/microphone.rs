//! The page's microphone: asked for once, switched while it runs, given back when the call ends.

use super::{
    context,
    meter::Meter,
    refusal::{Facts, MicError, Verdict, classify},
};
use crate::page::{Listener, call, get, window};
use js_sys::{Array, Object, Reflect};
use reactive_graph::{
    prelude::*,
    signal::{ArcRwSignal, ReadSignal},
};
use send_wrapper::SendWrapper;
use std::{
    cell::{Cell, RefCell},
    future::Future,
    rc::{Rc, Weak},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    MediaDeviceInfo, MediaDeviceKind, MediaDevices, MediaStream, MediaStreamConstraints, MediaStreamTrack,
    MediaStreamTrackState, PermissionState, PermissionStatus,
};

/// How the microphone is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MicState {
    Off,
    /// The browser is asking.
    Asking,
    On,
    Failed(MicError),
}

/// What the browser holds of the permission; changes are seen as they happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    Unknown,
    Prompt,
    Granted,
    Denied,
}

/// One microphone of the device menu. Labels are empty until the permission is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub id: String,
    pub label: String,
}

/// The page's microphone. Cheap to clone.
#[derive(Clone)]
pub struct Microphone(SendWrapper<Rc<Inner>>);

/// Told of each track that takes over, and of none.
pub(crate) type Watcher = dyn Fn(Option<&MediaStreamTrack>);

struct Inner {
    own: Weak<Self>,
    state: ArcRwSignal<MicState>,
    permission: ArcRwSignal<Permission>,
    devices: ArcRwSignal<Vec<Device>>,
    device: ArcRwSignal<Option<String>>,
    fell_back: ArcRwSignal<u32>,
    stream: RefCell<Option<MediaStream>>,
    meter: RefCell<Option<Meter>>,
    enabled: Cell<bool>,
    /// The newest wish; an older one that is granted later is given back.
    wish: Cell<u32>,
    /// Another device is being asked for in the place of one that went away: the browser tells of
    /// that twice, by the track and by the list.
    falls_back: Cell<bool>,
    watchers: RefCell<Vec<Weak<Watcher>>>,
    track_ends: RefCell<Option<Listener>>,
    listeners: RefCell<Vec<Listener>>,
}

impl Microphone {
    /// The page's microphone, off. Nothing is asked yet.
    #[expect(clippy::new_without_default, reason = "it listens to the browser; a default would hide that")]
    pub fn new() -> Self {
        let inner = Rc::new_cyclic(|own| Inner {
            own: own.clone(),
            state: ArcRwSignal::new(MicState::Off),
            permission: ArcRwSignal::new(Permission::Unknown),
            devices: ArcRwSignal::new(Vec::new()),
            device: ArcRwSignal::new(None),
            fell_back: ArcRwSignal::new(0),
            stream: RefCell::default(),
            meter: RefCell::default(),
            enabled: Cell::new(true),
            wish: Cell::new(0),
            falls_back: Cell::new(false),
            watchers: RefCell::default(),
            track_ends: RefCell::default(),
            listeners: RefCell::default(),
        });
        inner.watch_devices();
        spawn_local(watch_permission(inner.own.clone()));
        Self(SendWrapper::new(inner))
    }

    /// How it is.
    pub fn state(&self) -> ReadSignal<MicState> {
        self.0.state.read_only().into()
    }

    /// The permission, live.
    pub fn permission(&self) -> ReadSignal<Permission> {
        self.0.permission.read_only().into()
    }

    /// The microphones there are.
    pub fn devices(&self) -> ReadSignal<Vec<Device>> {
        self.0.devices.read_only().into()
    }

    /// The id of the one in use.
    pub fn device(&self) -> ReadSignal<Option<String>> {
        self.0.device.read_only().into()
    }

    /// Rises each time the microphone in use went away and the default one took over.
    pub fn fell_back(&self) -> ReadSignal<u32> {
        self.0.fell_back.read_only().into()
    }

    /// Turns it on, or switches to this device, also in a call. Asks for the permission if needed.
    pub fn open(&self, device: Option<String>) -> impl Future<Output = Result<(), MicError>> + use<> {
        let inner = (*self.0).clone();
        inner.open(device)
    }

    /// Turns it off and gives it back.
    pub fn close(&self) {
        self.0.wish.set(self.0.wish.get() + 1);
        self.0.put(None);
        self.0.state.set(MicState::Off);
    }

    /// How loud it is right now: root mean square, 0 to 1. A muted one is silent.
    pub fn level(&self) -> f32 {
        self.0.with_meter(Meter::level).unwrap_or(0.0)
    }

    /// Writes the newest samples, -1 to 1, and gives how many.
    pub fn wave(&self, out: &mut [f32]) -> usize {
        self.0.with_meter(|meter| meter.wave(out)).unwrap_or(0)
    }

    /// Lets sound through or not; kept for every device that is switched to.
    pub(crate) fn set_enabled(&self, enabled: bool) {
        self.0.enabled.set(enabled);
        if let Some(track) = self.track() {
            track.set_enabled(enabled);
        }
    }

    pub(crate) fn track(&self) -> Option<MediaStreamTrack> {
        self.0.stream.borrow().as_ref().and_then(track_of)
    }

    pub(crate) fn is_off(&self) -> bool {
        matches!(self.0.state.get_untracked(), MicState::Off | MicState::Failed(_))
    }

    /// Tells of each track that takes over.
    pub(crate) fn watch(&self, watcher: &Rc<Watcher>) {
        self.0.watchers.borrow_mut().push(Rc::downgrade(watcher));
    }
}

impl Inner {
    async fn open(self: Rc<Self>, device: Option<String>) -> Result<(), MicError> {
        let wish = self.wish.get() + 1;
        self.wish.set(wish);
        if self.stream.borrow().is_none() {
            self.state.set(MicState::Asking);
        }
        context::wake();
        let asked = ask(device.as_deref()).await;
        if self.wish.get() != wish {
            if let Ok(stream) = asked {
                stop(&stream);
            }
            return Ok(());
        }
        let outcome = asked.map(|stream| self.put(Some(stream)));
        self.state.set(match outcome {
            Ok(()) => MicState::On,
            // The device that was not to be had takes nothing away from the one in use.
            Err(_) if self.is_live() => MicState::On,
            Err(error) => {
                self.put(None);
                MicState::Failed(error)
            }
        });
        self.list().await;
        outcome
    }

    fn put(&self, stream: Option<MediaStream>) {
        self.meter.take();
        self.track_ends.take();
        let track = stream.as_ref().and_then(track_of);
        if let Some(track) = &track {
            track.set_enabled(self.enabled.get());
            let own = self.own.clone();
            *self.track_ends.borrow_mut() = Some(Listener::on(track, "ended", move |_| {
                if let Some(inner) = own.upgrade() {
                    inner.unplugged();
                }
            }));
        }
        let settings = track.as_ref().and_then(|track| call(track, "getSettings", &JsValue::UNDEFINED));
        let id = settings.and_then(|settings| get(&settings, "deviceId").as_string());
        if self.device.with_untracked(|old| *old != id) {
            self.device.set(id);
        }
        let old = self.stream.replace(stream);
        let watchers: Vec<Rc<Watcher>> = self.watchers.borrow().iter().filter_map(Weak::upgrade).collect();
        for watcher in watchers {
            watcher(track.as_ref());
        }
        if let Some(old) = old {
            stop(&old);
        }
    }

    /// The device in use is gone: whatever is the default now takes over.
    fn unplugged(&self) {
        if self.stream.borrow().is_none() || self.falls_back.replace(true) {
            return;
        }
        if let Some(inner) = self.own.upgrade() {
            spawn_local(async move {
                // A failure stands in the state.
                if inner.clone().open(None).await.is_ok() && inner.is_live() {
                    inner.fell_back.update(|count| *count += 1);
                }
                inner.falls_back.set(false);
            });
        }
    }

    fn is_live(&self) -> bool {
        let track = self.stream.borrow().as_ref().and_then(track_of);
        track.is_some_and(|track| track.ready_state() == MediaStreamTrackState::Live)
    }

    fn with_meter<T>(&self, read: impl FnOnce(&Meter) -> T) -> Option<T> {
        let mut slot = self.meter.borrow_mut();
        if slot.is_none() {
            *slot = self.stream.borrow().as_ref().and_then(Meter::of);
        }
        slot.as_ref().map(read)
    }

    fn watch_devices(&self) {
        let Some(devices) = media_devices() else { return };
        let own = self.own.clone();
        let changed = Listener::on(&devices, "devicechange", move |_| {
            let Some(inner) = own.upgrade() else { return };
            spawn_local(async move {
                inner.list().await;
                if !inner.is_live() {
                    inner.unplugged();
                }
            });
        });
        self.listeners.borrow_mut().push(changed);
    }

    async fn list(&self) {
        let Some(Ok(listing)) = media_devices().map(|devices| devices.enumerate_devices()) else { return };
        let Ok(list) = JsFuture::from(listing).await else { return };
        let devices = Array::from(&list)
            .iter()
            .filter_map(|info| info.dyn_into::<MediaDeviceInfo>().ok())
            .filter(|info| info.kind() == MediaDeviceKind::Audioinput)
            .map(|info| Device { id: info.device_id(), label: info.label() })
            .collect();
        self.devices.set(devices);
    }
}

/// The constraints of a voice call, and a stream that meets them.
async fn ask(device: Option<&str>) -> Result<MediaStream, MicError> {
    let mut device = device;
    loop {
        let failure = match request(device).await {
            Ok(stream) => return Ok(stream),
            Err(failure) => failure,
        };
        let text = |name| get(&failure, name).as_string().unwrap_or_default();
        let (name, message) = (text("name"), text("message"));
        let still_prompt = query_permission().await.is_some_and(|it| it.state() == PermissionState::Prompt);
        let facts = Facts {
            secure: window().is_some_and(|window| window.is_secure_context()),
            api: media_devices().is_some(),
            allowed: is_allowed(),
            name: &name,
            message: &message,
            still_prompt,
        };
        match classify(facts) {
            Verdict::Failed(error) => return Err(error),
            Verdict::AnyDevice if device.is_some() => device = None,
            Verdict::AnyDevice => return Err(MicError::NoDevice),
        }
    }
}

async fn request(device: Option<&str>) -> Result<MediaStream, JsValue> {
    let devices = media_devices().ok_or(JsValue::UNDEFINED)?;
    let audio = Object::new();
    for name in ["echoCancellation", "noiseSuppression", "autoGainControl"] {
        Reflect::set(&audio, &name.into(), &true.into())?;
    }
    if let Some(device) = device {
        let exact = Object::new();
        Reflect::set(&exact, &"exact".into(), &device.into())?;
        Reflect::set(&audio, &"deviceId".into(), &exact)?;
    }
    let constraints = MediaStreamConstraints::new();
    constraints.set_audio(&audio);
    let stream = JsFuture::from(devices.get_user_media_with_constraints(&constraints)?).await?;
    stream.dyn_into()
}

fn media_devices() -> Option<MediaDevices> {
    let devices = window()?.navigator().media_devices().ok()?;
    (!devices.is_undefined()).then_some(devices)
}

/// Whether the page's policy lets us ask at all (Permissions Policy, under either of its names).
fn is_allowed() -> bool {
    let Some(document) = window().and_then(|window| window.document()) else { return true };
    ["permissionsPolicy", "featurePolicy"]
        .iter()
        .find_map(|name| call(&get(&document, name), "allowsFeature", &"microphone".into())?.as_bool())
        .unwrap_or(true)
}

async fn query_permission() -> Option<PermissionStatus> {
    let permissions = window()?.navigator().permissions().ok()?;
    let name = Object::new();
    Reflect::set(&name, &"name".into(), &"microphone".into()).ok()?;
    let asked = call(&permissions, "query", &name)?.dyn_into::<js_sys::Promise>().ok()?;
    JsFuture::from(asked).await.ok()?.dyn_into().ok()
}

async fn watch_permission(inner: Weak<Inner>) {
    let Some(status) = query_permission().await else { return };
    let Some(inner) = inner.upgrade() else { return };
    let show = |inner: &Inner, status: &PermissionStatus| {
        inner.permission.set(match status.state() {
            PermissionState::Granted => Permission::Granted,
            PermissionState::Denied => Permission::Denied,
            PermissionState::Prompt => Permission::Prompt,
            _ => Permission::Unknown,
        });
    };
    show(&inner, &status);
    let own = inner.own.clone();
    let seen = status.clone();
    let changed = Listener::on(&status, "change", move |_| {
        if let Some(inner) = own.upgrade() {
            show(&inner, &seen);
        }
    });
    inner.listeners.borrow_mut().push(changed);
}

fn track_of(stream: &MediaStream) -> Option<MediaStreamTrack> {
    stream.get_audio_tracks().get(0).dyn_into().ok()
}

fn stop(stream: &MediaStream) {
    for track in stream.get_tracks() {
        if let Ok(track) = track.dyn_into::<MediaStreamTrack>() {
            track.stop();
        }
    }
}
