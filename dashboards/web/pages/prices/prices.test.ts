import { expect, test } from 'vitest';
import { agreementText, calendarName } from '../../format/agreed.ts';
import { stepsOf } from '../../format/steps.ts';
import { versionsOf } from './versions.ts';

test('the version in force is shown, those to come and before beside it', () => {
  const records = [3, 1, 2].map((version) => ({ key: 'a', version, fromMs: version * 10 }));
  const at = (nowMs: number) => {
    const [{ shown, isInForce, upcoming, earlier }] = versionsOf(records, ({ fromMs }) => fromMs, nowMs) as [ReturnType<typeof versionsOf<(typeof records)[number]>>[number]]; // prettier-ignore
    return [shown.version, isInForce, upcoming.map(({ version }) => version), earlier.map(({ version }) => version)];
  };
  expect(at(5)).toEqual([1, false, [2, 3], []]);
  expect(at(25)).toEqual([2, true, [3], [1]]);
  expect(at(99)).toEqual([3, true, [], [1, 2]]);
});

test('tiers are steps as high as they cost', () => {
  const tiers = [
    { upTo: '10', unitPrice: '2', flat: '0' },
    { upTo: '100', unitPrice: '1', flat: '3' },
    { upTo: null, unitPrice: '0', flat: '0' },
  ];
  expect(stepsOf({ kind: 'graduated', tiers })?.steps).toEqual([
    { span: 'up to 10', value: '2', once: '', height: 1 },
    { span: '10 to 100', value: '1', once: '+ 3', height: 0.5 },
    { span: 'above 100', value: '0', once: '', height: 0 },
  ]);
  expect(stepsOf({ kind: 'perUnit', unitPrice: '1' })).toBeUndefined();
});

test('agreements and calendars are said in words', () => {
  expect(calendarName({ kind: 'anniversary', anchor: '2026-01-31', interval: 'month', every: 3 })).toBe('3 months from 2026-01-31'); // prettier-ignore
  const discount = { kind: 'discount', order: 2, base: 'left', take: { kind: 'percent', percent: '5' }, duration: { kind: 'periods', count: 3 }, except: { services: ['Support'] }, maximum: '10' } as const; // prettier-ignore
  expect(agreementText({ currency: 'EUR', terms: discount })).toEqual([
    'number 2: 5 % off what is left', 'not for Support', 'at most 10 EUR a period', 'for 3 periods',
  ]); // prettier-ignore
});
