import { officeOf } from './officeClient.ts';
import { printJson, printLine } from './cli/report.ts';

interface LoginLink {
  readonly url: string;
  readonly user: string;
  readonly expiresAtMs: number;
}

/** Prints a link that signs one browser in, once, as `user` or as the first administrator. Throws OFFICE_REFUSED. */
export async function loginCommand(dataDir: string, json: boolean, user?: string): Promise<void> {
  const body = user === undefined ? {} : { user };
  const link = await officeOf(dataDir).send<LoginLink>('POST', '/login-links', body);
  if (json) return printJson({ ok: true, url: link.url, user: link.user, expiresAtMs: link.expiresAtMs });
  const minutes = Math.round((link.expiresAtMs - Date.now()) / 60_000);
  printLine(`${link.url}\n  signs in ${link.user}, once, within ${minutes} minutes`);
}
