/** BALANCES: what the running rater answers against the reference, at the very commit that it answers for. */
import { compareBalance } from '#core/reference/audit/values.ts';
import type { BalanceReply } from '#core/messages/balances.ts';
import { balanceKey, type Balance } from '#core/reference/state.ts';
import { sleep } from '#platform/lifecycle.ts';
import { verifyLimits } from './limits.ts';
import type { PartitionAudit } from './partition.ts';
import type { Source } from './source.ts';

/** Audits on to the commit of each answer and compares there. Answers how many balances were compared. */
export async function compareLive(
  audit: PartitionAudit,
  source: Required<Pick<Source, 'balances'>>,
  onCommit: () => void,
): Promise<number> {
  const { auditor, partition } = audit;
  let compared = 0;
  for (const tenant of auditor.state.tenants.keys()) {
    const reply = await answer(() => source.balances(partition, tenant), audit);
    if (reply === undefined) return compared;
    await audit.advance(reply.outSeq, onCommit);
    compared += compareReply(reply, tenant, audit);
  }
  return compared;
}

/** The rater's answer; a partition between two owners has none for a moment. */
export async function answer(
  ask: () => Promise<BalanceReply>,
  { auditor, partition, seq }: PartitionAudit,
): Promise<BalanceReply | undefined> {
  const deadline = performance.now() + verifyLimits.answerMsMax;
  for (;;) {
    try {
      const reply = await ask();
      if (reply.outSeq >= seq) return reply;
      throw new Error(`it answers for commit ${reply.outSeq}, which is older than ${seq}`);
    } catch (error) {
      if (performance.now() < deadline) {
        await sleep(verifyLimits.answerPollMs);
        continue;
      }
      auditor.faults.add(
        'BALANCES',
        `partition ${partition}: the rater does not answer: ${error instanceof Error ? error.message : String(error)}`,
      );
      return undefined;
    }
  }
}

function compareReply(reply: BalanceReply, tenant: string, { auditor, partition }: PartitionAudit): number {
  const { state, faults } = auditor;
  const where = `partition ${partition}, the rater's answer at ${reply.outSeq}`;
  const found = new Map(
    reply.balances.map((entry) => [
      balanceKey(entry.tenant, entry.account, entry.periodStartMs, entry.currency),
      entry,
    ]),
  );
  const oldest = reply.logTimeMs - verifyLimits.answeredAgeMsMax;
  const isAnswered = (balance: Balance) => balance.tenant === tenant && balance.month.endMs >= oldest;
  const wanted = [...state.balances.entries()].filter(([, balance]) => isAnswered(balance)).map(([key]) => key);
  const keys = new Set([...found.keys(), ...wanted]);
  for (const key of keys) compareBalance(key, found, state, where, faults);
  faults.same('CONSERVE', `${where}: samples`, reply.totals.samples, state.samples);
  faults.same('FENCE', `${where}: hash`, reply.hash, auditor.chain.hash);
  return keys.size;
}
