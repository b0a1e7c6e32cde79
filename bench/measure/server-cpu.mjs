import { readFileSync } from 'node:fs';

const MS_PER_TICK = 10; // USER_HZ is 100 on every Linux that Node runs on

/** Processor time a server has used so far, in ms; NaN where /proc does not tell. */
export function serverCpuMs(pid) {
  try {
    const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(afterName[11]) + Number(afterName[12])) * MS_PER_TICK;
  } catch {
    return NaN;
  }
}
