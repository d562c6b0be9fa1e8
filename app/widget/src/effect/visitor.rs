//! Who this visitor is to the server: a token, renewed by the `resume` token that the loader keeps.

use super::{http, loader};
use futures::FutureExt;
use serde::{Deserialize, Serialize};
use std::{cell::RefCell, rc::Rc};
use tincan_client::{Token, TokenError, TokenSource};
use tincan_signaling::{Code, Refusal, SessionId, Sub};

/// The answer of `POST /api/widget/sessions`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Visitor {
    pub(crate) session_id: SessionId,
    #[serde(rename = "visitor_id")]
    pub(crate) me: Sub,
    pub(crate) token: String,
    pub(crate) expires_in: u32,
    pub(crate) resume: String,
}

#[derive(Serialize)]
struct Ask<'a> {
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resume: Option<&'a str>,
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
        let ask = Ask { key: self.key, resume: resume.as_deref() };
        let visitor: Visitor = http::post("/api/widget/sessions", &ask).await?;
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
