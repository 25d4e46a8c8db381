import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BillingEvents } from '../events.ts';
import { startEngine, type TestEngine } from '#platform/postgres/testDatabase.ts';
import type { Tables } from '../schema.ts';
import { replyAt, scriptedCloses } from '../testing/closes.ts';
import { smallOrganisation, testOffice } from '../testing/office.ts';
import { closeDue } from './automatic.ts';

let engine: TestEngine<Tables>;
beforeAll(async () => void (engine = await startEngine<Tables>('embedded')));
afterAll(() => engine[Symbol.asyncDispose]());

test('an account that wants it is closed so many days after its period, once its checklist is green, and once', async () => {
  await using at = await testOffice(engine);
  const closes = scriptedCloses();
  const failed: unknown[] = [];
  const events = { changed: () => {}, closeFailed: (_: string, error: unknown) => void failed.push(error) };
  const due = () => closeDue(at.office, closes.ports, events as unknown as BillingEvents);
  const november = Date.UTC(2026, 9, 31, 23);
  const closed = { periods: { closed: [[1, Date.UTC(2026, 8, 30, 22)]] as const } };
  await at.apply(smallOrganisation());
  expect(await due()).toEqual([]);
  await at.apply(smallOrganisation().replace('type: organisation,', 'type: organisation, closeAfterDays: 30,'));
  expect(await due()).toEqual([]);
  at.clock.nowMs = november + 30 * 86_400_000 - 1;
  closes.reply = replyAt(at.clock.nowMs, { 'web-1': at.clock.nowMs }, closed);
  expect(await due()).toEqual([]);
  at.clock.nowMs += 1;
  closes.reply = replyAt(at.clock.nowMs, { 'web-1': november - 1 }, closed);
  expect(await due()).toEqual([]);
  closes.reply = replyAt(at.clock.nowMs, { 'web-1': november }, closed);
  expect(await due()).toEqual(['northwind/top']);
  // The rater has not come to it: the second look learns so, and changes nothing.
  expect(await due()).toEqual([]);
  expect(failed).toMatchObject([{ code: 'CLOSE_GOES_ON' }]);
  closes.reply = replyAt(at.clock.nowMs, { 'web-1': november }, { periods: { closed: [[1, november]] } });
  expect(await due()).toEqual([]);
  const off = await at.apply(
    smallOrganisation().replace('type: organisation,', 'type: organisation, closeAfterDays: off,'),
  );
  expect(off).toMatchObject({ changed: 1, messages: 1 });
  expect((await at.apply(smallOrganisation())).changed).toBe(0);
  const below = smallOrganisation().replace('type: project', 'type: project, closeAfterDays: 3');
  await expect(at.apply(below)).rejects.toThrow(/a root account/);
});
