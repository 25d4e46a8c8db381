-- Grants of credit, which never change but can be voided, and the wallets that watch them; `record` is what the rater is told.
CREATE TABLE credit_grant (
  tenant text NOT NULL REFERENCES tenant (id),
  id text NOT NULL,
  record jsonb NOT NULL,
  granted_by text NOT NULL,
  granted_ms bigint NOT NULL,
  voided jsonb,
  PRIMARY KEY (tenant, id)
);
CREATE TABLE wallet (
  tenant text NOT NULL REFERENCES tenant (id),
  id text NOT NULL,
  record jsonb NOT NULL,
  PRIMARY KEY (tenant, id)
);
