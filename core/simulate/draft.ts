/** The control messages of a log as they would have been under another price list. */
import { isCorrection } from '../rating/corrections/progress.ts';
import type { ControlChange, ControlMessage, PriceRecord } from '../messages/control.ts';
import type { Input, Ports } from '../rating/admit.ts';
import { bytesOf } from '../rating/byteText.ts';
import type { History } from './history.ts';

/**
 * Drops the tenant's price changes and publishes the draft's prices, each as soon as its meter, its account, its pricing unit and its series exist. A price
 * that the draft says as it was published stays where it was: what nobody means to change is charged as it was, though it came
 * late. All else stays, too, but agreements, which are no prices; a message that was rejected is emptied, for without the prices it
 * might be taken.
 */
export class DraftControl {
  readonly #tenant: string;
  readonly #history: History;
  readonly #ports: Ports;
  readonly #kept: ReadonlySet<number>;
  #due: readonly PriceRecord[];
  readonly #known = { meters: new Set<string>(), accounts: new Set<number>([0]), units: new Set<string>(), series: new Set<string>() }; // prettier-ignore

  constructor(tenant: string, prices: readonly PriceRecord[], history: History, ports: Ports) {
    this.#tenant = tenant;
    this.#history = history;
    this.#ports = ports;
    const { kept, fresh } = placed(prices, history.prices(tenant), history.lastId(tenant));
    this.#kept = new Set(kept);
    this.#due = fresh;
  }

  /** Prices that are not as published, with the ids that they get. */
  get fresh(): readonly PriceRecord[] {
    return this.#due;
  }

  rewritten(input: Input): Input {
    const message = this.#read(input);
    if (message === undefined) return input;
    const changes = this.#history.isTaken(input.seq) ? this.#changes(message) : [];
    return { ...input, data: bytesOf(JSON.stringify({ ...message, changes })) };
  }

  #read({ data }: Input): ControlMessage | undefined {
    try {
      const message = JSON.parse(this.#ports.text(data) ?? '') as ControlMessage | null;
      return Array.isArray(message?.changes) ? message : undefined;
    } catch {
      return undefined;
    }
  }

  #changes({ tenant, changes }: ControlMessage): readonly ControlChange[] {
    if (tenant !== this.#tenant) return changes;
    for (const change of changes) {
      if (change.kind === 'meter') this.#known.meters.add(change.id);
      if (change.kind === 'account') this.#known.accounts.add(change.id);
      if (change.kind === 'pricingUnit') this.#known.units.add(change.id);
      if (change.kind === 'series') this.#known.series.add(change.id);
    }
    const isDue = ({ meter, account, currency, model }: PriceRecord) =>
      this.#known.meters.has(meter) &&
      this.#known.accounts.has(account) &&
      (currency.length === 3 || this.#known.units.has(currency)) &&
      (model.kind !== 'spot' || this.#known.series.has(model.series));
    const published = this.#due.filter(isDue);
    this.#due = this.#due.filter((price) => !isDue(price));
    return [
      ...changes.filter(
        // What a correction took back was charged by the published prices: it is left out, on both sides.
        (change) =>
          change.kind !== 'agreement' &&
          !isCorrection(change) &&
          (change.kind !== 'price' || this.#kept.has(change.id)),
      ),
      ...published.map((price) => ({ kind: 'price' as const, ...price })),
    ];
  }
}

/** Which published prices stay, and the others of the draft under ids that nothing published has (`last` is the greatest), in the draft's order. */
export function placed(
  draft: readonly PriceRecord[],
  published: readonly PriceRecord[],
  last: number,
): { readonly kept: readonly number[]; readonly fresh: readonly PriceRecord[] } {
  const idsByTerms = Map.groupBy(published, termsOf);
  let lastId = last;
  const kept: number[] = [];
  const fresh: PriceRecord[] = [];
  for (const price of draft) {
    const same = idsByTerms.get(termsOf(price))?.shift();
    if (same === undefined) fresh.push({ ...price, id: (lastId += 1) });
    else kept.push(same.id);
  }
  return { kept, fresh };
}

/** All that a price says but its id; two ways to write the factor of a unit of one name are one. */
const termsOf = ({ id: _, unit, ...terms }: PriceRecord): string => canonical({ ...terms, unit: unit.name });

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields
    .map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`)
    .toSorted()
    .join()}}`;
}
