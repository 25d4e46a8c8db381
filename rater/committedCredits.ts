/** What is committed of credits: grants, what they paid for, and wallets, by tenant. */
import type { CreditsReply } from '#core/messages/balances.ts';
import type { CommitHeader } from '#core/messages/rated.ts';
import { allCredits, type CreditValues } from '#core/rating/credits/values.ts';
import { placeKey } from '#core/rating/credits/tenantCredits.ts';
import type { PartitionState } from '#core/rating/state.ts';

interface Books {
  readonly grants: Map<string, CreditsReply['grants'][number]>;
  readonly lines: Map<string, CreditsReply['lines'][number]>;
  readonly wallets: Map<string, CreditsReply['wallets'][number]>;
}

export class CommittedCredits {
  readonly #books = new Map<string, Books>();

  constructor({ tenants }: PartitionState) {
    for (const tenant of tenants.values()) if (tenant.credits !== undefined) this.apply(allCredits(tenant));
  }

  apply({ creditGrants = [], creditLines = [], wallets = [] }: CreditValues | CommitHeader): void {
    for (const state of creditGrants) this.#of(state.tenant).grants.set(state.grant, state);
    for (const line of creditLines) this.#of(line.tenant).lines.set(placeKey(line), line);
    for (const state of wallets) this.#of(state.tenant).wallets.set(state.wallet, state);
  }

  of(tenant: string): CreditsReply {
    const books = this.#books.get(tenant);
    if (books === undefined) return { grants: [], lines: [], wallets: [] };
    return {
      grants: [...books.grants.values()],
      lines: [...books.lines.values()],
      wallets: [...books.wallets.values()],
    };
  }

  #of(tenant: string): Books {
    let books = this.#books.get(tenant);
    if (books === undefined)
      this.#books.set(tenant, (books = { grants: new Map(), lines: new Map(), wallets: new Map() }));
    return books;
  }
}
