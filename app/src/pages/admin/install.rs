//! The one line that puts the widget on a site.

use super::copy::Copy;
use leptos::prelude::*;

/// The snippet, with a button that copies it.
#[component]
pub(crate) fn Install(public_url: String, key: String) -> impl IntoView {
    let src = format!("{public_url}/embed.js");
    let snippet = format!(r#"<script async src="{src}" data-tenant="{key}"></script>"#);
    view! {
        <section class="panel" id="install" aria-labelledby="install-title">
            <div class="panel__head">
                <div>
                    <h2 id="install-title">"Install"</h2>
                    <p>"Paste this before " <span class="mono ltr">"</body>"</span> " on every page."</p>
                </div>
            </div>
            <div class="snippet">
                <code>
                    <i>"<"</i>"script async src="<em>{format!("{src:?}")}</em>" data-tenant="
                    <b>{format!("{key:?}")}</b><i>"></"</i>"script"<i>">"</i>
                </code>
                <Copy text=snippet/>
            </div>
            <p class="small muted">
                "The launcher shows on the pages of your origins. Nothing is stored and no microphone is asked for before a visitor acts."
            </p>
        </section>
    }
}
