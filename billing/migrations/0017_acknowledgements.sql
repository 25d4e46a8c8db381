-- Who has taken note of an alert: the first one stays.
CREATE TABLE acknowledgement (
  tenant text NOT NULL REFERENCES tenant,
  alert text NOT NULL,
  actor text NOT NULL,
  at_ms bigint NOT NULL,
  note text NOT NULL,
  PRIMARY KEY (tenant, alert)
);
CREATE INDEX acknowledgement_newest ON acknowledgement (tenant, at_ms);
