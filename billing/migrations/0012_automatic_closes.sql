-- Of root accounts: days after the end of a period at which it closes by itself. NULL: it does not.
ALTER TABLE account ADD COLUMN close_after_days integer;
