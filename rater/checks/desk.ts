/** Where requests of one partition are asked while this process owns it: checks are answered at once, holds after their commit. */
import type { DeskRequest } from '#core/messages/checks.ts';
import { decideRequests, type Decided } from '#core/holds/decide.ts';
import type { Changes } from '#core/rating/changes.ts';
import type { PartitionState } from '#core/rating/state.ts';
import type { Books } from './books.ts';
import { checkError } from './errors.ts';
import { checkLimits } from './limits.ts';

interface Waiting {
  readonly request: DeskRequest;
  readonly answer: (decided: Decided) => void;
}

export class Desk {
  readonly books: Books;
  /** Set while nothing new is to be held: RATED is nearly full. */
  isHeld = false;
  /** Called when a request has come. */
  onAsk: () => void = () => undefined;
  #waiting: Waiting[] = [];
  #decided: Waiting[] = [];
  #isClosed = false;

  constructor(books: Books) {
    this.books = books;
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Resolves with what was decided, once it is stored, or with the error that it was not. */
  ask(request: DeskRequest): Promise<Decided> {
    if (this.#isClosed) return Promise.resolve(checkError('CHECK_NOT_OWNED'));
    if (this.isHeld && request.op === 'hold') return Promise.resolve(checkError('CHECK_RATING_WAITS'));
    if (this.#waiting.length >= checkLimits.waitingMax) return Promise.resolve(checkError('CHECK_OVERLOADED'));
    return new Promise((answer) => {
      this.#waiting.push({ request, answer });
      if (this.#waiting.length === 1) this.onAsk();
    });
  }

  /** Decides what waits, right before the commit is written. What it returns tells them, once that is stored, or at once where there is none to be. */
  decide(state: PartitionState, changes: Changes, atMs: number): () => void {
    const batch = this.#waiting.splice(0, checkLimits.perCommitMax);
    this.#decided = batch;
    const requests = batch.map(({ request }) => request);
    const decided = decideRequests(state, requests, atMs, changes.requests);
    return () => {
      this.#decided = [];
      batch.forEach(({ answer }, index) => answer(decided[index]!));
    };
  }

  /** Ownership has ended: whoever waits is told so, and asks again. */
  close(): void {
    this.#isClosed = true;
    for (const { answer } of [...this.#decided.splice(0), ...this.#waiting.splice(0)])
      answer(checkError('CHECK_UNANSWERED'));
  }
}
