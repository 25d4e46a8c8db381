/** Which blocks corrections name, found before the audits begin: they keep the rows of those and of no others. */
import type { ControlMessage } from '#core/messages/control.ts';
import { allPartitions, streams, type Placement } from '#core/messages/names.ts';
import { Originals } from '#core/reference/audit/originals.ts';
import type { Log } from '#platform/log.ts';
import { RangeMissing, StreamReader } from './inputs.ts';

export async function correctedBlocks(log: Log, placement: Placement): Promise<Originals> {
  const refs = new Set<string>();
  for (const partition of allPartitions(placement)) {
    const stream = streams.control(partition);
    const { lastSeq } = await log.info(stream);
    await using reader = new StreamReader(log, stream);
    try {
      for (let seq = 1; seq <= lastSeq; seq++) for (const ref of refsIn((await reader.read(seq)).data)) refs.add(ref);
    } catch (error) {
      // The audit of the partition says what the log lacks.
      if (!(error instanceof RangeMissing)) throw error;
    }
  }
  return new Originals(refs);
}

function refsIn(data: Uint8Array): string[] {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (!bytes.includes('"correctionRows"')) return [];
  try {
    const { changes } = JSON.parse(bytes.toString()) as ControlMessage;
    return changes.flatMap((change) => (change.kind === 'correctionRows' ? change.blocks.map(({ ref }) => ref) : []));
  } catch {
    return [];
  }
}
