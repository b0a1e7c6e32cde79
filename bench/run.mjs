// npm run bench: Scutwork beside its peers, interleaved in one run on one machine.
import { install } from './setup/install.mjs';
import { readOptions, usage } from './options.mjs';

const options = readOptions(process.argv.slice(2));
if (options.help) {
  console.log(usage);
} else {
  install(); // before anything imports a peer
  const { runSuites } = await import('./run-suites.mjs');
  await runSuites(options);
}
