import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PriceModel, PriceRecord } from '../messages/control.ts';
import { splitCommit } from '../messages/rated.ts';
import { action, type Action } from '../rating/differential/actions.ts';
import { World } from '../rating/differential/world.ts';
import { PartitionMachine } from '../rating/machine.ts';
import { emptyState } from '../rating/state.ts';
import { options } from '../testing/seed.ts';
import { periodAt } from '../time/period.ts';
import { inputsOf, testPorts, world as smallWorld, type WorldInput } from '../testing/world.ts';
import { compared, type Comparison } from './compare.ts';
import { History } from './history.ts';
import { readBlocks } from '../reference/audit/blocks.ts';
import { RowSimulation } from './fromRows.ts';
import { Simulation, type RecordedCommit, type SimulationOptions } from './simulation.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64url');
const decoder = new TextDecoder('utf-8', { fatal: true });
const text = (bytes: Uint8Array) => {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
};
const verify = (key: string, _: Uint8Array, signature: string) => key === 'public' && signature.startsWith('good');
const ports = { hash: sha256, verify, text };
const runs = process.env['METERLINE_RUNS'] === undefined ? 100 : options.numRuns;

/** A close whose work is done at once: in steps it goes through tallies in the order of their keys, which a draft may change. */
const whole = (step: Action): Action => (step.kind === 'close' ? { ...step, talliesPerStep: undefined } : step);

/** A log of two tenants under any price model, as the rater commits it. */
function recorded(steps: readonly Action[]): RecordedCommit[] {
  const world = new World({
    sha256,
    bytes: (value) => Buffer.from(value),
    verifySignature: verify,
    readText: text,
  });
  const commits: RecordedCommit[] = [];
  world.auditor.check = ({ header, blocks }, inputs) => void commits.push({ header, blocks, inputs });
  for (const step of steps) world.act(whole(step));
  world.commit();
  return commits;
}

/** A log of one tenant, in commits of a few messages each. */
function recordedInputs(inputs: readonly WorldInput[]): RecordedCommit[] {
  const machine = new PartitionMachine(emptyState(0), testPorts);
  const commits: RecordedCommit[] = [];
  for (let from = 0; from < inputs.length; from += 3) {
    const taken = inputs.slice(from, from + 3);
    for (const input of taken) {
      if (input.stream === 'control') machine.takeControl(input);
      else machine.takeUsage(input);
    }
    const place = { kind: 'commit', incarnation: 1, nonce: 'n', n: from, prev: { seq: from, hash: '' } } as const;
    const { header, bytes } = machine.drain(place);
    commits.push({ header, blocks: testPorts.text(splitCommit(bytes).blocks)!, inputs: taken });
  }
  return commits;
}

function historyOf(commits: readonly RecordedCommit[], its: typeof ports): History {
  const history = new History(0, its);
  for (const { inputs } of commits) for (const input of inputs) if (input.stream === 'control') history.take(input);
  return history;
}

interface Asked extends Partial<Pick<SimulationOptions, 'time' | 'fromMs' | 'toMs'>> {
  readonly ports?: typeof ports;
  readonly tenant?: string;
  /** The draft, from the prices as published. */
  readonly draft: (prices: readonly PriceRecord[]) => readonly PriceRecord[];
}

function simulated(commits: readonly RecordedCommit[], { ports: its = ports, tenant = 't', draft, ...stretch }: Asked) {
  const history = historyOf(commits, its);
  const prices = draft(history.prices(tenant));
  const simulation = new Simulation({
    partition: 0, tenant, prices, history, ports: its, time: 'log', fromMs: 0, toMs: Infinity, ...stretch,
  }); // prettier-ignore
  for (const commit of commits) simulation.take(commit);
  return compared(simulation.charged, simulation.draft);
}

/** The same from rows; undefined where they cannot tell. */
function fromRows(commits: readonly RecordedCommit[], { ports: its = ports, tenant = 't', draft, ...stretch }: Asked) {
  const history = historyOf(commits, its);
  const prices = draft(history.prices(tenant));
  const simulation = new RowSimulation({ tenant, prices, history, time: 'log', fromMs: 0, toMs: Infinity, ...stretch });
  for (const { header, blocks } of commits) {
    for (const block of readBlocks(blocks)) if (block!.scalar('tenant') === tenant) simulation.take(block!);
    for (const refusal of header.refusals) simulation.refuse(refusal.tenant, refusal.samples, refusal.logTimeMs);
  }
  simulation.finish();
  return { gaps: [...simulation.gaps], comparison: compared(simulation.charged, simulation.draft) };
}

/** Nothing differs: no amount, sample, unpriced quantity or refusal. */
function expectSame(comparison: Comparison): void {
  for (const line of comparison.lines) {
    expect(line).toMatchObject({ draft: line.charged, difference: '0', samples: line.samplesCharged });
  }
  for (const entry of comparison.unpriced) {
    expect(entry).toMatchObject({ quantity: entry.quantityCharged, samples: entry.samplesCharged });
  }
  for (const total of [...comparison.accounts, ...comparison.totals]) expect(total.difference).toBe('0');
  expect(comparison.refused).toBe(comparison.refusedCharged);
}

const renamed = (prices: readonly PriceRecord[]) => prices.map((price) => ({ ...price, key: `${price.key}-draft` }));
const isPrice = ({ kind }: Action) => kind === 'prices' || kind === 'revise';
const early = (drawn: readonly Action[]) => [...drawn.filter(isPrice), ...drawn.filter((one) => !isPrice(one))];
/** A log whose partition was never another, without corrections. */
const steps = fc.array(
  action.filter(({ kind }) => kind !== 'inherit' && kind !== 'correct'),
  { minLength: 10, maxLength: 60, size: 'max' },
);

test(`the prices in force charge what was charged, on any log, seed ${options.seed}`, () => {
  let lines = 0;
  fc.assert(
    fc.property(steps, fc.constantFrom('t', 'u'), (drawn, tenant) => {
      const comparison = simulated(recorded(drawn), { tenant, draft: (prices) => prices });
      expectSame(comparison);
      lines += comparison.lines.filter(({ charged }) => charged !== '0').length;
    }),
    { ...options, numRuns: runs },
  );
  expect(lines).toBeGreaterThan(runs / 25);
}, 300_000);

test(`the same prices under other names, published before any usage, charge what was charged, seed ${options.seed}`, () => {
  let lines = 0;
  fc.assert(
    fc.property(steps, (drawn) => {
      const comparison = simulated(recorded(early(drawn)), { draft: renamed });
      expectSame(comparison);
      lines += comparison.lines.filter(({ charged }) => charged !== '0').length;
    }),
    { ...options, numRuns: runs },
  );
  expect(lines).toBeGreaterThan(runs / 25);
}, 300_000);

/** Millionths of what is metered cost millionths: nothing is ever rounded. */
const exact = ({ unitPrice }: { readonly unitPrice: string }, factor: bigint): Partial<PriceRecord> => ({
  unit: { name: 'M', numerator: '1', denominator: '1000000' },
  model: { kind: 'perUnit', unitPrice: String((BigInt(unitPrice.replace('.', '')) % 10_000n) * factor) },
  allowance: '0',
});
const ofUnit = ({ model }: { readonly model: PriceModel }) =>
  model.kind === 'perUnit' ? model : { unitPrice: '0.000003' };

test(`double unit prices charge exactly double, seed ${options.seed}`, () => {
  let lines = 0;
  fc.assert(
    fc.property(smallWorld, (drawn) => {
      const commits = recordedInputs(inputsOf({ ...drawn, steps: drawn.steps.filter(({ kind }) => kind !== 'price') }));
      const drafts = (factor: bigint) => (prices: readonly PriceRecord[]) =>
        prices.map((price) => ({ ...price, ...exact(ofUnit(price), factor) }));
      const [once, twice] = [1n, 2n].map((factor) => simulated(commits, { ports: testPorts, draft: drafts(factor) }));
      const places = ({ lines: all }: Comparison) =>
        all.map(({ account, service, component, samples, draft }) => ({ account, service, component, samples, draft }));
      const doubled = (value: string) => {
        const digits = value.split('.')[1]?.length ?? 0;
        const whole = (BigInt(value.replace('.', '')) * 2n).toString().padStart(digits + 1, '0');
        if (digits === 0) return whole;
        return `${whole.slice(0, -digits)}.${whole.slice(-digits)}`.replace(/\.?0+$/, '');
      };
      expect(places(twice!)).toEqual(places(once!).map((line) => ({ ...line, draft: doubled(line.draft) })));
      lines += once!.lines.filter(({ draft }) => draft !== '0').length;
    }),
    { ...options, numRuns: runs },
  );
  expect(lines).toBeGreaterThan(runs / 2);
}, 300_000);

test('stretches that follow one another add up to the whole, and a draft without prices leaves all unpriced', () => {
  let unpriced = 0;
  fc.assert(
    fc.property(smallWorld, fc.nat(40), (drawn, at) => {
      const commits = recordedInputs(inputsOf(drawn));
      const cutMs = commits[Math.min(at, commits.length - 1)]!.header.logTimeMs;
      const ask = (stretch: Partial<SimulationOptions>) =>
        simulated(commits, { ports: testPorts, draft: (prices) => prices, ...stretch });
      const samples = ({ lines }: Comparison) => lines.reduce((sum, line) => sum + line.samples, 0);
      const [whole, before, after] = [ask({}), ask({ toMs: cutMs }), ask({ fromMs: cutMs })];
      for (const one of [whole, before, after]) expectSame(one);
      expect(samples(before) + samples(after)).toBe(samples(whole));
      const bare = simulated(commits, { ports: testPorts, draft: () => [] });
      expect(bare.lines.every(({ draft, samples: none }) => draft === '0' && none === 0)).toBe(true);
      expect(bare.totals.every(({ charged, difference }) => `-${charged}` === difference || charged === '0')).toBe(
        true,
      );
      unpriced += bare.unpriced.filter(({ samples: some }) => some > 0).length;
    }),
    { ...options, numRuns: runs },
  );
  expect(unpriced).toBeGreaterThan(0);
}, 300_000);

test('a rejected message stays without effect, and a draft charges from the first sample what a late price did not', () => {
  const draw = fc.sample(smallWorld, { seed: 1, numRuns: 1 })[0]!;
  const price = {
    ...draw.prices[0]!,
    account: 0,
    effectiveOffsetMs: null,
    allowance: '0.0',
    tallyScope: 'account',
    period: undefined,
    component: 'cpu',
  } as const;
  const perUnit = { kind: 'perUnit', unitPrice: '1' } as const;
  const usage = (gapMs: number) => ({ kind: 'next', producer: 2, samples: [[0, 0, 60_000_000]], gapMs }) as const;
  const owner = { kind: 'owner', resource: 0, account: 4, offsetMs: 0 } as const;
  const inputs = inputsOf({
    prices: [{ ...price, meter: 'memory', model: perUnit }],
    budgets: [],
    steps: [
      usage(600_000),
      { kind: 'price', price: { ...price, meter: 'cpu', model: perUnit } },
      owner,
      usage(1),
    ] as never,
  });
  const commits = recordedInputs(
    inputs.map((input) => {
      const message = input.stream === 'control' ? JSON.parse(testPorts.text(input.data)!) : undefined;
      if (message?.changes[0].kind !== 'ownership') return input;
      const unknown = { ...JSON.parse(testPorts.text(inputs[0]!.data)!).changes.at(-1), id: 99, meter: 'none' };
      return { ...input, data: Buffer.from(JSON.stringify({ ...message, changes: [...message.changes, unknown] })) };
    }),
  );
  const drafted = simulated(commits, {
    ports: testPorts,
    draft: (prices) =>
      prices.map((one) => ({ ...one, key: `${one.key}-draft`, model: { ...perUnit, unitPrice: '3' } })),
  });
  // The late price took over what was tallied without it; its one sample is then no sample of the line.
  expect(drafted.lines.filter(({ charged }) => charged !== '0')).toEqual([
    { account: 3, service: 's', component: 'cpu', currency: 'EUR', charged: '2', draft: '6', difference: '4', samples: 2, samplesCharged: 1 },
  ]); // prettier-ignore
  expect(drafted.unpriced).toEqual([]);
  expect(drafted.accounts).toEqual([{ account: 3, currency: 'EUR', charged: '2', draft: '6', difference: '4' }]);
});

test('a draft without prices leaves none behind, not even by their keys', () => {
  const drawn = fc.sample(smallWorld, { seed: 1, numRuns: 1 })[0]!;
  const { master } = historyOf(recordedInputs(inputsOf(drawn)), ports).drafted('t', new Set(), []);
  expect([master.prices.size, master.pricesByMeter.size, master.versionsByKey.size]).toEqual([0, 0, 0]);
});

/** The zone of the account above all others. */
const rootZone = (commits: readonly RecordedCommit[]) =>
  [...historyOf(commits, ports).master('t')!.accounts.values()].find(({ chain }) => chain.length === 1)!.record
    .timeZone;

type Change = (prices: readonly PriceRecord[]) => readonly PriceRecord[];
const drafts: readonly Change[] = [
  (prices) => prices,
  renamed,
  () => [],
  (prices) => renamed(prices).map((price) => ({ ...price, discountPercent: '12.5' })),
  (prices) =>
    renamed(prices).map((price, at) => (at % 2 === 0 ? price : { ...price, ...exact({ unitPrice: '3' }, 1n) })),
  (prices) => prices.slice(1),
  (prices) =>
    renamed(prices).map(({ split: _, ...price }) => ({ ...price, tallyScope: 'resource', onVersion: 'restart' })),
  (prices) => renamed(prices).map((price, at) => ({ ...price, effectiveFromMs: price.effectiveFromMs + at * 777_777 })),
];
/** What rows cannot tell about is mostly left as it is: meters that do not add up, and prices that look at events. */
const tellable =
  (change: Change): Change =>
  (prices) => {
    const isTellable = ({ meter, model, quantity }: PriceRecord) =>
      !/peak|last|users|hosts|p95/.test(meter) &&
      quantity?.at !== 'event' &&
      !/perEvent|minimum|whichever|spot/.test(JSON.stringify(model));
    return [...prices.filter((price) => !isTellable(price)), ...change(prices.filter(isTellable))];
  };

test(`stored rows tell what the log tells, or name what they cannot, under any draft, seed ${options.seed}`, () => {
  const told = { drafts: 0, lines: 0, gaps: 0 };
  fc.assert(
    fc.property(
      steps,
      fc.constantFrom(...drafts, ...drafts.map(tellable), ...drafts.map(tellable)),
      fc.constantFrom('log', 'usage'),
      fc.nat(9),
      (drawn, draft, time, at) => {
        const commits = recorded(at % 2 === 0 ? early(drawn) : drawn);
        const [firstMs, lastMs] = [commits[0]!.header.logTimeMs, commits.at(-1)!.header.logTimeMs];
        // Of usage time a month: it cuts all samples, where stored rows keep the cuts that the prices in force made.
        const logMs = firstMs + Math.floor(((lastMs - firstMs) * at) / 10);
        const monthMs = periodAt(logMs, rootZone(commits)).startMs;
        const asked = { draft, time, fromMs: at === 0 ? 0 : time === 'log' ? logMs : monthMs } as const;
        const { gaps, comparison } = fromRows(commits, asked);
        const log = simulated(commits, asked);
        told.gaps += Math.min(gaps.length, 1);
        // A draft under which other samples are refused needs those that have no rows.
        if (gaps.length > 0 || log.refused !== log.refusedCharged) return;
        expect(comparison).toEqual(log);
        told.drafts += 1;
        if (draft !== drafts[0]) told.lines += log.lines.filter(({ draft: amount }) => amount !== '0').length;
      },
    ),
    { ...options, numRuns: runs },
  );
  expect(told.lines).toBeGreaterThan(0);
}, 300_000);
