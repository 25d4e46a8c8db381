import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { PartitionMachine } from './machine.ts';
import { decodeState, encodeState } from './snapshot.ts';
import { emptyState } from './state.ts';

const logTimeMs = 1_800_000_000_000;
const ports = {
  hash: (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64url'),
  verify: (publicKey: string, _: Uint8Array, signature: string): boolean => signature.startsWith(publicKey),
  text: (bytes: Uint8Array): string => Buffer.from(bytes).toString(),
};

/** A partition with producers p and q, whose signatures begin with their names. */
class Two {
  readonly machine = new PartitionMachine(emptyState(0), ports);
  #seq = 0;

  constructor() {
    const changes = [
      { kind: 'tenant', id: 't', name: 'T', currency: 'EUR', timeZone: 'UTC' },
      ...['p', 'q'].map((id) => ({ kind: 'producer', id, type: 'gateway', simulated: false, enabled: true, keys: [{ id, publicKey: id }] })),
    ]; // prettier-ignore
    const message = { v: 1, tenant: 't', seq: 1, auditId: '', trace: '', changes };
    this.machine.takeControl(this.#input('control.0.t', JSON.stringify(message)));
  }

  /** A batch without samples on the subject of `to`, signed by `by`, which says whose it is; what it was refused for. */
  say(completeUntilMs: unknown, who: { to?: string; by?: string; body?: string } = {}): string[] {
    const { to = 'p', by = to, body = to } = who;
    const seq = (this.machine.state.tenants.get('t')!.producers.get(to)?.mark ?? 0) + 1;
    const prev = this.machine.state.tenants.get('t')!.producers.get(to)?.hashes.at(-1)?.[1] ?? '';
    const epoch = { startedAtMs: 1, nonce: '00000000000000ff' };
    const empty = {
      resources: [],
      metrics: [],
      dims: [],
      ticks: [],
      baseMs: 0,
      series: [],
      s: [],
      k: [],
      q: [],
      raw: [],
    };
    const text = JSON.stringify({ v: 1, tenant: 't', producer: body, epoch, seq, prev, trace: '', ...empty, completeUntilMs }); // prettier-ignore
    const before = this.machine.changes.refusals.length;
    this.machine.takeUsage(this.#input(`usage.0.t.${to}`, `${by.padEnd(86, '-')}\n${by}\n${text}`));
    return this.machine.changes.refusals.slice(before).map(({ reason }) => reason);
  }

  /** What is kept of both, and what a snapshot says of it. */
  get words(): (number | undefined)[] {
    const [now, restored] = [this.machine.state, decodeState(encodeState(this.machine.state))].map((state) =>
      ['p', 'q'].map((id) => state.tenants.get('t')!.producers.get(id)?.completeUntilMs),
    );
    expect(restored).toEqual(now);
    return now!;
  }

  #input(subject: string, text: string) {
    return { subject, seq: ++this.#seq, timeMs: logTimeMs, data: Buffer.from(text) };
  }
}

test('the furthest word of a producer is kept, and none vouches for what is still to come', () => {
  const two = new Two();
  expect(two.say(5000)).toEqual([]);
  expect(two.say(4000)).toEqual([]);
  expect(two.words).toEqual([5000, undefined]);
  two.say(logTimeMs + 3600_000);
  expect(two.words).toEqual([logTimeMs, undefined]);
});

test('nobody speaks for another producer, and what is no instant is refused', () => {
  const two = new Two();
  const attempts = [two.say(5000, { by: 'q' }), two.say(5000, { to: 'q', body: 'p' }), two.say(5000, { to: 'q', by: 'p', body: 'p' })]; // prettier-ignore
  expect(attempts).toEqual([['unauthentic'], ['subject_mismatch'], ['unauthentic']]);
  for (const wrong of [-1, 0.5, '5000', null, 1e13]) expect(two.say(wrong)).toEqual(['malformed']);
  expect(two.words).toEqual([undefined, undefined]);
});
