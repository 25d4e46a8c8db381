export const fleetColumns = [
  'producer',
  'health',
  'seen',
  'lag',
  'mark',
  'spool',
  'received',
  'refused',
  'notes',
] as const;
export type FleetColumn = (typeof fleetColumns)[number];

export interface FleetSearch {
  readonly search?: string;
  readonly health?: string;
  readonly sort?: FleetColumn;
  readonly order?: 'asc' | 'desc';
}

export function parseFleetSearch(search: Record<string, unknown>): FleetSearch {
  const { search: text, health, sort, order } = search;
  const column = fleetColumns.find((candidate) => candidate === sort);
  return {
    ...(typeof text === 'string' && text !== '' ? { search: text } : {}),
    ...(typeof health === 'string' && health !== '' ? { health } : {}),
    ...(column === undefined ? {} : { sort: column }),
    ...(order === 'desc' || order === 'asc' ? { order } : {}),
  };
}
