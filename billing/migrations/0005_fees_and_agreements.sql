-- Versions of fees and agreements, whole as approved; their ids are drawn from the sequence of prices.
CREATE TABLE agreed (
  tenant          text NOT NULL REFERENCES tenant,
  id              integer NOT NULL CHECK (id > 0),
  kind            text NOT NULL CHECK (kind IN ('fee', 'agreement')),
  key             text NOT NULL,
  version         integer NOT NULL CHECK (version > 0),
  record          jsonb NOT NULL,
  approved_by     text NOT NULL,
  approved_at_ms  bigint NOT NULL,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, kind, key, version)
);
CREATE TRIGGER agreed_immutable BEFORE UPDATE OR DELETE ON agreed FOR EACH ROW EXECUTE FUNCTION refuse_change();
-- Names that agreements may look at. NULL: the record does not say it.
ALTER TABLE price
  ADD COLUMN plan      text,
  ADD COLUMN contract  text;
