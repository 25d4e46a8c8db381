/** When a wallet is low, empty, topped up or let go, each said once (SPEC §14.6–14.8). */
import type { CreditAlert, WalletRecord, WalletStateName } from '../../messages/credit.ts';
import { formatAmount, parseAmount } from '../../money/fixed.ts';
import { leftIn } from './left.ts';
import type { CreditRun } from './pay.ts';
import type { Wallet, WalletTerms } from './tenantCredits.ts';

const rank: Readonly<Record<WalletStateName, number>> = { covered: 0, low: 1, empty: 2 };

/** `isBegun`: a grant of it has taken effect. `isChanged`: its record came anew, after `before`. */
export function evaluateWallet(
  run: CreditRun,
  record: WalletRecord,
  isBegun: boolean,
  isChanged: boolean,
  before: WalletTerms | undefined,
): void {
  const wallet = run.tenant.credits!.wallets.get(record.id)!;
  const was = JSON.stringify(wallet);
  const left = leftIn(run.tenant, record);
  const tell = (type: CreditAlert['type'], action: CreditAlert['action'], more: Partial<CreditAlert> = {}): void =>
    run.alert({
      id: `${run.tenant.id}:wallet:${record.id}:${type.slice('credit.'.length)}:${wallet.arming}`,
      ...alertOf(run, record, wallet, left),
      type,
      action,
      ...more,
    });
  if (isChanged && before !== undefined) changeTerms(record, wallet, before, tell);
  const level: WalletStateName = left <= 0n ? 'empty' : left <= parseAmount(record.lowAt)! ? 'low' : 'covered';
  const isBetter = rank[level] < rank[wallet.state];
  const letsGo = wallet.state === 'empty' && record.action !== 'notify' ? 'release' : 'notify';
  const isClear = left > parseAmount(record.clearAt ?? record.lowAt)!;
  if (isBegun && (isBetter || wallet.isAsked)) {
    arm(wallet);
    if (isBetter) wallet.state = level;
    if (isBetter) tell('credit.topped_up', letsGo);
  } else if (isBetter && (isChanged || isClear)) {
    arm(wallet);
    wallet.state = level;
    tell('credit.released', letsGo);
  }
  if (wallet.state === 'covered' && level !== 'covered') {
    wallet.state = 'low';
    tell('credit.low', 'notify', { severity: 'warning' });
  }
  if (wallet.state !== 'empty' && level === 'empty') {
    wallet.state = 'empty';
    tell('credit.empty', record.action, { severity: 'critical' });
  }
  const { topUp } = record;
  if (topUp !== undefined && !wallet.isAsked && left < parseAmount(topUp.below)!) {
    wallet.isAsked = true;
    tell('credit.top_up_requested', 'notify', { topUp: topUp.amount });
  }
  if (JSON.stringify(wallet) !== was || (isChanged && before === undefined)) run.changes.wallet(run.tenant.id, wallet);
}

/** Another action takes the place of the one that an empty wallet has asked for; another top-up is asked for anew. */
function changeTerms(
  { action, topUp }: WalletRecord,
  wallet: Wallet,
  before: WalletTerms,
  tell: (type: CreditAlert['type'], action: CreditAlert['action']) => void,
): void {
  const isOtherTopUp = topUp?.below !== before.topUp?.below || topUp?.amount !== before.topUp?.amount;
  const isOtherAction = wallet.state === 'empty' && action !== before.action;
  if (isOtherAction || (wallet.isAsked && isOtherTopUp)) wallet.arming += 1;
  if (isOtherTopUp) wallet.isAsked = false;
  if (!isOtherAction) return;
  wallet.state = 'low';
  if (before.action !== 'notify') tell('credit.released', 'release');
}

function arm(wallet: Wallet): void {
  wallet.arming += 1;
  wallet.isAsked = false;
}

function alertOf(run: CreditRun, record: WalletRecord, wallet: Wallet, left: bigint) {
  const { tenant, logTimeMs, cause, trace } = run;
  const { id, name, account, currency, lowAt, targets } = record;
  return {
    tenant: tenant.id,
    severity: 'info' as const,
    source: `wallet:${id}`,
    account,
    accountSlug: tenant.master.accounts.get(account)!.record.slug,
    state: wallet.state,
    wallet: id,
    walletName: name,
    currency,
    left: formatAmount(left),
    lowAt,
    targets,
    logTimeMs,
    cause,
    trace,
  };
}
