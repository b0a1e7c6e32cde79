// The packages that ship, looked up among known vulnerabilities. High and critical ones fail; where nobody can be asked,
// as on a machine without a network, it says so aloud and passes: that says nothing about this code.
// `--judge` asks nobody, and judges the answer of `npm audit --json` that comes by stdin.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { npm, root } from './setup.mjs';

const DEADLINE_MS = 60_000;

function ask() {
  const [command, ...args] = npm();
  const { stdout } = spawnSync(command, [...args, 'audit', '--omit=dev', '--audit-level=high', '--json'], {
    cwd: root,
    encoding: 'utf8',
    timeout: DEADLINE_MS,
    maxBuffer: 2 ** 26,
  });
  return stdout;
}

/** Tells what npm has answered. Returns whether nothing grave is known. */
function judge(answer) {
  const report = parse(answer);
  const counts = report?.metadata?.vulnerabilities;
  if (!counts) {
    console.log('NOT AUDITED: nobody who knows of vulnerabilities has answered.');
    console.log('Run `npm audit --omit=dev` where there is a network.');
    return true;
  }
  for (const { name, severity, range, fixAvailable } of Object.values(report.vulnerabilities ?? {})) {
    console.log(`${severity}: ${name} ${range}${fixAvailable ? ', a fix is available' : ''}`);
  }
  const grave = (counts.high ?? 0) + (counts.critical ?? 0);
  console.log(`${counts.total ?? 0} known vulnerabilities, ${grave} of them high or critical`);
  return grave === 0;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

process.exit(judge(process.argv.includes('--judge') ? readFileSync(0, 'utf8') : ask()) ? 0 : 1);
