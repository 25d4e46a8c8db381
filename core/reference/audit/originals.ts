/** TRACE and ONCE of corrections (SPEC §16.2, §16.3): each row that reverses another is its exact negation, and the only one. */
import { correctableKinds } from '../../messages/correction.ts';
import { text } from '../number.ts';
import { instantMs, type Block } from './blocks.ts';
import type { Faults } from './faults.ts';
import type { Names } from './names.ts';
import { numberIn } from './rowText.ts';
import { Signed } from './signed.ts';

export class Originals {
  /** Blocks that some correction names; undefined: all are kept. Others that come to be named are not looked at. */
  readonly #named: ReadonlySet<string> | undefined;
  /** By block, index and start: what the row says. */
  readonly #rows = new Map<string, string>();
  readonly #reversed = new Set<string>();

  /** Tenants and meters of which corrections rebuild tallies: what came to those is remembered; undefined: to all. */
  readonly rebuilt: ReadonlySet<string> | undefined;
  readonly signed: Signed;

  /** `batches`: those of which samples are rated again. */
  constructor(named?: ReadonlySet<string>, rebuilt = named && new Set<string>(), batches = named && new Set<string>()) {
    this.#named = named;
    this.rebuilt = rebuilt;
    this.signed = new Signed(batches);
  }

  take(blocks: readonly Block[], names: Names, where: string, faults: Faults): void {
    for (const block of blocks) {
      const reverses = block.scalar('reverses');
      if (reverses !== '' && this.#named?.has(reverses) !== false) this.#compare(block, reverses, names, where, faults);
      const ref = (['partition', 'incarnation', 'out_seq', 'block'] as const).map(block.scalar).join('-');
      const isKept = (correctableKinds as readonly string[]).includes(block.scalar('kind'));
      if (isKept && this.#named?.has(ref) !== false)
        for (const [key, row] of rowsOf(block, names, 1)) this.#rows.set(`${ref} ${key}`, row);
    }
  }

  #compare(block: Block, reverses: string, names: Names, where: string, faults: Faults): void {
    for (const [key, negated] of rowsOf(block, names, -1)) {
      const id = `${reverses} ${key}`;
      const original = this.#rows.get(id);
      if (original !== negated)
        faults.add('TRACE', `${where}: a row reverses ${id}, which is ${original ?? 'not there'}, as if it were ${negated}`);
      if (this.#reversed.has(id)) faults.add('ONCE', `${where}: ${id} is reversed again`);
      this.#reversed.add(id);
    }
  } // prettier-ignore
}

/** Each row, with its figures times the sign. */
function* rowsOf(block: Block, names: Names, sign: 1 | -1): Generator<[key: string, row: string]> {
  const place = (['tenant', 'account', 'meter', 'price', 'cell', 'producer', 'epoch', 'seq', 'usage_seq', 'period_start'] as const).map(block.scalar).join(' '); // prettier-ignore
  const [indexes, offsets, durations] = [block.list('idx'), block.list('offset'), block.list('duration')];
  const [quantities, amounts] = [block.list('quantities'), block.list('amounts')];
  for (const [i, resource] of block.list('resource').entries()) {
    const startMs = instantMs(block.scalar('first')) + Number(offsets[i]);
    const figures = [quantities[i], amounts[i]].map((figure) => text(numberIn(figure).times(sign)));
    yield [`${indexes[i]} ${startMs}`, [place, names.resource(Number(resource)), durations[i], ...figures].join(' ')];
  }
}
