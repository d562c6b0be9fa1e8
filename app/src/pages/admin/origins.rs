//! Where the widget works: the list of origins.

use super::Trouble;
use crate::{
    api::{AddOrigin, RemoveOrigin, list_origins},
    components::Icon,
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
    let refused = move || {
        let added = add.value().get().and_then(Result::err);
        added.or_else(|| remove.value().get().and_then(Result::err)).map(|error| view! { <Trouble error/> })
    };
    view! {
        <section class="panel" id="origins" aria-labelledby="origins-title">
            <div class="panel__head">
                <div>
                    <h2 id="origins-title">"Origins"</h2>
                    <p>"The widget works here and nowhere else."</p>
                </div>
            </div>
            <Transition fallback=|| view! { <p class="muted">"Loading"</p> }>
                {move || Suspend::new(async move {
                    match origins.await {
                        Ok(origins) if origins.is_empty() => view! {
                            <p class="muted">"No origin yet, so the widget shows on no page. Add your site first."</p>
                        }.into_any(),
                        Ok(origins) => view! {
                            <ul class="rows">
                                {origins.into_iter().map(|origin| view! {
                                    <Origin origin remove may_change/>
                                }).collect_view()}
                            </ul>
                        }.into_any(),
                        Err(error) => view! { <Trouble error/> }.into_any(),
                    }
                })}
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
            <div aria-live="polite">{refused}</div>
        </section>
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
