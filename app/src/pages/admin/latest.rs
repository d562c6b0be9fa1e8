//! What the form that was sent last came to. The refusal of an older one is no news any more.

use super::Trouble;
use crate::api::ApiError;
use leptos::{prelude::*, server_fn::ServerFn};

/// The refusal of whichever action was answered last.
#[derive(Clone, Copy)]
pub(super) struct Latest(RwSignal<Option<ApiError>>);

impl Latest {
    /// Follows nothing yet.
    pub(super) fn new() -> Self {
        Self(RwSignal::new(None))
    }

    /// Follows this action too.
    pub(super) fn follow<S>(self, action: ServerAction<S>) -> Self
    where
        S: ServerFn<Error = ApiError> + Clone + Send + Sync + 'static,
        S::Output: Clone + Send + Sync + 'static,
    {
        // A form that was sent without wasm was answered before this page came.
        if let Some(Err(error)) = action.value().get_untracked() {
            self.0.set(Some(error));
        }
        Effect::new(move |_| {
            if let Some(outcome) = action.value().get() {
                self.0.set(outcome.err());
            }
        });
        self
    }

    /// The refusal in words, if there is one.
    pub(super) fn words(self) -> impl IntoView {
        move || self.0.get().map(|error| view! { <Trouble error/> })
    }
}
