/** Brings a state up to date from the messages of `RATED_<p>` (architecture §3.2, §3.3). Nothing is rated again. */
import { splitCommit, type ChainLink, type CommitHeader } from '#core/messages/rated.ts';
import { streams } from '#core/messages/names.ts';
import { applyCommit } from '#core/rating/replay.ts';
import type { PartitionState } from '#core/rating/state.ts';
import { sha256 } from '#platform/crypto.ts';
import type { Log, LogMessage } from '#platform/log.ts';
import { raterError } from './errors.ts';
import { Rewound } from './rewound.ts';

export class Replay {
  readonly state: PartitionState;
  readonly #log: Log;
  readonly #stream: string;
  readonly #onStale: (seq: number) => void;
  #end: ChainLink;

  constructor(state: PartitionState, log: Log, onStale: (seq: number) => void) {
    this.state = state;
    this.#log = log;
    this.#stream = streams.rated(state.partition);
    this.#onStale = onStale;
    this.#end = { seq: state.outSeq, hash: state.outHash };
  }

  /** The message that was read last: the state's own commit, or one behind it that counts for nobody. */
  get end(): ChainLink {
    return this.#end;
  }

  /**
   * Takes the next message. What an owner wrote who did not know yet that it was taken over from does not follow from the
   * commit before it: no reader counts it. Where the very owner of that commit seems to have written it, the log was
   * tampered with: LOG_BROKEN. Throws Rewound where the state's own commit has been replaced.
   */
  async take(message: LogMessage): Promise<void> {
    const { state } = this;
    const header = parseHeader(message.data);
    const isGap = message.seq !== this.#end.seq + 1;
    const end = { seq: message.seq, hash: sha256(message.data) };
    if (!isGap && header.prev.seq === state.outSeq && header.prev.hash === state.outHash) {
      applyCommit(state, header, end.seq, end.hash);
    } else if (isGap || header.nonce === (await this.#ownersNonce())) {
      throw raterError('LOG_BROKEN', `${this.#stream} at sequence ${message.seq}.`, { stream: this.#stream, seq: message.seq }); // prettier-ignore
    } else this.#onStale(message.seq);
    this.#end = end;
  }

  /** Whose the state's last commit is; "" when nobody has written yet, as no owner's is. */
  async #ownersNonce(): Promise<string> {
    const { outSeq, outHash } = this.state;
    const message = outSeq === 0 ? undefined : await this.#log.get(this.#stream, outSeq);
    if (message === undefined) return '';
    if (sha256(message.data) !== outHash) throw new Rewound(`${this.#stream} holds another message at ${outSeq}`);
    return parseHeader(message.data).nonce;
  }
}

export function parseHeader(data: Uint8Array): CommitHeader {
  return JSON.parse(Buffer.from(splitCommit(data).header).toString('utf8')) as CommitHeader;
}
