/**
 * The reference engine: SPEC.md written down as plainly as it can be, with `decimal.js` and Maps. It shares no code with
 * the engine that rates, and judges it. It is handed the inputs in the order of record, one after the other.
 */
import type { ControlMessage } from '../messages/control.ts';
import type { Alert } from '../messages/rated.ts';
import { takeUsage } from './admission.ts';
import { beginMonths } from './budgets.ts';
import { takeControl } from './control.ts';
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
    const outcome: Outcome = { rows: [], refusals: [], alerts: [] };
    this.#moveTime(input.timeMs, outcome);
    if (input.stream === 'control')
      return { ...outcome, control: takeControl(this.state, this.#ports, input, outcome) };
    takeUsage(this.state, this.#ports, input, outcome);
    return { ...outcome, control: undefined };
  }

  /** Moves log time without an input (1.1): months may begin. */
  tick(logTimeMs: number): Alert[] {
    const outcome: Outcome = { rows: [], refusals: [], alerts: [] };
    this.#moveTime(logTimeMs, outcome);
    return outcome.alerts;
  }

  #moveTime(timeMs: number, outcome: Outcome): void {
    if (timeMs <= this.state.logTimeMs) return;
    this.state.logTimeMs = timeMs;
    beginMonths(this.state, outcome);
  }
}
