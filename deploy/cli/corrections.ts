import { Option, type Command } from 'commander';
import type { Accounts } from '#core/messages/api.ts';
import type { Correction } from '#core/messages/correction.ts';
import { officeOf } from '../officeClient.ts';
import { wholeNumber, type CommonOptions } from './arguments.ts';
import type { SetExitCode } from './program.ts';
import { exitCodes, printJson, printLine, printTable } from './report.ts';

interface PreviewFlags extends CommonOptions {
  readonly producer?: string;
  readonly epoch?: string;
  readonly fromSeq?: number;
  readonly toSeq?: number;
  readonly from?: string;
  readonly to?: string;
  readonly resource?: string;
  readonly meter?: string;
  readonly correction?: string;
  readonly rerate?: true;
}

type ReasonFlags = CommonOptions & { readonly reason: string };

const seq = wholeNumber(1, Number.MAX_SAFE_INTEGER);

/** `correction …`; one that failed ends with exit code 1. */
export function addCorrections(verb: (name: string, text: string) => Command, setExitCode: SetExitCode): void {
  const tell = async (data: string, json: boolean, correction: Correction): Promise<void> => {
    setExitCode(correction.status === 'failed' ? exitCodes.holdsNot : exitCodes.holds);
    if (json) return printJson({ ok: correction.status !== 'failed', ...correction });
    const { accounts } = await officeOf(data).get<Accounts>('/accounts');
    print(correction, new Map(accounts.map(({ id, slug }) => [id, slug])));
  };
  verb('preview', 'what a correction would come to in money; changes nothing, and is kept to be applied')
    .option('--producer <id>', 'whose batches, or whose usage of a stretch of time')
    .option('--epoch <epoch>', 'of the producer, as rows show it (default: each)')
    .addOption(new Option('--from-seq <n>', 'first batch of the producer').argParser(seq))
    .addOption(new Option('--to-seq <n>', 'last batch of the producer').argParser(seq))
    .option('--from <instant>', 'usage that starts from here on, an instant with its offset')
    .option('--to <instant>', 'and before here')
    .option('--resource <name>', 'a resource, or all below one: host/*')
    .option('--meter <id>', 'of one meter only')
    .option('--correction <id>', 'a correction that is to be taken back')
    .option('--rerate', 'rate the samples again, by the owners and prices known now, instead of taking them back')
    .action(async ({ data, json, from, to, rerate: again, ...rest }: PreviewFlags) => {
      const { producer, epoch, fromSeq, toSeq, resource, meter, correction } = rest;
      const times = { fromMs: from && instantOf(from), toMs: to && instantOf(to) };
      const body = { producer, epoch, fromSeq, toSeq, resource, meter, correction, again, ...times };
      await tell(data, json, await officeOf(data).send<Correction>('POST', '/corrections/preview', body));
    });
  verb('apply <id>', 'book a previewed correction, in the background')
    .requiredOption('--reason <text>', 'kept in the audit log and in the log')
    .action(async (id: string, { data, json, reason }: ReasonFlags) => {
      const path = `/corrections/${encodeURIComponent(id)}/apply`;
      await tell(data, json, await officeOf(data).send<Correction>('POST', path, { reason }));
    });
  verb('approve <id>', 'agree to a correction that somebody else has previewed')
    .requiredOption('--reason <text>', 'kept in the audit log')
    .action(async (id: string, { data, json, reason }: ReasonFlags) => {
      const path = `/corrections/${encodeURIComponent(id)}/approve`;
      await tell(data, json, await officeOf(data).send<Correction>('POST', path, { reason }));
    });
  verb('policy', 'whether somebody else has to agree to each correction')
    .addOption(new Option('--approval <when>', 'of somebody else').choices(['needed', 'none']).makeOptionMandatory())
    .requiredOption('--reason <text>', 'kept in the audit log')
    .action(async ({ data, json, approval, reason }: ReasonFlags & { readonly approval: string }) => {
      const body = { needsApproval: approval === 'needed', reason };
      const answer = await officeOf(data).send<object>('POST', '/corrections/policy', body);
      if (json) return printJson({ ok: true, ...answer });
      printLine(
        `Somebody else ${body.needsApproval ? 'has to agree to each correction' : 'need not agree to corrections'} from now on.`,
      );
    });
  verb('show <id>', 'what a correction is about, and what it comes to').action(
    async (id: string, { data, json }: CommonOptions) => {
      await tell(data, json, await officeOf(data).get<Correction>(`/corrections/${encodeURIComponent(id)}`));
    },
  );
  verb('list', 'corrections, the newest first').action(async ({ data, json }: CommonOptions) => {
    const answer = await officeOf(data).get<{ readonly corrections: readonly Correction[] }>('/corrections');
    if (json) return printJson({ ok: true, ...answer });
    printTable([
      ['ID', 'WHAT', 'STATUS', 'ROWS', 'BY', 'APPROVED BY', 'AMOUNT', 'REASON'],
      ...answer.corrections.map((each) => [
        each.id,
        each.what,
        each.status,
        `${each.rowsDone} of ${each.rows}`,
        each.author,
        each.approvedBy,
        each.totals.map(({ currency, previewed, booked }) => `${booked ?? previewed} ${currency}`).join(', '),
        each.reason,
      ]),
    ]);
  });
}

const instantOf = (text: string): number => Temporal.Instant.from(text).epochMilliseconds;

function print(correction: Correction, slugs: ReadonlyMap<number, string>): void {
  const { id, what, status, rows, rowsDone, effects, booked, totals, detail } = correction;
  printLine(`${id}: ${what} of ${rows} rows, ${status}${status === 'running' ? `, ${rowsDone} sent` : ''}${detail === '' ? '' : `: ${detail}`}.\n`); // prettier-ignore
  const month = (ms: number): string => new Date(ms + 12 * 3_600_000).toISOString().slice(0, 7);
  printTable([
    [
      'ACCOUNT',
      'PRICE',
      'BOOKED IN',
      'PRIOR PERIOD',
      'ROWS',
      'REVERSED',
      'REST',
      ...(what === 'rerate' ? ['AGAIN'] : []),
      'AMOUNT',
      'CURRENCY',
    ],
    ...(booked ?? effects).map((each) => [
      slugs.get(each.account) ?? String(each.account),
      String(each.price),
      month(each.bookedStartMs),
      each.closedUntilMs > 0 ? month(each.periodStartMs) : '',
      String(each.rows),
      each.reversed,
      each.rest,
      ...(what === 'rerate' ? [each.again ?? '0'] : []),
      each.amount,
      each.currency,
    ]),
  ]);
  for (const total of totals) {
    const isOther = total.booked !== null && total.booked !== total.previewed;
    printLine(`\n${total.booked ?? total.previewed} ${total.currency}${isOther ? ` (previewed ${total.previewed}: something came in between)` : ''}`); // prettier-ignore
  }
  if (status === 'previewed')
    printLine(`\nNothing has changed yet. Book it with: meterline correction apply ${id} --reason …`);
}
