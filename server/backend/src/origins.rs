//! The sites where a tenant's widget may be shown, as origins (RFC 6454).

use crate::{
    Backend, Identity, Result,
    error::{not_found, refuse},
    storage::{sites, tenants},
};
use tincan_signaling::{Code, TenantId};
use url::{Host, Url};

impl Backend {
    /// The tenant's list, sorted.
    pub async fn origins(&self, tenant: TenantId) -> Result<Vec<String>> {
        Ok(self.tenant(tenant).await?.origins.clone())
    }

    /// Whether a browser's `Origin` is on the tenant's list.
    pub async fn origin_allowed(&self, tenant: TenantId, origin: &str) -> Result<bool> {
        Ok(self.tenant(tenant).await?.origins.iter().any(|listed| listed == origin))
    }

    /// Adds a site and returns it as it is kept: `scheme://host[:port]`.
    pub async fn add_origin(&self, by: &Identity, tenant: TenantId, origin: &str) -> Result<String> {
        by.must_administer(tenant)?;
        let origin = normalised(origin)?;
        let mut tx = self.begin().await?;
        if !tenants::lock(&mut tx, tenant.0).await? {
            return not_found("tenant");
        }
        sites::add(&mut tx, tenant.0, &origin, self.inner.clock.utc()).await?;
        self.record(&mut tx, by, Some(tenant), "origin.add", &origin).await?;
        tx.commit().await?;
        self.reload_tenant(tenant).await?;
        Ok(origin)
    }

    /// Removes a site from the list.
    pub async fn remove_origin(&self, by: &Identity, tenant: TenantId, origin: &str) -> Result<()> {
        by.must_administer(tenant)?;
        let origin = normalised(origin)?;
        let mut tx = self.begin().await?;
        if !sites::remove(&mut tx, tenant.0, &origin).await? {
            return not_found("site");
        }
        self.record(&mut tx, by, Some(tenant), "origin.remove", &origin).await?;
        tx.commit().await?;
        self.reload_tenant(tenant).await?;
        Ok(())
    }
}

/// The origin of what somebody typed or pasted: a host, an origin, or the address of a page there.
fn normalised(text: &str) -> Result<String> {
    let text = text.trim();
    let url = if text.contains("://") { Url::parse(text) } else { Url::parse(&format!("https://{text}")) };
    let Ok(url) = url else { return refuse(Code::BadRequest, "This is not the address of a site.") };
    let plain = url.username().is_empty() && url.password().is_none() && !text.contains('*');
    match (url.scheme(), url.host()) {
        ("https", Some(_)) if plain => {}
        ("http", Some(host)) if plain && is_loopback(&host) => {}
        _ => return refuse(Code::BadRequest, "A site starts with https://, or http:// on this machine."),
    }
    Ok(url.origin().ascii_serialization())
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_have_one_form() {
        for (typed, kept) in [
            ("https://Shop.Example", "https://shop.example"),
            (" shop.example ", "https://shop.example"),
            ("https://shop.example:443/a?b#c", "https://shop.example"),
            ("https://shop.example:8443/", "https://shop.example:8443"),
            ("http://localhost:3000/demo", "http://localhost:3000"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(normalised(typed).unwrap(), kept, "{typed}");
        }
        for wrong in
            ["", "http://shop.example", "ftp://x.example", "https://*.example", "https://a:b@c.example"]
        {
            assert!(normalised(wrong).is_err(), "{wrong}");
        }
    }
}
