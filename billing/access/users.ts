import type { Role } from '#platform/http/index.ts';
import type { Reader } from '../schema.ts';

export interface UserRow {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly enabled: boolean;
}

export const usersOf = (db: Reader, tenant: string): Promise<UserRow[]> =>
  db
    .selectFrom('member')
    .select(['id', 'name', 'role', 'enabled'])
    .where('tenant', '=', tenant)
    .orderBy('id')
    .execute();
