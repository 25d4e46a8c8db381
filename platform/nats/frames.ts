/**
 * Cuts what a broker sends so that no message lies in two pieces. A commit is a megabyte and a socket gives 64 KiB at a time: joined by
 * the client's growing buffer it costs more than three times its size in memory that is made, cleared and collected.
 */
const newline = 10;
const carriageReturn = 13;
const [upperM, upperH] = [77, 72];
const nothing = new Uint8Array(0);

export class Frames {
  /** A message of which more is to come, in memory of its very size. */
  #message: Uint8Array | undefined;
  #filled = 0;
  /** Begin of a line whose end has not come. */
  #line = nothing;

  /** The pieces, whole messages each, that are complete with this one; they share its memory where they can. */
  push(chunk: Uint8Array): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let bytes = this.#line.length === 0 ? chunk : Buffer.concat([this.#line, chunk]);
    this.#line = nothing;
    if (this.#message !== undefined) {
      const part = bytes.subarray(0, this.#message.length - this.#filled);
      this.#message.set(part, this.#filled);
      this.#filled += part.length;
      bytes = bytes.subarray(part.length);
      if (this.#filled < this.#message.length) return pieces;
      pieces.push(this.#message);
      this.#message = undefined;
    }
    const whole = this.#wholeLength(bytes);
    if (whole > 0) pieces.push(bytes.subarray(0, whole));
    return pieces;
  }

  /** How many bytes of whole messages these begin with; keeps what follows them. */
  #wholeLength(bytes: Uint8Array): number {
    const searched = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; ;) {
      const lineEnd = searched.indexOf(newline, at);
      if (lineEnd < 0) {
        this.#line = bytes.slice(at);
        return at;
      }
      const end = lineEnd + 1 + payloadLength(bytes, at, lineEnd);
      if (end > bytes.length) {
        this.#message = new Uint8Array(end - at);
        this.#message.set(bytes.subarray(at));
        this.#filled = bytes.length - at;
        return at;
      }
      at = end;
    }
  }
}

/** Bytes that follow a line, their line end included: `MSG subject sid [reply] [header length] length`; 0 for any other. */
function payloadLength(bytes: Uint8Array, from: number, lineEnd: number): number {
  if (bytes[from] !== upperM && bytes[from] !== upperH) return 0;
  let length = 0;
  let place = 1;
  for (let i = bytes[lineEnd - 1] === carriageReturn ? lineEnd - 2 : lineEnd - 1; i > from; i--, place *= 10) {
    const digit = bytes[i]! - 48;
    if (digit < 0 || digit > 9) break;
    length += digit * place;
  }
  return length + 2;
}
