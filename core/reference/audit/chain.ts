/** FENCE: which messages of `RATED_<p>` count, and that they follow from one another without a gap. */
import type { CommitHeader } from '../../messages/rated.ts';
import type { Faults } from './faults.ts';

/** One message of `RATED_<p>`. */
export interface StoredCommit {
  readonly seq: number;
  /** base64url SHA-256 of the whole message. */
  readonly hash: string;
  readonly header: CommitHeader;
  /** The lines after the header. */
  readonly blocks: string;
}

interface Tip {
  readonly seq: number;
  readonly hash: string;
  readonly incarnation: number;
  readonly nonce: string;
  readonly n: number;
}

export class Chain {
  #tip: Tip = { seq: 0, hash: '', incarnation: 0, nonce: '', n: -1 };
  #ignored: number[] = [];

  /** Messages that count so far. */
  count = 0;

  get hash(): string {
    return this.#tip.hash;
  }

  get seq(): number {
    return this.#tip.seq;
  }

  /** Messages that every reader ignores, since a later one chains past them: writes of fenced owners. */
  get ignored(): number {
    return this.#ignored.length;
  }

  /** Whether the message counts. What its header gets wrong is told; the audit then goes on with it. */
  follow(commit: StoredCommit, partition: number, faults: Faults): boolean {
    const { header, seq } = commit;
    const tip = this.#tip;
    const isHeir =
      header.kind === 'takeover' ? header.incarnation > tip.incarnation : header.incarnation === tip.incarnation;
    // Where a tail was lost, one who does not know it yet may be let in at the right sequence behind another's commit.
    const isStranger = header.prev.hash !== tip.hash && header.nonce !== tip.nonce;
    if (!isHeir || header.prev.seq !== tip.seq || isStranger) {
      this.#ignored.push(seq);
      return false;
    }
    const wrong = (detail: string) => faults.add('FENCE', `partition ${partition}, commit ${seq}: ${detail}`);
    if (header.prev.hash !== tip.hash)
      wrong(`commit ${tip.seq} hashes to ${tip.hash}, it follows from ${header.prev.hash}`);
    if (header.partition !== partition) wrong(`it says partition ${header.partition}`);
    if (header.kind === 'takeover') {
      const { incarnation, outSeq, hash } = header.base ?? { incarnation: -1, outSeq: -1, hash: '' };
      const isLevel = incarnation === tip.incarnation && outSeq === tip.seq && hash === header.prev.hash;
      if (!isLevel) wrong(`it takes over at ${incarnation}/${outSeq}, the log stands at ${tip.incarnation}/${tip.seq}`);
      if (header.n !== 0) wrong(`a take-over is number 0 of its owner, not ${header.n}`);
    } else if (header.nonce !== tip.nonce || header.n !== tip.n + 1) {
      wrong(`it is number ${header.n} of owner ${header.nonce}, should be ${tip.n + 1} of ${tip.nonce}`);
    }
    this.count += 1;
    this.#tip = { seq, hash: commit.hash, incarnation: header.incarnation, nonce: header.nonce, n: header.n };
    return true;
  }

  /** At the end a message that nothing chains past is no stale write: the chain is broken there. */
  finish(partition: number, faults: Faults): void {
    const loose = this.#ignored.filter((seq) => seq > this.#tip.seq);
    if (loose.length === 0) return;
    faults.add(
      'FENCE',
      `partition ${partition}: from commit ${loose[0]} on ${loose.length} messages do not follow from commit ${this.#tip.seq}`,
    );
  }
}
