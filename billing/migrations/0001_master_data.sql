-- Instants are UTC milliseconds. Amounts are numeric(38,12); prices keep their decimals as text, as they were approved.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;
END $$;

CREATE TABLE tenant (
  id            text PRIMARY KEY,
  name          text NOT NULL,
  currency      text NOT NULL,
  time_zone     text NOT NULL,
  -- Placement, decided at creation.
  partition     integer NOT NULL,
  -- Highest dense ids given so far; ids are never used again.
  last_account  integer NOT NULL DEFAULT 0,
  last_price    integer NOT NULL DEFAULT 0,
  last_audit    bigint NOT NULL DEFAULT 0,
  created_ms    bigint NOT NULL
);

CREATE TABLE account (
  tenant     text NOT NULL REFERENCES tenant,
  id         integer NOT NULL CHECK (id > 0),
  slug       text NOT NULL,
  name       text NOT NULL,
  -- 0 for a root.
  parent     integer NOT NULL CHECK (parent >= 0 AND parent < id),
  type       text NOT NULL,
  time_zone  text NOT NULL,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, slug)
);

CREATE TABLE ownership (
  tenant    text NOT NULL,
  resource  text NOT NULL,
  from_ms   bigint NOT NULL,
  account   integer NOT NULL,
  PRIMARY KEY (tenant, resource, from_ms),
  FOREIGN KEY (tenant, account) REFERENCES account
);

CREATE TABLE producer (
  tenant      text NOT NULL REFERENCES tenant,
  id          text NOT NULL,
  type        text NOT NULL,
  simulated   boolean NOT NULL,
  enabled     boolean NOT NULL,
  -- [{"id": …, "publicKey": …}], newest last; revoked keys are gone from it and stay in the audit log.
  keys        jsonb NOT NULL,
  created_ms  bigint NOT NULL,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE meter (
  tenant       text NOT NULL REFERENCES tenant,
  id           text NOT NULL,
  metric       text NOT NULL,
  unit         text NOT NULL,
  scale        integer NOT NULL CHECK (scale BETWEEN 0 AND 12),
  aggregation  text NOT NULL,
  filter       jsonb NOT NULL,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE price (
  tenant             text NOT NULL REFERENCES tenant,
  id                 integer NOT NULL CHECK (id > 0),
  key                text NOT NULL,
  version            integer NOT NULL CHECK (version > 0),
  service            text NOT NULL,
  component          text NOT NULL,
  meter              text NOT NULL,
  currency           text NOT NULL,
  -- 0: everyone.
  account            integer NOT NULL,
  effective_from_ms  bigint NOT NULL,
  tally_scope        text NOT NULL,
  unit               jsonb NOT NULL,
  allowance          text NOT NULL,
  model              jsonb NOT NULL,
  approved_by        text NOT NULL,
  approved_at_ms     bigint NOT NULL,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, key, version),
  UNIQUE (tenant, key, effective_from_ms),
  FOREIGN KEY (tenant, meter) REFERENCES meter
);
CREATE TRIGGER price_immutable BEFORE UPDATE OR DELETE ON price FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE target (
  tenant              text NOT NULL REFERENCES tenant,
  id                  text NOT NULL,
  url                 text NOT NULL,
  enabled             boolean NOT NULL,
  -- AES-256-GCM under the instance's sealing key; never leaves through the API.
  secret_sealed       text NOT NULL,
  -- The bucket TARGETS has the row as of published_revision.
  revision            integer NOT NULL DEFAULT 1,
  published_revision  integer NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE budget (
  tenant      text NOT NULL REFERENCES tenant,
  id          text NOT NULL,
  account     integer NOT NULL,
  name        text NOT NULL,
  amount      numeric(38,12) NOT NULL CHECK (amount > 0),
  currency    text NOT NULL,
  period      text NOT NULL,
  thresholds  jsonb NOT NULL,
  targets     jsonb NOT NULL,
  enabled     boolean NOT NULL,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, account) REFERENCES account
);

CREATE TABLE member (
  tenant   text NOT NULL REFERENCES tenant,
  id       text NOT NULL,
  name     text NOT NULL,
  role     text NOT NULL,
  enabled  boolean NOT NULL,
  PRIMARY KEY (tenant, id)
);

-- Credentials are kept as SHA-256 only.
CREATE TABLE api_key (
  hash        bytea PRIMARY KEY,
  tenant      text NOT NULL REFERENCES tenant,
  id          text NOT NULL,
  role        text NOT NULL,
  created_ms  bigint NOT NULL,
  revoked_ms  bigint,
  UNIQUE (tenant, id)
);

CREATE TABLE login_link (
  hash        bytea PRIMARY KEY,
  tenant      text NOT NULL,
  member      text NOT NULL,
  expires_ms  bigint NOT NULL,
  FOREIGN KEY (tenant, member) REFERENCES member
);

CREATE TABLE session (
  hash        bytea PRIMARY KEY,
  tenant      text NOT NULL,
  member      text NOT NULL,
  expires_ms  bigint NOT NULL,
  FOREIGN KEY (tenant, member) REFERENCES member
);

CREATE TABLE audit (
  tenant     text NOT NULL REFERENCES tenant,
  seq        bigint NOT NULL,
  id         text NOT NULL UNIQUE,
  at_ms      bigint NOT NULL,
  actor      text NOT NULL,
  action     text NOT NULL,
  subject    text NOT NULL,
  before     jsonb NOT NULL,
  after      jsonb NOT NULL,
  why        text NOT NULL,
  prev_hash  text NOT NULL,
  hash       text NOT NULL,
  PRIMARY KEY (tenant, seq)
);
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit EXECUTE FUNCTION refuse_change();

-- One row a partition: its lock makes sequences gapless and their order the order of commits.
CREATE TABLE outbox_head (
  partition  integer PRIMARY KEY,
  last_seq   bigint NOT NULL
);

CREATE TABLE outbox (
  partition     integer NOT NULL,
  seq           bigint NOT NULL,
  tenant        text NOT NULL REFERENCES tenant,
  -- The ControlMessage, byte for byte as it is published.
  payload       text NOT NULL,
  created_ms    bigint NOT NULL,
  published_ms  bigint,
  PRIMARY KEY (partition, seq)
);
CREATE INDEX outbox_waiting ON outbox (partition, seq) WHERE published_ms IS NULL;

CREATE TABLE idempotency (
  tenant        text NOT NULL REFERENCES tenant,
  key           text NOT NULL,
  request_hash  text NOT NULL,
  answer        jsonb NOT NULL,
  created_ms    bigint NOT NULL,
  PRIMARY KEY (tenant, key)
);
