/** A table of records with sortable headers; the page owns what is sorted by, so that it can live in the address. */
import {
  createSortedRowModel, rowSortingFeature, tableFeatures, useTable, type ColumnDef, type Row, type SortingState,
} from '@tanstack/react-table'; // prettier-ignore
import './dataTable.css';

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  columnMeta: {} as { readonly className?: string },
});

export type Column<Data extends object> = ColumnDef<typeof features, Data>;

export interface DataTableProps<Data extends object> {
  readonly label: string;
  readonly columns: Column<Data>[];
  readonly data: readonly Data[];
  readonly rowId: (row: Data) => string;
  readonly rowTestId?: (row: Data) => string;
  readonly sorting?: SortingState;
  readonly onSort?: (sorting: SortingState) => void;
}

const unsorted: SortingState = [];

export function DataTable<Data extends object>({
  label,
  columns,
  data,
  rowId,
  rowTestId,
  sorting = unsorted,
  onSort,
}: DataTableProps<Data>) {
  const table = useTable({
    features,
    columns,
    data,
    getRowId: rowId,
    state: { sorting },
    enableSorting: onSort !== undefined,
    enableSortingRemoval: false,
    onSortingChange: (next) => onSort?.(typeof next === 'function' ? next(sorting) : next),
  });
  return (
    <div className="data-table" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map((header) => (
                <th
                  key={header.id}
                  scope="col"
                  className={header.column.columnDef.meta?.className}
                  aria-sort={ariaSort(header.column.getIsSorted())}
                >
                  {header.column.getCanSort() ? (
                    <button type="button" onClick={header.column.getToggleSortingHandler()}>
                      <table.FlexRender header={header} />
                      <span aria-hidden="true">
                        {{ asc: ' ↑', desc: ' ↓', false: '' }[String(header.column.getIsSorted())]}
                      </span>
                    </button>
                  ) : (
                    <table.FlexRender header={header} />
                  )}
                </th>
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row: Row<typeof features, Data>) => (
            <tr key={row.id} data-testid={rowTestId?.(row.original)}>
              {row.getAllCells().map((cell) => (
                <td key={cell.id} className={cell.column.columnDef.meta?.className}>
                  <table.FlexRender cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const ariaSort = (sorted: false | 'asc' | 'desc'): 'ascending' | 'descending' | undefined =>
  sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : undefined;
