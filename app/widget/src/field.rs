//! A value that views follow, as small as it can be: the page has some twenty of them, and whatever
//! is generic is paid for once a type in the size of the wasm. So is whatever takes a closure, which
//! is why closures are boxed before they reach the framework.

use reactive_graph::{effect::Effect, prelude::*, signal::ArcTrigger};
use std::cell::RefCell;

/// One value of the page. It lives as long as the page, and so is free to copy.
pub(crate) struct Field<T: 'static>(&'static Inner<T>);

struct Inner<T> {
    value: RefCell<T>,
    changed: ArcTrigger,
}

impl<T> Clone for Field<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Field<T> {}

impl<T: PartialEq> Field<T> {
    /// Made once a page and never freed.
    pub(crate) fn new(value: T) -> Self {
        Self(Box::leak(Box::new(Inner { value: RefCell::new(value), changed: ArcTrigger::new() })))
    }

    /// A value that follows others.
    pub(crate) fn of(first: T, follow: impl Fn() -> T + 'static) -> Self {
        let field = Self::new(first);
        watch(move || field.set(follow()));
        field
    }

    pub(crate) fn track(self) {
        self.0.changed.track();
    }

    /// Looks at the value and follows it.
    pub(crate) fn with<R>(self, look: impl FnOnce(&T) -> R) -> R {
        self.track();
        self.peek(look)
    }

    /// Looks at the value once.
    pub(crate) fn peek<R>(self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.0.value.borrow())
    }

    /// Changes the value in place and tells whoever follows it.
    pub(crate) fn update(self, change: impl FnOnce(&mut T)) {
        change(&mut self.0.value.borrow_mut());
        self.0.changed.notify();
    }

    /// Puts another value; the same value is no news.
    pub(crate) fn set(self, value: T) {
        {
            let mut held = self.0.value.borrow_mut();
            if *held == value {
                return;
            }
            *held = value;
        }
        self.0.changed.notify();
    }
}

impl<T: PartialEq + Clone> Field<T> {
    /// The value, followed.
    pub(crate) fn get(self) -> T {
        self.track();
        self.now()
    }

    /// The value as it is now.
    pub(crate) fn now(self) -> T {
        self.0.value.borrow().clone()
    }
}

/// Runs `follow` now and whenever something it looked at has changed.
pub(crate) fn watch(follow: impl FnMut() + 'static) {
    watch_boxed(Box::new(follow));
}

fn watch_boxed(mut follow: Box<dyn FnMut()>) {
    Effect::new(move |_: Option<()>| follow());
}
