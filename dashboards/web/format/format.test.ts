import { expect, test } from 'vitest';
import { formatQuantity, formatBytes, formatUsage, pricedQuantity } from './quantity.ts';
import { basisPoints, formatHours, formatPercent, formatShare, hoursUntil } from './ratio.ts';
import { csvOf } from './tableFile.ts';
import { formatAge, formatInstant, formatRecent, formatSpan, withLocalInstants } from './time.ts';
import { treeRows } from './accountTree.ts';
import type { AccountRecord } from '#core/messages/control.ts';

test('quantities keep every decimal that counts and convert exactly', () => {
  expect(formatQuantity('77661.2500')).toBe('77,661.25');
  expect(formatQuantity('-918220114902')).toBe('−918,220,114,902');
  expect(formatQuantity('n/a')).toBe('n/a');
  // 1,300,169 µs of CPU in hours, twelve decimals.
  expect(pricedQuantity('1300169', { numerator: '1', denominator: '3600000000' })).toBe('0.000361158056');
  expect(pricedQuantity('1', { numerator: '1', denominator: '0' })).toBe('1');
  expect([512, 348_160, 5_000_000_000].map(formatBytes)).toEqual(['512 B', '340 KiB', '4.7 GiB']);
});

test('a budget shows 100 % only when it is reached, and a share never rounds up to something', () => {
  expect(formatPercent(basisPoints('99.999', '100'))).toBe('99.9 %');
  expect(formatPercent(basisPoints('100', '100'))).toBe('100 %');
  expect(basisPoints('1', '0')).toBeUndefined();
  expect(formatShare('0.0001', '100')).toBe('<0.1 %');
  expect(formatShare('0', '100')).toBe('0 %');
});

test('time to the limit follows the rate, and says when there is none', () => {
  expect(hoursUntil('40', '100', '10')).toBe(6);
  expect(hoursUntil('100', '100', '10')).toBe(0);
  expect(hoursUntil('40', '100', '0')).toBeUndefined();
  expect([0.01, 0.2, 5, 144].map(formatHours)).toEqual(['seconds', 'about 12 min', 'about 5 h', 'about 6 days']);
});

test('instants are told in the tenant zone, with the date only when it is another day', () => {
  const at = Date.UTC(2026, 10, 23, 21, 31, 4, 218);
  expect(formatInstant(at, 'Europe/Berlin')).toBe('23 Nov 2026, 22:31:04.218');
  expect(formatRecent(at, at + 3_600_000, 'Europe/Berlin')).toBe('22:31:04.218');
  expect(formatRecent(at, at + 6 * 3_600_000, 'Europe/Berlin')).toBe('23 Nov 2026, 22:31:04.218');
  expect([0, 4_500, 61_000, 3 * 86_400_000].map(formatAge)).toEqual(['now', '4 s ago', '1 min ago', '3 days ago']);
  expect(withLocalInstants('until 2026-10-31T23:00:00Z, as of 2026-11-23T21:31:04.218Z.', 'Europe/Berlin')).toBe(
    'until 1 Nov 2026, 00:00, as of 23 Nov 2026, 22:31:04.218.',
  );
  expect([11.4, 2_400].map(formatSpan)).toEqual(['11 ms', '2.4 s']);
});

test('an exported cell is never a formula, and numbers stay numbers', () => {
  expect(
    csvOf(
      ['a', 'b'],
      [
        ['=1+1', '-0.5'],
        ['x,"y"', '-cmd'],
      ],
    ),
  ).toBe('a,b\r\n\'=1+1,-0.5\r\n"x,""y""",\'-cmd\r\n');
});

test('the tree lists parents before children and suspense last', () => {
  const account = (id: number, parent: number, type: AccountRecord['type'] = 'project'): AccountRecord => ({
    id, parent, type, slug: `a${id}`, name: `A${id}`, timeZone: 'UTC',
  }); // prettier-ignore
  const accounts = [account(1, 0), account(2, 1, 'suspense'), account(3, 1), account(4, 3)];
  expect(treeRows(accounts, () => true).map((row) => [row.account.id, row.depth])).toEqual([
    [1, 0],
    [3, 1],
    [4, 2],
    [2, 1],
  ]);
  expect(treeRows(accounts, (one) => one.id !== 3).map((row) => row.account.id)).toEqual([1, 3, 2]);
});

test('usage is said in the usual unit of its kind, where there is one', () => {
  expect(formatUsage('3600000000', 'us')).toBe('1 vCPU·h');
  expect(formatUsage('20000', 'us')).toBe('0.000005555556 vCPU·h');
  expect(formatUsage('1234567890123', 'By')).toBe('1,234.567 GB');
  expect(formatUsage('12', '1')).toBe('12');
  expect(formatUsage('', '')).toBe('');
});
