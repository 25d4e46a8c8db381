import { useState } from 'react';

/** Copies a text and says so for a moment, to the eye and to a screen reader. */
export function CopyButton({ text, label, children }: { text: string; label?: string; children?: React.ReactNode }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    window.setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button
      type="button"
      className="button small no-print"
      {...(label === undefined ? {} : { 'aria-label': copied ? 'Copied' : label })}
      onClick={() => void copy()}
    >
      <span aria-live="polite">{copied ? 'Copied' : (children ?? 'Copy')}</span>
    </button>
  );
}
