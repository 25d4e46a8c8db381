import type { BalanceReply } from '#core/messages/balances.ts';
import type {
  Delivery,
  DeliveryWatermark,
  FleetMember,
  LiveBalance,
  LiveBudget,
  LiveDelta,
  LiveState,
  Trust,
} from '#core/messages/api.ts';
import type { BudgetRecord } from '#core/messages/budget.ts';
import type { ProducerRecord, TenantRecord } from '#core/messages/control.ts';
import type { SampleCounts } from '#core/messages/rated.ts';
import { formatAmount } from '#core/money/fixed.ts';
import { periodAt, periodKey } from '#core/time/period.ts';
import { mirrorLimits } from '../limits.ts';
import type { StoreTrust } from '../ports.ts';
import { AlertBook } from './alertBook.ts';
import { DeliveryBook } from './deliveryBook.ts';
import { liveBudget } from './liveBudget.ts';
import { fleetMember, neverSeen } from './fleet.ts';
import { Shown } from './shown.ts';
import { TenantFigures, type Changes } from './tenantFigures.ts';

const unchecked: StoreTrust = { checkedAtMs: 0, difference: '0', loadLag: 0, suspenseResources: 0, unpricedSamples: 0 };

/** How far the partition's mirror has read. */
export interface Position {
  readonly partition: number;
  readonly outSeq: number;
  readonly logTimeMs: number;
}

/**
 * What the pages of one tenant show. `figures` and `alerts` run ahead with each commit; what is shown moves only by
 * `publish`, so that a page with a state and every publication after it shows exactly what a new page would get.
 */
export class TenantView {
  readonly figures: TenantFigures;
  readonly alerts = new AlertBook();
  readonly deliveries = new DeliveryBook();
  readonly #now: () => number;
  readonly #position: Position;
  #record: TenantRecord;
  #budgetRecords: readonly BudgetRecord[] = [];
  #producerRecords: readonly ProducerRecord[] = [];
  #storeTrust = unchecked;
  #readTopResources: LiveState['topResources'] = [];

  #topResources: LiveState['topResources'] = [];
  #outSeq = 0;
  #creditsSeq = 0;
  #logTimeMs = 0;
  #period: LiveState['period'] = { key: '', startMs: 0, endMs: 0 };
  #samples: SampleCounts = { received: 0, rated: 0, duplicates: 0, refused: 0 };
  #trust: Trust = { ...unchecked, producersLive: 0, producersStale: 0, gaps: 0, refused: 0 };
  #alerts: LiveState['alerts'] = [];
  #minutes: LiveState['minutes'] = [];
  readonly #balances = new Shown<number, LiveBalance>((balance) => balance.account);
  readonly #budgets = new Shown<string, LiveBudget>((budget) => budget.id);
  readonly #producers = new Shown<string, FleetMember>((member) => member.producer);
  /** Accounts whose balance changed since the last publication, and those whose rate is not zero. */
  readonly #dirty = new Set<number>();
  readonly #moving = new Set<number>();
  #renewed = true;

  constructor(record: TenantRecord, position: Position, now: () => number) {
    this.#record = record;
    this.#position = position;
    this.#now = now;
    this.figures = new TenantFigures(record.currency);
  }

  get record(): TenantRecord {
    return this.#record;
  }

  setMaster(record: TenantRecord, budgets: readonly BudgetRecord[], producers: readonly ProducerRecord[]): void {
    const kept = new Set(budgets.filter((budget) => budget.enabled).map((budget) => budget.id));
    if ([...this.#budgets.keys()].some((id) => !kept.has(id))) this.renew();
    this.#record = record;
    this.#budgetRecords = budgets.filter((budget) => budget.enabled);
    this.#producerRecords = producers;
  }

  setStore(trust: StoreTrust, topResources: LiveState['topResources']): void {
    this.#storeTrust = trust;
    this.#readTopResources = topResources;
  }

  /** Applies the tenant's part of commit `outSeq`; nothing of it is shown before the next publication. */
  apply(changes: Changes & { readonly hasCredits?: boolean }, outSeq: number, logTimeMs: number): void {
    if (changes.hasCredits === true) this.#creditsSeq = outSeq;
    this.figures.apply(changes, outSeq, logTimeMs);
    for (const entry of changes.balances) this.#dirty.add(entry.account);
  }

  deliver(delivery: Delivery): void {
    this.alerts.deliver(delivery);
    this.deliveries.add(delivery);
  }

  /** As of what lists of deliveries hold. */
  get watermark(): DeliveryWatermark {
    const { partition, outSeq, logTimeMs } = this.#position;
    return { partition, outSeq, logTimeMs, recordSeq: this.deliveries.recordSeq };
  }

  /** Replaces all figures by the rater's answer. */
  sync(reply: BalanceReply): void {
    this.figures.sync(reply, this.#record.id);
    this.#creditsSeq = reply.outSeq;
    this.alerts.dropUnconfirmed();
    this.renew();
  }

  /** What is shown may hold what no longer exists: the next publication is a whole state. */
  renew(): void {
    this.#renewed = true;
  }

  /**
   * Moves what is shown to what is; with `slow`, producers and trust as well. Returns what a page needs to follow: the
   * changes, or the whole state when a new period began or something vanished.
   */
  publish(slow: boolean): LiveDelta | LiveState {
    this.figures.advance(this.#position);
    this.#outSeq = this.figures.outSeq;
    this.#logTimeMs = this.figures.logTimeMs;
    this.#turn();
    if (this.#renewed) this.#clear();
    const changes = {
      balances: this.#balances.update(this.#dueBalances()),
      budgets: this.#budgets.update(this.#budgetRecords.map((record) => this.#budget(record))),
      alerts: this.alerts.takeChanged(),
      minutes: this.figures.minutes
        .takeChanged(this.#logTimeMs)
        .map(([at, value]) => [at, formatAmount(value)] as const),
      producers: slow || this.#renewed ? this.#producers.update(this.#fleetWithTrust()) : [],
    };
    this.#samples = this.figures.samples();
    this.#alerts = this.alerts.newest(mirrorLimits.liveAlertsMax);
    this.#minutes = this.figures.minutes
      .entries(this.#logTimeMs)
      .map(([at, value]) => [at, formatAmount(value)] as const);
    const newTop = slow && JSON.stringify(this.#readTopResources) !== JSON.stringify(this.#topResources);
    if (newTop || this.#renewed) this.#topResources = this.#readTopResources;
    const renewed = this.#renewed;
    this.#renewed = false;
    if (renewed) return this.state();
    return {
      type: 'delta',
      outSeq: this.#outSeq,
      logTimeMs: this.#logTimeMs,
      samples: this.#samples,
      trust: this.#trust,
      creditsSeq: this.#creditsSeq,
      ...changes,
      ...(newTop ? { topResources: this.#topResources } : {}),
    };
  }

  /** What is shown. */
  state(): LiveState {
    return {
      type: 'state',
      partition: this.#position.partition,
      outSeq: this.#outSeq,
      logTimeMs: this.#logTimeMs,
      period: this.#period,
      currency: this.#record.currency,
      balances: this.#balances.values(),
      budgets: this.#budgets.values(),
      alerts: this.#alerts,
      samples: this.#samples,
      trust: this.#trust,
      minutes: this.#minutes,
      topResources: this.#topResources,
      producers: this.#producers.values(),
      creditsSeq: this.#creditsSeq,
    };
  }

  /** Every producer that is on record or has been seen, as of now. */
  fleet(): FleetMember[] {
    const nowMs = this.#now();
    const records = new Map(this.#producerRecords.map((record) => [record.id, record]));
    const ids = new Set([...records.keys(), ...this.figures.producers.keys()]);
    return [...ids].sort().map((id) => {
      const state = this.figures.producers.get(id) ?? neverSeen(this.#record.id, id);
      return fleetMember(records.get(id), state, this.figures.intervals.get(id) ?? 0, nowMs);
    });
  }

  /** Log time, or the wall clock before the first commit. */
  #instantMs(): number {
    return this.#logTimeMs === 0 ? this.#now() : this.#logTimeMs;
  }

  /** The period of the tenant's own calendar that holds the newest commit. */
  period(): LiveState['period'] {
    const instantMs = Math.max(this.#position.logTimeMs, this.figures.logTimeMs) || this.#now();
    if (this.#period.startMs <= instantMs && instantMs < this.#period.endMs) return this.#period;
    const period = periodAt(instantMs, this.#record.timeZone);
    return { key: periodKey(period, this.#record.timeZone), ...period };
  }

  /** Begins to show the next period when it has begun. */
  #turn(): void {
    const period = this.period();
    if (period === this.#period) return;
    this.#period = period;
    this.figures.forget();
    this.renew();
  }

  #clear(): void {
    this.#balances.clear();
    this.#budgets.clear();
    this.#producers.clear();
    this.#dirty.clear();
    this.#moving.clear();
    for (const account of this.figures.accounts(this.#record.currency)) this.#dirty.add(account);
  }

  #dueBalances(): LiveBalance[] {
    const due = new Set([...this.#dirty, ...this.#moving]);
    this.#dirty.clear();
    return [...due].map((account) => {
      const entry = this.figures.balanceAt(account, this.#record.currency, this.#instantMs());
      const perHour = this.figures.perHour(account, this.#record.currency);
      if (perHour === 0n) this.#moving.delete(account);
      else this.#moving.add(account);
      return { account, own: entry?.own ?? '0', total: entry?.total ?? '0', perHour: formatAmount(perHour) };
    });
  }

  #budget(record: BudgetRecord): LiveBudget {
    return liveBudget(record, this.figures, this.#instantMs(), this.#period);
  }

  #fleetWithTrust(): FleetMember[] {
    const members = this.fleet();
    const seen = members.filter((member) => member.enabled && member.health !== 'never');
    const live = seen.filter((member) => member.health === 'live').length;
    this.#trust = {
      ...this.#storeTrust,
      producersLive: live,
      producersStale: seen.length - live,
      gaps: members.reduce((sum, member) => sum + (member.notes['gap'] ?? 0) + (member.notes['lost'] ?? 0), 0),
      refused: this.figures.samples().refused,
    };
    return members;
  }
}
