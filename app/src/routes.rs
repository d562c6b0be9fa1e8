//! Which path shows which page.

use crate::{
    contexts::theme::provide_theme,
    pages::{admin::Admin, dashboard::Dashboard, login::Login, missing::Missing, staff::Staff},
};
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode, StaticSegment,
    components::{ParentRoute, Route, Router, Routes},
};

/// Everything below `<body>`.
///
/// Dashboard and admin share one parent, so going from one to the other keeps the socket and a
/// running call. Pages are sent whole: they must work before (and without) wasm.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_theme();
    view! {
        <Router>
            <Routes fallback=Missing>
                <Route path=StaticSegment("login") view=Login ssr=SsrMode::Async/>
                <ParentRoute path=StaticSegment("") view=Staff ssr=SsrMode::Async>
                    <Route path=StaticSegment("dashboard") view=Dashboard ssr=SsrMode::Async/>
                    <Route path=StaticSegment("admin") view=Admin ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}
