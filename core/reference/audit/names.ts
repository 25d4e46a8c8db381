/** The dictionary that commits build up: what the dense ids of resources, tallies and counters stand for. */
import type { CommitHeader, LevelEntry, TallyEntry } from '../../messages/rated.ts';
import { counterKey } from '../samples.ts';
import { tallyKey } from '../tallies.ts';
import type { Faults } from './faults.ts';

export class Names {
  readonly #resources: string[] = [''];
  readonly #tallies: string[] = [''];
  readonly #counters: string[] = [''];

  /** Learns the entries of a commit; ids are dense from 1, in order, and never given twice. */
  learn(header: CommitHeader, where: string, faults: Faults): void {
    // What is inherited begins beyond the ids that its tenants had before.
    const [resource] = header.resources;
    if (header.kind === 'inherit' && this.#resources.length === 1 && resource !== undefined)
      this.#resources.length = resource.id;
    for (const { id, name } of header.resources)
      this.#add(this.#resources, id, name, `${where}: resource ${name}`, faults);
    for (const entry of header.tallies)
      this.#add(this.#tallies, entry.id, this.keyOf(entry), `${where}: tally`, faults);
    for (const { id, tenant, producer, resource, metric } of header.series) {
      this.#add(
        this.#counters,
        id,
        counterKey(tenant, producer, this.resource(resource), metric),
        `${where}: series`,
        faults,
      );
    }
  }

  keyOf(entry: TallyEntry): string {
    return tallyKey(
      entry.tenant,
      entry.account,
      entry.price,
      entry.meter,
      this.resource(entry.resource),
      entry.periodStartMs,
      entry.cell ?? '',
    );
  }

  /** As the reference names a level. */
  level({ tenant, meter, resource, metric }: LevelEntry): string {
    return `${tenant} ${meter} ${this.resource(resource)} ${metric}`;
  }

  resource(id: number): string {
    return this.#resources[id] ?? `(unknown resource ${id})`;
  }

  hasResource(id: number): boolean {
    return this.#resources[id] !== undefined;
  }

  tally(id: number): string {
    return this.#tallies[id] ?? `(unknown tally ${id})`;
  }

  counter(id: number): string {
    return this.#counters[id] ?? `(unknown series ${id})`;
  }

  #add(list: string[], id: number, name: string, what: string, faults: Faults): void {
    if (id !== list.length) faults.add('RERATE', `${what} has id ${id}, should be ${list.length}`);
    list[id] = name;
  }
}
