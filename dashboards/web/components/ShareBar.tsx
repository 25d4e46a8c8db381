import { basisPoints } from '../format/ratio.ts';
import './shareBar.css';

/** A thin bar for part ÷ whole; decoration beside a figure that says the same. */
export const ShareBar = ({ part, whole, color }: { part: string; whole: string; color?: string }) => (
  <span className="share-bar" aria-hidden="true">
    <i
      style={{
        width: `${Math.min(100, Math.max(0.4, (basisPoints(part, whole) ?? 0) / 100))}%`,
        ...(color === undefined ? {} : { background: color }),
      }}
    />
  </span>
);
