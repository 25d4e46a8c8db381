/** What agreements make of lines, for whoever explains or checks a row: asked of the functions that book them. */
import type { AgreementRecord } from '../../messages/agreement.ts';
import { isIn } from '../../spend/bounds.ts';
import { draws } from '../../spend/commitment.ts';
import type { DiscountUse } from '../../spend/discounts.ts';
import { isTaken } from '../../spend/discounts.ts';
import { boundOf, commitmentOf, discountOf } from '../../spend/agreements.ts';
import { isWithin, type NodeRow, type Parents, type SpendLine } from '../../spend/lines.ts';
import { settle } from '../../spend/settle.ts';
import type { Period } from '../../time/period.ts';
import type { Account } from '../state.ts';
import type { Line } from './settlement.ts';
import { makeView, type LineFacts } from './view.ts';

export interface SettledQuestion {
  readonly facts: LineFacts;
  readonly unit: Pick<Account, 'record'>;
  readonly period: Period;
  readonly lines: readonly Line[];
  /** The newest of each key. */
  readonly agreements: readonly AgreementRecord[];
  /** What discounts took in the periods before. */
  readonly use: DiscountUse;
  readonly closed: boolean;
}

/** The rows as they must be booked in all; of a commitment those of its first period alone, for later ones go on from it. */
export function settledRows(question: SettledQuestion): readonly NodeRow[] {
  const { facts, unit, period, lines, agreements, use, closed } = question;
  const { terms, parents, merged } = makeView({ unit, period, lines }, facts, agreements);
  const commitments = terms.commitments.map((one) => ({ ...one, before: 0n, booked: [] }));
  const spend = [...merged.values()].map((line) => ({ ...line, net: line.list }));
  return settle(spend, { ...terms, use, commitments }, parents, period, closed).rows;
}

/** Whether the agreement looks at a line. */
export function covers(agreement: AgreementRecord, line: Omit<SpendLine, 'net'>, parents: Parents): boolean {
  const { terms } = agreement;
  if (terms.kind === 'discount') return isTaken(line, discountOf(agreement, terms), parents);
  if (terms.kind === 'commitment') return draws(line, commitmentOf(agreement, terms), parents);
  const bound = boundOf(agreement, terms);
  return isIn(line, bound) && isWithin(line.account, bound.account, parents);
}
