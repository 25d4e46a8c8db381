import { expect, test, vi } from 'vitest';
import { fullAmount, fullUsage, Instance, noDifference, patience } from './instance.ts';

test('kill -9 of each process while usage goes on neither loses nor doubles a digit', async () => {
  await using instance = new Instance();
  await instance.start();
  const moved = { userTicks: 0, systemTicks: 0, containerUs: 0 };
  const ticking = setInterval(() => {
    moved.userTicks += 37;
    moved.systemTicks += 11;
    moved.containerUs += 2_003;
    instance.use(moved);
  }, 50);
  try {
    for (const name of ['collector', 'rater', 'office', 'nats-server']) {
      const before = instance.process(name);
      expect(before).toBeDefined();
      const balance = (await instance.totals()).rater;
      process.kill(before!.pid, 'SIGKILL');
      await vi.waitFor(() => expect(instance.process(name)?.restarts).toBe(1), patience);
      // Both totals move on before the next kill; what was in flight may move them, the exact end is the proof.
      await vi.waitFor(async () => {
        const { rater, clickhouse } = await instance.totals();
        expect(rater).not.toBe(balance);
        expect(clickhouse).not.toBe(balance);
      }, patience);
    }
  } finally {
    clearInterval(ticking);
  }
  for (const [key, end] of Object.entries(fullUsage)) expect(moved[key as keyof typeof moved]).toBeLessThan(end);
  instance.use(fullUsage);
  const both = { rater: fullAmount, clickhouse: fullAmount };
  await vi.waitFor(async () => expect(await instance.totals()).toEqual(both), patience);
  expect(await instance.stop()).toBe(0);
  expect(await instance.verify()).toMatchObject({ ok: true, instance: 'stopped', difference: noDifference });
}, 600_000);
