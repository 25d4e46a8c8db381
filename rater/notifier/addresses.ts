/**
 * The SSRF guard: which addresses a webhook may be sent to. It judges addresses, never names, and it judges the very
 * address that is connected to: the check sits in the lookup that the connection itself uses, so a name that changes
 * between check and connection gains nothing. Every address of a name must pass.
 */
import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { classifyAddress } from '#platform/addresses.ts';
import type { PrivateLeave } from '#platform/privateLeave.ts';
import { notifierError } from './errors.ts';

type Scheme = 'http:' | 'https:';

/** What the operator allows besides public addresses. */
export interface Allowed {
  readonly allowLoopback: boolean;
  /** None without it. */
  readonly allowPrivate?: PrivateLeave;
}

/** Throws TARGET_ADDRESS_FORBIDDEN. Plain http is for loopback alone. `host` is the name that led there, if one did. */
export function assertAddress(address: string, scheme: Scheme, allowed: Allowed, host = address): void {
  const found = classifyAddress(address);
  if (found === 'loopback' && allowed.allowLoopback) return;
  const isOpen = found === 'public' || allowed.allowPrivate?.allows(host, address) === true;
  if (isOpen && scheme === 'https:') return;
  const reason = isOpen ? 'only https is used beyond this machine' : 'it is not a public address';
  throw notifierError('TARGET_ADDRESS_FORBIDDEN', `${address}: ${reason}.`, { address });
}

export type Resolve = (
  host: string,
  callback: (error: Error | null, addresses: readonly { address: string; family: number }[]) => void,
) => void;

export const systemResolve: Resolve = (host, callback) =>
  lookup(host, { all: true, verbatim: true }, (error, addresses) => callback(error, addresses ?? []));

/** A lookup for `net.connect` that hands out checked addresses only. Names that are addresses never come here. */
export function guardedLookup(scheme: Scheme, allowed: Allowed, resolve: Resolve): LookupFunction {
  return (host, options, callback) => {
    resolve(host, (error, addresses) => {
      try {
        if (error !== null) throw error;
        const first = addresses[0];
        if (first === undefined) throw new Error(`${host} has no address`);
        for (const { address } of addresses) assertAddress(address, scheme, allowed, host);
        if (options.all === true) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      } catch (refusal) {
        callback(refusal as NodeJS.ErrnoException, options.all === true ? [] : '');
      }
    });
  };
}

/** Reads a target's address; throws TARGET_URL_INVALID, and TARGET_ADDRESS_FORBIDDEN when it names an address itself. */
export function parseTargetUrl(text: string, allowed: Allowed): URL & { protocol: Scheme } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw notifierError('TARGET_URL_INVALID', 'It is not a URL.');
  const { protocol } = url;
  if (protocol !== 'https:' && !(protocol === 'http:' && allowed.allowLoopback)) {
    throw notifierError('TARGET_URL_INVALID', `Its scheme is ${protocol.slice(0, -1)}.`);
  }
  if (url.username !== '' || url.password !== '') throw notifierError('TARGET_URL_INVALID', 'It holds credentials.');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) assertAddress(host, protocol, allowed);
  return url as URL & { protocol: Scheme };
}
