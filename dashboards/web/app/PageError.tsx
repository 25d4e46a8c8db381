import { Page } from '../components/Page.tsx';
import { ErrorState } from '../components/states.tsx';

/** A page that broke says so inside the shell, and can be tried again without losing the rest. */
export const PageError = ({ error, reset }: { error: unknown; reset: () => void }) => (
  <Page heading="Meterline">
    <ErrorState error={error} retry={reset} />
  </Page>
);
