import { Link } from '@tanstack/react-router';
import type { FleetMember } from '#core/messages/api.ts';
import { epochText } from '#core/messages/rated.ts';
import type { Column } from '../../components/DataTable.tsx';
import { Badge, SimulatedMark, type Tone } from '../../components/StateBadge.tsx';
import { formatBytes, formatCount, plural } from '../../format/quantity.ts';
import { formatAge, formatSpan } from '../../format/time.ts';

const tones: Readonly<Record<FleetMember['health'], Tone>> = {
  live: 'ok',
  late: 'warn',
  silent: 'block',
  never: 'plain',
};
const severity: Readonly<Record<FleetMember['health'], number>> = { silent: 0, late: 1, never: 2, live: 3 };

const number = { className: 'number' } as const;

/** Columns as of `nowMs` of the ledger, which ages are counted to. */
export const fleetColumnsOf = (nowMs: number): Column<FleetMember>[] => [
  {
    id: 'producer',
    header: 'Producer',
    accessorFn: (member) => member.producer,
    cell: ({ row }) => <Name member={row.original} />,
  },
  {
    id: 'health',
    header: 'Health',
    accessorFn: (member) => severity[member.health],
    cell: ({ row }) => (
      <Badge tone={tones[row.original.health]} testId={`fleet-${row.original.producer}-health`}>
        {row.original.health}
      </Badge>
    ),
  },
  {
    id: 'seen',
    header: 'Last seen',
    accessorFn: (member) => member.lastSeenMs,
    cell: ({ row }) => seenText(row.original, nowMs),
  },
  {
    id: 'lag',
    header: 'Lag',
    meta: number,
    accessorFn: lagMs,
    cell: ({ row }) => (row.original.lastSampleMs === 0 ? '–' : formatSpan(lagMs(row.original))),
  },
  {
    id: 'mark',
    header: 'Epoch, mark',
    meta: number,
    accessorFn: (member) => member.mark,
    cell: ({ row }) => <Mark member={row.original} />,
  },
  {
    id: 'spool',
    header: 'Spool',
    meta: number,
    accessorFn: (member) => member.spool.bytes,
    cell: ({ row }) => spoolText(row.original),
  },
  {
    id: 'received',
    header: 'Rated',
    meta: number,
    accessorFn: (member) => member.samples.received,
    cell: ({ row }) => <Samples member={row.original} />,
  },
  {
    id: 'refused',
    header: 'Refused',
    meta: number,
    accessorFn: (member) => member.samples.refused + member.batches.refused,
    cell: ({ row }) => <Refused member={row.original} />,
  },
  {
    id: 'notes',
    header: 'Gaps, resets, losses',
    accessorFn: (member) => Object.values(member.notes).reduce((sum, count) => sum + count, 0),
    cell: ({ row }) => (
      <span className={notesText(row.original) === '' ? 'quiet' : 'fleet-alarm'} title={coalescedText(row.original)}>
        {notesText(row.original) || 'none'}
      </span>
    ),
  },
  {
    id: 'key',
    header: 'Signing key',
    enableSorting: false,
    meta: { className: 'mono' },
    cell: ({ row }) => <Key id={row.original.keyIds.at(-1)} />,
  },
];

const Name = ({ member }: { member: FleetMember }) => (
  <span className="fleet-name">
    <strong>{member.producer}</strong>
    <span className="quiet fleet-type">{member.type}</span>
    {member.simulated && <SimulatedMark />}
    {!member.enabled && <Badge tone="plain">disabled</Badge>}
  </span>
);

/** The key's first characters; the whole id on hover and in the export. */
const Key = ({ id }: { id: string | undefined }) =>
  id === undefined ? (
    <span className="quiet">none</span>
  ) : (
    <span title={id}>{id.length > 10 ? `${id.slice(0, 8)}…` : id}</span>
  );

/** From the end of its newest sample to when it was last heard from. */
const lagMs = (member: FleetMember): number => Math.max(0, member.lastSeenMs - member.lastSampleMs);

const seenText = (member: FleetMember, nowMs: number): string =>
  member.lastSeenMs === 0 ? 'never' : formatAge(nowMs - member.lastSeenMs);

const Mark = ({ member: { epoch, mark } }: { member: FleetMember }) =>
  epoch === null ? (
    <>–</>
  ) : (
    <span title={`Epoch ${epochText(epoch)}: every batch up to ${formatCount(mark)} is committed`}>
      <code className="quiet">{epoch.nonce.slice(0, 6)}</code> {formatCount(mark)}
    </span>
  );

const spoolText = ({ spool }: FleetMember): string =>
  spool.batches === 0 ? 'empty' : `${plural(spool.batches, 'batch', 'batches')}, ${formatBytes(spool.bytes)}`;

function Samples({ member: { samples } }: { member: FleetMember }) {
  const title = `${formatCount(samples.received)} received = ${formatCount(samples.rated)} + ${formatCount(samples.duplicates)} duplicates + ${formatCount(samples.refused)} refused`;
  return (
    <span title={title}>
      {formatCount(samples.rated)}
      {samples.duplicates > 0 && <span className="quiet"> + {formatCount(samples.duplicates)} twice</span>}
    </span>
  );
}

/** Samples refused one by one and whole batches, whose samples nobody counted. */
function Refused({ member: { producer, samples, batches } }: { member: FleetMember }) {
  const parts = [
    ...(samples.refused > 0 ? [formatCount(samples.refused)] : []),
    ...(batches.refused > 0 ? [plural(batches.refused, 'batch', 'batches')] : []),
  ];
  if (parts.length === 0) return <span className="quiet">0</span>;
  return (
    <Link to="/refusals" search={{ producer }} className="fleet-alarm" title="Reasons">
      {parts.join(', ')}
    </Link>
  );
}

/** "2 gaps, 1 reset". */
export const notesText = (member: FleetMember): string =>
  Object.entries(member.notes)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => noteWords[kind]?.(count) ?? plural(count, kind))
    .join(', ');

const noteWords: Readonly<Record<string, (count: number) => string>> = {
  lost: (count) => `${formatCount(count)} lost`,
  coalesced: (count) => `${plural(count, 'time')} in longer slices`,
};

/** Its newest loss of resolution, as it signed it. */
const coalescedText = ({ coalesced }: FleetMember): string | undefined =>
  coalesced === undefined
    ? undefined
    : `Its disk had no room from ${new Date(coalesced.fromMs).toISOString()} to ${new Date(coalesced.toMs).toISOString()}: ${plural(coalesced.readings, 'reading')} are in slices of ${formatSpan(coalesced.sliceMs)} or longer. Totals are whole; when in a slice is lost.`;
