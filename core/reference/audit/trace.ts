/** TRACE: every block leads to a price version, to resources and to a batch whose signature the reference has checked. */
import type { Row, State } from '../state.ts';
import type { Block } from './blocks.ts';
import type { Faults } from './faults.ts';
import type { Names } from './names.ts';

/** `rows` are the reference's: they come from batches that it admitted in this very commit. */
export function checkTrace(
  blocks: readonly Block[],
  rows: readonly Row[],
  names: Names,
  state: State,
  where: string,
  faults: Faults,
): void {
  const batchText = (parts: readonly (string | number)[]) => parts.join(' ');
  const admitted = new Set(
    rows.map(({ tenant, source: { producer, epoch, seq, inputSeq } }) =>
      batchText([tenant, producer, epoch, seq, inputSeq]),
    ),
  );
  for (const [position, block] of blocks.entries()) {
    const batch = batchText((['tenant', 'producer', 'epoch', 'seq', 'usage_seq'] as const).map(block.scalar));
    const price = Number(block.scalar('price'));
    const tenant = state.tenants.get(block.scalar('tenant'));
    const kind = block.scalar('kind');
    const records = kind === 'fee' ? tenant?.fees : kind === 'agreement' ? tenant?.agreements : tenant?.prices;
    const isPriced = price === 0 || records?.has(price) === true;
    if (!admitted.has(batch))
      faults.add('TRACE', `${where}, block ${position}: no batch ${batch} with a fitting signature stands behind it`);
    if (!isPriced)
      faults.add(
        'TRACE',
        `${where}, block ${position}: there is no ${block.scalar('kind') === 'fee' ? 'fee' : 'price'} ${price}`,
      );
    const stranger = block.list('resource').find((id) => id !== '0' && !names.hasResource(Number(id)));
    if (stranger !== undefined) faults.add('TRACE', `${where}, block ${position}: resource ${stranger} has no name`);
  }
}
