/** Each refusal: when, from whom, what, and the particulars. */
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Refusal } from '#core/messages/rated.ts';
import { useTenant } from '../../app/session.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { ExportMenu } from '../../components/ExportMenu.tsx';
import { Badge } from '../../components/StateBadge.tsx';
import { formatCount, plural } from '../../format/quantity.ts';
import { formatRecent } from '../../format/time.ts';
import { reasonName } from './names.ts';

export interface RefusalsTableProps {
  readonly refusals: readonly Refusal[];
  readonly more: (() => void) | undefined;
  readonly loading: boolean;
}

export function RefusalsTable({ refusals, more, loading }: RefusalsTableProps) {
  const { timeZone } = useTenant();
  const columns = useMemo(() => columnsOf(timeZone), [timeZone]);
  if (refusals.length === 0) return <p className="quiet refusals-none">Nothing was refused under these filters.</p>;
  return (
    <section aria-labelledby="refusals-title">
      <div className="section-head">
        <h2 id="refusals-title">
          One by one <span className="quiet">newest first, {plural(refusals.length, 'refusal')} loaded</span>
        </h2>
        <ExportMenu
          fileName="refusals"
          columns={exportColumns}
          rows={refusals.map((refusal) => exportColumns.map((name) => String(refusal[name])))}
        />
      </div>
      <DataTable
        label="Refusals"
        columns={columns}
        data={refusals}
        rowId={keyOf}
        rowTestId={(refusal) => `refusal-${refusal.reason}`}
      />
      {more !== undefined && (
        <div className="more no-print">
          <button type="button" className="button small" disabled={loading} onClick={more}>
            {loading ? 'Loading' : 'Show older'}
          </button>
        </div>
      )}
    </section>
  );
}

const keyOf = ({ stream, inputSeq, producer, seq, index }: Refusal): string =>
  [stream, inputSeq, producer, seq, index].join('-');

const exportColumns = [
  'logTimeMs', 'producer', 'reason', 'detail', 'samples', 'epoch', 'seq', 'index', 'stream', 'inputSeq',
] as const; // prettier-ignore

const columnsOf = (timeZone: string): Column<Refusal>[] => [
  {
    id: 'time',
    header: 'Taken',
    meta: { className: 'mono wraps' },
    cell: ({ row }) => formatRecent(row.original.logTimeMs, Date.now(), timeZone),
  },
  {
    id: 'producer',
    header: 'Producer',
    cell: ({ row: { original } }) =>
      original.producer === '' ? (
        'the office itself'
      ) : (
        <Link to="/fleet" search={{ search: original.producer }}>
          {original.producer}
        </Link>
      ),
  },
  { id: 'what', header: 'What', meta: { className: 'wide' }, cell: ({ row }) => whatText(row.original) },
  {
    id: 'reason',
    header: 'Reason',
    meta: { className: 'wraps' },
    cell: ({ row: { original } }) => (
      <span className="refusal-why">
        <span>
          <Badge tone="warn">{reasonName(original.reason)}</Badge>
        </span>
        {original.detail}
      </span>
    ),
  },
];

/** A batch that could not be read tells no number of its own; its place in the log names it. */
function whatText({ stream, seq, index, inputSeq, samples }: Refusal): string {
  if (stream === 'control') return `change ${formatCount(inputSeq)}`;
  if (seq === 0) return `message ${formatCount(inputSeq)}`;
  if (index < 0) return `batch ${formatCount(seq)}, ${plural(samples, 'sample')}`;
  return `batch ${formatCount(seq)}, sample ${formatCount(index)}`;
}
