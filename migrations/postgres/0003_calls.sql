-- The record of each call, one row each; `snapshot` is the call as a value. An ended row is final.
CREATE TABLE calls (
    id UUID PRIMARY KEY NOT NULL,
    tenant_id UUID NOT NULL REFERENCES tenants (id),
    session_id UUID NOT NULL REFERENCES chat_sessions (id),
    epoch UUID NOT NULL,
    seq BIGINT NOT NULL,
    caller UUID NOT NULL,
    caller_role TEXT NOT NULL,
    caller_name TEXT NOT NULL,
    rung JSONB NOT NULL,
    answered_by UUID,
    answered_name TEXT,
    requested_at TIMESTAMPTZ NOT NULL,
    accepted_at TIMESTAMPTZ,
    media_up_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    reason TEXT,
    disposition TEXT,
    path TEXT,
    snapshot JSONB NOT NULL
);
CREATE INDEX ix_calls_session ON calls (session_id, requested_at, id);
CREATE INDEX ix_calls_tenant ON calls (tenant_id, requested_at);
CREATE INDEX ix_calls_running ON calls (ended_at);

-- Who changed what. No texts of messages, no secrets.
CREATE TABLE audit_log (
    id UUID PRIMARY KEY NOT NULL,
    tenant_id UUID REFERENCES tenants (id),
    at TIMESTAMPTZ NOT NULL,
    actor UUID NOT NULL,
    actor_role TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL
);
CREATE INDEX ix_audit_log_tenant ON audit_log (tenant_id, at);
