-- Prices of every model and meters of every aggregation. NULL: the record does not say it.
ALTER TABLE meter
  ADD COLUMN distinct_by  text,
  ADD COLUMN slots        jsonb;
ALTER TABLE price
  ADD COLUMN quantity          jsonb,
  ADD COLUMN discount_percent  text,
  ADD COLUMN maximum           text,
  ADD COLUMN on_version        text;
