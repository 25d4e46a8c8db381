/** What an adapter of a family is made of. It reads fields and calls the product; it has no formula of its own. */
import { z } from 'zod';
import type { Ours } from './compare.ts';
import type { JsonObject } from './vector.ts';

export type Area = 'rating' | 'quantity' | 'period' | 'balances' | 'documents' | 'cost';

/** One form of a family's fields. A vector has a form when every field that it has is declared, and every field needed is there. */
export interface Form {
  readonly config: z.ZodType;
  readonly inputs: z.ZodType;
  readonly compute: (config: unknown, inputs: unknown, asked: Asked) => Ours;
}

/** The rest of a vector. */
export interface Asked {
  /** How many periods or lines are asked for, and what a vector states there as given; never the result. */
  readonly expected: JsonObject;
  /** The model in the source's words, for families that tell two kinds of tiers apart by it. */
  readonly model: string;
}

export interface VectorFields extends Asked {
  readonly config: JsonObject;
  readonly inputs: JsonObject;
}

/**
 * Where ours is meant to differ. A rule holds for the cases that its predicate on config and inputs describes, and only
 * when the vector expects what the other convention gives: anything else is a failure.
 */
export interface ExceptionRule {
  readonly name: string;
  readonly reason: string;
  readonly applies: (vector: VectorFields & { readonly upstreamDefect: boolean }) => boolean;
  /** What the other convention gives, computed from config and inputs. "refused" and "accepted" are results too. */
  readonly theirs: (vector: VectorFields) => Ours;
}

export interface Family {
  readonly area: Area;
  readonly forms: readonly Form[];
  readonly exceptions: readonly ExceptionRule[];
}

export function form<Config extends z.ZodType, Inputs extends z.ZodType>(
  config: Config,
  inputs: Inputs,
  compute: (config: z.output<Config>, inputs: z.output<Inputs>, asked: Asked) => Ours,
): Form {
  return { config, inputs, compute: compute as Form['compute'] };
}

export const refused = 'refused';

/** A form of this family has these fields and the vector has others. */
export class UnknownFields extends Error {}

/** What ours is, by the first form that has the vector's fields; "refused" when the product refuses the input. */
export function computeOurs(family: Family, { config, inputs, ...asked }: VectorFields): Ours {
  const misfits: string[][] = [];
  for (const candidate of family.forms) {
    const left = candidate.config.safeParse(config);
    const right = candidate.inputs.safeParse(inputs);
    if (left.success && right.success) {
      try {
        return candidate.compute(left.data, right.data, asked);
      } catch (error) {
        if (error instanceof RangeError) return `${refused}: ${error.message}`;
        throw error;
      }
    }
    misfits.push([...faultsOf('config', left.error), ...faultsOf('inputs', right.error)]);
  }
  const nearest = misfits.sort((a, b) => a.length - b.length)[0] ?? [];
  throw new UnknownFields(nearest.join('; '));
}

function faultsOf(side: string, error: z.ZodError | undefined): string[] {
  return (error?.issues ?? []).map(({ path, message }) => `${[side, ...path.map(String)].join('.')}: ${message}`);
}
