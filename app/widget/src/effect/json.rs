//! Reading and writing JSON with what every browser brings along: the widget reads a handful of
//! small answers, and a reader generated for each of their types would weigh more than the rest.

use js_sys::{Array, JSON, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// A value of unknown shape. Whatever is not there, or is of another type, reads as `None`.
#[derive(Clone, Debug)]
pub(crate) struct Json(JsValue);

impl Json {
    /// Reads a text; what is no JSON is an empty value.
    pub(crate) fn parse(text: &str) -> Self {
        Self(JSON::parse(text).unwrap_or(JsValue::UNDEFINED))
    }

    /// A value somebody else made, a message for instance.
    pub(crate) const fn of(value: JsValue) -> Self {
        Self(value)
    }

    pub(crate) fn get(&self, key: &str) -> Self {
        Self(Reflect::get(&self.0, &JsValue::from_str(key)).unwrap_or(JsValue::UNDEFINED))
    }

    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.get(key).0.as_string()
    }

    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        self.get(key).0.as_f64()
    }

    /// A moment or a span in milliseconds.
    pub(crate) fn millis(&self, key: &str) -> Option<u64> {
        self.number(key).map(|number| number as u64)
    }

    pub(crate) fn flag(&self, key: &str) -> bool {
        self.get(key).0.is_truthy()
    }

    /// An id, or anything else that has a reader of its own.
    pub(crate) fn read<T: std::str::FromStr>(&self, key: &str) -> Option<T> {
        self.text(key)?.parse().ok()
    }

    pub(crate) fn list(&self, key: &str) -> Vec<Self> {
        self.get(key).0.dyn_into::<Array>().map(|items| items.iter().map(Self).collect()).unwrap_or_default()
    }

    /// The value itself, when it is a text.
    pub(crate) fn into_text(self) -> Option<String> {
        self.0.as_string()
    }
}

/// An object with these fields.
pub(crate) fn object(fields: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (key, value) in fields {
        // Setting a key of a fresh object does not fail.
        let _ = Reflect::set(&object, &JsValue::from_str(key), value);
    }
    object
}

/// The same as text.
pub(crate) fn print(fields: &[(&str, JsValue)]) -> String {
    JSON::stringify(&object(fields)).map(String::from).unwrap_or_default()
}
