import { expect, it } from 'vitest';
import { pricedUnit, pricedUnitNames, pricedUnitOfSlots, tallyUnit } from './pricedUnits.ts';

it.each([
  // One hour of two busy cores, in microseconds.
  ['us', 'vCPU·h', 7_200_000_000n, 2n],
  ['us', 'vCPU·min', 7_200_000_000n, 120n],
  ['us', 'vCPU·s', 7_200_000_000n, 7200n],
  // Four GiB held for half an hour, in byte-milliseconds.
  ['By.ms', 'GiB·h', 4n * 2n ** 30n * 1_800_000n, 2n],
  // One GiB held for 730 hours.
  ['By.ms', 'GiB·month', 2n ** 30n * 730n * 3_600_000n, 1n],
  ['By', 'GB', 5_000_000_000n, 5n],
  ['By', 'GiB', 3n * 2n ** 30n, 3n],
  ['1', '1000', 4000n, 4n],
])('%s priced per %s', (tally, name, quantity, priced) => {
  const unit = pricedUnit(tally, name)!;
  expect(quantity * BigInt(unit.numerator)).toBe(priced * BigInt(unit.denominator));
});

it('takes the UCUM dot, and nothing that it does not know', () => {
  expect(pricedUnit('us', 'vCPU.h')?.name).toBe('vCPU·h');
  expect(pricedUnit('us', 'GiB·h')).toBeUndefined();
  expect(pricedUnit('us', 'constructor')).toBeUndefined();
  expect(pricedUnit('toString', 'vCPU·h')).toBeUndefined();
  expect(pricedUnitNames('furlong')).toEqual([]);
  expect(tallyUnit('By', 'timeWeighted')).toBe('By.ms');
});

it('what falls into a slot is a rate over its length: 3.75 GB in five minutes are 100 Mbit/s, 1 kWh in a quarter of an hour 4 kW', () => {
  expect(pricedUnitOfSlots('By', 300_000, 'Mbit/s')).toEqual({
    name: 'Mbit/s',
    numerator: '1',
    denominator: '37500000',
  });
  expect(pricedUnitOfSlots('Wh', 900_000, 'kW')).toMatchObject({ numerator: '1', denominator: '250' });
  expect(pricedUnitOfSlots('By', 300_000, 'MB')).toBeUndefined();
});
