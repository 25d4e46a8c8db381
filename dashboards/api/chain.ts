import type { AccountRecord } from '#core/messages/control.ts';

/** The account, then those above it up to the root; a broken tree ends where it breaks. */
export function chainOf(accounts: readonly AccountRecord[], account: number): AccountRecord[] {
  const byId = new Map(accounts.map((record) => [record.id, record]));
  const chain: AccountRecord[] = [];
  for (let node = byId.get(account); node !== undefined && chain.length < byId.size; node = byId.get(node.parent))
    chain.push(node);
  return chain;
}
