/** A charge row as text, the same from a stored block and from the reference: what "digit for digit" compares. */
import { Exact, text, zero } from '../number.ts';
import type { Row } from '../state.ts';
import { instantMs, type Block } from './blocks.ts';
import type { Names } from './names.ts';

export interface RowText {
  /** Everything but the figures. */
  readonly place: string;
  readonly quantity: string;
  readonly amount: string;
}

export const wholeText = ({ place, quantity, amount }: RowText): string => `${place}|${quantity}|${amount}`;

export function textOfRow(row: Row): RowText {
  const { source } = row;
  const block = [
    row.tenant, row.account, row.service, row.component, row.meter, row.price, row.cell, row.currency, row.kind, source.producer,
    source.epoch, source.seq, source.inputSeq, source.logTimeMs, row.period.startMs, row.period.endMs, row.bookedMs, row.closedUntilMs, row.correction ?? '', row.reverses ?? '',
  ]; // prettier-ignore
  const place = [...block, row.resource, row.index, row.startMs, row.durationMs].join('|');
  return { place, quantity: text(row.quantity), amount: text(row.amount) };
}

export function textsOfBlock(block: Block, names: Names): RowText[] {
  const words = (
    [
      'tenant',
      'account',
      'service',
      'component',
      'meter',
      'price',
      'cell',
      'currency',
      'kind',
      'producer',
      'epoch',
      'seq',
      'usage_seq',
    ] as const
  ).map(block.scalar);
  const instants = (['log_time', 'period_start', 'period_end', 'booked_start', 'closed_until'] as const).map((column) =>
    instantMs(block.scalar(column)),
  );
  const head = [...words, ...instants, block.scalar('correction'), block.scalar('reverses')].join('|');
  const first = instantMs(block.scalar('first'));
  const [indexes, offsets, durations] = [block.list('idx'), block.list('offset'), block.list('duration')];
  const [quantities, amounts] = [block.list('quantities'), block.list('amounts')];
  return block.list('resource').map((resource, i) => {
    const place = [head, names.resource(Number(resource)), indexes[i], first + Number(offsets[i]), durations[i]].join(
      '|',
    );
    return { place, quantity: plain(quantities[i] ?? ''), amount: plain(amounts[i] ?? '') };
  });
}

/** The number that a stored text is; zero for what is none, which the comparison of texts has told. */
export function numberIn(decimal: string | undefined): Exact {
  return decimal !== undefined && /^-?\d+(\.\d+)?$/.test(decimal) ? new Exact(decimal) : zero;
}

/** A decimal without trailing zeros, as both sides write it. */
export function plain(decimal: string): string {
  return decimal.includes('.') && decimal.endsWith('0') ? text(numberIn(decimal)) : decimal;
}
