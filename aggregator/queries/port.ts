import type { LiveState, RatedRow, RefusalTotal, Trust } from '#core/messages/api.ts';
import type { PricingUnitRecord } from '#core/messages/pricingUnit.ts';
import type { Refusal } from '#core/messages/rated.ts';
import type { SettlementPlace, TallyPlace, TallyRows, Witness } from '#core/messages/stored.ts';
import type { Aggregator } from '../main.ts';
import * as figures from './figures.ts';
import { listCreditEntries, type CreditPage } from './credits.ts';
import { listRefusals, totalRefusals, type RefusalPage } from './refusals.ts';
import { placeOf, reversedRow, reversingRow, rowById } from './rows.ts';
import { settlementRows } from './settlement.ts';
import * as tally from './tally.ts';

/** What the aggregator asks of master data; billing keeps it, the office hands it in. */
export interface MasterFacts {
  /** Throws when there is no such tenant. */
  tenant(tenant: string): Promise<{ readonly timeZone: string; readonly currency: string; readonly partition: number }>;
  /** Units of the quantities of rows, by meter: "us", "By.ms". */
  units(tenant: string): Promise<ReadonlyMap<string, string>>;
  pricingUnits(tenant: string): Promise<readonly PricingUnitRecord[]>;
  /** Accounts of type `suspense`. */
  suspenseAccounts(tenant: string): Promise<readonly number[]>;
}

/** The store as the dashboards ask it; every function that takes a tenant answers for that tenant only. */
export function storePort(aggregator: Aggregator, master: MasterFacts) {
  const { store } = aggregator;
  return {
    row: (tenant: string, rowId: string): Promise<RatedRow | undefined> => rowById(store, tenant, rowId),

    reversedRow: (tenant: string, row: RatedRow): Promise<RatedRow | undefined> => reversedRow(store, tenant, row),
    reversingRow: (tenant: string, row: RatedRow): Promise<RatedRow | undefined> => reversingRow(store, tenant, row),

    tallyRows: (tenant: string, place: TallyPlace, outSeqMax?: number): Promise<TallyRows> =>
      tally.tallyRows(store, tenant, place, outSeqMax),

    tallyWitness: (tenant: string, place: TallyPlace, row: RatedRow, witness: Witness): Promise<string | undefined> =>
      tally.tallyWitness(store, tenant, place, placeOf(row.id)!, witness),

    settlementRows: (tenant: string, place: SettlementPlace, outSeqMax: number) =>
      settlementRows(store, tenant, place, outSeqMax),

    resourceId: (tenant: string, name: string): Promise<number | undefined> => tally.resourceId(store, tenant, name),

    async minutes(
      tenant: string,
      range: { readonly partition: number; readonly outSeqMax: number; readonly fromMs: number },
    ): Promise<readonly (readonly [number, string])[] | undefined> {
      const isLoaded = aggregator.position(range.partition).outSeq >= range.outSeqMax;
      const { currency } = await master.tenant(tenant);
      return isLoaded ? figures.minutes(store, tenant, { ...range, currency }) : undefined;
    },

    topResources: async (
      tenant: string,
      period: { readonly startMs: number; readonly endMs: number },
    ): Promise<LiveState['topResources']> => {
      const { currency } = await master.tenant(tenant);
      return figures.topResources(store, tenant, { ...period, currency });
    },

    async trust(
      tenant: string,
    ): Promise<Pick<Trust, 'checkedAtMs' | 'difference' | 'loadLag' | 'suspenseResources' | 'unpricedSamples'>> {
      const { partition } = await master.tenant(tenant);
      const checked = await aggregator.reconcile();
      return {
        checkedAtMs: checked.checkedAtMs,
        difference: checked.differenceByTenant.get(tenant) ?? '0',
        loadLag: await aggregator.lagSamples(partition),
        suspenseResources: await figures.countResources(store, tenant, await master.suspenseAccounts(tenant)),
        unpricedSamples: await figures.countUnpriced(store, tenant),
      };
    },

    creditEntries: (tenant: string, page: CreditPage) => listCreditEntries(store, tenant, page),
    refusals: (tenant: string, page: RefusalPage): Promise<readonly Refusal[]> => listRefusals(store, tenant, page),

    refusalTotals: (tenant: string): Promise<readonly RefusalTotal[]> => totalRefusals(store, tenant),

    loadedSeq: (partition: number): Promise<number> => Promise.resolve(aggregator.position(partition).outSeq),

    rowCount: (): Promise<number> => figures.countSamples(store),
  };
}
