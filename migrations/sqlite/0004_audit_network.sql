-- From where something was done, cut to its network.
ALTER TABLE audit_log ADD COLUMN network TEXT;
DROP INDEX ix_audit_log_tenant;
CREATE INDEX ix_audit_log_tenant ON audit_log (tenant_id, at, id);
CREATE INDEX ix_audit_log_at ON audit_log (at);
