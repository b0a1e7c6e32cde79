import { answersAmqp } from '../amqp-probe';
import { endProcess, isAlive } from '../processes';
import type { Engine } from './engine';
import { brokerEnvironment } from './environment';
import type { RabbitMqPrograms } from './find';
import type { PrivateRabbitMqOptions } from './options';
import { knownSettings, rememberSettings, writeBrokerFiles, type Settings } from './settings';
import { endProcesses, leftProcesses, startProcesses, type BrokerProcesses, type StartOptions } from './start';

/** Runs the broker from the programs installed on this machine. */
export function installedEngine(options: PrivateRabbitMqOptions, programs: RabbitMqPrograms): Engine {
  const { dataDir } = options;
  let started: { start: StartOptions; processes: BrokerProcesses } | undefined;

  const startOptions = (settings: Settings): StartOptions => {
    const env = brokerEnvironment(dataDir, programs, settings, options.schedulers ?? 2);
    return { dataDir, programs, settings, env, deadlineMs: options.startDeadlineMs ?? 60_000 };
  };

  return {
    startOrAdopt: async () => {
      const left = leftProcesses(dataDir);
      const known = knownSettings(dataDir);
      if (left?.running && known && (await canAdopt(options, known))) {
        started = { start: startOptions(known), processes: left.processes };
        return known;
      }
      if (left) await endProcesses(dataDir, left.processes, { deadlineMs: 8_000 });
      const settings = await rememberSettings({ ...options, engine: 'installed' });
      writeBrokerFiles(options, settings);
      const start = startOptions(settings);
      started = { start, processes: await startProcesses(start) };
      return settings;
    },
    startAgain: async () => {
      if (started) started = { ...started, processes: await startProcesses(started.start) };
    },
    end: async (deadlineMs) => {
      if (started) await endProcesses(dataDir, started.processes, { deadlineMs });
    },
    kill: async () => {
      if (started) await endProcess(started.processes.broker, { deadlineMs: 0, signal: 'SIGKILL' });
    },
    pids: () => {
      const processes = started?.processes;
      return processes && isAlive(processes.broker) ? [processes.broker.pid, processes.epmd.pid] : [];
    },
  };
}

/** A running broker serves as it is if it answers and would be started with the very same files. */
async function canAdopt(options: PrivateRabbitMqOptions, settings: Settings): Promise<boolean> {
  if (options.port !== undefined && options.port !== settings.port) return false;
  return writeBrokerFiles(options, settings).unchanged && (await answersAmqp(settings.port));
}
