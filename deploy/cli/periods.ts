import type { Command } from 'commander';
import { officeOf } from '../officeClient.ts';
import type { CommonOptions } from './arguments.ts';
import type { SetExitCode } from './program.ts';
import type { AccountChecklist, PeriodList } from '#core/messages/periods.ts';
import { exitCodes, printJson, printLine, printTable } from './report.ts';

interface Moved {
  readonly account: string;
  readonly atMs: number;
  readonly outcome?: 'taken' | 'rejected' | 'pending';
  readonly rejected?: readonly string[];
}

interface CloseFlags extends CommonOptions {
  readonly account: string;
  readonly until: string;
  readonly reason: string;
  readonly without: readonly string[];
}

interface ReopenFlags extends CommonOptions {
  readonly account: string;
  readonly from: string;
  readonly reason: string;
  readonly approvedBy: string;
}

/** `period …`; what the rater rejects, and a checklist that is in the way of a close, end with exit code 1. */
export function addPeriods(verb: (name: string, text: string) => Command, setExitCode: SetExitCode): void {
  const tell = (answer: Moved, json: boolean, text: string): void => {
    const isRejected = answer.outcome === 'rejected';
    setExitCode(isRejected ? exitCodes.holdsNot : exitCodes.holds);
    if (json) return printJson({ ok: !isRejected, ...answer });
    const pending = answer.outcome === 'pending' ? ' The rater has not come to it yet.' : '';
    printLine(isRejected ? `Rejected: ${(answer.rejected ?? []).join('; ')}.` : `${text}${pending}`);
  };
  verb('close', 'close what has ended: usage that comes later is booked in the open period')
    .requiredOption('--account <slug>', 'a root account; all below it close with it')
    .requiredOption('--until <date>', 'first day of the period that stays open, in the zone of the account')
    .requiredOption('--reason <text>', 'kept in the audit log')
    .option('--without <producer...>', 'producers that it does not wait for, which the audit log keeps', [])
    .action(async ({ data, json, account, until, reason, without }: CloseFlags) => {
      const answer = await officeOf(data).send<Moved>('POST', '/periods/close', { account, until, reason, without });
      tell(answer, json, `Periods of ${account} before ${until} are closed.`);
    });
  verb('list', 'root accounts, and until when they are closed').action(async ({ data, json }: CommonOptions) => {
    const answer = await officeOf(data).get<PeriodList>('/periods');
    if (json) return printJson({ ok: true, ...answer });
    printTable([
      ['ACCOUNT', 'CLOSED UNTIL', 'RUNS FROM', 'ZONE', 'CLOSES BY ITSELF'],
      ...answer.accounts.map(({ account, closedUntil, runsFrom, timeZone, closeAfterDays }) => [
        account,
        closedUntil ?? 'never',
        runsFrom,
        timeZone,
        closeAfterDays === null ? 'no' : `${closeAfterDays} days after`,
      ]),
    ]);
  });
  verb('checklist <account>', 'what a close waits for, whose business it is, and what to do')
    .option('--until <date>', 'first day of the period that stays open (default: all that has ended)')
    .action(async (account: string, { data, json, until }: CommonOptions & { readonly until?: string }) => {
      const query = until === undefined ? '' : `?until=${encodeURIComponent(until)}`;
      const path = `/periods/${encodeURIComponent(account)}/checklist${query}`;
      const answer = await officeOf(data).get<AccountChecklist>(path);
      setExitCode(answer.closable ? exitCodes.holds : exitCodes.holdsNot);
      if (json) return printJson({ ok: answer.closable, ...answer });
      printLine(`Periods of ${account} before ${answer.until}: ${answer.closable ? 'can be closed' : 'wait'}.\n`);
      for (const { name, ok, blocks, detail, who, solve } of answer.items) {
        printLine(`${ok ? '✓' : blocks ? '✗' : '!'} ${name.padEnd(10)}  ${detail}`);
        if (!ok) printLine(`              ${who}: ${solve}`);
      }
    });
  verb('reopen', 'open closed periods again')
    .requiredOption('--account <slug>', 'a root account')
    .requiredOption('--from <date>', 'first day of the first period that is to be open again')
    .requiredOption('--reason <text>', 'kept in the audit log')
    .requiredOption('--approved-by <user>', 'who agreed, besides you')
    .action(async ({ data, json, account, from, reason, approvedBy }: ReopenFlags) => {
      const answer = await officeOf(data).send<Moved>('POST', '/periods/reopen', { account, from, reason, approvedBy });
      tell(answer, json, `Periods of ${account} from ${from} on are open again.`);
    });
}
