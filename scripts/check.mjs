// `npm run check`: format, lint, types, import directions, dead code. All of them run; each result is shown.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root, tool } from './setup.mjs';

/** In this order; a check whose configuration is missing fails. */
const checks = [
  ['types', 'tsconfig.json', 'typescript/bin/tsc', '-b'],
  ['lint', 'eslint.config.mjs', 'eslint/bin/eslint.js', '.', '--max-warnings', '0'],
  ['types of the tests', 'tsconfig.test.json', 'typescript/bin/tsc', '-p', 'tsconfig.test.json'],
  ['format', '.prettierrc.json', 'prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
  ['import directions', '.dependency-cruiser.cjs', 'dependency-cruiser/bin/dependency-cruise.mjs', 'libs', 'apps'],
  ['dead code', 'knip.json', 'knip/bin/knip.js'],
].map(([name, config, program, ...args]) => ({ name, config, command: [tool(program), ...args] }));

const results = new Map();
const waiting = [...checks];

async function work() {
  for (let check = waiting.shift(); check; check = waiting.shift()) {
    const result = await run(check);
    results.set(check, result);
    report(check, result);
  }
}

function run({ config, command }) {
  if (!existsSync(join(root, config)))
    return Promise.resolve({ passed: false, output: `${config} is missing\n`, seconds: 0 });
  const start = performance.now();
  const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ passed: false, output: `${error.message}\n`, seconds: 0 }));
    child.on('close', (code) => resolve({ passed: code === 0, output, seconds: (performance.now() - start) / 1000 }));
  });
}

function report({ name }, { passed, output, seconds }) {
  console.log(`${passed ? 'passed' : 'FAILED'}  ${name} (${seconds.toFixed(1)} s)`);
  if (!passed) console.log(output.trimEnd().replace(/^/gm, '        '));
}

// The others read the declarations that it builds.
const types = waiting.shift();
results.set(types, await run(types));
report(types, results.get(types));
await Promise.all(Array.from({ length: Math.min(availableParallelism(), 3) }, work));

const failed = checks.filter((check) => !results.get(check).passed);
if (failed.length > 0) console.log(`\nfailed: ${failed.map(({ name }) => name).join(', ')}`);
process.exit(failed.length === 0 ? 0 : 1);
