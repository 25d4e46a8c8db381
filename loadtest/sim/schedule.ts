/**
 * Virtual time. Whatever happens is an event of some process or of the world; one runs at a time, in the order of its
 * instant, and all that follows from it at once has ended before the next one. So a seed fixes the whole run.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** One life of a program: after a crash the next one is another process. */
export class Process {
  readonly name: string;
  isAlive = true;
  /** Stopped until then (SIGSTOP): its events wait. */
  pausedUntilMs = 0;
  /** What its wall clock is off. */
  clockOffsetMs = 0;
  /** Runs as this process, now and in all that follows from it. */
  readonly inContext: <T>(run: () => T) => T;
  readonly #ends: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
    // One context for a life: to enter a new one with every event takes a tenth of a run's time.
    this.inContext = context.run(this, () => AsyncLocalStorage.snapshot());
  }

  /** What the world has to do when the process is gone. */
  onEnd(run: () => void): void {
    this.#ends.push(run);
  }

  end(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    for (const run of this.#ends) run();
  }
}

export interface Ticket {
  readonly atMs: number;
  readonly order: number;
  readonly process: Process | undefined;
  readonly run: () => void;
  isCancelled: boolean;
}

/** Whose event runs. */
const context = new AsyncLocalStorage<Process>();

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setImmediate: globalThis.setImmediate,
  now: Date.now,
  performanceNow: performance.now.bind(performance),
  timeout: AbortSignal.timeout,
  random: Math.random,
};

export class Schedule {
  nowMs = 0;
  steps = 0;
  readonly #startMs: number;
  readonly #queue: Ticket[] = [];
  #order = 0;

  /** `startMs`: UTC ms at which virtual time begins. */
  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  wallMs(process?: Process): number {
    return this.#startMs + Math.floor(this.nowMs) + (process?.clockOffsetMs ?? 0);
  }

  /** Runs later, unless its process has ended by then. */
  after(ms: number, process: Process | undefined, run: () => void): Ticket {
    const ticket = { atMs: this.nowMs + Math.max(0, ms), order: this.#order++, process, run, isCancelled: false };
    push(this.#queue, ticket);
    return ticket;
  }

  /** Runs now, as the process. */
  as<T>(process: Process, run: () => T): T {
    return process.inContext(run);
  }

  /** The next event and all that follows from it at once. False when nothing is left to happen. */
  async step(): Promise<boolean> {
    for (;;) {
      const next = pop(this.#queue);
      if (next === undefined) return false;
      if (next.isCancelled || next.process?.isAlive === false) continue;
      const resumesAtMs = next.process?.pausedUntilMs ?? 0;
      if (resumesAtMs > next.atMs) {
        push(this.#queue, { ...next, atMs: resumesAtMs, order: this.#order++ });
        continue;
      }
      this.nowMs = Math.max(this.nowMs, next.atMs);
      this.steps += 1;

      if (next.process === undefined) next.run();
      else next.process.inContext(next.run);
      await new Promise((resolve) => real.setImmediate(resolve));
      return true;
    }
  }

  /** Timers, clocks and chance of this program become the schedule's, for whatever runs as one of its processes. */
  install(random: () => number): Disposable {
    const processNow = () => context.getStore();
    const timer = (run: (...args: never[]) => void, ms = 0, ...args: never[]) => {
      const process = processNow();
      if (process === undefined) return real.setTimeout(run, ms, ...args);
      // Whole milliseconds and at least one, as the platform's timers are.
      return this.after(Math.max(1, Math.trunc(ms)), process, () => run(...args));
    };
    const clear = (handle: unknown) => {
      if (typeof handle === 'object' && handle !== null && 'isCancelled' in handle) handle.isCancelled = true;
      else real.clearTimeout(handle as NodeJS.Timeout);
    };
    globalThis.setTimeout = timer as unknown as typeof setTimeout;
    globalThis.clearTimeout = clear as typeof clearTimeout;
    Date.now = () => (processNow() === undefined ? real.now() : this.wallMs(processNow()));
    performance.now = () => (processNow() === undefined ? real.performanceNow() : this.nowMs);
    Math.random = () => (processNow() === undefined ? real.random() : random());
    AbortSignal.timeout = (ms) => {
      if (processNow() === undefined) return real.timeout.call(AbortSignal, ms);
      const controller = new AbortController();
      this.after(ms, processNow(), () => controller.abort());
      return controller.signal;
    };
    return {
      [Symbol.dispose]() {
        globalThis.setTimeout = real.setTimeout;
        globalThis.clearTimeout = real.clearTimeout;
        Date.now = real.now;
        performance.now = real.performanceNow;
        AbortSignal.timeout = real.timeout;
        Math.random = real.random;
      },
    };
  }
}

const isBefore = (a: Ticket, b: Ticket): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

function push(heap: Ticket[], ticket: Ticket): void {
  let at = heap.push(ticket) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(ticket, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = ticket;
}

function pop(heap: Ticket[]): Ticket | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return first;
}
