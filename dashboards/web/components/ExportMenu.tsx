/** Downloads what is shown, exact to the last decimal, as CSV or JSON. */
import { Menu } from '@mantine/core';
import { csvOf, jsonOf } from '../format/tableFile.ts';
import { download } from './download.ts';

export interface ExportMenuProps {
  readonly fileName: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export const ExportMenu = ({ fileName, columns, rows }: ExportMenuProps) => (
  <Menu position="bottom-end">
    <Menu.Target>
      <button type="button" className="link no-print">
        export
      </button>
    </Menu.Target>
    <Menu.Dropdown>
      <Menu.Item onClick={() => download(`${fileName}.csv`, 'text/csv', csvOf(columns, rows))}>CSV</Menu.Item>
      <Menu.Item onClick={() => download(`${fileName}.json`, 'application/json', jsonOf(columns, rows))}>
        JSON
      </Menu.Item>
      <Menu.Item onClick={() => void navigator.clipboard.writeText(location.href)}>Copy link to this view</Menu.Item>
    </Menu.Dropdown>
  </Menu>
);
