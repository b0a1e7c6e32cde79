import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(__dirname, '../..');

export interface Page {
  /** From the checkout. */
  path: string;
  text: string;
}

/** Every page that a reader may open. */
export function pages(): Page[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`);
  const paths = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...docs].filter((path) => path.endsWith('.md'));
  return paths.map((path) => ({ path, text: read(path) }));
}

export const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Code in a page that stands in a file too: `<!-- from examples/x/main.ts#region -->` and then the block. */
export function quotations({ text }: Page): { from: string; code: string }[] {
  const blocks = text.matchAll(/<!-- from (\S+) -->\n+```\w+\n(.*?)```/gs);
  return [...blocks].map(([, from = '', code = '']) => ({ from, code }));
}

/** The file, or the lines between `#region name` and `#endregion` in it. */
export function quoted(from: string): string {
  const [path = '', region] = from.split('#');
  const text = read(path);
  if (region === undefined) return text;
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.trim() === `// #region ${region}`);
  const end = lines.findIndex((line, at) => at > start && line.trim() === '// #endregion');
  if (start === -1 || end === -1) throw new Error(`${from} is not there`);
  return lines.slice(start + 1, end).join('\n');
}

/** Prettier may break a line elsewhere where it is less indented. */
export const withoutLayout = (code: string): string => code.replace(/[\s,]+/g, '');

/** The rows of the tables under a heading, each as its cells without backticks. */
export function tableUnder(page: string, heading: string): string[][] {
  const [, after = ''] = `\n${read(page)}`.split(`\n${heading}\n`);
  const section = after.split(/\n#{1,3} /)[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\| *-+ *\|/.test(line))
    .slice(1)
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
}

export const firstCells = (rows: string[][]): string[] => rows.map(([first = '']) => first);
