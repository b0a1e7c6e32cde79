import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { transformSync } from '@swc/core';

const root = join(__dirname, '..', '..');
/** The one with which schedules came. There is no release yet; from the first on it is the last one before this. */
const EARLIER = '7abb966b4c08b8ac63cf81576440b7d9916f6f90';
const PACKAGES = [
  'libs/app',
  'libs/jobs',
  'libs/ledger',
  'libs/local',
  'apps/producer',
  'apps/workers',
  'apps/scheduler',
];

export interface EarlierRelease {
  /** Its built repository. */
  root: string;
  commit: string;
  remove(): void;
}

/**
 * The release before this one, built in a folder of its own: the last tag that leads here, else a commit of old; `EARLIER_RELEASE`
 * names another. It runs with the packages that are installed for this one.
 *
 * @returns why it cannot be had, where git or its history is not there
 */
export function earlierRelease(): EarlierRelease | string {
  const commit = commitOf(process.env.EARLIER_RELEASE ?? lastTag() ?? EARLIER);
  if (commit === undefined) return 'this is no git repository, or its history is not there (a shallow clone)';
  const folder = mkdtempSync(join(tmpdir(), 'scutwork-earlier-'));
  const archive = execFileSync('git', ['archive', commit, '.swcrc', 'libs', 'apps'], { cwd: root, maxBuffer: 2 ** 28 });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  linkPackages(folder);
  for (const name of PACKAGES) build(folder, name);
  return { root: folder, commit, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

const lastTag = (): string | undefined => git('describe', '--tags', '--abbrev=0', '--match', 'v*', 'HEAD^');
const commitOf = (name: string): string | undefined => git('rev-parse', '--verify', '--quiet', `${name}^{commit}`);

function git(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** Those of others as they are installed here, and its own in place of ours. */
function linkPackages(folder: string): void {
  const installed = join(root, 'node_modules');
  const own = join(folder, 'node_modules', '@scutwork');
  mkdirSync(own, { recursive: true });
  for (const name of readdirSync(installed))
    if (name !== '@scutwork' && !name.startsWith('.'))
      symlinkSync(join(installed, name), join(folder, 'node_modules', name));
  for (const path of PACKAGES) symlinkSync(join(folder, path), join(own, path.replace(/^.*\//, '')));
}

/** Without the types, which were checked when it was made. */
function build(folder: string, name: string): void {
  const options = JSON.parse(readFileSync(join(folder, '.swcrc'), 'utf8')) as object;
  const source = join(folder, name, 'src');
  for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || /(spec|\.d)\.ts$/.test(file)) continue;
    const filename = join(source, file);
    const { code } = transformSync(readFileSync(filename, 'utf8'), {
      ...options,
      filename,
      swcrc: false,
      sourceMaps: false,
    });
    const built = join(folder, name, 'dist', file.replace(/ts$/, 'js'));
    mkdirSync(dirname(built), { recursive: true });
    writeFileSync(built, code);
  }
}
