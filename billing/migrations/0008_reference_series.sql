-- Reference series of spot prices, and every revision of their points. NULL: the record does not say it.
CREATE TABLE series (
  tenant      text NOT NULL REFERENCES tenant,
  id          text NOT NULL,
  name        text NOT NULL,
  currency    text NOT NULL,
  unit        text NOT NULL,
  interval    text NOT NULL,
  time_zone   text NOT NULL,
  max_age_ms  bigint,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE series_point (
  tenant           text NOT NULL,
  series           text NOT NULL,
  from_ms          bigint NOT NULL,
  revision         integer NOT NULL CHECK (revision > 0),
  value            text NOT NULL,
  source           text NOT NULL,
  published_by     text NOT NULL,
  published_at_ms  bigint NOT NULL,
  PRIMARY KEY (tenant, series, from_ms, revision),
  FOREIGN KEY (tenant, series) REFERENCES series
);
CREATE TRIGGER series_point_immutable BEFORE UPDATE OR DELETE ON series_point FOR EACH ROW EXECUTE FUNCTION refuse_change();
