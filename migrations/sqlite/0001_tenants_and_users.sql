-- People who pay, the sites they have, and the people who work for them.
CREATE TABLE tenants (
    id BLOB PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    public_key TEXT NOT NULL,
    plan TEXT NOT NULL,
    voice_enabled BOOLEAN NOT NULL,
    relay_only BOOLEAN NOT NULL,
    theme_hue INTEGER NOT NULL,
    theme_chroma REAL NOT NULL,
    theme_launcher TEXT,
    created_at TEXT NOT NULL
);
CREATE UNIQUE INDEX ux_tenants_public_key ON tenants (public_key);

CREATE TABLE sites (
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    origin TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, origin)
);

-- `tenant_id` is null for operators of the instance only.
CREATE TABLE users (
    id BLOB PRIMARY KEY NOT NULL,
    tenant_id BLOB REFERENCES tenants (id),
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at TEXT NOT NULL,
    disabled_at TEXT
);
CREATE UNIQUE INDEX ux_users_email ON users (email);
CREATE INDEX ix_users_tenant ON users (tenant_id);

-- A signed-in device. Its lease is renewed by heartbeats.
CREATE TABLE client_sessions (
    id BLOB PRIMARY KEY NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id),
    feature TEXT NOT NULL,
    network TEXT,
    user_agent TEXT NOT NULL,
    created_at TEXT NOT NULL,
    lease_until TEXT NOT NULL,
    revoked_at TEXT
);
CREATE INDEX ix_client_sessions_user ON client_sessions (user_id);
CREATE INDEX ix_client_sessions_revoked ON client_sessions (revoked_at);

-- A family of refresh tokens is a client session. Only hashes are kept.
CREATE TABLE refresh_tokens (
    token_hash BLOB PRIMARY KEY NOT NULL,
    family BLOB NOT NULL REFERENCES client_sessions (id),
    issued_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    rotated_at TEXT,
    successor_hash BLOB
);
CREATE INDEX ix_refresh_tokens_family ON refresh_tokens (family);
CREATE INDEX ix_refresh_tokens_expires ON refresh_tokens (expires_at);
