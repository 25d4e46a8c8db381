-- What budgets may ask of accounts.
ALTER TABLE account ADD COLUMN tags jsonb NOT NULL DEFAULT '{}';
