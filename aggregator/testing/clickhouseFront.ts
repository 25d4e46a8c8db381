/**
 * A process that answers as a ClickHouse server does over HTTP, with the embedded engine behind it: for tests that kill it in
 * mid-insert, or have it refuse, dawdle, or do what was asked after nobody waits for it any more. Arguments: directory, port.
 */
import { createServer, type IncomingMessage } from 'node:http';
import { openStore } from '#platform/clickhouse/index.ts';
import { sleep } from '#platform/lifecycle.ts';

/** How the next inserts are answered; the parent sends it as a message. */
export interface Mood {
  /** Milliseconds that an insert takes before anything happens. */
  readonly insertMs?: number;
  /** The text of the refusal, as the engine words it. */
  readonly refuse?: string;
}

const [directory = '', port = '0'] = process.argv.slice(2);
let mood: Mood = {};
process.on('message', (message) => (mood = message as Mood));
const store = await openStore(`embedded:${directory}`);

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

async function answer(url: URL, body: Buffer): Promise<string> {
  const asked = url.searchParams;
  const insert = /^INSERT INTO (\w+)\s*\(([^)]*)\) FORMAT TabSeparated/.exec(asked.get('query') ?? '');
  if (insert !== null) {
    const { refuse, insertMs = 0 } = mood;
    process.send?.('inserting');
    await sleep(insertMs);
    if (refuse !== undefined) throw new Error(refuse);
    const columns = insert[2]!.split(',').map((column) => column.trim().replaceAll('`', ''));
    await store.insertTsv(insert[1]!, columns, [body], { token: asked.get('insert_deduplication_token')! });
    process.send?.('inserted');
    return '';
  }
  const parameters = Object.fromEntries(
    [...asked].flatMap(([name, value]) => (name.startsWith('param_') ? [[name.slice(6), value]] : [])),
  );
  const sql = body.toString();
  const rows = /\sFORMAT JSONEachRow\s*$/.exec(sql);
  if (rows === null) {
    await store.command(sql, parameters);
    return '';
  }
  const found = await store.query(sql.slice(0, rows.index), parameters);
  return found.map((row) => `${JSON.stringify(row)}\n`).join('');
}

createServer((request, response) => {
  const url = new URL(request.url!, 'http://localhost');
  bodyOf(request)
    .then((body) => answer(url, body))
    .then(
      (text) => response.end(text),
      (error: Error) => response.writeHead(500).end(error.message),
    );
}).listen(Number(port), '127.0.0.1', () => process.send?.('listening'));
