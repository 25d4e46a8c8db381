/**
 * Sets up an empty database in the folder named by the argument. A process of its own, since the engine's set-up takes
 * some 500 MiB that a process never gives back.
 */
import { PGlite } from '@electric-sql/pglite';

const engine = await PGlite.create(process.argv[2]!);
await engine.close();
