import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Frames } from './frames.ts';

const line = fc.constantFrom('PING\r\n', '+OK\r\n', "-ERR 'x 12'\r\n", 'INFO {"max_payload":8388608}\r\n');
/** A payload may hold anything, lines of the protocol too. */
const message = fc
  .tuple(fc.constantFrom('MSG a.b 1 ', 'MSG a.b 12 reply.7 ', 'HMSG a.b 1 r 3 '), fc.string({ maxLength: 300 }))
  .map(([head, text]) => `${head}${Buffer.byteLength(text)}\r\n${text}\r\n`);

test('however the bytes come, they go on unchanged, and no message in two pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(line, message)), fc.array(fc.integer({ min: 1, max: 400 })), (messages, cuts) => {
      const sent = Buffer.from(messages.join(''));
      const frames = new Frames();
      const pieces: Uint8Array[] = [];
      let at = 0;
      for (const cut of [...cuts, sent.length]) {
        pieces.push(...frames.push(sent.subarray(at, at + cut)));
        at += cut;
      }
      expect(Buffer.concat(pieces).equals(sent)).toBe(true);
      const ends = new Set<number>([0]);
      messages.reduce((sum, text) => (ends.add(sum + Buffer.byteLength(text)), sum + Buffer.byteLength(text)), 0);
      pieces.reduce((sum, piece) => {
        expect(ends).toContain(sum + piece.length);
        return sum + piece.length;
      }, 0);
    }),
  );
});
