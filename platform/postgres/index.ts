export { migrate } from './migrate.ts';
export { openDatabase, type Database } from './open.ts';
