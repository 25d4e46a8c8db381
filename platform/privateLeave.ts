/**
 * The operator's leave for targets in private networks: networks and names. It opens private addresses alone; link-local ones,
 * metadata services, multicast and the rest of what is no address of a peer stay closed whatever it says.
 */
import { BlockList, isIP } from 'node:net';
import { classifyAddress, plainAddress, privateRanges } from './addresses.ts';

export const leavesMax = 100;

/** Whether an entry is a private network (`10.20.0.0/16`), a private address, or a name as URLs write it (`mail.corp.example`). */
export function isLeave(entry: string): boolean {
  const network = networkOf(entry);
  // A name that a URL would read as a number is an address in disguise.
  if (network === undefined)
    return (
      /^[a-z0-9.-]+$/.test(entry) && URL.canParse(`https://${entry}`) && new URL(`https://${entry}`).host === entry
    );
  return privateRanges.some(
    ({ bits, family, list }) =>
      family === network.family && network.bits >= bits && list.check(network.address, family),
  );
}

export interface PrivateLeave {
  /** Whether `host`, a name or an address, may lead to this private address. */
  allows(host: string, address: string): boolean;
}

/** Throws nothing: entries are those that `isLeave` takes. */
export function privateLeave(entries: readonly string[] = []): PrivateLeave {
  const networks = new BlockList();
  const names = new Set<string>();
  for (const entry of entries) {
    const network = networkOf(entry);
    if (network === undefined) names.add(entry);
    else networks.addSubnet(network.address, network.bits, network.family);
  }
  return {
    allows(host, address) {
      if (classifyAddress(address) !== 'private') return false;
      const plain = plainAddress(address);
      return names.has(host.toLowerCase()) || networks.check(plain, isIP(plain) === 4 ? 'ipv4' : 'ipv6');
    },
  };
}

interface Network {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Undefined for what is not numeric. */
function networkOf(entry: string): Network | undefined {
  const [address = '', length, ...rest] = entry.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || rest.length > 0) return undefined;
  const most = version === 4 ? 32 : 128;
  const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  return bits <= most ? { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' } : undefined;
}
