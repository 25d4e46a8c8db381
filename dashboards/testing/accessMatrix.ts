/** Every operation of an OpenAPI description, each tried without and with too weak a credential. */
import { roles, type Role } from '#platform/http/index.ts';

export interface Operation {
  readonly method: string;
  /** With every parameter filled in. */
  readonly path: string;
  readonly leastRole: Role | 'public';
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly 'x-least-role'?: Role | 'public' }>>>>;
}

export function operationsOf(description: object): Operation[] {
  return Object.entries((description as Description).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const leastRole = operation['x-least-role'];
      if (leastRole === undefined) throw new Error(`${method} ${path} does not say who may call it`);
      return { method: method.toUpperCase(), path: path.replace(/\{[^}]+\}/g, '1'), leastRole };
    }),
  );
}

export interface Attempt {
  readonly headers: Readonly<Record<string, string>>;
  readonly what: string;
  /** 401, 403, or `passes`: the guard let it through, whatever the route then made of it. */
  readonly expected: 401 | 403 | 'passes';
}

/** What to try on an operation. Keys are named `<tenant>-<role>`; `acme-session` is an administrator's session. */
export function attemptsOn({ method, leastRole }: Operation): Attempt[] {
  if (leastRole === 'public') return [{ what: 'nobody', headers: {}, expected: 'passes' }];
  const weaker = roles.slice(0, roles.indexOf(leastRole));
  const cookie = 'mtl_session=acme-session';
  const isRead = method === 'GET' || method === 'HEAD';
  return [
    { what: 'nobody', headers: {}, expected: 401 },
    { what: 'an unknown key', headers: { authorization: 'Bearer mtl_unknown' }, expected: 401 },
    { what: 'a basic login', headers: { authorization: 'Basic YWRtaW46YWRtaW4=' }, expected: 401 },
    {
      what: 'an unknown session',
      headers: { cookie: 'mtl_session=unknown', 'sec-fetch-site': 'same-origin' },
      expected: 401,
    },
    // A header that is there is never ignored in favour of the cookie.
    { what: 'a bad header beside a good cookie', headers: { cookie, authorization: 'Bearer x' }, expected: 401 },
    ...weaker.map((role): Attempt => ({
      what: role,
      headers: { authorization: `Bearer acme-${role}` },
      expected: 403,
    })),
    { what: leastRole, headers: { authorization: `Bearer acme-${leastRole}` }, expected: 'passes' },
    { what: 'a session without a word of its origin', headers: { cookie }, expected: isRead ? 'passes' : 403 },
    {
      what: 'a session from another site',
      headers: { cookie, 'sec-fetch-site': 'cross-site' },
      expected: isRead ? 'passes' : 403,
    },
    {
      what: 'a session from a sibling site',
      headers: { cookie, 'sec-fetch-site': 'same-site' },
      expected: isRead ? 'passes' : 403,
    },
    {
      what: 'a session with a foreign origin',
      headers: { cookie, origin: 'https://evil.example' },
      expected: isRead ? 'passes' : 403,
    },
    { what: 'a session with a null origin', headers: { cookie, origin: 'null' }, expected: isRead ? 'passes' : 403 },
    { what: 'a session from our page', headers: { cookie, 'sec-fetch-site': 'same-origin' }, expected: 'passes' },
  ];
}
