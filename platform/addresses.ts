/** Which addresses are the public internet's: what webhooks may reach (SSRF guard). It judges addresses, never names. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** IPv4 that is not the public internet: RFC 6890 and its updates, multicast, and the metadata service of Azure. */
const closedIPv4 = blockList('ipv4', [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '168.63.129.16/32', '169.254.0.0/16', '172.16.0.0/12',
  '192.0.0.0/24', '192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16',
  '192.175.48.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
]); // prettier-ignore

/** Of IPv6 only global unicast is open, less protocol assignments (Teredo, ORCHID …), documentation and AS112. */
const openIPv6 = blockList('ipv6', ['2000::/3']);
const closedIPv6 = blockList('ipv6', ['2001::/23', '2001:db8::/32', '2620:4f:8000::/48', '3fff::/20']);

const loopback = blockList('ipv4', ['127.0.0.0/8']);

/** Networks of an organisation's own: reached by the operator's leave alone (`privateLeave.ts`). */
export const privateRanges = [
  ...['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16'].map((range) => rangeOf(range, 'ipv4')),
  rangeOf('fc00::/7', 'ipv6'),
];

/** Metadata services of clouds (Alibaba; Amazon and Google over IPv6) among them: never. */
const metadataIPv4 = blockList('ipv4', ['100.100.100.200/32']);
const metadataIPv6 = blockList('ipv6', ['fd00:ec2::/32', 'fd20:ce::/32']);

export type AddressClass = 'public' | 'loopback' | 'private' | 'closed';

/** Judges a numeric address; forms that carry an IPv4 address (mapped, NAT64, 6to4) are judged by what they carry. */
export function classifyAddress(address: string): AddressClass {
  if (isIPv4(address)) {
    if (loopback.check(address, 'ipv4')) return 'loopback';
    if (isPrivate(address, 'ipv4') && !metadataIPv4.check(address, 'ipv4')) return 'private';
    return closedIPv4.check(address, 'ipv4') ? 'closed' : 'public';
  }
  if (!isIPv6(address) || address.includes('%')) return 'closed';
  const groups = ipv6Groups(address);
  const carried = carriedIPv4(groups);
  if (carried?.form === 'mapped') return classifyAddress(carried.address);
  if (carried !== undefined) return classifyAddress(carried.address) === 'public' ? 'public' : 'closed';
  if (groups.every((group, index) => group === (index === 7 ? 1 : 0))) return 'loopback';
  if (isPrivate(address, 'ipv6') && !metadataIPv6.check(address, 'ipv6')) return 'private';
  return openIPv6.check(address, 'ipv6') && !closedIPv6.check(address, 'ipv6') ? 'public' : 'closed';
}

const isPrivate = (address: string, family: 'ipv4' | 'ipv6'): boolean =>
  privateRanges.some((range) => range.family === family && range.list.check(address, family));

/** A numeric address; of an IPv4 one that is written as an IPv6 one (`::ffff:10.0.0.1`) the IPv4 one. */
export function plainAddress(address: string): string {
  const carried = isIPv6(address) ? carriedIPv4(ipv6Groups(address)) : undefined;
  return carried?.form === 'mapped' ? carried.address : address;
}

function carriedIPv4(groups: readonly number[]): { form: 'mapped' | 'translated'; address: string } | undefined {
  const [a = 0, b = 0, c = 0] = groups;
  const zero = (from: number, to: number) => groups.slice(from, to).every((group) => group === 0);
  const last = dotted(groups[6]!, groups[7]!);
  if (zero(0, 5) && groups[5] === 0xffff) return { form: 'mapped', address: last };
  const siit = zero(0, 4) && groups[4] === 0xffff && groups[5] === 0;
  const nat64 = a === 0x64 && b === 0xff9b && zero(2, 6);
  if (siit || nat64) return { form: 'translated', address: last };
  return a === 0x2002 ? { form: 'translated', address: dotted(b, c) } : undefined;
}

const dotted = (high: number, low: number): string => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;

/** The eight groups of a valid IPv6 address. */
function ipv6Groups(address: string): number[] {
  const parts = (text: string): number[] =>
    text === ''
      ? []
      : text.split(':').flatMap((part) => {
          if (!part.includes('.')) return [parseInt(part, 16)];
          const [w = 0, x = 0, y = 0, z = 0] = part.split('.').map(Number);
          return [(w << 8) | x, (y << 8) | z];
        });
  const [head = '', tail] = address.split('::');
  const left = parts(head);
  const right = parts(tail ?? '');
  return tail === undefined ? left : [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function rangeOf(range: string, family: 'ipv4' | 'ipv6') {
  const [, bits = ''] = range.split('/');
  return { family, bits: Number(bits), list: blockList(family, [range]) };
}

function blockList(family: 'ipv4' | 'ipv6', ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits = ''] = range.split('/');
    list.addSubnet(network, Number(bits), family);
  }
  return list;
}
