import { expect, test } from 'vitest';
import { Gather, type Insert } from './gather.ts';

const bytes = (text: string) => [new TextEncoder().encode(text)];
const insert = (token: string, table = 't'): Insert => ({ table, columns: ['a'], lines: bytes(`${token}\n`), token });

function writer() {
  const written: Insert[] = [];
  let failure: Error | undefined;
  return {
    written,
    fail: (error: Error | undefined) => (failure = error),
    async write(one: Insert) {
      if (failure !== undefined) throw failure;
      written.push(one);
    },
    text: () =>
      written.map(({ table, lines }) => `${table}: ${Buffer.concat(lines).toString().trim().split('\n').join(' ')}`),
  };
}

test('inserts that come together go together, by table; with the last writer nobody is waited for', async () => {
  const store = writer();
  const gather = new Gather(store.write, 2);
  await Promise.all([insert('x'), insert('y'), insert('x', 'u'), insert('z')].map((one) => gather.insert(one)));
  expect(store.text().sort()).toEqual(['t: x y', 't: z', 'u: x']);
});

test('a token stores one set of lines, whether its insert waits, is written, or was written with others or alone', async () => {
  const store = writer();
  const gather = new Gather(store.write, 3);
  await Promise.all([insert('x'), insert('x'), insert('y')].map((one) => gather.insert(one)));
  await Promise.all([insert('y'), insert('x'), insert('z')].map((one) => gather.insert(one)));
  await gather.insert(insert('z'));
  expect(store.text()).toEqual(['t: x y', 't: z']);
});

test('what fails fails for all that went together, and may be tried again', async () => {
  const store = writer();
  const gather = new Gather(store.write, 2);
  store.fail(new Error('full'));
  const both = await Promise.allSettled([gather.insert(insert('x')), gather.insert(insert('y'))]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  store.fail(undefined);
  await gather.insert(insert('y'));
  expect(store.text()).toEqual(['t: y']);
});
