//! Where the widget works: the list of origins.

use super::{Trouble, latest::Latest};
use crate::{
    api::{AddOrigin, ApiError, RemoveOrigin, list_origins},
    components::Icon,
    effects::focus,
};
use leptos::{form::ActionForm, html, prelude::*};

/// The origins, with a form to add one.
#[component]
pub(crate) fn Origins(may_change: bool) -> impl IntoView {
    let add = ServerAction::<AddOrigin>::new();
    let remove = ServerAction::<RemoveOrigin>::new();
    let origins = Resource::new(move || (add.version().get(), remove.version().get()), |_| list_origins());
    let form = NodeRef::<html::Form>::new();
    Effect::new(move |_| {
        if let (Some(Ok(_)), Some(form)) = (add.value().get(), form.get_untracked()) {
            form.reset();
        }
    });
    let latest = Latest::new().follow(add).follow(remove);
    let title = NodeRef::<html::H2>::new();
    Effect::new(move |_| {
        // The button that was pressed goes with its row.
        if let (Some(Ok(())), Some(title)) = (remove.value().get(), title.get_untracked()) {
            focus::give(&title);
        }
    });
    view! {
        <section class="panel" id="origins" aria-labelledby="origins-title">
            <div class="panel__head">
                <div>
                    <h2 id="origins-title" node_ref=title tabindex="-1">"Origins"</h2>
                    <p>"The widget works here and nowhere else."</p>
                </div>
            </div>
            <Transition fallback=|| view! { <p class="muted">"Loading"</p> }>
                <Listed origins remove may_change/>
            </Transition>
            {may_change.then(|| view! {
                <ActionForm action=add node_ref=form>
                    <div class="adm__add">
                        <label class="field grow">
                            <span class="field__label">"Add an origin"</span>
                            <input
                                class="input ltr"
                                name="origin"
                                inputmode="url"
                                autocomplete="off"
                                spellcheck="false"
                                placeholder="https://www.example.com"
                                required
                                aria-describedby="origin-hint"
                            />
                        </label>
                        <button class="btn btn--primary"><Icon name="plus" class="ico--sm"/>"Add"</button>
                    </div>
                    <p class="field__hint" id="origin-hint">
                        "Scheme and host, without a path: https, or http on this machine."
                    </p>
                </ActionForm>
            })}
            <div aria-live="polite">{latest.words()}</div>
        </section>
    }
}

type Read = Resource<Result<Vec<String>, ApiError>>;

/// The rows; those that stay are not drawn again.
#[component]
fn Listed(origins: Read, remove: ServerAction<RemoveOrigin>, may_change: bool) -> impl IntoView {
    let all = move || origins.get().and_then(Result::ok).unwrap_or_default();
    let words = move || match origins.get() {
        Some(Err(error)) => Some(view! { <Trouble error/> }.into_any()),
        Some(Ok(none)) if none.is_empty() => Some(
            view! {
                <p class="muted">"No origin yet, so the widget shows on no page. Add your site first."</p>
            }
            .into_any(),
        ),
        Some(Ok(_)) | None => None,
    };
    view! {
        {words}
        <ul class="rows" hidden=move || all().is_empty()>
            <For
                each=all
                key=Clone::clone
                children=move |origin| view! { <Origin origin remove may_change/> }
            />
        </ul>
    }
}

#[component]
fn Origin(origin: String, remove: ServerAction<RemoveOrigin>, may_change: bool) -> impl IntoView {
    let name = format!("Remove {origin}");
    view! {
        <li>
            <span class="mono ltr">{origin.clone()}</span>
            {may_change.then(|| view! {
                <span class="end-col">
                    <ActionForm action=remove>
                        <input type="hidden" name="origin" value=origin/>
                        <button class="btn btn--sm btn--quiet" aria-label=name>"Remove"</button>
                    </ActionForm>
                </span>
            })}
        </li>
    }
}
