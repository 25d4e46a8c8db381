import type { LookupAddress } from 'node:dns';
import { describe, expect, test } from 'vitest';
import { classifyAddress, type AddressClass } from '#platform/addresses.ts';
import { isLeave, privateLeave } from '#platform/privateLeave.ts';
import { assertAddress, guardedLookup, parseTargetUrl, type Allowed } from './addresses.ts';

describe('addresses that a webhook may be sent to', () => {
  const table: Record<AddressClass, readonly string[]> = {
    public: ['8.8.8.8', '172.32.0.1', '100.128.0.1', '192.0.1.1', '2606:4700::1111', '2a00:1450:4001::200e', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '2002:808:808::1'],
    loopback: ['127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '::ffff:7f00:1'],
    private: ['10.0.0.1', '100.64.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '::ffff:10.0.0.1', '::ffff:c0a8:101', 'fc00::1', 'fd12:3456::1'],
    closed: [
      '0.0.0.0', '100.100.100.200', '168.63.129.16', '169.254.169.254',
      '192.0.0.192', '192.88.99.1', '198.18.0.1', '198.51.100.1', '203.0.113.9', '224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255',
      '::', '::2', '::127.0.0.1', '::ffff:a9fe:a9fe', '::ffff:6464:64c8', '::ffff:0:10.1.1.1',
      'fd00:ec2::254', 'fd20:ce::254', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '100::1', '2001::1', '2001:db8::1', '2001:10::1', '3fff::1', '4000::1', '5f00::1',
      '64:ff9b::10.0.0.1', '64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::808:808', '2002:a00:1::1', '2002:7f00:1::', '2002:c0a8:101::1',
      'localhost', '', '1.2.3', '0x7f.1',
    ],
  }; // prettier-ignore
  test.each(Object.entries(table).flatMap(([found, all]) => all.map((address) => [address, found] as const)))(
    '%s is %s',
    (address, found) => expect(classifyAddress(address)).toBe(found),
  );

  test('loopback needs leave, plain http never goes beyond it', () => {
    const forbidden = expect.objectContaining({ code: 'TARGET_ADDRESS_FORBIDDEN' });
    expect(() => assertAddress('127.0.0.1', 'https:', { allowLoopback: false })).toThrow(forbidden);
    expect(() => assertAddress('8.8.8.8', 'http:', { allowLoopback: true })).toThrow(forbidden);
    expect(() => assertAddress('10.0.0.1', 'https:', { allowLoopback: true })).toThrow(forbidden);
    assertAddress('127.0.0.1', 'http:', { allowLoopback: true });
    assertAddress('8.8.8.8', 'https:', { allowLoopback: false });
  });
});

describe('target URLs', () => {
  const refused: readonly (readonly [string, string, boolean])[] = [
    ['not a url', 'TARGET_URL_INVALID', false],
    ['http://example.com/', 'TARGET_URL_INVALID', false],
    ['ftp://example.com/', 'TARGET_URL_INVALID', true],
    ['file:///etc/passwd', 'TARGET_URL_INVALID', true],
    ['https://user:pass@example.com/', 'TARGET_URL_INVALID', true],
    ['https://127.0.0.1/', 'TARGET_ADDRESS_FORBIDDEN', false],
    ['https://2130706433/', 'TARGET_ADDRESS_FORBIDDEN', false],
    ['https://0177.0.0.1/', 'TARGET_ADDRESS_FORBIDDEN', false],
    ['https://0x7f000001/', 'TARGET_ADDRESS_FORBIDDEN', false],
    ['https://127.1/', 'TARGET_ADDRESS_FORBIDDEN', false],
    ['https://0/', 'TARGET_ADDRESS_FORBIDDEN', true],
    ['https://[::ffff:169.254.169.254]/', 'TARGET_ADDRESS_FORBIDDEN', true],
    ['https://[::1]/', 'TARGET_ADDRESS_FORBIDDEN', false],
    ['https://169。254。169。254/', 'TARGET_ADDRESS_FORBIDDEN', true],
    ['http://8.8.8.8/', 'TARGET_ADDRESS_FORBIDDEN', true],
  ];
  test.each(refused)('%s: %s (loopback allowed: %s)', (url, code, allowLoopback) => {
    expect(() => parseTargetUrl(url, { allowLoopback })).toThrow(expect.objectContaining({ code }));
  });

  test.each([
    ['https://hooks.example.com:8443/a?b=c', false],
    ['https://8.8.8.8/', false],
    ['http://127.0.0.1:4400/', true],
    ['http://localhost:4400/', true],
  ] as const)('%s is taken', (url, allowLoopback) =>
    expect(parseTargetUrl(url, { allowLoopback }).href).toContain(url),
  );
});

describe('the lookup that connections use', () => {
  const ask = (addresses: readonly string[], all: boolean) =>
    new Promise((resolve, reject) => {
      const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      const lookup = guardedLookup('https:', { allowLoopback: false }, (_host, callback) => callback(null, found));
      lookup('name', { all }, (error, address) => (error === null ? resolve(address) : reject(error)));
    });

  test('hands out public addresses, one or all', async () => {
    expect(await ask(['8.8.8.8', '2606:4700::1111'], false)).toBe('8.8.8.8');
    expect((await ask(['8.8.8.8', '2606:4700::1111'], true)) as LookupAddress[]).toHaveLength(2);
  });

  test('one closed address among public ones refuses the name', async () => {
    for (const all of [true, false]) {
      const refusal = expect.objectContaining({ code: 'TARGET_ADDRESS_FORBIDDEN' });
      await expect(ask(['8.8.8.8', '10.0.0.1'], all)).rejects.toEqual(refusal);
      await expect(ask(['8.8.8.8', '::ffff:127.0.0.1'], all)).rejects.toEqual(refusal);
      await expect(ask([], all)).rejects.toThrow('no address');
    }
  });
});

describe("the operator's leave for private networks", () => {
  test.each([
    '10.0.0.0/8', '10.20.0.0/16', '192.168.1.7', '100.64.0.0/10', 'fd12:3456::/32', 'fc00::/7', 'mail.corp.example', 'relay',
  ])('%s can be given', (entry) => expect(isLeave(entry)).toBe(true)); // prettier-ignore

  test.each([
    '', '0.0.0.0/0', '::/0', '10.0.0.0/7', '8.8.8.0/24', '127.0.0.0/8', '169.254.0.0/16', 'fe80::/10', 'fc00::/6', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8',
    '2130706433', '0x0a000001', '012.0.0.1', '10.1', 'mail.corp.example:25', 'mail/x', 'a@mail', '*.corp.example', 'MAIL.corp',
  ])('"%s" cannot', (entry) => expect(isLeave(entry)).toBe(false)); // prettier-ignore

  const allowed: Allowed = {
    allowLoopback: false,
    allowPrivate: privateLeave(['10.20.0.0/16', '100.64.0.0/10', 'fc00::/7', 'mail.corp.example']),
  };
  const forbidden = expect.objectContaining({ code: 'TARGET_ADDRESS_FORBIDDEN' });

  test.each(['10.20.1.1', '::ffff:10.20.1.1', '::ffff:a14:101', '100.64.9.9', 'fd12::1', '8.8.8.8'])('%s is reached', (address) =>
    assertAddress(address, 'https:', allowed),
  ); // prettier-ignore

  test.each([
    '10.21.0.1', '192.168.3.4', '::ffff:10.21.0.1', '127.0.0.1', '::1', '::ffff:127.0.0.1', '0.0.0.0', '224.0.0.1', '64:ff9b::10.20.1.1', '2002:a14:101::1',
    '169.254.169.254', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', 'fe80::1', 'fd00:ec2::254', 'fd20:ce::254', '100.100.100.200', '168.63.129.16',
  ])('%s stays closed', (address) => {
    expect(() => assertAddress(address, 'https:', allowed)).toThrow(forbidden);
  }); // prettier-ignore

  test.each([
    ['https://10.20.1.1/', true], ['https://0x0a140101/', true], ['https://[::ffff:10.20.1.1]/', true], ['http://10.20.1.1/', false],
    ['https://2852039166/', false], ['https://0251.0376.0251.0376/', false], ['https://[::ffff:a9fe:a9fe]/', false], ['https://10.21.0.1/', false],
  ] as const)('%s as a target: %s', (url, taken) => {
    const parse = () => parseTargetUrl(url, { ...allowed, allowLoopback: true });
    if (taken) expect(parse().protocol).toBe('https:');
    else expect(parse).toThrow(forbidden);
  }); // prettier-ignore

  test('a name that has leave leads to private addresses alone, and only that name does', async () => {
    const ask = (host: string, ...addresses: string[]) =>
      new Promise((resolve, reject) => {
        const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
        guardedLookup('https:', allowed, (_host, callback) => callback(null, found))(host, {}, (error, address) =>
          error === null ? resolve(address) : reject(error),
        );
      });
    expect(await ask('mail.corp.example', '192.168.3.4')).toBe('192.168.3.4');
    // Rebound to the metadata service, to this machine, or to both at once.
    for (const addresses of [
      ['169.254.169.254'],
      ['::ffff:a9fe:a9fe'],
      ['127.0.0.1'],
      ['192.168.3.4', '169.254.169.254'],
    ])
      await expect(ask('mail.corp.example', ...addresses)).rejects.toEqual(forbidden);
    for (const host of ['mail.corp.example.attacker.example', 'other.example'])
      await expect(ask(host, '192.168.3.4')).rejects.toEqual(forbidden);
    expect(await ask('other.example', '10.20.1.1')).toBe('10.20.1.1');
  });
});
