//! Content Security Policies: everything is forbidden but what the page is made of.

use crate::config::PublicUrl;

/// A policy for one answer.
pub struct Policy<'a> {
    pub public_url: &'a PublicUrl,
    /// What inline scripts of this answer carry.
    pub nonce: &'a str,
    /// Who may show the page in a frame; empty means nobody.
    pub frame_ancestors: &'a [String],
    /// May the page send forms to this server?
    pub forms: bool,
}

impl Policy<'_> {
    /// The header's value. `style-src` has no `unsafe-inline`: the pages have no inline style.
    pub fn header(&self) -> String {
        let Self { public_url, nonce, frame_ancestors, forms } = self;
        let ancestors = match frame_ancestors {
            [] => "'none'".to_owned(),
            origins => origins.join(" "),
        };
        let forms = if *forms { "'self'" } else { "'none'" };
        let socket = public_url.socket_origin();
        format!(
            "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
             style-src 'self'; img-src 'self' data:; font-src 'self'; \
             media-src 'self' blob: data: mediastream:; connect-src 'self' {socket}; \
             manifest-src 'self'; form-action {forms}; base-uri 'none'; \
             frame-ancestors {ancestors}"
        )
    }
}

/// A fresh nonce: 128 bits nobody can guess.
pub fn nonce() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}
