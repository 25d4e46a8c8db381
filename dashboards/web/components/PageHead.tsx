/** What a page is about, how much of it there is, and its filters and tools. */
import './pageHead.css';

export interface PageHeadProps {
  readonly title: string;
  readonly hint?: React.ReactNode;
  readonly children?: React.ReactNode;
}

export const PageHead = ({ title, hint, children }: PageHeadProps) => (
  <div className="page-head">
    <h2>
      {title} {hint !== undefined && <span className="quiet">{hint}</span>}
    </h2>
    {children}
  </div>
);

export interface Choice {
  readonly id: string;
  readonly label: string;
  readonly count: number;
  /** Colour of its dot; a badge's tones. */
  readonly tone: string;
}

/** Counts that filter when pressed; one at a time, pressed again for all. */
export function FilterPills({
  label,
  choices,
  chosen,
  choose,
  testId,
}: {
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly chosen: string | undefined;
  readonly choose: (id: string | undefined) => void;
  readonly testId: string;
}) {
  return (
    <div className="filter-pills" role="group" aria-label={label}>
      {choices.map(({ id, label: text, count, tone }) => {
        const on = chosen === id;
        return (
          <button
            key={id}
            type="button"
            className={`pill ${tone} ${on ? 'on' : ''}`}
            aria-pressed={on}
            disabled={count === 0 && !on}
            data-testid={`${testId}-${id}`}
            onClick={() => choose(on ? undefined : id)}
          >
            <i className="dot" /> {count.toLocaleString('en')} {text}
          </button>
        );
      })}
    </div>
  );
}
