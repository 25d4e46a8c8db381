/** The level's total with its watermark, and the proof on the spot that it adds up. */
import { useEffect, useState } from 'react';
import type { Explore } from '#core/messages/api.ts';
import type { AccountRecord } from '#core/messages/control.ts';
import { useTenant } from '../../app/session.tsx';
import { Amount } from '../../components/Amount.tsx';
import { WorthText } from '../../components/WorthText.tsx';
import { rootsOf } from '../../format/accountTree.ts';
import { formatMoneyExact, isZero, subtractAmounts, sumAmounts } from '../../format/money.ts';
import { formatSpanKey, spanKind } from '../../format/period.ts';
import { formatCount, plural } from '../../format/quantity.ts';
import { formatInstant } from '../../format/time.ts';
import { useLiveSnapshot } from '../../live/hooks.ts';
import { reconcile } from '../../live/state.ts';
import type { LevelGroup } from './levelGroups.ts';
import type { Scope } from './scope.ts';

interface SumProps {
  readonly answer: Explore;
  readonly groups: readonly LevelGroup[];
  readonly scope: Scope;
  readonly accounts: readonly AccountRecord[];
  readonly askAgain: () => void;
}

/** Answers that may miss before the page calls it a difference; loading lags by a second or two. */
const triesMax = 8;
const askAgainMs = 1500;

export function Sum({ answer, groups, scope, accounts, askAgain }: SumProps) {
  const { timeZone } = useTenant();
  const { total, asOf, currency } = answer;
  return (
    <section className="sum" aria-label="Total">
      <h2>
        {scope.account?.name ?? 'All accounts'}{' '}
        <span className="quiet">
          charged {spanKind(scope.periodKey) === 'month' ? 'in' : 'on'} {formatSpanKey(scope.periodKey)}
        </span>
      </h2>
      <div className="sum-total">
        <Amount amount={total.amount} currency={currency} symbol testId="explore-total" />
      </div>
      {answer.worth !== undefined && <WorthText worth={answer.worth} unit={currency} />}
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

/** Compares with the running balance from the answer's commit on; asks again while the two have not met. */
function BalanceCheck({ answer, scope, accounts, askAgain }: Omit<SumProps, 'groups'>) {
  const ids = scope.account === undefined ? rootsOf(accounts).map((account) => account.id) : [scope.account.id];
  const view = useLiveSnapshot().view;
  const result = view === null ? undefined : reconcile(view, ids, answer.asOf.outSeq, answer.total.amount);
  const tries = useTries(result !== undefined && result.found !== 'equal', answer, askAgain);
  if (result?.found === 'equal') {
    return (
      <Check testId="balance-difference" difference="0" currency={answer.currency}>
        {[`adds up to the running balance of commit ${formatCount(result.outSeq)}`, '']}
      </Check>
    );
  }
  if (result?.found === 'differs' && tries >= triesMax) {
    return (
      <Check testId="balance-difference" difference={result.difference} currency={answer.currency}>
        {['', 'does not add up to the running balance']}
      </Check>
    );
  }
  return (
    <li
      className="quiet"
      data-testid="balance-difference"
      data-state={result?.found === 'between' ? 'between' : 'waiting'}
    >
      {result?.found === 'between'
        ? `… between the balances of commits ${formatCount(result.fromSeq)} and ${formatCount(result.toSeq)}, which came together`
        : '… waiting for the balance of that commit'}
    </li>
  );
}

/** Counts the answers that did not fit, and asks for the next a moment later; a fitting one starts the count anew. */
function useTries(unmet: boolean, answer: Explore, askAgain: () => void): number {
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (!unmet) {
      setTries(0);
      return;
    }
    const timer = window.setTimeout(() => {
      setTries((count) => count + 1);
      askAgain();
    }, askAgainMs);
    return () => window.clearTimeout(timer);
  }, [unmet, answer, askAgain]);
  return tries;
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
