/** A spool on a disk in memory, and what a test needs to fill it. */
import { decodeEnvelope, type BatchBody } from '#core/metering/batch.ts';
import { newSigningSeed, signingKey } from '#platform/crypto.ts';
import type { Disk } from '#platform/disk.ts';
import { emptyContent } from '../batches/encode.ts';
import { sealAll, sealBatch, type Producer } from '../batches/seal.ts';
import type { StateChange } from '../counters/state.ts';
import { Spool, type SpoolLimits, type StoredBatch } from '../spool/spool.ts';

export const testProducer: Producer = { tenant: 't', id: 'p', key: signingKey(newSigningSeed()) };

export const smallLimits: SpoolLimits = {
  spoolBytesMax: 1e6,
  segmentBytesMax: 4000,
  keepAcknowledgedMs: 1000,
  keepAcknowledgedBytesMax: 20_000,
  lostBatchesMax: 50,
  windowBatchesMax: 8,
  windowBytesMax: 100_000,
};

export interface Kit {
  readonly disk: Disk;
  readonly losses: string[];
  nowMs: number;
  nonce: number;
  machine: string;
  limits: SpoolLimits;
}

export const kit = (disk: Disk): Kit => ({
  disk,
  losses: [],
  nowMs: 1_800_000_000_000,
  nonce: 0,
  machine: 'm1',
  limits: smallLimits,
});

export const openSpool = (k: Kit, dir = '/spool'): Spool =>
  Spool.open({
    disk: k.disk,
    dir,
    machine: k.machine,
    nowMs: () => k.nowMs,
    nonce: () => String(++k.nonce).padStart(16, '0'),
    fill: (head, detail) =>
      sealBatch(testProducer, head, { ...emptyContent(k.nowMs), notes: [{ kind: 'lost', series: -1, detail }] }, ''),
    onLoss: (count, detail) => k.losses.push(`${count} ${detail}`),
    limits: k.limits,
  });

/** A state of counter `c` of source `s`. */
export const counterAt = (value: bigint): StateChange => ({
  source: 's',
  boot: 'b',
  wallMs: 1,
  monotonicUs: 1,
  set: new Map([['c', { value, endMs: 1, monotonicUs: 1, identity: '' }]]),
});

/** Appends `count` batches in one record; each says in `baseMs` what it carries. */
export function put(spool: Spool, carried: readonly number[], change = counterAt(0n)): boolean {
  const contents = carried.map((value) => emptyContent(value));
  return spool.append(sealAll(testProducer, spool.head, contents, ''), [change]);
}

export const bodyOf = (batch: StoredBatch): BatchBody =>
  JSON.parse(Buffer.from(decodeEnvelope(batch.envelope)!.body).toString()) as BatchBody;

/** Everything that still waits, as the publisher would read it: epochs in order, each gapless. */
export function readAll(spool: Spool): StoredBatch[] {
  const all: StoredBatch[] = [];
  const acknowledged = spool.acknowledged;
  for (let pending = spool.pending(); pending !== undefined; pending = spool.pending()) {
    let seq = pending.firstSeq;
    while (seq <= pending.lastSeq) {
      const batches = spool.read(pending.epoch, seq);
      if (batches.length === 0) break;
      for (const batch of batches) if (batch.seq !== seq++) throw new Error(`seq ${batch.seq} instead of ${seq - 1}`);
      all.push(...batches);
    }
    spool.acknowledge({ epoch: pending.epoch, seq: Math.max(pending.lastSeq, seq) });
  }
  spool.acknowledge(acknowledged ?? { epoch: { startedAtMs: 0, nonce: '' }, seq: 0 });
  return all;
}
