import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';

/** Reads a whole number within bounds; commander names the option when it is not one. */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  };

/** Reads a day of UTC or an instant with its offset, as UTC ms. */
export function instant(text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) || /(Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new InvalidArgumentError('Give a date (of UTC) or an instant with its offset.');
}

export const dataOption = (): Option =>
  new Option('--data <dir>', 'data directory of the instance')
    .env('METERLINE_DATA')
    .default(resolve('.meterline'), './.meterline')
    .argParser((text: string) => resolve(text));

export const jsonOption = (): Option =>
  new Option('--json', 'print one JSON document on standard output').default(false);

export interface CommonOptions {
  readonly data: string;
  readonly json: boolean;
}
