import { join } from 'node:path';
import { readConfiguration } from './configuration';
import { launch, type Launched } from './launch';
import { StartRefused } from './refusal';
import { explain, terminal } from './screen';

const screen = terminal();
/** Everything must be gone within 10 s of the first Ctrl-C. */
const lastMomentMs = 9_500;

async function main(): Promise<number> {
  const rootDir = join(__dirname, '..', '..', '..');
  const { configuration, mistakes } = readConfiguration(process.env, rootDir);
  if (mistakes.length > 0) {
    throw new StartRefused(mistakes);
  }
  const asked = stopRequest();
  const launched = await launch(configuration, screen, process.env.INIT_CWD ?? process.cwd());
  try {
    await Promise.race([asked, launched.running.then(() => asked)]);
  } finally {
    await stop(launched);
  }
  return 0;
}

async function stop(launched: Launched): Promise<void> {
  screen.say('stopping …');
  const timer = setTimeout(() => {
    screen.warn('it took too long; what is left is ended by the next start');
    process.exit(1);
  }, lastMomentMs);
  await launched.stop();
  clearTimeout(timer);
  screen.say('stopped');
}

/**
 * Resolves at the first Ctrl-C or request to stop. One later than a second afterwards ends us at once; an earlier one is
 * the same key press, which npm and the terminal both hand on.
 */
function stopRequest(): Promise<void> {
  return new Promise((resolve) => {
    let since: number | undefined;
    const handle = () => {
      if (since !== undefined && performance.now() - since > 1_000) process.exit(130);
      since ??= performance.now();
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, handle);
    whenNpmIsGone(handle);
  });
}

/** A signal sent to npm ends npm and the shell between us, but does not reach us: we would stay behind unseen. */
function whenNpmIsGone(then: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const shell = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(timer);
    then();
  }, 500);
  timer.unref();
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const text = error instanceof StartRefused ? error.message : explain(error);
    screen.warn(`\nScutwork did not start.\n${text}\n`);
    process.exit(1);
  },
);
