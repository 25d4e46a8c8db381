import { expect, test } from 'vitest';
import { parseConfig } from './config.ts';

const address = { port: 1 };
const config = {
  dataDir: 'd',
  partitions: 1,
  nats: { url: 'nats://h', credentials: 'c' },
  clickhouse: { url: 'embedded:c' },
  postgres: { url: 'embedded:p' },
  office: address,
  rater: address,
  collector: address,
  webhooks: {},
};

test('every fault of a configuration is told with its key; an unknown key with those that are known beside it', () => {
  expect(parseConfig(config, 'file').log.level).toBe('info');
  const wrong = {
    ...config,
    colour: 'red',
    partitions: 0,
    rater: { ...address, prot: 2 },
    log: { levle: 'info' },
    webhooks: { allowPrivate: ['10.0.0.0/8', '0.0.0.0/0'] },
  };
  const faults = [
    expect.stringMatching(/^partitions: /),
    'rater.prot: unknown; known are host, port, standbysMax',
    expect.stringMatching(/^webhooks.allowPrivate.1: "0.0.0.0\/0" is not a private network/),
    'log.levle: unknown; known are level',
    expect.stringMatching(/^colour: unknown; known are dataDir, partitions, firstPartition, nats/),
  ] as string[];
  const thrown = expect.objectContaining({ code: 'CONFIG_INVALID', details: { where: 'file', faults } }) as Error;
  expect(() => parseConfig(wrong, 'file')).toThrow(thrown);
});
