/** Tables as files. Decimals stay text, so that no spreadsheet or parser rounds what we did not. */
type Rows = readonly (readonly string[])[];

/** RFC 4180. A cell that a spreadsheet would run as a formula is quoted with a leading apostrophe; numbers are not such. */
export function csvOf(columns: readonly string[], rows: Rows): string {
  return [columns, ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n') + '\r\n';
}

function csvCell(cell: string): string {
  const safe = /^[=+@\t\r]/.test(cell) || /^-(?!\d+(\.\d+)?$)/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function jsonOf(columns: readonly string[], rows: Rows): string {
  const objects = rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index] ?? ''])));
  return `${JSON.stringify(objects, null, 2)}\n`;
}
