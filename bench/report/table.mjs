/** Prints rows of strings under headings: the first column to the left, figures to the right. */
export function printTable(headings, rows) {
  const widths = headings.map((heading, column) =>
    Math.max(...[heading, ...rows.map((row) => row[column])].map((s) => s.length)),
  );
  const line = (cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ');
  console.log(`\n${line(headings)}`);
  console.log(widths.map((width) => '─'.repeat(width)).join('  '));
  for (const row of rows) console.log(line(row));
}

export function printClaims(claims) {
  if (claims.length === 0) return;
  console.log('');
  for (const { claim, got, wanted, allowed, met } of claims) {
    const bound = wanted === undefined ? `at most ${decimals(allowed)}` : `at least ${decimals(wanted)}`;
    const mark = { true: 'met     ', false: 'MISSED  ', null: 'not run ' }[met];
    console.log(`${mark}  ${claim}: ${got === null ? '–' : decimals(got)} (${bound})`);
  }
}

export function whole(value) {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : '–';
}

export function decimals(value, digits = 2) {
  return Number.isFinite(value) ? value.toFixed(digits) : '–';
}
