import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Why } from '#core/messages/api.ts';
import { whyQuery } from '../../api/queries.ts';

export interface Verified {
  readonly ok: boolean;
  readonly atMs: number;
  readonly tookMs: number;
}

/** Asks for the proof anew: the office reads batch, commit and rows again and checks the signature again. */
export function useVerify(rowId: string) {
  const queries = useQueryClient();
  const [running, setRunning] = useState(false);
  const [result, setResult] = useState<Verified | null>(null);
  const run = async (): Promise<void> => {
    setRunning(true);
    const startedMs = performance.now();
    try {
      const why: Why = await queries.fetchQuery({ ...whyQuery(rowId), staleTime: 0 });
      const ok = why.checks.every((check) => check.ok);
      setResult({ ok, atMs: Date.now(), tookMs: performance.now() - startedMs });
    } catch {
      // The page shows the query's own error in place of the proof.
      setResult(null);
    } finally {
      setRunning(false);
    }
  };
  return { verify: () => void run(), running, result };
}
