/** Ports that answer from memory, for tests of the dashboards alone. */
import type { BudgetRecord, MeterRecord, ProducerRecord, TenantRecord, AccountRecord } from '#core/messages/control.ts';
import type { RatedRow } from '#core/messages/api.ts';
import type { Identity } from '#platform/http/index.ts';
import { MeterlineError } from '#core/errors.ts';
import type { ApprovedPrice, Ports } from '../ports.ts';

export interface Memory {
  tenants: (TenantRecord & { readonly partition: number })[];
  budgets: Map<string, BudgetRecord[]>;
  producers: Map<string, ProducerRecord[]>;
  accounts: AccountRecord[];
  prices: ApprovedPrice[];
  meters: MeterRecord[];
  rows: (RatedRow & { readonly tenant: string })[];
  credentials: Map<string, Identity>;
  loginTokens: Map<string, string>;
  minutes: readonly (readonly [number, string])[] | undefined;
  nowMs: () => number;
}

export const tenantRecord = (id: string, partition = 0): Memory['tenants'][number] => ({
  id,
  name: id,
  currency: 'EUR',
  timeZone: 'Europe/Berlin',
  partition,
});

export const emptyMemory = (tenants: readonly string[], nowMs: () => number): Memory => ({
  tenants: tenants.map((id) => tenantRecord(id)),
  budgets: new Map(),
  producers: new Map(),
  accounts: [],
  prices: [],
  meters: [],
  rows: [],
  credentials: new Map(),
  loginTokens: new Map(),
  minutes: [],
  nowMs,
});

export function memoryPorts(memory: Memory): Ports {
  return {
    access: {
      authenticate: async (credential) => memory.credentials.get(credential),
      async redeemLogin(token) {
        const session = memory.loginTokens.get(token);
        memory.loginTokens.delete(token);
        if (session === undefined) {
          throw new MeterlineError(
            'LOGIN_LINK_INVALID',
            { status: 401, title: 'Used up.', solve: 'Make a new one.' },
            '',
          );
        }
        return { token: session, expiresAtMs: memory.nowMs() + 3_600_000 };
      },
      endSession: async (session) => void memory.credentials.delete(session),
    },
    master: {
      tenants: async () => memory.tenants,
      budgets: async (tenant) => memory.budgets.get(tenant) ?? [],
      producers: async (tenant) => memory.producers.get(tenant) ?? [],
      accounts: async () => memory.accounts,
      prices: async () => memory.prices,
      price: async (_tenant, id) => memory.prices.find((price) => price.id === id),
      fees: async () => [],
      agreements: async () => [],
      correction: async () => undefined,
      pricingUnits: async () => [],
      series: async () => undefined,
      meter: async (_tenant, id) => memory.meters.find((meter) => meter.id === id),
    },
    store: {
      row: async (tenant, rowId) => memory.rows.find((row) => row.id === rowId && row.tenant === tenant),
      reversedRow: async () => undefined,
      reversingRow: async () => undefined,
      tallyRows: async () => ({
        first: { partition: 0, outSeq: 0 },
        last: { partition: 0, outSeq: 0 },
        quantity: '0',
        amount: '0',
      }),
      tallyWitness: async () => undefined,
      settlementRows: async () => ({ lines: [], agreed: [] }),
      resourceId: async () => undefined,
      minutes: async () => memory.minutes,
      topResources: async () => [],
      trust: async () => ({ checkedAtMs: 1, difference: '0', loadLag: 0, suspenseResources: 0, unpricedSamples: 0 }),
      creditEntries: async () => [],
      refusals: async () => [],
      refusalTotals: async () => [],
      loadedSeq: async () => 0,
      rowCount: async () => 0,
    },
    desk: {
      archived: async () => [],
      replay: async () => ({ auditId: 'a' }),
      test: async (_by, target) => ({ id: `${target}~t`, auditId: 'a' }),
    },
    raterLatency: async () => ({ p50: 1, p99: 2 }),
    pressure: () => ({ asOfMs: 0, state: 'ok', stages: [] }),
    now: memory.nowMs,
  };
}
