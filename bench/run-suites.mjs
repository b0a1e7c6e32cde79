import { named } from './contestants/registry.mjs';
import { printClaims } from './report/table.mjs';
import { writeResults } from './report/results.mjs';
import { machineFacts, versions } from './setup/machine.mjs';
import { startServers } from './setup/servers.mjs';

/** Runs the suites one after the other on one pair of servers, prints each table and writes each result. */
export async function runSuites({ suites, rounds, scale, only, quick, strict }) {
  const servers = await startServers();
  const stop = stopOnce(servers);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop().then(() => process.exit(130)));
  try {
    const machine = machineFacts();
    const used = await versions(servers);
    console.log(`${machine.cores} × ${machine.cpu}, ${machine.memoryGB} GB, ${machine.system}`);
    console.log(
      Object.entries(used)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    );
    const claims = [];
    for (const suiteName of suites) {
      const suite = await import(`./suites/${suiteName}.mjs`);
      console.log(`\n== ${suite.name}: ${suite.title}`);
      const contestants = named(suite.contestants).filter(({ name }) => !only || only.includes(name));
      const measured = await suite.run({ contestants, servers, rounds, scale });
      printClaims(measured.claims);
      claims.push(...measured.claims);
      const options = { rounds, quick, only };
      console.log(`→ ${await writeResults(suite.name, { machine, versions: used, options, ...measured })}`);
    }
    if (strict && claims.some(({ met }) => met === false)) process.exitCode = 1;
  } finally {
    await stop();
  }
}

function stopOnce(servers) {
  let stopping;
  return () => (stopping ??= servers.stop());
}
