import { isPortFree, readJson, whoListens, endProcess, isAlive, type ProcessId } from '@scutwork/local';
import { portVariable, type AppName, type Mistake } from './configuration';
import { pidFile } from './supervise-app';

/** Ends the apps that a launcher left behind which was killed. */
export async function endOrphans(dataDir: string, apps: AppName[]): Promise<AppName[]> {
  const left = apps.flatMap((app) => {
    const id = readJson(pidFile(dataDir, app)) as ProcessId | undefined;
    return id && isAlive(id) ? [{ app, id }] : [];
  });
  await Promise.all(left.map(({ id }) => endProcess(id, { deadlineMs: 8_000 })));
  return left.map(({ app }) => app);
}

/** The ports that others hold, with the holder if it may be known, and the variable that chooses another. */
export async function takenPorts(ports: Record<AppName, number>): Promise<Mistake[]> {
  const checks = (Object.entries(ports) as [AppName, number][]).map(async ([app, port]) => {
    if (await isPortFree(port)) return [];
    const holder = whoListens(port);
    const who = holder ? `process ${holder.pid} (${holder.command.slice(0, 80)})` : 'another process';
    const problem = `port ${port} of 127.0.0.1, wanted for ${app}, is taken by ${who}`;
    return [
      {
        variable: portVariable(app),
        problem,
        hint: `end that process, or choose another port: ${portVariable(app)}=${port + 100} npm start`,
      },
    ];
  });
  return (await Promise.all(checks)).flat();
}
