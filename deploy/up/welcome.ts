import colours from 'picocolors';
import type { OfficeClient } from '../officeClient.ts';

/** Says where the pages are and how to get in; with `json` on standard error, where it disturbs no script. */
export async function sayReady(office: OfficeClient, json: boolean): Promise<void> {
  const { url } = await office.send<{ url: string }>('POST', '/login-links', {});
  const lines = [
    '',
    `  Meterline runs at ${colours.bold(office.url)}`,
    `  Log in once with  ${colours.cyan(url)}`,
    `  Data directory    ${office.config.dataDir}`,
    `  Stop with         Ctrl-C; nothing is lost however it stops`,
    '',
  ].join('\n');
  (json ? process.stderr : process.stdout).write(`${lines}\n`);
}
