/** The rules of credits a second time, coin by coin, as plainly as can be: the tests compare the machine with it. */
import { formatAmount, parseAmount } from '../../money/fixed.ts';
import type { CreditEvent, Grant } from '../records.ts';

interface Purse {
  grant: Grant;
  coins: bigint;
  isOver: boolean;
  isOn: boolean;
}

interface Debt {
  of: string;
  path: readonly number[];
  periodMs: number;
  service: string;
  unit: string;
  /** Who paid each coin, the last last. */
  paidBy: Purse[];
  open: bigint;
  since: number;
  /** Turn of its last charge. */
  last: number;
}

export function slowCredits(events: readonly CreditEvent[]) {
  const purses: Purse[] = [];
  const debts = new Map<string, Debt>();
  let returned = 0n;
  let turn = 0;

  const rank = ({ grant }: Purse) =>
    [
      grant.priority,
      grant.expiresAtMs ?? Infinity,
      grant.kind === 'promotional' ? 0 : 1,
      grant.effectiveAtMs,
      grant.id,
    ] as const;
  const before = (a: Purse, b: Purse): number => {
    const [left, right] = [rank(a), rank(b)];
    for (let i = 0; i < left.length; i += 1) if (left[i] !== right[i]) return left[i]! < right[i]! ? -1 : 1;
    return 0;
  };
  const covers = (purse: Purse, debt: Pick<Debt, 'path' | 'service' | 'unit'>): boolean =>
    purse.grant.unit === debt.unit &&
    debt.path.includes(purse.grant.account) &&
    (purse.grant.scope.services ?? [debt.service]).includes(debt.service);

  function turnOn(purse: Purse): void {
    purse.isOn = true;
    if (!purse.grant.coversOverage) return;
    const waiting = [...debts.values()].filter((debt) => debt.open > 0n && covers(purse, debt));
    for (const debt of waiting.sort((a, b) => a.since - b.since || (a.of < b.of ? -1 : 1)))
      while (debt.open > 0n && purse.coins > 0n) {
        purse.coins -= 1n;
        debt.open -= 1n;
        debt.paidBy.push(purse);
      }
  }

  function add(grant: Grant, nowMs: number): void {
    const purse = { grant, coins: parseAmount(grant.amount)!, isOver: false, isOn: false };
    purses.push(purse);
    if (grant.effectiveAtMs <= nowMs) turnOn(purse);
  }

  /** Looks at every millisecond. */
  function pass(nowMs: number): void {
    const ending = purses.filter(
      ({ grant, isOver, isOn }) =>
        isOn && !isOver && grant.expiresAtMs !== null && grant.expiresAtMs + grant.graceMs === nowMs,
    );
    for (const purse of ending.sort(before)) {
      const { rollover, ...grant } = purse.grant;
      const cap = rollover?.maximum == null ? purse.coins : parseAmount(rollover.maximum)!;
      const kept = rollover === undefined ? 0n : purse.coins < cap ? purse.coins : cap;
      purse.isOver = true;
      purse.coins = 0n;
      if (kept === 0n || rollover === undefined) continue;
      const next = {
        ...grant, id: `${grant.id}+`, amount: formatAmount(kept), effectiveAtMs: grant.expiresAtMs!,
        expiresAtMs: grant.expiresAtMs! + rollover.forMs,
        ...(rollover.timesMax > 1 ? { rollover: { ...rollover, timesMax: rollover.timesMax - 1 } } : {}),
      }; // prettier-ignore
      add(next, nowMs);
    }
    const starting = purses.filter(({ grant, isOver, isOn }) => !isOn && !isOver && grant.effectiveAtMs === nowMs);
    for (const purse of starting.sort(before)) turnOn(purse);
  }

  let clockMs = 0;
  for (const event of events) {
    for (; clockMs < event.atMs;) pass((clockMs += 1));
    if (event.kind === 'grant') {
      const { grant } = event;
      if (grant.expiresAtMs === null || grant.expiresAtMs + grant.graceMs > event.atMs) add(grant, event.atMs);
    } else if (event.kind === 'void') {
      const purse = purses.find(({ grant }) => grant.id === event.grant);
      if (purse === undefined) continue;
      [purse.isOver, purse.coins] = [true, 0n];
      if (event.owes !== true) continue;
      for (const debt of debts.values()) {
        const before = debt.open;
        debt.open += BigInt(debt.paidBy.filter((payer) => payer === purse).length);
        debt.paidBy = debt.paidBy.filter((payer) => payer !== purse);
        if (before <= 0n && debt.open > 0n) debt.since = turn;
      }
    } else if (event.kind === 'charge') {
      turn += 1;
      const { of, path, periodMs, service, unit, usageMs } = event;
      const debt = debts.get(of) ?? { of, path, periodMs, service, unit, paidBy: [], open: 0n, since: 0, last: 0 };
      debts.set(of, debt);
      debt.last = turn;
      for (let coin = 0n; coin < event.amount; coin += 1n) {
        const inForce = purses.filter(
          (purse) =>
            purse.isOn && !purse.isOver && covers(purse, event) &&
            (purse.grant.coversOverage || usageMs >= purse.grant.effectiveAtMs) &&
            (purse.grant.expiresAtMs === null || usageMs < purse.grant.expiresAtMs),
        ); // prettier-ignore
        const queue = inForce.sort(before);
        const stop = queue.findIndex(({ grant }) => grant.blocks);
        const payer = (stop < 0 ? queue : queue.slice(0, stop + 1)).find(({ coins }) => coins > 0n);
        if (debt.open < 0n || payer === undefined) {
          debt.open += 1n;
          if (debt.open === 1n) debt.since = turn;
        } else {
          payer.coins -= 1n;
          debt.paidBy.push(payer);
        }
      }
      const others = [...debts.values()]
        .filter((one) => one !== debt && one.unit === unit && one.periodMs === periodMs && one.path.includes(path[0]!))
        .sort((a, b) => b.last - a.last);
      for (let coin = 0n; coin < -event.amount; coin += 1n) {
        const from = [debt, ...others].find((one) => one.open > 0n || one.paidBy.length > 0);
        if (from === undefined) debt.open -= 1n;
        else if (from.open > 0n) from.open -= 1n;
        else {
          const payer = from.paidBy.pop()!;
          if (!payer.isOver) payer.coins += 1n;
          else if (payer.grant.kind === 'prepaid') returned += 1n;
        }
      }
    }
  }
  return {
    left: purses.map(({ grant, coins }) => [grant.id, coins] as const),
    overage: [...debts].map(([of, { open }]) => [of, open] as const),
    returned,
  };
}
