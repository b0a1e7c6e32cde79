import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { answersAmqp } from '../amqp-probe';
import { readJson, writeJson } from '../claim';
import { notePids } from '../guardian';
import { LocalError } from '../local-error';
import { acceptsConnections } from '../ports';
import { becomes, endProcess, isAlive, startDetached, type ProcessId } from '../processes';
import type { RabbitMqPrograms } from './find';
import type { Settings } from './settings';

/** The two processes of a private broker; epmd is Erlang's name server, one of our own. */
export interface BrokerProcesses {
  broker: ProcessId;
  epmd: ProcessId;
}

export interface StartOptions {
  dataDir: string;
  programs: RabbitMqPrograms;
  settings: Settings;
  env: NodeJS.ProcessEnv;
  deadlineMs: number;
}

const processesFile = (dataDir: string) => join(dataDir, 'processes.json');

/** Starts epmd and the broker and waits until it answers AMQP. */
export async function startProcesses(options: StartOptions): Promise<BrokerProcesses> {
  const { dataDir, programs, settings, env } = options;
  const shared = { env, cwd: dataDir, logFile: join(dataDir, 'log', 'start.log') };
  mkdirSync(join(dataDir, 'log'), { recursive: true });
  rmSync(shared.logFile, { force: true });
  const epmd = startDetached(programs.epmd, ['-port', String(settings.epmdPort), '-address', '127.0.0.1'], shared);
  notePids(dataDir, [epmd]);
  // Without its epmd the broker would not start, and it looks for it only once.
  await becomes(() => acceptsConnections(settings.epmdPort), 5_000);
  const processes = { broker: startDetached(programs.server, [], shared), epmd };
  notePids(dataDir, [processes.broker, epmd]);
  writeJson(processesFile(dataDir), processes);
  // Once it has answered it is not asked again: everyone who was cut off comes back, and it may be too busy.
  const isGone = () => !isAlive(processes.broker);
  const isDecided = await becomes(async () => isGone() || (await answersAmqp(settings.port)), options.deadlineMs, 50);
  if (isDecided && !isGone()) return processes;
  await endProcesses(dataDir, processes, { deadlineMs: 0 });
  throw startFailed(dataDir, options.deadlineMs);
}

/** The processes that a former run left on this folder, as far as they still live. */
export function leftProcesses(dataDir: string): { processes: BrokerProcesses; running: boolean } | undefined {
  const processes = readJson(processesFile(dataDir)) as BrokerProcesses | undefined;
  return processes && { processes, running: isAlive(processes.broker) && isAlive(processes.epmd) };
}

/** Ends the broker, by force after the deadline, and then its epmd. */
export async function endProcesses(
  dataDir: string,
  { broker, epmd }: BrokerProcesses,
  { deadlineMs }: { deadlineMs: number },
): Promise<void> {
  await endProcess(broker, { deadlineMs, signal: deadlineMs > 0 ? 'SIGTERM' : 'SIGKILL' });
  await endProcess(epmd, { deadlineMs: 1_000, signal: 'SIGKILL' });
  rmSync(processesFile(dataDir), { force: true });
}

function startFailed(dataDir: string, deadlineMs: number): LocalError {
  const [startLog, log] = [join(dataDir, 'log', 'start.log'), join(dataDir, 'log', 'rabbit.log')];
  const tail = [startLog, log]
    .map(lastLines)
    .filter((text) => text !== '')
    .join('\n');
  return new LocalError(
    'RABBITMQ_START_FAILED',
    `RabbitMQ in ${dataDir} did not answer within ${deadlineMs} ms.\n${tail}`,
    `read ${log} and ${startLog}; with nothing to keep, remove ${dataDir}`,
  );
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
  } catch {
    return '';
  }
}
