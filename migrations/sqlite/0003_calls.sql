-- The record of each call, one row each; `snapshot` is the call as a value. An ended row is final.
CREATE TABLE calls (
    id BLOB PRIMARY KEY NOT NULL,
    tenant_id BLOB NOT NULL REFERENCES tenants (id),
    session_id BLOB NOT NULL REFERENCES chat_sessions (id),
    epoch BLOB NOT NULL,
    seq INTEGER NOT NULL,
    caller BLOB NOT NULL,
    caller_role TEXT NOT NULL,
    caller_name TEXT NOT NULL,
    rung TEXT NOT NULL,
    answered_by BLOB,
    answered_name TEXT,
    requested_at TEXT NOT NULL,
    accepted_at TEXT,
    media_up_at TEXT,
    ended_at TEXT,
    reason TEXT,
    disposition TEXT,
    path TEXT,
    snapshot TEXT NOT NULL
);
CREATE INDEX ix_calls_session ON calls (session_id, requested_at, id);
CREATE INDEX ix_calls_tenant ON calls (tenant_id, requested_at);
CREATE INDEX ix_calls_running ON calls (ended_at);

-- Who changed what. No texts of messages, no secrets.
CREATE TABLE audit_log (
    id BLOB PRIMARY KEY NOT NULL,
    tenant_id BLOB REFERENCES tenants (id),
    at TEXT NOT NULL,
    actor BLOB NOT NULL,
    actor_role TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL
);
CREATE INDEX ix_audit_log_tenant ON audit_log (tenant_id, at);
