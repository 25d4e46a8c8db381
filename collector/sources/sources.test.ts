import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HostTree } from '../testing/hostTree.ts';
import { bootTimeOrZero } from '../identity.ts';
import { containerIdOf } from './containerNames.ts';
import { hostSources, type Source } from './index.ts';

const statfs = (root: string) => (path: string) => {
  if (path === join(root, 'srv/my data')) throw new Error('EACCES');
  return { bsize: 4096n, blocks: 1000n, bfree: 400n };
};

function sourcesOf(tree: HostTree): Record<string, Source> {
  const { procRoot, sysRoot, root } = tree;
  const processes = { 'svc-render': tree.path('run/render.pid') };
  const all = hostSources({ producer: 'web-1', procRoot, sysRoot, mounts: [], processes, statfs: statfs(root) });
  return Object.fromEntries(all.map((source) => [source.name, source]));
}

const readAll = (source: Source | undefined): Record<string, bigint> =>
  Object.fromEntries(
    source!.read().map(({ series, value }) => {
      const dims = series.dims === undefined ? '' : ` ${Object.values(series.dims).join(' ')}`;
      return [`${series.resource.replace('web-1', '')}${series.metric.name}${dims}`, value];
    }),
  );

const hex = (digit: string) => digit.repeat(12);

test.each([
  ['cpu', {
    'host.cpu.time user': 1234560000n, 'host.cpu.time nice': 7890000n, 'host.cpu.time system': 456780000n,
    'host.cpu.time idle': 98765430000n, 'host.cpu.time iowait': 23450000n, 'host.cpu.time irq': 120000n,
    'host.cpu.time softirq': 34560000n, 'host.cpu.time steal': 780000n,
  }],
  ['memory', { 'host.memory.used': (24669120n - 20123456n) * 1024n, 'host.memory.total': 24669120n * 1024n }],
  ['filesystems', { 'host.filesystem.used / ext4': 600n * 4096n }],
  ['disks', {
    'host.disk.io nvme0n1 read': 4518714n * 512n, 'host.disk.io nvme0n1 write': 4939056n * 512n,
    'host.disk.io sdb read': 80n * 512n, 'host.disk.io sdb write': 160n * 512n,
  }],
  ['network', {
    'host.network.io eth0 receive': 742328016n, 'host.network.io eth0 transmit': 1108358n,
    'host.network.io wg0 receive': 18446744073709551615n, 'host.network.io wg0 transmit': 9007199254740993n,
  }],
  ['containers', Object.fromEntries(['a', 'b', 'c', 'd', 'e'].flatMap((digit, index) => [
    [`/ctr-${hex(digit)}container.cpu.time`, BigInt((index + 1) * 1_000_001)],
    [`/ctr-${hex(digit)}container.memory.used`, BigInt((index + 1) * 4096)],
  ]))],
  ['services', { '/svc-rendercontainer': 0n, '/svc-renderservice.cpu.time': 1_850_000n, '/svc-renderservice.memory.used': 1428n * 1024n }],
] as [string, Record<string, bigint>][])('%s reads the recorded Debian host with cgroup v2', (name, expected) => {
  using tree = new HostTree('debian-v2');
  delete expected['/svc-rendercontainer'];
  expect(readAll(sourcesOf(tree)[name])).toEqual(expected);
}); // prettier-ignore

test('containers of cgroup v1: nanoseconds are cut from the total, so that no remainder is lost between readings', () => {
  using tree = new HostTree('legacy-v1');
  const { containers } = sourcesOf(tree);
  expect(readAll(containers)).toEqual({
    [`/ctr-${hex('1')}container.cpu.time`]: 123456789n,
    [`/ctr-${hex('1')}container.memory.used`]: 1048576n,
    [`/ctr-${hex('2')}container.cpu.time`]: 0n,
    [`/ctr-${hex('2')}container.memory.used`]: 2097152n,
    [`/ctr-${hex('3')}container.cpu.time`]: 1n,
    [`/ctr-${hex('3')}container.memory.used`]: 3145728n,
  });
  tree.write(`sys/fs/cgroup/cpuacct/kubepods/podx/${'2'.repeat(64)}/cpuacct.usage`, '1001\n');
  expect(readAll(containers)[`/ctr-${hex('2')}container.cpu.time`]).toBe(1n);
});

test.each([
  [
    'a unified tree of which no controllers were recorded',
    'cpu.stat',
    'usage_usec 1234567\n',
    'memory.current',
    '',
    '',
  ],
  ['a hybrid tree', 'cpuacct.usage', '1234567999\n', 'memory.usage_in_bytes', 'cpu,cpuacct', 'memory'],
  [
    'version 1 with its accounting below cpu',
    'cpuacct.usage',
    '1234567999\n',
    'memory.usage_in_bytes',
    'cpu',
    'memory',
  ],
])('containers of %s', (_, cpuFile, cpuText, memoryFile, cpuRoot, memoryRoot) => {
  using tree = new HostTree();
  const at = (root: string, file: string) => join('sys/fs/cgroup', root, 'docker', '1'.repeat(64), file);
  tree.write(at(cpuRoot, cpuFile), cpuText);
  tree.write(at(memoryRoot, memoryFile), '4096\n');
  if (cpuRoot !== '') tree.write('sys/fs/cgroup/unified/cgroup.controllers', '');
  expect(readAll(sourcesOf(tree)['containers'])).toEqual({
    [`/ctr-${hex('1')}container.cpu.time`]: 1_234_567n,
    [`/ctr-${hex('1')}container.memory.used`]: 4096n,
  });
});

test('a recording that does not tell when the machine booted fails the services alone', () => {
  using tree = new HostTree('debian-v2');
  tree.write('proc/stat', 'cpu  1 2 3 4 5 6 7 8 0 0\n');
  expect(bootTimeOrZero(tree.procRoot)).toBe(0);
  const { services, cpu } = sourcesOf(tree);
  expect(() => services!.read()).toThrow('btime');
  expect(cpu!.read()).toHaveLength(8);
});

const id = '0123456789abcdef'.repeat(4);
test.each([
  [id, true],
  [`docker-${id}.scope`, true],
  [`cri-containerd-${id}.scope`, true],
  [`crio-${id}`, true],
  [`libpod-${id}.scope`, true],
  [`nerdctl-${id}.scope`, true],
  [`kubepods-burstable-pod1.slice:cri-containerd:${id}`, true],
  [`libpod-conmon-${id}.scope`, false],
  [`crio-conmon-${id}.scope`, false],
  [`docker-${id.slice(1)}.scope`, false],
  [`${id}0`, false],
  [id.toUpperCase(), false],
  ['ssh.service', false],
])('cgroup name %s is a container: %s', (name, is) => expect(containerIdOf(name)).toBe(is ? id : undefined));

test.each([
  ['cpu', 'proc/stat', 'cpu  1 2 x 4 5 6 7 8\n'],
  ['cpu', 'proc/stat', 'cpu  1 2 3\n'],
  ['cpu', 'proc/stat', ''],
  ['cpu', 'proc/stat', 'cpu  -1 2 3 4 5 6 7 8\n'],
  ['memory', 'proc/meminfo', 'MemTotal: 1 kB\n'],
  ['disks', 'proc/diskstats', ' 259 0 nvme0n1 1 2\n'],
  ['network', 'proc/net/dev', '\n\neth0: 1 2\n'],
])('%s never takes malformed text for usage (%s: %j)', (name, file, text) => {
  using tree = new HostTree('debian-v2');
  tree.write(file, text);
  expect(() => sourcesOf(tree)[name]!.read()).toThrow();
});

test('a part that cannot be read is a fault of that part alone', () => {
  using tree = new HostTree('debian-v2');
  const { filesystems, services, containers } = sourcesOf(tree);
  filesystems!.read();
  expect(filesystems!.fault!()).toMatch('/srv/my data: EACCES');
  tree.remove(`sys/fs/cgroup/system.slice/docker-${'a'.repeat(64)}.scope/cpu.stat`);
  expect(Object.keys(readAll(containers))).toHaveLength(9);
  expect(containers!.fault!()).toMatch('1 unreadable');
  tree.write('run/render.pid', 'not a pid');
  expect(services!.read()).toEqual([]);
  expect(services!.fault!()).toMatch('svc-render');
});

test('a pid that was used again by another process is not charged to the service', () => {
  using tree = new HostTree('debian-v2');
  const { services } = sourcesOf(tree);
  expect(services!.read()).toHaveLength(2);
  const startedSeconds = 1795421557 + 184548 / 100;
  utimesSync(tree.path('run/render.pid'), startedSeconds - 60, startedSeconds - 60);
  expect(services!.read()).toEqual([]);
  expect(services!.fault!()).toMatch('used again');
  writeFileSync(tree.path('run/render.pid'), '4242');
  expect(services!.read()).toHaveLength(2);
  rmSync(tree.path('proc/4242'), { recursive: true });
  expect(services!.read()).toEqual([]);
});
