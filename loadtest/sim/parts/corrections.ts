/**
 * Corrections as the office does them (`billing/corrections`): each a row of its table, moved on in steps by whoever works on it,
 * every step with the messages that it sends, or not at all.
 */
import { correctedBlock, keyOf, rowsOf } from '#core/rating/differential/correcting.ts';
import { readBlocks, type Block } from '#core/reference/audit/blocks.ts';
import type { ControlChange } from '#core/messages/control.ts';
import type { CorrectedBlock } from '#core/messages/correction.ts';
import { streams } from '#core/messages/names.ts';
import type { Log } from '#platform/log.ts';
import type { Random } from '../random.ts';
import type { Process } from '../schedule.ts';
import type { OutboxRows } from './outboxRows.ts';
import type { Store } from './store.ts';
import type { Wire } from './wire.ts';

const queryTimeoutMs = 2000;
/** Blocks that are read at once and sent as one piece: few, so that a correction has many pieces. */
const pageBlocks = 1;

interface Row {
  readonly tenant: string;
  readonly partition: number;
  readonly id: string;
  /** Batches of one producer and epoch, or all that a correction has booked. */
  readonly selection: { readonly batches: readonly [from: string, count: number] } | { readonly correction: string };
  readonly asOf: number;
  /** Nothing of it can be wrong, so a message that is rejected is a fault. */
  rejected: boolean;
  status: 'queued' | 'begun' | 'running' | 'ending' | 'ended' | 'failed';
  /** Counts the changes of this row: who has read an older one writes nothing. */
  revision: number;
  /** What was sent since the last answer, by its numbers in the outbox. */
  sent: readonly number[];
  readySeq: number;
  /** Blocks that were sent. */
  cursor: number;
  pieces: number;
  isRead: boolean;
}

interface Ports {
  readonly log: Log;
  /** Up to which commit the store holds all rows. */
  readonly loadedSeq: (partition: number) => number;
}

export interface CorrectionParts {
  readonly wire: Wire;
  readonly store: Store;
  readonly outbox: OutboxRows;
  /** Whether acknowledged commits were lost. */
  readonly wasCut: (partition: number) => boolean;
  /** What became of a message. */
  readonly outcome: (partition: number, seq: number) => 'taken' | 'rejected' | undefined;
}

export class Corrections {
  readonly #parts: CorrectionParts;
  readonly #rows: Row[] = [];

  constructor(parts: CorrectionParts) {
    this.#parts = parts;
  }

  /** Somebody asks for one, of what is loaded by now; nothing where there is nothing yet. */
  ask(random: Random, tenant: string, partition: number): void {
    const { store } = this.#parts;
    const ended = this.#rows.filter((row) => row.tenant === tenant && row.status === 'ended');
    const lines = store.valid().filter((row) => row.table === 'rated_blocks' && row.partition === partition);
    const found = lines.map(({ line }) => readBlocks(line)[0]!).filter((block) => isUsage(block, tenant));
    if (found.length === 0) return;
    const selection =
      ended.length > 0 && random.chance(0.4)
        ? { correction: random.pick(ended).id }
        : { batches: [batchOf(random.pick(found)), random.between(2, 8)] as const };
    const row: Row = {
      tenant, partition, id: `c-${this.#rows.length + 1}`, selection, asOf: store.loadedSeq(partition), status: 'queued', revision: 0, sent: [], readySeq: 0, cursor: 0, pieces: 0, isRead: false, rejected: false,
    }; // prettier-ignore
    const rows = store.valid().filter((each) => each.partition === partition);
    if (selected(row, rows).length > 0) this.#rows.push(row);
  }

  /** Of a partition: one that waits, or is under way. */
  isOpen(partition: number): boolean {
    return this.#rows.some((row) => row.partition === partition && !isDone(row));
  }

  /** What is wrong with a correction that has ended, of a log that has lost nothing: rejected, or rows left as they were. */
  wrong(): string | undefined {
    const { store, wasCut } = this.#parts;
    for (const row of this.#rows) {
      if (!isDone(row) || wasCut(row.partition)) continue;
      if (row.rejected) return `correction ${row.id} of ${row.tenant} was rejected`;
      const rows = store.valid().filter(({ partition }) => partition === row.partition);
      const [block] = selected({ ...row, id: '' }, rows);
      if (block !== undefined) return `correction ${row.id} of ${row.tenant} left rows of ${block.ref} as they were`;
    }
    return undefined;
  }

  /** One step of each tenant's oldest; false when there is nothing to do. `loadedSeq`: up to which commit the store holds all rows. */
  async work(process: Process, log: Log, loadedSeq: (partition: number) => number): Promise<boolean> {
    const open = this.#rows.filter((row) => !isDone(row));
    for (const [, of] of Map.groupBy(open, ({ tenant }) => tenant))
      await this.#step(process, { log, loadedSeq }, { ...(of.find(({ status }) => status !== 'queued') ?? of[0]!) });
    return open.length > 0;
  }

  async #step(process: Process, { log, loadedSeq }: Ports, row: Row): Promise<void> {
    const { id, partition, asOf, status, sent, cursor } = row;
    if (status === 'queued') {
      const told = { id, what: 'correction' in row.selection ? 'revert' : 'void', reason: 'wrong', author: 'a', approvedBy: '', selection: '', asOf } as const; // prettier-ignore
      return this.#write(process, row, { status: 'begun' }, [{ kind: 'correction', ...told }]);
    }
    const outcomes = sent.map((seq) => this.#parts.outcome(partition, seq));
    if (outcomes.includes(undefined)) return;
    const isRejected = outcomes.includes('rejected');
    if (status === 'ending') return this.#write(process, row, { status: isRejected || row.rejected ? 'failed' : 'ended', rejected: row.rejected || isRejected });
    if (status === 'begun') {
      if (isRejected) return this.#write(process, row, { status: 'failed', rejected: true });
      const { lastSeq } = await log.info(streams.rated(partition));
      return this.#write(process, row, { status: 'running', readySeq: lastSeq });
    }
    if (isRejected || row.isRead) {
      const pieces = isRejected ? row.pieces - 1 : row.pieces;
      return this.#write(process, row, { status: 'ending', rejected: isRejected }, [{ kind: 'correctionEnd', id, pieces }]);
    }
    if (loadedSeq(partition) < row.readySeq) return;
    const rows = await this.#parts.store.read(process, partition, ['rated_blocks', 'resources']);
    const blocks = selected(row, rows).slice(cursor, cursor + pageBlocks);
    const isRead = blocks.length < pageBlocks;
    const piece: ControlChange[] = blocks.length === 0 ? [] : [{ kind: 'correctionRows', id, n: row.pieces + 1, blocks }];
    const progress = { isRead, cursor: cursor + blocks.length, pieces: row.pieces + piece.length };
    await this.#write(process, row, progress, piece);
  } // prettier-ignore

  /** Messages and how far the work is, together or not at all. */
  #write(process: Process, read: Row, progress: Partial<Row>, changes: readonly ControlChange[] = []): Promise<void> {
    const { wire, outbox } = this.#parts;
    const row = this.#rows.find(({ id }) => id === read.id)!;
    return wire.ask(process, queryTimeoutMs, () => {
      if (row.revision !== read.revision) return;
      const sent = changes.map((change) => outbox.decide(row.partition, row.tenant, [change]));
      Object.assign(row, { sent, revision: row.revision + 1 }, progress);
    });
  }
}

const isDone = ({ status }: Row): boolean => status === 'ended' || status === 'failed';

const isUsage = ({ scalar }: Block, tenant: string): boolean =>
  scalar('tenant') === tenant && ['usage', 'unpriced', 'corrected'].includes(scalar('kind'));

const batchOf = ({ scalar }: Block): string => `${scalar('producer')} ${scalar('epoch')} ${scalar('seq')}`;

/** The rows that a correction is about, as of its commit, without those that another one has reversed by now. */
function selected({ tenant, id, selection, asOf }: Row, rows: Awaited<ReturnType<Store['read']>>): CorrectedBlock[] {
  const names = new Map<number, string>();
  for (const { table, line } of rows) {
    const [, , , , of, number, name] = line.split('\t');
    if (table === 'resources' && of === tenant) names.set(Number(number), name!);
  }
  const blocks = rows.filter(({ table }) => table === 'rated_blocks').map(({ line }) => readBlocks(line)[0]!);
  const reversed = new Set<string>();
  for (const block of blocks) {
    const ref = block.scalar('reverses');
    if (ref === '' || block.scalar('tenant') !== tenant || block.scalar('correction') === id) continue;
    for (const row of rowsOf(block)) reversed.add(keyOf(ref, row));
  }
  return blocks
    .filter((block) => Number(block.scalar('out_seq')) <= asOf && isSelected(block, tenant, selection))
    .flatMap((block) => correctedBlock(block, (key) => !reversed.has(key), (resource) => names.get(resource)!));
} // prettier-ignore

function isSelected(block: Block, tenant: string, selection: Row['selection']): boolean {
  if ('correction' in selection) {
    const { scalar } = block;
    return scalar('tenant') === tenant && scalar('correction') === selection.correction && scalar('reverses') !== '';
  }
  const [producer, epoch, from] = selection.batches[0].split(' ');
  const [ofProducer, ofEpoch, seq] = batchOf(block).split(' ');
  const isBatch = Number(seq) >= Number(from) && Number(seq) < Number(from) + selection.batches[1];
  return isUsage(block, tenant) && ofProducer === producer && ofEpoch === epoch && isBatch;
}
