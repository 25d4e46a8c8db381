import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits behind a prefix that says what they open; kept as SHA-256 only, which is safe at that entropy. */
export const prefixes = { apiKey: 'mtl_', session: 'mts_', loginLink: 'mtk_' } as const;

export const newToken = (kind: keyof typeof prefixes): string =>
  `${prefixes[kind]}${randomBytes(32).toString('base64url')}`;

/** What kind of credential the text is shaped like; undefined for none. */
export function tokenKind(token: string): keyof typeof prefixes | undefined {
  if (!/^mt[lsk]_[A-Za-z0-9_-]{43}$/.test(token)) return undefined;
  return (Object.keys(prefixes) as (keyof typeof prefixes)[]).find((kind) => token.startsWith(prefixes[kind]));
}

export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest();
