-- Figures that are multiplied by the part of a period in which a version is in force. NULL: none.
ALTER TABLE price ADD COLUMN prorate jsonb;
