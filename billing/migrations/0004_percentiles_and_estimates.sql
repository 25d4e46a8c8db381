-- Percentiles of samples, and counts of distinct values with a limit of their own. NULL: the record does not say it.
ALTER TABLE meter
  ADD COLUMN exact    jsonb,
  ADD COLUMN samples  jsonb;
