-- What a tenant charges in instead of money. `value`: what one is worth, from when on; NULL: nobody says.
CREATE TABLE pricing_unit (
  tenant    text NOT NULL REFERENCES tenant,
  id        text NOT NULL CHECK (id ~ '^[A-Z][A-Z0-9]{3,11}$'),
  name      text NOT NULL,
  decimals  integer NOT NULL CHECK (decimals BETWEEN 0 AND 12),
  value     jsonb,
  PRIMARY KEY (tenant, id)
);
