/**
 * The reference engine: SPEC.md written down as plainly as it can be, with `decimal.js` and Maps. It shares no code with
 * the engine that rates, and judges it. It is handed the inputs in the order of record, one after the other.
 */
import type { ControlMessage } from '../messages/control.ts';
import { takeUsage } from './admission.ts';
import { settleBegun } from './agreements/settle.ts';
import { continueLooking, evaluateMoved, noteDue } from './budgets/looks.ts';
import { byCodeUnit } from './attribution.ts';
import { passCreditTime, payRows } from './credits/pay.ts';
import { continueClosing } from './closing.ts';
import { takeControl } from './control.ts';
import { bookLevels } from './levels.ts';
import { reprice } from './repricing.ts';
import { bookDue } from './fees/book.ts';
import { emptyState, type Outcome, type State } from './state.ts';

/** One message of `USAGE` or `CONTROL`. */
export interface Input {
  readonly stream: 'usage' | 'control';
  readonly subject: string;
  /** Sequence in its stream. */
  readonly seq: number;
  /** The broker's timestamp, UTC ms. */
  readonly timeMs: number;
  readonly data: Uint8Array;
}

/** What the core cannot do by itself. */
export interface Ports {
  /** base64url. */
  sha256(bytes: Uint8Array): string;
  /** Whether an Ed25519 signature (base64url) of a batch body is by the raw public key (base64url). */
  verifySignature(publicKey: string, body: Uint8Array, signature: string): boolean;
  /** Strict UTF-8 to text, without a byte order mark; `undefined` for other bytes. */
  readText(bytes: Uint8Array): string | undefined;
}

export interface InputOutcome extends Outcome {
  /** The control message, when it was taken. */
  readonly control: ControlMessage | undefined;
}

export class ReferenceEngine {
  readonly state: State;
  readonly #ports: Ports;

  constructor(partition: number, ports: Ports) {
    this.state = emptyState(partition);
    this.#ports = ports;
  }

  /** Takes one input; changes the state and answers what came of it. */
  take(input: Input): InputOutcome {
    const outcome: Outcome = { rows: [], refusals: [], alerts: [], work: { done: 0 } };
    this.#moveTime(input.timeMs, outcome);
    continueClosing(this.state, outcome);
    continueLooking(this.state, outcome);
    let control: ControlMessage | undefined;
    if (input.stream === 'control') control = takeControl(this.state, this.#ports, input, outcome);
    else {
      this.state.usageSeq = input.seq;
      takeUsage(this.state, this.#ports, input, outcome);
    }
    reprice(this.state, outcome);
    payRows(this.state, outcome, input);
    return { ...outcome, control };
  }

  /** Moves log time without an input (1.1): months may begin, fees and levels fall due, the work of closes and what points charge anew go on. */
  tick(logTimeMs: number): Outcome {
    const outcome: Outcome = { rows: [], refusals: [], alerts: [], work: { done: 0 } };
    if (logTimeMs <= this.state.logTimeMs) return outcome;
    this.#moveTime(logTimeMs, outcome);
    continueClosing(this.state, outcome);
    continueLooking(this.state, outcome);
    reprice(this.state, outcome);
    payRows(this.state, outcome);
    return outcome;
  }

  #moveTime(timeMs: number, outcome: Outcome): void {
    const { state } = this;
    const beforeMs = state.logTimeMs;
    if (timeMs > beforeMs) {
      state.logTimeMs = timeMs;
      passCreditTime(state, outcome);
      noteDue(state, beforeMs);
    } else if (state.feesTo === undefined) return;
    const source = { producer: '', epoch: '', seq: 0, inputSeq: 0, logTimeMs: state.logTimeMs, trace: '' };
    outcome.rows.push(...bookDue(state, beforeMs, source));
    const tenants = [...state.tenants.values()].sort((a, b) => byCodeUnit(a.record.id, b.record.id));
    for (const tenant of tenants) {
      settleBegun(state, tenant, beforeMs, outcome, source);
      evaluateMoved(state, tenant, source, outcome);
    }
    if (timeMs > beforeMs) bookLevels(state, outcome);
  }
}
