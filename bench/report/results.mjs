import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const RESULTS = fileURLToPath(new URL('../results/', import.meta.url));
const TRIALS = fileURLToPath(new URL('../../.cache/bench/', import.meta.url));

/**
 * Writes bench/results/<suite>.json: what was measured, on what, with which versions, every round. A run with `--quick` or
 * `--only` is a trial: it goes to .cache/bench and leaves the full figures alone.
 */
export async function writeResults(suite, { machine, versions, options, ...measured }) {
  const folder = options.quick || options.only ? TRIALS : RESULTS;
  await mkdir(folder, { recursive: true });
  const file = `${folder}${suite}.json`;
  const document = { suite, measuredAt: new Date().toISOString(), machine, versions, options, ...measured };
  await writeFile(file, `${JSON.stringify(document, shortened, 2)}\n`);
  return file;
}

/** Four significant decimals are more than the machine's noise allows to mean anything. */
function shortened(_key, value) {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toFixed(4)) : value;
}
