//! Access tokens: JWTs (RFC 7519) signed with HS256, the algorithm fixed by the key's name.

use crate::{BackendConfig, Identity, Refused, error::Result, keys::Keys};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use tincan_signaling::{
    Code, Refusal, SessionId, Sub, TenantId, Timestamp, event::Role, id::ClientSessionId,
};
use uuid::Uuid;

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Sub,
    sid: ClientSessionId,
    exp: u64,
    iat: u64,
    /// Ours have none; one that is there counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<u64>,
    jti: Uuid,
    role: Role,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant_id: Option<TenantId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session_id: Option<SessionId>,
}

/// What a token of ours says.
pub(crate) struct Token {
    pub(crate) identity: Identity,
    /// It counts from then on.
    pub(crate) begins: Timestamp,
}

/// Signs a token for `identity`, whose `exp` says when it ends.
pub(crate) fn sign(
    keys: &Keys,
    config: &BackendConfig,
    identity: &Identity,
    now: Timestamp,
    id: Uuid,
) -> Result<String> {
    let keys = keys.at_hand();
    let key = keys.signing();
    let claims = Claims {
        iss: config.public_url.clone(),
        aud: AUDIENCE.to_owned(),
        sub: identity.sub,
        sid: identity.sid,
        exp: identity.exp.0 / 1000,
        iat: now.0 / 1000,
        nbf: None,
        jti: id,
        role: identity.role,
        name: identity.name.clone(),
        tenant_id: identity.tenant,
        session_id: identity.session,
    };
    let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::HS256) };
    encode(&header, &claims, &EncodingKey::from_secret(key.secret.as_bytes())).map_err(Refused::internal)
}

/// Reads a token that one of our keys signed. Whether it has begun or ended is not asked here.
pub(crate) fn read(
    keys: &Keys,
    config: &BackendConfig,
    token: &str,
    now: Timestamp,
) -> std::result::Result<Token, Refusal> {
    if token.len() > MAX_LENGTH {
        return Err(unauthorized());
    }
    let header = decode_header(token).map_err(|_| unauthorized())?;
    let keys = keys.at_hand();
    let key = header.kid.and_then(|kid| keys.named(&kid, now)).ok_or_else(unauthorized)?;
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&[&config.public_url]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // Beginning and end are compared with the program's own clock by whoever asks whether it counts.
    validation.validate_exp = false;
    let claims = decode::<Claims>(token, &DecodingKey::from_secret(key.secret.as_bytes()), &validation)
        .map_err(|_| unauthorized())?
        .claims;
    let begins = claims.nbf.map_or(claims.iat, |nbf| nbf.max(claims.iat));
    let identity = Identity {
        sub: claims.sub,
        sid: claims.sid,
        role: claims.role,
        tenant: claims.tenant_id,
        session: claims.session_id,
        name: claims.name,
        exp: Timestamp(claims.exp.saturating_mul(1000)),
    };
    Ok(Token { identity, begins: Timestamp(begins.saturating_mul(1000)) })
}

pub(crate) fn unauthorized() -> Refusal {
    Refusal::new(Code::Unauthorized, "Sign in again.")
}

const AUDIENCE: &str = "tincan";
/// Ours have some 600 bytes.
const MAX_LENGTH: usize = 4096;
