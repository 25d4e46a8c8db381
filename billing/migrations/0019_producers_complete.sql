-- Up to where an operator said that all of a producer's usage has come.
ALTER TABLE producer ADD COLUMN complete_until_ms bigint;
