-- People who pay, the sites they have, and the people who work for them.
CREATE TABLE tenants (
    id UUID PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    public_key TEXT NOT NULL,
    plan TEXT NOT NULL,
    voice_enabled BOOLEAN NOT NULL,
    relay_only BOOLEAN NOT NULL,
    theme_hue INTEGER NOT NULL,
    theme_chroma DOUBLE PRECISION NOT NULL,
    theme_launcher TEXT,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX ux_tenants_public_key ON tenants (public_key);

CREATE TABLE sites (
    tenant_id UUID NOT NULL REFERENCES tenants (id),
    origin TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, origin)
);

-- `tenant_id` is null for operators of the instance only.
CREATE TABLE users (
    id UUID PRIMARY KEY NOT NULL,
    tenant_id UUID REFERENCES tenants (id),
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    disabled_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX ux_users_email ON users (email);
CREATE INDEX ix_users_tenant ON users (tenant_id);

-- A signed-in device. Its lease is renewed by heartbeats.
CREATE TABLE client_sessions (
    id UUID PRIMARY KEY NOT NULL,
    user_id UUID NOT NULL REFERENCES users (id),
    feature TEXT NOT NULL,
    network TEXT,
    user_agent TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    lease_until TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ
);
CREATE INDEX ix_client_sessions_user ON client_sessions (user_id);
CREATE INDEX ix_client_sessions_revoked ON client_sessions (revoked_at);

-- A family of refresh tokens is a client session. Only hashes are kept.
CREATE TABLE refresh_tokens (
    token_hash BYTEA PRIMARY KEY NOT NULL,
    family UUID NOT NULL REFERENCES client_sessions (id),
    issued_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    rotated_at TIMESTAMPTZ,
    successor_hash BYTEA
);
CREATE INDEX ix_refresh_tokens_family ON refresh_tokens (family);
CREATE INDEX ix_refresh_tokens_expires ON refresh_tokens (expires_at);
