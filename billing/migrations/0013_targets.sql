-- What a target is, who is written to by mail, what its receiver can take; and the secret before, which signs for a while longer.
ALTER TABLE target ADD COLUMN kind text NOT NULL DEFAULT 'webhook';
ALTER TABLE target ADD COLUMN mail jsonb;
ALTER TABLE target ADD COLUMN limits jsonb NOT NULL DEFAULT '{}';
ALTER TABLE target ADD COLUMN previous_sealed text;
ALTER TABLE target ADD COLUMN previous_until_ms bigint;
