/** `delivery …` and `target …`: what became of alerts, another try, and where they go. */
import { Option, type Command } from 'commander';
import type { ArchivedDeliveries, DeliveryDetail, DeliveryList } from '#core/messages/api.ts';
import { sleep } from '#platform/lifecycle.ts';
import { deployError } from '../errors.ts';
import { officeOf } from '../officeClient.ts';
import { instant, wholeNumber, type CommonOptions } from './arguments.ts';
import { readDocument } from './operations.ts';
import type { SetExitCode } from './program.ts';
import { exitCodes, printJson, printLine, printTable } from './report.ts';

type Noun = (verb: string, text: string) => Command;
interface ArchiveFlags {
  readonly target?: string;
  readonly alert?: string;
  readonly before?: number;
  readonly limit: number;
}
type ReasonFlags = CommonOptions & { readonly reason: string };

/** How long `target test` waits for the receiver's answer, and how often it looks. */
const testWaitMsMax = 15_000;
const testPollMs = 200;

const statuses = ['delivered', 'failed', 'given_up', 'refused', 'dead'];
const pathOf = (id: string): string => `/deliveries/${encodeURIComponent(id)}`;

export function addDeliveries(delivery: Noun, target: Noun, setExitCode: SetExitCode): void {
  delivery('list', 'alerts by target, with the newest attempt of each')
    .option('--target <id>', 'of this target alone')
    .addOption(new Option('--status <status>', '"dead": nothing more comes of it by itself').choices(statuses))
    .addOption(new Option('--limit <n>', 'newest first').argParser(wholeNumber(1, 5000)).default(100))
    .action(async ({ data, json, ...asked }: CommonOptions & { target?: string; status?: string; limit: number }) => {
      const query = new URLSearchParams(Object.entries(asked).map(([key, value]) => [key, String(value)]));
      const answer = await officeOf(data).get<DeliveryList>(`/deliveries?${query.toString()}`);
      if (json) return printJson(answer);
      printTable([
        ['STATUS', 'ATTEMPTS', 'AT', 'HTTP', 'LATENCY', 'ID', 'DETAIL'],
        ...answer.deliveries.map((row) => [
          statusText(row),
          String(row.attempts),
          new Date(row.atMs).toISOString(),
          row.httpStatus === 0 ? '-' : String(row.httpStatus),
          `${row.latencyMs.toFixed(1)} ms`,
          row.id,
          row.detail,
        ]),
      ]);
      const { outSeq, logTimeMs, recordSeq } = answer.watermark;
      printLine(`As of commit ${outSeq} (${new Date(logTimeMs).toISOString()}) and record ${recordSeq}.`);
    });

  delivery('archive', 'attempts of all time, newest first, also those that the list has let go')
    .option('--target <id>', 'of this target alone')
    .option('--alert <id>', 'of this alert alone')
    .addOption(new Option('--before <instant>', 'a date, or an instant with its offset').argParser(instant))
    .addOption(new Option('--limit <n>').argParser(wholeNumber(1, 1000)).default(100))
    .action(async ({ data, json, before, ...asked }: CommonOptions & ArchiveFlags) => {
      const fields = Object.entries({ ...asked, ...(before === undefined ? {} : { beforeMs: before }) });
      const query = new URLSearchParams(fields.map(([key, value]) => [key, String(value)]));
      const answer = await officeOf(data).get<ArchivedDeliveries>(`/deliveries/archive?${query.toString()}`);
      if (json) return printJson(answer);
      printTable([
        ['STATUS', 'ATTEMPT', 'AT', 'HTTP', 'TARGET', 'ALERT', 'DETAIL'],
        ...answer.attempts.map((row) => [
          row.status.replace('_', ' '),
          String(row.attempt),
          new Date(row.atMs).toISOString(),
          row.httpStatus === 0 ? '-' : String(row.httpStatus),
          row.target,
          row.alertId,
          row.detail,
        ]),
      ]);
    });

  delivery('show <id>', 'one delivery with all its attempts, what was sent and answered').action(
    async (id: string, { data, json }: CommonOptions) => {
      const answer = await officeOf(data).get<DeliveryDetail>(pathOf(id));
      if (json) return printJson(answer);
      for (const line of describe(answer)) printLine(line);
    },
  );

  delivery('replay [id]', 'attempt a delivery again, or every dead one of a target')
    .option('--target <id>', 'every dead delivery of this target')
    .requiredOption('--reason <text>', 'kept in the audit log')
    .action(async (id: string | undefined, { data, json, target: of, reason }: ReasonFlags & { target?: string }) => {
      if ((id === undefined) === (of === undefined))
        throw deployError('USAGE', 'Name a delivery, or a target with --target.');
      const path = id === undefined ? `/targets/${encodeURIComponent(of!)}/replay` : `${pathOf(id)}/replay`;
      const answer = await officeOf(data).send<{ id?: string; ids?: string[] }>('POST', path, { reason });
      if (json) return printJson({ ok: true, ...answer });
      const count = answer.ids?.length ?? 1;
      printLine(
        count === 0
          ? `${of} has no dead deliveries.`
          : `${count} asked for again; \`delivery list\` shows what became of it.`,
      );
    });

  target('list', 'where alerts go').action(async ({ data, json }: CommonOptions) => {
    const answer = await officeOf(data).get<{ targets: TargetRow[] }>('/targets');
    if (json) return printJson(answer);
    printTable([
      ['ID', 'KIND', 'ADDRESS', 'ENABLED'],
      ...answer.targets.map(({ id, kind, url, enabled, disabled }) => [
        id,
        kind,
        url,
        disabled !== undefined ? 'no: it answered 410' : enabled ? 'yes' : 'no',
      ]),
    ]);
  });

  target('test <id>', 'send a test event and show what became of it')
    .option('--reason <text>', 'kept in the audit log', 'test')
    .action(async (id: string, { data, json, reason }: ReasonFlags) => {
      const office = officeOf(data);
      const { id: fired } = await office.send<{ id: string }>('POST', `/targets/${encodeURIComponent(id)}/test`, {
        reason,
      });
      const outcome = await outcomeOf(() => office.get<DeliveryDetail>(pathOf(fired)));
      setExitCode(outcome?.status === 'delivered' ? exitCodes.holds : exitCodes.holdsNot);
      if (json) return printJson({ ok: outcome?.status === 'delivered', id: fired, delivery: outcome ?? null });
      if (outcome === undefined) return printLine(`${fired} waits; \`delivery show\` tells what became of it.`);
      for (const line of describe(outcome)) printLine(line);
    });

  target('rotate <id>', 'give a webhook target a new secret, shown this once; the old one signs as well for a while')
    .requiredOption('--reason <text>', 'kept in the audit log')
    .addOption(
      new Option('--overlap-hours <n>', 'how long the old secret signs too; 0 ends it at once')
        .argParser(wholeNumber(0, 168))
        .default(24),
    )
    .option('--secret-file <path>', 'of a mail server: its new password')
    .action(async (id: string, flags: ReasonFlags & { overlapHours: number; secretFile?: string }) => {
      const { data, json, reason, overlapHours, secretFile } = flags;
      const secret = secretFile === undefined ? {} : { secret: readDocument(secretFile).trim() };
      const path = `/targets/${encodeURIComponent(id)}/secret`;
      const answer = await officeOf(data).send<Rotated>('POST', path, { reason, overlapHours, ...secret });
      if (json) return printJson({ ok: true, ...answer });
      if (secretFile !== undefined) return printLine(`${id} has its new password.`);
      const { previousUntilMs } = answer;
      const old =
        previousUntilMs === null
          ? 'The old one has ended.'
          : `The old one signs as well until ${new Date(previousUntilMs).toISOString()}.`;
      printLine(`${answer.secret}\n${old}`);
    });

  for (const [verb, enabled] of [
    ['enable', true],
    ['disable', false],
  ] as const)
    target(
      `${verb} <id>`,
      enabled ? 'deliver to it, also what waits' : 'deliver nothing to it; alerts wait their 72 hours, or what it says',
    )
      .requiredOption('--reason <text>', 'kept in the audit log')
      .action(async (id: string, { data, json, reason }: ReasonFlags) => {
        const answer = await officeOf(data).send<object>('PATCH', `/targets/${encodeURIComponent(id)}`, {
          enabled,
          reason,
        });
        if (json) return printJson({ ok: true, ...answer });
        printLine(`${id} is ${verb}d.`);
      });
}

interface TargetRow {
  readonly id: string;
  readonly kind: string;
  readonly url: string;
  readonly enabled: boolean;
  readonly disabled?: object;
}

interface Rotated {
  readonly secret: string;
  readonly previousUntilMs: number | null;
}

/** Undefined when there is none in time. */
async function outcomeOf(look: () => Promise<DeliveryDetail>): Promise<DeliveryDetail | undefined> {
  for (const deadline = performance.now() + testWaitMsMax; performance.now() < deadline; await sleep(testPollMs)) {
    const found = await look().catch((error: unknown) => {
      if ((error as { code?: string }).code === 'DELIVERY_UNKNOWN') return undefined;
      throw error;
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

const statusText = ({ status, reason, replayWaits }: DeliveryDetail | DeliveryList['deliveries'][number]): string =>
  replayWaits ? 'asked again' : reason === undefined ? status : `${status} (${reason})`;

function describe(delivery: DeliveryDetail): string[] {
  const { id, alert, all, replays, nextAttemptAtMs, watermark } = delivery;
  const next = nextAttemptAtMs === null ? [] : [`Next attempt: ${new Date(nextAttemptAtMs).toISOString()}`];
  const again = replays === 0 ? '' : `, asked for again ${replays} times`;
  return [
    `${id}: ${statusText(delivery)}${again}`,
    ...(alert === null
      ? []
      : [
          `Alert: ${alert.type}, ${alert.accountSlug || 'no account'}, ${alert.state}, ${new Date(alert.logTimeMs).toISOString()}`,
        ]),
    ...all.flatMap((attempt) => [
      `#${attempt.attempt} ${new Date(attempt.atMs).toISOString()} ${statusText({ ...delivery, ...attempt, replayWaits: false })} after ${attempt.latencyMs.toFixed(1)} ms: ${attempt.detail}`,
      ...(attempt.request === undefined
        ? []
        : [`   sent ${attempt.request.bytes} bytes to ${attempt.request.to} as ${attempt.request.webhookId}`]),
      ...Object.entries(attempt.response?.headers ?? {}).map(([name, value]) => `   ${name}: ${value}`),
      ...(attempt.response === undefined || attempt.response.body === '' ? [] : [`   ${attempt.response.body}`]),
    ]),
    ...next,
    `As of commit ${watermark.outSeq} and record ${watermark.recordSeq}.`,
  ];
}
