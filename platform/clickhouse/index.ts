import { openEmbedded } from './embedded.ts';
import { openServer } from './server.ts';
import type { Store } from './types.ts';

export type { Parameter, Parameters, Store } from './types.ts';
export { tsvDecimals, tsvInstant, tsvLine, type Field } from './tsv.ts';

const embeddedPrefix = 'embedded:';

/**
 * Opens the store that the configuration names: `embedded:<directory>` in this process, else a server's http(s) URL.
 * The database is made when missing; its name is ours, never a user's. So many loaders will write into it at once.
 */
export function openStore(url: string, database = 'meterline', writers = 1): Promise<Store> {
  return url.startsWith(embeddedPrefix)
    ? openEmbedded(url.slice(embeddedPrefix.length), database, writers)
    : openServer(url, database);
}
