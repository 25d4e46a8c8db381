-- What a budget says beyond an amount of money a month; an amount may be 0.
ALTER TABLE budget ADD COLUMN terms jsonb NOT NULL DEFAULT '{}';
UPDATE budget SET terms = jsonb_build_object('period', period);
ALTER TABLE budget DROP COLUMN period;
ALTER TABLE budget DROP CONSTRAINT budget_amount_check;
ALTER TABLE budget ADD CONSTRAINT budget_amount_check CHECK (amount >= 0);
