//! The pages for staff: sign-in, the dashboard where calls are answered, and the tenant's admin.
//!
//! The server renders them with the feature `ssr`; the browser takes the same HTML over with
//! `hydrate`. Nothing here decides who may do what: server functions ask the backend, the running
//! call is the client crate's.

#![expect(unreachable_pub, reason = "the component macro makes `pub` types for props")]

mod api;
mod call;
mod components;
mod contexts;
mod effects;
mod pages;
mod routes;
mod shell;

pub use routes::App;
pub use shell::{Site, shell};

/// Takes over the page that the server rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
}
