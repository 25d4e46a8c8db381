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
