import { ErrorState } from '../components/states.tsx';

/** A page that broke says so inside the shell, and can be tried again without losing the rest. */
export const PageError = ({ error, reset }: { error: unknown; reset: () => void }) => (
  <main className="page" id="main">
    <ErrorState error={error} retry={reset} />
  </main>
);
