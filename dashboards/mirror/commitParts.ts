import type { CommitHeader } from '#core/messages/rated.ts';

type Parts = { -readonly [Key in 'balances' | 'budgets' | 'producers' | 'alerts']: CommitHeader[Key][number][] } & {
  /** Whether a grant or a wallet changed. */
  hasCredits: boolean;
};

/** The parts of a commit that pages show, by tenant; tenants that it does not touch are absent. */
export function byTenant(header: CommitHeader): Map<string, Parts> {
  const parts = new Map<string, Parts>();
  const of = (tenant: string): Parts => {
    let found = parts.get(tenant);
    if (found === undefined)
      parts.set(tenant, (found = { balances: [], budgets: [], producers: [], alerts: [], hasCredits: false }));
    return found;
  };
  for (const entry of header.balances) of(entry.tenant).balances.push(entry);
  for (const state of header.budgets) of(state.tenant).budgets.push(state);
  for (const state of header.producers) of(state.tenant).producers.push(state);
  for (const alert of header.alerts) of(alert.tenant).alerts.push(alert);
  for (const { tenant } of [...(header.creditGrants ?? []), ...(header.wallets ?? [])]) of(tenant).hasCredits = true;
  return parts;
}
