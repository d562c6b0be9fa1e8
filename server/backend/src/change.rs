//! What others must know at once: rights that ended or changed.

use tincan_signaling::{SessionId, TenantId, UserId, id::ClientSessionId};

/// Something changed that open sockets and running calls must hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A signed-in device lost its rights: its sockets are closed at once.
    Revoked { sid: ClientSessionId },
    /// A user lost all rights. For each of its devices a [`Change::Revoked`] came before.
    UserDisabled { user: UserId },
    /// A key that signs tokens was dropped before its tokens ended: whoever came in with one comes
    /// again.
    KeyDropped,
    /// What the tenant may use changed: whoever relied on it asks again.
    Entitlements { tenant: TenantId },
    /// The tenant's list of sites changed.
    Origins { tenant: TenantId },
    /// Name, theme or privacy settings changed.
    Tenant { tenant: TenantId },
    /// A conversation was closed, by an agent or because nothing happened for a day.
    SessionClosed { tenant: TenantId, session: SessionId },
}
