/**
 * Creates an empty embedded database in the folder named by the argument. It runs as a process of its own, since the
 * engine's set-up takes some 500 MiB that a process never gives back.
 */
import { PGlite } from '@electric-sql/pglite';
import { syncTree } from './durableFs.ts';

const dir = process.argv[2]!;
const engine = await PGlite.create(dir);
await engine.close();
syncTree(dir);
