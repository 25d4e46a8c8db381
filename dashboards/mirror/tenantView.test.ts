import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LiveDelta, LiveState } from '#core/messages/api.ts';
import type { Alert } from '#core/messages/alert.ts';
import type { BalanceEntry, ProducerState } from '#core/messages/rated.ts';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { periodAt } from '#core/time/period.ts';
import { AlertBook } from './alertBook.ts';
import { neverSeen } from './fleet.ts';
import { applyDelta } from './shown.ts';
import { TenantView, type Position } from './tenantView.ts';

const startMs = Date.UTC(2026, 9, 31, 22, 40);
const tenant = 'acme';
const record = { id: tenant, name: 'Acme', currency: 'EUR', timeZone: 'Europe/Berlin' };

interface Step {
  readonly kind: 'commit' | 'publish' | 'slow' | 'alert' | 'deliver' | 'resync';
  readonly account: number;
  readonly charge: number;
  readonly waitMs: number;
}

const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom('commit', 'commit', 'commit', 'publish', 'slow', 'alert', 'deliver', 'resync'),
    account: fc.integer({ min: 1, max: 4 }),
    charge: fc.integer({ min: 0, max: 1_000_000 }),
    // Long enough steps to cross minutes, and the end of October in Berlin.
    waitMs: fc.constantFrom(0, 10, 900, 5000, 61_000, 600_000),
  }),
  { minLength: 1, maxLength: 80 },
);

/** The rater's side: absolute balances by account and period. */
class Model {
  readonly balances = new Map<string, BalanceEntry>();
  readonly producers = new Map<string, ProducerState>();
  outSeq = 1;
  logTimeMs = startMs;

  charge({ account, charge }: Step): BalanceEntry {
    const period = periodAt(this.logTimeMs, record.timeZone);
    const key = `${account}:${period.startMs}`;
    const before = parseAmount(this.balances.get(key)?.own ?? '0')!;
    const own = formatAmount(before + BigInt(charge));
    const entry = {
      tenant,
      account,
      periodStartMs: period.startMs,
      periodEndMs: period.endMs,
      currency: 'EUR',
      own,
      total: own,
    };
    this.balances.set(key, entry);
    return entry;
  }

  seen(charge: number): ProducerState {
    const before = this.producers.get('p1') ?? neverSeen(tenant, 'p1');
    const rated = before.samples.rated + charge;
    const state = {
      ...before,
      lastSeenMs: this.logTimeMs,
      samples: { received: rated, rated, duplicates: 0, refused: 0 },
    };
    this.producers.set('p1', state);
    return state;
  }
}

const alertOf = (id: string, logTimeMs: number): Alert => ({
  id,
  tenant,
  budget: 'b1',
  budgetName: 'B1',
  account: 1,
  accountSlug: 'a1',
  type: 'budget.threshold_crossed',
  action: 'notify',
  state: 'warned',
  threshold: '50',
  severity: 'info',
  source: 'budget:b1',
  balance: '5',
  limit: '10',
  currency: 'EUR',
  periodStartMs: 0,
  periodEndMs: 1,
  logTimeMs,
  targets: [],
  cause: null,
  trace: '',
});

test('a page that follows in any chunking shows what a new page is sent, and what the rater committed', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const model = new Model();
      const position: { -readonly [Key in keyof Position]: Position[Key] } = {
        partition: 0,
        outSeq: 1,
        logTimeMs: startMs,
      };
      const view = new TenantView(record, position, () => model.logTimeMs);
      const budget = {
        id: 'b1', account: 1, name: 'B1', amount: '10', currency: 'EUR', period: 'month' as const,
        thresholds: [{ percent: '50', action: 'notify' as const }], targets: [], enabled: true,
      }; // prettier-ignore
      view.setMaster(record, [budget], [{ id: 'p1', type: 'agent', simulated: false, keys: [], enabled: true }]);
      const reply = () => ({
        partition: 0, incarnation: 1, outSeq: model.outSeq, hash: '', logTimeMs: model.logTimeMs, usageSeq: 0,
        totals: { samples: none, batches: none, alerts: 0, blocks: 0 },
        producers: [...model.producers.values()], balances: [...model.balances.values()], budgets: [],
        periods: { closed: [], closings: [], repriced: 0 },
        credits: { grants: [], lines: [], wallets: [] },
      }); // prettier-ignore
      view.sync(reply());
      view.publish(true);
      let page = wire(view.state());
      const follow = (publication: LiveDelta | LiveState) => {
        page = publication.type === 'state' ? wire(publication) : applyDelta(page, wire(publication));
        expect(page).toEqual(wire(view.state()));
      };
      let alerts = 0;
      for (const step of script) {
        model.logTimeMs += step.waitMs;
        if (step.kind === 'publish' || step.kind === 'slow') follow(view.publish(step.kind === 'slow'));
        else if (step.kind === 'alert') view.alerts.add(alertOf(`a${alerts++}`, model.logTimeMs), true);
        else if (step.kind === 'deliver') view.alerts.deliver(deliveryOf(`a${Math.max(0, alerts - 1)}`, step.charge));
        else if (step.kind === 'resync') view.sync(reply());
        else {
          model.outSeq++;
          const hasCredits = step.charge % 2 === 0;
          const changes = {
            balances: [model.charge(step)],
            budgets: [],
            producers: [model.seen(step.charge)],
            hasCredits,
          };
          position.outSeq = model.outSeq;
          position.logTimeMs = model.logTimeMs;
          view.apply(changes, model.outSeq, model.logTimeMs);
        }
      }
      follow(view.publish(true));

      const instantMs = page.logTimeMs;
      for (const [, entry] of model.balances) {
        if (instantMs < entry.periodStartMs || entry.periodEndMs <= instantMs) continue;
        expect(page.balances.find((balance) => balance.account === entry.account)).toMatchObject({
          own: entry.own,
          total: entry.total,
        });
      }
      expect(page.samples).toEqual(model.producers.get('p1')?.samples ?? none);
      expect(page.alerts.length).toBe(Math.min(alerts, 50));
    }),
    { numRuns: 300 },
  );
});

test('the minutes add up to what was charged, from the seed on, and each is whole', () => {
  const view = new TenantView(record, { partition: 0, outSeq: 0, logTimeMs: 0 }, () => startMs);
  const model = new Model();
  const commit = (charge: number, afterMs: number) => {
    model.logTimeMs += afterMs;
    model.outSeq++;
    view.apply(
      { balances: [model.charge({ kind: 'commit', account: 1, charge, waitMs: 0 })], budgets: [], producers: [] },
      model.outSeq,
      model.logTimeMs,
    );
  };
  commit(5, 0);
  commit(7, 1000);
  commit(11, 60_000);
  view.figures.seedMinutes([[startMs, formatAmount(100n)], [startMs - 60_000, formatAmount(3n)]]); // prettier-ignore
  view.publish(true);
  expect(view.state().minutes).toEqual([
    [startMs - 60_000, formatAmount(3n)],
    [startMs, formatAmount(112n)],
    [startMs + 60_000, formatAmount(11n)],
  ]);
});

test('of alerts of one instant the last of the log comes first', () => {
  const book = new AlertBook();
  for (const [id, atMs] of [['b:50', 1], ['b:80', 2], ['b:100', 2]] as const) book.add(alertOf(id, atMs), true);
  expect(book.newest(9).map(({ id }) => id)).toEqual(['b:100', 'b:80', 'b:50']);
}); // prettier-ignore

test('a rate is the charge of the last minute of log time and falls to nothing after it', () => {
  const position = { partition: 0, outSeq: 0, logTimeMs: 0 };
  const view = new TenantView(record, position, () => startMs);
  const model = new Model();
  const rateAt = (logTimeMs: number) => {
    position.logTimeMs = logTimeMs;
    view.publish(false);
    return view.state().balances[0]?.perHour;
  };
  for (let second = 0; second <= 120; second++) {
    model.logTimeMs = startMs + second * 1000;
    model.outSeq++;
    const balances = [model.charge({ kind: 'commit', account: 1, charge: 1_000_000, waitMs: 0 })];
    view.apply({ balances, budgets: [], producers: [] }, model.outSeq, model.logTimeMs);
  }
  // One millionth a second is 0.0036 an hour.
  expect(rateAt(model.logTimeMs)).toBe('0.0036');
  expect(rateAt(model.logTimeMs + 30_000)).toBe('0.0018');
  expect(rateAt(model.logTimeMs + 60_000)).toBe('0');
});

const none = { received: 0, rated: 0, duplicates: 0, refused: 0 };
const wire = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const deliveryOf = (alertId: string, attempt: number) => ({
  alertId, tenant, target: 't1', attempt, status: 'delivered' as const, httpStatus: 200, detail: '', atMs: 1, latencyMs: 1, nextAttemptAtMs: null,
}); // prettier-ignore
