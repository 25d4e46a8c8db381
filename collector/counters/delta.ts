/** Counter → quantity: what one reading of a cumulative counter says against the one before. */
import type { CounterKind } from '../sources/source.ts';

export type Delta =
  /** The counter went on; `base` is what the next reading is measured against. */
  | { readonly kind: 'counted'; readonly quantity: bigint; readonly base: bigint; readonly reset?: string }
  /** Nothing can be said of the time before; measuring starts here. */
  | { readonly kind: 'base'; readonly base: bigint; readonly reset?: string };

export interface DeltaInput {
  readonly counter: CounterKind;
  readonly value: bigint;
  /** The counter before, undefined when there is none. */
  readonly before: bigint | undefined;
  /** The machine was restarted in between. */
  readonly rebooted: boolean;
  /** The thing counted is another one than before, or was not there before. */
  readonly anew: boolean;
  /** The thing counted came to be after the reading before. */
  readonly bornSince: boolean;
}

const wrapsAt32 = 2n ** 32n;

/** Never negative, never more than was counted. */
export function deltaOf(input: DeltaInput): Delta {
  const { counter, value, before } = input;
  const fromZero = (reset?: string): Delta => ({
    kind: 'counted',
    quantity: value,
    base: value,
    ...(reset === undefined ? {} : { reset }),
  });
  const fromHere = (reset?: string): Delta => ({
    kind: 'base',
    base: value,
    ...(reset === undefined ? {} : { reset }),
  });

  if (input.anew)
    return input.bornSince && counter.zeroAt === 'birth'
      ? fromZero(before === undefined ? undefined : 'another one')
      : fromHere();
  if (before === undefined) return fromHere();
  if (input.rebooted)
    return counter.zeroAt === 'unknown' ? fromHere('restart of the host') : fromZero('restart of the host');
  if (value >= before) return { kind: 'counted', quantity: value - before, base: value };
  if (counter.widthBits === 32 && before < wrapsAt32 && before - value > wrapsAt32 / 2n) {
    return { kind: 'counted', quantity: wrapsAt32 - before + value, base: value, reset: 'wrapped at 32 bits' };
  }
  if (counter.dipMax !== undefined && before - value <= counter.dipMax)
    return { kind: 'counted', quantity: 0n, base: before };
  const fell = `fell from ${before} to ${value}`;
  return counter.zeroAt === 'birth' ? fromZero(fell) : fromHere(fell);
}
