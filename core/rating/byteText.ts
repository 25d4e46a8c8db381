/** Text as bytes, written digit by digit: rows are numbers, and a string of each would only be made to be encoded again. */
import { formatDecimal } from '../money/fixed.ts';

const capacityMin = 1 << 10;
/** Most bytes that one number takes: a sign, 39 digits and a point, with room to spare. */
const numberBytesMax = 64;
/** `text` as bytes, for what is written again and again. */
export function bytesOf(text: string): Uint8Array {
  const out = new ByteText();
  out.text(text);
  return out.slice(0);
}

const million = 1_000_000;

export class ByteText {
  #bytes = new Uint8Array(capacityMin);
  length = 0;

  /** A copy of what was written from `from` on. */
  slice(from: number, to = this.length): Uint8Array {
    return this.#bytes.slice(from, to);
  }

  /** Empty again, in the same memory: fresh buffers for each commit would keep the collector busy. */
  clear(): this {
    this.length = 0;
    return this;
  }

  /** What was written between; changes when more is written. */
  view(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(from, to);
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** As UTF-8; half a surrogate pair becomes U+FFFD. */
  text(text: string): void {
    this.#reserve(text.length * 3);
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit < 0x80) this.#bytes[this.length++] = unit;
      else {
        const point = text.codePointAt(i)!;
        if (point > 0xffff) i += 1;
        this.#encode(point >= 0xd800 && point <= 0xdfff ? 0xfffd : point);
      }
    }
  }

  /** Unix seconds with three decimals, ten digits before the point: what ClickHouse parses fastest without ambiguity. */
  instant(ms: number): void {
    this.#reserve(numberBytesMax);
    const seconds = Math.floor(ms / 1000);
    const high = Math.floor(seconds / million);
    this.#digits(high, 4);
    this.#digits(seconds - high * million, 6);
    this.#bytes[this.length++] = 46;
    this.#digits(ms - seconds * 1000, 3);
  }

  /** One ASCII character. */
  character(code: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = code;
  }

  /** A safe integer. */
  integer(value: number): void {
    this.#reserve(numberBytesMax);
    if (value < 0) {
      this.#bytes[this.length++] = 45;
      value = -value;
    }
    this.#natural(value);
  }

  /** A safe integer of 10⁻ˢᶜᵃˡᵉ as plain decimal text without trailing zeros. */
  decimal(value: number, scale: number): void {
    if (scale === 0) return this.integer(value);
    if (scale !== 12) return this.text(formatDecimal(BigInt(value), scale));
    this.#reserve(numberBytesMax);
    if (value < 0) {
      this.#bytes[this.length++] = 45;
      value = -value;
    }
    const whole = Math.floor(value / 1e12);
    const fraction = value - whole * 1e12;
    this.#natural(whole);
    if (fraction === 0) return;
    this.#bytes[this.length++] = 46;
    const high = Math.floor(fraction / million);
    this.#digits(high, 6);
    if (fraction !== high * million) this.#digits(fraction - high * million, 6);
    while (this.#bytes[this.length - 1] === 48) this.length -= 1;
  }

  #encode(point: number): void {
    const tail = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    this.#bytes[this.length++] = ([0xc0, 0xe0, 0xf0][tail - 1]! | (point >> (6 * tail))) & 0xff;
    for (let left = tail - 1; left >= 0; left--) this.#bytes[this.length++] = 0x80 | ((point >> (6 * left)) & 0x3f);
  }

  #natural(value: number): void {
    if (value < million) return this.#small(value | 0);
    const high = Math.floor(value / million);
    this.#natural(high);
    this.#digits(value - high * million, 6);
  }

  /** From 0 to 999,999, without leading zeros. */
  #small(value: number): void {
    this.#digits(
      value,
      value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : value < 10_000 ? 4 : value < 100_000 ? 5 : 6,
    );
  }

  /** With leading zeros; below 2³¹. */
  #digits(value: number, count: number): void {
    value |= 0;
    for (let at = this.length + count - 1; at >= this.length; at--) {
      const tenth = (value / 10) | 0;
      this.#bytes[at] = 48 + value - tenth * 10;
      value = tenth;
    }
    this.length += count;
  }

  #reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = larger;
  }
}
