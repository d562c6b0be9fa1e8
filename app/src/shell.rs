//! The document around the pages: head, stylesheet, and the script that starts the wasm.

use crate::{contexts::theme, routes::App};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

/// What the pages need to know about where they run. Given as context by the server.
#[derive(Clone, Debug)]
pub struct Site {
    /// Scheme, host and port under which tenants reach this instance, without a slash at the end.
    pub public_url: String,
    /// The path of the built module that loads the wasm.
    pub script: String,
    /// The path of the built wasm.
    pub wasm: String,
    /// The path of the built stylesheet.
    pub style: String,
    /// Where the realtime socket is.
    pub socket_url: String,
}

/// The whole document. Runs on the server only; where the files are stands in [`Site`].
pub fn shell(_options: LeptosOptions) -> impl IntoView {
    let Site { script, wasm, style, .. } = expect_context::<Site>();
    let load = format!("m.default({{module_or_path:{wasm:?}}})");
    let start = format!("import({script:?}).then(m=>{load}.then(()=>m.hydrate()))");
    view! {
        <!DOCTYPE html>
        <html lang="en" dir="ltr" data-theme=theme::chosen_on_server()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                <meta name="robots" content="noindex"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=style/>
                <link rel="modulepreload" href=script/>
                <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin=""/>
                <script type="module" nonce=use_nonce()>{start}</script>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}
