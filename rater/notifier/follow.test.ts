import { describe, expect, test } from 'vitest';
import type { Alert } from '#core/messages/alert.ts';
import type { CommitHeader } from '#core/messages/rated.ts';
import { chainNext, chainStart } from './chain.ts';
import { scanCommit, type CommitScan } from './commitScan.ts';
import { notifierLimits } from './limits.ts';
import { Offers } from './offers.ts';
import { alertOf } from './testHarness.ts';

const message = (header: Partial<CommitHeader>, blocks = '') => Buffer.from(`${JSON.stringify(header)}\n${blocks}`);
const prev = { seq: 7, hash: 'h7' };

describe('what is read of a commit', () => {
  test('its link and its alerts, whatever its texts contain', () => {
    const trap = '"alerts":[],"prev":{"seq":1,"hash":"x"},"kind":"takeover"';
    const refusals = [{ detail: trap }] as unknown as CommitHeader['refusals'];
    expect(scanCommit(message({ kind: 'commit', refusals, prev, alerts: [] }))).toEqual({
      prev,
      takeover: null,
      alerts: [],
    });
    const alerts = [alertOf('a')];
    expect(scanCommit(message({ kind: 'commit', refusals, prev, alerts }))).toEqual({ prev, takeover: null, alerts });
    expect(scanCommit(message({ kind: 'commit', prev, alerts }, trap))).toMatchObject({ alerts });
  });

  test('a commit written with spaces is read whole', () => {
    const text = JSON.stringify({ kind: 'commit', prev, alerts: [alertOf('a')] }, null, 1).replaceAll('\n', '');
    expect(scanCommit(Buffer.from(text))).toMatchObject({ prev, alerts: [{ id: 'a' }] });
    expect(scanCommit(Buffer.from(text.replace(/"alerts":.*/, '"alerts": [] }')))).toMatchObject({ prev, alerts: [] });
  });

  test('a takeover says where it starts; what is no commit is nothing', () => {
    const base = { incarnation: 1, outSeq: 5, hash: 'h5' };
    const takeover = { incarnation: 2, base: { seq: 5, hash: 'h5' } };
    expect(scanCommit(message({ kind: 'takeover', incarnation: 2, base, prev, alerts: [] }))).toEqual({
      prev,
      takeover,
      alerts: [],
    });
    for (const bad of [
      '',
      '{',
      'null',
      '[]',
      '{"alerts":[]}',
      '{"prev":{},"alerts":[]}',
      '{"kind":"takeover","prev":{"seq":1,"hash":""},"alerts":[]}',
    ]) {
      expect(scanCommit(Buffer.from(bad))).toBeUndefined();
    }
  });
});

describe('which messages chain', () => {
  const tip = { seq: 7, hash: 'h7', incarnation: 2 };
  const commit = (link: CommitScan['prev']): CommitScan => ({ prev: link, takeover: null, alerts: [] });
  const takeover = (incarnation: number, seq: number, hash: string): CommitScan => ({
    prev,
    takeover: { incarnation, base: { seq, hash } },
    alerts: [],
  });

  test('a commit follows from the tip or is ignored', () => {
    expect(chainNext(tip, 8, 'h8', commit(prev))).toEqual({ seq: 8, hash: 'h8', incarnation: 2 });
    expect(chainNext(tip, 9, 'h9', commit({ seq: 8, hash: 'h8' }))).toBeUndefined();
    expect(chainNext(tip, 8, 'h8', commit({ seq: 7, hash: 'other' }))).toBeUndefined();
    expect(chainNext(chainStart, 1, 'h1', takeover(1, 0, ''))).toEqual({ seq: 1, hash: 'h1', incarnation: 1 });
  });

  test('a takeover starts at the tip or below it, under a new incarnation', () => {
    expect(chainNext(tip, 8, 'h8', takeover(3, 7, 'h7'))?.incarnation).toBe(3);
    expect(chainNext(tip, 8, 'h8', takeover(3, 5, 'h5'))?.incarnation).toBe(3);
    expect(chainNext(tip, 8, 'h8', takeover(3, 7, 'other'))).toBeUndefined();
    expect(chainNext(tip, 8, 'h8', takeover(3, 8, 'h8'))).toBeUndefined();
    expect(chainNext(tip, 8, 'h8', takeover(2, 7, 'h7'))).toBeUndefined();
  });
});

describe('the fast path', () => {
  const commit = (outSeq: number, ...alerts: readonly Alert[]) => ({ outSeq, alerts, atMonotonicMs: 0 });
  const seqs = (commits: readonly { outSeq: number }[]) => commits.map(({ outSeq }) => outSeq);
  const alert = alertOf('a');

  test('offers without a gap are taken at once, those known already are not', () => {
    const offers = new Offers(4);
    expect(seqs(offers.offer(commit(5, alert)))).toEqual([5]);
    expect(seqs(offers.offer(commit(6)))).toEqual([]);
    expect(seqs(offers.offer(commit(7, alert)))).toEqual([7]);
    expect(seqs(offers.followed(7))).toEqual([]);
    expect(seqs(offers.offer(commit(7, alert)))).toEqual([]);
  });

  test('behind a gap they wait for the follower, however far it lags while commits go on', () => {
    const offers = new Offers(0);
    expect(seqs(offers.offer(commit(10, alert)))).toEqual([]);
    expect(seqs(offers.offer(commit(11, alert)))).toEqual([]);
    expect(seqs(offers.followed(8))).toEqual([]);
    expect(seqs(offers.followed(9))).toEqual([10, 11]);
    expect(seqs(offers.offer(commit(12, alert)))).toEqual([12]);
  });

  test('a second gap drops the first part: the follower brings it, before what came after', () => {
    const offers = new Offers(0);
    offers.offer(commit(10, alert));
    offers.offer(commit(13, alert));
    expect(seqs(offers.followed(9))).toEqual([]);
    expect(seqs(offers.followed(12))).toEqual([13]);
    for (let seq = 20; seq < 25 + notifierLimits.offersHeldMax; seq++) offers.offer(commit(seq, alert));
    expect(seqs(offers.followed(19))).toEqual([]);
    expect(seqs(offers.followed(19 + notifierLimits.offersHeldMax))).toHaveLength(5);
  });

  test('after a rewind nothing is taken before the follower has been there', () => {
    const offers = new Offers(9);
    offers.rewound(0);
    expect(seqs(offers.offer(commit(5, alert)))).toEqual([]);
    expect(seqs(offers.followed(4))).toEqual([5]);
  });
});
