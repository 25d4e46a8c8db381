-- Percentiles of samples, counts of distinct values with a limit of their own, levels that go on. NULL: the record does not say it.
ALTER TABLE meter
  ADD COLUMN exact    jsonb,
  ADD COLUMN samples  jsonb,
  ADD COLUMN recurs   jsonb;
