import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MS = 60_000;
const STOP_MS = 15_000;
const HEAP_PROBE = fileURLToPath(new URL('../measure/heap-probe.mjs', import.meta.url));

/**
 * Starts a program that serves HTTP, in a process of its own, and waits until what it answers at `url` says that it is
 * ready: by a status of 200, unless `isReady` looks closer.
 */
export async function startApp(program, { env, url, isReady = ({ ok }) => ok }) {
  const child = fork(program, {
    env: { ...process.env, ...env },
    execArgv: ['--expose-gc', '--import', HEAP_PROBE],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const kill = () => child.kill('SIGKILL');
  try {
    await answering(child, url, isReady);
  } catch (error) {
    kill();
    throw error;
  }
  return { pid: child.pid, memory: () => memoryOf(child), stop: () => stop(child), kill };
}

async function answering(child, url, isReady) {
  const giveUpAt = Date.now() + START_MS;
  for (;;) {
    const answer = await fetch(url).catch(() => undefined); // It does not listen yet.
    if (answer && (await isReady(answer))) return;
    if (child.exitCode !== null) throw new Error(`${child.spawnargs.at(-1)} ended with code ${child.exitCode}`);
    if (Date.now() > giveUpAt) throw new Error(`${url} was not ready within a minute: ${answer?.status}`);
    await sleep(20);
  }
}

/** Its heap after a collection, and all that the process has of the machine's memory, in bytes. */
async function memoryOf(child) {
  child.send('memory');
  const [memory] = await once(child, 'message');
  return memory;
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(timer);
}
