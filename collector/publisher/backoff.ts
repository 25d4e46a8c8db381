/** Wait before attempt n + 1: doubles from `firstMs` to `maxMs`, of which a random half, so that many do not come at once. */
export function backoff(attempt: number, firstMs: number, maxMs: number): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
  return full / 2 + (Math.random() * full) / 2;
}
