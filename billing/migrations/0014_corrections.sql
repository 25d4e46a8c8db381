-- Corrections of what was rated: asked for, previewed in money, applied in the background.
CREATE TABLE correction (
  tenant text NOT NULL REFERENCES tenant (id),
  number integer NOT NULL,
  what text NOT NULL,
  selection jsonb NOT NULL,
  status text NOT NULL,
  author text NOT NULL,
  reason text NOT NULL DEFAULT '',
  approved_by text NOT NULL DEFAULT '',
  detail text NOT NULL DEFAULT '',
  partition integer NOT NULL,
  as_of bigint NOT NULL,
  rows bigint NOT NULL,
  effects jsonb NOT NULL,
  booked jsonb,
  audit_id text,
  -- How far the work is: the log position that the store must have loaded, the last block sent, pieces and rows sent.
  ready_seq bigint,
  cursor text,
  is_read boolean NOT NULL DEFAULT false,
  pieces integer NOT NULL DEFAULT 0,
  rows_done bigint NOT NULL DEFAULT 0,
  created_ms bigint NOT NULL,
  applied_ms bigint,
  ended_ms bigint,
  PRIMARY KEY (tenant, number)
);
-- Whether somebody else has to agree to a correction before it is applied.
ALTER TABLE tenant ADD COLUMN corrections_need_approval boolean NOT NULL DEFAULT false;
