//! What the page gives: its clock, random ids, timers and event listeners that end when dropped.

use js_sys::{Date, Function, Math};
use std::cell::RefCell;
use uuid::{Builder, Uuid};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Event, EventTarget, Window};

/// A fresh id, version 7: the time by the page's clock, the rest random.
pub fn new_id() -> Uuid {
    let mut random = [0_u8; 10];
    let filled = window()
        .and_then(|window| window.crypto().ok())
        .map(|crypto| crypto.get_random_values_with_u8_array(&mut random).is_ok());
    if filled != Some(true) {
        random.fill_with(|| (Math::random() * 256.0) as u8);
    }
    Builder::from_unix_timestamp_millis(now_ms() as u64, &random).into_uuid()
}

/// The page's clock, in milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> f64 {
    Date::now()
}

/// A number from 0 up to 1.
pub(crate) fn random() -> f64 {
    Math::random()
}

/// The window, where there is one.
pub(crate) fn window() -> Option<Window> {
    js_sys::global().dyn_into().ok()
}

/// Reads a property of a value of unknown shape.
pub(crate) fn get(value: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(value, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// Calls a method by name, for what the bindings do not have; `None` when there is no such method
/// or it throws.
pub(crate) fn call(value: &JsValue, name: &str, argument: &JsValue) -> Option<JsValue> {
    get(value, name).dyn_into::<Function>().ok()?.call1(value, argument).ok()
}

/// Calls back once, unless dropped before.
pub struct Timer {
    id: i32,
    _closure: Closure<dyn FnMut()>,
}

impl Timer {
    /// Calls `then` after `ms` milliseconds.
    pub fn after(ms: u32, then: impl FnOnce() + 'static) -> Option<Self> {
        let closure = Closure::once(then);
        let id = window()?
            .set_timeout_with_callback_and_timeout_and_arguments_0(
                closure.as_ref().unchecked_ref(),
                ms.try_into().unwrap_or(i32::MAX),
            )
            .ok()?;
        Some(Self { id, _closure: closure })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(window) = window() {
            window.clear_timeout_with_handle(self.id);
        }
    }
}

/// A place for at most one running timer: setting it again stops the one before.
#[derive(Default)]
pub(crate) struct TimerSlot(RefCell<Option<Timer>>);

impl TimerSlot {
    pub(crate) fn set(&self, ms: u32, then: impl FnOnce() + 'static) {
        let timer = Timer::after(ms, then);
        // The old one is dropped after the borrow has ended.
        let _old = self.0.replace(timer);
    }

    pub(crate) fn stop(&self) {
        let _old = self.0.take();
    }

    /// Whether one was set and not stopped; it may have run since.
    pub(crate) fn is_set(&self) -> bool {
        self.0.borrow().is_some()
    }
}

/// Listens until dropped.
pub(crate) struct Listener {
    target: EventTarget,
    name: &'static str,
    closure: Closure<dyn FnMut(Event)>,
}

impl Listener {
    pub(crate) fn on(target: &EventTarget, name: &'static str, then: impl FnMut(Event) + 'static) -> Self {
        let closure = Closure::<dyn FnMut(Event)>::new(then);
        // Adding a listener throws for no target there is.
        let _ = target.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
        Self { target: target.clone(), name, closure }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let callback = self.closure.as_ref().unchecked_ref();
        let _ = self.target.remove_event_listener_with_callback(self.name, callback);
    }
}
