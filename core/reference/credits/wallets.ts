/** SPEC §14.6–14.8: what a wallet's receivers are told, once. */
import type { CreditAlert, WalletRecord } from '../../messages/credit.ts';
import { byCodeUnit } from '../attribution.ts';
import { decimal, text, zero, type Exact } from '../number.ts';
import type { Outcome, State, Tenant } from '../state.ts';
import { leftOf, type CreditBook, type WalletTrack } from './book.ts';
import type { CreditStep } from './pay.ts';

type Type = CreditAlert['type'];

/** Those whose record came, and those with a grant that something happened to. */
export function look(state: State, tenant: Tenant, book: CreditBook, step: CreditStep, outcome: Outcome): void {
  const moved = new Set([...step.notes.map(({ grant }) => grant), ...[...step.begun].map(({ record }) => record.id)]);
  const isOn = (wallet: WalletRecord, grant: string) => {
    const record = tenant.grants.get(grant);
    return record?.account === wallet.account && record.currency === wallet.currency;
  };
  const wallets = [...tenant.wallets.values()].filter(
    (wallet) => step.changed.has(wallet.id) || [...moved].some((grant) => isOn(wallet, grant)),
  );
  for (const wallet of wallets.sort((a, b) => byCodeUnit(a.id, b.id))) {
    const isBegun = [...step.begun].some(({ record }) => isOn(wallet, record.id));
    const track = book.wallets.get(wallet.id) ?? { state: 'covered', arming: 0, isAsked: false };
    book.wallets.set(wallet.id, track);
    const free = [...book.given.values()].filter(
      ({ record, status }) =>
        status === 'active' && isOn(wallet, record.id) && Object.keys(record.scope ?? {}).length === 0,
    );
    const left = free.reduce((sum, given) => sum.plus(leftOf(given)), zero);
    const before = step.changed.get(wallet.id);
    if (before !== undefined) otherTerms(state, tenant, { wallet, track, left, outcome }, before);
    settle(state, tenant, { wallet, track, left, outcome }, isBegun, step.changed.has(wallet.id));
  }
}

interface Looked {
  readonly wallet: WalletRecord;
  readonly track: WalletTrack;
  readonly left: Exact;
  readonly outcome: Outcome;
}

const levels = ['covered', 'low', 'empty'] as const;

function settle(state: State, tenant: Tenant, looked: Looked, isBegun: boolean, isChanged: boolean): void {
  const { wallet, track, left } = looked;
  const level = left.lte(0) ? 2 : left.lte(decimal(wallet.lowAt)) ? 1 : 0;
  const was = levels.indexOf(track.state);
  const isClear = left.gt(decimal(wallet.clearAt ?? wallet.lowAt));
  const actedOn = track.state === 'empty' && wallet.action !== 'notify';
  const isTopped = isBegun && (level < was || track.isAsked);
  if (isTopped || (level < was && (isClear || isChanged))) {
    track.arming += 1;
    track.isAsked = false;
  }
  if (level < was && (isTopped || isClear || isChanged)) {
    track.state = levels[level]!;
    tell(state, tenant, looked, isTopped ? 'credit.topped_up' : 'credit.released', actedOn ? 'release' : 'notify');
  }
  if (level >= 1 && track.state === 'covered') {
    track.state = 'low';
    tell(state, tenant, looked, 'credit.low', 'notify');
  }
  if (level === 2 && track.state === 'low') {
    track.state = 'empty';
    tell(state, tenant, looked, 'credit.empty', wallet.action);
  }
  if (wallet.topUp === undefined || track.isAsked || left.gte(decimal(wallet.topUp.below))) return;
  track.isAsked = true;
  tell(state, tenant, looked, 'credit.top_up_requested', 'notify', { topUp: wallet.topUp.amount });
}

/** The record came with another action or another top-up. */
function otherTerms(state: State, tenant: Tenant, looked: Looked, before: WalletRecord): void {
  const { wallet, track } = looked;
  const isOtherTopUp = `${wallet.topUp?.below} ${wallet.topUp?.amount}` !== `${before.topUp?.below} ${before.topUp?.amount}`; // prettier-ignore
  const isEmptied = track.state === 'empty' && wallet.action !== before.action;
  if ((isOtherTopUp && track.isAsked) || isEmptied) track.arming += 1;
  if (isOtherTopUp) track.isAsked = false;
  if (!isEmptied) return;
  track.state = 'low';
  if (before.action !== 'notify') tell(state, tenant, looked, 'credit.released', 'release');
}

const severities: Readonly<Record<string, CreditAlert['severity']>> = {
  'credit.low': 'warning',
  'credit.empty': 'critical',
};

function tell(
  state: State,
  tenant: Tenant,
  { wallet, track, left, outcome }: Looked,
  type: Type,
  action: CreditAlert['action'],
  more: Pick<CreditAlert, 'topUp'> | object = {},
): void {
  const because = outcome.because?.tenant === tenant.record.id ? outcome.because : { cause: null, trace: '' };
  outcome.alerts.push({
    id: `${tenant.record.id}:wallet:${wallet.id}:${type.replace('credit.', '')}:${track.arming}`,
    tenant: tenant.record.id,
    type,
    severity: severities[type] ?? 'info',
    source: `wallet:${wallet.id}`,
    account: wallet.account,
    accountSlug: tenant.accounts.get(wallet.account)!.slug,
    action,
    state: track.state,
    wallet: wallet.id,
    walletName: wallet.name,
    currency: wallet.currency,
    left: text(left),
    lowAt: wallet.lowAt,
    targets: wallet.targets,
    logTimeMs: state.logTimeMs,
    cause: because.cause,
    trace: because.trace,
    ...more,
  });
}
