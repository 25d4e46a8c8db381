-- What of an allowance goes on into later periods. NULL: nothing.
ALTER TABLE price ADD COLUMN rollover jsonb;
