import type { Command } from 'commander';
import { officeOf } from '../officeClient.ts';
import type { CommonOptions } from './arguments.ts';
import type { SetExitCode } from './program.ts';
import { exitCodes, printJson, printLine } from './report.ts';

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
}

interface ReopenFlags extends CommonOptions {
  readonly account: string;
  readonly from: string;
  readonly reason: string;
  readonly approvedBy: string;
}

/** `period close` and `period reopen`; what the rater rejects ends with exit code 1. */
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
    .action(async ({ data, json, account, until, reason }: CloseFlags) => {
      const answer = await officeOf(data).send<Moved>('POST', '/periods/close', { account, until, reason });
      tell(answer, json, `Periods of ${account} before ${until} are closed.`);
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
