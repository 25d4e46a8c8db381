/** Asks at a rate whatever the answers take, as independent services do, and tells how long each answer took. */
import { Agent, request } from 'node:http';
import { percentile } from './figure.ts';

export interface Measured {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly asked: number;
}

export const measured = (latencies: readonly number[]): Measured => ({
  p50: percentile(latencies, 0.5),
  p99: percentile(latencies, 0.99),
  max: Math.max(...latencies),
  asked: latencies.length,
});

/** Calls `ask` so many times a second for so long; each call's time counts from the moment it was due to be made by this process. */
export async function openLoop(
  rate: number,
  seconds: number,
  ask: (index: number) => Promise<unknown>,
): Promise<Measured> {
  const latencies: number[] = [];
  const pending: Promise<void>[] = [];
  const startedAt = performance.now();
  const count = Math.round(rate * seconds);
  for (let index = 0; index < count;) {
    for (
      const dueIndex = Math.floor(((performance.now() - startedAt) * rate) / 1000);
      index <= dueIndex && index < count;
      index++
    ) {
      const askedAt = performance.now();
      pending.push(ask(index).then(() => void latencies.push(performance.now() - askedAt)));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(pending);
  return measured(latencies);
}

/** Posts JSON over connections that stay open. */
export function poster(
  port: number,
  authorization = '',
): (path: string, body: object) => Promise<Record<string, unknown>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  return (path, body) =>
    new Promise((resolve, reject) => {
      const data = JSON.stringify(body);
      const headers = { authorization, 'content-type': 'application/json', 'content-length': Buffer.byteLength(data) };
      const sent = request({ host: '127.0.0.1', port, path, method: 'POST', agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>));
      });
      sent.once('error', reject);
      sent.end(data);
    });
}
