/** Services that hold room under a cap while everything breaks, over NATS and HTTP in turn: each key has one answer, and never is more held than there is. */
import { isDeepStrictEqual } from 'node:util';
import { checkError } from '#rater/checks/errors.ts';
import { subjects } from '#core/messages/names.ts';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { officeClient } from '#deploy/officeClient.ts';
import { sleep } from '#platform/lifecycle.ts';
import { Random } from '../sim/random.ts';
import type { Instance } from './instance.ts';
import { eventually } from './lag.ts';
import { chaosLimits } from './limits.ts';
import { holdsAccount, holdsCap } from './organisation.ts';

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
  readonly #instance: Instance;
  /** Keys for checks over HTTP by tenant, of those that have one. */
  readonly #httpKeys: ReadonlyMap<string, string>;
  readonly #random: Random;
  readonly #holds = new Map<string, Hold[]>();
  readonly #all = noHolds();
  readonly #http = noHolds();
  readonly problems: string[] = [];

  constructor(instance: Instance, httpKeys: ReadonlyMap<string, string>, seed: number) {
    this.#instance = instance;
    this.#httpKeys = httpKeys;
    this.#random = new Random(seed);
    for (const { id } of instance.tenants) this.#holds.set(id, []);
  }

  /** Of all that was asked, and of what was asked over HTTP. */
  get reports(): { readonly holds: HoldsReport; readonly holdsHttp: HoldsReport } {
    return { holds: this.#all, holdsHttp: this.#http };
  }

  /** Several services of each tenant ask at once, until the signal aborts. */
  async ask(signal: AbortSignal): Promise<void> {
    const service = async (tenant: string): Promise<void> => {
      while (!signal.aborted) {
        await this.#step(tenant);
        await sleep(chaosLimits.holdPauseMs, signal);
      }
    };
    const services = this.#instance.tenants.flatMap(({ id }) => Array.from({ length: chaosLimits.holdersPerTenant }, () => service(id)));
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
    const isHttp = this.#isHttp(tenant);
    const outcome = await this.#request<Hold['outcome'] & object>(tenant, 'hold', order, isHttp);
    if (outcome === undefined) return;
    if (hold.outcome !== undefined) {
      this.#count('repeated', isHttp);
      if (!isDeepStrictEqual(outcome, hold.outcome))
        this.problems.push(`hold ${key} of ${tenant} was told ${JSON.stringify(hold.outcome)}, then ${JSON.stringify(outcome)}`);
      return;
    }
    hold.outcome = outcome;
    this.#count(outcome.allowed ? 'granted' : 'refused', isHttp);
    const held = this.#holds.get(tenant)!.filter((one) => one.outcome?.allowed && !one.releaseAsked);
    const sum = held.reduce((total, one) => total + one.amount, 0n);
    if (sum > parseAmount(holdsCap)!)
      this.problems.push(`${tenant} was granted ${formatAmount(sum)} of ${holdsCap}: ${held.map((one) => one.key).join(' ')}`);
  } // prettier-ignore

  async #release(tenant: string, hold: Hold): Promise<void> {
    hold.releaseAsked = true;
    const answer = await this.#request(tenant, 'release', { hold: hold.key }, this.#isHttp(tenant));
    if (answer !== undefined) hold.isReleased = true;
  }

  #isHttp(tenant: string): boolean {
    return this.#httpKeys.has(tenant) && this.#random.chance(0.5);
  }

  #count(what: keyof HoldsReport, isHttp: boolean): void {
    this.#all[what] += 1;
    if (isHttp) this.#http[what] += 1;
  }

  /** Undefined where there was no answer, or one that says to ask again. */
  async #request<T extends object>(tenant: string, verb: string, body: object, isHttp: boolean): Promise<T | undefined> {
    this.#count('asked', isHttp);
    let answer: T & Partial<Problem>;
    try {
      answer = isHttp ? await this.#overHttp(tenant, verb, body) : await this.#overNats(tenant, verb, body);
    } catch {
      return undefined;
    }
    if (answer.code === undefined) this.#count('answered', isHttp);
    else if (answer.status !== checkError.table.CHECK_UNANSWERED.status)
      this.problems.push(`${verb} of ${tenant}${isHttp ? ' over HTTP' : ''}: ${answer.code}`);
    return answer.code === undefined ? answer : undefined;
  } // prettier-ignore

  async #overNats<T>(tenant: string, verb: string, body: object): Promise<T> {
    const options = { timeout: chaosLimits.holdTimeoutMs };
    return (
      await this.#instance.connection.request(subjects.checks(tenant, verb), JSON.stringify(body), options)
    ).json();
  }

  /** Of any rater, on its own port: one that does not own the partition hands it on. */
  async #overHttp<T>(tenant: string, verb: string, body: object): Promise<T> {
    const port = this.#random.pick(this.#instance.raterPorts);
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${verb}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#httpKeys.get(tenant)}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(chaosLimits.holdTimeoutMs),
    });
    return (await response.json()) as T;
  }
}

/** A key for checks over HTTP of the instance's first tenant, once every rater knows it. */
export async function httpKeys({ config, tenants, raterPorts }: Instance): Promise<ReadonlyMap<string, string>> {
  const request = { id: 'services', scope: 'checks' };
  const { key } = await officeClient(config).send<{ readonly key: string }>('POST', '/api-keys', request);
  for (const port of raterPorts)
    await eventually(`the rater on port ${port} knows the key`, chaosLimits.startMsMax, async () => {
      const url = `http://127.0.0.1:${port}/api/v1/desired-state`;
      return (await fetch(url, { headers: { authorization: `Bearer ${key}` } })).status !== 401;
    });
  return new Map([[tenants[0]!.id, key]]);
}

type Problem = { readonly code: string; readonly status: number };

const noHolds = (): Record<keyof HoldsReport, number> => ({
  asked: 0,
  answered: 0,
  granted: 0,
  refused: 0,
  repeated: 0,
});
