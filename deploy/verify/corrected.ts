/** Which blocks, batches and tallies corrections name, found before the audits begin: they keep the rows and samples of those and of no others. */
import type { ControlMessage } from '#core/messages/control.ts';
import { allPartitions, streams, type Placement } from '#core/messages/names.ts';
import { Originals } from '#core/reference/audit/originals.ts';
import { signedKey } from '#core/reference/audit/signed.ts';
import type { Log } from '#platform/log.ts';
import { RangeMissing, StreamReader } from './inputs.ts';

export async function correctedBlocks(log: Log, placement: Placement): Promise<Originals> {
  const refs = new Set<string>();
  const meters = new Set<string>();
  const batches = new Set<string>();
  for (const partition of allPartitions(placement)) {
    const stream = streams.control(partition);
    const { lastSeq } = await log.info(stream);
    await using reader = new StreamReader(log, stream);
    try {
      for (let seq = 1; seq <= lastSeq; seq++) {
        const { blocks, rebuilt, again } = namedIn((await reader.read(seq)).data);
        for (const ref of blocks) refs.add(ref);
        for (const meter of rebuilt) meters.add(meter);
        for (const batch of again) batches.add(batch);
      }
    } catch (error) {
      // The audit of the partition says what the log lacks.
      if (!(error instanceof RangeMissing)) throw error;
    }
  }
  return new Originals(refs, meters, batches);
}

interface Named {
  readonly blocks: readonly string[];
  readonly rebuilt: readonly string[];
  readonly again: readonly string[];
}

const nothing: Named = { blocks: [], rebuilt: [], again: [] };

function namedIn(data: Uint8Array): Named {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (!bytes.includes('"correctionRows"') && !bytes.includes('"correctionShadow"')) return nothing;
  try {
    const { tenant, changes } = JSON.parse(bytes.toString()) as ControlMessage;
    return {
      blocks: changes.flatMap((change) =>
        change.kind === 'correctionRows' ? change.blocks.map(({ ref }) => ref) : [],
      ),
      again: changes.flatMap((change) =>
        change.kind === 'correctionRows' ? (change.again ?? []).map((batch) => signedKey(tenant, batch)) : [],
      ),
      rebuilt: changes.flatMap((change) =>
        change.kind === 'correctionShadow' ? change.tallies.map(({ meter }) => `${tenant} ${meter}`) : [],
      ),
    };
  } catch {
    return nothing;
  }
}
