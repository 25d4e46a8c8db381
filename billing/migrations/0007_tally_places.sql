-- Where a tally sits: its calendar, a subtree that shares it, and the day that an account counts from. NULL: the record does not say it.
ALTER TABLE price
  ADD COLUMN split   text,
  ADD COLUMN period  jsonb;
ALTER TABLE account
  ADD COLUMN starts_on  text;
