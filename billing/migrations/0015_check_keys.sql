-- Keys that only ask raters for checks and holds: of what part of the tree, and whether the raters' bucket has what the row says.
ALTER TABLE api_key ADD COLUMN scope text NOT NULL DEFAULT 'office' CHECK (scope IN ('office', 'checks'));
ALTER TABLE api_key ADD COLUMN account integer NOT NULL DEFAULT 0;
ALTER TABLE api_key ADD COLUMN published boolean NOT NULL DEFAULT true;
