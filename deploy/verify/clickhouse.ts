/** CLICKHOUSE: what the store holds of a partition against what the commits say was rated, group by group. */
import { Exact, text, zero } from '#core/reference/number.ts';
import { numberIn } from '#core/reference/audit/rowText.ts';
import { groupKey, type Group } from '#core/reference/audit/sums.ts';
import type { Auditor } from '#core/reference/audit/auditor.ts';
import { sleep } from '#platform/lifecycle.ts';
import { verifyLimits } from './limits.ts';
import type { Source, Stored } from './source.ts';

export interface StoredTotals {
  readonly samples: number;
  readonly rows: number;
  readonly groups: number;
}

const nothing: Group = { quantity: zero, amount: zero, rows: 0, samples: 0 };

/** Compares up to commit `upTo`, up to which the auditor has summed. */
export async function compareStored(auditor: Auditor, source: Source, upTo: number): Promise<StoredTotals> {
  const { partition, faults } = auditor;
  const { tenant, loadedSeq, groups } = await loaded(source, partition, upTo);
  if (loadedSeq < upTo)
    faults.add('CLICKHOUSE', `partition ${partition}: loaded up to commit ${loadedSeq}, the log stands at ${upTo}`);
  const wanted = new Map([...auditor.sums.groups].filter(([key]) => tenant === '' || key.startsWith(`${tenant} `)));
  for (const stored of groups) {
    const key = groupKey(
      stored.tenant,
      stored.account,
      stored.price,
      stored.currency,
      stored.periodStartMs,
      stored.kind,
    );
    const should = wanted.get(key) ?? nothing;
    wanted.delete(key);
    const where = `partition ${partition}: rows of ${key}`;
    compare(where, stored, should, auditor);
    compare(`${where}, in the arrays`, { ...stored.arrays, samples: stored.samples }, should, auditor);
  }
  for (const [key, should] of wanted) {
    const empty = { rows: 0, samples: 0, quantity: '0', amount: '0' };
    compare(`partition ${partition}: rows of ${key}`, empty, should, auditor);
  }
  const sum = (count: (group: Stored['groups'][number]) => number) =>
    groups.reduce((total, group) => total + count(group), 0);
  return { samples: sum((group) => group.samples), rows: sum((group) => group.rows), groups: groups.length };
}

interface Found {
  readonly rows: number;
  readonly samples: number;
  readonly quantity: string;
  readonly amount: string;
}

function compare(where: string, found: Found, should: Group, { faults }: Auditor): void {
  const amount: Exact = numberIn(found.amount);
  const isSame =
    found.rows === should.rows &&
    found.samples === should.samples &&
    amount.eq(should.amount) &&
    numberIn(found.quantity).eq(should.quantity);
  if (isSame) return;
  const holds = `${found.rows} rows of ${found.samples} samples, ${found.quantity} for ${found.amount}`;
  const wanted = `${should.rows} rows of ${should.samples} samples, ${text(should.quantity)} for ${text(should.amount)}`;
  faults.add('CLICKHOUSE', `${where} are ${holds}, should be ${wanted}`, amount.minus(should.amount));
}

/** Waits until the loader has come as far as the audit. */
async function loaded(source: Source, partition: number, upTo: number): Promise<Stored> {
  const deadline = performance.now() + verifyLimits.loadMsMax;
  for (;;) {
    const stored = await source.stored(partition, upTo);
    if (stored.loadedSeq >= upTo || performance.now() > deadline) return stored;
    await sleep(verifyLimits.loadPollMs);
  }
}
