/** Every chart's frame: its title, the same figures as a table, and a download of them. */
import { useState } from 'react';
import { ExportMenu } from './ExportMenu.tsx';
import './chartFrame.css';

export interface ChartFrameProps {
  readonly title: string;
  readonly hint?: string;
  readonly columns: readonly string[];
  /** Exact figures as text; the first column names the row. */
  readonly rows: readonly (readonly string[])[];
  readonly fileName: string;
  readonly className?: string;
  readonly children: React.ReactNode;
}

export function ChartFrame({ title, hint, columns, rows, fileName, className = '', children }: ChartFrameProps) {
  const [asTable, setAsTable] = useState(false);
  return (
    <figure className={`chart ${className}`}>
      <figcaption>
        <span>
          {title} {hint !== undefined && <span className="quiet">{hint}</span>}
        </span>
        <span className="chart-tools no-print">
          <button type="button" className="link" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            {asTable ? 'as a chart' : 'as a table'}
          </button>
          <ExportMenu fileName={fileName} columns={columns} rows={rows} />
        </span>
      </figcaption>
      {asTable ? (
        <div className="chart-table" tabIndex={0} role="region" aria-label={`${title} as a table`}>
          <table>
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column} scope="col">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row[0]}>
                  {row.map((cell, index) => (
                    <td key={columns[index]}>{cell}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        children
      )}
    </figure>
  );
}
