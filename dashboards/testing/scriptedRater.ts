/** Plays the owner of partition 0 against a real broker: answers for the state, commits what a test says. */
import type { BalanceReply, BalanceRequest } from '#core/messages/balances.ts';
import { streams, subjects } from '#core/messages/names.ts';
import type { BudgetState } from '#core/messages/budget.ts';
import type { BalanceEntry, CommitHeader, ProducerState, Totals } from '#core/messages/rated.ts';
import { sha256 } from '#platform/crypto.ts';
import type { Log } from '#platform/log.ts';
import { jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';

export type Changes = Partial<
  Pick<CommitHeader, 'balances' | 'budgets' | 'producers' | 'alerts' | 'control' | 'tallies' | 'tallyValues'>
>;

const zero = { received: 0, rated: 0, duplicates: 0, refused: 0 };
const zeroTotals: Totals = { samples: zero, batches: zero, alerts: 0, blocks: 0 };

interface State {
  readonly balances: Map<string, BalanceEntry>;
  readonly budgets: Map<string, BudgetState>;
  readonly producers: Map<string, ProducerState>;
}

interface Position {
  readonly seq: number;
  readonly hash: string;
  readonly incarnation: number;
}

export class ScriptedRater {
  readonly #log: Log;
  readonly #connection: NatsConnection;
  #state: State = { balances: new Map(), budgets: new Map(), producers: new Map() };
  #at: Position = { seq: 0, hash: '', incarnation: 0 };
  #logTimeMs = 0;
  #n = 0;
  #answering: { unsubscribe(): void } | undefined;
  /** Questions answered so far. */
  asked = 0;

  private constructor(connection: NatsConnection, log: Log) {
    this.#connection = connection;
    this.#log = log;
  }

  static async start(connection: NatsConnection, logTimeMs: number): Promise<ScriptedRater> {
    const rater = new ScriptedRater(connection, await jetstreamLog(connection));
    rater.#logTimeMs = logTimeMs;
    await rater.takeOver();
    rater.answer();
    return rater;
  }

  get position(): Position {
    return this.#at;
  }

  get logTimeMs(): number {
    return this.#logTimeMs;
  }

  answer(): void {
    this.#answering = this.#connection.subscribe(subjects.balanceGet(0), {
      callback: (error, message) => {
        if (error !== null) return;
        this.asked++;
        message.respond(JSON.stringify(this.reply(message.json<BalanceRequest>().tenant)));
      },
    });
  }

  silence(): void {
    this.#answering?.unsubscribe();
  }

  reply(tenant: string): BalanceReply {
    const of = <T extends { tenant: string }>(entries: Iterable<T>) =>
      [...entries].filter((entry) => entry.tenant === tenant);
    return {
      partition: 0,
      incarnation: this.#at.incarnation,
      outSeq: this.#at.seq,
      hash: this.#at.hash,
      logTimeMs: this.#logTimeMs,
      usageSeq: 0,
      totals: zeroTotals,
      producers: of(this.#state.producers.values()),
      balances: of(this.#state.balances.values()),
      budgets: of(this.#state.budgets.values()),
      periods: { closed: [], closings: [], repriced: 0 },
      credits: { grants: [], lines: [], wallets: [] },
    };
  }

  /** A new incarnation that starts from `base`, or from here; what lies between is void. */
  async takeOver(base: Position = this.#at, state: State = this.#state): Promise<void> {
    this.#state = state;
    this.#n = 0;
    const incarnation = this.#at.incarnation + 1;
    await this.#append({
      ...this.#header('takeover', incarnation),
      base: { incarnation: base.incarnation, outSeq: base.seq, hash: base.hash },
    });
  }

  /** A copy of the state, to take over from later. */
  snapshot(): { readonly base: Position; readonly state: State } {
    const { balances, budgets, producers } = this.#state;
    return {
      base: this.#at,
      state: { balances: new Map(balances), budgets: new Map(budgets), producers: new Map(producers) },
    };
  }

  async commit(changes: Changes, logTimeMs: number, lines = ''): Promise<void> {
    this.#logTimeMs = logTimeMs;
    for (const entry of changes.balances ?? [])
      this.#state.balances.set(`${entry.tenant} ${entry.account} ${entry.periodStartMs}`, entry);
    for (const entry of changes.budgets ?? [])
      this.#state.budgets.set(`${entry.tenant} ${entry.budget} ${entry.periodStartMs}`, entry);
    for (const entry of changes.producers ?? []) this.#state.producers.set(`${entry.tenant} ${entry.producer}`, entry);
    await this.#append({ ...this.#header('commit', this.#at.incarnation), ...changes }, lines);
  }

  /** Something in the stream that chains to nothing: a fenced owner's late write. */
  async stray(changes: Changes): Promise<void> {
    const header = {
      ...this.#header('commit', this.#at.incarnation - 1),
      ...changes,
      prev: { seq: this.#at.seq - 1, hash: 'else' },
    };
    const data = Buffer.from(`${JSON.stringify(header)}\n`);
    const result = await this.#log.append(streams.rated(0), subjects.rated(0), data);
    if (result.kind !== 'stored') throw new Error(result.kind);
  }

  #header(kind: CommitHeader['kind'], incarnation: number): CommitHeader {
    return {
      v: 1,
      kind,
      partition: 0,
      incarnation,
      nonce: `nonce-${incarnation}`,
      n: this.#n++,
      prev: { seq: this.#at.seq, hash: this.#at.hash },
      logTimeMs: this.#logTimeMs,
      inputs: { taken: [], usage: { seq: 0, hash: '' }, control: { seq: 0, hash: '' }, controlMark: 0 },
      producers: [],
      resources: [],
      tallies: [],
      tallyValues: [],
      series: [],
      ends: [],
      balances: [],
      control: [],
      budgets: [],
      alerts: [],
      refusals: [],
      totals: zeroTotals,
      blocks: 0,
    };
  }

  async #append(header: CommitHeader, lines = ''): Promise<void> {
    const data = Buffer.from(`${JSON.stringify(header)}\n${lines}`);
    const result = await this.#log.append(streams.rated(0), subjects.rated(0), data);
    if (result.kind !== 'stored') throw new Error(result.kind);
    this.#at = { seq: result.seq, hash: sha256(data), incarnation: header.incarnation };
  }
}
