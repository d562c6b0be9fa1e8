//! Pieces of the page: HTML that never changes, and what in it follows the page's fields.
//!
//! The HTML is a constant of ours; names, messages and everything else that comes from people only
//! ever becomes text. Written so because of size: a view that is generated for each tree of
//! elements weighs several times as much as the tree itself.

use super::dom::document;
use crate::field::watch;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, Event};

/// One element with all that is in it. What is to be reached inside carries `data-at`.
#[derive(Clone)]
pub(crate) struct Picture(Element);

/// Makes the element that `html` describes: exactly one, a constant.
pub(crate) fn picture(html: &'static str) -> Picture {
    let holder = document().create_element("div").expect("`div` is a name of an element");
    holder.set_inner_html(html);
    Picture(holder.first_element_child().unwrap_or(holder))
}

impl Picture {
    /// The element itself for an empty name, else the one inside that is called so.
    fn at(&self, name: &str) -> Element {
        if name.is_empty() {
            return self.0.clone();
        }
        let selector = ["[data-at=", name, "]"].concat();
        self.0
            .query_selector(&selector)
            .ok()
            .flatten()
            .expect("the constant above has what is named below it")
    }

    /// Text that follows.
    pub(crate) fn words(&self, at: &str, words: impl Fn() -> String + 'static) -> &Self {
        let element = self.at(at);
        let words: Box<dyn Fn() -> String> = Box::new(words);
        watch(move || write(&element, &words()));
        self
    }

    /// The same for a few fixed texts.
    pub(crate) fn pick(&self, at: &str, word: impl Fn() -> &'static str + 'static) -> &Self {
        let element = self.at(at);
        let word: Box<dyn Fn() -> &'static str> = Box::new(word);
        watch(move || write(&element, word()));
        self
    }

    /// Text that stays.
    pub(crate) fn text(&self, at: &str, text: &str) -> &Self {
        write(&self.at(at), text);
        self
    }

    /// An attribute that stays.
    pub(crate) fn set(&self, at: &str, name: &'static str, value: &str) -> &Self {
        // The names are ours and well formed.
        let _ = self.at(at).set_attribute(name, value);
        self
    }

    /// An attribute, the class for instance, that follows; `None` takes it away.
    pub(crate) fn attribute(
        &self,
        at: &str,
        name: &'static str,
        value: impl Fn() -> Option<&'static str> + 'static,
    ) -> &Self {
        let element = self.at(at);
        let value: Box<dyn Fn() -> Option<&'static str>> = Box::new(value);
        watch(move || {
            // The names are ours and well formed.
            let _ = match value() {
                Some(value) => element.set_attribute(name, value),
                None => element.remove_attribute(name),
            };
        });
        self
    }

    /// The class, whole.
    pub(crate) fn class(&self, at: &str, class: impl Fn() -> &'static str + 'static) -> &Self {
        self.attribute(at, "class", move || Some(class()))
    }

    /// There or not.
    pub(crate) fn shown(&self, at: &str, shown: impl Fn() -> bool + 'static) -> &Self {
        self.attribute(at, "hidden", move || if shown() { None } else { Some("") })
    }

    /// What a press does.
    pub(crate) fn press(&self, at: &str, act: impl Fn() + 'static) -> &Self {
        self.on(at, "click", move |_| act())
    }

    /// What an event does.
    pub(crate) fn on(&self, at: &str, event: &str, act: impl Fn(Event) + 'static) -> &Self {
        let act: Box<dyn Fn(Event)> = Box::new(act);
        // The browser's collector frees it with the element.
        let act = Closure::<dyn Fn(Event)>::wrap(act).into_js_value();
        // Listening to a click cannot be refused.
        let _ = self.at(at).add_event_listener_with_callback(event, act.unchecked_ref());
        self
    }

    /// Parts that follow: each time the old ones go, with all that followed something in them.
    pub(crate) fn holds(&self, at: &str, parts: impl Fn() -> Vec<Self> + 'static) -> &Self {
        let element = self.at(at);
        let parts: Box<dyn Fn() -> Vec<Self>> = Box::new(parts);
        watch(move || {
            element.set_text_content(None);
            for part in parts() {
                // An element of the same document fits in.
                let _ = element.append_child(&part.0);
            }
        });
        self
    }

    /// Sets a part in for good.
    pub(crate) fn put(&self, at: &str, part: &Self) -> &Self {
        // An element of the same document fits in.
        let _ = self.at(at).append_child(&part.0);
        self
    }

    /// The value of a field follows.
    pub(crate) fn value(&self, at: &str, value: impl Fn() -> String + 'static) -> &Self {
        let element = self.at(at);
        let value: Box<dyn Fn() -> String> = Box::new(value);
        watch(move || {
            let (key, value) = (JsValue::from_str("value"), value());
            let same = js_sys::Reflect::get(&element, &key)
                .is_ok_and(|now| now.as_string().as_deref() == Some(&value));
            if !same {
                // Writing the same again would move the caret.
                let _ = js_sys::Reflect::set(&element, &key, &JsValue::from_str(&value));
            }
        });
        self
    }

    /// Takes the place of what the shell shows while it waits.
    pub(crate) fn mount(&self, root: &Element) {
        root.set_text_content(None);
        // An element of the same document fits in.
        let _ = root.append_child(&self.0);
    }
}

/// Only when it differs: nothing is announced twice.
fn write(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}
