-- Attempts to deliver alerts, kept after they have left the stream DELIVERIES; the number of an attempt goes on over replays.
CREATE TABLE delivery_attempt (
  tenant   text NOT NULL,
  target   text NOT NULL,
  alert    text NOT NULL,
  attempt  integer NOT NULL,
  at_ms    bigint NOT NULL,
  body     jsonb NOT NULL,
  PRIMARY KEY (tenant, target, alert, attempt)
);
CREATE INDEX delivery_attempt_newest ON delivery_attempt (tenant, at_ms);

-- Message of a stream up to which it is archived.
CREATE TABLE archived_stream (
  stream   text PRIMARY KEY,
  seq      bigint NOT NULL
);
