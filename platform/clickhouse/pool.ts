import { clickhouseError } from './errors.ts';
import { clickhouseLimits } from './limits.ts';

/** Hands each of a few members to one user at a time; users wait in order, `waitingMax` of them. */
export class Pool<Member> {
  readonly #free: Member[];
  readonly #waiting: ((member: Member) => void)[] = [];

  constructor(members: readonly Member[]) {
    this.#free = [...members];
  }

  async use<Result>(work: (member: Member) => Promise<Result>): Promise<Result> {
    const member = this.#free.pop() ?? (await this.#next());
    try {
      return await work(member);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(member);
      else next(member);
    }
  }

  #next(): Promise<Member> {
    if (this.#waiting.length >= clickhouseLimits.waitingMax) throw clickhouseError('CLICKHOUSE_BUSY');
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
