-- Visitors, their conversations, and what was said.
CREATE TABLE visitors (
    id UUID PRIMARY KEY NOT NULL,
    tenant_id UUID NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX ix_visitors_tenant ON visitors (tenant_id);

-- What a visitor's page keeps to come back. A row may be there before the visitor or the chat
-- session is: those are written with the first message or call. Only hashes are kept.
CREATE TABLE visitor_resumes (
    token_hash BYTEA PRIMARY KEY NOT NULL,
    tenant_id UUID NOT NULL REFERENCES tenants (id),
    session_id UUID NOT NULL,
    visitor_id UUID NOT NULL,
    issued_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    exchanged_at TIMESTAMPTZ
);
CREATE INDEX ix_visitor_resumes_session ON visitor_resumes (session_id);
CREATE INDEX ix_visitor_resumes_expires ON visitor_resumes (expires_at);

-- `unread` counts the visitor's messages that nobody of the staff has read.
CREATE TABLE chat_sessions (
    id UUID PRIMARY KEY NOT NULL,
    tenant_id UUID NOT NULL REFERENCES tenants (id),
    visitor_id UUID NOT NULL REFERENCES visitors (id),
    page_url TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    last_at TIMESTAMPTZ NOT NULL,
    last_message_id UUID,
    unread BIGINT NOT NULL,
    closed_at TIMESTAMPTZ
);
CREATE INDEX ix_chat_sessions_list ON chat_sessions (tenant_id, last_at, id);
CREATE INDEX ix_chat_sessions_open ON chat_sessions (closed_at, last_at);

CREATE TABLE messages (
    id UUID PRIMARY KEY NOT NULL,
    session_id UUID NOT NULL REFERENCES chat_sessions (id),
    author UUID NOT NULL,
    author_role TEXT NOT NULL,
    author_name TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX ix_messages_session ON messages (session_id, created_at, id);

-- How far each person has read. `read_to` is the time of the message `up_to`.
CREATE TABLE read_marks (
    session_id UUID NOT NULL REFERENCES chat_sessions (id),
    sub UUID NOT NULL,
    is_staff BOOLEAN NOT NULL,
    up_to UUID NOT NULL,
    read_to TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (session_id, sub)
);
