import { Writable } from 'node:stream';
import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Logger } from '#platform/telemetry.ts';

export interface LogLines {
  readonly logger: Logger;
  /** Undefined when the children write their lines themselves. */
  readonly onChildLine: ((line: string) => void) | undefined;
}

/** One line a state change on standard error: readable on a terminal, JSON elsewhere. */
export function createLogLines(level: string, terminal = process.stderr.isTTY === true): LogLines {
  const options = { level, base: { role: 'supervisor' } };
  if (!terminal) return { logger: pino(options, pino.destination({ fd: 2, sync: true })), onChildLine: undefined };
  const pretty = prettyFactory({
    colorize: process.env['NO_COLOR'] === undefined,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname,role',
    messageFormat: '{role}: {msg}',
    singleLine: true,
  });
  const write = (line: string) => void process.stderr.write(line.startsWith('{') ? pretty(line) : `${line}\n`);
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      write(chunk.toString().trimEnd());
      done();
    },
  });
  return { logger: pino(options, destination), onChildLine: write };
}
