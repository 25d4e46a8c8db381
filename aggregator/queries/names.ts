import type { Store } from '#platform/clickhouse/index.ts';

/** Names of a tenant's resources by their numbers. */
export async function resourceNames(
  store: Store,
  tenant: string,
  ids: readonly number[],
): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const rows = await store.query<{ id: number; name: string }>(
    'SELECT id, name FROM resources WHERE tenant = {tenant:String} AND id IN {ids:Array(UInt32)}',
    { tenant, ids: [...new Set(ids)] },
  );
  return new Map(rows.map((row) => [row.id, row.name]));
}
