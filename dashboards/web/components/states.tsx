/** The designed states of every page: loading, empty, failed. */
import { ApiError } from '../api/client.ts';
import { CopyButton } from './CopyButton.tsx';
import './states.css';

/** Grey bars in the shape of what is to come. */
export function Skeleton({ lines = 5, label }: { lines?: number; label: string }) {
  return (
    <div className="skeleton" role="status" aria-label={`Loading ${label}`}>
      {Array.from({ length: lines }, (_, line) => (
        <i key={line} />
      ))}
    </div>
  );
}

/** Nothing here yet: says why, and gives a command to paste where there is one. */
export function EmptyState({
  title,
  children,
  command,
}: {
  title: string;
  children: React.ReactNode;
  command?: string;
}) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      <p>{children}</p>
      {command !== undefined && <Command text={command} />}
    </div>
  );
}

export function Command({ text }: { text: string }) {
  return (
    <div className="command">
      <code>{text}</code>
      <CopyButton text={text} label="Copy the command" />
    </div>
  );
}

/** What happened and what to do about it. */
export function ErrorState({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem =
    error instanceof ApiError
      ? error
      : new ApiError(0, 'PAGE', error instanceof Error ? error.message : String(error), 'Reload the page.');
  return (
    <div className="failed" role="alert">
      <h2>{problem.message}</h2>
      <p>
        {problem.solve} <code>{problem.code}</code>
      </p>
      {retry !== undefined && (
        <button type="button" className="button small" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}
