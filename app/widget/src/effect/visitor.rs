//! Who this visitor is to the server: a token, renewed by the `resume` token that the loader keeps.

use super::{
    http,
    json::{self, Json},
    loader,
};
use futures::FutureExt;
use std::{cell::RefCell, rc::Rc};
use tincan_client::{Token, TokenError, TokenSource};
use tincan_signaling::{Code, Refusal, SessionId, Sub};
use wasm_bindgen::JsValue;

/// The answer of `POST /api/widget/sessions`.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(crate) session_id: SessionId,
    pub(crate) me: Sub,
    token: String,
    expires_in: u32,
    resume: String,
}

impl Visitor {
    fn read(answer: &Json) -> Option<Self> {
        Some(Self {
            session_id: answer.read("session_id")?,
            me: answer.read("visitor_id")?,
            token: answer.text("token")?,
            expires_in: answer.number("expires_in")? as u32,
            resume: answer.text("resume")?,
        })
    }
}

/// What is known of the visitor between two requests.
#[derive(Clone)]
pub(crate) struct Papers {
    key: &'static str,
    new: bool,
    held: Rc<RefCell<Held>>,
}

#[derive(Default)]
struct Held {
    resume: Option<String>,
    token: String,
    /// The answer of the very first request: the socket asks for a token right after it.
    fresh: Option<Token>,
}

impl Papers {
    /// With what the loader kept, if it kept anything.
    pub(crate) fn new(key: &'static str, resume: Option<String>) -> Self {
        let new = resume.is_none();
        Self { key, new, held: Rc::new(RefCell::new(Held { resume, ..Held::default() })) }
    }

    /// Whether the visitor came without anything kept from before.
    pub(crate) const fn is_new(&self) -> bool {
        self.new
    }

    /// Another tab exchanged the resume token.
    pub(crate) fn set_resume(&self, resume: String) {
        self.held.borrow_mut().resume = Some(resume);
    }

    /// The token for requests of this page.
    pub(crate) fn token(&self) -> String {
        self.held.borrow().token.clone()
    }

    /// Asks who this is. The loader keeps the new `resume`; each is good for one use.
    pub(crate) async fn ask(&self) -> Result<Visitor, Refusal> {
        let resume = self.held.borrow().resume.clone();
        let mut ask = vec![("key", JsValue::from_str(self.key))];
        ask.extend(resume.map(|resume| ("resume", JsValue::from_str(&resume))));
        let answer = http::post("/api/widget/sessions", &json::print(&ask)).await?;
        let visitor = Visitor::read(&answer).ok_or_else(|| Refusal::new(Code::Unavailable, ""))?;
        let mut held = self.held.borrow_mut();
        held.resume = Some(visitor.resume.clone());
        held.token.clone_from(&visitor.token);
        held.fresh = Some(Token { text: visitor.token.clone(), expires_in_s: visitor.expires_in });
        loader::keep_resume(&visitor.resume);
        Ok(visitor)
    }

    /// Where the socket gets its tokens from. A renewal that names another visitor is no renewal.
    pub(crate) fn tokens(&self, me: Sub) -> TokenSource {
        let papers = self.clone();
        Rc::new(move || {
            let papers = papers.clone();
            async move {
                if papers.held.borrow().fresh.is_none() {
                    let visitor = papers.ask().await.map_err(|refusal| match refusal.code {
                        Code::Unavailable | Code::RateLimited => TokenError::Unavailable,
                        _ => TokenError::SignedOut,
                    })?;
                    if visitor.me != me {
                        return Err(TokenError::SignedOut);
                    }
                }
                papers.held.borrow_mut().fresh.take().ok_or(TokenError::Unavailable)
            }
            .boxed_local()
        })
    }
}
