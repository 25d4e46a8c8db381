/** Those who are sent alerts: they answer, refuse, ask for a pause, hang, are down for a while, or want no more of them. */
import type { createSender, SentOutcome } from '#rater/notifier/sender.ts';
import { notifierLimits } from '#rater/notifier/limits.ts';
import type { GroupedBody, WebhookBody } from '#core/messages/delivery.ts';
import type { Process } from '../schedule.ts';
import type { Wire } from './wire.ts';

const downMsMax = 6000;
const pauseMsMax = 3000;

type Answer = Pick<SentOutcome, 'httpStatus' | 'retryAfterMs'>;
const taken: Answer = { httpStatus: 200, retryAfterMs: null };

/** Hears of every request that arrives, and of how it is answered, which the sender may never hear. */
export interface ReceiversWatcher {
  arrived(target: string, body: WebhookBody | GroupedBody): void;
  answered(target: string, body: WebhookBody | GroupedBody, httpStatus: number): void;
}

export class Receivers {
  readonly #wire: Wire;
  readonly #watcher: ReceiversWatcher;
  readonly #downUntilMs = new Map<string, number>();

  constructor(wire: Wire, watcher: ReceiversWatcher) {
    this.#wire = wire;
    this.#watcher = watcher;
  }

  /** The host of an address is the target's key. */
  senderFor(process: Process): typeof createSender {
    return (address) => {
      const target = new URL(address).hostname;
      return { shown: address, send: (_, body) => this.#send(process, target, body), close: () => undefined };
    };
  }

  #send(process: Process, target: string, text: string): Promise<SentOutcome> {
    const { schedule, faults } = this.#wire;
    const body = JSON.parse(text) as WebhookBody | GroupedBody;
    return new Promise((resolve) => {
      const settle = (kind: SentOutcome['kind'], answer: Answer) =>
        resolve({ kind, ...answer, detail: '', answeredAtMonotonicMs: performance.now() });
      const giveUp = () => settle('silent', { httpStatus: 0, retryAfterMs: null });
      const timer = schedule.after(notifierLimits.attemptTimeoutMs, process, giveUp);
      if (faults.strikes('requestLost')) return;
      // What has left arrives, even if who sent it is gone or has given up.
      schedule.after(this.#wire.delayMs(), undefined, () => {
        this.#watcher.arrived(target, body);
        const answer = this.#answer(target);
        this.#watcher.answered(target, body, answer.httpStatus);
        if (answer.httpStatus === 0 || faults.strikes('replyLost')) return;
        schedule.after(this.#wire.delayMs(), process, () => {
          if (timer.isCancelled) return;
          timer.isCancelled = true;
          settle('answered', answer);
        });
      });
    });
  }

  /** A status of 0 is none: it hangs. */
  #answer(target: string): Answer {
    const { schedule, faults, random } = this.#wire;
    if (faults.strikes('receiverDown')) this.#downUntilMs.set(target, schedule.nowMs + random.next() * downMsMax);
    const isDown = !faults.isOver && (this.#downUntilMs.get(target) ?? 0) > schedule.nowMs;
    if (isDown || faults.strikes('receiverHangs')) return { httpStatus: 0, retryAfterMs: null };
    if (faults.strikes('receiverGone')) return { httpStatus: 410, retryAfterMs: null };
    if (faults.strikes('receiverRejects')) return { httpStatus: random.pick([400, 404, 422]), retryAfterMs: null };
    if (!faults.strikes('receiverFails')) return taken;
    const retryAfterMs = random.chance(0.5) ? Math.round(random.next() * pauseMsMax) : null;
    return { httpStatus: random.pick([429, 500, 503]), retryAfterMs };
  }
}
