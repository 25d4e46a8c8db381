/**
 * Publishes commits, one in flight, each expecting the stream's last sequence (architecture §3.3): a message that is
 * stored is ours and chains to the one before; a message that is not stored changed nothing.
 */
import { randomBytes } from 'node:crypto';
import type { ChainLink, CommitHeader } from '#core/messages/rated.ts';
import { streams, subjects } from '#core/messages/names.ts';
import type { CommitPlace, EncodedCommit } from '#core/rating/commit.ts';
import type { PartitionState } from '#core/rating/state.ts';
import { sha256 } from '#platform/crypto.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { maxPayloadBytes } from '#platform/nats/serverConfig.ts';
import { raterError } from './errors.ts';
import { raterLimits } from './limits.ts';
import { parseHeader } from './replay.ts';
import { Rewound } from './rewound.ts';

/** Another owner has written: what is speculative here is void. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}

export interface Committed {
  readonly header: CommitHeader;
  readonly seq: number;
  readonly hash: string;
  /** Length of the message. */
  readonly bytes: number;
}

export class Committer {
  readonly #log: Log;
  readonly #partition: number;
  readonly #nonce = randomBytes(12).toString('hex');
  readonly #incarnation: number;
  /** Called whenever an append is refused for space. */
  onFull: () => void;
  #n = 0;
  /** The commit that the next one follows from, and the last message of the stream: the same, once something is committed. */
  #tip: ChainLink;
  #end: ChainLink;

  /** `incarnation`: the number of the take-over that this one begins with. */
  constructor(log: Log, state: PartitionState, incarnation: number, end: ChainLink, onFull: () => void) {
    this.#log = log;
    this.#partition = state.partition;
    this.#incarnation = incarnation;
    this.#tip = { seq: state.outSeq, hash: state.outHash };
    this.#end = end;
    this.onFull = onFull;
  }

  /** Where the next commit will stand. */
  place(kind: CommitHeader['kind'], base?: NonNullable<CommitHeader['base']>): CommitPlace {
    return {
      kind,
      incarnation: this.#incarnation,
      nonce: this.#nonce,
      n: this.#n,
      prev: this.#tip,
      ...(base === undefined ? {} : { base }),
    };
  }

  /** Resolves once the commit is stored. Throws Fenced or Rewound when it never will be. */
  async commit({ header, bytes: data }: EncodedCommit, signal: AbortSignal): Promise<Committed> {
    if (data.length > maxPayloadBytes - raterLimits.appendHeaderBytesMax) {
      throw raterError('COMMIT_OVERSIZED', `${data.length} bytes.`, { bytes: data.length, partition: this.#partition });
    }
    while (!signal.aborted) {
      const result = await this.#log.append(
        streams.rated(this.#partition),
        subjects.rated(this.#partition),
        data,
        this.#end.seq,
      );
      if (result.kind === 'stored' || (result.kind !== 'full' && (await this.#isStored())))
        return this.#advance(header, data);
      if (result.kind === 'full') this.onFull();
      await sleep(raterLimits.appendRetryMs, signal);
    }
    throw new Fenced('stopped before the commit was acknowledged');
  }

  /** After a refusal or silence: is the last message of the stream ours, the one before, or another's? */
  async #isStored(): Promise<boolean> {
    let last;
    try {
      last = await this.#log.last(streams.rated(this.#partition));
    } catch {
      return false; // The broker is away; the append is tried again and answers the question itself.
    }
    const { seq, hash } = this.#end;
    if (last === undefined || last.seq < seq) {
      if (seq > 0) throw new Rewound(`the stream ends at ${last?.seq ?? 0}, expected ${seq}`);
      return false;
    }
    if (last.seq === seq) {
      if (sha256(last.data) === hash) return false;
      throw new Rewound(`sequence ${seq} holds another message than the one acknowledged`);
    }
    const { nonce, n } = parseHeader(last.data);
    if (last.seq === seq + 1 && nonce === this.#nonce && n === this.#n) return true;
    throw new Fenced(`sequence ${last.seq} is another owner's`);
  }

  #advance(header: CommitHeader, data: Uint8Array): Committed {
    this.#end = { seq: this.#end.seq + 1, hash: sha256(data) };
    this.#tip = this.#end;
    this.#n += 1;
    return { header, ...this.#end, bytes: data.length };
  }
}
