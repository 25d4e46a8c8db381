/** A correction in the background: rows of the log are reversed piece by piece, the next few when the rater has taken those before, as the office does it. */
import type { ControlChange, ControlMessage } from '#core/messages/control.ts';
import type { CorrectableKind, CorrectedBlock } from '#core/messages/correction.ts';
import { streams, subjects } from '#core/messages/names.ts';
import { splitCommit, type CommitHeader } from '#core/messages/rated.ts';
import { instantMs, readBlocks, type Block } from '#core/reference/audit/blocks.ts';
import { sleep } from '#platform/lifecycle.ts';
import { append, jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import { piecesOf } from '#billing/corrections/work.ts';

/** Pieces on their way together. */
const piecesAtOnce = 4;

export interface Corrected {
  readonly rows: number;
  readonly seconds: number;
}

/** Of all services but one: until so many rows are reversed, the log has no more, or the signal aborts. */
export async function correctInBackground(
  connection: NatsConnection,
  tenant: string,
  except: string,
  rowsMax: number,
  signal: AbortSignal,
): Promise<Corrected> {
  const log = await jetstreamLog(connection);
  const last = await log.last(streams.control(0));
  let seq = last === undefined ? 0 : parse<ControlMessage>(last.data).seq;
  const tell = async (change: ControlChange): Promise<void> => {
    const message: ControlMessage = { v: 1, tenant, seq: (seq += 1), auditId: 'bench', trace: '', changes: [change] };
    await append(connection, subjects.control(0, tenant), Buffer.from(JSON.stringify(message)));
  };
  const taken = async (): Promise<void> => {
    while ((await headerAt(log))!.inputs.controlMark < seq && !signal.aborted) await sleep(20);
  };
  const startedMs = performance.now();
  await tell({ kind: 'correction', id: 'c-1', what: 'void', reason: 'bench', author: 'bench', approvedBy: '', selection: '', asOf: 0 }); // prettier-ignore
  const names = new Map<number, string>();
  let [rows, pieces] = [0, 0];
  let waiting: CorrectedBlock[] = [];
  const { lastSeq } = await log.info(streams.rated(0));
  for await (const message of log.follow(streams.rated(0), 1, signal)) {
    const { header, blocks } = splitCommit(message.data);
    for (const { id, name } of parse<CommitHeader>(header).resources) names.set(id, name);
    const text = new TextDecoder().decode(blocks);
    waiting.push(...readBlocks(text).flatMap((block) => (block!.scalar('kind') === 'usage' && block!.scalar('service') !== except ? [correctedBlock(block!, names)] : [])));
    const count = waiting.reduce((sum, block) => sum + block.rows.length, 0);
    const isEnd = message.seq >= lastSeq || rows + count >= rowsMax;
    if (count < piecesAtOnce * 2000 && !isEnd) continue;
    for (const piece of piecesOf(waiting)) await tell({ kind: 'correctionRows', id: 'c-1', n: (pieces += 1), blocks: piece });
    rows += count;
    waiting = [];
    await taken();
    if (isEnd || signal.aborted) break;
  }
  await tell({ kind: 'correctionEnd', id: 'c-1', pieces });
  await taken();
  return { rows, seconds: (performance.now() - startedMs) / 1000 };
} // prettier-ignore

const parse = <Value>(bytes: Uint8Array): Value => JSON.parse(new TextDecoder().decode(bytes)) as Value;

async function headerAt(log: Awaited<ReturnType<typeof jetstreamLog>>): Promise<CommitHeader | undefined> {
  const message = await log.last(streams.rated(0));
  return message && parse<CommitHeader>(splitCommit(message.data).header);
}

function correctedBlock({ scalar, list }: Block, names: ReadonlyMap<number, string>): CorrectedBlock {
  const ids = list('resource').map((id) => names.get(Number(id))!);
  const resources = [...new Set(ids)];
  const [indexes, offsets, durations] = [list('idx'), list('offset'), list('duration')];
  const [quantities, amounts] = [list('quantities'), list('amounts')];
  return {
    ref: (['partition', 'incarnation', 'out_seq', 'block'] as const).map(scalar).join('-'), kind: scalar('kind') as CorrectableKind, account: Number(scalar('account')),
    price: Number(scalar('price')), meter: scalar('meter'), cell: scalar('cell'), periodStartMs: instantMs(scalar('period_start')), producer: scalar('producer'),
    epoch: scalar('epoch'), seq: Number(scalar('seq')), usageSeq: Number(scalar('usage_seq')), firstMs: instantMs(scalar('first')), resources,
    rows: ids.map((name, i) => [resources.indexOf(name), Number(indexes[i]), Number(offsets[i]), Number(durations[i]), quantities[i]!, amounts[i]!]),
  };
} // prettier-ignore
