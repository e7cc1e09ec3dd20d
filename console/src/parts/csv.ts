// Comma-separated values as RFC 4180 has them. Pure.
export function readCsv(text: string, mostRows: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [], field = '', quoted = false;
  const endRow = () => {
    row.push(field);
    field = '';
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  };
  for (let i = 0; i < text.length && rows.length < mostRows; i += 1) {
    const mark = text[i] as string;
    if (quoted) {
      if (mark !== '"') field += mark;
      else if (text[i + 1] === '"') {
        field += '"';
        i += 1;
      } else quoted = false;
    } else if (mark === '"' && field === '') quoted = true;
    else if (mark === ',') {
      row.push(field);
      field = '';
    } else if (mark === '\n') endRow();
    else if (mark !== '\r') field += mark;
  }
  if (rows.length < mostRows) endRow();
  return rows;
}

// A field that a spreadsheet would take for a formula is written as text.
export function writeCsv(rows: (string | number | undefined)[][]): string {
  const write = (value: string | number | undefined) => {
    const text = value === undefined ? '' : String(value);
    const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  };
  return rows.map((row) => `${row.map(write).join(',')}\r\n`).join('');
}
