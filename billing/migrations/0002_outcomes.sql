-- What the rater made of a control message: taken, rejected with its reason, or not known yet.
ALTER TABLE outbox ADD COLUMN audit_id text;
ALTER TABLE outbox ADD COLUMN outcome text CHECK (outcome IN ('taken', 'rejected'));
ALTER TABLE outbox ADD COLUMN detail text;
UPDATE outbox SET audit_id = payload::json ->> 'auditId';
ALTER TABLE outbox ALTER COLUMN audit_id SET NOT NULL;
CREATE INDEX outbox_unsettled ON outbox (partition, seq) WHERE outcome IS NULL;
CREATE INDEX outbox_audit ON outbox (tenant, audit_id);
