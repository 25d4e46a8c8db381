/** The level's total with its watermark, and the proof on the spot that it adds up. */
import { useEffect } from 'react';
import type { Explore } from '#core/messages/api.ts';
import type { AccountRecord } from '#core/messages/control.ts';
import { useTenant } from '../../app/session.tsx';
import { Amount } from '../../components/Amount.tsx';
import { rootsOf } from '../../format/accountTree.ts';
import { formatMoneyExact, isZero, subtractAmounts, sumAmounts } from '../../format/money.ts';
import { formatSpanKey } from '../../format/period.ts';
import { formatCount, plural } from '../../format/quantity.ts';
import { formatInstant } from '../../format/time.ts';
import { useLive } from '../../live/hooks.ts';
import { balanceAt } from '../../live/state.ts';
import type { LevelGroup } from './levelGroups.ts';
import type { Scope } from './scope.ts';

interface SumProps {
  readonly answer: Explore;
  readonly groups: readonly LevelGroup[];
  readonly scope: Scope;
  readonly accounts: readonly AccountRecord[];
  readonly askAgain: () => void;
}

const askAgainMs = 1500;

export function Sum({ answer, groups, scope, accounts, askAgain }: SumProps) {
  const { timeZone } = useTenant();
  const { total, asOf, currency } = answer;
  return (
    <section className="sum" aria-label="Total">
      <h1>
        {scope.account?.name ?? 'All accounts'}{' '}
        <span className="quiet">charged in {formatSpanKey(scope.periodKey)}</span>
      </h1>
      <div className="sum-total">
        <Amount amount={total.amount} currency={currency} symbol testId="explore-total" />
      </div>
      <p className="quiet">
        {plural(total.samples, 'sample')} · as of {formatInstant(asOf.logTimeMs, timeZone)} ({timeZone}), commit{' '}
        {formatCount(asOf.outSeq)}
      </p>
      <ul className="sum-checks">
        <PartsCheck answer={answer} groups={groups} />
        {scope.isBalance && <BalanceCheck answer={answer} scope={scope} accounts={accounts} askAgain={askAgain} />}
      </ul>
    </section>
  );
}

function PartsCheck({ answer, groups }: { answer: Explore; groups: readonly LevelGroup[] }) {
  const parts = sumAmounts([...groups.map((group) => group.amount), answer.other.amount]);
  const difference = subtractAmounts(answer.total.amount, parts);
  return (
    <Check testId="parts-difference" difference={difference} currency={answer.currency}>
      {['the parts below add up to it', 'the parts below do not add up to it']}
    </Check>
  );
}

/** Compares with the balance as of the very commit that the store's answer stands at; asks again until it knows both. */
function BalanceCheck({ answer, scope, accounts, askAgain }: Omit<SumProps, 'groups'>) {
  const ids = scope.account === undefined ? rootsOf(accounts).map((account) => account.id) : [scope.account.id];
  const balance = useLive((view) => balanceAt(view, ids, answer.asOf.outSeq));
  const waiting = balance === undefined;
  useEffect(() => {
    if (!waiting) return;
    const timer = window.setTimeout(askAgain, askAgainMs);
    return () => window.clearTimeout(timer);
  }, [waiting, answer, askAgain]);
  if (balance === undefined) {
    return (
      <li className="quiet" data-testid="balance-difference" data-state="waiting">
        … comparing with the balance as of commit {formatCount(answer.asOf.outSeq)}
      </li>
    );
  }
  return (
    <Check
      testId="balance-difference"
      difference={subtractAmounts(answer.total.amount, balance)}
      currency={answer.currency}
    >
      {['adds up to the running balance of that commit', 'does not add up to the running balance of that commit']}
    </Check>
  );
}

interface CheckProps {
  readonly testId: string;
  readonly difference: string;
  readonly currency: string;
  /** What holds, and what to say when it does not. */
  readonly children: readonly [string, string];
}

function Check({ testId, difference, currency, children }: CheckProps) {
  const ok = isZero(difference);
  return (
    <li
      className={ok ? 'check-ok' : 'check-bad'}
      data-testid={testId}
      data-amount={difference}
      data-state={ok ? 'ok' : 'differs'}
    >
      {ok ? '✓' : '✗'}{' '}
      <span>
        {children[ok ? 0 : 1]}: difference {ok ? '0' : formatMoneyExact(difference, currency)}
      </span>
    </li>
  );
}
