/** Where tenants are placed, when an instance is partitioned anew. */
import { placeOf, type Placement } from '#core/messages/names.ts';
import type { Db } from './schema.ts';

/** How many control messages are not in the log yet. */
export async function unpublished(db: Db): Promise<number> {
  const { waiting } = await db
    .selectFrom('outbox')
    .select((eb) => eb.fn.countAll<string>().as('waiting'))
    .where('published_ms', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(waiting);
}

/** Records where each tenant is from now on; answers where it was. Again is a no-op. */
export async function placeTenants(
  db: Db,
  placement: Placement,
): Promise<{ readonly tenant: string; readonly from: number; readonly to: number }[]> {
  return db.transaction().execute(async (tx) => {
    const tenants = await tx.selectFrom('tenant').select(['id', 'partition']).orderBy('id').execute();
    const moved = tenants.map(({ id, partition }) => ({ tenant: id, from: partition, to: placeOf(id, placement) }));
    for (const { tenant, to } of moved)
      await tx.updateTable('tenant').set({ partition: to }).where('id', '=', tenant).execute();
    return moved;
  });
}
