/** What can be wrong with the figures that a price has for a part of a period (SPEC §8.9). */
import type { LeafModel } from '../../messages/price.ts';
import { isFields, type Checker, type Fields } from './checker.ts';

const tiered = ['graduated', 'volume', 'graduatedPercentage', 'stairstep'] as const;

/** Why there is no such figure to multiply; undefined where there is. */
const absences: Readonly<Record<string, (record: Fields, leaves: readonly LeafModel[]) => string | undefined>> = {
  allowance: ({ allowance }) =>
    typeof allowance === 'string' && !/[1-9]/.test(allowance) ? 'an allowance above 0, or no such word' : undefined,
  bounds: (_, leaves) =>
    leaves.some((leaf) => 'tiers' in leaf && leaf.kind !== 'packageTiers' && leaf.tiers.length > 1)
      ? undefined
      : `two tiers or more (${tiered.join(', ')}), or no such word`,
  flats: (_, leaves) =>
    leaves.some((leaf) => leaf.kind === 'flat' || tiered.some((kind) => kind === leaf.kind))
      ? undefined
      : `a flat or tiers (${tiered.join(', ')}), or no such word`,
  maximum: ({ maximum }) => (maximum === undefined ? 'a maximum of the price, or no such word' : undefined),
};

/** `leaves` are those that could be read: what nothing is known of is not told twice. */
export function checkProration(checker: Checker, path: string, record: Fields, leaves: readonly LeafModel[]): void {
  const { prorate, model } = record;
  const at = `${path}.prorate`;
  if (!checker.field(isFields(prorate), at, prorate, 'what it goes by, and the figures')) return;
  const said = prorate as Fields;
  checker.oneOf(`${at}.by`, said['by'], 'second', 'day');
  const meaningless = (within: string, value: unknown, expected: string) =>
    checker.add('PRORATION_MEANINGLESS', `${at}${within}`, value, expected);
  if (isFields(model) && model['kind'] === 'spot')
    return meaningless('', prorate, 'no proration: each interval has figures of its own');
  const named = Object.keys(absences).filter((figure) => said[figure] !== undefined);
  if (named.length === 0) meaningless('', prorate, `one of ${Object.keys(absences).join(', ')}, or no proration`);
  for (const figure of named) {
    const value = said[figure];
    const isSound = figure === 'allowance' || figure === 'maximum' || leaves.length > 0;
    if (!checker.field(value === true, `${at}.${figure}`, value, 'true, or nothing') || !isSound) continue;
    const expected = absences[figure]!(record, leaves);
    if (expected !== undefined) meaningless(`.${figure}`, value, expected);
  }
}
