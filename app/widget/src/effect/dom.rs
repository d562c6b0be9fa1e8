//! Small dealings with the document.

use super::{
    json::Json,
    picture::{Picture, picture},
};
use crate::boot::{Boot, Theme};
use js_sys::Reflect;
use tincan_client::Device;
use tincan_signaling::agent::Availability;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Document, Element, Event, HtmlElement, HtmlTextAreaElement, KeyboardEvent, Window};

/// The window this page stands in.
pub(crate) fn window() -> Window {
    js_sys::global().unchecked_into()
}

/// The document; every script of a page has one.
pub(crate) fn document() -> Document {
    window().document().expect("a window that shows a page has its document")
}

/// Listens to an event of the window, for the life of the page.
pub(crate) fn on_window(name: &str, act: impl FnMut(Event) + 'static) {
    let act = Closure::<dyn FnMut(Event)>::new(act).into_js_value();
    // Listening to an event cannot be refused.
    let _ = window().add_event_listener_with_callback(name, act.unchecked_ref());
}

/// What a press of Escape does that nothing else took.
pub(crate) fn on_escape(act: impl Fn() + 'static) {
    on_window("keydown", move |event| {
        let escape = event.dyn_ref::<KeyboardEvent>().is_some_and(|event| event.key() == "Escape");
        if escape && !event.default_prevented() {
            act();
        }
    });
}

/// Enter that sends: without Shift, and not the one that ends the choice of a letter.
pub(crate) fn is_bare_enter(event: &Event) -> bool {
    event
        .dyn_ref::<KeyboardEvent>()
        .is_some_and(|event| event.key() == "Enter" && !event.shift_key() && !event.is_composing())
}

/// Runs before the next picture is drawn.
fn next_frame(act: impl FnOnce() + 'static) {
    let act = Closure::once_into_js(act);
    // A page that draws no pictures needs nothing done for one.
    let _ = window().request_animation_frame(act.unchecked_ref());
}

/// Runs `tick` every so many milliseconds, until [`no_more`] is told the number that comes back.
pub(crate) fn every(ms: i32, tick: impl FnMut() + 'static) -> Option<i32> {
    let tick = Closure::<dyn FnMut()>::new(tick).into_js_value();
    window().set_interval_with_callback_and_timeout_and_arguments_0(tick.unchecked_ref(), ms).ok()
}

/// Ends what [`every`] began.
pub(crate) fn no_more(number: Option<i32>) {
    if let Some(number) = number {
        window().clear_interval_with_handle(number);
    }
}

/// What the shell says, when it says enough to start with.
pub(crate) fn boot() -> Option<Boot> {
    let boot = Json::parse(&document().get_element_by_id("boot")?.text_content()?);
    let (theme, usual) = (boot.get("theme"), Theme::default());
    Some(Boot {
        key: boot.text("key")?,
        tenant: boot.text("tenant")?,
        theme: Theme {
            hue: theme.number("hue").unwrap_or(usual.hue),
            chroma: theme.number("chroma").unwrap_or(usual.chroma),
        },
        voice_enabled: boot.get("features").flag("voice_enabled"),
        agent_status: match boot.text("agent_status").as_deref() {
            Some("online") => Availability::Online,
            Some("busy") => Availability::Busy,
            _ => Availability::Offline,
        },
        ws_url: boot.text("ws_url")?,
        parents: boot.list("parents").into_iter().filter_map(Json::into_text).collect(),
    })
}

/// Gives the page the tenant's colour. Through the object model: the policy forbids inline style.
pub(crate) fn dress(theme: Theme) {
    let root = document().document_element().and_then(|root| root.dyn_into::<HtmlElement>().ok());
    let Some(style) = root.map(|root| root.style()) else { return };
    for (name, value) in [("--brand-hue", theme.hue), ("--brand-chroma", theme.chroma)] {
        // A refusal leaves the default colour, which is a fine one.
        let _ = style.set_property(name, &print(value));
    }
}

/// A number in the browser's own print.
fn print(number: f64) -> String {
    js_sys::Number::from(number).to_string_with_radix(10).map(String::from).unwrap_or_default()
}

/// Where the widget is mounted.
pub(crate) fn root() -> Option<Element> {
    document().get_element_by_id("widget")
}

/// What stands in the field that an event comes from.
pub(crate) fn value_of(event: &Event) -> String {
    let value = event.target().and_then(|field| Reflect::get(&field, &"value".into()).ok());
    value.and_then(|value| value.as_string()).unwrap_or_default()
}

/// An entry of a menu of microphones.
pub(crate) fn option(device: &Device) -> Picture {
    let option = picture("<option></option>");
    option.text("", &device.label).set("", "value", &device.id);
    option
}

/// Shows the newest line, once it is there.
pub(crate) fn scroll_to_end() {
    next_frame(|| {
        if let Ok(Some(log)) = document().query_selector(".w__log") {
            log.set_scroll_top(log.scroll_height());
        }
    });
}

/// Moves the focus to what the screen is for, once it is there; unless the focus is in another page
/// or somebody is writing.
pub(crate) fn focus_soon() {
    next_frame(|| {
        let document = document();
        let writing = document
            .active_element()
            .and_then(|active| active.dyn_into::<HtmlTextAreaElement>().ok())
            .is_some_and(|field| !field.value().is_empty());
        if writing || !document.has_focus().unwrap_or(false) {
            return;
        }
        // The last one in the document lies on top.
        let found = document.query_selector_all("[data-focus]").ok();
        let last = found.and_then(|all| all.item(all.length().checked_sub(1)?));
        if let Some(element) = last.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            // Focus is a help, not a need.
            let _ = element.focus();
        }
    });
}

/// The page's own time, in milliseconds.
pub(crate) fn now_ms() -> f64 {
    js_sys::Date::now()
}
