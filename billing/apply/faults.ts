import { billingError, type BillingErrorCode } from '../errors.ts';
import { billingLimits } from '../limits.ts';

/** A place in the file. Lines and columns count from 1. */
export interface At {
  readonly line: number;
  readonly column: number;
  /** As in `prices[2].tiers[0].upTo`. */
  readonly path: string;
}

/** One thing wrong with the file: what, where, what stands there, and what would be right. */
export interface Fault extends At {
  readonly code: BillingErrorCode;
  readonly message: string;
  /** The text at that place, cut short. */
  readonly value: string;
  readonly expected: string;
  readonly solve: string;
}

/** Collects every fault of a file, so that they are reported together. */
export class Faults {
  private readonly list: Fault[] = [];

  add(code: BillingErrorCode, at: At, value: string, expected: string): void {
    const { message, solve } = billingError(code);
    const { line, column, path } = at;
    this.list.push({ code, line, column, path, value: shortened(value), message, expected, solve });
  }

  /** Names that the file declares in an entry that could not be read: referring to one is no second fault. */
  readonly unreadable = new Set<string>();

  /** Keys of prices and fees that could not be read, and their services, components, plans and contracts. */
  readonly unreadableNames = new Set<string>();

  /** A reference to nothing, unless it is to something that is a fault itself. */
  unknown(ref: { readonly name: string; readonly at: At }, expected: string): void {
    if (!this.unreadable.has(ref.name)) this.add('REFERENCE_UNKNOWN', ref.at, ref.name, expected);
  }

  get some(): boolean {
    return this.list.length > 0;
  }

  /** In the order of the file. */
  sorted(): Fault[] {
    return this.list.toSorted((a, b) => a.line - b.line || a.column - b.column);
  }

  /** Throws APPLY_INVALID with all of them when there is one. */
  throwIfAny(file: string): void {
    if (!this.some) return;
    const all = this.sorted();
    const faults = all.slice(0, billingLimits.faultsMax);
    const told = faults.slice(0, billingLimits.faultsInMessageMax).map((fault) => `\n${describeFault(file, fault)}`);
    const rest = all.length > told.length ? `\nAnd ${all.length - told.length} more.` : '';
    throw billingError('APPLY_INVALID', `${told.join('')}${rest}\n`, { file, faultCount: all.length, faults });
  }
}

/** `file:3:5: path: message` with the value, what is expected and the way out. */
export function describeFault(file: string, fault: Fault): string {
  const value = fault.value === '' ? '' : ` (${JSON.stringify(fault.value)})`;
  const where = `${file}:${fault.line}:${fault.column}: ${fault.path === '' ? 'file' : fault.path}${value}`;
  return `${where}: ${fault.message} Expected ${fault.expected}. ${fault.solve} [${fault.code}]`;
}

const shortened = (value: string): string => (value.length <= 80 ? value : `${value.slice(0, 79)}…`);
