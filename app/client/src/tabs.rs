//! Several tabs of one user: one of them rings, the others stay silent. The socket is the truth
//! of what rings; this only says where.

use crate::page::{get, window};
use js_sys::{Function, Promise, Reflect};
use reactive_graph::{
    prelude::*,
    signal::{ArcRwSignal, ReadSignal},
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

/// Whether this tab is the one that makes sounds and notifications under this name. Exactly one
/// tab holds the lock (Web Locks); when it closes, the next one gets it. Where there are no locks,
/// every tab rings rather than none.
pub fn ring_here(name: &str) -> ReadSignal<bool> {
    let here = ArcRwSignal::new(false);
    if wait_for_lock(name, here.clone()).is_none() {
        here.set(true);
    }
    here.read_only().into()
}

fn wait_for_lock(name: &str, here: ArcRwSignal<bool>) -> Option<()> {
    let locks = get(&window()?.navigator(), "locks");
    let request: Function = get(&locks, "request").dyn_into().ok()?;
    let granted = Closure::once_into_js(move || {
        here.set(true);
        // Held until the tab closes.
        Promise::new(&mut |_, _| {})
    });
    let arguments = js_sys::Array::of2(&format!("tincan-ring-{name}").into(), &granted);
    let waiting: JsValue = Reflect::apply(&request, &locks, &arguments).ok()?;
    // Rejected when the page is put away while it waits: nothing rings there then.
    let ignore = Closure::once_into_js(|_: JsValue| {});
    let catch: Function = get(&waiting, "catch").dyn_into().ok()?;
    catch.call1(&waiting, &ignore).ok()?;
    Some(())
}
