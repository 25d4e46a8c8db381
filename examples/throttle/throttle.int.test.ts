import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { dutyCycle } from './dutyCycle.ts';
import { Throttle } from './throttle.ts';

const dir = mkdtempSync(join(tmpdir(), 'meterline-throttle-'));
const secret = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
const secretFile = join(dir, 'secret');
writeFileSync(secretFile, secret);
const children = new Set<ChildProcess>();

afterEach(async () => {
  for (const child of children) {
    const exit = ended(child);
    // A receiver that ends in order leaves no control group behind.
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGTERM')) await exit;
  }
  children.clear();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('the throttle example', () => {
  test('a signed throttle takes the service most of its CPU time, a release gives it back', async () => {
    const service = await startService('a.pid');
    const receiver = await startReceiver('a.pid');
    const before = await cpuShare(service.pid);

    expect(await receiver.post(event('e1', 'throttled', 10))).toEqual({ status: 200, body: { effect: 'throttled' } });
    expect(await receiver.state()).toMatchObject({ throttled: true, since: expect.any(String), quotaPercent: 10 });
    const during = await cpuShare(service.pid);

    expect((await receiver.post(event('e2', 'released', 20))).body).toEqual({ effect: 'released' });
    const after = await cpuShare(service.pid);
    expect(during).toBeLessThan(before / 2);
    expect(during).toBeLessThan(after / 2);
    expect(await receiver.state()).toMatchObject({ throttled: false, since: null, method: 'none' });
  });

  test('the desired state outlives both: a killed receiver goes on, a restarted service is throttled again', async () => {
    let service = await startService('b.pid');
    let receiver = await startReceiver('b.pid');
    const before = await cpuShare(service.pid);
    await receiver.post(event('e1', 'blocked', 10));
    await receiver.kill();
    receiver = await startReceiver('b.pid');
    expect(await receiver.state()).toMatchObject({ throttled: true });
    expect((await receiver.post(event('e1', 'blocked', 10))).body).toEqual({ effect: 'repeated' });

    await service.kill();
    service = await startService('b.pid');
    await until(async () => (await receiver.state()).method !== 'none');
    const during = await cpuShare(service.pid);
    expect(during).toBeLessThan(before / 2);
    await receiver.post(event('e2', 'released', 20));
    expect(await cpuShare(service.pid)).toBeGreaterThan(during * 2);
  });

  test('a receiver that has missed every webhook asks, and throttles; a newer webhook counts more', async () => {
    const asked: string[] = [];
    const rater = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization}`);
      const accounts = [{ slug: 'render', why: [{ kind: 'budget', id: 'render-month', state: 'throttle' }] }];
      response.end(JSON.stringify({ accounts, watermark: { logTimeMs: 10 } }));
    });
    await new Promise<void>((resolve) => rater.listen(0, '127.0.0.1', resolve));
    writeFileSync(join(dir, 'key'), 'mtl_key\n');
    const { port } = rater.address() as AddressInfo;
    await startService('m.pid');
    const receiver = await startReceiver('m.pid', [`--rater=http://127.0.0.1:${port}`, `--key-file=${join(dir, 'key')}`, '--target=web']); // prettier-ignore
    await until(async () => (await receiver.state()).method !== 'none');
    expect(asked).toEqual(['/api/v1/desired-state?target=web Bearer mtl_key']);
    expect(await receiver.state()).toMatchObject({ throttled: true, since: expect.any(String) });
    expect((await receiver.post(event('e1', 'released', 9))).body).toEqual({ effect: 'outdated' });
    expect((await receiver.post(event('e2', 'released', 11))).body).toEqual({ effect: 'released' });
    rater.close();
    rater.closeAllConnections();
  });

  test('tampered, foreign, old and malformed webhooks change nothing', async () => {
    const receiver = await startReceiver('none.pid');
    const throttle = event('e1', 'throttled', 10);
    const signed = sign(throttle);
    expect((await receiver.post(throttle, { ...signed, body: signed.body.replace('render', 'batch') })).status).toBe(
      401,
    );
    const foreign = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
    expect((await receiver.post(throttle, sign(throttle, foreign))).status).toBe(401);
    const old = new Date(Date.now() - 6 * 60_000);
    expect((await receiver.post(throttle, sign(throttle, secret, old))).status).toBe(401);
    const oldMadeNew = { ...sign(throttle, secret, old), timestamp: signed.timestamp };
    expect((await receiver.post(throttle, oldMadeNew)).status).toBe(401);
    expect((await receiver.post({ type: 'budget.threshold_crossed', data: { id: 'x' } })).status).toBe(400);
    expect((await receiver.post('x'.repeat(1_100_000))).status).toBe(413);
    expect(await receiver.state()).toMatchObject({ throttled: false });
  });

  test('a throttle that comes after its release is outdated; two budgets both have to let go', async () => {
    const receiver = await startReceiver('none.pid');
    const effects = [];
    for (const each of [
      event('e2', 'released', 20),
      event('e1', 'throttled', 10),
      event('e3', 'throttled', 30),
      event('e4', 'blocked', 30, 'other'),
      event('e5', 'blocked', 31),
      event('e6', 'released', 40),
      event('e7', 'released', 40, 'other'),
    ]) {
      effects.push(((await receiver.post(each)).body as { effect: string }).effect);
    }
    expect(effects).toEqual(['noted', 'outdated', 'throttled', 'throttled', 'throttled', 'throttled', 'released']);
    // In a storm where each stands in the end counts; a test changes nothing; an empty wallet holds while it says so.
    const source = (name: string, last: string) => ({ source: name, action: 'notify', last, logTimeMs: 50 });
    const sources = [source('budget:render-month', 'throttled'), source('budget:other', 'released')];
    const test_ = {
      type: 'target.test',
      data: { id: 't', source: 'test:x', state: 'within', action: 'notify', logTimeMs: 51 },
    };
    const wallet = (id: string, action: string, state: string, logTimeMs: number) => ({
      type: 'credit.empty', data: { id, source: 'wallet:w', action, state, logTimeMs },
    }); // prettier-ignore
    const more = [];
    for (const each of [
      { type: 'alerts.grouped', data: { id: 'g', sources } },
      test_,
      event('e8', 'released', 60),
      wallet('w1', 'block', 'empty', 61),
      wallet('w2', 'notify', 'empty', 62),
      wallet('w3', 'release', 'covered', 63),
    ])
      more.push(((await receiver.post(each)).body as { effect: string }).effect);
    expect(more).toEqual(['throttled', 'noted', 'released', 'throttled', 'throttled', 'released']);
  });

  test('without any privilege, stopping and continuing limits the service too', async () => {
    let service = await startService('c.pid');
    const throttle = new Throttle(join(dir, 'c.pid'), 10, [dutyCycle()]);
    const before = await cpuShare(service.pid);
    throttle.throttle();
    expect(throttle.method).toBe('duty-cycle');
    const during = await cpuShare(service.pid);
    await service.kill();
    await until(() => throttle.method === 'none');
    service = await startService('c.pid');
    await until(() => throttle.method === 'duty-cycle');
    throttle.release();
    expect(during).toBeLessThan(before / 2);
    expect(await cpuShare(service.pid)).toBeGreaterThan(during * 2);
  });
});

function event(id: string, state: string, logTimeMs: number, budget = 'render-month') {
  return {
    type: 'budget.threshold_crossed',
    timestamp: '2026-11-01T00:00:00.000Z',
    data: { id, source: `budget:${budget}`, state, action: 'notify', logTimeMs },
  };
}

function sign(payload: unknown, withSecret = secret, at = new Date()) {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return {
    body,
    timestamp: String(Math.floor(at.getTime() / 1000)),
    signature: new Webhook(withSecret).sign('id', at, body),
  };
}

function start(script: string, args: readonly string[]): ChildProcess & { kill(signal?: NodeJS.Signals): boolean } {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  return child;
}

const ended = (child: ChildProcess) => new Promise<void>((resolve) => child.once('exit', () => resolve()));

async function startService(pidFile: string) {
  const child = start('service.ts', ['--pid-file', join(dir, pidFile), '--busy-percent', '80']);
  const pid = child.pid!;
  await until(() => {
    try {
      return readFileSync(join(dir, pidFile), 'utf8').trim() === String(pid);
    } catch {
      return false;
    }
  });
  return {
    pid,
    async kill() {
      const exit = ended(child);
      child.kill('SIGKILL');
      await exit;
    },
  };
}

async function startReceiver(pidFile: string, more: readonly string[] = []) {
  const stateFile = join(dir, `${expect.getState().currentTestName!.replaceAll(/\W+/g, '-')}.json`);
  const child = start('receiver.ts', [
    '--port=0', `--secret-file=${secretFile}`, `--pid-file=${join(dir, pidFile)}`, `--state-file=${stateFile}`, '--quota-percent=10', ...more,
  ]); // prettier-ignore
  const url = await new Promise<string>((resolve) => {
    let text = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = /listening on (\S+)/.exec(text);
      if (found !== null) resolve(found[1]!);
    });
  });
  return {
    async post(payload: unknown, signed = sign(payload)) {
      const headers = {
        'webhook-id': 'id',
        'webhook-timestamp': signed.timestamp,
        'webhook-signature': signed.signature,
      };
      const response = await fetch(url, { method: 'POST', headers, body: signed.body });
      return { status: response.status, body: (await response.json()) as unknown };
    },
    state: async () => (await (await fetch(`${url}state`)).json()) as { throttled: boolean; method: string },
    async kill() {
      const exit = ended(child);
      child.kill('SIGKILL');
      await exit;
    },
  };
}

/** Share of one core that the process used over some 1.5 s. */
async function cpuShare(pid: number): Promise<number> {
  const used = () => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  };
  const [cpu, at] = [used(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, 1500));
  return (used() - cpu) / ((performance.now() - at) / 1000);
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
