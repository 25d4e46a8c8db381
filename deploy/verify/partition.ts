/** Drives the audit of one partition over its three streams, up to a commit. */
import { streams } from '#core/messages/names.ts';
import { splitCommit, type CommitHeader } from '#core/messages/rated.ts';
import { Auditor } from '#core/reference/audit/auditor.ts';
import { Originals } from '#core/reference/audit/originals.ts';
import type { Faults } from '#core/reference/audit/faults.ts';
import type { Input } from '#core/reference/engine.ts';
import { sha256 } from '#platform/crypto.ts';
import type { Log, LogMessage } from '#platform/log.ts';
import { StreamReader } from './inputs.ts';
import { referencePorts } from './ports.ts';

export class PartitionAudit implements AsyncDisposable {
  readonly partition: number;
  readonly auditor: Auditor;
  readonly #rated: StreamReader;
  readonly #inputs: InputReaders;
  readonly #retired: readonly Auditor[];
  #seq = 0;

  /** `retired`: audits that are over, by their partition, of which this one may inherit; `originals` knows which rows corrections name. */
  constructor(
    partition: number,
    log: Log,
    faults: Faults,
    retired: readonly Auditor[] = [],
    originals = new Originals(new Set()),
  ) {
    this.#retired = retired;
    this.partition = partition;
    this.auditor = new Auditor(partition, referencePorts(), faults, originals);
    this.#rated = new StreamReader(log, streams.rated(partition));
    this.#inputs = {
      usage: new StreamReader(log, streams.usage(partition)),
      control: new StreamReader(log, streams.control(partition)),
    };
  }

  /** Sequence of the last message of `RATED_<p>` that was judged. */
  get seq(): number {
    return this.#seq;
  }

  /** Judges the messages up to and with `upTo`. Throws RangeMissing where the log has a hole. */
  async advance(upTo: number, onCommit: () => void): Promise<void> {
    const { auditor, partition } = this;
    while (this.#seq < upTo) {
      const message = await this.#rated.read(this.#seq + 1);
      this.#seq = message.seq;
      const commit = readCommit(message);
      if (commit !== undefined && auditor.chain.follow(commit, partition, auditor.faults)) {
        if (commit.header.kind === 'inherit' && commit.header.n === 0) auditor.inherit(commit.header, this.#retired);
        auditor.check(commit, await takenInputs(commit.header, this.#inputs));
      }
      onCommit();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const reader of [this.#rated, this.#inputs.usage, this.#inputs.control]) await reader[Symbol.asyncDispose]();
  }
}

export type InputReaders = Readonly<Record<Input['stream'], StreamReader>>;

/** The inputs that a commit says it took, in that order. Throws RangeMissing. */
export async function takenInputs(header: CommitHeader, readers: InputReaders): Promise<Input[]> {
  const inputs: Input[] = [];
  for (const { stream, from, to } of header.inputs.taken) {
    for (let seq = from; seq <= to; seq++) inputs.push({ stream, ...(await readers[stream].read(seq)) });
  }
  return inputs;
}

/** A message that is no commit at all follows from nothing: readers ignore it, and so does the chain. */
export function readCommit({ seq, data }: LogMessage) {
  const { header, blocks } = splitCommit(data);
  try {
    const parsed = JSON.parse(Buffer.from(header).toString('utf8')) as CommitHeader;
    if (parsed.v !== 1) return undefined;
    return { seq, hash: sha256(data), header: parsed, blocks: Buffer.from(blocks).toString('utf8') };
  } catch {
    return undefined;
  }
}
