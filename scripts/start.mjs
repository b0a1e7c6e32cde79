// `npm start`: sets up what is missing, then starts everything. See apps/launcher for what is started and how.
import { isNodeNewEnough } from './node-version.mjs';

if (isNodeNewEnough()) {
  import('./setup.mjs')
    .then(({ installDependencies, build, fail }) => {
      if (!installDependencies()) return fail('npm ci failed; its output is above');
      if (!build()) return fail('the TypeScript build failed; its output is above');
      // In this very process, so that signals and the exit code need no passing on.
      return import('../apps/launcher/dist/main.js');
    })
    .catch((error) => {
      console.error(error);
      process.exit(1);
    });
} else {
  process.exit(1);
}
