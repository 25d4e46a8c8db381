/** One price, fee or agreement: what it is called, what it says, and who approved it since when. */
import { Link } from '@tanstack/react-router';
import type { Approved } from '#core/messages/api.ts';
import { useTenant } from '../../app/session.tsx';
import { formatDate } from '../../format/time.ts';
import { inUnit } from '../explore/search.ts';
import type { Version, Versions } from './versions.ts';

interface Charging extends Version {
  readonly service: string;
  readonly component: string;
  readonly currency: string;
}

interface CardProps<One extends Charging> {
  readonly versions: Versions<Approved<One>>;
  /** Whose it is: "everyone" or an account. */
  readonly whose: string;
  /** "graduated, per vCPU·h". */
  readonly what: string;
  /** Sentence parts below the figures. */
  readonly terms: readonly string[];
  /** UTC ms; 0 is the beginning. */
  readonly fromMs: (record: One) => number;
  readonly title?: string;
  readonly children: React.ReactNode;
}

export function Card<One extends Charging>({ versions, whose, what, terms, fromMs, title, children }: CardProps<One>) {
  const { timeZone } = useTenant();
  const { shown, isInForce, upcoming, earlier } = versions;
  const since = (record: One): string => {
    const ms = fromMs(record);
    return ms === 0 ? 'from the start' : `from ${formatDate(ms, timeZone)}`;
  };
  return (
    <article className="price-card" data-testid={`price-${shown.key}`}>
      <header>
        <h3>
          <Link
            to="/explore"
            search={{ service: shown.service, component: shown.component, ...inUnit(shown.currency) }}
          >
            {title ?? shown.component}
          </Link>
        </h3>
        <span className="price-whose">{whose}</span>
        <span className="price-what">{what}</span>
      </header>
      {children}
      {terms.length > 0 && <p className="price-terms">{terms.join('; ')}</p>}
      <footer>
        <code>
          {shown.key} v{shown.version}
        </code>{' '}
        {isInForce ? 'in force' : 'takes effect'} {since(shown)}, approved by {shown.approvedBy} on{' '}
        {formatDate(shown.approvedAtMs, timeZone)}
        {upcoming.map((next) => (
          <span key={next.version} className="price-next">
            v{next.version} {since(next)}
          </span>
        ))}
        {earlier.length > 0 && ` · before it v${earlier.map(({ version }) => version).join(', v')}`}
      </footer>
    </article>
  );
}
