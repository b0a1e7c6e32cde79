import { decimals, printTable } from './table.mjs';

/** Prints where the time of a V8 CPU profile went: self time by function, and by the package it belongs to. */
export function printProfile(profile, { jobs, top }) {
  const microseconds = selfTimes(profile);
  const perJob = (time) => decimals(time / jobs, 2);
  const functions = sumBy(
    profile.nodes,
    microseconds,
    ({ callFrame }) => `${callFrame.functionName || '(anonymous)'}  ${place(callFrame)}`,
  );
  const packages = sumBy(profile.nodes, microseconds, ({ callFrame }) => packageOf(callFrame));
  const busy = [...packages].filter(([name]) => name !== 'idle').reduce((sum, [, time]) => sum + time, 0);
  const rows = (sums) => sums.map(([name, time]) => [name, perJob(time), `${decimals((time * 100) / busy, 1)} %`]);
  const working = (sums) => [...sums].filter(([name, time]) => !/^\(?idle\)?/.test(name) && time > 0);
  printTable(['by function', 'µs a job', 'of busy'], rows(working(functions).slice(0, top)));
  printTable(['by part', 'µs a job', 'of busy'], rows(working(packages).slice(0, 20)));
  console.log(`\nbusy ${perJob(busy)} µs a job, idle ${perJob(packages.get('idle') ?? 0)}`);
}

function selfTimes({ samples, timeDeltas }) {
  const times = new Map();
  samples.forEach((id, index) => times.set(id, (times.get(id) ?? 0) + timeDeltas[index]));
  return times;
}

function sumBy(nodes, microseconds, label) {
  const sums = new Map();
  for (const node of nodes) {
    const name = label(node);
    sums.set(name, (sums.get(name) ?? 0) + (microseconds.get(node.id) ?? 0));
  }
  return new Map([...sums].sort(([, a], [, b]) => b - a));
}

function place({ url, lineNumber }) {
  return url === '' ? '' : `${shortened(url)}:${lineNumber + 1}`;
}

function packageOf({ url, functionName }) {
  if (url === '') return /^\((.*)\)$/.exec(functionName)?.[1] ?? 'native calls';
  if (url.startsWith('node:')) return 'node';
  const file = shortened(url);
  const inPackage = /^(@[^/]+\/[^/]+|[^/]+)\//.exec(file);
  return url.includes('/node_modules/') && inPackage ? inPackage[1] : file;
}

/** Path from the package's or the project's folder. */
function shortened(url) {
  return url.replace(/^.*\/node_modules\//, '').replace(/^.*?\/((libs|bench|apps)\/)/, '$1');
}
