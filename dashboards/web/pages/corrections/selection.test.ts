import { expect, test } from 'vitest';
import { selectionOf } from './NewCorrection.tsx';
import { selectionText } from './words.ts';

const nothing = { producer: '', fromSeq: '', toSeq: '', from: '', to: '', resource: '', meter: '', correction: '' };

test('a selection is complete, or there is none', () => {
  const asked = (ask: 'batches' | 'time' | 'revert', fields: Partial<typeof nothing>) =>
    selectionOf(ask, { ...nothing, ...fields }, 'Europe/Berlin');
  expect(asked('batches', { producer: 'web-1', fromSeq: '4', toSeq: '9' })).toEqual({
    producer: 'web-1',
    fromSeq: 4,
    toSeq: 9,
  });
  expect(asked('batches', { producer: 'web-1', fromSeq: '4' })).toEqual({ producer: 'web-1', fromSeq: 4, toSeq: 4 });
  for (const fields of [
    { fromSeq: '4' },
    { producer: 'web-1', fromSeq: '9', toSeq: '4' },
    { producer: 'web-1', fromSeq: '0' },
    { producer: 'web-1', fromSeq: '1.5' },
  ])
    expect(asked('batches', fields)).toBeUndefined();
  const hours = { from: '2026-11-01T00:00', to: '2026-11-01T01:30:05' };
  const stretch = { fromMs: Date.UTC(2026, 9, 31, 23), toMs: Date.UTC(2026, 10, 1, 0, 30, 5) };
  expect(asked('time', { ...hours, meter: ' cpu ' })).toEqual({ ...stretch, meter: 'cpu' });
  expect(asked('time', hours)).toBeUndefined();
  expect(asked('time', { from: hours.to, to: hours.from, meter: 'cpu' })).toBeUndefined();
  expect([asked('revert', {}), asked('revert', { correction: 'c-3' })]).toEqual([undefined, { correction: 'c-3' }]);
  expect(selectionText({ producer: 'web-1', fromSeq: 4, toSeq: 9, meter: 'cpu' }, 'UTC')).toBe(
    'batches 4 – 9 of web-1, meter cpu',
  );
  expect(selectionOf('batches', { ...nothing, producer: 'web-1', fromSeq: '4' }, 'UTC', true)).toMatchObject({
    again: true,
  });
  expect(selectionText({ producer: 'web-1', fromSeq: 4, toSeq: 4, again: true }, 'UTC')).toBe(
    'batch 4 of web-1, rated again',
  );
  expect(selectionText({ ...stretch, meter: 'cpu' }, 'UTC')).toBe(
    'usage from 31 Oct 2026, 23:00:00 to 1 Nov 2026, 00:30:05 of meter cpu',
  );
});
