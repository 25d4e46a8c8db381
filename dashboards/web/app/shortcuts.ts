import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { pages } from './pages.ts';

export const shortcutLimits = {
  /** "g" waits this long for the letter of a page. */
  sequenceMs: 1200,
} as const;

/** Ctrl-K or "/" opens the palette, "?" the help, "g" and a letter a page. Nothing is taken from a field being typed in. */
export function useShortcuts(open: (what: 'palette' | 'help') => void): void {
  const navigate = useNavigate();
  const leaderAt = useRef(-Infinity);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        open('palette');
        return;
      }
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, textarea, select, [role=dialog]'))
        return;
      if (event.key === '?') open('help');
      if (event.key === '/') {
        event.preventDefault();
        open('palette');
      }
      if (event.key === 'g') {
        leaderAt.current = event.timeStamp;
        return;
      }
      const page = pages.find((candidate) => candidate.key === event.key);
      if (page !== undefined && event.timeStamp - leaderAt.current < shortcutLimits.sequenceMs) {
        void navigate({ to: page.path });
      }
      leaderAt.current = -Infinity;
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [navigate, open]);
}
