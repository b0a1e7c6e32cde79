import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./side-process.mjs', import.meta.url));
const CLOSE_MS = 30_000;

/**
 * Starts one side (publisher, worker or drain) of a contestant in its own process, as in real life.
 * `call(name, argument)` runs one of the calls of side-process.mjs there; it rejects when the process dies.
 */
export function startSide(label, { execArgv = [] } = {}) {
  const child = fork(PROGRAM, { execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const waiting = new Map();
  let lastId = 0;
  let gone;

  child.on('message', ({ id, result, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(result);
    else reject(new Error(`${label}: ${error}`));
  });
  const exited = new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      gone = new Error(`${label} ended (${signal ?? `code ${code}`}) while it was still needed`);
      for (const { reject } of waiting.values()) reject(gone);
      waiting.clear();
      resolve();
    });
  });

  function call(name, argument) {
    if (gone) return Promise.reject(gone);
    return new Promise((resolve, reject) => {
      lastId += 1;
      waiting.set(lastId, { resolve, reject });
      child.send({ id: lastId, call: name, argument });
    });
  }

  async function stop() {
    if (gone) return;
    const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS);
    try {
      await call('close');
    } finally {
      if (!gone) child.disconnect();
      await exited;
      clearTimeout(timer);
    }
  }

  return { call, stop, kill: () => child.kill('SIGKILL'), pid: child.pid };
}
