/** `key …`, `check`, `hold …` and `desired-state`: who may ask raters, and what they are asked. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import type { Me } from '#core/messages/api.ts';
import { subjects, idPattern } from '#core/messages/names.ts';
import type { CheckVerb } from '#core/messages/checks.ts';
import { MeterlineError } from '#core/errors.ts';
import type { Problem } from '#platform/http/index.ts';
import { connectNats, ensureSeed, serviceRole } from '#platform/nats/index.ts';
import { deployError } from '../errors.ts';
import { reloadBroker } from '../enrol.ts';
import { recordService, servicePath } from '../instance/keys.ts';
import { officeOf, type OfficeClient } from '../officeClient.ts';
import { dataOption, jsonOption, wholeNumber, type CommonOptions } from './arguments.ts';
import type { SetExitCode } from './program.ts';
import { exitCodes, printJson, printLine, printTable } from './report.ts';

/** How long a rater may take; a hold waits for its commit. */
const answerMsMax = 8000;

interface KeyRow {
  readonly id: string;
  readonly role: string;
  readonly scope: string;
  readonly account: number;
}

export function addChecks(program: Command, setExitCode: SetExitCode): void {
  const common = (command: Command): Command => command.addOption(dataOption()).addOption(jsonOption());
  const keys = program.command('key').description('API keys of people and programs');
  addKeys((verb, text) => common(keys.command(verb).description(text)));
  const hold = program.command('hold').description('room under the caps of an account, taken before it is spent');

  const asked = (command: Command): Command =>
    command
      .option('--currency <code>', "ISO 4217 or a pricing unit (default: the tenant's)")
      .option('--service <name>', 'of the charges to come')
      .option('--meter <id>', 'of a quantity in place of an amount: priced by what is tallied now')
      .option('--quantity <decimal>', "with --meter, in its own unit or --unit's")
      .option('--unit <name>', 'of the prices, like "GiB·h"')
      .option('--dimension <name=value>', 'of the usage; may be repeated', dimension)
      .option('--resource <name>', 'whose usage it is');
  asked(common(program.command('check <account>').description('may this account spend this now?')))
    .option('--amount <decimal>', 'how much (default: how things stand)')
    .action(async (account: string, { data, json, dimension: dims, ...rest }: CommonOptions & RoomFlags) => {
      const answer = await ask(data, 'check', { account, ...rest, dims });
      setExitCode(tell(answer, json));
    });
  asked(
    common(
      hold.command('take <key> <account> [amount]').description('hold so much for a while; of --meter what it costs'),
    ),
  )
    .addOption(new Option('--seconds <n>', 'how long').argParser(wholeNumber(1, 86_400)).default(60))
    .action(async (key: string, account: string, amount: string | undefined, flags: CommonOptions & TakeFlags) => {
      const { data, json, seconds, currency, dimension: dims, ...rest } = flags;
      const ofMeter = rest.meter !== undefined && currency === undefined;
      const known = ofMeter ? undefined : (currency ?? (await officeOf(data).get<Me>('/me')).tenant.currency);
      const request = { key, account, amount, currency: known, expiresInMs: seconds * 1000, ...rest, dims };
      setExitCode(tell(await ask(data, 'hold', request), json));
    });
  common(hold.command('commit <key>').description('what was held for was used: keep so much until it is metered'))
    .option('--amount <decimal>', 'of what is held (default: all)')
    .action(async (key: string, { data, json, ...rest }: CommonOptions & object) => {
      setExitCode(tell(await ask(data, 'commit', { hold: key, ...rest }), json));
    });
  common(hold.command('release <key>').description('let go of it')).action(
    async (key: string, { data, json }: CommonOptions) => {
      setExitCode(tell(await ask(data, 'release', { hold: key }), json));
    },
  );
  common(program.command('desired-state').description('what receivers of alerts are to do at this moment'))
    .option('--target <id>', 'of one target')
    .option('--account <slug>', 'of one account')
    .action(async ({ data, json, ...rest }: CommonOptions & object) => {
      setExitCode(tell(await ask(data, 'desired-state', rest), json));
    });
}

interface RoomFlags {
  readonly meter?: string;
  readonly dimension?: Readonly<Record<string, string>>;
}

interface TakeFlags extends RoomFlags {
  readonly seconds: number;
  readonly currency?: string;
}

function dimension(text: string, all: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw deployError('USAGE', `--dimension ${text} is not name=value.`);
  return { ...all, [text.slice(0, at)]: text.slice(at + 1) };
}

function addKeys(key: (verb: string, text: string) => Command): void {
  key('list', 'keys in force, without their text').action(async ({ data, json }: CommonOptions) => {
    const answer = await officeOf(data).get<{ keys: KeyRow[] }>('/api-keys');
    if (json) return printJson(answer);
    const whose = ({ scope, account }: KeyRow) => (scope === 'office' ? '' : account === 0 ? 'all' : String(account));
    printTable([
      ['ID', 'SCOPE', 'ROLE', 'ACCOUNT'],
      ...answer.keys.map((row) => [row.id, row.scope, row.scope === 'office' ? row.role : '', whose(row)]),
    ]);
  });

  key('create <id>', 'a new key, shown this once')
    .addOption(
      new Option('--scope <scope>', 'checks: asks raters alone').choices(['office', 'checks']).default('office'),
    )
    .option('--role <role>', 'of scope office: viewer, auditor, operator or admin', 'viewer')
    .option('--account <slug>', 'of scope checks: this account and all below it')
    .option('--broker', 'of scope checks: also a credential for the broker, for the whole tenant', false)
    .action(async (id: string, { data, json, scope, role, account, broker }: CommonOptions & CreateFlags) => {
      if (broker && (scope !== 'checks' || account !== undefined || !idPattern.test(id)))
        throw deployError('USAGE', '--broker is for scope checks, without --account, and an id of a-z, 0-9 and "-".');
      const office = officeOf(data);
      const body = scope === 'office' ? { id, role } : { id, scope, ...(account === undefined ? {} : { account }) };
      const answer = await office.send<{ key: string }>('POST', '/api-keys', body);
      const credentials = broker ? await addService(office, id) : undefined;
      if (json) return printJson({ ok: true, ...answer, ...(credentials === undefined ? {} : { credentials }) });
      printLine(answer.key);
      if (credentials !== undefined) printLine(`Broker credentials: ${credentials}`);
    });

  key('revoke <id>', 'end a key, and what the broker knows of it').action(
    async (id: string, { data, json }: CommonOptions) => {
      const office = officeOf(data);
      await office.send('DELETE', `/api-keys/${encodeURIComponent(id)}`);
      await removeService(office, id);
      if (json) return printJson({ ok: true, id });
      printLine(`${id} opens nothing any more.`);
    },
  );
}

interface CreateFlags {
  readonly scope: 'office' | 'checks';
  readonly role: string;
  readonly account?: string;
  readonly broker: boolean;
}

async function addService({ config, get }: OfficeClient, service: string): Promise<string> {
  const tenant = (await get<Me>('/me')).tenant.id;
  recordService(config.dataDir, { tenant, service });
  ensureSeed(config.nats.credentials, serviceRole(service));
  await reloadBroker(config, serviceRole(service));
  return join(config.nats.credentials, `${serviceRole(service)}.nk`);
}

async function removeService({ config }: OfficeClient, service: string): Promise<void> {
  rmSync(servicePath(config.dataDir, service), { force: true });
  rmSync(join(config.nats.credentials, `${serviceRole(service)}.nk`), { force: true });
  await reloadBroker(config);
}

type Answer = Readonly<Record<string, unknown>>;

/** Asks whichever rater is there, as the instance's administrator. Throws the error that it answers. */
async function ask(dataDir: string, verb: CheckVerb, body: object): Promise<Answer> {
  const { config, get } = officeOf(dataDir);
  const tenant = (await get<Me>('/me')).tenant.id;
  const connection = await connectNats({ ...config.nats, role: 'admin' });
  try {
    const reply = await connection.request(subjects.checks(tenant, verb), JSON.stringify(body), {
      timeout: answerMsMax,
    });
    const answer = reply.json<Answer>();
    if (typeof answer['code'] !== 'string') return answer;
    const { code, status, title, solve, details = {} } = answer as unknown as Problem;
    throw new MeterlineError(code, { status, title, solve }, '', { ...details });
  } finally {
    await connection.close();
  }
}

/** For people the fields that say something, a line each. Refused is the exit code 1. */
function tell(answer: Answer, json: boolean): number {
  if (json) printJson(answer);
  else
    for (const [name, value] of Object.entries(answer))
      if (value !== null) printLine(`${name}: ${JSON.stringify(value)}`);
  return answer['allowed'] === false ? exitCodes.holdsNot : exitCodes.holds;
}
