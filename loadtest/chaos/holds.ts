/** Services that hold room under a cap while everything breaks: each key has one answer, and never is more held than there is. */
import { isDeepStrictEqual } from 'node:util';
import { checkError } from '#rater/checks/errors.ts';
import { subjects } from '#core/messages/names.ts';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { NatsConnection } from '#platform/nats/index.ts';
import { Random } from '../sim/random.ts';
import { chaosLimits } from './limits.ts';
import { holdsAccount, holdsCap, type Tenant } from './organisation.ts';

export interface HoldsReport {
  /** Requests sent, and those that were answered with what was decided. */
  readonly asked: number;
  readonly answered: number;
  /** Holds by what came of them, and those that were asked for again and got the answer that they had had. */
  readonly granted: number;
  readonly refused: number;
  readonly repeated: number;
}

interface Hold {
  readonly key: string;
  readonly amount: bigint;
  /** What was answered first. */
  outcome: { readonly allowed: boolean } | undefined;
  releaseAsked: boolean;
  isReleased: boolean;
}

export class Holds {
  readonly #connection: NatsConnection;
  readonly #tenants: readonly Tenant[];
  readonly #random: Random;
  readonly #holds = new Map<string, Hold[]>();
  readonly #counts = { asked: 0, answered: 0, granted: 0, refused: 0, repeated: 0 };
  readonly problems: string[] = [];

  constructor(connection: NatsConnection, tenants: readonly Tenant[], seed: number) {
    this.#connection = connection;
    this.#tenants = tenants;
    this.#random = new Random(seed);
    for (const { id } of tenants) this.#holds.set(id, []);
  }

  get report(): HoldsReport {
    return { ...this.#counts };
  }

  /** Several services of each tenant ask at once, until the signal aborts. */
  async ask(signal: AbortSignal): Promise<void> {
    const service = async (tenant: string): Promise<void> => {
      while (!signal.aborted) {
        await this.#step(tenant);
        await sleep(chaosLimits.holdPauseMs, signal);
      }
    };
    const services = this.#tenants.flatMap(({ id }) => Array.from({ length: chaosLimits.holdersPerTenant }, () => service(id)));
    await Promise.all(services);
  } // prettier-ignore

  /** Once nothing is broken any more, whatever had no answer gets one, and all is let go. */
  async settle(): Promise<void> {
    for (const [tenant, holds] of this.#holds)
      for (const hold of holds) {
        for (let tries = 0; hold.outcome === undefined && tries < chaosLimits.holdTriesMax; tries++)
          await this.#hold(tenant, hold);
        for (let tries = 0; hold.outcome?.allowed && !hold.isReleased && tries < chaosLimits.holdTriesMax; tries++)
          await this.#release(tenant, hold);
        if (hold.outcome === undefined || (hold.outcome.allowed && !hold.isReleased))
          this.problems.push(`hold ${hold.key} of ${tenant} has no answer`);
      }
  }

  async #step(tenant: string): Promise<void> {
    const holds = this.#holds.get(tenant)!;
    const open = holds.filter(({ releaseAsked }) => !releaseAsked);
    const waiting = open.find(({ outcome }) => outcome === undefined);
    const granted = open.filter(({ outcome }) => outcome?.allowed);
    if (waiting !== undefined && this.#random.chance(0.5)) return this.#hold(tenant, waiting);
    if (open.length > 0 && this.#random.chance(0.3)) return this.#hold(tenant, this.#random.pick(open));
    if (granted.length > 0 && this.#random.chance(0.4)) return this.#release(tenant, this.#random.pick(granted));
    const amount = parseAmount(this.#random.pick(['7.5', '20', '33.333333333333']))!;
    const hold = { key: `k${holds.length}`, amount, outcome: undefined, releaseAsked: false, isReleased: false };
    holds.push(hold);
    return this.#hold(tenant, hold);
  }

  async #hold(tenant: string, hold: Hold): Promise<void> {
    const { key, amount } = hold;
    const order = { key, account: holdsAccount(tenant), amount: formatAmount(amount), currency: 'EUR', expiresInMs: 3_600_000 };
    const outcome = await this.#request<Hold['outcome'] & object>(tenant, 'hold', order);
    if (outcome === undefined) return;
    if (hold.outcome !== undefined) {
      this.#counts.repeated += 1;
      if (!isDeepStrictEqual(outcome, hold.outcome))
        this.problems.push(`hold ${key} of ${tenant} was told ${JSON.stringify(hold.outcome)}, then ${JSON.stringify(outcome)}`);
      return;
    }
    hold.outcome = outcome;
    this.#counts[outcome.allowed ? 'granted' : 'refused'] += 1;
    const held = this.#holds.get(tenant)!.filter((one) => one.outcome?.allowed && !one.releaseAsked);
    const sum = held.reduce((total, one) => total + one.amount, 0n);
    if (sum > parseAmount(holdsCap)!)
      this.problems.push(`${tenant} was granted ${formatAmount(sum)} of ${holdsCap}: ${held.map((one) => one.key).join(' ')}`);
  } // prettier-ignore

  async #release(tenant: string, hold: Hold): Promise<void> {
    hold.releaseAsked = true;
    if ((await this.#request(tenant, 'release', { hold: hold.key })) !== undefined) hold.isReleased = true;
  }

  /** Undefined where there was no answer, or one that says to ask again. */
  async #request<T extends object>(tenant: string, verb: string, body: object): Promise<T | undefined> {
    this.#counts.asked += 1;
    let answer: T & { readonly code?: string; readonly status?: number };
    try {
      const { holdTimeoutMs: timeout } = chaosLimits;
      answer = (
        await this.#connection.request(subjects.checks(tenant, verb), JSON.stringify(body), { timeout })
      ).json();
    } catch {
      return undefined;
    }
    if (answer.code === undefined) this.#counts.answered += 1;
    else if (answer.status !== checkError.table.CHECK_UNANSWERED.status)
      this.problems.push(`${verb} of ${tenant}: ${answer.code}`);
    return answer.code === undefined ? answer : undefined;
  }
}
