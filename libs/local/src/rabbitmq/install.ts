import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** How an attempt to install packages ended. */
export type InstallOutcome =
  { kind: 'installed' } | { kind: 'no-apt' } | { kind: 'not-permitted' } | { kind: 'failed'; said: string };

/** Installs Debian packages, as root or by `sudo -n`, so that none of them starts a service of its own. */
export function installPackages(packages: string[], onProgress?: (line: string) => void): Promise<InstallOutcome> {
  const script = join(__dirname, '..', '..', 'install-packages.sh');
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', [script, ...packages], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const collect = (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000));
    // The first thing it says is that it has begun; there is nothing to tell if it may not.
    child.stdout.once('data', (chunk: Buffer) => onProgress?.(chunk.toString().split('\n')[0] ?? ''));
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ kind: 'failed', said: error.message }));
    child.on('close', (code) => resolve(outcome(code, said)));
  });
}

function outcome(code: number | null, said: string): InstallOutcome {
  switch (code) {
    case 0:
      return { kind: 'installed' };
    case 3:
      return { kind: 'no-apt' };
    case 4:
      return { kind: 'not-permitted' };
    case null:
    default:
      return { kind: 'failed', said: said.trim().split('\n').slice(-5).join('\n') };
  }
}
