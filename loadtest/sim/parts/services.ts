/** Services that hold, commit and release while everything goes wrong: what they were told is what the log has. */
import { MeterlineError } from '#core/errors.ts';
import type { HoldRequest } from '#core/messages/checks.ts';
import type { CommitHeader } from '#core/messages/rated.ts';
import type { Desk } from '#rater/checks/desk.ts';
import type { Faults } from '../faults.ts';
import type { Random } from '../random.ts';
import type { Process, Schedule } from '../schedule.ts';
import { Violation } from '../violation.ts';

export interface ServicesDeps {
  readonly random: Random;
  readonly schedule: Schedule;
  readonly faults: Faults;
  readonly someTenant: (random: Random) => [tenant: string, partition: number];
  /** Whether acknowledged commits of the partition were lost: what was told may be gone with them. */
  readonly wasCut: (partition: number) => boolean;
  readonly commitsOf: (partition: number) => readonly { readonly header: CommitHeader }[];
}

interface Told {
  readonly partition: number;
  readonly request: HoldRequest;
  /** As JSON. */
  readonly outcome: string;
}

export class Services {
  readonly #deps: ServicesDeps;
  readonly #desks = new Map<Process, (partition: number) => Desk | undefined>();
  /** By the request, as JSON: what it was told first. */
  readonly #told = new Map<string, Told>();
  readonly #asked: { readonly partition: number; readonly request: HoldRequest }[] = [];
  #broken: string | undefined;

  constructor(deps: ServicesDeps) {
    this.#deps = deps;
    this.#askNext();
  }

  /** Where a rater is asked, as long as it lives. */
  listen(process: Process, deskOf: (partition: number) => Desk | undefined): void {
    this.#desks.set(process, deskOf);
    process.onEnd(() => this.#desks.delete(process));
  }

  #askNext(): void {
    const { random, schedule, faults } = this.#deps;
    schedule.after(20 + random.next() * 250, undefined, () => {
      if (faults.isOver) return;
      this.#ask();
      this.#askNext();
    });
  }

  /** One of the raters that would answer; a third of what is asked was asked before. */
  #ask(): void {
    const { random, schedule } = this.#deps;
    const isAgain = this.#asked.length > 0 && random.chance(0.35);
    const asked = isAgain ? random.pick(this.#asked) : this.#fresh();
    if (!isAgain) this.#asked.push(asked);
    // Whoever holds a lease answers; of several that were owners some may think that they still are.
    const owners = [...this.#desks].filter(([process, deskOf]) => schedule.as(process, () => deskOf(asked.partition)));
    if (owners.length === 0) return;
    const [process, deskOf] = random.pick(owners);
    schedule.after(random.next() * 20, process, () => {
      const desk = deskOf(asked.partition);
      void desk?.ask(asked.request).then((decided) => {
        if (!(decided instanceof MeterlineError)) this.#hear({ ...asked, outcome: JSON.stringify(decided) });
      });
    });
  }

  #fresh(): { readonly partition: number; readonly request: HoldRequest } {
    const { random } = this.#deps;
    const holds = this.#asked.filter(({ request }) => request.op === 'hold');
    if (holds.length > 0 && random.chance(0.4)) {
      const { partition, request } = random.pick(holds);
      const { tenant, key } = request;
      const commit = { op: 'commit', tenant, key, amount: '1', keepForMs: random.between(0, 3000) } as const;
      return { partition, request: random.chance(0.5) ? { op: 'release', tenant, key } : commit };
    }
    const [tenant, partition] = this.#deps.someTenant(random);
    const amount = String(random.between(1, 40));
    const key = `k${this.#asked.length}`;
    const expiresInMs = random.between(100, 8000);
    const account = random.between(1, 3);
    return { partition, request: { op: 'hold', tenant, key, account, amount, currency: 'EUR', expiresInMs } };
  }

  /** The same answer as before, as long as the log keeps what it acknowledged. */
  #hear(told: Told): void {
    const name = JSON.stringify(told.request);
    const before = this.#told.get(name) ?? told;
    this.#told.set(name, before);
    const { request, partition, outcome } = told;
    if (request.op === 'hold' && before.outcome !== outcome && !this.#deps.wasCut(partition))
      this.#broken ??= `${name} was told ${before.outcome}, then ${outcome}`;
  }

  /** Every grant and refusal that somebody was told is in the log just so. */
  judge(): void {
    const { wasCut, commitsOf } = this.#deps;
    if (this.#broken !== undefined) throw new Violation('HOLD', this.#broken);
    for (const { partition, request, outcome } of this.#told.values()) {
      if (request.op !== 'hold' || wasCut(partition)) continue;
      const recorded = commitsOf(partition).flatMap(({ header }) => header.requests ?? []);
      const own = recorded.filter((one) => one.request.op === 'hold' && one.request.key === request.key);
      if (!own.some((one) => JSON.stringify(one.outcome) === outcome))
        throw new Violation('HOLD', `${request.key} was told ${outcome}, the log has ${JSON.stringify(own)}`);
    }
  }
}
