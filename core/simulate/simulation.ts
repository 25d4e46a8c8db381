/** Rates a partition's log again under a draft price list, next to what was charged; nothing is written anywhere. */
import type { PriceRecord } from '../messages/control.ts';
import { splitCommit, type CommitHeader } from '../messages/rated.ts';
import type { Input, Ports } from '../rating/admit.ts';
import { PartitionMachine } from '../rating/machine.ts';
import { emptyState } from '../rating/state.ts';
import { DraftControl } from './draft.ts';
import type { History } from './history.ts';
import { Ledger, type Stretch } from './ledger.ts';

export interface RecordedInput extends Input {
  readonly stream: 'usage' | 'control';
}

/** A commit that counts, with the inputs that it says it took, in that order. */
export interface RecordedCommit {
  readonly header: Pick<CommitHeader, 'logTimeMs' | 'refusals'>;
  /** The lines after the header. */
  readonly blocks: string;
  readonly inputs: readonly RecordedInput[];
}

export interface SimulationOptions extends Stretch {
  readonly partition: number;
  /** The whole price list; what it does not name has no price. Ids do not matter. */
  readonly prices: readonly PriceRecord[];
  /** Of every control message of the log. */
  readonly history: History;
  readonly ports: Ports;
}

/** Nobody chains to what a simulation commits. */
const nowhere = { kind: 'commit', incarnation: 0, nonce: '', n: 0, prev: { seq: 0, hash: '' } } as const;

/**
 * Fed every commit from the first on, also where a later stretch is asked for: tiers, allowances and versions go on from what
 * came before. Usage of other tenants passes as time alone.
 */
export class Simulation {
  readonly charged: Ledger;
  readonly draft: Ledger;
  readonly #options: SimulationOptions;
  readonly #control: DraftControl;
  readonly #machine: PartitionMachine;

  constructor(options: SimulationOptions) {
    const { partition, tenant, prices, history, ports } = options;
    this.#options = options;
    this.charged = new Ledger(options);
    this.draft = new Ledger(options);
    this.#control = new DraftControl(tenant, prices, history, ports);
    const refusal = history.refusal(tenant, this.#control.fresh);
    if (refusal !== undefined) throw new Error(`the draft cannot be published: ${refusal}`);
    this.#machine = new PartitionMachine(emptyState(partition), ports);
  }

  take({ header, blocks, inputs }: RecordedCommit): void {
    const { ports } = this.#options;
    this.charged.take(blocks, header.refusals);
    for (const input of inputs) this.#rate(input);
    this.#machine.tick(header.logTimeMs);
    this.#machine.finish();
    const drawn = this.#machine.drain(nowhere);
    this.draft.take(ports.text(splitCommit(drawn.bytes).blocks) ?? '', drawn.header.refusals);
  }

  #rate(input: RecordedInput): void {
    const isOurs = input.subject.split('.')[2] === this.#options.tenant;
    if (input.stream === 'control') this.#machine.takeControl(this.#control.rewritten(input));
    else if (isOurs) this.#machine.takeUsage(input);
    else this.#machine.tick(input.timeMs);
  }
}
